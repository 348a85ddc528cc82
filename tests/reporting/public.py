"""A house in which one consultation is published with the full release, as the tests of open data look at it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from app.reporting.models import KeptRelease
from app.reporting.release import Release
from app.reporting.release_file import digest, to_bytes
from tests.application import House, running
from tests.databases import Databases
from tests.reporting.opened import full_release
from tests.samples import SLUG


def release_here() -> Release:
    """The full release, under the name of the consultation in the house."""
    release = full_release()
    return replace(release, facts=replace(release.facts, slug=SLUG))


async def publish_full(house: House) -> str:
    """The consultation is over, frozen and published with the full release; gives back the release's digest."""
    house.clock.now = house.consultation.closes_at + timedelta(days=30)
    content = to_bytes(release_here())
    async with AsyncSession(house.engine) as session:
        session.add(
            KeptRelease(
                consultation_id=house.consultation.id,
                number=1,
                made_at=house.clock.now,
                digest=digest(content),
                content=content.decode(),
            )
        )
        await session.commit()
    at = house.clock.now - timedelta(days=1)
    await house.change(frozen_at=at - timedelta(days=1), published_at=at)
    return digest(content)


@asynccontextmanager
async def published_house(databases: Databases, folder: Path) -> AsyncIterator[House]:
    with databases.new("sqlite", folder) as url:
        async with running(url, folder) as house:
            await publish_full(house)
            yield house
