"""The history of the secretariat's words in the paper: added to, never changed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.reporting.models import PaperWords
from app.reporting.words import Own, Words, to_text
from app.staff.audit import record

INSTEAD, AFTER, GENERATED = MANNERS = ("instead", "after", "generated")


async def in_force(session: AsyncSession, consultation_id: int, until: datetime | None = None) -> Sequence[PaperWords]:
    """The last decision about each paragraph in each language, as they stood at that instant; now without one."""
    rows = select(func.max(PaperWords.id)).where(PaperWords.consultation_id == consultation_id)
    if until is not None:
        rows = rows.where(PaperWords.at <= until)
    last = rows.group_by(PaperWords.paragraph, PaperWords.language)
    return (await session.scalars(select(PaperWords).where(PaperWords.id.in_(last)).order_by(PaperWords.id))).all()


async def words_of(session: AsyncSession, consultation_id: int, until: datetime | None = None) -> Words:
    """Every own paragraph that stands in the paper, by language."""
    found: dict[str, dict[str, Own]] = {}
    for row in await in_force(session, consultation_id, until):
        if row.manner != GENERATED:
            found.setdefault(row.language, {})[row.paragraph] = Own(row.text, row.manner == AFTER)
    return found


async def text_of_words(session: AsyncSession, consultation_id: int, language: str) -> str:
    """Those of one language as text, as `Documents` takes them: papers of other languages do not change with them."""
    words = await words_of(session, consultation_id)
    return to_text({language: words.get(language, {})})


async def history_of(session: AsyncSession, consultation_id: int, paragraph: str) -> Sequence[PaperWords]:
    """Everything that was ever decided about a paragraph, in all languages, the newest first."""
    rows = await session.scalars(
        select(PaperWords)
        .where(PaperWords.consultation_id == consultation_id, PaperWords.paragraph == paragraph)
        .order_by(PaperWords.id.desc())
    )
    return rows.all()


async def decide(
    session: AsyncSession,
    *,
    consultation_id: int,
    slug: str,
    before: PaperWords | None,
    after: PaperWords,
) -> None:
    """The decision holds from now on, and stands in the trail."""
    after.consultation_id = consultation_id
    session.add(after)
    await record(
        session,
        who=after.who,
        act="paper_words",
        subject=f"{slug}/{after.language}/{after.paragraph}"[:200],
        now=after.at,
        before={"manner": before.manner, "text": before.text} if before else {"manner": GENERATED},
        after={"manner": after.manner, "text": after.text},
        reason=after.reason,
    )
