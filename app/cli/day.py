"""Commands of a consultation's day: check, import, open, close, freeze, publish."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.cli.console import OPERATOR_MUST_CHANGE, JsonOption, cli, say, wait, with_engine, with_session
from app.clock import wall_clock
from app.consultations import service as consultations
from app.consultations.models import Consultation
from app.consultations.phase import Phase, phase_at
from app.errors import OperatorError
from app.outreach.service import aimed_at
from app.questionnaire import readiness
from app.questionnaire import service as questionnaires
from app.questionnaire.document import LANGUAGES, Document, asks_age_first
from app.questionnaire.xlsform import Imported, read_xlsform
from app.reporting import service as reporting
from app.reporting import versions
from app.reporting.models import PaperVersion
from app.settings import Settings
from app.staff.audit import OPERATOR, record
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
    consent: Annotated[
        str,
        typer.Option(
            help="A own agreement, B and a parent or carer knows and agrees below 16, C held by the partner of a link"
        ),
    ] = "A",
    sample: Annotated[bool, typer.Option(help="mark everything as sample data")] = False,
    results_on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="results are promised by")] = None,
    comments_until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="of the draft paper")] = None,
    now: Annotated[bool, typer.Option("--now", help="it may be open to everyone at once")] = False,
    as_json: JsonOption = False,
) -> None:
    """A new consultation from a spreadsheet, scheduled when all six languages are complete; else a draft, which
    importing again replaces. What its readiness still lacks is overruled by who types this, and named in the trail."""
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

    async def work(session: AsyncSession, settings: Settings) -> tuple[Consultation, list[str], list[str]]:
        chosen = slug or slug_of(titles.get("en") or file.stem)
        before = await consultations.look_up(session, chosen)
        replaced = await questionnaires.latest(session, before.id) if before else None
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
        stored = await questionnaires.attach(session, consultation, document)
        await record(
            session,
            who=OPERATOR,
            act=consultations.MADE,
            subject=chosen,
            now=wall_clock(),
            before={"version": replaced.number, "questionnaire": replaced.digest} if replaced else None,
            after={
                "source": "file",
                "from": file.name,
                "day": day.date().isoformat(),
                "window": window,
                "consent": consent,
                "ages": list(consultation.age_bands),
                "sample": sample,
                "questionnaire": stored.digest,
            },
        )
        missing = missing_languages(document)
        lines = await readiness.lines_of(session, consultation, aimed_at, wall_clock())
        if not missing:
            await readiness.schedule(
                session, consultation, lines, who=OPERATOR, now=wall_clock(), reason="“consult import”"
            )
        return consultation, missing, [] if missing else [line.id for line in lines if line.state == "open"]

    consultation, missing, overruled = with_session(work)
    phase = phase_at(consultation, wall_clock())
    say(
        f"“{consultation.slug}” is {phase}: open {consultation.opens_at:%Y-%m-%d %H:%M} to "
        f"{consultation.closes_at:%Y-%m-%d %H:%M} UTC."
        + (f" Not complete in: {', '.join(missing)}." if missing else "")
        + (f" Overruled, and named in the trail: {', '.join(overruled)}." if overruled else ""),
        {
            "slug": consultation.slug,
            "phase": phase,
            "opens_at": consultation.opens_at,
            "closes_at": consultation.closes_at,
            "missing": missing,
            "overruled": overruled,
        },
        as_json=as_json,
    )


def missing_languages(document: Document) -> list[str]:
    return [language for language in LANGUAGES if language not in document.languages]


def slug_of(title: str) -> str:
    """A title as part of an address: small Latin letters, digits and hyphens."""
    plain = "".join(ch if ch.isascii() and ch.isalnum() else "-" for ch in title.lower())
    return "-".join(part for part in plain.split("-") if part)[:60] or "consultation"


def decide(slug: str, do: Callable[[Any, datetime], None], act: str, done: str) -> None:
    async def work(session: AsyncSession, settings: Settings) -> None:
        consultation, now = await consultations.find(session, slug), wall_clock()
        before = consultations.state_of(consultation, now)
        do(consultation, now)
        await record_change(session, consultation, act, before, now)

    with_session(work)
    say(done)


async def record_change(
    session: AsyncSession, consultation: Consultation, act: str, before: Mapping[str, Any], now: datetime, **more: Any
) -> None:
    """The trail says what was done to the day, unless nothing was."""
    after = consultations.state_of(consultation, now)
    if after != before:
        slug = consultation.slug
        await record(session, who=OPERATOR, act=act, subject=slug, now=now, before=before, after={**after, **more})


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
        now = wall_clock()
        before = consultations.state_of(consultation, now)
        is_draft = phase_at(consultation, now) is Phase.DRAFT
        lines = await readiness.lines_of(session, consultation, aimed_at, now) if is_draft else ()
        consultations.open_now(consultation, now)
        more = readiness.overruled_in(lines) if lines else {}
        await record_change(session, consultation, readiness.OPENED, before, now, **more)

    with_session(work)
    say(f"“{slug}” is open.")


@cli.command()
def close(slug: str) -> None:
    """Nobody can begin any more; who began can still send for half an hour."""
    decide(
        slug,
        consultations.close_now,
        "day_close",
        f"“{slug}” is closed. Until it is frozen, “consult open {slug}” reopens it.",
    )


@cli.command()
def freeze(slug: str, as_json: JsonOption = False) -> None:
    """The snapshot is taken, the tables are made, and the paper can be had."""
    frozen = _released(slug, "freeze", reporting.freeze)
    with_engine(lambda engine, settings: forget_order(engine))
    say(
        f"“{slug}” is frozen: {frozen.submissions} submissions, release {frozen.digest[:12]}.",
        {"slug": slug, **frozen.told},
        as_json=as_json,
    )


@cli.command()
def release(slug: str, as_json: JsonOption = False) -> None:
    """A further release after the first, when ten people or more took their answers back since the last."""
    made = _released(slug, "release_again", reporting.release_again)
    say(
        f"“{slug}” has a further release {made.digest[:12]}, of {made.submissions} submissions.",
        {"slug": slug, **made.told},
        as_json=as_json,
    )


def _released(
    slug: str, act: str, make: Callable[[AsyncSession, Settings, str, datetime], Awaitable[reporting.Frozen]]
) -> reporting.Frozen:
    """There is a release, and the act stands in the trail."""

    async def work(session: AsyncSession, settings: Settings) -> reporting.Frozen:
        now = wall_clock()
        wait("Every small count is proved or left out. That may take a minute …")
        made = await make(session, settings, slug, now)
        await record(session, who=OPERATOR, act=act, subject=slug, now=now, after=made.told)
        return made

    return with_session(work)


@cli.command()
def publish(slug: str) -> None:
    """The results are public. Where no version of the paper was posted, it is version 1, final."""

    async def work(engine: AsyncEngine, settings: Settings) -> PaperVersion | None:
        async with AsyncSession(engine, expire_on_commit=False) as session:
            consultation, now = await consultations.find(session, slug), wall_clock()
            before = consultations.state_of(consultation, now)
            version = await versions.publish(session, reporting.documents_of(settings, engine), slug, now)
            await record_change(session, consultation, "publish", before, now)
            if version is not None:
                await versions.remember_posted(session, OPERATOR, slug, version, now)
            await session.commit()
            return version

    posted = with_engine(work)
    say(f"“{slug}” is published." + (" The paper is version 1, final." if posted else ""))
