"""Somebody at the desk: an account of a role, signed in, whose pages are audited like the young people's."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from app.staff.door import COOKIE, token_hash
from app.staff.models import Account, DeskSession
from app.staff.permissions import Role
from tests.application import House, Reader


@asynccontextmanager
async def at_the_desk(
    house: House, role: Role = Role.MODERATOR, *, language: str = "en", languages: tuple[str, ...] = ()
) -> AsyncIterator[Reader]:
    """A reader who is signed in, with a new account of that role."""
    now, token = house.clock(), secrets.token_urlsafe(32)
    async with AsyncSession(house.engine) as session:
        account = Account(
            email=f"{role}-{secrets.token_hex(4)}@example.org",
            name=role.capitalize(),
            role=role.value,
            languages=list(languages),
            language=language,
            invited_at=now,
        )
        session.add(account)
        await session.flush()
        session.add(
            DeskSession(token_hash=token_hash(token), account_id=account.id, full=True, begun_at=now, seen_at=now)
        )
        await session.commit()
    async with house.reader(language) as reader:
        reader.desk_language = language
        reader.client.cookies.set(COOKIE, token)
        yield reader
