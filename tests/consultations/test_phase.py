"""The day of the world, and the phase at every instant of it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.consultations.phase import Phase, day_of, may_send, next_change, phase_at

DAY = date(2026, 11, 20)


@dataclass
class Decided:
    opens_at: datetime
    closes_at: datetime
    scheduled_at: datetime | None = datetime(2026, 1, 1, tzinfo=UTC)
    frozen_at: datetime | None = None
    published_at: datetime | None = None


def world() -> Decided:
    day = day_of(DAY, "world")
    return Decided(day.opens_at, day.closes_at)


def test_a_date_of_the_world_lasts_fifty_hours() -> None:
    day = day_of(DAY, "world")
    assert day.hours == 50
    assert day.opens_at == datetime(2026, 11, 19, 10, tzinfo=UTC)
    assert day.closes_at == datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "window", "hours"),
    [
        (DAY, "utc", 24),
        (DAY, "Africa/Nairobi", 24),
        (date(2026, 3, 29), "Europe/Paris", 23),
        (date(2026, 10, 25), "Europe/Paris", 25),
    ],
)
def test_a_day_of_a_zone_is_as_long_as_it_is_there(day: date, window: str, hours: int) -> None:
    assert day_of(day, window).hours == hours


@pytest.mark.parametrize("window", ["Nowhere/Atlantis", "", "../etc/passwd"])
def test_a_zone_that_is_none_is_refused(window: str) -> None:
    with pytest.raises((ValueError, KeyError, OSError)):
        day_of(DAY, window)


@given(st.integers(0, 30 * 24 * 60).map(lambda minutes: datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=minutes)))
def test_it_is_open_exactly_while_it_is_the_day_somewhere(now: datetime) -> None:
    somewhere = any(now.astimezone(ZoneInfo(f"Etc/GMT{offset:+d}")).date() == DAY for offset in range(-14, 13))
    assert (phase_at(world(), now) is Phase.OPEN) == somewhere


def test_decisions_count_from_their_instant_on() -> None:
    consultation = world()
    consultation.scheduled_at = None
    assert phase_at(consultation, consultation.opens_at) is Phase.DRAFT
    consultation.scheduled_at = consultation.opens_at - timedelta(days=1)
    consultation.frozen_at = consultation.closes_at + timedelta(hours=1)
    consultation.published_at = consultation.closes_at + timedelta(days=3)
    at = [
        phase_at(consultation, consultation.opens_at + timedelta(hours=hours))
        for hours in (-48, -1, 0, 49, 50, 51, 122)
    ]
    assert at == [
        Phase.DRAFT,
        Phase.SCHEDULED,
        Phase.OPEN,
        Phase.OPEN,
        Phase.CLOSED,
        Phase.FROZEN,
        Phase.PUBLISHED,
    ]
    assert next_change(consultation, consultation.opens_at - timedelta(hours=1)) == consultation.opens_at
    assert next_change(consultation, consultation.opens_at) == consultation.closes_at
    assert next_change(consultation, consultation.closes_at) is None


def test_grace_is_for_those_who_began_in_time_and_lasts_thirty_minutes() -> None:
    consultation = world()
    closes = consultation.closes_at
    before, after = closes - timedelta(minutes=1), closes + timedelta(minutes=1)
    assert may_send(consultation, before, closes + timedelta(minutes=29), 30)
    assert not may_send(consultation, before, closes + timedelta(minutes=30), 30)
    assert not may_send(consultation, after, closes + timedelta(minutes=2), 30)
    consultation.frozen_at = closes
    assert not may_send(consultation, before, closes + timedelta(minutes=1), 30)
