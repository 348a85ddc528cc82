"""Our own export: it reads back equal, the same document gives the same bytes, and other tools accept it."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from openpyxl import load_workbook
from pyxform.xls2xform import convert

from app.questionnaire.document import Document
from app.questionnaire.kinds import Matrix, Scale
from app.questionnaire.stored import document_from_json, document_to_json
from app.questionnaire.xlsform import read_xlsform, write_xlsform
from tests.questionnaire.documents import documents
from tests.questionnaire.workbooks import Cells, book

slow_to_draw = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@slow_to_draw
@given(documents())
def test_a_second_import_of_our_own_export_gives_an_equal_document(document: Document) -> None:
    imported = read_xlsform(write_xlsform(document), "again.xlsx")
    assert [fault.sentence() for fault in imported.faults] == []
    assert imported.document == document


@slow_to_draw
@given(documents())
def test_stored_and_exported_documents_are_the_same(document: Document) -> None:
    again = document_from_json(document_to_json(document))
    assert again == document
    assert write_xlsform(again) == write_xlsform(document)


@settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
@given(documents())
def test_other_tools_accept_our_export(document: Document) -> None:
    result = convert(io.BytesIO(write_xlsform(document)), validate=False, form_name="data")
    for code, question in document.questions.items():
        names = [f"{code}.{row.name}" for row in question.rows] if isinstance(question, Matrix) else [code]
        assert all(f"/{name}" in result.xform for name in names)


def test_everything_in_an_export_is_text() -> None:
    document = read_xlsform(book(changes={"survey!C3": "=HYPERLINK(1)", "choices!C2": "http://example.org"})).document
    assert document is None  # openpyxl writes a formula without a value, which is refused
    document = read_xlsform(book(changes={"choices!C2": "http://example.org", "choices!C3": "1.50"})).document
    assert document is not None
    exported = load_workbook(io.BytesIO(write_xlsform(document)))
    cells = [cell for sheet in exported for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.hyperlink is None for cell in cells)


def test_shared_lists_are_written_once() -> None:
    document = read_xlsform(book(changes={"survey!A5": "select_one often", "survey!F5": None})).document
    assert document is not None
    exported = load_workbook(io.BytesIO(write_xlsform(document)))
    assert {row[0].value for row in exported["choices"].iter_rows(min_row=2)} == {"CB01", "CB02"}


@pytest.mark.parametrize("appearance", ["likert", None])
def test_a_scale_stays_a_scale(appearance: str | None) -> None:
    points: Cells = [
        ["list_name", "name", "label"],
        *(["points", point, f"Point {point}"] for point in (1, 2, 3, 4, 5, 97)),
    ]
    survey: Cells = [["type", "name", "label", "appearance"], ["select_one points", "CB07", "How upset?", appearance]]
    document = read_xlsform(book(survey, points)).document
    assert document is not None
    assert isinstance(document.questions["CB07"], Scale) is (appearance == "likert")
    assert read_xlsform(write_xlsform(document)).document == document
