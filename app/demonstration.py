"""The demonstration: four consultations with sample data, loaded once, so that a stranger sees every phase at work.

Its answers come from the rehearsal, through the real pages of a server of its own whose clock stands on the day.
"""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import uvicorn
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.consultations import service as consultations
from app.consultations.models import Consultation
from app.consultations.phase import day_of
from app.errors import OperatorError
from app.main import create_app
from app.questionnaire import service as questionnaires
from app.questionnaire.xlsform import read_xlsform
from app.rehearsal import rehearse
from app.reporting import service as reporting
from app.reporting import versions
from app.settings import Settings

INSTRUMENTS = Path(__file__).parent / "questionnaire" / "instruments"
SEED = 2026
CONCURRENCY = 32


@dataclass(frozen=True)
class Sample:
    """One consultation of the demonstration. `days` from today to its day; `until` is "answered" or "published"."""

    slug: str
    instrument: str
    days: int
    answers: int
    until: str = "answered"


SAMPLES = (
    Sample("cyberbullying", "cyberbullying", 0, 30),
    Sample("digital-skills", "digital-skills", 79, 0),
    Sample("five-rights", "five-rights", -21, 240, "frozen"),
    Sample("cyberbullying-first-round", "cyberbullying", -365, 420, "published"),
)


async def load(engine: AsyncEngine, settings: Settings, now: datetime) -> str:
    """The demonstration is there. A repeat only moves the open consultation to today; says what was done."""
    async with AsyncSession(engine, expire_on_commit=False) as session:
        there = set(await session.scalars(select(Consultation.slug)))
        if SAMPLES[0].slug in there:
            await _reopen(session, now)
            await session.commit()
    for sample in SAMPLES:
        if sample.slug not in there:
            await _load_one(engine, settings, sample, now)
    return "The demonstration is loaded: every page and document of it says “Sample data”."


async def _reopen(session: AsyncSession, now: datetime) -> None:
    """The open sample is open today, unless somebody made it more than a sample or froze it."""
    sample = await consultations.find(session, SAMPLES[0].slug)
    if sample.sample and sample.frozen_at is None and sample.closes_at <= now:
        _date(sample, now.date(), sample.window)
        sample.revision += 1


def _date(consultation: Consultation, day: date, window: str) -> None:
    hours = day_of(day, window)
    consultation.day, consultation.opens_at, consultation.closes_at = day, hours.opens_at, hours.closes_at


async def _load_one(engine: AsyncEngine, settings: Settings, sample: Sample, now: datetime) -> None:
    day = now.date() + timedelta(days=sample.days)
    path = INSTRUMENTS / f"{sample.instrument}.xlsx"
    imported = read_xlsform(path.read_bytes(), path.name)
    if imported.document is None:
        raise OperatorError(f"{path.name} is damaged: {imported.faults[0].sentence()}")
    document = imported.document
    noon = now if sample.days == 0 else day_of(day, "world").opens_at + timedelta(hours=20)
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
        consultation.results_on = day + timedelta(days=25)
        consultation.comments_until = day + timedelta(days=45)
        consultation.feedback_on = day + timedelta(days=190)
        await questionnaires.attach(session, consultation, document)
        consultations.schedule(consultation, min(now, noon) - timedelta(days=14))
        await session.commit()
    if sample.answers:
        await _answer(engine, settings, sample, noon)
    if sample.until == "answered":
        return
    async with AsyncSession(engine, expire_on_commit=False) as session:
        closed = consultation.closes_at + timedelta(minutes=settings.grace_minutes + 1)
        await reporting.freeze(session, settings, sample.slug, closed)
        if sample.until == "published":
            await versions.publish(session, sample.slug, closed + timedelta(days=20))
        await session.commit()


async def _answer(engine: AsyncEngine, settings: Settings, sample: Sample, at: datetime) -> None:
    """Rehearsed respondents answer through a server whose clock stands at `at`."""
    with tempfile.TemporaryDirectory() as folder:
        async with _serving(engine, settings, at) as base_url:
            sent = Path(folder) / "sent.jsonl"
            await rehearse(base_url, sample.slug, sample.answers, SEED, CONCURRENCY, sent)


@asynccontextmanager
async def _serving(engine: AsyncEngine, settings: Settings, at: datetime) -> AsyncIterator[str]:
    """A real server on a free port of this machine, reachable from it alone."""
    application = create_app(settings, lambda: at, engine)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(application, access_log=False, log_level="warning", lifespan="on")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        while not server.started:
            if serving.done():
                serving.result()
            await asyncio.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
