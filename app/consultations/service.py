"""What is done to a consultation, and the list of consultations that every process keeps in memory."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.consultations.dates import first_dates
from app.consultations.models import Consultation
from app.consultations.phase import ORDER, Phase, day_of, is_published, last_send, phase_at
from app.db import Remembered
from app.errors import NotFound, OperatorError
from app.staff.models import AuditEntry

#: Acts in the trail: there is a new draft, its day opens by itself from then on, and does not any more.
MADE, SCHEDULED, UNSCHEDULED = "consultation_made", "scheduled", "unscheduled"
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
#: First and last age of each band of the age question (DM01), by the name of the choice.
BAND_AGES = MappingProxyType({"1": (0, 9), "2": (10, 12), "3": (13, 15), "4": (16, 17), "5": (18, 24), "6": (25, 99)})


async def look_up(session: AsyncSession, slug: str) -> Consultation | None:
    """The consultation of that slug, or None."""
    found: Consultation | None = await session.scalar(select(Consultation).where(Consultation.slug == slug))
    return found


async def find(session: AsyncSession, slug: str) -> Consultation:
    """The consultation of that slug. Raises OperatorError when there is none."""
    found = await look_up(session, slug)
    if found is None:
        there = ", ".join(await session.scalars(select(Consultation.slug).order_by(Consultation.slug)))
        raise OperatorError(f"There is no consultation “{slug}”. There are: {there or 'none'}.")
    return found


async def create(
    session: AsyncSession,
    *,
    slug: str,
    topic: dict[str, str],
    summary: dict[str, str],
    day: date,
    window: str,
    consent: str = "A",
    age_bands: Sequence[str] = ("3", "4", "5"),
    sample: bool = False,
) -> Consultation:
    """A new draft, with first dates of its freeze and of the open answers.

    Raises OperatorError when the slug is taken or no part of an address, or the window is no zone.
    """
    if not SLUG.fullmatch(slug):
        raise OperatorError(f"“{slug}” is no --slug: use small Latin letters, digits and hyphens, at most 60.")
    if await look_up(session, slug) is not None:
        raise OperatorError(f"There is a consultation “{slug}” already: give another with --slug.")
    try:
        hours = day_of(day, window)
    except (ValueError, KeyError, OSError) as fault:
        raise OperatorError(f"“{window}” is no window: use world, utc or a zone such as Africa/Nairobi.") from fault
    consultation = Consultation(
        slug=slug,
        topic=topic,
        summary=summary,
        day=day,
        window=window,
        opens_at=hours.opens_at,
        closes_at=hours.closes_at,
        age_bands=list(age_bands),
        consent=consent,
        sample=sample,
        results_on=None,
        feedback_on=None,
        comments_until=None,
        **first_dates(day),
    )
    session.add(consultation)
    await session.flush()
    return consultation


async def remove_draft(session: AsyncSession, slug: str, now: datetime) -> None:
    """No draft has this slug any more. What is more than a draft stays."""
    found = await look_up(session, slug)
    if found is not None and phase_at(found, now) is Phase.DRAFT:
        await session.delete(found)
        await session.flush()


def schedule(consultation: Consultation, now: datetime) -> None:
    """From now on the day opens and closes by itself. A repeat changes nothing."""
    if consultation.scheduled_at is None:
        consultation.scheduled_at = now
        consultation.revision += 1


def unschedule(consultation: Consultation) -> None:
    """It is a draft again: the day does not open by itself. Not for one that has been open."""
    consultation.scheduled_at = None
    consultation.revision += 1


def open_now(consultation: Consultation, now: datetime) -> None:
    """The consultation is open from `now` until the end of its day, also after it was closed too early.

    Raises OperatorError when it is frozen, or its day is over.
    """
    phase = phase_at(consultation, now)
    if ORDER[phase] > ORDER[Phase.CLOSED]:
        raise OperatorError(f"“{consultation.slug}” is {phase} and cannot be opened again: make another round.")
    day = day_of(consultation.day, consultation.window)
    if phase is Phase.CLOSED and day.closes_at > consultation.closes_at:
        consultation.closes_at = day.closes_at
        consultation.revision += 1
    if consultation.closes_at <= now:
        raise OperatorError(f"The day of “{consultation.slug}” is over: import it again with a later --day.")
    schedule(consultation, now)
    if consultation.opens_at > now:
        consultation.opens_at = now
        consultation.revision += 1


def close_now(consultation: Consultation, now: datetime) -> None:
    """Nobody can begin any more; who began can still send for the minutes of grace. A repeat changes nothing.

    Raises OperatorError unless open.
    """
    phase = phase_at(consultation, now)
    if ORDER[phase] > ORDER[Phase.OPEN]:
        return
    if phase is not Phase.OPEN:
        raise OperatorError(f"“{consultation.slug}” is {phase}: only an open consultation can be closed.")
    consultation.closes_at = now
    consultation.revision += 1


def pause(consultation: Consultation, now: datetime) -> None:
    """Nobody can begin or send until `resume`; unsent answers stay on the devices. Raises OperatorError unless open."""
    if phase_at(consultation, now) is not Phase.OPEN or consultation.paused_at is not None:
        raise OperatorError(f"“{consultation.slug}” is not open.")
    consultation.paused_at = now
    consultation.revision += 1


def resume(consultation: Consultation, now: datetime) -> None:
    """The day goes on. Raises OperatorError unless paused."""
    if consultation.paused_at is None:
        raise OperatorError(f"“{consultation.slug}” is not paused.")
    consultation.paused_at = None
    consultation.revision += 1


def extend(consultation: Consultation, hours: int, now: datetime) -> None:
    """The day closes so many hours later. Raises OperatorError unless open."""
    if phase_at(consultation, now) is not Phase.OPEN:
        raise OperatorError(f"“{consultation.slug}” is not open.")
    consultation.closes_at += timedelta(hours=hours)
    consultation.revision += 1


def check_may_freeze(consultation: Consultation, now: datetime, grace_minutes: int) -> None:
    """Raises OperatorError unless the day and its minutes of grace are over and nothing was frozen yet."""
    phase = phase_at(consultation, now)
    if ORDER[phase] >= ORDER[Phase.FROZEN]:
        raise OperatorError(f"“{consultation.slug}” is frozen already.")
    if phase is not Phase.CLOSED:
        raise OperatorError(
            f"“{consultation.slug}” is {phase}: close it first with “consult close {consultation.slug}”."
        )
    last = last_send(consultation, grace_minutes)
    if now < last:
        raise OperatorError(f"Answers begun before closing may be sent until {last:%H:%M} UTC: freeze it after that.")


def freeze(consultation: Consultation, now: datetime) -> None:
    consultation.frozen_at = now
    consultation.revision += 1


def publish(consultation: Consultation, now: datetime) -> None:
    """The results are public. Raises OperatorError unless frozen. A repeat changes nothing."""
    phase = phase_at(consultation, now)
    if phase is Phase.PUBLISHED:
        return
    if phase is not Phase.FROZEN:
        raise OperatorError(
            f"“{consultation.slug}” is {phase}: freeze it first with “consult freeze {consultation.slug}”."
        )
    consultation.published_at = now
    consultation.revision += 1


def unpublish(consultation: Consultation) -> None:
    """The results are public no more, nor anything made of them. They may be published again."""
    consultation.published_at = None
    consultation.revision += 1


async def went_back(session: AsyncSession, consultation: Consultation, now: datetime) -> AuditEntry | None:
    """The row of the trail by which a draft that had been scheduled became one again; None for all others."""
    if phase_at(consultation, now) is not Phase.DRAFT:
        return None
    last: AuditEntry | None = await session.scalar(
        select(AuditEntry)
        .where(AuditEntry.subject == consultation.slug, AuditEntry.act.in_((MADE, SCHEDULED, UNSCHEDULED)))
        .order_by(AuditEntry.number.desc())
        .limit(1)
    )
    return last if last is not None and last.act == UNSCHEDULED else None


def state_of(consultation: Consultation, now: datetime) -> dict[str, str | None]:
    """What acts on the day change, as the audit trail has it."""
    return {
        "phase": phase_at(consultation, now).value,
        "opens_at": consultation.opens_at.isoformat(),
        "closes_at": consultation.closes_at.isoformat(),
        "paused_at": consultation.paused_at.isoformat() if consultation.paused_at else None,
    }


class Directory:
    """All consultations, kept in memory and read again when older than `refresh_seconds`.

    What it hands out is detached: nothing can be changed or loaded through it. `when_changed` is called when a
    consultation is not as it was at the last reading, whichever process changed it.
    """

    def __init__(
        self, engine: AsyncEngine, refresh_seconds: float, when_changed: Callable[[], None] = lambda: None
    ) -> None:
        self._engine = engine
        self._when_changed = when_changed
        self._revisions: Mapping[str, int] = {}
        self._by_slug = Remembered(self._read, refresh_seconds)

    async def all(self) -> Iterable[Consultation]:
        """Every consultation, the latest day first."""
        return (await self._by_slug.value()).values()

    async def find(self, slug: str) -> Consultation | None:
        return (await self._by_slug.value()).get(slug)

    async def published(self, slug: str, now: datetime) -> Consultation:
        """The consultation, if its results are public. Raises NotFound."""
        consultation = await self.find(slug)
        if consultation is None or not is_published(consultation, now):
            raise NotFound
        return consultation

    async def _read(self) -> Mapping[str, Consultation]:
        async with AsyncSession(self._engine, expire_on_commit=False) as session:
            rows = await session.scalars(select(Consultation).order_by(Consultation.day.desc(), Consultation.slug))
            found = MappingProxyType({row.slug: row for row in rows})
        revisions = {slug: row.revision for slug, row in found.items()}
        if revisions != self._revisions:
            self._revisions = revisions
            self._when_changed()
        return found
