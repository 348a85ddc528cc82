"""Reads exports of submissions back, with readers that did not write them, and as plain rows that can be compared."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pyreadstat
from python_calamine import CalamineWorkbook

from app.consultations.countries import region_of
from app.questionnaire.document import Document
from app.reporting import export_making
from app.reporting.export import Column, export_columns
from app.reporting.export_order import MANIFEST, Order
from app.reporting.making import make_release
from app.reporting.release_file import to_bytes
from app.reporting.renderers.submissions import spss_names, spss_numbers
from app.reporting.snapshot import Sent, read_snapshot, snapshot_of, write_frame
from app.reporting.tally import tally
from tests.reporting.people import facts_of, unproved

Cell = str | int | None
Rows = Iterator[list[Cell]]
MADE_AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def freeze(people: Sequence[Sent], document: Document, folder: Path) -> tuple[Path, bytes]:
    """The snapshot of these people, and its release."""
    return freeze_frame(snapshot_of(people, document, region_of), document, folder)


def freeze_frame(frame: pl.DataFrame, document: Document, folder: Path) -> tuple[Path, bytes]:
    """The snapshot of these rows, and its release."""
    path = folder / "snapshot.parquet"
    write_frame(frame, path)
    made = make_release(tally(read_snapshot(path), document), document, facts_of(document), run=unproved)
    return path, to_bytes(made)


def export(snapshot: Path, release: bytes, form: str, folder: Path, language: str = "en") -> dict[str, Any]:
    """An export into a new folder, told in its manifest; every file is as long, and has the digest, that it says."""
    folder.mkdir()
    ordered = Order("rehearsed", form, language, "desk@example.org", MADE_AT.isoformat(), str(snapshot))
    told: list[int] = []
    made = export_making.make(ordered, release, folder, lambda: MADE_AT, lambda step, done, rows: told.append(done))
    assert told == sorted(told)
    assert json.loads((folder / MANIFEST).read_text(encoding="utf-8")) == made
    assert {path.name for path in folder.iterdir()} == {each["name"] for each in made["files"]} | {MANIFEST}
    for each in made["files"]:
        assert export_making._described(folder / each["name"]) == each
    return dict(made)


def rows_of(snapshot: Path, document: Document) -> Rows:
    """What must stand in every export, straight from the snapshot: yes and no are 1 and 0."""
    frame = read_snapshot(snapshot).select(column.name for column in export_columns(document))
    return ([int(cell) if isinstance(cell, bool) else cell for cell in row] for row in frame.iter_rows())


def read_csv(path: Path, document: Document) -> Rows:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file)
        yield from _typed(lines, document)


def _typed(lines: Iterator[Sequence[Any]], document: Document) -> Rows:
    """Lines of texts or numbers after the names of their columns, each cell as its column holds it."""
    columns = export_columns(document)
    assert [str(each) for each in next(lines)] == [column.name for column in columns]
    for line in lines:
        yield [_cell(each, column) for each, column in zip(line, columns, strict=True)]


def _cell(read: Any, column: Column) -> Cell:
    if read is None or read == "":
        return None
    if column.sort in ("flag", "asked", "wrote", "number"):
        assert int(read) == float(read)
        return int(read)
    assert isinstance(read, str)
    return read.removeprefix("'")


def read_with_openpyxl(path: Path, document: Document) -> Rows:
    book = openpyxl.load_workbook(path)
    sheets = [book[name] for name in book.sheetnames if name != "codebook"]
    assert all(sheet.max_row == len(list(sheet.rows)) for sheet in sheets)
    for sheet in sheets:
        yield from _typed(sheet.iter_rows(values_only=True), document)


def read_with_calamine(path: Path, document: Document) -> Rows:
    book = CalamineWorkbook.from_path(path)
    for name in book.sheet_names:
        if name != "codebook":
            yield from _typed(book.get_sheet_by_name(name).iter_rows(), document)


def codebook_in(path: Path) -> list[list[str]]:
    """The codebook: a file of its own, or a sheet."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [[cell.removeprefix("'") for cell in line] for line in csv.reader(file)]
    lines = CalamineWorkbook.from_path(path).get_sheet_by_name("codebook").to_python()
    return [[str(cell) for cell in line] for line in lines]


def labels_in(path: Path) -> tuple[Mapping[str, str], Mapping[str, Mapping[float, str]]]:
    """Of an SPSS file: labels of variables, and labels of their values."""
    _, about = pyreadstat.read_sav(path, metadataonly=True, output_format="polars")
    values = about.variable_value_labels
    return (
        {name: label or "" for name, label in about.column_names_to_labels.items()},
        {name: {float(value): label for value, label in told.items()} for name, told in values.items()},
    )


def read_sav(path: Path, document: Document) -> Rows:
    """The names of choices, found again by their numbers."""
    frame, about = pyreadstat.read_sav(path, output_format="polars")
    names = spss_names([column.name for column in export_columns(document)])
    assert frame.columns == list(names.values()) == list(about.column_names)
    found = []
    for column in export_columns(document):
        back: Mapping[int, Cell] = {}
        if column.sort in ("language", "group", "choice"):
            back = {number: name for name, number in spss_numbers(column).items()}
        cells = [None if cell is None or cell != cell else int(cell) for cell in frame[names[column.name]]]
        found.append([back[cell] if back and cell is not None else cell for cell in cells])
    return (list(row) for row in zip(*found, strict=True))


def read_parquet(path: Path, document: Document) -> Rows:
    frame = pl.read_parquet(path)
    assert frame.columns == [column.name for column in export_columns(document)]
    return (list(row) for row in frame.iter_rows())


READERS: Mapping[str, tuple[Callable[[Path, Document], Rows], ...]] = {
    "csv": (read_csv,),
    "xlsx": (read_with_openpyxl, read_with_calamine),
    "ods": (read_with_calamine,),
    "sav": (read_sav,),
    "parquet": (read_parquet,),
}
