"""Workbooks opened again by other programs' readers: every cell is the release's, and none is a formula."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace

import openpyxl
import pytest
from lxml import etree

from app.reporting.release_file import from_bytes, to_bytes
from app.reporting.renderers.files import render_file
from app.reporting.terms import Terms
from tests.reporting.opened import (
    SLY,
    Books,
    by_calamine,
    by_hand,
    by_openpyxl,
    figures_of,
    full_release,
    plain,
)
from tests.reporting.people import CANARY

HIDDEN = {"en": "not shown", "ar": "غير معروض"}
#: Rows above the figures of a question, and columns before them.
HEAD, KEYS = 4, 4


@pytest.fixture(scope="module")
def made() -> dict[tuple[str, str], bytes]:
    """Both formats in two directions."""
    release = full_release()
    return {(language, form): render_file(release, language, form) for language in HIDDEN for form in ("xlsx", "ods")}


READERS: tuple[tuple[str, Callable[[bytes], Books]], ...] = (
    ("xlsx", by_openpyxl),
    ("xlsx", by_calamine),
    ("ods", by_hand),
    ("ods", by_calamine),
)


@pytest.mark.parametrize("language", HIDDEN)
@pytest.mark.parametrize(("form", "read"), READERS)
def test_every_figure_of_a_release_stands_in_its_place(
    made: dict[tuple[str, str], bytes], language: str, form: str, read: Callable[[bytes], Books]
) -> None:
    sheets = read(made[language, form])
    rows = {name: iter(rows[HEAD:]) for name, rows in sheets.items()}
    compared = 0
    for sheet, expected in figures_of(json.loads(to_bytes(full_release())), HIDDEN[language]):
        shown = [plain(cell) for cell in next(rows[sheet])[KEYS:]]
        while shown and shown[-1] is None:
            shown.pop()
        assert shown == [plain(each) for each in expected], sheet
        compared += len(expected)
    assert compared > 4000
    sheets_of_questions = {table.question for table in full_release().tables}
    assert not [name for name in sheets_of_questions if any(plain(cell) for row in rows[name] for cell in row)]


@pytest.mark.parametrize("language", HIDDEN)
def test_both_formats_hold_the_same_cells(made: dict[tuple[str, str], bytes], language: str) -> None:
    xlsx, ods = by_openpyxl(made[language, "xlsx"]), by_hand(made[language, "ods"])
    assert [*xlsx] == [*ods]
    for name, rows in xlsx.items():
        for row, other in zip(rows, ods[name], strict=True):
            wide = max(len(row), len(other))
            one, two = ([plain(each) for each in cells] + [None] * (wide - len(cells)) for cells in (row, other))
            assert one == two, name


def test_texts_stay_texts_and_nothing_is_a_formula(made: dict[tuple[str, str], bytes]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(made["ar", "xlsx"]))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert kinds == {"s", "n"}
    words = [cell.value for row in book.worksheets[-3].iter_rows() for cell in row]
    assert SLY in words
    assert b"table:formula" not in zipfile.ZipFile(io.BytesIO(made["ar", "ods"])).read("content.xml")
    for language, words_of_quote in (("ar", SLY), ("en", "@home  they\nlisten")):
        cells = [cell for rows in by_hand(made[language, "ods"]).values() for row in rows for cell in row]
        assert words_of_quote in cells


def test_a_choice_that_looks_like_a_formula_is_a_text_in_every_format() -> None:
    release = full_release()
    stored = json.loads(json.dumps(release.questionnaire))
    question = next(q for s in stored["sections"] for q in s["questions"] if q["code"] == release.tables[0].question)
    question["choices"][0]["label"]["en"] = "=1+1"
    sly = replace(release, questionnaire=stored)
    for form, read in (("xlsx", by_openpyxl), ("ods", by_hand)):
        cells = [cell for row in read(render_file(sly, "en", form))[question["code"]] for cell in row]
        assert cells.count("=1+1") == 2
    assert "'=1+1" in render_file(sly, "en", "csv").decode()


def test_arabic_sheets_run_from_right_to_left_and_heads_stay_in_sight(made: dict[tuple[str, str], bytes]) -> None:
    for language, right_to_left in (("ar", True), ("en", False)):
        book = openpyxl.load_workbook(io.BytesIO(made[language, "xlsx"]))
        assert {bool(sheet.sheet_view.rightToLeft) for sheet in book} == {right_to_left}
        code = full_release().tables[0].question
        assert book[code].freeze_panes == "E5"
        with zipfile.ZipFile(io.BytesIO(made[language, "ods"])) as archive:
            assert archive.namelist()[0] == "mimetype"
            assert archive.getinfo("mimetype").compress_type == zipfile.ZIP_STORED
            style = etree.fromstring(archive.read("content.xml")).xpath("//*[@*[local-name()='writing-mode']]")
            settings = archive.read("settings.xml").decode()
        modes = {value for each in style for name, value in each.attrib.items() if name.endswith("writing-mode")}
        assert modes == {"rl-tb" if right_to_left else "lr-tb"}
        assert f'config:name="{code}"' in settings


def test_the_first_sheet_leads_to_every_other_and_says_what_is_not_shown(made: dict[tuple[str, str], bytes]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(made["en", "xlsx"]))
    first = book.worksheets[0]
    led_to = [link.hyperlink.location for row in first.iter_rows() for link in row if link.hyperlink]
    assert led_to == [f"'{sheet.title}'!A1" for sheet in book.worksheets]
    words = " ".join(str(cell.value) for row in first.iter_rows() for cell in row if cell.value)
    assert "not shown" in words
    assert "Sample data" in words
    assert "Small numbers could give a person away" in words


def test_the_licence_of_the_platform_stands_in_the_workbook() -> None:
    terms = Terms(licence="CC0-1.0", licence_title="CC0 1.0 Universal", licence_url="https://example.org/cc0")
    sheets = by_openpyxl(render_file(full_release(), "en", "xlsx", terms))
    assert any("CC0 1.0 Universal: https://example.org/cc0" in str(row[0]) for row in sheets["Method and licence"])


def test_the_same_release_gives_the_same_bytes(made: dict[tuple[str, str], bytes]) -> None:
    again = from_bytes(to_bytes(full_release()))
    assert {key: render_file(again, *key) == content for key, content in made.items()} == dict.fromkeys(made, True)
    for content in made.values():
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_nothing_that_somebody_wrote_is_in_a_workbook_unless_it_was_cleared(
    made: dict[tuple[str, str], bytes],
) -> None:
    for content in made.values():
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert not [name for name in archive.namelist() if CANARY.encode() in archive.read(name)]
