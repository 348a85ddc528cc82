"""What a release does not show, and what it would take to show it: keys and numbers, no words. Pure.

All of it is worked out from the release alone, so it cannot tell what the release does not: why a single figure is
missing is known to nobody who reads it (docs/decisions/0020-what-the-report-may-tell.md).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.questionnaire.document import Document
from app.questionnaire.stored import document_from_json
from app.reporting.comparison import compare
from app.reporting.counts import THEMES, asked_key, condition_of, wrote_to
from app.reporting.disclosure import Parameters
from app.reporting.groups import ALL, BREAKDOWNS, COUNTRY_ROWS, NONE, REGIONS
from app.reporting.release import Release, ReleaseColumn, Table


@dataclass(frozen=True)
class Count:
    """So many figures; of these so many are not shown, of these so many stand where nobody was asked, and so many bear
    a certificate."""

    figures: int = 0
    hidden: int = 0
    nobody: int = 0
    proved: int = 0

    @property
    def whole(self) -> bool:
        """Nothing is shown, though somebody was asked."""
        return self.hidden == self.figures > self.nobody

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.figures + other.figures,
            self.hidden + other.hidden,
            self.nobody + other.nobody,
            self.proved + other.proved,
        )


@dataclass(frozen=True)
class Part:
    """A table by one breakdown; ALL is everybody together.

    `groups`: those whose number of people asked is not shown. `lines`: answers shown in no group, where others are.
    """

    breakdown: str
    count: Count
    groups: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lack:
    """What is not shown of one table.

    `enough` people would have to be asked in each group for the rarest answer that is shown for everybody to reach
    `k_cell` there, if all groups answered as everybody did; None where that cannot be said or nothing is missing.
    """

    table: Table
    parts: tuple[Part, ...]
    enough: int | None = None

    @cached_property
    def count(self) -> Count:
        return sum((part.count for part in self.parts), Count())

    def by(self, breakdown: str) -> Part | None:
        return next((part for part in self.parts if part.breakdown == breakdown), None)


@dataclass(frozen=True)
class Together:
    """Groups that are published as one, with `people` in it, rounded."""

    breakdown: str
    groups: tuple[str, ...]
    people: int


@dataclass(frozen=True)
class Means:
    """Lines for which a mean of the regions was planned: so many are given, or lost because regions were taken
    together, because a region's share is not shown, or because answers came from no two regions."""

    given: int = 0
    together: int = 0
    hidden: int = 0
    too_few: int = 0


@dataclass(frozen=True)
class Before:
    """Shares that stand in both rounds, or are lost because this round or the one before does not show them. `without`:
    tables of which the release has none of the round before, since they were not put alike, or not at all."""

    both: int
    hidden_now: int
    hidden_before: int
    without: int


@dataclass(frozen=True)
class NotShown:
    """The whole report.

    `tables` are those of who took part, then those of the questions. `asked` counts the numbers of people asked, where
    not all were. `single`: breakdowns of which all people stand in one group. `empty` are groups in which there is
    nobody, `smallest` the people in the smallest of the others, rounded. `countries` answered, `rows` of them have rows
    of their own; None where none could.
    """

    n: int
    rules: Parameters
    tables: tuple[Lack, ...]
    asked: Count
    together: tuple[Together, ...]
    empty: tuple[tuple[str, tuple[str, ...]], ...]
    single: tuple[str, ...]
    countries: int
    rows: int | None
    means: Means
    before: Before | None
    quotes: int
    quotes_alone: int
    certified: bool
    smallest: tuple[tuple[str, int], ...]

    @cached_property
    def count(self) -> Count:
        return sum((each.count for each in self.tables), Count())

    @property
    def alone_from(self) -> int:
        """As many more people are enough for any group to stand alone, however few it has now."""
        return _rounded_up(self.rules.k_group, self.rules.base_step)

    def breakdowns(self) -> Iterator[tuple[str, int, int, Count]]:
        """Each breakdown with its tables, those of which it shows nothing, and its figures."""
        for name in (ALL, *BREAKDOWNS, COUNTRY_ROWS):
            parts = [part for each in self.tables if (part := each.by(name))]
            if parts:
                yield (
                    name,
                    len(parts),
                    sum(part.count.whole for part in parts),
                    sum((part.count for part in parts), Count()),
                )


def not_shown(release: Release) -> NotShown:
    """What is not shown of this release."""
    document, rules = document_from_json(release.questionnaire), release.parameters
    proved = {(each.table, each.breakdown, each.group, each.line) for each in release.certificates}
    tables = (*release.about, *release.tables)
    sizes = release.sizes
    return NotShown(
        n=release.n,
        rules=rules,
        tables=tuple(_lack(table, proved, rules) for table in tables),
        asked=_asked(tables, document, proved),
        together=tuple(
            Together(breakdown, tuple(group.split("+")), cell.count)
            for breakdown in BREAKDOWNS
            for group, cell in sizes.get(breakdown, {}).items()
            if "+" in group
        ),
        empty=tuple(
            (breakdown, groups)
            for breakdown in BREAKDOWNS
            if (groups := tuple(group for group, cell in sizes.get(breakdown, {}).items() if not cell.count))
        ),
        single=tuple(
            breakdown
            for breakdown in BREAKDOWNS
            if breakdown in sizes and sum(bool(cell.count) for cell in sizes[breakdown].values()) == 1
        ),
        countries=release.countries.get(ALL, 0),
        rows=len(sizes.get(COUNTRY_ROWS, {})) if _has_country_rows(document) else None,
        means=_means(release.tables, document),
        before=_before(release) if release.previous else None,
        quotes=len(release.quotes),
        quotes_alone=sum(quote.age is None and quote.region is None for quote in release.quotes),
        certified=bool(release.certificates),
        smallest=tuple(
            (breakdown, min(people))
            for breakdown in BREAKDOWNS
            if (people := [cell.count for cell in sizes.get(breakdown, {}).values() if cell.count])
        ),
    )


Proved = set[tuple[str, str, str, str]]


def _lack(table: Table, proved: Proved, rules: Parameters) -> Lack:
    parts = tuple(_part(table, breakdown, proved) for breakdown in (ALL, *table.breakdowns))
    missing = any(part.breakdown != ALL and part.count.hidden > part.count.nobody for part in parts)
    return Lack(table, parts, _enough(table, rules) if missing else None)


def _part(table: Table, breakdown: str, proved: Proved) -> Part:
    columns = table.by(breakdown)
    count = _count(table, columns, proved)
    asked = [column for column in columns if column.base != 0]
    lines = tuple(
        line
        for place, line in enumerate(table.lines)
        if asked and not count.whole and all(column.cells[place] is None for column in asked)
    )
    return Part(breakdown, count, tuple(column.group for column in columns if column.base is None), lines)


def _count(table: Table, columns: Sequence[ReleaseColumn], proved: Proved) -> Count:
    hidden = [
        (column, line)
        for column in columns
        for line, cell in zip(table.lines, column.cells, strict=True)
        if cell is None
    ]
    return Count(
        figures=len(columns) * len(table.lines),
        hidden=len(hidden),
        nobody=sum(column.base == 0 for column, _ in hidden),
        proved=sum((table.key, column.breakdown, column.group, line) in proved for column, line in hidden),
    )


def _enough(table: Table, rules: Parameters) -> int | None:
    base = table.total.base
    shown = [cell.count for cell in table.total.cells if cell is not None]
    rare = [min(count, base - count) for count in shown if 0 < count < base] if base else []
    if not rare or base is None:
        return None
    needed = max(-(-rules.k_cell * base // min(rare)), rules.k_group)
    return _rounded_up(needed, rules.base_step)


def _rounded_up(people: int, step: int) -> int:
    return -(-people // step) * step


def _asked(tables: Sequence[Table], document: Document, proved: Proved) -> Count:
    """Numbers of people asked, each once however many tables have it."""
    found: dict[tuple[str, str, str, str], int | None] = {}
    for table in tables:
        if table.question and not table.everybody:
            key = _asked_key(table, document)
            found |= {(key, column.breakdown, column.group, ""): column.base for column in table.columns}
    hidden = {number for number, base in found.items() if base is None}
    return Count(len(found), len(hidden), 0, len(hidden & proved))


def _asked_key(table: Table, document: Document) -> str:
    if table.measure == THEMES:
        return asked_key(wrote_to(table.code))
    question = document.questions[table.question]
    return asked_key(condition_of(document.section_of(question.code), question))


def _has_country_rows(document: Document) -> bool:
    return any(question.indicator and "region" in question.breakdowns for question in document.questions.values())


def _means(tables: Sequence[Table], document: Document) -> Means:
    found = {"given": 0, "together": 0, "hidden": 0, "too_few": 0}
    for table in tables:
        if "region" not in document.questions[table.question].breakdowns:
            continue
        regions = [column.group for column in table.by("region") if column.group != NONE and column.base != 0]
        for equal in table.equal:
            if equal is not None:
                found["given"] += 1
            elif any(group not in REGIONS for group in regions):
                found["together"] += 1
            else:
                found["too_few" if len(regions) < len(("one", "another")) else "hidden"] += 1
    return Means(**found)


def _before(release: Release) -> Before:
    compared = [compare(release, table) for table in release.tables]
    lines = [line for each in compared if each is not None for line in each.lines]
    return Before(
        both=sum(line.now is not None and line.before is not None for line in lines),
        hidden_now=sum(line.now is None for line in lines),
        hidden_before=sum(line.now is not None and line.before is None for line in lines),
        without=sum(each is None for each in compared),
    )
