"""What a reader who has everything that is published could still believe: programmes whose solutions are data sets that
give every published figure exactly. Pure.

Two sizes: one table, with the number asked in each profile as it is (`TableModel`), and a whole block, in which those
asked move as well (`BlockModel`). Profiles keep their sizes in both: the reader may know these. The reader also knows
the rules: a shown count is 0 or at least `k_cell`, and so is the rest of those asked.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.questionnaire.kinds import Multiple, Question, Ranking
from app.reporting.blocks import Block
from app.reporting.disclosure import Parameters, asked_between, count_between
from app.reporting.groups import NONE
from app.reporting.programme import FREE, Counts, Programme, Terms
from app.reporting.tally import Column, CountTable, Part

Number = tuple[str, str, str, str]
"""A count: key of its table, breakdown, group, line. With the key `asked …` and no line: how many were asked."""
Masks = Mapping[Column, NDArray[np.bool_]]


def asked_key(condition: str) -> str:
    return f"asked {condition}"


@dataclass(frozen=True)
class Look:
    """The rules of one table: which lines exclude others, and how many may be chosen."""

    exclusive: frozenset[str] = frozenset()
    most: int = 0


def look_of(question: Question | None, lines: Sequence[str]) -> Look:
    if isinstance(question, Multiple):
        most = question.max_choices or len(lines)
        return Look(frozenset(question.alone) & frozenset(lines), most)
    if isinstance(question, Ranking):
        return Look(frozenset(), question.places)
    return Look()


def shown_between(count: int, base: int, parameters: Parameters, *, sensitive: bool = False) -> tuple[int, int]:
    """The least and the greatest count that is printed like this one, of a base that is known."""
    if not base or count == base:
        return base, base
    least, most = count_between(count, parameters)
    return least, min(most, base - parameters.k_cell if count else 0, base - 1 if sensitive else base)


class TableModel:
    """Data sets that differ from the true one in one table only, with everybody asked who was asked.

    A table whose lines divide is one programme. In the others each line has one of its own, between what the other
    lines leave to it. `kept` are lines whose sum stays as it is in every profile, since other questions hang on it.
    """

    def __init__(
        self,
        table: CountTable,
        part: Part,
        masks: Masks,
        parameters: Parameters,
        look: Look,
        *,
        unpublished: Iterable[Column] = (),
        kept: Iterable[tuple[str, ...]] = (),
        at_most: NDArray[np.int64] | None = None,
        fixed_total: bool = False,
    ) -> None:
        self.table = table
        self._columns = (*table.columns, *unpublished)
        marks = np.array([masks[column] for column in self._columns], dtype=bool)
        different, where = np.unique(marks, axis=1, return_inverse=True)
        self._in = {column: np.flatnonzero(different[place]) for place, column in enumerate(self._columns)}
        size = different.shape[1]
        self._asked = _gathered(part.asked, where, size)
        self._lines = np.array([_gathered(line, where, size) for line in part.lines])
        self._place = {line: place for place, line in enumerate(table.lines)}
        self._parameters, self._look, self._kept, self._fixed_total = parameters, look, tuple(kept), fixed_total
        self._at_most = None if at_most is None else np.array([_gathered(line, where, size) for line in at_most])
        self._programmes: dict[str, Programme] = {}
        self._together: tuple[Programme, dict[str, NDArray[np.int64]]] | None = None
        self._variables: dict[str, NDArray[np.int64]] = {}

    def base(self, column: Column) -> int:
        return int(self._asked[self._in[column]].sum())

    def count(self, column: Column, line: str) -> int:
        return int(self._lines[self._place[line], self._in[column]].sum())

    def columns(self) -> tuple[Column, ...]:
        return self._columns

    def programme_of(self, line: str) -> Programme:
        name = "" if self.table.dividing else line
        if name not in self._programmes:
            self._programmes[name] = self._divided() if self.table.dividing else self._alone(line)
        return self._programmes[name]

    def terms(self, column: Column, line: str) -> Terms:
        """The count as a sum of variables of its line's programme."""
        self.programme_of(line)
        return Terms.of(self._variables[line][self._in[column]])

    def _divided(self) -> Programme:
        programme, table = Programme(), self.table
        for place, line in enumerate(table.lines):
            most = self._asked if self._at_most is None or line == NONE else self._at_most[place]
            true = self._lines[place]
            self._variables[line] = programme.variables(np.zeros_like(self._asked), np.minimum(most, self._asked), true)
        kept = self._kept or (table.lines,)
        for profile in range(len(self._asked)):
            for lines in kept:
                total = int(sum(self._lines[self._place[line], profile] for line in lines))
                places = np.array([self._variables[line][profile] for line in lines])
                programme.keep(Terms.of(places), total, total)
        for line in table.lines:
            self._keep_shown(programme, line, self._variables[line])
        return programme

    def _alone(self, line: str) -> Programme:
        programme = Programme()
        self._variables[line] = programme.variables(*self._left_to(line), self._lines[self._place[line]])
        self._keep_shown(programme, line, self._variables[line])
        if self._fixed_total:
            total = int(self._lines[self._place[line]].sum())
            programme.keep(Terms.of(self._variables[line]), total, total)
        return programme

    def together(self) -> tuple[Programme, dict[str, NDArray[np.int64]]]:
        """All lines of a table that do not divide at once, with the variables of each by profile."""
        if self._together is None:
            programme = Programme()
            own: dict[str, NDArray[np.int64]] = {}
            for place, line in enumerate(self.table.lines):
                kept = any(line in lines for lines in self._kept)
                counts = self._lines[place]
                own[line] = programme.variables(
                    counts if kept else np.zeros_like(self._asked), counts if kept else self._asked, counts
                )
            for profile, asked in enumerate(self._asked):
                _keep_chosen(programme, self.table.lines, self._look, _at(own, profile), None, int(asked))
                if self._at_most is not None:
                    for place, line in enumerate(self.table.lines):
                        if line != NONE:
                            programme.keep(Terms.of(own[line][[profile]]), int(self._at_most[place, profile]), FREE)
            for line in self.table.lines:
                self._keep_shown(programme, line, own[line])
            if self._fixed_total:
                for place, line in enumerate(self.table.lines):
                    total = int(self._lines[place].sum())
                    programme.keep(Terms.of(own[line]), total, total)
            self._together = programme, own
        return self._together

    def terms_together(self, column: Column, line: str) -> Terms:
        """The count as a sum of variables of `together`."""
        return Terms.of(self.together()[1][line][self._in[column]])

    def _left_to(self, line: str) -> tuple[Counts, Counts]:
        """The least and the greatest count of a line in each profile, the other lines being as they are."""
        zero, own = np.zeros_like(self._asked), self._lines[self._place[line]]
        if any(line in lines for lines in self._kept):
            return own, own
        if NONE not in self._place:
            return zero, self._asked
        exclusive = [each for each in self.table.lines if each in self._look.exclusive]
        several = [each for each in self.table.lines if each not in exclusive and each != NONE]
        alone = zero + sum(self._lines[self._place[each]] for each in exclusive)
        none = self._lines[self._place[NONE]]
        others = [self._lines[self._place[each]] for each in several if each != line]
        together = zero + sum(others)
        greatest = np.max(others, axis=0) if others else zero
        most_each = self._look.most or len(self.table.lines)
        if line not in several:
            # Who is not in this line or in the others that stand alone has chosen one to `most_each` of the rest.
            rest = self._asked - (none if line != NONE else alone) - (alone - own if line != NONE else zero)
            least, most = rest - together, rest - np.maximum(greatest, -(-together // most_each))
            return np.maximum(least, 0), np.maximum(most, np.maximum(least, 0))
        there = self._asked - none - alone
        least, most = there - together, np.minimum(there, most_each * there - together)
        if self._at_most is not None:
            least = np.maximum(least, self._at_most[self._place[line]])
        return np.maximum(least, 0), most

    def _keep_shown(self, programme: Programme, line: str, own: NDArray[np.int64]) -> None:
        for column in self.table.columns:
            between = shown_between(
                self.count(column, line), self.base(column), self._parameters, sensitive=self.table.sensitive
            )
            programme.keep(Terms.of(own[self._in[column]]), *between, (self.table.key, *column, line))


class BlockModel:
    """Data sets that differ from the true one in the questions of one block."""

    def __init__(
        self,
        block: Block,
        parts: Mapping[str, Part],
        masks: Masks,
        members: Mapping[str, Sequence[str]],
        sizes: Counts,
        parameters: Parameters,
        looks: Mapping[str, Look],
    ) -> None:
        self._block, self._parameters, self._looks = block, parameters, looks
        columns = list(dict.fromkeys(column for table in block.tables for column in table.columns))
        raw = [np.array(members[root.breakdown]) for root in block.roots if root.breakdown]
        codes = [np.unique(each, return_inverse=True)[1] for each in raw]
        marks = np.array([*(masks[column] for column in columns), *codes], dtype=np.int64)
        different, where = np.unique(marks, axis=1, return_inverse=True)
        self._count = different.shape[1]
        self._in = {column: np.flatnonzero(different[place]) for place, column in enumerate(columns)}
        first = [int(np.flatnonzero(where == profile)[0]) for profile in range(self._count)]
        self._groups = {name: [str(each[place]) for place in first] for name, each in members.items()}
        self._sizes = _gathered(sizes, where, self._count)
        #: A table sees only its own columns: to each of its own profiles those of the block that it takes together.
        self._own: dict[str, list[NDArray[np.int64]]] = {}
        self._own_in: dict[tuple[str, Column], NDArray[np.int64]] = {}
        self._parts: dict[str, Part] = {}
        for table in block.tables:
            own_marks = np.array([different[columns.index(column)] for column in table.columns])
            seen, place_of = np.unique(own_marks, axis=1, return_inverse=True)
            self._own[table.key] = [np.flatnonzero(place_of == place) for place in range(seen.shape[1])]
            for place, column in enumerate(table.columns):
                self._own_in[table.key, column] = np.flatnonzero(seen[place])
            whole = place_of[where]
            self._parts[table.key] = Part(
                _gathered(parts[table.key].asked, whole, seen.shape[1]),
                np.array([_gathered(line, whole, seen.shape[1]) for line in parts[table.key].lines]),
            )
        self.programme = Programme()
        self._combined = self._combinations()
        self._variables = {table.key: self._table(table) for table in block.tables}
        for table in block.tables:
            self._tie(table)
            self._keep_shown(table)
        self._keep_asked()

    def base(self, condition: str, column: Column) -> int:
        table = next(each for each in self._block.tables if each.condition == condition and column in each.columns)
        return int(self._parts[table.key].asked[self._own_in[table.key, column]].sum())

    def terms(self, number: Number) -> Terms:
        key, breakdown, group, line = number
        if not line:
            return self._asked_terms(key.removeprefix("asked "), (breakdown, group))
        return Terms.of(self._variables[key][line][self._own_in[key, (breakdown, group)]])

    def _combinations(self) -> NDArray[np.int64]:
        """Variables by combination and profile: how many people stand so to all roots."""
        rows = []
        for combination in self._block.combinations:
            possible = np.ones(self._count, dtype=bool)
            for root, place in zip(self._block.roots, combination, strict=True):
                if root.breakdown:
                    groups = self._groups[root.breakdown]
                    possible &= np.array([group in root.classes[place].lines for group in groups])
            rows.append(
                self.programme.variables(np.zeros(self._count, dtype=np.int64), np.where(possible, self._sizes, 0))
            )
        combined = np.array(rows)
        for profile in range(self._count):
            size = int(self._sizes[profile])
            self.programme.keep(Terms.of(combined[:, profile]), size, size)
        return combined

    def _table(self, table: CountTable) -> dict[str, NDArray[np.int64]]:
        asked = self._parts[table.key].asked
        if table.condition and table.condition not in self._block.dark:
            asked = np.array([self._sizes[those].sum() for those in self._own[table.key]], dtype=np.int64)
        lines = zip(table.lines, self._parts[table.key].lines, strict=True)
        return {line: self.programme.variables(np.zeros_like(asked), asked, true) for line, true in lines}

    def _asked_of(self, table: CountTable, profile: int) -> tuple[Terms | None, int]:
        """How many of a profile are asked: as a sum, or as a number."""
        if not table.condition or table.condition in self._block.dark:
            return None, int(self._parts[table.key].asked[profile])
        asked = np.flatnonzero(np.array(self._block.asked[table.condition], dtype=bool))
        return Terms.of(self._combined[np.ix_(asked, self._own[table.key][profile])].ravel()), 0

    def _tie(self, table: CountTable) -> None:
        """What the questionnaire allows in every profile."""
        own, look = self._variables[table.key], self._looks[table.key]
        root = next((each for each in self._block.roots if each.table == table.key), None)
        keep = self.programme.keep
        for profile, fine in enumerate(self._own[table.key]):
            asked, number = self._asked_of(table, profile)
            at = _at(own, profile)
            if table.dividing:
                keep(_less(at(table.lines), asked), number, number)
            else:
                _keep_chosen(self.programme, table.lines, look, at, asked, number)
            if table.measure == "first" and (places := self._variables.get(f"{table.code} places")):
                for line in (each for each in table.lines if each != NONE):
                    first = Terms.of(np.array([own[line][profile], places[line][profile]]))
                    keep(Terms(first.places, np.array([1, -1])), -FREE, 0)
            if root is not None:
                place = self._block.roots.index(root)
                for lines, classes in _classes_by_lines(root.classes):
                    those = [number for number, each in enumerate(self._block.combinations) if each[place] in classes]
                    keep(
                        at(lines) + Terms.of(self._combined[np.ix_(np.array(those, dtype=np.int64), fine)].ravel(), -1),
                        0,
                        0,
                    )

    def _asked_terms(self, condition: str, column: Column) -> Terms:
        asked = np.array(self._block.asked[condition], dtype=bool)
        return Terms.of(self._combined[asked][:, self._in[column]].ravel())

    def _keep_shown(self, table: CountTable) -> None:
        own, part = self._variables[table.key], self._parts[table.key]
        fixed = not table.condition or table.condition in self._block.dark
        for column in table.columns:
            where = self._own_in[table.key, column]
            base = int(part.asked[where].sum())
            asked = None if fixed else self._asked_terms(table.condition, column)
            for place, line in enumerate(table.lines):
                count, terms = int(part.lines[place, where].sum()), Terms.of(own[line][where])
                name = (table.key, *column, line)
                self._keep_cell(terms, count, asked, base, name, sensitive=table.sensitive)

    def _keep_cell(
        self, terms: Terms, count: int, asked: Terms | None, base: int, name: object, *, sensitive: bool
    ) -> None:
        keep, parameters = self.programme.keep, self._parameters
        if asked is None or not base:
            keep(terms, *shown_between(count, base, parameters, sensitive=sensitive), name)
            return
        rest = asked + terms.times(-1)
        if count == base:
            keep(rest, 0, 0, name)
            return
        keep(terms, *count_between(count, parameters), name)
        keep(rest, 1 if sensitive and not count else parameters.k_cell if count else 0, FREE, name)

    def _keep_asked(self) -> None:
        parameters = self._parameters
        for condition in self._block.asked:
            tables = [table for table in self._block.tables if table.condition == condition]
            for column in dict.fromkeys(column for table in tables for column in table.columns):
                base, size = self.base(condition, column), int(self._sizes[self._in[column]].sum())
                terms, name = self._asked_terms(condition, column), (asked_key(condition), *column, "")
                least, most = asked_between(base, size, parameters)
                self.programme.keep(terms, least, most, name)


At = Callable[..., Terms]


def _at(own: Mapping[str, NDArray[np.int64]], profile: int) -> At:
    """Gives the sum of some lines in one profile."""

    def at(lines: Iterable[str], factor: int = 1) -> Terms:
        return Terms.of(np.array([own[line][profile] for line in lines], dtype=np.int64), factor)

    return at


def _less(terms: Terms, asked: Terms | None, times: int = 1) -> Terms:
    return terms if asked is None else terms + asked.times(-times)


def _keep_chosen(
    programme: Programme, lines: Sequence[str], look: Look, at: At, asked: Terms | None, number: int
) -> None:
    """Yes-or-no lines of one profile can be those of people who chose at least one and at most so many, or none. How
    many are asked is a sum, or else `number`."""
    keep = programme.keep
    if NONE not in lines:
        for line in lines:
            keep(_less(at([line]), asked), -FREE, number)
        return
    exclusive = [line for line in lines if line in look.exclusive]
    several = [line for line in lines if line not in exclusive and line != NONE]
    alone, most = [*exclusive, NONE], look.most or len(lines)
    for line in several:
        keep(_less(at([line, *alone]), asked), -FREE, number)
    keep(_less(at([*several, *alone]), asked), number, FREE)
    keep(_less(at(several) + at(alone, most), asked, most), -FREE, most * number)


def _classes_by_lines(classes: Sequence[object]) -> Iterator[tuple[tuple[str, ...], set[int]]]:
    """Sets of lines with the classes whose people stand in them; lines that stand in several classes alone."""
    lines_of = [each.lines for each in classes]  # type: ignore[attr-defined]
    several = {line for line in {line for lines in lines_of for line in lines} if sum(line in x for x in lines_of) > 1}
    if several or any(not lines and each.asked for lines, each in zip(lines_of, classes, strict=True)):  # type: ignore[attr-defined]
        for line in sorted({line for lines in lines_of for line in lines}):
            yield (line,), {place for place, lines in enumerate(lines_of) if line in lines}
        return
    for place, lines in enumerate(lines_of):
        if lines:
            yield lines, {place}


def _added(terms: Sequence[Terms]) -> Terms:
    total, *more = terms
    for each in more:
        total = total + each
    return total


def _gathered(values: NDArray[np.int64], where: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    return np.bincount(where, weights=values, minlength=size).astype(np.int64)
