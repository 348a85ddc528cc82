"""Counting: columns of a snapshot in, numbers out. Pure, and exact: nothing here may be published as it is.

Each question gives one or more tables. A table has lines (what was answered) and columns (everybody, then each group of
each breakdown), the number asked in each column, and a count for each line and column. Lines either divide those asked
(`DIVIDING`: every person stands in exactly one line) or are separate yes-or-no counts.

- One choice, a scale, a row of a matrix: a line for each choice and `none`, which joins 97, 98 and blank.
- Several choices: a yes-or-no line for each choice, and `none` for those who chose nothing, 97 or 98.
- A ranking: a dividing table of first places, and a yes-or-no table of having any place.
- A whole number: lines are bands laid down from the question alone, never from what was answered (`bands`).
- An open answer: one yes-or-no line, the number of texts.

Everything is first counted by profile (the joint value of all breakdowns that occurs) in one pass over the rows, then
added up; disclosure control may later work on the same profiles.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from app.questionnaire.document import Document, Section
from app.questionnaire.kinds import ESCAPES, Integer, Matrix, Multiple, Question, Ranking, Single, Text
from app.questionnaire.relevance import both
from app.reporting.groups import ALL, BEHIND, MINORS, NONE, groups_of
from app.reporting.snapshot import answered_column, asked_column

Column = tuple[str, str]
"""A breakdown and one of its groups; ("all", "all") is everybody."""

EVERYBODY: Column = (ALL, ALL)
#: Measures whose lines divide those who were asked.
DIVIDING = frozenset({"choice", "first", "values"})
TEXTS = "texts"
YES = "yes"

#: Bands of a whole number that has no upper end, by where they begin.
OPEN_ENDED = (0, 1, 2, 3, 5, 10, 20, 50, 100)
MOST_BANDS = 10


@dataclass(frozen=True)
class CountTable:
    """Exact counts. `counts[column][line]`, `bases[column]` people asked; `condition` says of whom it was asked,
    "" of all. `measure` is choice, options, first, places, values, texts or share."""

    code: str
    question: str
    measure: str
    lines: tuple[str, ...]
    columns: tuple[Column, ...]
    bases: tuple[int, ...]
    counts: tuple[tuple[int, ...], ...]
    sensitive: bool = False
    condition: str = ""

    @property
    def key(self) -> str:
        return f"{self.code} {self.measure}"

    @property
    def dividing(self) -> bool:
        return self.measure in DIVIDING


@dataclass(frozen=True)
class Tally:
    """All counts of a snapshot. `sizes` are people in each group, `countries` different countries in each region.

    `about` says who took part (languages; under 18 and rural, by region), `tables` what was answered.
    """

    n: int
    sizes: Mapping[str, Mapping[str, int]]
    countries: Mapping[str, frozenset[str]]
    about: tuple[CountTable, ...]
    tables: tuple[CountTable, ...]


@dataclass(frozen=True)
class _Lines:
    """How one table is counted: a column with the line's name in it, or a yes-or-no column for each line."""

    code: str
    measure: str
    names: tuple[str, ...]
    line: pl.Expr | None = None
    flags: tuple[pl.Expr, ...] = ()


def tally(frame: pl.DataFrame, document: Document) -> Tally:
    """Every table of the plan. `frame` is a snapshot of this document."""
    groups = groups_of(document)
    profiles = _Profiles(groups)
    frame = frame.with_columns(profiles.expression.alias("profile"))
    sizes = profiles.add_up(dict(frame.group_by("profile").len().iter_rows()), tuple(groups))
    tables = []
    for section in document.sections:
        for question in section.questions:
            if question.code in BEHIND.values():
                continue
            breakdowns = tuple(each for each in groups if each in question.breakdowns)
            condition = condition_of(section, question)
            asked = frame.filter(pl.col(asked_column(question.code))) if question.answered else frame
            for lines in _lines_of(question):
                table = _count(asked, lines, profiles, breakdowns)
                tables.append(replace(table, question=question.code, sensitive=question.sensitive, condition=condition))
    return Tally(
        n=frame.height,
        sizes={each: {group: sizes.get((each, group), 0) for group in groups[each]} for each in groups},
        countries=_countries(frame, document),
        about=tuple(_about(frame, profiles, groups)),
        tables=tuple(tables),
    )


def condition_of(section: Section, question: Question) -> str:
    """The condition under which a question is asked, "" when it is always."""
    condition = both(section.relevant, question.relevant)
    return condition.source if condition else ""


def bands(question: Integer) -> tuple[tuple[int, int | None], ...]:
    """First and last number of each band; a last of None has no end.

    Between two ends: single numbers when there are at most ten, else bands of equal width, at most ten. Otherwise from
    the lower end (0 when there is none; what is less falls into the first band) in growing steps.
    """
    first = question.minimum if question.minimum is not None else 0
    if question.maximum is not None and question.maximum >= first:
        width = -(-(question.maximum - first + 1) // MOST_BANDS)
        starts = range(first, question.maximum + 1, width)
        return tuple((start, min(start + width - 1, question.maximum)) for start in starts)
    starts_open = [first + step for step in OPEN_ENDED]
    ends = [*(start - 1 for start in starts_open[1:]), None]
    return tuple(zip(starts_open, ends, strict=True))


def band_name(band: tuple[int, int | None]) -> str:
    """`3`, `4-6` or `100+`."""
    first, last = band
    if last is None:
        return f"{first}+"
    return str(first) if first == last else f"{first}-{last}"


def _lines_of(question: Question) -> Iterator[_Lines]:
    match question:
        case Matrix():
            names = _said(question)
            for code in question.fields:
                yield _Lines(code, "choice", (*names, NONE), _line(code, names))
        case Ranking():
            names = _said(question)
            first, *_ = question.fields
            yield _Lines(question.code, "first", (*names, NONE), _line(first, names))
            somewhere = tuple(
                pl.any_horizontal(*((pl.col(place) == name).fill_null(value=False) for place in question.fields))
                for name in names
            )
            yield _Lines(question.code, "places", (*names, NONE), flags=(*somewhere, _nothing(*somewhere)))
        case Multiple():
            names = _said(question)
            chosen = tuple(pl.col(f"{question.code}.{name}") for name in names)
            yield _Lines(question.code, "options", (*names, NONE), flags=(*chosen, _nothing(*chosen)))
        case Single():
            names = _said(question)
            yield _Lines(question.code, "choice", (*names, NONE), _line(question.code, names))
        case Integer():
            laid = bands(question)
            number = pl.col(question.code)
            line: Any = pl.when(number.is_null()).then(pl.lit(NONE))
            for band in laid[:-1]:
                line = line.when(number <= band[1]).then(pl.lit(band_name(band)))
            names = tuple(band_name(band) for band in laid)
            yield _Lines(question.code, "values", (*names, NONE), line.otherwise(pl.lit(names[-1])))
        case Text():
            yield _Lines(question.code, TEXTS, (YES,), flags=(pl.col(answered_column(question.code)),))


def _said(question: Single | Multiple | Ranking | Matrix) -> tuple[str, ...]:
    return tuple(choice.name for choice in question.choices if choice.name not in ESCAPES)


def _line(column: str, names: Sequence[str]) -> pl.Expr:
    said = pl.col(column).cast(pl.String)
    return pl.when(said.is_in(list(names))).then(said).otherwise(pl.lit(NONE))


def _nothing(*chosen: pl.Expr) -> pl.Expr:
    return ~pl.any_horizontal(*chosen)


class _Profiles:
    """Numbers the joint values of all breakdowns, and adds counts by profile up to counts by column."""

    def __init__(self, groups: Mapping[str, tuple[str, ...]]) -> None:
        self._groups = groups
        self.expression: pl.Expr = pl.lit(0, dtype=pl.UInt32)
        for breakdown, names in groups.items():
            self.expression = self.expression * len(names) + pl.col(breakdown).to_physical().cast(pl.UInt32)

    def columns(self, breakdowns: Sequence[str]) -> tuple[Column, ...]:
        return (EVERYBODY, *((each, group) for each in breakdowns for group in self._groups[each]))

    def add_up(self, counts: Mapping[int, int], breakdowns: Sequence[str]) -> dict[Column, int]:
        """Counts by profile, added up by column. A column in which nobody stands is absent."""
        added: dict[Column, int] = {}
        for profile, count in counts.items():
            for column in (EVERYBODY, *(each for each in self._members(profile) if each[0] in breakdowns)):
                added[column] = added.get(column, 0) + count
        return added

    def _members(self, profile: int) -> Iterator[Column]:
        for breakdown, names in reversed(tuple(self._groups.items())):
            profile, place = divmod(profile, len(names))
            yield breakdown, names[place]


def _count(frame: pl.DataFrame, lines: _Lines, profiles: _Profiles, breakdowns: Sequence[str]) -> CountTable:
    """One table of the rows of `frame`, which are those who were asked."""
    by_line: dict[str, dict[int, int]] = {name: {} for name in lines.names}
    if lines.line is not None:
        counted = frame.group_by("profile", lines.line.alias("line")).len()
        for profile, name, count in counted.iter_rows():
            by_line[name][profile] = count
    else:
        flags = [flag.sum().alias(name) for name, flag in zip(lines.names, lines.flags, strict=True)]
        for profile, *yes in frame.group_by("profile").agg(flags).iter_rows():
            for name, count in zip(lines.names, yes, strict=True):
                by_line[name][profile] = count
    bases = profiles.add_up(dict(frame.group_by("profile").len().iter_rows()), breakdowns)
    added = {name: profiles.add_up(counts, breakdowns) for name, counts in by_line.items()}
    columns = profiles.columns(breakdowns)
    return CountTable(
        code=lines.code,
        question="",
        measure=lines.measure,
        lines=lines.names,
        columns=columns,
        bases=tuple(bases.get(column, 0) for column in columns),
        counts=tuple(tuple(added[name].get(column, 0) for name in lines.names) for column in columns),
    )


def _about(frame: pl.DataFrame, profiles: _Profiles, groups: Mapping[str, Any]) -> Iterator[CountTable]:
    languages = tuple(frame.schema["language"].categories)  # type: ignore[attr-defined]
    yield _count(frame, _Lines("language", "choice", languages, pl.col("language").cast(pl.String)), profiles, ())
    by_region = tuple(each for each in groups if each == "region")
    for code, breakdown, wanted in (("under_18", "age", sorted(MINORS)), ("rural", "settlement", ["rural"])):
        if breakdown in groups:
            flag = pl.col(breakdown).cast(pl.String).is_in(wanted)
            yield _count(frame, _Lines(code, "share", (YES,), flags=(flag,)), profiles, by_region)


def _countries(frame: pl.DataFrame, document: Document) -> Mapping[str, frozenset[str]]:
    """The countries in each region from which answers came."""
    if "region" not in groups_of(document):
        return {}
    named = frame.filter(pl.col("region") != NONE)
    found: dict[str, set[str]] = {}
    for region, country in named.select("region", BEHIND["region"]).unique().iter_rows():
        found.setdefault(region, set()).add(country)
    return {region: frozenset(found[region]) for region in sorted(found)}
