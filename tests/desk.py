"""Somebody at the desk: an account of a role, signed in, whose pages are audited like the young people's."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from app.staff.door import COOKIE
from app.staff.models import Account, DeskSession
from app.staff.permissions import Role
from app.staff.sessions import token_hash
from tests.application import House, Reader


async def let_in(
    house: House,
    role: Role = Role.MODERATOR,
    *,
    language: str = "en",
    languages: tuple[str, ...] = (),
    name: str = "",
) -> tuple[str, str]:
    """The address of a new account of that role, and the cookie of a browser that is signed in with it."""
    now, token = house.clock(), secrets.token_urlsafe(32)
    async with AsyncSession(house.engine) as session:
        account = Account(
            email=f"{role}-{secrets.token_hex(4)}@example.org",
            name=name or role.capitalize(),
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
        address = account.email
        await session.commit()
    return address, token


@asynccontextmanager
async def at_the_desk(
    house: House, role: Role = Role.MODERATOR, *, language: str = "en", languages: tuple[str, ...] = ()
) -> AsyncIterator[Reader]:
    """A reader who is signed in, with a new account of that role."""
    _, token = await let_in(house, role, language=language, languages=languages)
    async with house.reader(language) as reader:
        reader.desk_language = language
        reader.client.cookies.set(COOKIE, token)
        yield reader
