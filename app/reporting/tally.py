"""Counting: columns of a snapshot in, numbers out. Pure, and exact: nothing here may be published as it is.

Each question gives one or more tables. A table has lines (what was answered) and columns (everybody, then each group of
each breakdown), the number asked in each column, and a count for each line and column. Lines either divide those asked
(`counts.DIVIDING`: every person stands in exactly one line) or are separate yes-or-no counts.

- One choice, a scale, a row of a matrix: a line for each choice and `none`, which joins 97, 98 and blank.
- Several choices: a yes-or-no line for each choice, and `none` for those who chose nothing, 97 or 98.
- A ranking: a dividing table of first places, and a yes-or-no table of having any place.
- A whole number: lines are bands laid down from the question alone, never from what was answered (`counts.bands`).
- An open answer: one yes-or-no line, the number of texts.

Everything is first counted by profile (the joint value of all breakdowns that occurs) in one pass over the rows, then
added up; disclosure control works on the same profiles.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.questionnaire.document import Document
from app.questionnaire.kinds import ESCAPES, Integer, Matrix, Multiple, Question, Ranking, Single, Text
from app.reporting.counts import EVERYBODY, TEXTS, YES, CountTable, band_name, bands, condition_of
from app.reporting.groups import BEHIND, COUNTRY_ROWS, MINORS, NONE, REST, groups_of
from app.reporting.snapshot import answered_column, asked_column


@dataclass(frozen=True)
class Part:
    """The counts of one table by profile: `asked[profile]` and `lines[line, profile]`, people. `known` of `lines` are
    quoted, so that everybody knows of them."""

    asked: NDArray[np.int64]
    lines: NDArray[np.int64]
    known: NDArray[np.int64] | None = None

    def least(self) -> NDArray[np.int64]:
        """How many there are at least, as everybody knows."""
        return np.zeros_like(self.lines) if self.known is None else self.known


@dataclass(frozen=True)
class Profiles:
    """The joint values of all breakdowns that occur: `members[profile]` is the group in each of `breakdowns`, and
    `sizes[profile]` how many people there are."""

    breakdowns: tuple[str, ...]
    members: tuple[tuple[str, ...], ...]
    sizes: NDArray[np.int64]


@dataclass(frozen=True)
class Tally:
    """All counts of a snapshot. `sizes` are people in each group, `countries` different countries in each region.

    `about` says who took part (languages; under 18 and rural, by region), `tables` what was answered. `parts` are the
    same counts by profile, by key of the table.
    """

    n: int
    sizes: Mapping[str, Mapping[str, int]]
    countries: Mapping[str, frozenset[str]]
    about: tuple[CountTable, ...]
    tables: tuple[CountTable, ...]
    profiles: Profiles
    parts: Mapping[str, Part] = field(repr=False)


@dataclass(frozen=True)
class _Lines:
    """How one table is counted: a column with the line's name in it, or a yes-or-no column for each line."""

    code: str
    measure: str
    names: tuple[str, ...]
    line: pl.Expr | None = None
    flags: tuple[pl.Expr, ...] = ()


def tally(frame: pl.DataFrame, document: Document, k_country: int = 50, *, also: Collection[str] = ()) -> Tally:
    """Every table of the plan. `frame` is a snapshot of this document. Indicators are counted by country as well, for
    countries from which `k_country` people or more answered, and for those of `also`, which had rows before."""
    groups = dict(groups_of(document))
    rows = tuple(sorted({*_country_rows(frame, k_country), *also})) if "region" in groups else ()
    counter = _Counter(frame, groups, rows)
    for section in document.sections:
        for question in section.questions:
            if question.code in BEHIND.values():
                continue
            planned = [each for each in groups if each in question.breakdowns]
            if rows and question.indicator and "region" in planned:
                planned.append(COUNTRY_ROWS)
            condition = condition_of(section, question)
            asked = pl.col(asked_column(question.code)) if question.answered else pl.lit(value=True)
            for lines in _lines_of(question):
                counter.count(lines, planned, asked, question, condition)
    tables, counter.tables = tuple(counter.tables), []
    _about(counter, frame)
    return Tally(
        n=frame.height,
        sizes={
            each: {group: counter.sizes.get((each, group), 0) for group in names if group != REST}
            for each, names in counter.groups.items()
        },
        countries=_countries(frame, document),
        about=tuple(counter.tables),
        tables=tables,
        profiles=counter.profiles,
        parts=counter.parts,
    )


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


class _Counter:
    """Counts by profile and adds up by column. Profiles are numbered in the order of their groups."""

    def __init__(self, frame: pl.DataFrame, groups: Mapping[str, tuple[str, ...]], rows: tuple[str, ...]) -> None:
        self.groups = {**groups, COUNTRY_ROWS: (*rows, REST)} if rows else dict(groups)
        code = pl.lit(0, dtype=pl.UInt32)
        for breakdown, names in self.groups.items():
            code = code * len(names) + self._place(breakdown, names)
        coded = frame.with_columns(code.alias("code"))
        there = coded.group_by("code").len().sort("code")
        numbers = there["code"].to_list()
        self.profiles = Profiles(
            tuple(self.groups),
            tuple(self._members(number) for number in numbers),
            there["len"].cast(pl.Int64).to_numpy(),
        )
        places = pl.DataFrame(
            {"code": there["code"], "profile": range(len(numbers))}, schema_overrides={"profile": pl.UInt32}
        )
        self._frame = coded.join(places, on="code", how="left", maintain_order="left")
        self._columns = {
            (breakdown, group): np.array([member[place] == group for member in self.profiles.members], dtype=bool)
            for place, (breakdown, names) in enumerate(self.groups.items())
            for group in names
            if group != REST
        } | {EVERYBODY: np.ones(len(numbers), dtype=bool)}
        self.sizes = {column: int(self.profiles.sizes[mask].sum()) for column, mask in self._columns.items()}
        self.tables: list[CountTable] = []
        self.parts: dict[str, Part] = {}

    def count(
        self,
        lines: _Lines,
        breakdowns: Sequence[str],
        asked: pl.Expr,
        question: Question | None = None,
        condition: str = "",
    ) -> None:
        """One table of those who were asked."""
        part = self._part(self._frame.filter(asked) if condition else self._frame, lines)
        columns = (EVERYBODY, *(column for column in self._columns if column[0] in breakdowns))
        table = CountTable(
            code=lines.code,
            question=question.code if question else "",
            measure=lines.measure,
            lines=lines.names,
            columns=columns,
            bases=tuple(int(part.asked[self._columns[column]].sum()) for column in columns),
            counts=tuple(
                tuple(int(count) for count in part.lines[:, self._columns[column]].sum(axis=1)) for column in columns
            ),
            sensitive=question.sensitive if question else False,
            condition=condition,
        )
        self.tables.append(table)
        self.parts[table.key] = part

    def _part(self, frame: pl.DataFrame, lines: _Lines) -> Part:
        asked = np.zeros(len(self.profiles.members), dtype=np.int64)
        counts = np.zeros((len(lines.names), len(asked)), dtype=np.int64)
        for profile, size in frame.group_by("profile").len().iter_rows():
            asked[profile] = size
        if lines.line is not None:
            place = {name: number for number, name in enumerate(lines.names)}
            for profile, name, size in frame.group_by("profile", lines.line.alias("line")).len().iter_rows():
                counts[place[name], profile] = size
        else:
            flags = [flag.sum().alias(name) for name, flag in zip(lines.names, lines.flags, strict=True)]
            for profile, *yes in frame.group_by("profile").agg(flags).iter_rows():
                counts[:, profile] = yes
        return Part(asked, counts)

    def _place(self, breakdown: str, names: tuple[str, ...]) -> pl.Expr:
        if breakdown != COUNTRY_ROWS:
            return pl.col(breakdown).to_physical().cast(pl.UInt32)
        country = pl.col(BEHIND["region"]).cast(pl.String)
        numbered = {name: number for number, name in enumerate(names)}
        return country.replace_strict(numbered, default=numbered[REST], return_dtype=pl.UInt32).fill_null(
            numbered[REST]
        )

    def _members(self, number: int) -> tuple[str, ...]:
        found = []
        for names in reversed(self.groups.values()):
            number, place = divmod(number, len(names))
            found.append(names[place])
        return tuple(reversed(found))


def _about(counter: _Counter, frame: pl.DataFrame) -> None:
    everybody = pl.lit(value=True)
    languages = tuple(frame.schema["language"].categories)  # type: ignore[attr-defined]
    counter.count(_Lines("language", "choice", languages, pl.col("language").cast(pl.String)), (), everybody)
    for code, breakdown, wanted in (("under_18", "age", sorted(MINORS)), ("rural", "settlement", ["rural"])):
        if breakdown in counter.groups:
            flag = pl.col(breakdown).cast(pl.String).is_in(wanted)
            counter.count(_Lines(code, "share", (YES,), flags=(flag,)), ("region",), everybody)


def _country_rows(frame: pl.DataFrame, k_country: int) -> tuple[str, ...]:
    """The countries with rows of their own, by code."""
    named = frame.filter(pl.col("region") != NONE).group_by(BEHIND["region"]).len().filter(pl.col("len") >= k_country)
    return tuple(str(country) for country in named[BEHIND["region"]])


def _countries(frame: pl.DataFrame, document: Document) -> Mapping[str, frozenset[str]]:
    """The countries in each region from which answers came."""
    if "region" not in groups_of(document):
        return {}
    named = frame.filter(pl.col("region") != NONE)
    found: dict[str, set[str]] = {}
    for region, country in named.select("region", BEHIND["region"]).unique().iter_rows():
        found.setdefault(region, set()).add(country)
    return {region: frozenset(found[region]) for region in sorted(found)}
