"""The door of the desk: whose request it is, and whether this person may. Every route of the desk asks `needs(act)`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.errors import NotAllowed, SignInNeeded
from app.staff.models import Account, DeskSession
from app.staff.permissions import Act, Role, may
from app.staff.sessions import IDLE, LONGEST, token_hash

COOKIE = "desk"
#: Between the password and the second factor, which may be an app that is still to be installed.
LONGEST_HALF = timedelta(minutes=30)
#: `seen_at` is written anew when it is this old: one write in so many minutes, not one a page.
SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Visitor:
    """Who is signed in. `may` asks the table of permissions."""

    id: int
    email: str
    name: str
    role: Role
    languages: tuple[str, ...]
    language: str

    def may(self, act: Act) -> bool:
        return may(self.role, act)


async def session_of(request: Request, session: AsyncSession, now: datetime) -> tuple[DeskSession, Account] | None:
    """The live session of the request's cookie with its account, also one that still waits for the second factor."""
    token = request.cookies.get(COOKIE, "")
    if not token:
        return None
    found = await session.execute(
        select(DeskSession, Account)
        .join(Account, Account.id == DeskSession.account_id)
        .where(DeskSession.token_hash == token_hash(token), Account.ended_at.is_(None))
    )
    row = found.one_or_none()
    if row is None or now - row[0].seen_at >= IDLE:
        return None
    if now - row[0].begun_at >= (LONGEST if row[0].full else LONGEST_HALF):
        return None
    return row[0], row[1]


def visitor_of(account: Account) -> Visitor:
    return Visitor(
        account.id, account.email, account.name, Role(account.role), tuple(account.languages), account.language
    )


def needs(act: Act, *, setting_up: bool = False) -> Callable[[Request], Awaitable[Visitor]]:
    """A dependency that gives the visitor. Raises SignInNeeded for strangers and NotAllowed for those who may not.

    setting_up: also those who have shown their password and have no second factor yet, which their role must have.
    """

    async def door(request: Request) -> Visitor:
        engine, now = request.app.state.engine, request.app.state.clock()
        async with AsyncSession(engine, expire_on_commit=False) as session:
            found = await session_of(request, session, now)
        if found is None or not (found[0].full or (setting_up and found[1].totp_secret is None)):
            raise SignInNeeded
        if now - found[0].seen_at >= SEEN_EVERY:
            await _see(engine, found[0], now)
        visitor = visitor_of(found[1])
        request.state.visitor = visitor
        if not visitor.may(act):
            raise NotAllowed
        return visitor

    door.act = act  # type: ignore[attr-defined]
    return door


async def _see(engine: AsyncEngine, seen: DeskSession, now: datetime) -> None:
    """The session was used now: one statement that stands for itself, whatever becomes of the request."""
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(
            update(DeskSession).where(DeskSession.token_hash == seen.token_hash).values(seen_at=now)
        )


OwnAccount = Annotated[Visitor, Depends(needs(Act.OWN_ACCOUNT))]
