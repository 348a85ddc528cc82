"""The demonstration: four consultations with sample data, loaded once, so that a stranger sees every phase at work.

Its answers come from the rehearsal, through the real pages of a server of its own whose clock stands on the day.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.consultations import service as consultations
from app.consultations.dates import a_year_after
from app.consultations.models import Consultation
from app.consultations.phase import Phase, day_of
from app.demonstration import people
from app.demonstration.desk import Desk
from app.demonstration.people import SignIn
from app.errors import OperatorError
from app.main import create_app
from app.questionnaire import service as questionnaires
from app.questionnaire.xlsform import read_xlsform
from app.rehearsal.run import rehearse_numbers
from app.reporting import service as reporting
from app.reporting import versions
from app.serving import serving
from app.settings import Settings
from app.submissions.models import Submission
from app.submissions.reach import recount

INSTRUMENTS = Path(__file__).parents[1] / "questionnaire" / "instruments"
SEED = 2026
CONCURRENCY = 32
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Sample:
    """One consultation of the demonstration. `days` from today to its day; `until` is answered, frozen or published;
    `hours_ago` are the hours, before its noon, in which people answered."""

    slug: str
    instrument: str
    days: int
    answers: int
    until: str = "answered"
    hours_ago: tuple[int, ...] = (0,)


SAMPLES = (
    Sample("cyberbullying", "cyberbullying", 0, 60, hours_ago=(7, 4, 1, 0)),
    Sample("digital-skills", "digital-skills", 79, 0),
    Sample("five-rights", "five-rights", -21, 240, "frozen", hours_ago=(12, 0)),
    Sample("cyberbullying-first-round", "cyberbullying", -365, 420, "published"),
)


async def load(
    engine: AsyncEngine,
    settings: Settings,
    now: datetime,
    *,
    with_people: bool = False,
    samples: Sequence[Sample] = SAMPLES,
    tell: Callable[[str], None] = lambda line: None,
) -> tuple[SignIn, ...]:
    """The demonstration is there. A repeat only moves the open consultation to today, with what was answered.

    with_people: and its people are, where that may be. tell: hears what takes long. Gives what they type to sign in.
    """
    sign_ins: tuple[SignIn, ...] = ()
    async with AsyncSession(engine, expire_on_commit=False) as session:
        there = set(await session.scalars(select(Consultation.slug)))
        if samples[0].slug in there:
            await _reopen(session, samples[0].slug, now)
        if with_people:
            sign_ins = await people.ensure(session, settings, now)
        desk = Desk(await people.accounts(session))
        await session.commit()
    for sample in samples:
        if sample.slug not in there:
            await _load_one(engine, settings, sample, now, desk, tell)
    async with AsyncSession(engine) as session:
        await desk.tell(session)
        await session.commit()
    return sign_ins


async def _reopen(session: AsyncSession, slug: str, now: datetime) -> None:
    """The open sample is open today, unless somebody made it more than a sample or froze it. Its last answers are of
    this hour, so that the live page has a day to show."""
    sample = await consultations.find(session, slug)
    if not sample.sample or sample.frozen_at is not None or sample.closes_at > now:
        return
    _date(sample, now.date(), sample.window)
    sample.revision += 1
    ours = Submission.consultation_id == sample.id
    last = await session.scalar(select(func.max(Submission.arrived_hour)).where(ours))
    if last is not None:
        later = (now - last) // HOUR * HOUR
        for each in await session.scalars(select(Submission).where(ours)):
            each.arrived_hour += later
        await session.flush()
        await recount(session, sample.id)


def _date(consultation: Consultation, day: date, window: str) -> None:
    hours = day_of(day, window)
    consultation.day, consultation.opens_at, consultation.closes_at = day, hours.opens_at, hours.closes_at


async def _load_one(
    engine: AsyncEngine, settings: Settings, sample: Sample, now: datetime, desk: Desk, tell: Callable[[str], None]
) -> None:
    day = now.date() + timedelta(days=sample.days)
    path = INSTRUMENTS / f"{sample.instrument}.xlsx"
    imported = read_xlsform(path.read_bytes(), path.name)
    if imported.document is None:
        raise OperatorError(f"{path.name} is damaged: {imported.faults[0].sentence()}")
    document = imported.document
    noon = now if sample.days == 0 else day_of(day, "world").opens_at + timedelta(hours=20)
    prepared = min(now, noon)
    async with AsyncSession(engine, expire_on_commit=False) as session:
        consultation = await consultations.create(
            session,
            slug=sample.slug,
            topic=dict(document.title),
            summary=dict(document.summary),
            day=day,
            window="world",
            sample=True,
        )
        consultation.freeze_on = day + timedelta(days=2)
        consultation.results_on = day + timedelta(days=25)
        consultation.comments_until = day + timedelta(days=45)
        consultation.feedback_on = day + timedelta(days=190)
        consultation.words_until = a_year_after(consultation.results_on)
        stored = await questionnaires.attach(session, consultation, document)
        codes = await desk.prepare(session, consultation, sample.answers, prepared)
        scheduled = prepared - timedelta(days=14)
        consultations.schedule(consultation, scheduled)
        after = {"phase": Phase.SCHEDULED.value, "opens_at": consultation.opens_at.isoformat()}
        more = {"version": stored.number, "digest": stored.digest, "overruled": []}
        desk.did(scheduled, "moderator", "scheduled", sample.slug, after | more, before={"phase": Phase.DRAFT.value})
        await session.commit()
    if sample.answers:
        tell(f"“{sample.slug}”: {sample.answers} sample answers are given …")
        await _answer(engine, settings, sample, noon, codes)
    if sample.until == "answered":
        return
    async with AsyncSession(engine, expire_on_commit=False) as session:
        tell(f"“{sample.slug}”: they are counted, and it is proved that no small count can be worked out …")
        closed = consultation.closes_at + timedelta(minutes=settings.grace_minutes + 1)
        frozen = await reporting.freeze(session, settings, sample.slug, closed)
        desk.did(closed, "secretariat", "freeze", sample.slug, frozen.told)
        if sample.until == "published":
            tell(f"“{sample.slug}”: the paper is written in six languages …")
            published = closed + timedelta(days=20)
            documents = reporting.documents_of(settings, engine)
            version = await versions.publish(session, documents, sample.slug, published)
            phases = ({"phase": Phase.PUBLISHED.value}, {"phase": Phase.FROZEN.value})
            desk.did(published, "secretariat", "publish", sample.slug, *phases)
            if version is not None:
                posted = await versions.posting_of(session, version)
                desk.did(published, "secretariat", "version_posted", f"{sample.slug}/{version.number}", posted)
        await session.commit()


async def _answer(
    engine: AsyncEngine, settings: Settings, sample: Sample, noon: datetime, links: Sequence[str]
) -> None:
    """Rehearsed respondents answer, in every one of the sample's hours as many, through a server whose clock stands
    there."""
    edges = [sample.answers * place // len(sample.hours_ago) for place in range(len(sample.hours_ago) + 1)]
    for place, ago in enumerate(sample.hours_ago):
        application = create_app(settings, partial(_standing_at, noon - ago * HOUR), engine)
        with tempfile.TemporaryDirectory() as folder:
            async with serving(application) as base_url:
                sent, numbers = Path(folder) / "sent.jsonl", range(edges[place], edges[place + 1])
                await rehearse_numbers(base_url, sample.slug, numbers, SEED, CONCURRENCY, sent, links=links)


def _standing_at(instant: datetime) -> datetime:
    """A clock that does not go."""
    return instant
