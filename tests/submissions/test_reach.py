"""The counters are exact to the last submission, whatever happens at the same time; the table itself is the oracle."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import create_engine
from app.submissions.inbox import Inbox
from app.submissions.models import ReachCount, Submission
from app.submissions.reach import CHECK, TRAITS, answers_by_link, places_of, recount
from app.submissions.reach import Counter as Count
from app.submissions.receipts import erase
from app.submissions.retention import erase_what_is_due
from tests.application import NOON, House
from tests.submissions.test_inbox import row

Counts = Mapping[tuple[str, str], int]
REGIONS = {"KE": "africa", "FR": "europe", "BR": "americas", "JP": "asia_pacific"}
KENYA, FRANCE = '{"DM01":"3","DM03":"KE"}', '{"DM01":"4","DM03":"FR"}'


async def counters(house: House) -> Counts:
    """Every counter of submissions as it stands, those of nothing included."""
    async with AsyncSession(house.engine) as session:
        rows = await session.scalars(select(ReachCount).where(ReachCount.kind.in_(TRAITS)))
        return {(each.kind, each.key): each.n for each in rows}


async def told_by_the_table(house: House) -> Counts:
    """The same, counted from the rows themselves by other means."""
    told: Counter[tuple[str, str]] = Counter()
    for each in await house.submissions():
        answers = json.loads(each.answers)
        told["age", answers.get("DM01", "")] += 1
        told["all", ""] += 1
        told["country", answers.get("DM03", "")] += 1
        told["hour", each.arrived_hour.astimezone(UTC).isoformat()[:13] + ":00Z"] += 1
        told["language", each.language] += 1
        told["link", each.link or ""] += 1
        region = REGIONS.get(answers.get("DM03", ""), "")
        told["region", f"{each.arrived_hour.astimezone(UTC).isoformat()[:13]}:00Z/{region}"] += 1
    return told


def any_row(house: House, chance: random.Random, **changed: Any) -> dict[str, Any]:
    """A row with traits of chance."""
    answers = {"A1": str(chance.randint(1, 4))}
    if chance.random() < 0.9:
        answers["DM01"] = chance.choice("345")
    if chance.random() < 0.8:
        answers["DM03"] = chance.choice(("KE", "FR", "BR", "JP", "98"))
    random_traits = {
        "send_hash": chance.randbytes(32),
        "receipt_hash": chance.randbytes(32),
        "language": chance.choice(("ar", "en", "fr", "zh")),
        "link": chance.choice((None, "school", "ngo")),
        "arrived_hour": NOON + timedelta(hours=chance.randint(0, 5)),
        "answers": json.dumps(answers, separators=(",", ":"), sort_keys=True),
    }
    return row(house, **random_traits | changed)


async def erase_row(house: House, receipt_hash: bytes) -> bool:
    async with AsyncSession(house.engine) as session:
        found = await erase(session, receipt_hash)
        await session.commit()
    return found


async def test_many_at_once_are_counted_by_every_trait(house: House) -> None:
    inbox: Inbox = house.application.api.state.inbox
    chance = random.Random(7)
    await asyncio.gather(*(inbox.send(any_row(house, chance)) for _ in range(700)))
    counted = await counters(house)
    assert counted == await told_by_the_table(house)
    assert counted["all", ""] == 700
    assert await Count(house.engine, 0).count(house.consultation.id) == 700


async def test_a_repeat_counts_once_and_a_changed_one_where_it_belongs_now(house: House) -> None:
    inbox: Inbox = house.application.api.state.inbox
    first = row(house, answers=KENYA, language="en", link="school")
    await inbox.send(first)
    before = await counters(house)
    await inbox.send(dict(first))
    assert await counters(house) == before
    await inbox.send(first | {"receipt_hash": b"n" * 32, "answers": FRANCE, "language": "fr", "link": None})
    assert await counters(house) == {
        ("age", "4"): 1,
        ("all", ""): 1,
        ("country", "FR"): 1,
        ("hour", "2026-11-20T12:00Z"): 1,
        ("language", "fr"): 1,
        ("link", ""): 1,
        ("region", "2026-11-20T12:00Z/europe"): 1,
    }
    (kept,) = await house.submissions()
    assert (kept.answers, kept.language, kept.link, kept.receipt_hash) == (FRANCE, "fr", None, b"n" * 32)


async def test_of_several_in_one_group_the_last_counts_and_all_are_thanked(house: House) -> None:
    inbox = Inbox(house.engine, rows=100)
    first = row(house, answers=KENYA)
    sends = [first, row(house, answers=KENYA), first | {"receipt_hash": b"2" * 32, "answers": FRANCE}]
    waiting = [asyncio.ensure_future(inbox.send(each)) for each in sends]
    await asyncio.sleep(0)
    inbox.start()
    await asyncio.gather(*waiting)
    await inbox.stop()
    kept = {each.send_hash: each.answers for each in await house.submissions()}
    assert kept == {first["send_hash"]: FRANCE, sends[1]["send_hash"]: KENYA}
    assert await counters(house) == await told_by_the_table(house)


async def test_a_bad_row_is_not_counted_and_its_group_is(house: House) -> None:
    inbox: Inbox = house.application.api.state.inbox
    there = row(house, answers=KENYA)
    await inbox.send(there)
    rows = [row(house, answers=FRANCE) for _ in range(20)]
    rows[3] = row(house, consultation_id=999_999)
    rows[4] = there | {"receipt_hash": b"4" * 32, "answers": FRANCE}
    outcomes = await asyncio.gather(*(inbox.send(each) for each in rows), return_exceptions=True)
    assert [place for place, outcome in enumerate(outcomes) if outcome is not None] == [3]
    assert await counters(house) == await told_by_the_table(house)
    assert (await counters(house))["country", "FR"] == 19


async def test_what_is_erased_counts_nowhere_and_leaves_no_counter_of_nothing(house: House) -> None:
    inbox: Inbox = house.application.api.state.inbox
    kept, gone = row(house, answers=KENYA), row(house, answers=FRANCE, language="fr", link="school")
    await inbox.send(kept)
    await inbox.send(gone)
    assert await erase_row(house, gone["receipt_hash"])
    assert not await erase_row(house, gone["receipt_hash"])
    assert await counters(house) == await told_by_the_table(house)
    assert 0 not in (await counters(house)).values()
    assert ("country", "FR") not in await counters(house)
    assert await erase_row(house, kept["receipt_hash"])
    assert await counters(house) == {}


async def test_when_links_are_forgotten_everybody_came_without_one(house: House) -> None:
    inbox: Inbox = house.application.api.state.inbox
    for link in ("school", "school", "ngo", None):
        await inbox.send(row(house, link=link))
    gone = row(house, link="school")
    await inbox.send(gone)
    await house.change(frozen_at=NOON + timedelta(days=2))
    final = {"school": 3, "ngo": 1, "": 1}
    for days in (1, 2, 3, 4):
        async with AsyncSession(house.engine) as session:
            await erase_what_is_due(session, NOON + timedelta(days=days))
            await session.commit()
        if days == 3:
            # Whoever erases later is in the counts that were told, and in no other.
            assert await erase_row(house, gone["receipt_hash"])
        assert await counters(house) == await told_by_the_table(house)
        assert await answers_by_link(house.engine, house.consultation.id) == final
    assert (await counters(house))["link", ""] == 4
    assert 0 not in (await counters(house)).values()


@pytest.mark.parametrize("seed", range(3))
async def test_the_counts_are_exact_when_several_processes_send_change_and_erase_the_same(
    house: House, database_url: str, database_kind: str, seed: int
) -> None:
    """Each inbox has an engine of its own, as each process has. Without a fixed order of locks this ends in deadlocks,
    without locks in counts that drift."""
    chance = random.Random(seed)
    engines = [create_engine(database_url) for _ in range(3)]
    inboxes = [Inbox(engine, 2000) for engine in engines]
    for each in inboxes:
        each.start()
    journeys = [chance.randbytes(32) for _ in range(60)]
    receipts = [chance.randbytes(32) for _ in range(400)]

    async def send(number: int) -> None:
        await asyncio.sleep(chance.random() * 0.4)
        changed = {"send_hash": chance.choice(journeys), "receipt_hash": receipts[number]}
        await chance.choice(inboxes).send(any_row(house, chance, **changed))

    async def take_back() -> None:
        await asyncio.sleep(chance.random() * 0.4)
        await erase_row(house, chance.choice(receipts))

    erasing = [take_back() for _ in range(60)]
    outcomes = await asyncio.gather(*map(send, range(len(receipts))), *erasing, return_exceptions=True)
    for each in inboxes:
        await each.stop()
    for engine in engines:
        await engine.dispose()
    assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == []
    counted = await counters(house)
    assert counted == await told_by_the_table(house)
    assert 0 < counted["all", ""] <= len(journeys)


async def test_a_recount_says_what_the_table_says_while_people_send(house: House) -> None:
    inbox: Inbox = house.application.api.state.inbox
    chance = random.Random(11)
    await asyncio.gather(*(inbox.send(any_row(house, chance)) for _ in range(300)))
    await inbox.send(row(house, answers='{"DM01":["3"],"DM03":"' + "x" * 61 + '"}'))
    right = await counters(house)
    async with AsyncSession(house.engine) as session:
        await session.execute(delete(ReachCount).where(ReachCount.kind.in_(("hour", "region"))))
        await session.execute(update(ReachCount).values(n=ReachCount.n + 5))
        session.add(ReachCount(consultation_id=house.consultation.id, kind="country", key="XX", n=9))
        session.add(ReachCount(consultation_id=house.consultation.id, kind="opened", key="views", n=9))
        await session.commit()

    async def count_again() -> None:
        async with AsyncSession(house.engine) as session:
            await recount(session, house.consultation.id)
            await session.commit()

    await count_again()
    assert await counters(house) == right
    await asyncio.gather(count_again(), *(inbox.send(any_row(house, chance)) for _ in range(300)), count_again())
    again = await counters(house)
    assert again["all", ""] == 601
    await count_again()
    assert await counters(house) == again
    async with AsyncSession(house.engine) as session:
        opened = await session.scalar(select(ReachCount.n).where(ReachCount.kind == "opened"))
        rows = await session.scalar(select(func.count()).select_from(Submission))
    assert (opened, rows) == (9, 601)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=70) | st.sampled_from(
    ['"DM03":"KE"', 'a","DM03":"KE', "\\", '\\"DM03":"x', "DM03"]
)
answers = st.dictionaries(
    st.sampled_from(["A1", "DM01", "DM03", "Z9"]), words | st.integers() | st.lists(words, max_size=3)
)


@given(answers)
def test_a_trait_is_read_as_if_the_whole_answers_were_read(given_answers: dict[str, Any]) -> None:
    stored = json.dumps(given_answers, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    places = places_of({"consultation_id": 1, "answers": stored, "arrived_hour": NOON, "language": "en", "link": None})
    for place, kind, code in ((0, "age", "DM01"), (2, "country", "DM03")):
        said = given_answers.get(code, "")
        assert places[place] == (1, kind, said if isinstance(said, str) and len(said) <= 60 else "")


async def test_the_funnel_is_written_in_a_heap_and_by_the_last_breath(house: House) -> None:
    inbox = Inbox(house.engine, rows=3)
    inbox.start()
    for _ in range(3):
        inbox.funnel.enter(house.consultation.slug)
    inbox.funnel.go_on(house.consultation.slug, "start", "views")
    inbox.funnel.go_on(house.consultation.slug, "about_you", "")
    inbox.funnel.enter("of-no-consultation")
    await inbox.empty_funnel()
    inbox.funnel.enter(house.consultation.slug)
    await inbox.stop()
    async with AsyncSession(house.engine) as session:
        rows = {(each.kind, each.key): each.n for each in await session.scalars(select(ReachCount))}
    assert rows == {
        ("begun", ""): 4,
        ("passed", "start"): 1,
        ("opened", "views"): 1,
        ("passed", "about_you"): 1,
        ("opened", CHECK): 1,
    }


async def test_what_the_database_did_not_take_stays_in_the_funnel(house: House, tmp_path: Any) -> None:
    nowhere = create_engine(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    inbox = Inbox(nowhere, rows=3)
    inbox.funnel.enter("sample")
    await inbox.empty_funnel()
    assert inbox.funnel.take() == {("sample", "begun", ""): 1}
    await nowhere.dispose()
