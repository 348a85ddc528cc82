"""What an operator types, in a process of its own: what is said, what is left behind, and the exit code."""

import csv
import hashlib
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from app.demonstration.samples import SAMPLES
from app.questionnaire.xlsform import write_xlsform
from app.serving import free_port
from bench.servers import stop_process, wait_until_it_answers
from tests.commands import ROOT, run_consult
from tests.samples import sample_document

INSTRUMENT = ROOT / "app" / "questionnaire" / "instruments" / "five-rights.xlsx"
Consult = Callable[..., str]
"""Words of a command, the exit code that it must have and other settings, to what it said."""

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def consult(database_url: str, tmp_path: Path) -> Consult:
    environment = os.environ | {"CONSULT_DATABASE_URL": database_url, "CONSULT_DATA": str(tmp_path / "data")}

    def run(*words: str, code: int = 0, **settings: str) -> str:
        done = run_consult(words, environment | settings)
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    return run


def test_a_consultation_is_imported_opened_closed_and_refuses_to_be_frozen_too_early(consult: Consult) -> None:
    assert "28 questions" in consult("check", str(INSTRUMENT))
    words = consult(
        "import", str(INSTRUMENT), "--topic", "Five rights", "--day", "2031-05-04", "--slug", "rights", "--json"
    )
    assert json.loads(words)["phase"] == "scheduled"
    assert {"review", "protection", "rehearsal"} <= set(json.loads(words)["overruled"])
    assert "already" in consult("import", str(INSTRUMENT), "--day", "2031-05-04", "--slug", "rights", code=2)
    assert "is open" in consult("open", "rights")
    assert "close it first" in consult("freeze", "rights", code=2)
    assert "is closed" in consult("close", "rights")
    assert "freeze it after that" in consult("freeze", "rights", code=2)
    assert "no release yet" in consult(
        "summary", "rights", "--language", "ar", "--format", "docx", "--out", "x.docx", code=2
    )


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (("open", "nowhere"), "no consultation"),
        (("import", str(INSTRUMENT)), "--day"),
        (("import", str(INSTRUMENT), "--day", "2031-05-04", "--window", "Nowhere/Atlantis"), "Africa/Nairobi"),
        (("check", "/nowhere/form.xlsx"), "cannot be read"),
        (("extract", "--year", "2031", "--language", "ar"), "publish a consultation first"),
        (("summary", "x", "--language", "de", "--format", "html", "--out", "x"), "--language"),
        (("report", "nowhere"), "no consultation"),
    ],
)
def test_an_operators_mistake_is_one_line_that_says_what_to_do(
    consult: Consult, words: tuple[str, ...], advice: str
) -> None:
    said = consult(*words, code=2)
    assert advice in said


def test_a_questionnaire_that_does_not_ask_the_age_first_is_refused(consult: Consult, tmp_path: Path) -> None:
    document = sample_document()
    form = tmp_path / "form.xlsx"
    form.write_bytes(write_xlsform(replace(document, sections=document.sections[1:])))
    assert "DM01" in consult("import", str(form), "--day", "2031-05-04", code=2)
    form.write_bytes(write_xlsform(document))
    assert "scheduled" in consult("import", str(form), "--day", "2031-05-04", "--slug", "small")


def test_an_import_that_would_be_regretted_is_refused(consult: Consult) -> None:
    form = str(INSTRUMENT)
    assert "over everywhere" in consult("import", form, "--day", "2020-01-01", code=2)
    assert "no --slug" in consult("import", form, "--day", "2031-05-04", "--slug", "My Rights!", code=2)
    today = datetime.now(UTC).date().isoformat()
    assert "--now" in consult("import", form, "--day", today, "--slug", "today", code=2)
    assert "is open" in consult("import", form, "--day", today, "--slug", "today", "--now")
    assert "There are: today" in consult("open", "tomorow", code=2)


def test_a_draft_is_replaced_by_importing_it_again_and_a_closed_day_can_be_reopened(
    consult: Consult, tmp_path: Path
) -> None:
    document = sample_document()
    form = tmp_path / "form.xlsx"
    form.write_bytes(write_xlsform(document))
    book = load_workbook(form)
    place = [cell.value for cell in book["survey"][1]].index("label::Russian (ru)") + 1
    kept = {row: book["survey"].cell(row, place).value for row in (4, 5)}
    for row in kept:
        book["survey"].cell(row, place).value = None
    book.save(form)
    words = ("import", str(form), "--day", "2031-05-04", "--slug", "small")
    assert "Not complete in: ru" in consult(*words)
    assert "not complete" in consult("open", "small", code=2)
    form.write_bytes(write_xlsform(document))
    assert any(kept.values())
    assert "is scheduled" in consult(*words)
    assert "already" in consult(*words, code=2)
    consult("open", "small")
    assert "reopens it" in consult("close", "small")
    assert "is open" in consult("open", "small")


def test_nobody_rehearses_into_a_consultation_of_real_people(
    consult: Consult, database_url: str, tmp_path: Path
) -> None:
    consult("import", str(INSTRUMENT), "--day", "2031-05-04", "--slug", "real")
    consult("open", "real")
    consult("import", str(INSTRUMENT), "--day", "2031-05-04", "--slug", "made-up", "--sample")
    port = str(free_port())
    words = ("--answers", "1", "--base-url", f"http://127.0.0.1:{port}", "--out", os.devnull)
    assert "Nobody listens" in consult("rehearse", "real", *words, code=2)
    # What another command opens is seen at once: no page is kept.
    at_once = {
        "CONSULT_DATABASE_URL": database_url,
        "CONSULT_SECRET": "s" * 40,
        "CONSULT_SHELVED_SECONDS": "0",
        "CONSULT_REFRESH_SECONDS": "0",
    }
    server = subprocess.Popen(
        [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", port],
        cwd=ROOT, env=os.environ | at_once,
    )  # fmt: skip
    try:
        wait_until_it_answers(int(port), "/readyz", server, tmp_path / "log")
        assert "not marked as sample data" in consult("rehearse", "real", *words, code=2)
        assert "not marked" not in consult("rehearse", "made-up", *words, code=1)
        consult("open", "made-up")
        sent = ("--answers", "3", *words[2:4], "--out", str(tmp_path / "sent.jsonl"), "--json")
        told = json.loads(consult("rehearse", "made-up", *sent, CONSULT_SECRET="s" * 40))
        assert (told["all_sent"], told["recorded"]) == (True, True)
        assert "cannot be had" in consult("serve", "--port", port, code=2)
    finally:
        stop_process(server)


def test_a_server_without_tables_says_so_and_does_not_start(database_kind: str, tmp_path: Path) -> None:
    assert database_kind == "sqlite"

    def run(**settings: str) -> subprocess.CompletedProcess[str]:
        return run_consult(("serve",), os.environ | {"CONSULT_DATA": str(tmp_path / "empty")} | settings)

    done = run()
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "run “consult migrate”" in done.stderr
    assert (tmp_path / "empty").stat().st_mode & 0o077 == 0
    for address in ("mysql://x/y", "rubbish"):
        done = run(CONSULT_DATABASE_URL=address)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
        assert "CONSULT_DATABASE_URL is no address of ours" in done.stderr


def test_the_doctor_finds_a_changed_release(consult: Consult, database_url: str) -> None:
    assert "releases: whole" in consult("doctor")
    assert json.loads(consult("doctor", "--json"))["tables"] == "whole"
    with sqlite3.connect(database_url.partition("///")[2]) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute(
            "INSERT INTO releases (consultation_id, number, made_at, digest, content)"
            " VALUES (1, 1, '2026-01-01', 'x', '{}')"
        )
    assert "changed since they were made" in consult("doctor", code=1)


def test_the_demonstration_tells_who_can_sign_in_where_nobody_else_can_reach_it(
    consult: Consult, tmp_path: Path
) -> None:
    for sample in SAMPLES:
        consult("import", str(INSTRUMENT), "--day", "2031-05-04", "--slug", sample.slug, "--sample")
    said = consult("demo", "--host", "0.0.0.0")
    assert "No sign-ins" in said
    assert "@demo.example" not in said
    said = consult("demo", "--port", "8123")
    told = json.loads(consult("demo", "--port", "8123", "--json"))
    assert told["desk"] == "http://127.0.0.1:8123/staff/"
    assert told["desk"] in said
    assert len(told["sign_ins"]) == 8
    assert all(f"{each['email']} " in said and each["password"] in said for each in told["sign_ins"])
    assert f"CONSULT_DATA={tmp_path / 'data'} " in said
    assert (tmp_path / "data" / "sign-ins.json").stat().st_mode & 0o077 == 0
    assert re.fullmatch(r"\d{6}\n", consult("staff", "code", "administrator@demo.example"))
    assert "password alone" in consult("staff", "code", "partner@demo.example", code=2)
    assert "no account" in consult("staff", "code", "you@example.org", code=2)
    consult("staff", "invite", "you@example.org", "--role", "administrator")
    assert "not made by the demonstration" in consult("staff", "code", "you@example.org", code=2)
    assert "demonstration: whole" in consult("doctor")
    consult("import", str(INSTRUMENT), "--day", "2031-05-04", "--slug", "real")
    assert "end their access" in consult("doctor", code=1)


def frozen(consult: Consult, database_url: str, tmp_path: Path) -> None:
    """The sample questionnaire was answered by three people, and is frozen."""
    form = tmp_path / "form.xlsx"
    form.write_bytes(write_xlsform(sample_document()))
    consult("import", str(form), "--day", "2031-05-04", "--slug", "small", "--sample")
    consult("open", "small")
    with sqlite3.connect(database_url.partition("///")[2]) as connection:
        connection.executemany(
            "INSERT INTO submissions (send_hash, receipt_hash, consultation_id, questionnaire_number, language,"
            " arrived_hour, answers, open_answers, dropped) VALUES (?, ?, 1, 1, 'ar', '2031-05-04 10:00:00', ?, ?, 0)",
            [(bytes([n]) * 32, bytes([9 + n]) * 32, '{"A1":"2","DM01":"3"}', '{"B4":"canary"}') for n in range(3)],
        )
    consult("close", "small")
    assert "3 submissions" in consult("freeze", "small", CONSULT_GRACE_MINUTES="0")


def test_submissions_are_exported_with_their_manifest_and_release_tables_without(
    consult: Consult, database_url: str, tmp_path: Path
) -> None:
    frozen(consult, database_url, tmp_path)
    out = tmp_path / "rows.csv"
    assert "3 rows, as in the release" in consult(
        "export", "small", "--format", "csv", "--out", str(out), "--submissions", "--language", "ar"
    )
    header, *lines = list(csv.reader(io.StringIO(out.read_text(encoding="utf-8-sig"))))
    assert [(line[header.index("language")], line[header.index("A1")]) for line in lines] == [("ar", "2")] * 3
    assert "canary" not in out.read_text(encoding="utf-8-sig")
    told = json.loads((tmp_path / "rows.manifest.json").read_text(encoding="utf-8"))
    assert [each["name"] for each in told["files"]] == ["rows.csv", "rows.codebook.csv"]
    assert told["files"][0]["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert (told["rows"], told["made_by"]) == (3, "consult")
    for form in ("sav", "parquet"):
        said = consult("export", "small", "--format", form, "--out", str(tmp_path / f"rows.{form}"), "--json")
        assert json.loads(said)["rows"] == 3
    consult("export", "small", "--format", "csv", "--out", str(tmp_path / "tables.csv"))
    assert "not shown" in (tmp_path / "tables.csv").read_text(encoding="utf-8-sig")
    assert not list(tmp_path.glob(".export-*"))
    with sqlite3.connect(database_url.partition("///")[2]) as connection:
        acts = [act for (act,) in connection.execute("SELECT act FROM audit_entries ORDER BY number")]
    assert acts[-3:] == ["export_made"] * 3
    assert "exports 0" in consult("retention")
    said = consult("report", "small")
    assert "- Answers of 10 people in all: with fewer, nothing is shown." in said
    assert "canary" not in said
    shown, hidden, *_ = (
        number for _, number in json.loads(consult("report", "small", "--language", "ar", "--json"))["figures"]
    )
    assert f"Figures shown: {shown}\nFigures not shown: {hidden}\n" in said


def test_an_export_that_cannot_be_had_says_why(consult: Consult, database_url: str, tmp_path: Path) -> None:
    frozen(consult, database_url, tmp_path)
    out = str(tmp_path / "x")
    assert "csv, xlsx, ods" in consult("export", "small", "--format", "json", "--out", out, "--submissions", code=2)
    assert "--language" in consult("export", "small", "--format", "sav", "--out", out, "--language", "de", code=2)
    assert "no release yet" not in consult("export", "small", "--format", "sav", "--out", out)
    (tmp_path / "data" / "snapshots" / "small.parquet").unlink()
    assert "restore a backup" in consult("export", "small", "--format", "sav", "--out", out, code=2)
    assert "cannot be written" in consult("export", "small", "--format", "csv", "--out", "/nowhere/x", code=2)
