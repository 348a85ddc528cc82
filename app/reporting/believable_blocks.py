"""What a reader could still believe of all tables of a block together: those asked move as well. Pure."""

from collections.abc import Iterator, Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from app.reporting.believable import Number, at_profile, gathered, keep_chosen, less, shown_between
from app.reporting.blocks import Class
from app.reporting.counts import Column, CountTable, asked_key
from app.reporting.disclosure import asked_between, count_between
from app.reporting.groups import NONE
from app.reporting.programme import FREE, Programme, Terms
from app.reporting.sensitive import BlockCase
from app.reporting.tally import Part


class BlockModel:
    """Data sets that differ from the true one in the questions of one block, and only for people of profiles that are
    `moving`: all others answer as they did. The fewer move, the sooner a data set is found."""

    def __init__(self, case: BlockCase, moving: NDArray[np.bool_]) -> None:
        block, self.all_move = case.block, bool(moving.all())
        self._block, self._parameters, self._looks = block, case.parameters, case.looks
        self._size_of = case.size
        masks = {column: mask[moving] for column, mask in case.masks.items()}
        members = {name: list(compress(each, moving)) for name, each in case.members.items()}
        parts = {
            key: Part(part.asked[moving], part.lines[:, moving], part.least()[:, moving])
            for key, part in case.parts.items()
        }
        sizes = case.sizes[moving]
        columns = list(dict.fromkeys(column for table in block.tables for column in table.columns))
        raw = [np.array(members[root.breakdown]) for root in block.roots if root.breakdown]
        codes = [np.unique(each, return_inverse=True)[1] for each in raw]
        marks = np.array([*(masks[column] for column in columns), *codes], dtype=np.int64)
        different, where = np.unique(marks, axis=1, return_inverse=True)
        self._count = different.shape[1]
        self._in = {column: np.flatnonzero(different[place]) for place, column in enumerate(columns)}
        first = [int(np.flatnonzero(where == profile)[0]) for profile in range(self._count)]
        self._groups = {name: [str(each[place]) for place in first] for name, each in members.items()}
        self._sizes = gathered(sizes, where, self._count)
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
                gathered(parts[table.key].asked, whole, seen.shape[1]),
                np.array([gathered(line, whole, seen.shape[1]) for line in parts[table.key].lines]),
                np.array([gathered(line, whole, seen.shape[1]) for line in parts[table.key].least()]),
            )
        self._by_key = {table.key: table for table in block.tables}
        self.programme = Programme()
        self._combined = self._combinations()
        self._variables = {table.key: self._table(table) for table in block.tables}
        for table in block.tables:
            self._tie(table)
            self._keep_shown(table)
        self._keep_asked()

    def true(self, number: Number) -> int:
        """How many of those who move the number counts, in the data set that there is."""
        key, breakdown, group, line = number
        if not line:
            return self._moving_asked(
                self._asked_with(key.removeprefix("asked "), (breakdown, group)), (breakdown, group)
            )
        place = self._by_key[key].lines.index(line)
        return int(self._parts[key].lines[place, self._own_in[key, (breakdown, group)]].sum())

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
        part = self._parts[table.key]
        lines = zip(table.lines, part.least(), part.lines, strict=True)
        return {line: self.programme.variables(least, asked, true) for line, least, true in lines}

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
            at = at_profile(own, profile)
            if table.dividing:
                keep(less(at(table.lines), asked), number, number)
            else:
                keep_chosen(self.programme, table.lines, look, at, asked, number)
            if table.measure == "first" and (places := self._variables.get(f"{table.code} places")):
                for line in (each for each in table.lines if each != NONE):
                    first = Terms.of(np.array([own[line][profile], places[line][profile]]))
                    keep(Terms(first.places, np.array([1, -1])), -FREE, 0)
            if root is not None:
                place = self._block.roots.index(root)
                for lines, classes in classes_by_lines(root.classes):
                    those = [number for number, each in enumerate(self._block.combinations) if each[place] in classes]
                    keep(
                        at(lines) + Terms.of(self._combined[np.ix_(np.array(those, dtype=np.int64), fine)].ravel(), -1),
                        0,
                        0,
                    )

    def _asked_terms(self, condition: str, column: Column) -> Terms:
        asked = np.array(self._block.asked[condition], dtype=bool)
        return Terms.of(self._combined[asked][:, self._in[column]].ravel())

    def _asked_with(self, condition: str, column: Column) -> CountTable:
        """A table that says how many were asked under this condition in this column."""
        return next(each for each in self._block.tables if each.condition == condition and column in each.columns)

    def _moving_asked(self, table: CountTable, column: Column) -> int:
        return int(self._parts[table.key].asked[self._own_in[table.key, column]].sum())

    def _keep_shown(self, table: CountTable) -> None:
        own, part = self._variables[table.key], self._parts[table.key]
        fixed = not table.condition or table.condition in self._block.dark
        for column, base, counts in zip(table.columns, table.bases, table.counts, strict=True):
            where = self._own_in[table.key, column]
            asked = None if fixed else self._asked_terms(table.condition, column)
            still_asked = base - self._moving_asked(table, column)
            for place, (line, count) in enumerate(zip(table.lines, counts, strict=True)):
                still, terms = count - int(part.lines[place, where].sum()), Terms.of(own[line][where])
                name = (table.key, *column, line)
                if asked is None or not base:
                    least, most = shown_between(count, base, self._parameters, sensitive=table.sensitive)
                    self.programme.keep(terms, least - still, most - still, name)
                else:
                    if count < base:
                        self._keep_cell(terms, count, still, name)
                    rest = asked + terms.times(-1)
                    self._keep_rest(rest, count, base, still_asked - still, name, sensitive=table.sensitive)

    def _keep_cell(self, terms: Terms, count: int, still: int, name: object) -> None:
        least, most = count_between(count, self._parameters)
        self.programme.keep(terms, least - still, most - still, name)

    def _keep_rest(self, rest: Terms, count: int, base: int, still: int, name: object, *, sensitive: bool) -> None:
        """Of those asked, how many are not in this line: nobody, or enough not to be known by it."""
        if count == base:
            self.programme.keep(rest, -still, -still, name)
            return
        least = 1 if sensitive and not count else self._parameters.k_cell if count else 0
        self.programme.keep(rest, least - still, FREE, name)

    def _keep_asked(self) -> None:
        for condition in self._block.asked:
            tables = [table for table in self._block.tables if table.condition == condition]
            for column in dict.fromkeys(column for table in tables for column in table.columns):
                table = self._asked_with(condition, column)
                base = table.bases[table.columns.index(column)]
                still = base - self._moving_asked(table, column)
                least, most = asked_between(base, self._size_of(column), self._parameters)
                terms, name = self._asked_terms(condition, column), (asked_key(condition), *column, "")
                self.programme.keep(terms, least - still, most - still, name)


def classes_by_lines(classes: Sequence[Class]) -> Iterator[tuple[tuple[str, ...], set[int]]]:
    """Sets of lines with the classes whose people stand in them; lines that stand in several classes alone."""
    lines_of = [each.lines for each in classes]
    several = {line for line in {line for lines in lines_of for line in lines} if sum(line in x for x in lines_of) > 1}
    if several or any(not lines and each.asked for lines, each in zip(lines_of, classes, strict=True)):
        for line in sorted({line for lines in lines_of for line in lines}):
            yield (line,), {place for place, lines in enumerate(lines_of) if line in lines}
        return
    for place, lines in enumerate(lines_of):
        if lines:
            yield lines, {place}
