"""Files as they come: real forms of other people, files that are no workbooks, and damaged ones."""

import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook

from app.questionnaire.xlsform import read_xlsform
from app.questionnaire.xlsform.workbook import MAX_PART_BYTES, read_workbook
from tests.questionnaire.mutate import FILES, SECONDS, mutated, tried
from tests.questionnaire.workbooks import book

BY_NAME = {path.name: path for path in FILES}
SHEETS = frozenset({"survey", "choices", "settings"})


def sentences(name: str) -> list[str]:
    imported = read_xlsform(BY_NAME[name].read_bytes(), name)
    assert imported.document is None
    return [fault.sentence() for fault in imported.faults]


def test_the_kobo_examples_are_refused_for_a_name_used_twice_and_nothing_else() -> None:
    assert sentences("unhcr_kobo_examples.xlsx") == [
        "Sheet survey, row 45, column B (name): the name “fourteen” is used in row 42 already. "
        "Give every question and section its own name."
    ]


def test_the_kobo_examples_are_imported_once_the_name_is_mended() -> None:
    made = load_workbook(BY_NAME["unhcr_kobo_examples.xlsx"])
    made["survey"]["B45"] = "fifteen"
    target = io.BytesIO()
    made.save(target)
    document = read_xlsform(target.getvalue(), "examples.xlsx").document
    assert document is not None
    assert len(document.questions) == 14 + 1
    assert document.questions["five"].label == {"en": "Formatting works on labels for Choices also."}


def test_the_demo_form_is_refused_for_its_choices_with_their_rows() -> None:
    found = sentences("unhcr_demo_invalid_choices.xlsx")
    for row, name in ((7, "never"), (8, "primary"), (9, "secondary"), (13, "-99")):
        assert any(
            each.startswith(f"Sheet choices, row {row}, column B (name): the list school_list has")
            and f"“{name}”" in each
            for each in found
        )
    for start in (
        "Sheet survey, row 2, column A (type): the type “start” is not supported. Remove the row",
        "Sheet survey, row 8, column N (relevant): the question “available” comes later. Move it before",
        "Sheet survey, row 31, column C (label::English): the text puts an answer into itself (${your_name}). Word it",
        "Sheet survey, row 36, column A (type): repeated groups are not supported. Ask the questions once",
        "Sheet survey, row 77, column A (type): the type “geopoint” is not supported. Remove the row",
    ):
        assert any(each.startswith(start) for each in found), start
    # What was refused in one row is not blamed on the rows that name it.
    assert not any("there is no question" in each or "no answers lead" in each for each in found)


def test_the_application_form_is_refused_for_what_it_computes_and_for_its_length() -> None:
    found = sentences("correlaid_testB_de_en.xlsx")
    assert [each.partition(":")[0] for each in found] == [
        "Sheet survey",
        "Sheet survey, row 2, column A (type)",
        "Sheet survey, row 3, column A (type)",
        "Sheet survey, row 12, column A (type)",
        "Sheet survey, row 13, column A (type)",
        "Sheet survey, row 14, column A (type)",
        "Sheet survey, row 61, column J (constraint)",
    ]
    assert "regex() is left out" in found[-1]
    assert "5,500" in found[0]


def test_the_application_form_is_imported_once_the_named_rows_are_mended() -> None:
    made = load_workbook(BY_NAME["correlaid_testB_de_en.xlsx"])
    survey = made["survey"]
    header = {cell.value: cell.column for cell in survey[1]}
    survey.cell(1, len(header) + 1).value = "max"
    for row in range(2, survey.max_row + 1):
        if survey.cell(row, header["type"]).value == "text":
            survey.cell(row, len(header) + 1).value = 100
    survey.cell(61, header["constraint"]).value = None
    for row in (14, 13, 12, 3, 2):
        survey.delete_rows(row)
    target = io.BytesIO()
    made.save(target)
    imported = read_xlsform(target.getvalue(), "application.xlsx")
    assert [fault.sentence() for fault in imported.faults] == []
    document = imported.document
    assert document is not None
    assert document.default_language == "en"
    assert [section.name for section in document.sections] == [
        "group_gi4rv46",
        "part1",
        "group_lt58n55",
        "demographics",
        "part2",
    ]
    assert sum(question.relevant is not None for question in document.questions.values()) == 30


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_cell_is_read_as_openpyxl_reads_it(path: Path) -> None:
    ours = read_workbook(path.read_bytes(), SHEETS)
    theirs = load_workbook(path, data_only=True)
    compared = 0
    for sheet in ours.sheets.values():
        for row in theirs[sheet.name].iter_rows():
            for cell in row:
                mine = sheet.rows.get(cell.row, {}).get(cell.column)
                if cell.value is None or not str(cell.value).strip():
                    assert mine is None or mine.formula
                else:
                    assert mine is not None
                    assert mine.text == str(cell.value).replace("\r\n", "\n")
                    compared += 1
    assert compared > 150


def _archive(**parts: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name.replace("__", "/"), part)
    return target.getvalue()


def _with_part(name: str, part: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book())) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for kept in old.namelist():
            if kept != name:
                new.writestr(kept, old.read(kept))
        new.writestr(name, part)
    return target.getvalue()


BOMB = b"<worksheet><sheetData>" + b" " * (MAX_PART_BYTES + 1) + b"</sheetData></worksheet>"
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    b'<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
)
WIDE = b'<worksheet><sheetData><row r="1"><c r="ZZZ1"><v>1</v></c></row></sheetData></worksheet>'


@pytest.mark.parametrize(
    ("content", "reason", "advice"),
    [
        (b"", "file_empty", "Choose the .xlsx file"),
        (b"type,name,label\ntext,a,b\n", "file_no_workbook", "Choose an .xlsx file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "file_xls", "Save it as Excel workbook"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "file_encrypted", "without a password"),
        (_archive(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "file_ods", "(.xlsx)"),
        (_archive(**{"xl__workbook.bin": b"\x00"}), "file_xlsb", "(.xlsx)"),
        (_archive(**{"word__document.xml": b"<a/>"}), "file_no_workbook", "Choose an .xlsx file"),
        (book()[:3000], "file_damaged", "save it again"),
        (bytes(5_000_001), "file_too_large", "at most 5 MB"),
        (_with_part("xl/worksheets/sheet1.xml", BOMB), "file_too_large", "30 MB unpacked"),
        (_with_part("xl/worksheets/sheet1.xml", LAUGHS), "file_damaged", "save it again"),
        (_with_part("xl/worksheets/sheet1.xml", WIDE), "sheet_too_large", "to a new workbook"),
        (_with_part("xl/sharedStrings.xml", b"<sst><si>"), "file_damaged", "save it again"),
    ],
)
def test_a_file_that_is_no_workbook_is_refused_with_what_to_do(content: bytes, reason: str, advice: str) -> None:
    imported = read_xlsform(content, "x.xlsx")
    assert [fault.reason for fault in imported.faults] == [reason]
    assert advice in imported.faults[0].sentence()


def test_damaged_workbooks_are_read_or_refused_and_never_break() -> None:
    for name, content in mutated(60, seed=1):
        imported, seconds = tried(content)
        assert (imported.document is None) == bool(imported.faults), name
        assert seconds < SECONDS


def test_the_same_seed_damages_in_the_same_way() -> None:
    once, twice = (
        [content for name, content in mutated(12, seed=7) if name in ("flip_bytes", "cut")] for _ in range(2)
    )
    assert once == twice
    assert len(set(once)) == len(once) == 6
