"""What a route may ask for: the instant, a session to read, a session to write. One request, one transaction.

Every dependency is a coroutine: FastAPI runs a plain function in a thread, which doubles the cost of a Send.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.clock import Clock
from app.errors import NotFound
from app.settings import Settings
from app.web.i18n import LANGUAGES


async def instant(request: Request) -> datetime:
    clock: Clock = request.app.state.clock
    return clock()


async def settings_of(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def known_language(language: Annotated[str, Path()]) -> str:
    """The language in the path. Raises NotFound for one that we do not speak."""
    if language not in LANGUAGES:
        raise NotFound
    return language


async def reading(request: Request) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(request.app.state.engine, expire_on_commit=False) as session:
        yield session


async def writing(request: Request) -> AsyncIterator[AsyncSession]:
    """Commits when the route returned, undoes when it raised."""
    async with AsyncSession(request.app.state.engine, expire_on_commit=False) as session:
        yield session
        await session.commit()


Now = Annotated[datetime, Depends(instant)]
Language = Annotated[str, Depends(known_language)]
Reading = Annotated[AsyncSession, Depends(reading, scope="function")]
Writing = Annotated[AsyncSession, Depends(writing, scope="function")]
Configured = Annotated[Settings, Depends(settings_of)]
