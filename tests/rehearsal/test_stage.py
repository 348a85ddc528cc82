"""A rehearsal on a stage of its own: what passes, what does not, and that nothing of it stays anywhere."""

import asyncio
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import psutil
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import create_engine
from app.questionnaire import rehearsing
from app.questionnaire import service as questionnaires
from app.questionnaire.document import Document
from app.questionnaire.kinds import Integer
from app.questionnaire.relevance import parse
from app.questionnaire.stored import document_to_json
from app.rehearsal.apart import STAGE, Piece, Rehearsals, Verdict
from app.rehearsal.people import Cast
from app.rehearsal.run import read_records
from app.rehearsal.stage import play
from app.staff.models import AuditEntry
from tests.application import House, Reader, running
from tests.desk import at_the_desk
from tests.questionnaire.drafts import GATE, SLUG, acts, open_lines, prepare
from tests.samples import sample_document

TODAY = date(2026, 11, 20)
PATIENCE_SECONDS = 600.0
on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def piece(document: Document | None = None, consent: str = "A", age_bands: tuple[str, ...] = ("3", "4", "5")) -> Piece:
    return Piece(SLUG, json.dumps(document_to_json(document or sample_document())), consent, age_bands)


async def rehearsed(tmp_path: Path, what: Piece, answers: int = 60) -> Verdict:
    _, verdict = await play(what, answers, 1, 8, tmp_path / "sent.jsonl", TODAY)
    return verdict


def written(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(pattern))


def stages() -> list[psutil.Process]:
    """The processes of rehearsals that this one started."""
    return [each for each in psutil.Process().children() if STAGE in each.cmdline()]


async def test_a_questionnaire_that_can_be_answered_passes_in_six_languages(tmp_path: Path) -> None:
    verdict = await rehearsed(tmp_path, piece())
    assert (verdict.faults, verdict.silent) == ((), ())
    assert verdict.passed
    assert 40 < verdict.sent <= verdict.answers == 60
    assert len(list(read_records(tmp_path / "sent.jsonl"))) == 60


async def test_a_few_respondents_do_not_prove_six_languages(tmp_path: Path) -> None:
    verdict = await rehearsed(tmp_path, piece(), 3)
    assert not verdict.passed
    assert not verdict.faults
    assert "nobody sent in " in verdict.reason


async def test_a_question_that_accepts_no_answer_does_not_pass(tmp_path: Path) -> None:
    document = sample_document()
    section = document.sections[2]
    shut = [
        replace(each, required=True, constraint=parse(". > 90")) if isinstance(each, Integer) else each
        for each in section.questions
    ]
    sections = (*document.sections[:2], replace(section, questions=tuple(shut)), *document.sections[3:])
    verdict = await rehearsed(tmp_path, piece(replace(document, sections=sections)), 20)
    assert not verdict.passed
    assert any("refused again and again" in fault for fault in verdict.faults)


async def test_the_youngest_come_by_a_link_of_a_partner_who_holds_the_consent(tmp_path: Path) -> None:
    verdict = await rehearsed(tmp_path, piece(consent="C", age_bands=("2",)))
    assert verdict.passed
    records = list(read_records(tmp_path / "sent.jsonl"))
    assert {each["answers"]["DM01"] for each in records if each["thanked"]} == {"2"}
    assert any(each["ending"] in ("young", "old") for each in records)


def test_most_of_a_cast_are_of_its_ages_and_without_ages_it_is_everybody() -> None:
    ages = [Cast(("2",)).person(1, number).age for number in range(500)]
    assert 0.9 < ages.count("2") / 500 < 1
    assert Cast().person(1, 5) == Cast(("1", "2", "3", "4", "5", "6")).person(1, 5)


# In a process of its own


async def told(rehearsals: Rehearsals, what: Piece) -> "asyncio.Future[Verdict]":
    verdict: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()

    async def then(said: Verdict) -> None:
        verdict.set_result(said)

    await rehearsals.start(what.slug, what.document, what.consent, what.age_bands, then)
    return verdict


async def process_of() -> psutil.Process:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not stages():
            await asyncio.sleep(0.02)
    return stages()[0]


async def test_when_the_server_stops_its_rehearsal_ends_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    rehearsals = Rehearsals()
    verdict = await told(rehearsals, piece())
    process = await process_of()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not written(tmp_path, "rehearsal-*/rehearsal-*/consult.db"):
            await asyncio.sleep(0.02)
    await rehearsals.stop()
    assert not process.is_running()
    assert written(tmp_path, "*") == []
    assert (await verdict).faults == ("the server was stopped",)


async def test_a_process_that_breaks_is_a_rehearsal_that_failed() -> None:
    rehearsals = Rehearsals()
    verdict = await told(rehearsals, piece())
    (await process_of()).kill()
    assert (await verdict).faults == ("its process broke",)


async def test_what_is_no_questionnaire_fails_and_breaks_nothing_here() -> None:
    rehearsals = Rehearsals()
    verdict = await told(rehearsals, replace(piece(), document="{}"))
    assert (await verdict).faults == ("its process broke",)


# The button


async def until_it_ended(desk: Reader) -> str:
    """The page of the gate, once it says how the rehearsal ended; loaded again as a person would."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while "Load this page again" in (page := await desk.get(GATE)):
            await asyncio.sleep(0.5)
    return page


@on_sqlite
async def test_a_moderator_rehearses_a_draft_by_a_button(house: House) -> None:
    await prepare(house)
    async with at_the_desk(house) as desk:
        assert "rehearsal" in open_lines(await desk.get(GATE))
        await desk.post(f"{GATE}/rehearsal", {})
        assert "Load this page again" in await desk.follow()
        # One at a time.
        await desk.post(f"{GATE}/rehearsal", {}, status=409)
        page = await until_it_ended(desk)
    assert "rehearsal" not in open_lines(page)
    begun, passed = await acts(house)
    assert (begun.act, passed.act) == ("rehearsal_begun", "rehearsal_passed")
    assert begun.who == passed.who
    after = passed.after or {}
    assert (after["answers"], after["version"], after["begun"]) == (200, 1, begun.number)
    assert after["sent"] > 150
    assert after["digest"] == (begun.after or {})["digest"]
    assert await house.submissions() == []
    assert stages() == []


async def test_a_rehearsal_that_the_server_did_not_survive_stands_in_the_trail(
    database_url: str, tmp_path: Path
) -> None:
    async with running(database_url, tmp_path) as house:
        await prepare(house)
        async with at_the_desk(house) as desk:
            await desk.post(f"{GATE}/rehearsal", {})
        await process_of()
    assert stages() == []
    engine = create_engine(database_url)
    async with AsyncSession(engine) as session:
        last = (await session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1))).one()
    await engine.dispose()
    assert (last.act, last.reason.partition(";")[0]) == ("rehearsal_failed", "the server was stopped")


async def test_one_that_left_no_end_is_told_as_cut_off_and_may_be_begun_again(house: House) -> None:
    await prepare(house)
    async with AsyncSession(house.engine) as session:
        stored = await questionnaires.latest(session, house.consultation.id)
        await rehearsing.announce(session, SLUG, stored, who="gone@example.org", now=house.clock())
        await session.commit()
    async with at_the_desk(house) as desk:
        await desk.post(f"{GATE}/rehearsal", {}, status=409)
        house.clock.forward(minutes=11)
        page = await desk.get(GATE)
        assert "Cut off before its end" in page
        assert f'action="{GATE}/rehearsal"' in page
