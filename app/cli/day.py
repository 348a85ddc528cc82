"""Commands of a consultation's day: check, import, open, close, freeze, publish."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli.console import OPERATOR_MUST_CHANGE, JsonOption, cli, say, with_engine, with_session
from app.clock import wall_clock
from app.consultations import service as consultations
from app.consultations.models import Consultation
from app.consultations.phase import phase_at
from app.errors import OperatorError
from app.questionnaire import service as questionnaires
from app.questionnaire.document import LANGUAGES, Document, asks_age_first
from app.questionnaire.xlsform import Imported, read_xlsform
from app.reporting import service as reporting
from app.reporting import versions
from app.reporting.models import PaperVersion
from app.settings import Settings
from app.staff.audit import OPERATOR
from app.submissions.retention import forget_order


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
    window: Annotated[
        str, typer.Option(help="world (that date anywhere, 50 hours), utc or a zone: Africa/Nairobi")
    ] = "world",
    slug: Annotated[str, typer.Option(help="its part of the address; made from the title when not given")] = "",
    consent: Annotated[str, typer.Option(help="A own agreement, B and a parent knows below 16")] = "A",
    sample: Annotated[bool, typer.Option(help="mark everything as sample data")] = False,
    results_on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="results are promised by")] = None,
    comments_until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="of the draft paper")] = None,
    now: Annotated[bool, typer.Option("--now", help="it may be open to everyone at once")] = False,
    as_json: JsonOption = False,
) -> None:
    """A new consultation from a spreadsheet, scheduled when all six languages are complete; else a draft, which
    importing again replaces."""
    imported = read_form(file)
    if imported.document is None:
        report_form(imported, as_json)
        raise typer.Exit(OPERATOR_MUST_CHANGE)
    if day is None:
        raise OperatorError("On which date shall it be open? Add --day YYYY-MM-DD.")
    if consent not in ("A", "B", "C"):
        raise OperatorError("--consent is A (own agreement), B (and a parent or carer knows, below 16) or C (by link).")
    document = imported.document
    if not asks_age_first(document):
        raise OperatorError(
            "The first section must ask the age band: a required select_one named DM01 with the choices 1 to 6. "
            "Copy the section “start” from app/questionnaire/instruments/cyberbullying.xlsx."
        )
    if topic and len(document.languages) > 1 and not as_json:
        say("--topic changes the English title only; the other languages keep the form's own.")
    titles = dict(document.title) | ({"en": topic} if topic else {})

    async def work(session: AsyncSession, settings: Settings) -> tuple[Consultation, list[str]]:
        chosen = slug or slug_of(titles.get("en") or file.stem)
        await consultations.remove_draft(session, chosen, wall_clock())
        consultation = await consultations.create(
            session,
            slug=chosen,
            topic=titles,
            summary=dict(document.summary),
            day=day.date(),
            window=window,
            consent=consent,
            sample=sample,
        )
        if consultation.closes_at <= wall_clock():
            raise OperatorError(f"{day.date()} is over everywhere: choose a later --day.")
        if consultation.opens_at <= wall_clock() and not now:
            raise OperatorError(
                f"{day.date()} has begun: “{chosen}” would be open to everyone at once. Add --now if that is meant."
            )
        consultation.results_on = results_on.date() if results_on else None
        consultation.comments_until = comments_until.date() if comments_until else None
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
    decide(slug, consultations.close_now, f"“{slug}” is closed. Until it is frozen, “consult open {slug}” reopens it.")


@cli.command()
def freeze(slug: str, as_json: JsonOption = False) -> None:
    """The snapshot is taken, the tables are made, and the paper can be had."""

    async def work(session: AsyncSession, settings: Settings) -> reporting.Frozen:
        return await reporting.freeze(session, settings, slug, wall_clock())

    frozen = with_session(work)
    with_engine(lambda engine, settings: forget_order(engine))
    say(
        f"“{slug}” is frozen: {frozen.submissions} submissions, release {frozen.digest[:12]}.",
        {"slug": slug, "submissions": frozen.submissions, "sha256": frozen.digest},
        as_json=as_json,
    )


@cli.command()
def publish(slug: str) -> None:
    """The results are public. Where no version of the paper was posted, it is version 1, final."""

    async def work(session: AsyncSession, settings: Settings) -> PaperVersion | None:
        now = wall_clock()
        version = await versions.publish(session, slug, now)
        if version is not None:
            await versions.remember_posted(session, OPERATOR, slug, version, now)
        return version

    posted = with_session(work)
    say(f"“{slug}” is published." + (" The paper is version 1, final." if posted else ""))
