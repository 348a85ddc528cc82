"""People's own words are gone a year after the results or on the promised day, links at the freeze; counts stay."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.submissions.retention import Erased, erase_what_is_due
from tests.application import NOON, House
from tests.submissions.test_inbox import row


async def erase(house: House) -> Erased:
    async with AsyncSession(house.engine) as session:
        erased = await erase_what_is_due(session, house.clock.now)
        await session.commit()
    return erased


async def test_words_go_on_the_promised_day_also_when_nothing_was_published(house: House) -> None:
    inbox = house.application.api.state.inbox
    await house.change(words_until=date(2027, 3, 10), published_at=None)
    await inbox.send(row(house, answers='{"A1":"2"}', open_answers='{"B4":"words"}'))
    house.clock.now = datetime(2027, 3, 10, 23, 59, tzinfo=UTC)
    assert await erase(house) == Erased(0, 0)
    house.clock.forward(minutes=1)
    assert await erase(house) == Erased(1, 0)
    assert await erase(house) == Erased(0, 0)
    (kept,) = await house.submissions()
    assert (kept.answers, kept.open_answers) == ('{"A1":"2"}', None)


async def test_words_go_a_year_after_an_early_publication_though_a_later_day_was_promised(house: House) -> None:
    inbox = house.application.api.state.inbox
    await inbox.send(row(house, open_answers='{"B4":"words"}'))
    await house.change(words_until=date(2028, 3, 10), published_at=NOON + timedelta(days=3))
    house.clock.now = NOON + timedelta(days=3 + 364)
    assert await erase(house) == Erased(0, 0)
    house.clock.forward(days=1)
    assert await erase(house) == Erased(1, 0)


async def test_words_go_a_year_after_publication_and_links_at_the_freeze(house: House) -> None:
    inbox = house.application.api.state.inbox
    await house.change(words_until=None)
    await inbox.send(row(house, answers='{"A1":"2"}', open_answers='{"B4":"words"}', link="school"))
    await inbox.send(row(house, answers='{"A1":"1"}'))
    assert await erase(house) == Erased(0, 0)
    house.clock.now = NOON + timedelta(days=3)
    await house.change(frozen_at=NOON + timedelta(days=2))
    assert await erase(house) == Erased(0, 1)
    await house.change(published_at=NOON + timedelta(days=20))
    house.clock.now = NOON + timedelta(days=20 + 364)
    assert await erase(house) == Erased(0, 0)
    house.clock.forward(days=1)
    assert await erase(house) == Erased(1, 0)
    assert await erase(house) == Erased(0, 0)
    kept = await house.submissions()
    assert sorted(each.answers for each in kept) == ['{"A1":"1"}', '{"A1":"2"}']
    assert all(each.open_answers is None and each.link is None for each in kept)
