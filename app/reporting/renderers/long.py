"""Published figures in long form, one to a line, under codes alone: the tables of the data package, in no language.

Rows of texts and numbers; None is a figure that is not shown, or a field that does not apply.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.questionnaire.document import LANGUAGES
from app.reporting.groups import ALL
from app.reporting.release import Release, Table
from app.reporting.renderers.codebook import Codebook
from app.reporting.renderers.labels import Labels, sizes_in_order
from app.reporting.renderers.tables import NOT_SHOWN, SHOWN, disarmed
from app.web.i18n import translator

Value = str | int | bool | None


@dataclass(frozen=True)
class Field:
    """A column: its type is one of Table Schema. `values`: nothing else stands in it."""

    name: str
    type: str
    description: str
    required: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Long:
    """A table of the package. `key` are the columns that name a row; `foreign` a column, and the table and column in
    which each of its values stands."""

    name: str
    title: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Value, ...], ...]
    key: tuple[str, ...]
    foreign: tuple[tuple[str, str, str], ...] = ()


def to_csv(table: Long) -> bytes:
    """UTF-8, commas, CR LF; nothing stands where there is no value, and what would be a formula is disarmed."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([field.name for field in table.fields])
    writer.writerows([[_written(value) for value in row] for row in table.rows])
    return file.getvalue().encode()


def _written(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return disarmed(value) if isinstance(value, str) else str(value)


MEASURES: Mapping[str, str] = {
    "choice": "one answer to each person",
    "options": "any number of answers to each person",
    "first": "first place of a ranking",
    "places": "any place of a ranking",
    "values": "bands of whole numbers",
    "texts": "whether a text was written",
    "themes": "what the texts were about, of those who wrote one",
    "share": "a part of those who took part",
}

_FIGURES = (
    Field("asked", "integer", "People asked in this group, rounded as the method says; the total of all is exact"),
    Field("count", "integer", "People with this answer, rounded; empty where it is not shown"),
    Field("share_percent", "integer", "Their share of those asked in whole per cent, rounded; empty if not shown"),
    Field("status", "string", "Whether the figure is shown", True, (SHOWN, NOT_SHOWN)),
)
_LINES = (
    Field("table", "string", "Code of the question, of the row of a matrix, or of a fact of those who took part", True),
    Field("measure", "string", "; ".join(f"{name}: {words}" for name, words in MEASURES.items()), True),
    Field("question", "string", "Code of the question in questions.csv; empty for facts of those who took part"),
    Field("line", "string", "Name of the choice in choices.csv, a band, yes, or none: no answer", True),
)


def tables(release: Release) -> Long:
    """Every published figure of every table."""
    rows = [row for table in (*release.about, *release.tables) for row in _cells(table)]
    fields = (
        *_LINES,
        Field("breakdown", "string", "What the group is a group of; all: everybody", True),
        Field("group", "string", "Code of the group in groups.csv; all: everybody", True),
        *_FIGURES,
    )
    key = ("table", "measure", "line", "breakdown", "group")
    return Long("tables", "Every published figure", fields, tuple(rows), key)


def _cells(table: Table) -> Iterator[tuple[Value, ...]]:
    for column in table.columns:
        for line, cell in zip(table.lines, column.cells, strict=True):
            figures = (cell.count, cell.share, SHOWN) if cell else (None, None, NOT_SHOWN)
            about = (table.code, table.measure, table.question or None, line)
            yield (*about, column.breakdown, column.group, column.base, *figures)


def summaries(release: Release) -> Long:
    """What is told of lines together: the ends of a scale by group, and the mean of the regions."""
    rows: list[tuple[Value, ...]] = []
    for table in release.tables:
        for column in table.columns:
            for name, cell in (("top", column.top), ("bottom", column.bottom)):
                if cell:
                    rows.append(
                        (table.code, table.measure, name, column.breakdown, column.group, cell.count, cell.share)
                    )
        means = [*zip(table.lines, table.equal, strict=True), ("top", table.equal_top)]
        for line, share in means:
            if share is not None:
                name = "equal_top" if line == "top" else f"equal:{line}"
                rows.append((table.code, table.measure, name, ALL, ALL, None, share))
    fields = (
        *_LINES[:2],
        Field("summary", "string", "top, bottom: the two highest or lowest points of a scale together; equal:LINE and"
              " equal_top: the share if every region counted the same", True),
        Field("breakdown", "string", "As in tables.csv", True),
        Field("group", "string", "As in tables.csv", True),
        *_FIGURES[1:3],
    )  # fmt: skip
    key = ("table", "measure", "summary", "breakdown", "group")
    return Long("summaries", "Figures of several lines together", fields, tuple(rows), key)


def groups(release: Release) -> Long:
    """Every group with its size and its names."""
    spoken = [Labels(release, translator(language)) for language in LANGUAGES]
    sizes = dict(sizes_in_order(release))
    for table in release.tables:
        for column in table.columns:
            sizes.setdefault(column.breakdown, {})
    listed: list[tuple[str, str]] = [(ALL, ALL)]
    for breakdown, there in sizes.items():
        named = dict.fromkeys(there)
        for table in release.tables:
            named |= dict.fromkeys(column.group for column in table.by(breakdown))
        listed += [(breakdown, group) for group in named if breakdown != ALL]
    rows: list[tuple[Value, ...]] = []
    for breakdown, group in listed:
        cell = sizes.get(breakdown, {}).get(group)
        people: tuple[Value, ...] = (cell.count, cell.share) if cell else (None, None)
        countries = release.countries.get(group) if breakdown in (ALL, "region") else None
        if breakdown == ALL:
            people = (release.n, 100)
        names = (labels.group(breakdown, group) for labels in spoken)
        rows.append((breakdown, group, *people, countries, *names))
    fields = (
        Field("breakdown", "string", "What the group is a group of", True),
        Field("group", "string", "Its code; a merged group has those of its members with + between", True),
        Field("people", "integer", "People in the group, rounded; the total of all is exact"),
        Field("share_percent", "integer", "Their share of all in whole per cent, rounded"),
        Field("countries", "integer", "Different countries from which they answered, for regions and for all"),
        *_words("name", "Its name"),
    )
    return Long("groups", "Groups and their sizes", fields, tuple(rows), ("breakdown", "group"))


def _words(name: str, description: str) -> tuple[Field, ...]:
    return tuple(Field(f"{name}_{language}", "string", f"{description}, in {language}") for language in LANGUAGES)


def _in_all(texts: Mapping[str, str]) -> Iterator[Value]:
    yield from (texts.get(language) or None for language in LANGUAGES)


_LIMITS = ("max_choices", "places", "max_chars", "minimum", "maximum")


def questions(codebook: Codebook) -> Long:
    rows = [
        (
            entry.code,
            entry.parent or None,
            entry.section,
            entry.kind,
            entry.required,
            entry.sensitive,
            entry.indicator or None,
            " ".join(entry.breakdowns) or None,
            entry.asked_if or None,
            *(entry.limits.get(name) for name in _LIMITS),
            *_in_all(codebook.sections[entry.section]),
            *_in_all(entry.label),
            *_in_all(entry.hint),
            *_in_all(entry.manner),
            *_in_all(entry.asked_if_words),
        )
        for entry in codebook.entries
    ]
    fields = (
        Field("code", "string", "Code of the question or of the row of a matrix", True),
        Field("parent", "string", "Code of the matrix, for a row"),
        Field("section", "string", "Section of the questionnaire", True),
        Field("kind", "string", "single, scale, multiple, ranking, matrix, row, integer, text or note", True),
        Field("required", "boolean", "Whether it could not be skipped", True),
        Field("sensitive", "boolean", "Whether it is about something that could hurt somebody", True),
        Field("indicator", "string", "Code of the indicator, the same in all rounds"),
        Field("breakdowns", "string", "Breakdowns under which it may be published, with blanks between"),
        Field("asked_if", "string", "Condition under which it was asked, in XLSForm's terms; empty: of everybody"),
        *(Field(name, "integer", f"{name} of the answer") for name in _LIMITS),
        *_words("section_title", "Title of the section"),
        *_words("text", "What was asked"),
        *_words("hint", "What stood below"),
        *_words("manner", "How it could be answered"),
        *_words("asked_if_words", "Condition in words, where words can say it"),
    )
    return Long("questions", "Questions, in the order of asking", fields, tuple(rows), ("code",),
                (("parent", "", "code"),))  # fmt: skip


def choices(codebook: Codebook) -> Long:
    rows = [
        (each.question, each.name, each.code, each.no_answer, each.alone, *_in_all(each.label))
        for each in codebook.options
    ]
    fields = (
        Field("question", "string", "Code of the question, or of the matrix whose rows share the choices", True),
        Field("choice", "string", "Name of the choice: the line in tables.csv", True),
        Field("code", "string", "Both together", True),
        Field("no_answer", "boolean", "Whether it is counted with no answer", True),
        Field("exclusive", "boolean", "Whether it excluded all other choices", True),
        *_words("label", "Its words"),
    )
    foreign = (("question", "questions", "code"),)
    return Long("choices", "Choices of the questions", fields, tuple(rows), ("question", "choice"), foreign)


def themes(release: Release) -> Long:
    rows = [
        (question, theme.id, *_in_all(theme.label)) for question, each in release.codebooks.items() for theme in each
    ]
    fields = (
        Field("question", "string", "Code of the open question", True),
        Field("theme", "string", "The line in tables.csv of measure themes", True),
        *_words("label", "Its words"),
    )
    foreign = (("question", "questions", "code"),)
    return Long("themes", "Themes of the open answers", fields, tuple(rows), ("question", "theme"), foreign)


def quotes(release: Release) -> Long:
    rows = [
        (place, each.question, each.theme, each.age, each.region, each.language, *_in_all(each.words))
        for place, each in enumerate(release.quotes, start=1)
    ]
    fields = (
        Field("number", "integer", "Place among the quotes", True),
        Field("question", "string", "Code of the open question", True),
        Field("theme", "string", "Theme in themes.csv", True),
        Field("age", "string", "Age group in groups.csv, where it may be told"),
        Field("region", "string", "Region in groups.csv, where it may be told"),
        Field("language", "string", "In which language it was written; the others are translations", True),
        *_words("text", "Its words"),
    )
    foreign = (("question", "questions", "code"),)
    return Long("quotes", "Texts that a person cleared", fields, tuple(rows), ("number",), foreign)


def previous(release: Release) -> Long:
    rows: list[tuple[Value, ...]] = []
    for table in release.previous.tables if release.previous else ():
        rows += [(*row[:4], *row[6:]) for row in _cells(table) if row[4] == ALL]
    key = ("table", "measure", "line")
    return Long("previous", "The round before: everybody's figures", (*_LINES, *_FIGURES), tuple(rows), key)


def of_release(release: Release, codebook: Codebook) -> Sequence[Long]:
    """All tables of the package. Those without rows are left out, but for the figures themselves."""
    always = [tables(release), groups(release), questions(codebook), choices(codebook)]
    others: Iterable[Long] = (summaries(release), themes(release), quotes(release), previous(release))
    return [*always, *(table for table in others if table.rows)]
