"""Published files opened again, by readers that know nothing of how they are made; and a release with everything."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import openpyxl
import python_calamine
from lxml import etree

from app.reporting.groups import ALL
from app.reporting.release import Cell, Previous, Quote, Release, ReleaseColumn, Table, Theme
from app.reporting.release_file import from_bytes, to_bytes
from tests.reporting.people import instrument, invented, release_of

Rows = list[list[Any]]
Books = Mapping[str, Rows]
#: Nothing that begins so may be taken for a formula, whoever wrote it.
SLY = '=HYPERLINK("http://example.org","مرحبا")'


@cache
def full_release() -> Release:
    """400 people, and what comes from moderation later: themes, quotes, a previous round. One quote looks like a
    formula."""
    document = instrument()
    release = release_of(document, list(invented(document, 400)))
    question = next(table.question for table in release.tables if table.measure == "texts")
    total = ReleaseColumn(ALL, ALL, 120, (Cell(40, 33), None))
    themes = Table(question, question, "themes", ("t1", "t2"), (total,), False, False, (None, None))
    labels = ({"en": "Reporting", "ar": "الإبلاغ"}, {"en": "+School", "ar": "المدرسة"})
    quote = Quote(question, "t1", "ar", {"ar": SLY, "en": "@home  they\nlisten"}, "3", "africa")
    everybody = tuple(
        replace(table, columns=table.columns[:1]) for table in release.tables if table.measure == "choice"
    )
    made = replace(
        release,
        tables=(*release.tables, themes),
        codebooks={question: (Theme("t1", labels[0]), Theme("t2", labels[1]))},
        quotes=(quote,),
        previous=Previous("before", date(2025, 11, 20), 300, "0" * 64, everybody),
    )
    return from_bytes(to_bytes(made))


def by_openpyxl(content: bytes) -> Books:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}


def by_calamine(content: bytes) -> Books:
    """XLSX or ODS, by a reader in Rust."""
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


_NAMES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
}


def by_hand(content: bytes) -> Books:
    """ODS as its text of XML says it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        tree = etree.fromstring(archive.read("content.xml"))
    return {
        table.get(f"{{{_NAMES['table']}}}name"): [
            [_value(cell) for cell in row.iterfind("table:table-cell", _NAMES)]
            for row in table.iterfind(".//table:table-row", _NAMES)
        ]
        for table in tree.iterfind(".//table:table", _NAMES)
    }


def _value(cell: Any) -> Any:
    office = f"{{{_NAMES['office']}}}"
    kind = cell.get(f"{office}value-type")
    if kind in ("float", "percentage"):
        return float(cell.get(f"{office}value"))
    if kind is None:
        return None
    return "".join(_said(cell.find("text:p", _NAMES)))


def _said(element: Any) -> Iterator[str]:
    text = f"{{{_NAMES['text']}}}"
    for each in element.iter():
        yield {f"{text}s": " ", f"{text}tab": "\t", f"{text}line-break": "\n"}.get(each.tag, "") + (each.text or "")
        if each is not element:
            yield each.tail or ""


def plain(value: Any) -> Any:
    """The same for every reader: nothing, a text, or a number."""
    return None if value in (None, "") else round(value, 6) if isinstance(value, int | float) else value


def figures_of(release: Mapping[str, Any], hidden: str) -> Iterator[tuple[str, list[Any]]]:
    """Sheet and figures of every row of every question's sheet, in order, read from the plain release."""
    for table in release["tables"]:
        columns = table["columns"]
        yield table["question"], [hidden if column["base"] is None else column["base"] for column in columns]
        lines = [[column["cells"][place] for column in columns] for place in range(len(table["lines"]))]
        ends = [[column[end] for column in columns] for end in ("top", "bottom")]
        rows = [*zip(lines, table["equal"], strict=True)]
        rows += [(cells, mean) for cells, mean in zip(ends, (table["equal_top"], None), strict=True) if any(cells)]
        for cells, mean in rows:
            yield table["question"], [cell[0] if cell else hidden for cell in cells]
            shares: list[Any] = [cell[1] / 100 if cell else hidden for cell in cells]
            yield table["question"], shares + ([mean / 100] if mean is not None else [])
