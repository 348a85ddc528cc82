"""All published tables as CSV, one figure to a line.

UTF-8 with a byte order mark, since spreadsheets take it for something else otherwise, and with cells disarmed that a
spreadsheet would take for a formula. The column names are the same in every language; texts are in the paper's.
"""

import csv
import io
from collections.abc import Iterator

from app.reporting.release import Release, ReleaseColumn, Table
from app.reporting.renderers.labels import Labels
from app.web.i18n import Translator

COLUMNS = (
    "question_code",
    "measure",
    "question",
    "answer_code",
    "answer",
    "breakdown",
    "group_code",
    "group",
    "asked",
    "count",
    "share_percent",
    "status",
)
SHOWN, NOT_SHOWN = "shown", "not shown"
SAMPLE = "sample data"
#: A cell that begins so is a formula to a spreadsheet, or (tab, carriage return) hides one from the eye.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def render_csv(release: Release, t: Translator) -> bytes:
    """Every cell of every table. Of a figure that is not shown the line is there, without a number."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    sample = ("data",) if release.facts.sample else ()
    writer.writerow((*COLUMNS, *sample))
    for line in _lines(release, Labels(release, t)):
        writer.writerow([disarmed(cell) for cell in (*line, *(SAMPLE for _ in sample))])
    return file.getvalue().encode("utf-8-sig")


def disarmed(cell: str) -> str:
    """The cell with an apostrophe before it if a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def _lines(release: Release, labels: Labels) -> Iterator[tuple[str, ...]]:
    for table in release.about:
        yield from _cells(table, "", labels)
    for breakdown, groups in release.sizes.items():
        for group, cell in groups.items():
            name = labels.group(breakdown, group)
            asked, count, share = str(release.n), str(cell.count), str(cell.share)
            yield (
                breakdown,
                "size",
                "",
                group,
                name,
                "all",
                "all",
                labels.breakdown("all"),
                asked,
                count,
                share,
                SHOWN,
            )
    for table in release.tables:
        yield from _cells(table, labels.table_text(table), labels)


def _cells(table: Table, text: str, labels: Labels) -> Iterator[tuple[str, ...]]:
    for column in table.columns:
        for place, line in enumerate(table.lines):
            yield (
                table.code,
                table.measure,
                text,
                line,
                labels.line(table, line) if text or table.code == "language" else "",
                column.breakdown,
                column.group,
                labels.group(column.breakdown, column.group),
                *_figures(column, place),
            )


def _figures(column: ReleaseColumn, place: int) -> tuple[str, str, str, str]:
    asked = "" if column.base is None else str(column.base)
    cell = column.cells[place]
    if cell is None:
        return asked, "", "", NOT_SHOWN
    return asked, str(cell.count), str(cell.share), SHOWN
