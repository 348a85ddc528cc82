"""What an operator types, in a process of its own: what is said, what is left behind, and the exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.questionnaire.xlsform import write_xlsform
from tests.samples import sample_document

ROOT = Path(__file__).parents[2]
INSTRUMENT = ROOT / "app" / "questionnaire" / "instruments" / "five-rights.xlsx"
Consult = Callable[..., str]
"""Words of a command, and the exit code that it must have, to what it said."""

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def consult(database_url: str, tmp_path: Path) -> Consult:
    environment = os.environ | {"CONSULT_DATABASE_URL": database_url, "CONSULT_DATA": str(tmp_path / "data")}

    def run(*words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-c", "from app.cli import main; main()", *words],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
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
        (("summary", "x", "--language", "de", "--format", "html", "--out", "x"), "--language"),
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
