"""Which helplines somebody here has checked, and the numbers that young people see therefore."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.consultations.countries import Helpline, all_helplines, countries, helplines
from app.consultations.models import HelplineCheck
from app.db import Remembered

#: How long a check counts at the gate.
CHECK_HOLDS = timedelta(days=365)


def lines_of(country: str) -> Sequence[Helpline]:
    """The numbers of a country that can be called; where there is none, one line without a number. That can be checked,
    too: somebody looked, and young people there rightly see the international directory."""
    named = [line for line in all_helplines() if line.iso2 == country]
    return [line for line in named if line.dial] or [Helpline(country, "", "", "", "en")]


def is_line(country: str, dial: str) -> bool:
    """Whether `lines_of` has this one."""
    return country in countries() and any(line.dial == dial for line in lines_of(country))


async def checks(session: AsyncSession) -> Mapping[tuple[str, str], HelplineCheck]:
    """The latest check of each line that was checked, by country and `dial`."""
    rows = await session.scalars(select(HelplineCheck))
    return {(row.country, row.dial): row for row in rows}


async def check(session: AsyncSession, country: str, dial: str, who: str, now: datetime) -> HelplineCheck:
    """The line was checked today, in UTC. Gives what stands there now."""
    return await session.merge(HelplineCheck(country=country, dial=dial, checked_on=now.date(), checked_by=who))


async def take_back(session: AsyncSession, country: str, dial: str) -> bool:
    """Nobody has checked the line. Says whether somebody had."""
    gone = await session.execute(
        delete(HelplineCheck)
        .where(HelplineCheck.country == country, HelplineCheck.dial == dial)
        .returning(HelplineCheck.country)
        .execution_options(synchronize_session=False)
    )
    return gone.first() is not None


def holds(checked_on: date, today: date) -> bool:
    """Whether a check of that day still counts at the gate."""
    return today - checked_on <= CHECK_HOLDS


async def checked_countries(session: AsyncSession, today: date) -> frozenset[str]:
    """The countries of which a line was checked within twelve months."""
    made = await checks(session)
    return frozenset(
        country for (country, dial), each in made.items() if is_line(country, dial) and holds(each.checked_on, today)
    )


class Helplines:
    """The numbers that young people see, kept in memory and made again when older than `refresh_seconds`."""

    def __init__(self, engine: AsyncEngine, refresh_seconds: float) -> None:
        self._engine = engine
        self._shown = Remembered(self._read, refresh_seconds)

    async def shown(self) -> Mapping[str, tuple[Helpline, ...]]:
        """By country."""
        return await self._shown.value()

    async def _read(self) -> Mapping[str, tuple[Helpline, ...]]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(select(HelplineCheck.country, HelplineCheck.dial))
            return helplines(frozenset((row.country, row.dial) for row in rows))
