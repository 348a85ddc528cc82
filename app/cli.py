"""What an operator types. Each command is one line for the reader: what was done, or what must be changed."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Container
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import structlog
import typer
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app import demonstration
from app.clock import wall_clock
from app.consultations import service as consultations
from app.consultations.models import Consultation
from app.consultations.phase import phase_at
from app.db import create_engine
from app.errors import OperatorError
from app.questionnaire import service as questionnaires
from app.questionnaire.document import LANGUAGES, Document, asks_age_first
from app.questionnaire.xlsform import Imported, read_xlsform
from app.reporting import service as reporting
from app.reporting.release import from_bytes
from app.reporting.renderers import files
from app.settings import Settings
from app.submissions.retention import erase_what_is_due

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
root = Path(__file__).parents[1]

T = TypeVar("T")
NOT_ALL_DONE = 1
OPERATOR_MUST_CHANGE = 2


def main() -> None:
    """Runs the command line. Exit codes: 0 done, 1 not all done, 2 the operator must change something."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        cli()
    except OperatorError as fault:
        sys.stderr.write(f"consult: {fault}\n")
        sys.exit(OPERATOR_MUST_CHANGE)
    except (DBAPIError, OSError) as fault:
        reason = getattr(fault, "orig", None) or fault
        sys.stderr.write(f"consult: {_advice(str(reason))}\n")
        sys.exit(OPERATOR_MUST_CHANGE)


def _advice(reason: str) -> str:
    line = reason.strip().splitlines()[0] if reason.strip() else "no reason given"
    if "no such table" in line or "does not exist" in line:
        return f"The database is not ready ({line}): run “consult migrate”."
    if "refused" in line or "Connect" in line:
        return f"The database does not answer ({line}): start it, or change CONSULT_DATABASE_URL."
    return line


def say(words: str, answer: Any = None, *, as_json: bool = False) -> None:
    sys.stdout.write((json.dumps(answer, ensure_ascii=False, default=str) if as_json else words) + "\n")


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


JsonOption = Annotated[bool, typer.Option("--json", help="answer in JSON, for scripts")]


@cli.command()
def migrate() -> None:
    """The database has the newest tables."""
    settings = Settings()
    settings.data.mkdir(parents=True, exist_ok=True)
    try:
        command.upgrade(Config(root / "alembic.ini"), "head")
    except SQLAlchemyError as fault:
        raise OperatorError(_advice(str(getattr(fault, "orig", fault)))) from fault
    say("The database is ready.")


@cli.command()
def serve(host: str = "127.0.0.1", port: int = 8000, workers: int = 1) -> None:
    """Serves the pages. Nothing about who reads them is logged."""
    import uvicorn

    Settings().master_secret()
    say(f"The pages: http://{host}:{port}/   In Arabic: http://{host}:{port}/ar/   Stop with Ctrl-C.")
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=False,
        server_header=False,
        date_header=False,
        log_level="warning",
        backlog=4096,
        timeout_keep_alive=15,
    )


@cli.command()
def demo() -> None:
    """The demonstration is loaded, once: one consultation open, one soon, one closed, one published."""
    say(with_engine(lambda engine, settings: demonstration.load(engine, settings, wall_clock())))


def read_form(file: Path) -> Imported:
    try:
        content = file.read_bytes()
    except OSError as fault:
        raise OperatorError(f"{file} cannot be read: {fault.strerror}.") from fault
    return read_xlsform(content, file.name)


def report_form(imported: Imported, as_json: bool) -> None:
    """Prints everything that is wrong or worth knowing."""
    if as_json:
        say("", [each.as_json() for each in (*imported.faults, *imported.notices)], as_json=True)
        return
    for fault in imported.faults:
        say(fault.sentence())
    for notice in imported.notices:
        say(notice.sentence())


@cli.command()
def check(file: Path, as_json: JsonOption = False) -> None:
    """Every fault of a spreadsheet at once."""
    imported = read_form(file)
    report_form(imported, as_json)
    if imported.document is None:
        if not as_json:
            say(f"{file.name}: {len(imported.faults)} to mend.")
        raise typer.Exit(OPERATOR_MUST_CHANGE)
    if not as_json:
        say(
            f"{file.name} can be imported: {len(imported.document.questions)} questions, "
            f"languages {', '.join(imported.document.languages) or 'none complete'}."
        )


@cli.command("import")
def import_form(
    file: Path,
    topic: Annotated[
        str, typer.Option(help="title in English; the form's own titles stay in the other languages")
    ] = "",
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="the date of the consultation")] = None,
    window: Annotated[str, typer.Option(help="world, utc or a zone such as Africa/Nairobi")] = "world",
    slug: str = "",
    consent: Annotated[str, typer.Option(help="A own agreement, B and a parent knows below 16")] = "A",
    sample: Annotated[bool, typer.Option(help="mark everything as sample data")] = False,
    as_json: JsonOption = False,
) -> None:
    """A new consultation from a spreadsheet, scheduled when all six languages are complete; else a draft."""
    imported = read_form(file)
    if imported.document is None:
        report_form(imported, as_json)
        raise typer.Exit(OPERATOR_MUST_CHANGE)
    if day is None:
        raise OperatorError("On which date shall it be open? Add --day YYYY-MM-DD.")
    if consent not in ("A", "B"):
        raise OperatorError("--consent is A (own agreement) or B (and a parent or carer knows, below 16).")
    document = imported.document
    if not asks_age_first(document):
        raise OperatorError(
            "The first section must ask the age band: a required select_one named DM01 with the choices 1 to 6. "
            "Copy the section “start” from app/questionnaire/instruments/cyberbullying.xlsx."
        )
    titles = dict(document.title) | ({"en": topic} if topic else {})

    async def work(session: AsyncSession, settings: Settings) -> tuple[Consultation, list[str]]:
        consultation = await consultations.create(
            session,
            slug=slug or slug_of(titles.get("en") or file.stem),
            topic=titles,
            summary=dict(document.summary),
            day=day.date(),
            window=window,
            consent=consent,
            sample=sample,
        )
        await questionnaires.attach(session, consultation, document)
        missing = missing_languages(document)
        if not missing:
            consultations.schedule(consultation, wall_clock())
        return consultation, missing

    consultation, missing = with_session(work)
    phase = phase_at(consultation, wall_clock())
    say(
        f"“{consultation.slug}” is {phase}: open {consultation.opens_at:%Y-%m-%d %H:%M} to "
        f"{consultation.closes_at:%Y-%m-%d %H:%M} UTC."
        + (f" Not complete in: {', '.join(missing)}." if missing else ""),
        {
            "slug": consultation.slug,
            "phase": phase,
            "opens_at": consultation.opens_at,
            "closes_at": consultation.closes_at,
            "missing": missing,
        },
        as_json=as_json,
    )


def missing_languages(document: Document) -> list[str]:
    return [language for language in LANGUAGES if language not in document.languages]


def slug_of(title: str) -> str:
    """A title as part of an address: small Latin letters, digits and hyphens."""
    plain = "".join(ch if ch.isascii() and ch.isalnum() else "-" for ch in title.lower())
    return "-".join(part for part in plain.split("-") if part)[:60] or "consultation"


def decide(slug: str, act: Callable[[Any, datetime], None], done: str) -> None:
    async def work(session: AsyncSession, settings: Settings) -> None:
        act(await consultations.find(session, slug), wall_clock())

    with_session(work)
    say(done)


@cli.command("open")
def open_(slug: str) -> None:
    """The consultation is open from now until the end of its day."""

    async def work(session: AsyncSession, settings: Settings) -> None:
        consultation = await consultations.find(session, slug)
        document = questionnaires.read_document(await questionnaires.latest(session, consultation.id))
        missing = missing_languages(document)
        if missing:
            raise OperatorError(
                f"“{slug}” is not complete in {', '.join(missing)}: add these texts and import it again."
            )
        consultations.open_now(consultation, wall_clock())

    with_session(work)
    say(f"“{slug}” is open.")


@cli.command()
def close(slug: str) -> None:
    """Nobody can begin any more; who began can still send for half an hour."""
    decide(slug, consultations.close_now, f"“{slug}” is closed.")


@cli.command()
def freeze(slug: str, as_json: JsonOption = False) -> None:
    """The snapshot is taken, the tables are made, and the paper can be had."""

    async def work(session: AsyncSession, settings: Settings) -> reporting.Frozen:
        return await reporting.freeze(session, settings, slug, wall_clock())

    frozen = with_session(work)
    say(
        f"“{slug}” is frozen: {frozen.submissions} submissions, release {frozen.digest[:12]}.",
        {"slug": slug, "submissions": frozen.submissions, "sha256": frozen.digest},
        as_json=as_json,
    )


@cli.command()
def publish(slug: str) -> None:
    """The results are public."""
    decide(slug, consultations.publish, f"“{slug}” is published.")


@cli.command()
def summary(
    slug: str,
    language: Annotated[str, typer.Option(help="ar, zh, en, fr, ru or es")],
    format: Annotated[str, typer.Option(help="html or docx")],  # noqa: A002 - the option's name is a contract
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
    if language not in LANGUAGES:
        raise OperatorError(f"--language is one of {', '.join(LANGUAGES)}.")
    if form not in forms:
        raise OperatorError(f"“{form}” is no --format here: see “consult summary --help” and “consult export --help”.")

    async def work(session: AsyncSession, settings: Settings) -> str:
        return (await reporting.kept_release(session, slug)).content

    return files.render_file(from_bytes(with_session(work).encode()), language, form)


def write(out: Path, content: bytes) -> None:
    """`out` holds `content`, whole or not at all."""
    try:
        partial = out.with_name(out.name + ".part")
        partial.write_bytes(content)
        partial.replace(out)
    except OSError as fault:
        raise OperatorError(f"{out} cannot be written: {fault.strerror}.") from fault
    say(f"{out}: {len(content):,} bytes.")


@cli.command()
def rehearse(
    slug: str,
    answers: Annotated[int, typer.Option(help="how many respondents")],
    seed: int = 1,
    concurrency: int = 16,
    base_url: str = "http://127.0.0.1:8000",
    out: Annotated[Path | None, typer.Option(help="file of what each one sent")] = None,
    as_json: JsonOption = False,
) -> None:
    """Simulated respondents answer through the real pages."""
    from app.rehearsal import rehearse as run

    outcome = asyncio.run(run(base_url, slug, answers, seed, concurrency, out or Path(f"rehearsal-{slug}.jsonl")))
    say(outcome.sentence(), outcome.as_json(), as_json=as_json)
    if not outcome.all_sent:
        raise typer.Exit(NOT_ALL_DONE)


@cli.command()
def retention(as_json: JsonOption = False) -> None:
    """What should be gone by now is erased: run it daily."""
    erased = with_session(lambda session, settings: erase_what_is_due(session, wall_clock()))
    say(
        f"Erased: open answers of {erased.open_answers} submissions, links of {erased.links}.",
        asdict(erased),
        as_json=as_json,
    )


@cli.command()
def doctor(as_json: JsonOption = False) -> None:
    """Whether everything that the service needs is there."""

    async def work(engine: AsyncEngine, settings: Settings) -> dict[str, str]:
        from app.web.i18n import translator

        async with engine.connect() as connection:
            version = (await connection.exec_driver_sql("SELECT version_num FROM alembic_version")).scalar()
        for language in LANGUAGES:
            translator(language)
        settings.master_secret()
        return {"database": engine.dialect.name, "migration": str(version)}

    found = with_engine(work)
    say("\n".join(f"{name}: {value}" for name, value in found.items()), found, as_json=as_json)
