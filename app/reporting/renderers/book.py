"""All published tables as one workbook in one language, as rows of cells: what XLSX and ODS both write down.

Each question has a sheet of its own, with all groups side by side. No format here, and no formulas: a cell is a text or
a figure of the release.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.reporting.groups import ALL
from app.reporting.release import Cell, Release, ReleaseColumn, Table
from app.reporting.renderers.codebook import Codebook, Entry, codebook_of
from app.reporting.renderers.labels import Labels, sizes_in_order
from app.reporting.renderers.method import method_paragraphs, reading_paragraphs
from app.reporting.renderers.sentences import ends
from app.reporting.terms import Terms
from app.web.i18n import Translator

#: What a sheet may be called is narrowest in XLSX.
LONGEST_NAME = 31
NOT_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
#: Columns of a question's sheet that say what a row is.
KEYS = 4


@dataclass(frozen=True)
class BookCell:
    """`share` is in whole per cent; `hidden` the mark of a figure that is not shown; `link` leads to the sheet that is
    named `target`."""

    value: str | int
    kind: Literal["text", "strong", "head", "count", "share", "hidden", "link"] = "text"
    target: str = ""


Row = tuple[BookCell | None, ...]


@dataclass(frozen=True)
class Sheet:
    """`frozen`: so many rows and columns stay in sight. `widths` of columns in characters."""

    name: str
    rows: tuple[Row, ...]
    frozen: tuple[int, int] = (0, 0)
    widths: tuple[int, ...] = ()


@dataclass(frozen=True)
class Book:
    title: str
    language: str
    right_to_left: bool
    publisher: str
    made_at: datetime
    sheets: tuple[Sheet, ...]


def book_of(release: Release, t: Translator, terms: Terms) -> Book:
    """The workbook of a release: contents, method and licence, who took part, one sheet a question, codebook."""
    labels = Labels(release, t)
    questions = tuple(_question_sheets(labels))
    others = [
        Sheet(t.gettext("Method and licence"), tuple(_method(labels, terms)), (0, 0), (110,)),
        Sheet(t.gettext("Who took part"), tuple(_people(labels)), (1, 0), (28, 34, 20, 34, 14, 12, 12, 12)),
        *questions,
    ]
    if release.quotes:
        others.append(Sheet(t.gettext("In their own words"), tuple(_quotes(labels)), (1, 0), (12, 30, 14, 22, 14, 80)))
    if release.previous:
        name = t.gettext("Previous round")
        others.append(Sheet(name, tuple(_previous(labels)), (1, 0), (14, 60, 40, 14, 12, 12)))
    others.append(Sheet(t.gettext("Codebook"), tuple(_codebook(labels)), (1, 1), (14, 14, 70, 44, 44, 24, 12, 14)))
    sheets = _named([Sheet(t.gettext("Contents"), (), (0, 0), (32, 90)), *others])
    first = Sheet(sheets[0].name, tuple(_contents(labels, sheets)), (0, 0), sheets[0].widths)
    return Book(
        title=_title(labels),
        language=t.language,
        right_to_left=t.direction == "rtl",
        publisher=terms.publisher,
        made_at=release.facts.snapshot_at,
        sheets=(first, *sheets[1:]),
    )


def _named(sheets: Iterable[Sheet]) -> tuple[Sheet, ...]:
    """The sheets under names that every program takes: short, without some signs, and none twice."""
    taken: set[str] = set()
    named = []
    for sheet in sheets:
        name = plain = sheet.name.translate(NOT_IN_NAMES).strip()[:LONGEST_NAME] or "–"
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain[: LONGEST_NAME - len(str(number)) - 1]} {number}"
        taken.add(name.casefold())
        named.append(Sheet(name, sheet.rows, sheet.frozen, sheet.widths))
    return tuple(named)


def _title(labels: Labels) -> str:
    return labels.t.gettext(
        "Results of the online youth consultation: %(topic)s (%(day)s)",
        topic=labels.title(),
        day=labels.t.date(labels.release.facts.day),
    )


def _texts(texts: Iterable[str]) -> Iterator[Row]:
    for text in texts:
        yield (BookCell(text),)


def _head(*names: str) -> Row:
    return tuple(BookCell(name, "head") for name in names)


def _contents(labels: Labels, sheets: Sequence[Sheet]) -> Iterator[Row]:
    t, release = labels.t, labels.release
    yield (BookCell(_title(labels), "strong"),)
    if release.facts.sample:
        yield (BookCell(t.gettext("Sample data"), "strong"),)
    yield (BookCell(t.gettext("People")), BookCell(release.n, "count"))
    yield (BookCell(t.gettext("Countries")), BookCell(release.countries.get(ALL, 0), "count"))
    meaning = t.gettext(
        "Small numbers could give a person away, so we leave them out. We also leave out numbers from which they could"
        " be worked out."
    )
    yield (BookCell(labels.not_shown(), "hidden"), BookCell(meaning))
    yield ()
    yield _head(t.gettext("Sheet"), t.gettext("What is in it"))
    for sheet in sheets:
        yield (BookCell(sheet.name, "link", sheet.name), BookCell(_about(labels, sheet)))


def _about(labels: Labels, sheet: Sheet) -> str:
    """The words of the question where the sheet is one's, else nothing more than its name."""
    code = sheet.name
    return labels.question_text(code) if code in labels.document.questions else sheet.name


def _method(labels: Labels, terms: Terms) -> Iterator[Row]:
    t, release = labels.t, labels.release
    yield (BookCell(t.gettext("How to read the figures"), "strong"),)
    yield from _texts(reading_paragraphs(labels))
    yield (BookCell(t.gettext("Method and disclosure control"), "strong"),)
    yield from _texts(method_paragraphs(labels))
    yield (BookCell(t.gettext("Licence and source"), "strong"),)
    yield from _texts(licence_lines(labels, terms))
    number = t.gettext("Release %(number)s of this consultation", number=t.number(release.number))
    yield (BookCell(number),)


def licence_lines(labels: Labels, terms: Terms) -> Iterator[str]:
    """Who publishes, under which licence, and how the source is named."""
    t = labels.t
    yield t.gettext(
        "Published by %(publisher)s under the licence %(licence)s: %(address)s",
        publisher=terms.publisher,
        licence=terms.licence_title,
        address=terms.licence_url,
    )
    yield t.gettext(
        "Name the source like this: %(publisher)s, “%(title)s”", publisher=terms.publisher, title=_title(labels)
    )


def _count(labels: Labels, count: int | None) -> BookCell:
    return BookCell(labels.not_shown(), "hidden") if count is None else BookCell(count, "count")


def _share(labels: Labels, share: int | None) -> BookCell:
    return BookCell(labels.not_shown(), "hidden") if share is None else BookCell(share, "share")


def _figures(labels: Labels, cell: Cell | None) -> tuple[BookCell, BookCell]:
    return _count(labels, cell.count if cell else None), _share(labels, cell.share if cell else None)


def _people(labels: Labels) -> Iterator[Row]:
    """Groups with their sizes, then the tables that say who took part."""
    t, release = labels.t, labels.release
    names = {"language": t.gettext("Language"), "under_18": t.gettext("Under 18"), "rural": t.gettext("Rural")}
    yield _head(
        t.gettext("Table"),
        t.gettext("Answer"),
        t.gettext("Breakdown"),
        t.gettext("Group"),
        t.gettext("People asked"),
        t.gettext("People"),
        t.gettext("Share"),
        t.gettext("Countries"),
    )
    for breakdown, groups in sizes_in_order(release):
        for group, cell in groups.items():
            countries = release.countries.get(group) if breakdown == "region" else None
            yield (
                BookCell(t.gettext("Size of the group")),
                None,
                BookCell(labels.breakdown(breakdown)),
                BookCell(labels.group(breakdown, group)),
                BookCell(release.n, "count"),
                *_figures(labels, cell),
                BookCell(countries, "count") if countries is not None else None,
            )
    for table in release.about:
        for column in table.columns:
            for line, said in zip(table.lines, column.cells, strict=True):
                yield (
                    BookCell(names.get(table.code, table.code)),
                    BookCell(labels.line(table, line)) if table.code == "language" else None,
                    BookCell(labels.breakdown(column.breakdown)),
                    BookCell(labels.group(column.breakdown, column.group)),
                    _count(labels, column.base),
                    *_figures(labels, said),
                    None,
                )


def _question_sheets(labels: Labels) -> Iterator[Sheet]:
    by_question: dict[str, list[Table]] = {}
    for table in labels.release.tables:
        by_question.setdefault(table.question, []).append(table)
    for question, tables in by_question.items():
        wide = max(len(table.columns) for table in tables)
        widths = (12, 46, 34, 14, *(14 for _ in range(wide + 1)))
        yield Sheet(question, tuple(_question(labels, question, tables)), (4, KEYS), widths)


def _question(labels: Labels, code: str, tables: Sequence[Table]) -> Iterator[Row]:
    """The tables of a question below each other, under one head: the columns of all its tables are the same."""
    t = labels.t
    yield BookCell(code, "strong"), BookCell(labels.question_text(code), "strong")
    yield (BookCell(t.gettext("Sample data") if labels.release.facts.sample else ""),)
    columns = tables[0].columns
    upper = ["", "", "", "", *(labels.breakdown(each.breakdown) if each.breakdown != ALL else "" for each in columns)]
    yield _head(*upper, "")
    yield _head(
        t.gettext("Code"),
        t.gettext("Table"),
        t.gettext("Answer"),
        t.gettext("Figure"),
        *(labels.group(each.breakdown, each.group) for each in columns),
        t.gettext("If every region counted the same"),
    )
    for table in tables:
        yield from _table(labels, table)


def _table(labels: Labels, table: Table) -> Iterator[Row]:
    t = labels.t
    name = table_name(labels, table)
    asked = tuple(_count(labels, column.base) for column in table.columns)
    yield (
        BookCell(table.code),
        BookCell(name),
        BookCell(t.gettext("People asked")),
        BookCell(t.gettext("People")),
        *asked,
    )
    for place, line in enumerate(table.lines):
        said = BookCell(f"{table.code}.{line}"), BookCell(name), BookCell(labels.line(table, line))
        yield from _pair(labels, said, [column.cells[place] for column in table.columns], table.equal[place])
    for end, equal in (("top", table.equal_top), ("bottom", None)):
        together = [_end(column, end) for column in table.columns]
        if any(together):
            first, second = ends(labels, table)[1 if end == "top" else 0]
            words = t.gettext("“%(first)s” and “%(second)s” together", first=first, second=second)
            said = BookCell(table.code), BookCell(name), BookCell(words)
            yield from _pair(labels, said, together, equal)


def _end(column: ReleaseColumn, end: str) -> Cell | None:
    return column.top if end == "top" else column.bottom


def _pair(labels: Labels, said: tuple[BookCell, ...], cells: Sequence[Cell | None], equal: int | None) -> Iterator[Row]:
    """Two rows: people, and their shares."""
    t = labels.t
    yield *said, BookCell(t.gettext("People")), *(_count(labels, each.count if each else None) for each in cells)
    shares = tuple(_share(labels, each.share if each else None) for each in cells)
    beside = (BookCell(equal, "share"),) if equal is not None else ()
    yield *said, BookCell(t.gettext("Share")), *shares, *beside


def table_name(labels: Labels, table: Table) -> str:
    """What a table counts: the question or the row of a matrix, and for a ranking which places."""
    t, text = labels.t, labels.table_text(table)
    if table.measure == "first":
        return t.gettext("%(question)s First place", question=text)
    if table.measure == "places":
        return t.gettext("%(question)s Any place", question=text)
    if table.measure == "themes":
        return t.gettext("%(question)s Themes of the texts", question=text)
    return text


def _quotes(labels: Labels) -> Iterator[Row]:
    """Texts that a person cleared: the words in our language where there is a translation, else the original."""
    t = labels.t
    yield _head(
        t.gettext("Code"),
        t.gettext("Theme"),
        t.gettext("Age"),
        t.gettext("Region"),
        t.gettext("Language"),
        t.gettext("Text"),
    )
    for quote in labels.release.quotes:
        language = t.language if t.language in quote.words else quote.language
        yield (
            BookCell(quote.question),
            BookCell(labels.theme(quote.question, quote.theme)),
            BookCell(labels.group("age", quote.age)) if quote.age else None,
            BookCell(labels.group("region", quote.region)) if quote.region else None,
            BookCell(t.language_name(language)),
            BookCell(quote.words[language]),
        )


def _previous(labels: Labels) -> Iterator[Row]:
    """Everybody's figures of the round before, for the questions that were put in the same words."""
    t, previous = labels.t, labels.release.previous
    yield _head(
        t.gettext("Code"),
        t.gettext("Table"),
        t.gettext("Answer"),
        t.gettext("People asked"),
        t.gettext("People"),
        t.gettext("Share"),
    )
    for table in previous.tables if previous else ():
        for line, cell in zip(table.lines, table.total.cells, strict=True):
            yield (
                BookCell(f"{table.code}.{line}"),
                BookCell(table_name(labels, table)),
                BookCell(labels.line(table, line)),
                _count(labels, table.total.base),
                *_figures(labels, cell),
            )


def _codebook(labels: Labels) -> Iterator[Row]:
    """Every question with its choices; of whom it was asked; what the codes mean."""
    t = labels.t
    codebook: Codebook = codebook_of(labels.release)
    yield _head(
        t.gettext("Code"),
        t.gettext("Section"),
        t.gettext("Text"),
        t.gettext("How it could be answered"),
        t.gettext("Asked if"),
        t.gettext("Asked if, as written"),
        t.gettext("Sensitive"),
        t.gettext("Indicator"),
    )
    for entry in codebook.entries:
        yield _entry(labels, entry)
        for option in codebook.options:
            if option.question == entry.code:
                note = labels.no_answer() if option.no_answer else ""
                yield BookCell(option.code), None, BookCell(labels.text(option.label)), BookCell(note)


def _entry(labels: Labels, entry: Entry) -> Row:
    t = labels.t
    return (
        BookCell(entry.code, "strong"),
        BookCell(labels.text(labels.document.sections_by_name[entry.section].title)),
        BookCell(labels.text(entry.label), "strong"),
        BookCell(entry.manner[t.language]),
        BookCell(entry.asked_if_words[t.language] or (t.gettext("Always.") if not entry.asked_if else "")),
        BookCell(entry.asked_if),
        BookCell(t.gettext("Yes") if entry.sensitive else ""),
        BookCell(entry.indicator),
    )
