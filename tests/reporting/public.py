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
from tests.reporting.people import invented, release_of
from tests.samples import SLUG, sample_document


def release_here() -> Release:
    """The full release, under the name of the consultation in the house."""
    release = full_release()
    return replace(release, facts=replace(release.facts, slug=SLUG))


def small_release() -> Release:
    """One of few questions, whose files are made quickly."""
    document = sample_document()
    return release_of(document, list(invented(document, 60)), slug=SLUG)


async def publish_with(house: House, release: Release) -> str:
    """The consultation is over, frozen and published with that release; gives back the release's digest."""
    house.clock.now = house.consultation.closes_at + timedelta(days=30)
    content = to_bytes(release)
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
async def published_house(databases: Databases, folder: Path, release: Release) -> AsyncIterator[House]:
    with databases.new("sqlite", folder) as url:
        async with running(url, folder) as house:
            await publish_with(house, release)
            yield house
