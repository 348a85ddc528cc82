"""The application behind a real server on a port of this machine, for browsers and rehearsals."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import pytest

from app.serving import serving as serving_application
from tests.application import House


def serving(house: House) -> AbstractAsyncContextManager[str]:
    """The address of `house`, until the end of the block."""
    return serving_application(house.application, lifespan="off")


@pytest.fixture
async def site(house: House) -> AsyncIterator[str]:
    async with serving(house) as address:
        yield address
