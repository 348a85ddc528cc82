"""Commands that write what comes out, papers and tables, and the rehearsal that fills them."""

import asyncio
from collections.abc import Container
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli.console import NOT_ALL_DONE, JsonOption, cli, say, with_session, write
from app.errors import OperatorError
from app.questionnaire.document import LANGUAGES
from app.reporting import service as reporting
from app.reporting.release_file import from_bytes
from app.reporting.renderers import files
from app.settings import Settings


@cli.command()
def summary(
    slug: str,
    language: Annotated[str, typer.Option(help="ar, zh, en, fr, ru or es")],
    format: Annotated[str, typer.Option(help="html, docx or pdf")],  # noqa: A002 - the option's name is a contract
    out: Annotated[Path, typer.Option(help="file to write")],
) -> None:
    """The paper for the Working Group in one language."""
    write(out, document(slug, language, format, files.PAPERS))


@cli.command()
def export(
    slug: str,
    format: Annotated[str, typer.Option(help="csv (tables) or json (the release)")],  # noqa: A002
    out: Annotated[Path, typer.Option(help="file to write")],
    language: Annotated[str, typer.Option(help="ar, zh, en, fr, ru or es")] = "en",
) -> None:
    """The published tables."""
    write(out, document(slug, language, format, files.EXPORTS))


def document(slug: str, language: str, form: str, forms: Container[str]) -> bytes:
    """A file made from the latest release. Raises OperatorError for a language or format that there is not."""
    language = language.lower()
    if language not in LANGUAGES:
        raise OperatorError(f"--language is one of {', '.join(LANGUAGES)}.")
    if form not in forms:
        raise OperatorError(f"“{form}” is no --format here: see “consult summary --help” and “consult export --help”.")

    async def work(session: AsyncSession, settings: Settings) -> str:
        return (await reporting.kept_release(session, slug)).content

    return files.render_file(from_bytes(with_session(work).encode()), language, form)


@cli.command()
def rehearse(
    slug: str,
    answers: Annotated[int, typer.Option(help="how many respondents")],
    seed: int = 1,
    concurrency: int = 16,
    base_url: str = "http://127.0.0.1:8000",
    out: Annotated[Path | None, typer.Option(help="file of what each one sent")] = None,
    into_real: Annotated[bool, typer.Option("--into-real", help="even if it is not marked as sample data")] = False,
    as_json: JsonOption = False,
) -> None:
    """Simulated respondents answer through the real pages."""
    from app.rehearsal import rehearse as run
    from app.rehearsal import says_sample

    if not into_real and not asyncio.run(says_sample(base_url, slug)):
        raise OperatorError(
            f"“{slug}” is not marked as sample data: simulated answers would be published as real ones. "
            "Import it with --sample, or add --into-real."
        )
    outcome = asyncio.run(run(base_url, slug, answers, seed, concurrency, out or Path(f"rehearsal-{slug}.jsonl")))
    say(outcome.sentence(), outcome.as_json(), as_json=as_json)
    if not outcome.all_sent:
        raise typer.Exit(NOT_ALL_DONE)
