"""What every command uses: the line it says, the database it works on, the file it writes."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.db import create_engine
from app.errors import OperatorError
from app.settings import Settings

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="What an operator types. Each command is one line for the reader: what was done, or what must be changed.",
)

T = TypeVar("T")
NOT_ALL_DONE = 1
OPERATOR_MUST_CHANGE = 2
JsonOption = Annotated[bool, typer.Option("--json", help="answer in JSON, for scripts")]


def advice_for(reason: str) -> str:
    line = reason.strip().splitlines()[0] if reason.strip() else "no reason given"
    if "no such table" in line or "does not exist" in line:
        return f"The database is not ready ({line}): run “consult migrate”."
    if "refused" in line or "Connect" in line:
        return f"The database does not answer ({line}): start it, or change CONSULT_DATABASE_URL."
    return line


def say(words: str, answer: Any = None, *, as_json: bool = False) -> None:
    sys.stdout.write((json.dumps(answer, ensure_ascii=False, default=str) if as_json else words) + "\n")


def wait(words: str) -> None:
    """Says what takes a while, beside the answer of the command."""
    sys.stderr.write(words + "\n")
    sys.stderr.flush()


def with_session(work: Callable[[AsyncSession, Settings], Awaitable[T]]) -> T:
    """`work` done in one transaction, which is kept when it returns."""

    async def run(engine: AsyncEngine, settings: Settings) -> T:
        async with AsyncSession(engine, expire_on_commit=False) as session:
            result = await work(session, settings)
            await session.commit()
            return result

    return with_engine(run)


def with_engine(work: Callable[[AsyncEngine, Settings], Awaitable[T]]) -> T:
    settings = Settings()
    settings.data.mkdir(parents=True, exist_ok=True)

    async def run() -> T:
        engine = create_engine(settings.url())
        try:
            return await work(engine, settings)
        finally:
            await engine.dispose()

    return asyncio.run(run())


def write(out: Path, content: bytes) -> None:
    """`out` holds `content`, and a line says so."""
    write_whole(out, content)
    say(f"{out}: {len(content):,} bytes.")


def write_whole(out: Path, content: bytes) -> None:
    """`out` holds `content`, whole or not at all."""
    try:
        partial = out.with_name(out.name + ".part")
        partial.write_bytes(content)
        partial.replace(out)
    except OSError as fault:
        raise OperatorError(f"{out} cannot be written: {fault.strerror}.") from fault
