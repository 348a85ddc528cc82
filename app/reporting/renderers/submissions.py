"""Submissions as files for the secretariat: CSV, Parquet, SPSS, and spreadsheets. Never public, unlike all else here.

Texts of questions and choices are in one language; names of columns and values are the same in every language. Nothing
is cut off silently: what a format cannot hold is refused, or stands in the remarks.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from app.questionnaire.kinds import Matrix
from app.reporting.export import Column
from app.reporting.release import Release
from app.reporting.renderers import submission_sheets
from app.reporting.renderers.labels import Labels
from app.reporting.renderers.tables import disarmed
from app.web.i18n import translator

Progress = Callable[[int], None]
"""Told how many rows are written."""

ROWS_AT_A_TIME = 100_000
CODEBOOK = "codebook.csv"
CODEBOOK_COLUMNS = ("column", "question", "label", "value", "value_label")
#: What SPSS can hold, in bytes of UTF-8.
SPSS_LABEL, SPSS_VALUE_LABEL, SPSS_NAME = 256, 120, 64
SPSS_RESERVED = frozenset(("all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"))


@dataclass(frozen=True)
class Written:
    """The files of an export, and what whoever opens them should know."""

    files: tuple[Path, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Described:
    """A column with its words in one language."""

    column: Column
    label: str
    values: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.column.name,
            "sort": self.column.sort,
            "code": self.column.code,
            "label": self.label,
            "values": dict(self.values),
        }


def described(columns: tuple[Column, ...], release: Release, language: str) -> tuple[Described, ...]:
    """Every column with its label, and each of its values with the words for it."""
    labels = Labels(release, translator(language))
    return tuple(_describe(column, labels) for column in columns)


def write(
    form: str, frame: pl.DataFrame, columns: tuple[Described, ...], language: str, folder: Path, progress: Progress
) -> Written:
    """The files of one export are in `folder`. Raises ExportRefused for what the format cannot hold."""
    writer = {"csv": _csv, "parquet": _parquet, "sav": _sav}.get(form)
    if writer is not None:
        return writer(frame, columns, folder, progress)
    path = folder / f"submissions.{form}"
    book = submission_sheets.Book(
        title="submissions",
        columns=tuple(each.column.name for each in columns),
        codebook=[CODEBOOK_COLUMNS, *_codebook(columns)],
        right_to_left=language == "ar",
    )
    sheets = submission_sheets.write(form, frame, book, path, progress)
    remarks = [f"The rows stand on {sheets} sheets: one sheet holds no more."] if sheets > 1 else []
    return Written((path,), tuple(remarks))


def _describe(column: Column, labels: Labels) -> Described:
    t = labels.t
    yes_no = {"0": t.gettext("No"), "1": t.gettext("Yes")}
    if column.sort == "language":
        return Described(column, t.gettext("Language"), {each: t.language_name(each) for each in column.names})
    if column.sort == "group":
        values = {each: labels.group(column.code, each) for each in column.names}
        return Described(column, labels.breakdown(column.code), values)
    text = labels.question_text(column.code)

    def about(part: str) -> str:
        return t.gettext("%(question)s – %(row)s", question=text, row=part)

    if column.sort == "asked":
        return Described(column, about(t.gettext("Was asked")), yes_no)
    if column.sort == "wrote":
        return Described(column, about(t.gettext("Wrote a text")), yes_no)
    if column.sort == "flag":
        return Described(column, about(labels.choice(column.code, column.part)), yes_no)
    question = labels.question(column.code)
    if isinstance(question, Matrix):
        text = about(next(labels.text(row.label) for row in question.rows if row.name == column.part))
    elif column.part:
        text = about(t.gettext("Place %(number)s", number=t.number(int(column.part))))
    return Described(column, text, {each: labels.choice(column.code, each) for each in column.names})


def _codebook(columns: tuple[Described, ...]) -> Iterator[tuple[str, ...]]:
    """A line for each value of each column; one without a value for a number."""
    for each in columns:
        for value, words in each.values.items() or [("", "")]:
            yield each.column.name, each.column.code, each.label, value, words


def _csv(frame: pl.DataFrame, columns: tuple[Described, ...], folder: Path, progress: Progress) -> Written:
    """UTF-8 with a byte order mark, and no cell that a spreadsheet would take for a formula."""
    path = folder / "submissions.csv"
    with path.open("wb") as file:
        header = frame.clear().rename({name: disarmed(name) for name in frame.columns})
        header.write_csv(file, include_bom=True, line_terminator="\r\n")
        for done, some in _parts(frame):
            some.select(_disarmed(column) for column in some).write_csv(
                file, include_header=False, line_terminator="\r\n"
            )
            progress(done)
    return Written((path, _codebook_file(columns, folder)))


def _disarmed(column: pl.Series) -> pl.Series:
    """Names of choices that look like a formula begin with an apostrophe; numbers are none."""
    if not isinstance(column.dtype, pl.Enum):
        return column
    names = [disarmed(name) for name in column.dtype.categories]
    return pl.Series(column.name, names, dtype=pl.String).gather(column.to_physical())


def _codebook_file(columns: tuple[Described, ...], folder: Path) -> Path:
    path = folder / CODEBOOK
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(CODEBOOK_COLUMNS)
        writer.writerows([disarmed(cell) for cell in line] for line in _codebook(columns))
    return path


def _parquet(frame: pl.DataFrame, columns: tuple[Described, ...], folder: Path, progress: Progress) -> Written:
    path = folder / "submissions.parquet"
    frame.write_parquet(path, compression="zstd", row_group_size=250_000)
    progress(frame.height)
    return Written((path, _codebook_file(columns, folder)))


def _sav(frame: pl.DataFrame, columns: tuple[Described, ...], folder: Path, progress: Progress) -> Written:
    """Numbers with labels. A name of a choice that is a whole number is that number; others count from 1, in the order
    of the questionnaire, and their names stand in the codebook."""
    import pyreadstat

    path = folder / "submissions.sav"
    names = spss_names([each.column.name for each in columns])
    numbers = {each.column.name: spss_numbers(each.column) for each in columns}
    labels: list[str | None] = [shortened(each.label, SPSS_LABEL) for each in columns]
    values: dict[str, dict[int | float, str]] = {
        names[each.column.name]: {
            numbers[each.column.name][value]: shortened(words, SPSS_VALUE_LABEL) for value, words in each.values.items()
        }
        for each in columns
        if each.values
    }
    pyreadstat.write_sav(
        frame.select(_numbered(column, numbers[column.name]).alias(names[column.name]) for column in frame),
        path,
        column_labels=labels,
        variable_value_labels=values,
        row_compress=True,
        variable_measure={
            names[each.column.name]: "scale" if each.column.sort == "number" else "nominal" for each in columns
        },
        variable_format=dict.fromkeys(names.values(), "F8.0"),
    )
    progress(frame.height)
    cut = sum(len(_in_one_line(each.label).encode()) > SPSS_LABEL for each in columns)
    cut += sum(
        len(_in_one_line(words).encode()) > SPSS_VALUE_LABEL for each in columns for words in each.values.values()
    )
    remarks = [f"{cut} labels are longer than SPSS holds and end in “…”; they are whole in {CODEBOOK}."] if cut else []
    return Written((path, _spss_codebook(columns, names, numbers, folder)), tuple(remarks))


def _numbered(column: pl.Series, numbers: Mapping[str, int]) -> pl.Series:
    if not isinstance(column.dtype, pl.Enum):
        return column.cast(pl.Int64 if column.dtype == pl.Int64 else pl.Int32)
    each = pl.Series([numbers[name] for name in column.dtype.categories], dtype=pl.Int32)
    return each.gather(column.to_physical())


def spss_numbers(column: Column) -> Mapping[str, int]:
    """The number that stands for each value."""
    whole = [int(name) for name in column.names if re.fullmatch(r"0|-?[1-9][0-9]{0,8}", name)]
    if len(whole) == len(column.names):
        return dict(zip(column.names, whole, strict=True))
    return {name: number for number, name in enumerate(column.names, 1)}


def spss_names(names: list[str]) -> Mapping[str, str]:
    """Column name to variable name: letters, digits, points and underscores; different also without regard to case."""
    made: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_.]", "_", name)
        plain = (plain if plain[0].isalpha() else f"v{plain}").rstrip(".")[: SPSS_NAME - 4]
        tried, number = plain, 1
        while tried.lower() in taken | SPSS_RESERVED or tried.endswith("."):
            number += 1
            tried = f"{plain.rstrip('.')}_{number}"
        taken.add(tried.lower())
        made[name] = tried
    return made


def shortened(text: str, most_bytes: int) -> str:
    """The text in one line, and whole, or its beginning with an ellipsis."""
    text = _in_one_line(text)
    if len(text.encode()) <= most_bytes:
        return text
    return text.encode()[: most_bytes - len("…".encode())].decode(errors="ignore").rstrip() + "…"


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _spss_codebook(
    columns: tuple[Described, ...], names: Mapping[str, str], numbers: Mapping[str, Mapping[str, int]], folder: Path
) -> Path:
    path = folder / CODEBOOK
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow((*CODEBOOK_COLUMNS, "variable", "number"))
        for name, *line, value, words in _codebook(columns):
            number = str(numbers[name][value]) if value else ""
            writer.writerow([disarmed(cell) for cell in (name, *line, value, words, names[name])] + [number])
    return path


def _parts(frame: pl.DataFrame) -> Iterator[tuple[int, pl.DataFrame]]:
    """Some rows at a time, with how many there are up to their end."""
    for begin in range(0, frame.height, ROWS_AT_A_TIME):
        some = frame.slice(begin, ROWS_AT_A_TIME)
        yield begin + some.height, some
