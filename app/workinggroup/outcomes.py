"""What happened with young people's views: entries in six languages, public only when complete in all of them."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import OperatorError
from app.questionnaire.document import LANGUAGES
from app.reporting.rounds import closes_at
from app.workinggroup.models import Outcome

#: What was told to the Group, what it decided, what was done, what will not happen.
KINDS = ("told", "decided", "done", "not_done")
#: Each text with its most characters.
TEXTS = {"title": 120, "said": 600, "response": 1500}


def missing(outcome: Outcome) -> Sequence[tuple[str, str]]:
    """Texts that are needed before the entry may be public, as pairs of name and language.

    What was only told to the Group needs no answer of the Group yet.
    """
    names = [name for name in TEXTS if name != "response" or outcome.kind != "told"]
    return [(name, language) for name in names for language in LANGUAGES if not getattr(outcome, name).get(language)]


def languages_ready(outcome: Outcome) -> Sequence[str]:
    """The languages in which nothing is missing."""
    lacking = {language for _, language in missing(outcome)}
    return [language for language in LANGUAGES if language not in lacking]


def publish(outcome: Outcome, now: datetime) -> None:
    """The entry is public. A repeat changes nothing. Raises OperatorError while a text is missing."""
    if missing(outcome):
        raise OperatorError("An entry is published only when it is complete in six languages.")
    outcome.published_at = outcome.published_at or now


def take_back(outcome: Outcome) -> None:
    """The entry is public no more; its texts stay at the desk. Raises OperatorError when it was not public."""
    if outcome.published_at is None:
        raise OperatorError("This entry is not public.")
    outcome.published_at = None


async def of_consultation(session: AsyncSession, consultation_id: int) -> Sequence[Outcome]:
    """All entries, in the order of their days."""
    found = await session.scalars(
        select(Outcome).where(Outcome.consultation_id == consultation_id).order_by(Outcome.day, Outcome.id)
    )
    return found.all()


def is_late(promised: date | None, entries: Sequence[Outcome], now: datetime) -> bool:
    """Whether the day on which young people should have been told is over everywhere, and nothing is public."""
    return promised is not None and closes_at(promised) <= now and not any(each.published_at for each in entries)
