"""The data package, read by frictionless and by Polars: valid, whole, and every figure the release's."""

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from frictionless import validate

from app.questionnaire.document import LANGUAGES
from app.questionnaire.stored import document_from_json
from app.reporting.release_file import from_bytes, to_bytes
from app.reporting.renderers.files import render_file
from tests.reporting.opened import SLY, full_release

Folder = tuple[Path, dict[str, Any]]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """The package unpacked, and its description."""
    folder = tmp_path_factory.mktemp("package")
    content = render_file(full_release(), "en", "zip")
    (folder / "data.zip").write_bytes(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    return folder, json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))


def test_frictionless_finds_the_package_valid_packed_and_unpacked(package: Folder) -> None:
    folder, _ = package
    for path in ("datapackage.json", "data.zip"):
        report = validate(str(folder / path))
        assert report.valid, report.flatten(["type", "note"])
    assert report.stats["tasks"] == 8 + 2


def test_frictionless_sees_a_figure_that_was_changed_afterwards(package: Folder, tmp_path: Path) -> None:
    folder, described = package
    (tmp_path / "data").mkdir()
    for each in described["resources"]:
        content = (folder / each["path"]).read_bytes()
        if each["name"] == "tables":
            content = content.replace(b"CB01,choice,CB01,2,all,all,400,", b"CB01,choice,CB01,2,all,all,401,", 1)
        (tmp_path / each["path"]).write_bytes(content)
    (tmp_path / "datapackage.json").write_bytes((folder / "datapackage.json").read_bytes())
    report = validate(str(tmp_path / "datapackage.json"))
    assert [error[0] for error in report.flatten(["type"])] == ["hash-count"]


def test_every_resource_has_its_size_and_checksum_and_nothing_is_left_undescribed(package: Folder) -> None:
    folder, described = package
    for each in described["resources"]:
        content = (folder / each["path"]).read_bytes()
        assert each["bytes"] == len(content)
        assert each["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {"data.zip"}
    assert there == {each["path"] for each in described["resources"]} | {
        "datapackage.json",
        "README.md",
        "LICENCE.txt",
    }
    assert (folder / "release.json").read_bytes() == to_bytes(full_release())
    assert described["licenses"][0]["name"] == "CC-BY-4.0"
    assert all(each["schema"]["missingValues"] == [""] for each in described["resources"] if "schema" in each)


def test_every_figure_of_the_release_is_in_the_long_table_and_no_other(package: Folder) -> None:
    folder, _ = package
    release = json.loads(to_bytes(full_release()))
    expected: dict[tuple[str, ...], tuple[Any, ...]] = {}
    for table in (*release["about"], *release["tables"]):
        for column in table["columns"]:
            for line, cell in zip(table["lines"], column["cells"], strict=True):
                key = (table["code"], table["measure"], line, column["breakdown"], column["group"])
                expected[key] = (column["base"], *(cell or (None, None)), "shown" if cell else "not shown")
    names = ("table", "measure", "line", "breakdown", "group")
    figures = ("asked", "count", "share_percent", "status")
    by_polars = pl.read_csv(folder / "data" / "tables.csv", schema_overrides=dict.fromkeys(names, pl.String))
    read = {tuple(row[name] for name in names): tuple(row[name] for name in figures) for row in by_polars.to_dicts()}
    assert read == expected
    with (folder / "data" / "tables.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(expected) > 2000
    for row in rows:
        asked, count, share, status = expected[tuple(row[name] for name in names)]
        assert [row[name] for name in figures] == [
            "" if each is None else str(each) for each in (asked, count, share, status)
        ]


def test_the_codebook_has_every_question_choice_and_condition_in_six_languages(package: Folder) -> None:
    folder, _ = package
    document = document_from_json(full_release().questionnaire)
    codebook = json.loads((folder / "codebook.json").read_text(encoding="utf-8"))
    by_code = {each["code"]: each for each in codebook["questions"]}
    for code, question in document.questions.items():
        entry = by_code[code]
        assert entry["label"] == question.label
        assert {*entry["label"]} == set(LANGUAGES)
        assert entry["sensitive"] is question.sensitive
        assert [(each["name"], each["label"]) for each in entry["choices"]] == [
            (choice.name, choice.label) for choice in getattr(question, "choices", ())
        ]
        for row in getattr(question, "rows", ()):
            assert by_code[f"{code}.{row.name}"]["label"] == row.label
        condition = question.relevant or document.section_of(code).relevant
        if condition:
            assert condition.source in entry["asked_if"]
            assert all(entry["asked_if_words"].values())
        else:
            assert not entry["asked_if"]
    questions = pl.read_csv(folder / "data" / "questions.csv", infer_schema=False)
    assert questions["code"].to_list() == [*by_code]
    assert questions["text_ar"].to_list() == [each["label"]["ar"] for each in codebook["questions"]]


def test_what_would_be_a_formula_is_disarmed_and_the_json_has_it_as_it_was_written(package: Folder) -> None:
    folder, _ = package
    quotes = pl.read_csv(folder / "data" / "quotes.csv", infer_schema=False).to_dicts()
    assert quotes[0]["text_ar"] == f"'{SLY}"
    assert from_bytes((folder / "release.json").read_bytes()).quotes[0].words["ar"] == SLY


def test_the_package_is_the_same_bytes_in_every_language() -> None:
    release = full_release()
    assert len({render_file(release, language, "zip") for language in ("en", "ar")}) == 1


def test_the_readme_speaks_six_languages(package: Folder) -> None:
    text = (package[0] / "README.md").read_text(encoding="utf-8")
    assert sum(line.startswith("# ") for line in text.splitlines()) == len(LANGUAGES)
    assert "نتائج" in text
