"""Every act of the command line stands in the audit trail, and whoever changes the trail is found out."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations import service as consultations
from app.db import create_engine
from app.questionnaire import service as questionnaires
from app.questionnaire.document import LANGUAGES
from app.questionnaire.texts import with_texts
from app.questionnaire.xlsform import write_xlsform
from tests.cli.test_commands import INSTRUMENT, Consult, consult
from tests.samples import sample_document

__all__ = ["consult"]

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@contextmanager
def opened(url: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(url.partition("///")[2])) as connection, connection:
        yield connection


def trail(url: str) -> list[tuple[str, str, Any, Any]]:
    """Act, subject, before and after of every row; all are the operator's."""
    with opened(url) as connection:
        rows = connection.execute(
            "SELECT who, act, subject, before, after FROM audit_entries ORDER BY number"
        ).fetchall()
    assert {row[0] for row in rows} == {"consult"}
    return [(act, subject, json.loads(before or "null"), json.loads(after)) for _, act, subject, before, after in rows]


def acts(url: str) -> list[str]:
    return [row[0] for row in trail(url)]


async def make_draft(url: str) -> None:
    """As somebody at the desk leaves it."""
    document = sample_document()
    engine = create_engine(url)
    async with AsyncSession(engine, expire_on_commit=False) as session:
        made = await consultations.create(
            session, slug="draft", topic=dict(document.title), summary={}, day=date(2031, 5, 4), window="world"
        )
        await questionnaires.attach(session, made, document)
        await session.commit()
    await engine.dispose()


def test_an_import_names_what_it_overrules_and_what_it_replaces(
    consult: Consult, database_url: str, tmp_path: Path
) -> None:
    form = tmp_path / "form.xlsx"
    words = ("import", str(form), "--day", "2031-05-04", "--slug", "small", "--consent", "C")
    form.write_bytes(write_xlsform(with_texts(sample_document(), "ar", {"A1.label": ""})))
    assert "Not complete in: ar" in consult(*words)
    form.write_bytes(write_xlsform(sample_document()))
    assert "Overruled, and named in the trail: review, dates" in consult(*words)
    first, again, scheduled = trail(database_url)
    assert [each[0] for each in (first, again, scheduled)] == ["consultation_made", "consultation_made", "scheduled"]
    assert {each[1] for each in (first, again, scheduled)} == {"small"}
    assert first[2] is None
    assert again[2] == {"version": 1, "questionnaire": first[3]["questionnaire"]}
    assert (again[3]["from"], again[3]["consent"], again[3]["day"]) == ("form.xlsx", "C", "2031-05-04")
    assert scheduled[2] == {"phase": "draft"}
    overruled = scheduled[3]["overruled"]
    assert set(overruled) == {"review", "dates", "protection", "helplines", "previews", "rehearsal"}
    assert overruled["review"] == [each for each in LANGUAGES if each != "en"]
    assert overruled["protection"] == ["lead", "deputy"]
    assert "trail: whole" in consult("doctor")


def test_a_day_from_opening_to_publication_leaves_a_row_for_each_decision(consult: Consult, database_url: str) -> None:
    consult("import", str(INSTRUMENT), "--day", "2031-05-04", "--slug", "rights", "--sample")
    for _ in range(2):
        # What changes nothing is no act.
        consult("open", "rights")
    for _ in range(2):
        consult("close", "rights")
    with opened(database_url) as connection:
        connection.execute("UPDATE consultations SET closes_at = datetime('now', '-1 hour') || '.000000'")
    consult("freeze", "rights")
    for _ in range(2):
        consult("publish", "rights")
    consult("freeze", "rights", code=2)
    rows = trail(database_url)[2:]
    assert [row[0] for row in rows] == ["day_open", "day_close", "freeze", "publish", "version_posted"]
    assert [(row[2]["phase"], row[3]["phase"]) for row in rows if row[0] not in ("freeze", "version_posted")] == [
        ("scheduled", "open"),
        ("open", "closed"),
        ("frozen", "published"),
    ]
    assert rows[2][3]["submissions"] == 0
    assert len(rows[2][3]["sha256"]) == 64
    assert "trail: whole" in consult("doctor")


def test_a_draft_that_is_opened_names_the_lines_that_did_not_stop_it(consult: Consult, database_url: str) -> None:
    asyncio.run(make_draft(database_url))
    consult("open", "draft")
    ((act, subject, before, after),) = trail(database_url)
    assert (act, subject, before["phase"], after["phase"]) == ("day_open", "draft", "draft", "open")
    assert {"review", "protection", "rehearsal"} <= set(after["overruled"])


def test_retention_and_backups_leave_counts(consult: Consult, database_url: str, tmp_path: Path) -> None:
    asyncio.run(make_draft(database_url))
    consult("retention")
    file = tmp_path / "everything.zip"
    consult("backup", str(file))
    assert trail(database_url) == [
        ("retention", "consultations", None, {"open_answers": 0, "links": 0}),
        ("backup", "everything.zip", None, {"rows": 3, "trail": 1}),
    ]
    other = f"sqlite:///{tmp_path / 'other.db'}"
    elsewhere = {"CONSULT_DATABASE_URL": other, "CONSULT_DATA": str(tmp_path / "elsewhere")}
    consult("restore", str(file), **elsewhere)
    assert "trail: whole" in consult("doctor", **elsewhere)
    assert acts(other) == ["retention", "restore"]


def test_a_backup_before_the_tables_have_a_trail_is_a_backup(
    consult: Consult, database_url: str, tmp_path: Path
) -> None:
    with opened(database_url) as connection:
        connection.execute("DROP TABLE audit_entries")
    consult("backup", str(tmp_path / "old.zip"))
    assert (tmp_path / "old.zip").exists()


@pytest.mark.parametrize(
    "meddling",
    [
        "DELETE FROM audit_entries WHERE number = 2",
        "DELETE FROM audit_entries WHERE number = 1",
        "UPDATE audit_entries SET who = 'somebody' WHERE number = 2",
        "UPDATE audit_entries SET after = replace(after, 'review', 'reviews') WHERE number = 2",
        "UPDATE audit_entries SET act = 'nothing' WHERE number = 3",
        "UPDATE audit_entries SET at = '2026-01-01 00:00:00.000000' WHERE number = 1",
    ],
)
def test_the_doctor_finds_a_row_that_was_taken_out_or_changed(
    consult: Consult, database_url: str, meddling: str
) -> None:
    consult("import", str(INSTRUMENT), "--day", "2031-05-04", "--slug", "rights")
    consult("open", "rights")
    assert "trail: whole" in consult("doctor")
    with opened(database_url) as connection:
        assert connection.execute(meddling).rowcount == 1
    assert "trail: changed or cut at row" in consult("doctor", code=1)


def test_a_draft_is_rehearsed_without_a_server_and_its_gate_knows(
    consult: Consult, database_url: str, tmp_path: Path
) -> None:
    asyncio.run(make_draft(database_url))
    words = ("rehearse", "draft", "--out", str(tmp_path / "sent.jsonl"), "--json")
    told = json.loads(consult(*words, "--answers", "2", code=1))
    assert (told["passed"], told["recorded"]) == (False, True)
    told = json.loads(consult(*words, "--answers", "60"))
    assert (told["passed"], told["recorded"]) == (True, True)
    failed, passed = trail(database_url)
    assert (failed[0], passed[0]) == ("rehearsal_failed", "rehearsal_passed")
    assert {"answers", "sent", "seconds", "version", "digest"} == set(passed[3])
    assert (passed[3]["answers"], passed[3]["version"]) == (60, 1)
    with opened(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM submissions").fetchone() == (0,)
        assert connection.execute("SELECT slug FROM consultations").fetchall() == [("draft",)]
