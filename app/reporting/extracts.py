"""Which published rounds belong to a report: those whose day lies in its years."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations.models import Consultation
from app.consultations.phase import is_published
from app.reporting import service, versions
from app.reporting.words import to_text

#: A report is on one year, or on the four from one plenipotentiary conference to the next.
ANNUAL, FOUR = 1, 4


@dataclass(frozen=True)
class Chosen:
    """A round of a report: what to call it, and which release of it counts."""

    consultation_id: int
    slug: str
    topic: dict[str, str]
    day: date
    sample: bool
    number: int
    digest: str


def years_of(last: int, how_many: int) -> tuple[int, int]:
    """The first and the last year."""
    return last - how_many + 1, last


async def rounds_of(session: AsyncSession, years: tuple[int, int], now: datetime) -> Sequence[Chosen]:
    """The newest release of every consultation that was published, by day. Rounds of sample data only where there is no
    other: a report never mixes them with what young people said."""
    rows = await session.scalars(
        select(Consultation)
        .where(Consultation.day >= date(years[0], 1, 1), Consultation.day <= date(years[1], 12, 31))
        .order_by(Consultation.day, Consultation.slug)
    )
    found = []
    for each in rows:
        kept = await service.latest_release(session, each)
        if kept is not None and is_published(each, now):
            found.append(Chosen(each.id, each.slug, each.topic, each.day, each.sample, kept.number, kept.digest))
            session.expunge(kept)
    real = [each for each in found if not each.sample]
    return real or found


async def years_with_results(session: AsyncSession) -> Sequence[int]:
    """The years of published days, the latest first."""
    days = await session.scalars(select(Consultation.day).where(Consultation.published_at.is_not(None)))
    return sorted({day.year for day in days}, reverse=True)


async def words_for(session: AsyncSession, rounds: Sequence[Chosen], language: str) -> Sequence[str]:
    """The secretariat's words in the papers of these rounds."""
    told = [await versions.words_told(session, each.consultation_id) for each in rounds]
    return [to_text({language: words.get(language, {})}) for words in told]
