"""`consult publish` alone gives everybody a paper, in a process of its own."""

import json
import sqlite3
from pathlib import Path

import pytest

from app.questionnaire.document import LANGUAGES
from app.reporting.renderers.formats import PAPERS
from tests.cli.test_commands import Consult, consult, frozen

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

__all__ = ["consult"]


def test_publish_posts_version_one_as_final_once_and_the_doctor_finds_it_whole(
    consult: Consult, database_url: str, tmp_path: Path
) -> None:
    frozen(consult, database_url, tmp_path)
    database = sqlite3.connect(database_url.removeprefix("sqlite+aiosqlite:///"))
    assert "is published. The paper is version 1, final." in consult("publish", "small")
    assert "is published.\n" in consult("publish", "small")
    assert database.execute("SELECT number, final FROM paper_versions").fetchall() == [(1, 1)]
    files = database.execute("SELECT count(*) FROM paper_files").fetchone()
    assert files == (len(LANGUAGES) * len(PAPERS),)
    ((who, act, subject),) = database.execute(
        "SELECT who, act, subject FROM audit_entries WHERE act = 'version_posted'"
    ).fetchall()
    assert (who, act, subject) == ("consult", "version_posted", "small/1")
    assert json.loads(consult("doctor", "--json"))["papers"] == "whole"
    with database:
        database.execute("UPDATE paper_files SET content = x'00' WHERE language = 'ar' AND form = 'html'")
    assert "1/ar/html" in consult("doctor", code=1)
    database.close()
