"""Signed-in browsers: begun, seen, listed and ended. Rows in the database, so that any process knows them and an end is
an end at once."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.staff.models import DeskSession

#: A session ends after so long without use, and in any case after so long.
IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def start(session: AsyncSession, account_id: int, *, full: bool, now: datetime, instead_of: str = "") -> str:
    """The token of a new session. The one that the browser had before is over, and so are those that ran out."""
    if instead_of:
        await session.execute(delete(DeskSession).where(DeskSession.token_hash == token_hash(instead_of)))
    await session.execute(
        delete(DeskSession).where(
            DeskSession.account_id == account_id,
            (DeskSession.begun_at <= now - LONGEST) | (DeskSession.seen_at <= now - IDLE),
        )
    )
    token = secrets.token_urlsafe(32)
    session.add(DeskSession(token_hash=token_hash(token), account_id=account_id, full=full, begun_at=now, seen_at=now))
    await session.flush()
    return token


async def live(session: AsyncSession, account_id: int, now: datetime) -> Sequence[DeskSession]:
    """The account's sessions that still hold, the newest first."""
    rows = await session.scalars(
        select(DeskSession)
        .where(
            DeskSession.account_id == account_id,
            DeskSession.full,
            DeskSession.begun_at > now - LONGEST,
            DeskSession.seen_at > now - IDLE,
        )
        .order_by(DeskSession.begun_at.desc(), DeskSession.token_hash)
    )
    return rows.all()


async def end(session: AsyncSession, account_id: int, *, only: bytes = b"", but: bytes = b"") -> int:
    """How many sessions of the account ended: one, all but one, or all."""
    ended = delete(DeskSession).where(DeskSession.account_id == account_id)
    if only:
        ended = ended.where(DeskSession.token_hash == only)
    if but:
        ended = ended.where(DeskSession.token_hash != but)
    rows = await session.scalars(ended.returning(DeskSession.account_id))
    return len(rows.all())
