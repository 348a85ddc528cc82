"""What a browser carries through a sign-in: of use for its purpose, for minutes, once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.staff import once
from tests.application import House

KEY, NOW = bytes(range(32)), datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_what_was_sealed_opens_for_its_purpose_and_time_and_key_only() -> None:
    sealed = once.seal(KEY, once.PASSKEY, {"name": "هاتف أمل"}, NOW)
    assert once.unseal(KEY, once.PASSKEY, sealed, NOW + timedelta(seconds=299)) == {"name": "هاتف أمل"}
    # Processes on several machines do not agree to the second.
    assert once.unseal(KEY, once.PASSKEY, sealed, NOW - timedelta(seconds=60)) is not None
    assert once.unseal(KEY, once.PASSKEY, sealed, NOW - timedelta(seconds=61)) is None
    assert once.unseal(KEY, once.PASSKEY, sealed, NOW + timedelta(seconds=300)) is None
    assert once.unseal(KEY, once.NEW_PASSKEY, sealed, NOW) is None
    assert once.unseal(bytes(32), once.PASSKEY, sealed, NOW) is None
    assert once.seal(KEY, once.PASSKEY, {"name": "هاتف أمل"}, NOW) != sealed


@pytest.mark.parametrize("sealed", ["", "A", "AAAA", "é", "=" * 9, "A" * 400, "\0"])
def test_what_we_did_not_seal_is_nothing(sealed: str) -> None:
    assert once.unseal(KEY, once.PROVIDER, sealed, NOW) is None


async def test_of_two_who_spend_the_same_at_once_one_does(house: House) -> None:
    async def spend(token: str) -> bool:
        async with AsyncSession(house.engine) as session:
            spent = await once.spend(session, token, NOW)
            await asyncio.sleep(0.05)
            await session.commit()
            return spent

    assert sorted(await asyncio.gather(*(spend("one") for _ in range(4)))) == [False, False, False, True]
    assert await spend("another")
    async with AsyncSession(house.engine) as session:
        assert not await once.spend(session, "one", NOW + timedelta(minutes=29))
        assert await once.spend(session, "one", NOW + timedelta(minutes=31))
