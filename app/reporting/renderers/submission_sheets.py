"""A million rows as a spreadsheet, XLSX or ODS, written as they pass: memory does not grow with them.

Both formats are a ZIP with a long text of XML in it. The text of a cell is made once for each different value, and
Polars lays these texts along the rows; a library that asks for each cell is many times slower.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import polars as pl
import xlsxwriter

from app.reporting.export_order import MOST_ODS_ROWS, ExportRefused
from app.reporting.renderers.ods_xml import DECLARED, KIND, manifest, namespaces, words

ROWS_AT_A_TIME = 2_500
#: Rows of a sheet in both formats, the first for the names of columns.
SHEET_ROWS = 1_048_576
#: Quick and nearly as small as the slower ones: such a text repeats itself.
LEVEL = 1

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Book:
    """What stands in the workbook beside the rows: names of columns, and the codebook on a sheet of its own."""

    title: str
    columns: tuple[str, ...]
    codebook: Sequence[Sequence[str]]
    right_to_left: bool


@dataclass(frozen=True)
class _Cells:
    """How one format writes a row and a cell."""

    row: tuple[str, str]
    text: Callable[[str], str]
    number: tuple[str, str]
    empty: str


def write(form: str, frame: pl.DataFrame, book: Book, path: Path, progress: Progress) -> int:
    """The workbook is in `path`; gives back the number of sheets with rows. Raises ExportRefused for too many rows."""
    if form == "ods" and frame.height > MOST_ODS_ROWS:
        raise ExportRefused("too_many_rows", rows=frame.height, most=MOST_ODS_ROWS)
    sheets = max(1, -(-frame.height // (SHEET_ROWS - 1)))
    names = [book.title if number == 1 else f"{book.title} {number}" for number in range(1, sheets + 1)]
    (_xlsx if form == "xlsx" else _ods)(frame, book, names, path, progress)
    return sheets


def _rows(frame: pl.DataFrame, sheet: int, cells: _Cells, progress: Progress) -> Iterator[bytes]:
    """The rows of one sheet as text, some at a time."""
    first = sheet * (SHEET_ROWS - 1)
    own = frame.slice(first, SHEET_ROWS - 1)
    before, after = cells.row
    for begin in range(0, own.height, ROWS_AT_A_TIME):
        some = own.slice(begin, ROWS_AT_A_TIME)
        laid = some.select(pl.concat_str(pl.lit(before), *(_cell(each, cells) for each in some), pl.lit(after)))
        yield laid.to_series().str.join("").item().encode()
        progress(first + begin + some.height)


def _cell(column: pl.Series, cells: _Cells) -> pl.Series:
    if isinstance(column.dtype, pl.Enum):
        texts = [cells.text(name) for name in column.dtype.categories]
        return pl.Series(texts, dtype=pl.String).gather(column.to_physical()).fill_null(cells.empty)
    different = column.unique().drop_nulls()
    before, after = cells.number
    texts = [f"{before.format(number)}{number}{after}" for number in different]
    if not texts:
        return pl.Series([cells.empty], dtype=pl.String).new_from_index(0, len(column))
    return column.replace_strict(different, pl.Series(texts), default=cells.empty, return_dtype=pl.String)


# XLSX: xlsxwriter makes the book with its first lines, and our rows are put in behind them

_XLSX = _Cells(
    row=("<row>", "</row>"),
    text=lambda text: f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>',
    number=("<c><v>", "</v></c>"),
    empty="<c/>",
)
_END_OF_ROWS = b"</sheetData>"
#: Readers that go row by row believe it.
_EXTENT = re.compile(rb'(<dimension ref="A1:[A-Z]+)1"')


def _xlsx(frame: pl.DataFrame, book: Book, names: Sequence[str], path: Path, progress: Progress) -> None:
    with (
        zipfile.ZipFile(io.BytesIO(_empty_book(book, names))) as made,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive,
    ):
        sheets = {f"xl/worksheets/sheet{number}.xml": number - 1 for number in range(1, len(names) + 1)}
        for part in made.namelist():
            content = made.read(part)
            if part not in sheets:
                archive.writestr(part, content)
                continue
            head, end, tail = content.partition(_END_OF_ROWS)
            with archive.open(part, "w", force_zip64=True) as file:
                file.write(head)
                for rows in _rows(frame, sheets[part], _XLSX, progress):
                    file.write(rows)
                file.write(end + tail)


def _empty_book(book: Book, names: Sequence[str]) -> bytes:
    """The book without its rows."""
    content = io.BytesIO()
    made = xlsxwriter.Workbook(content, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True})
    bold = made.add_format({"bold": True})
    for name in names:
        sheet = made.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, book.columns, bold)
    codebook = made.add_worksheet("codebook")
    if book.right_to_left:
        codebook.right_to_left()
    codebook.freeze_panes(1, 0)
    codebook.set_column(2, 2, 60)
    codebook.set_column(4, 4, 40)
    for place, line in enumerate(book.codebook):
        for column, text in enumerate(line):
            codebook.write_string(place, column, text, None if place else bold)
    made.close()
    return content.getvalue()


# ODS: five short texts and a long one

_ODS = _Cells(
    row=("<table:table-row>", "</table:table-row>"),
    text=lambda text: f'<table:table-cell office:value-type="string"><text:p>{words(text)}</text:p></table:table-cell>',
    number=('<table:table-cell office:value-type="float" office:value="{}"><text:p>', "</text:p></table:table-cell>"),
    empty="<table:table-cell/>",
)
_NAMESPACES = namespaces("office", "table", "text", "style", "manifest")
_ODS_HEAD = (
    f'{DECLARED}<office:document-content {_NAMESPACES} office:version="1.3"><office:automatic-styles>'
    '<style:style style:name="rtl" style:family="table"><style:table-properties style:writing-mode="rl-tb"/>'
    "</style:style></office:automatic-styles><office:body><office:spreadsheet>"
)
_ODS_TAIL = "</office:spreadsheet></office:body></office:document-content>"


def _ods(frame: pl.DataFrame, book: Book, names: Sequence[str], path: Path, progress: Progress) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        archive.writestr("mimetype", KIND, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", manifest(_NAMESPACES, ["content.xml"]))
        with archive.open("content.xml", "w", force_zip64=True) as file:
            file.write(_ODS_HEAD.encode())
            for place, name in enumerate(names):
                file.write(f"<table:table table:name={quoteattr(name)}>{_ods_line(book.columns)}".encode())
                for rows in _rows(frame, place, _ODS, progress):
                    file.write(rows)
                file.write(b"</table:table>")
            style = ' table:style-name="rtl"' if book.right_to_left else ""
            lines = "".join(_ods_line(line) for line in book.codebook)
            file.write(f'<table:table table:name="codebook"{style}>{lines}</table:table>{_ODS_TAIL}'.encode())


def _ods_line(texts: Sequence[str]) -> str:
    cells = "".join(_ODS.text(text) if text else _ODS.empty for text in texts)
    return f"<table:table-row>{cells}</table:table-row>"
