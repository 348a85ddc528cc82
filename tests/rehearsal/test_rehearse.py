"""Simulated respondents in the real application: what they say they sent is what is kept."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.clock import wall_clock
from app.errors import OperatorError
from app.main import create_app
from app.rehearsal import rehearse
from app.rehearsal.check import compare_with_database, compare_with_receipt_pages
from app.rehearsal.people import AGES, LANGUAGES, REGIONS, Habits, Person
from app.rehearsal.run import read_records
from app.settings import Settings, derive_key
from app.submissions.models import Submission
from app.submissions.receipts import ReceiptKeys, as_typed
from bench.servers import SLUG, open_consultation

SECRET = "a secret of a test, which is long enough"
KEYS = ReceiptKeys(derive_key(SECRET.encode(), "receipt code"), derive_key(SECRET.encode(), "receipt hash"))
RESTLESS = Habits(
    everything_on_one_page=0.3, forgets_to_agree=0.3, chooses_against_the_rules=0.3, switches_language=0.4,
    goes_back=0.4, reloads=0.4, loses_the_line=0.4, changes_an_answer=0.5, sends_twice=0.4,
)  # fmt: skip


@pytest.fixture
async def base_url(database_url: str, engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[str]:
    await open_consultation(database_url)
    application = create_app(Settings(data=tmp_path, secret=SECRET), wall_clock, engine)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(application, access_log=False, log_level="critical"))
        serving = asyncio.create_task(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving


async def test_what_restless_respondents_sent_is_kept_once_and_as_they_saw_it(
    base_url: str, engine: AsyncEngine, tmp_path: Path
) -> None:
    outcome = await rehearse(base_url, SLUG, 40, 3, 8, tmp_path / "sent.jsonl", habits=RESTLESS)
    assert outcome.complaints == {}
    assert outcome.all_sent
    assert outcome.mended > 10
    assert outcome.switches > 5
    assert outcome.second_sends > 5
    records = list(read_records(tmp_path / "sent.jsonl"))
    assert [record["number"] for record in records] == list(range(40))
    kept = await compare_with_database(engine, KEYS, SLUG, records)
    assert (kept.differences, kept.compared) == ([], outcome.thanked)
    pages = await compare_with_receipt_pages(base_url, records, 20)
    assert (pages.differences, pages.compared) == ([], 20)


async def test_the_same_seed_gives_the_same_answers_whatever_the_concurrency(base_url: str, tmp_path: Path) -> None:
    for concurrency in (1, 7):
        await rehearse(base_url, SLUG, 8, 9, concurrency, tmp_path / f"{concurrency}.jsonl")
    one, seven = (
        [{name: each for name, each in record.items() if name != "receipt"} for record in read_records(file)]
        for file in (tmp_path / "1.jsonl", tmp_path / "7.jsonl")
    )
    assert one == seven
    assert any(record["answers"] for record in one)


async def test_the_check_finds_what_was_lost_changed_or_added(
    base_url: str, engine: AsyncEngine, tmp_path: Path
) -> None:
    await rehearse(base_url, SLUG, 12, 4, 4, tmp_path / "sent.jsonl")
    lost, changed, *others = [record for record in read_records(tmp_path / "sent.jsonl") if record["thanked"]]
    hashes = [KEYS.stored_hash(as_typed(record["receipt"])) for record in (lost, changed)]
    async with engine.begin() as connection:
        await connection.execute(delete(Submission).where(Submission.receipt_hash == hashes[0]))
        await connection.execute(
            update(Submission)
            .where(Submission.receipt_hash == hashes[1])
            .values(answers=json.dumps({"DM01": "6"}), open_answers=None)
        )
    found = await compare_with_database(engine, KEYS, SLUG, [lost, changed, *others[:-1]])
    assert f"respondent {lost['number']} was thanked, and nothing is kept" in found.differences
    assert f"respondent {changed['number']}: DM01 is not what was sent" in found.differences
    assert "1 submissions that nobody was thanked for" in found.differences
    pages = await compare_with_receipt_pages(base_url, [lost, changed, *others], 12)
    assert len(pages.differences) == 2


async def test_nobody_listening_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(OperatorError, match="Nobody listens"):
            await rehearse(f"http://127.0.0.1:{port}", SLUG, 1, 1, 1, tmp_path / "sent.jsonl")


def test_respondents_come_from_every_region_in_every_language_and_of_every_age() -> None:
    people = [Person.made(1, number) for number in range(1500)]
    assert {person.region for person in people} == set(REGIONS)
    assert {person.language for person in people} == set(LANGUAGES)
    assert {person.age for person in people} == set(AGES)
