"""The workbook as XLSX. The same release gives the same bytes."""

import io
from collections.abc import Sequence
from math import ceil
from typing import Any
from unicodedata import east_asian_width

import xlsxwriter

from app.reporting.release import Release
from app.reporting.renderers.book import Book, BookCell, Row, Sheet, book_of
from app.reporting.terms import Terms
from app.web.i18n import Translator

#: No text of ours becomes a formula, a link or a number by how it looks.
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
#: Soft ink for what is not shown, our accent for links.
SOFT, ACCENT = "#5B5B5B", "#0B5A6F"
#: Height of a line; lines beyond these are not made room for; words do not fill a line to its end.
LINE_POINTS, MOST_LINES, MORE = 15, 25, 1.1
#: As long as a text in a cell may be.
LONGEST_TEXT = 32_767


def render(release: Release, t: Translator, terms: Terms) -> bytes:
    return write(book_of(release, t, terms))


def write(book: Book) -> bytes:
    content = io.BytesIO()
    made = xlsxwriter.Workbook(content, OPTIONS)
    made.set_properties(
        {
            "title": book.title,
            "company": book.publisher,
            "author": book.publisher,
            # XLSX knows no zones.
            "created": book.made_at.replace(tzinfo=None),
        }
    )
    formats = _formats(made, book.right_to_left)
    for sheet in book.sheets:
        _sheet(made, sheet, formats, right_to_left=book.right_to_left)
    made.close()
    return content.getvalue()


def _formats(made: Any, right_to_left: bool) -> dict[str, Any]:
    order = {"reading_order": 2 if right_to_left else 1, "valign": "top"}
    wrapped = {**order, "text_wrap": True}
    return {
        "text": made.add_format(wrapped),
        "strong": made.add_format({**order, "bold": True}),
        "head": made.add_format({**wrapped, "bold": True, "bottom": 1}),
        "count": made.add_format({**order, "num_format": "#,##0"}),
        "share": made.add_format({**order, "num_format": "0%"}),
        "hidden": made.add_format({**order, "italic": True, "font_color": SOFT, "align": "right"}),
        "link": made.add_format({**order, "underline": 1, "font_color": ACCENT}),
    }


def _sheet(made: Any, sheet: Sheet, formats: dict[str, Any], *, right_to_left: bool) -> None:
    page = made.add_worksheet(sheet.name)
    if right_to_left:
        page.right_to_left()
    if any(sheet.frozen):
        page.freeze_panes(*sheet.frozen)
        page.repeat_rows(0, max(0, sheet.frozen[0] - 1))
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    for place, width in enumerate(sheet.widths):
        page.set_column(place, place, width)
    for row, cells in enumerate(sheet.rows):
        lines = _lines(cells, sheet.widths)
        if lines > 1:
            page.set_row(row, lines * LINE_POINTS)
        for column, cell in enumerate(cells):
            if cell is not None and cell.value != "":
                _cell(page, row, column, cell, formats[cell.kind])


def _lines(row: Row, widths: Sequence[int]) -> int:
    """How many lines the row needs: not every program finds that out by itself."""
    needed = [1]
    for cell, width in zip(row, widths, strict=False):
        if cell is not None and cell.kind in ("text", "head"):
            broad = sum(1 + (east_asian_width(letter) in "WF") for letter in str(cell.value))
            needed.append(ceil(broad * MORE / width))
    return min(max(needed), MOST_LINES)


def _cell(page: Any, row: int, column: int, cell: BookCell, look: Any) -> None:
    if cell.kind == "share":
        page.write_number(row, column, int(cell.value) / 100, look)
    elif cell.kind == "count":
        page.write_number(row, column, cell.value, look)
    elif cell.kind == "link":
        page.write_url(row, column, f"internal:'{cell.target}'!A1", look, str(cell.value))
    else:
        page.write_string(row, column, str(cell.value)[:LONGEST_TEXT], look)
