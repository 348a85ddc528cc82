"""Group commit: nothing lost, nothing twice, one bad row fails alone."""

import asyncio
import secrets
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from app.errors import Overloaded
from app.submissions.inbox import Inbox
from tests.application import NOON, House


def row(house: House, **changed: Any) -> dict[str, Any]:
    return {
        "send_hash": secrets.token_bytes(32),
        "receipt_hash": secrets.token_bytes(32),
        "consultation_id": house.consultation.id,
        "questionnaire_number": 1,
        "language": "en",
        "link": None,
        "arrived_hour": NOON,
        "answers": "{}",
        "open_answers": None,
        "dropped": 0,
    } | changed


async def test_many_at_once_are_all_there_when_they_are_thanked(house: House) -> None:
    inbox: Inbox = house.application.api.state.inbox
    rows = [row(house) for _ in range(700)]
    await asyncio.gather(*(inbox.send(each) for each in rows))
    kept = {each.receipt_hash for each in await house.submissions()}
    assert kept == {each["receipt_hash"] for each in rows}


async def test_one_bad_row_fails_alone(house: House) -> None:
    inbox: Inbox = house.application.api.state.inbox
    rows = [row(house) for _ in range(20)]
    rows[7] = row(house, consultation_id=999_999)
    outcomes = await asyncio.gather(*(inbox.send(each) for each in rows), return_exceptions=True)
    assert [place for place, outcome in enumerate(outcomes) if outcome is not None] == [7]
    assert isinstance(outcomes[7], SQLAlchemyError)
    assert len(await house.submissions()) == 19


async def test_a_full_inbox_turns_away_and_says_so(house: House) -> None:
    inbox = Inbox(house.engine, rows=3)
    waiting = [asyncio.ensure_future(inbox.send(row(house))) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await inbox.send(row(house))
    inbox.start()
    await asyncio.gather(*waiting)
    await inbox.stop()
    assert len(await house.submissions()) == 3


async def test_stopping_writes_what_was_taken(house: House) -> None:
    inbox = Inbox(house.engine, rows=100)
    waiting = [asyncio.ensure_future(inbox.send(row(house))) for _ in range(50)]
    await asyncio.sleep(0)
    inbox.start()
    await inbox.stop()
    await asyncio.gather(*waiting)
    assert len(await house.submissions()) == 50
    with pytest.raises(Overloaded):
        await inbox.send(row(house))


async def test_a_respondent_whose_line_breaks_holds_nobody_up(house: House) -> None:
    inbox: Inbox = house.application.api.state.inbox
    sends = [asyncio.ensure_future(inbox.send(row(house))) for _ in range(10)]
    await asyncio.sleep(0)
    sends[3].cancel()
    outcomes = await asyncio.gather(*sends, return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 9
    await inbox.send(row(house))
    assert len(await house.submissions()) in (10, 11)
