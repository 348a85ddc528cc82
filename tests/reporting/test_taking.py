"""Taking the snapshot: from either database the frame of the walk; and whole, or not at all, when killed."""

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.consultations.countries import region_of
from app.db import absolute
from app.questionnaire.document import Document
from app.reporting import service as reporting
from app.reporting import taking
from app.reporting.apart import apart
from app.reporting.columnar import as_sent
from app.reporting.snapshot import Marks, erase_row, read_marks, read_snapshot, snapshot_of, write_frame
from app.submissions.models import Submission
from tests.application import NOON, House
from tests.reporting.people import invented
from tests.reporting.test_columnar import Stored, stored
from tests.samples import SLUG, sample_document

HARD_WORDS = ("a\\b", "tab\tand\nline", '"quoted"', "\\N", "ما رأيك؟ \\t", "😀\u2028", "\\\\", "x" * 500)


def people(document: Document, n: int) -> list[Stored]:
    rows = [stored(sent.language, sent.answers, document) for sent in invented(document, n)]
    rows += [stored("ar", {"DM01": "3", "B4": words, "B3": 4}, document) for words in HARD_WORDS]
    return [*rows, ("en", '{"DM01":"4","A1":7,"gone":"1"}', None), ("fr", "{}", None), ("fr", "{}", "{}")]


async def fill(engine: AsyncEngine, consultation_id: int, rows: list[Stored]) -> None:
    """These submissions are in the table."""
    values = [
        {
            "send_hash": b"s%031d" % number,
            "receipt_hash": b"r%031d" % number,
            "consultation_id": consultation_id,
            "questionnaire_number": 1,
            "language": language,
            "arrived_hour": NOON.replace(minute=0, second=0),
            "answers": answers,
            "open_answers": words,
            "dropped": 0,
        }
        for number, (language, answers, words) in enumerate(rows)
    ]
    async with AsyncSession(engine) as session:
        await session.execute(insert(Submission), values)
        await session.commit()


async def test_either_database_gives_the_frame_of_the_walk(house: House, tmp_path: Path) -> None:
    document, rows = sample_document(), people(sample_document(), 700)
    await fill(house.engine, house.consultation.id, rows)
    taken = tmp_path / "taken.parquet"
    url = absolute(house.settings.url())
    assert await apart(taking.take, url, house.consultation.id, document, region_of, taken) == len(rows)
    assert read_snapshot(taken).equals(snapshot_of(map(as_sent, rows), document, region_of))
    assert read_marks(taken) == Marks(len(rows), 0)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
async def test_a_copy_that_comes_in_many_pieces_loses_nothing(house: House) -> None:
    document, rows = sample_document(), people(sample_document(), 300)
    await fill(house.engine, house.consultation.id, rows)
    whole, before = snapshot_of(map(as_sent, rows), document, region_of), taking.BYTES_TOGETHER
    try:
        for size in (1, 777, 20_000):
            taking.BYTES_TOGETHER = size
            pieces = await taking.read_all(house.engine, house.consultation.id, document, region_of)
            assert pieces.sort(pieces.columns).equals(whole)
    finally:
        taking.BYTES_TOGETHER = before


async def test_freezing_takes_every_submission_and_a_release_of_so_many(house: House) -> None:
    rows = people(sample_document(), 200)
    await fill(house.engine, house.consultation.id, rows)
    await house.change(closes_at=NOON - timedelta(hours=2))
    async with AsyncSession(house.engine) as session:
        frozen = await reporting.freeze(session, house.settings, SLUG, NOON)
        await session.commit()
        release = reporting.read_release(await reporting.kept_release(session, SLUG))
    assert frozen.submissions == release.n == len(rows)


async def test_a_freeze_that_breaks_says_no_word_of_it_leaves_nothing_and_can_be_repeated(
    house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    await fill(house.engine, house.consultation.id, [("en", '{"B4":"a secret word', '{"B4":"a secret word')])
    await house.change(closes_at=NOON - timedelta(hours=2))
    async with AsyncSession(house.engine) as session:
        with pytest.raises(RuntimeError):
            await reporting.freeze(session, house.settings, SLUG, NOON)
    assert not reporting.snapshot_path(house.settings, SLUG).exists()
    assert "secret" not in "".join(capfd.readouterr())
    async with AsyncSession(house.engine) as session:
        await session.execute(delete(Submission))
        await session.commit()
        assert (await reporting.freeze(session, house.settings, SLUG, NOON)).submissions == 0


def run_for(job: bytes, seconds: float) -> bool:
    """Whether the process that does the job ended by itself before it was killed."""
    with subprocess.Popen([sys.executable, "-m", "app.reporting.apart"], stdin=subprocess.PIPE) as process:
        try:
            process.communicate(job, timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return False
    return True


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.drill
async def test_a_killed_process_leaves_a_whole_snapshot_or_none(house: House, tmp_path: Path) -> None:
    document, rows = sample_document(), people(sample_document(), 3000)
    await fill(house.engine, house.consultation.id, rows)
    path = tmp_path / "killed.parquet"
    url = absolute(house.settings.url())
    job = pickle.dumps((taking.take, (url, house.consultation.id, document, region_of, path)))
    ended = [run_for(job, 0.3)]
    while not ended[-1] and not path.exists():
        ended.append(run_for(job, 0.3 * (len(ended) + 1)))
    assert not ended[0]
    assert read_snapshot(path).height == read_marks(path).taken == len(rows)


def test_erasures_wait_for_each_other_and_are_counted(tmp_path: Path) -> None:
    document, path = sample_document(), tmp_path / "snapshot.parquet"
    sent = list(invented(document, 40))
    write_frame(snapshot_of(sent, document, region_of), path)
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda each: erase_row(each, document, region_of, path), sent[:24]))
    assert read_marks(path) == Marks(40, 24)
    left: pl.DataFrame = read_snapshot(path)
    assert left.equals(snapshot_of(sent[24:], document, region_of))
