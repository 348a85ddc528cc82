"""What is erased when its time has come: people's own words a year after the results, or earlier where that was
promised, links at the freeze.

A repeat finds nothing more to erase. What is left behind is a count, never a copy.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.consultations.models import Consultation
from app.db import empty_log
from app.submissions.models import Submission
from app.submissions.reach import forget_links

#: How long open answers are kept after publication where no earlier day was promised.
OPEN_ANSWERS_DAYS = 365


async def forget_order(engine: AsyncEngine) -> None:
    """Where rows lie on the disk tells no order of arrival, and nothing that was erased lies there any more.

    PostgreSQL rewrites the table by its random key, and nobody can send meanwhile: some seconds for a million rows.
    SQLite keeps it in that order anyway, overwrites what is erased, and empties its log here.
    """
    if engine.dialect.name == "postgresql":
        async with engine.connect() as connection:
            autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await autocommit.exec_driver_sql("CLUSTER submissions USING pk_submissions")
    await empty_log(engine)


@dataclass(frozen=True)
class Erased:
    """Submissions that lost their open answers, and submissions that lost the code of their link."""

    open_answers: int
    links: int


async def erase_what_is_due(session: AsyncSession, now: datetime) -> Erased:
    """Nothing that should be gone at `now` is there any more."""
    over = select(Consultation.id).where(
        or_(
            Consultation.published_at <= now - timedelta(days=OPEN_ANSWERS_DAYS),
            Consultation.words_until < now.astimezone(UTC).date(),
        )
    )
    frozen = select(Consultation.id).where(Consultation.frozen_at <= now)
    texts = await session.execute(
        update(Submission)
        .where(Submission.consultation_id.in_(over), Submission.open_answers.is_not(None))
        .values(open_answers=None)
        .execution_options(synchronize_session=False)
    )
    links = await session.execute(
        update(Submission)
        .where(Submission.consultation_id.in_(frozen), Submission.link.is_not(None))
        .values(link=None)
        .execution_options(synchronize_session=False)
    )
    await forget_links(session, list(await session.scalars(frozen)))
    return Erased(cast("CursorResult[Any]", texts).rowcount, cast("CursorResult[Any]", links).rowcount)
