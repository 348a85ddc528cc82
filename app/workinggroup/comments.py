"""Comments on a draft of the paper: made by members at the desk, or typed in from an e-mail; answered one by one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import OperatorError
from app.reporting import versions
from app.reporting.models import PaperVersion
from app.workinggroup.models import Comment

MOST_CHARS = 4000
MOST_NAME_CHARS = 120
MOST_ORGANIZATION_CHARS = 160
#: The whole paper, in addresses and forms.
WHOLE = "whole"
#: An e-mail address is never shown, so none is taken, wherever it stands.
ADDRESS = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[^\s@<>()]+")


@dataclass(frozen=True)
class Wanted:
    """A comment as it shall stand. `paragraph` is "" for the whole paper; `received_on` is of an e-mail."""

    paragraph: str
    language: str
    name: str
    organization: str
    text: str
    public: bool
    received_on: date | None = None


def names_an_address(words: str) -> bool:
    return ADDRESS.search(words) is not None


async def make(
    session: AsyncSession, version: PaperVersion, wanted: Wanted, account_id: int | None, now: datetime
) -> Comment:
    """The comment stands on the version. Whether its window is open is the caller's to ask."""
    comment = Comment(
        version_id=version.id,
        paragraph=wanted.paragraph,
        language=wanted.language,
        name=wanted.name,
        organization=wanted.organization,
        text=wanted.text,
        account_id=account_id,
        received_on=wanted.received_on,
        made_at=now,
        public=wanted.public,
        taken=None,
        answer="",
        answered_at=None,
    )
    session.add(comment)
    await session.flush()
    return comment


def answer(comment: Comment, *, taken: bool, words: str, now: datetime) -> None:
    """The comment is answered, and marked as taken or not; an earlier answer is replaced."""
    comment.taken, comment.answer, comment.answered_at = taken, words, now


async def take_back(
    session: AsyncSession, comment: Comment, version: PaperVersion, account_id: int, now: datetime
) -> None:
    """The comment is gone. Raises OperatorError unless it is one's own, unanswered, and its window is open."""
    found = await versions.all_versions(session, version.consultation_id)
    if comment.account_id != account_id or comment.received_on is not None:
        raise OperatorError("Only who made a comment can take it back.")
    if comment.answered_at is not None or not versions.takes_comments(version, found, now):
        raise OperatorError("A comment stays once it is answered or the window is closed.")
    await session.delete(comment)
    await session.flush()


async def on_version(session: AsyncSession, version_id: int) -> Sequence[Comment]:
    """All comments on a version, in the order of paragraphs and then of time; those on the whole paper first."""
    found = await session.scalars(select(Comment).where(Comment.version_id == version_id).order_by(Comment.id))
    return sorted(found, key=lambda comment: place_of(comment.paragraph))


def place_of(paragraph: str) -> tuple[int, ...]:
    """Where a typed number stands among others: 3.10 comes after 3.9."""
    return tuple(int(part) for part in paragraph.split(".") if part.isdigit())


async def unanswered(session: AsyncSession, version_id: int) -> int:
    """How many comments on a version have no answer yet."""
    waiting = select(func.count()).where(Comment.version_id == version_id, Comment.answered_at.is_(None))
    return (await session.scalar(waiting)) or 0


async def last_organization(session: AsyncSession, account_id: int) -> str:
    """For whom somebody spoke last, so that it need not be typed again."""
    said = await session.scalar(
        select(Comment.organization)
        .where(Comment.account_id == account_id, Comment.received_on.is_(None))
        .order_by(Comment.id.desc())
        .limit(1)
    )
    return said or ""
