"""When a consultation is in which phase, and what its day is. Pure: the instant is an argument."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

#: A calendar date begins first at UTC+14 (Kiribati) and ends last at UTC-12: 50 hours.
FIRST_ZONE = timezone(timedelta(hours=14))
LAST_ZONE = timezone(timedelta(hours=-12))


class Phase(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"
    FROZEN = "frozen"
    PUBLISHED = "published"


@dataclass(frozen=True)
class Day:
    """The hours in which a consultation is open: from `opens_at`, before `closes_at`."""

    opens_at: datetime
    closes_at: datetime

    @property
    def hours(self) -> int:
        return round((self.closes_at - self.opens_at) / timedelta(hours=1))


class Decided(Protocol):
    """What the phase is computed from: the day's hours and the instants of decisions."""

    @property
    def opens_at(self) -> datetime: ...
    @property
    def closes_at(self) -> datetime: ...
    @property
    def scheduled_at(self) -> datetime | None: ...
    @property
    def frozen_at(self) -> datetime | None: ...
    @property
    def published_at(self) -> datetime | None: ...


def day_of(day: date, window: str) -> Day:
    """The hours of the date `day`: of the whole world ("world"), of UTC ("utc") or of a zone such as Africa/Nairobi.

    Raises zoneinfo.ZoneInfoNotFoundError or ValueError for a zone that there is not.
    """
    first: tzinfo
    last: tzinfo
    if window == "world":
        first, last = FIRST_ZONE, LAST_ZONE
    else:
        first = last = UTC if window == "utc" else ZoneInfo(window)
    opens = datetime.combine(day, time(), first)
    closes = datetime.combine(day + timedelta(days=1), time(), last)
    return Day(opens.astimezone(UTC), closes.astimezone(UTC))


def phase_at(consultation: Decided, now: datetime) -> Phase:
    """The phase at the instant `now`. A decision counts from its instant on."""
    if consultation.published_at and consultation.published_at <= now:
        return Phase.PUBLISHED
    if consultation.frozen_at and consultation.frozen_at <= now:
        return Phase.FROZEN
    if not consultation.scheduled_at or consultation.scheduled_at > now:
        return Phase.DRAFT
    if now >= consultation.closes_at:
        return Phase.CLOSED
    return Phase.OPEN if now >= consultation.opens_at else Phase.SCHEDULED


def is_published(consultation: Decided, now: datetime) -> bool:
    """Whether the results are public. This alone decides it, for pages, files, feeds and the API."""
    return phase_at(consultation, now) is Phase.PUBLISHED


def next_change(consultation: Decided, now: datetime) -> datetime | None:
    """The next instant at which the phase changes by itself, or None."""
    if phase_at(consultation, now) is Phase.SCHEDULED:
        return consultation.opens_at
    return consultation.closes_at if phase_at(consultation, now) is Phase.OPEN else None


def may_send(consultation: Decided, begun_at: datetime, now: datetime, grace_minutes: int) -> bool:
    """Whether answers begun at `begun_at` may still be sent: while open, and for some minutes more if begun before."""
    phase = phase_at(consultation, now)
    if phase is Phase.OPEN:
        return True
    in_time = consultation.opens_at <= begun_at < consultation.closes_at
    return phase is Phase.CLOSED and in_time and now < last_send(consultation, grace_minutes)


def last_send(consultation: Decided, grace_minutes: int) -> datetime:
    """The instant from which nothing can arrive any more."""
    return consultation.closes_at + timedelta(minutes=grace_minutes)


#: Nobody can begin to answer any more.
OVER = frozenset({Phase.CLOSED, Phase.FROZEN, Phase.PUBLISHED})
#: Which phases come after which, for the desk and the command line.
ORDER: Mapping[Phase, int] = {phase: place for place, phase in enumerate(Phase)}
