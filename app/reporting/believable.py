"""What a reader who has everything that is published could still believe of one table: programmes whose solutions are
data sets that give every published figure exactly. Pure.

The number asked in each profile is as it is; `believable_blocks.py` lets it move as well. Profiles keep their sizes:
the reader may know these. The reader also knows the rules: a shown count is 0 or at least `k_cell`, and so is the rest
of those asked.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.questionnaire.kinds import Multiple, Question, Ranking
from app.reporting.counts import EVERYBODY, Column, CountTable
from app.reporting.disclosure import Parameters, count_between
from app.reporting.groups import NONE
from app.reporting.movers import movers
from app.reporting.programme import FREE, Counts, Programme, Terms
from app.reporting.tally import Part

Number = tuple[str, str, str, str]
"""A count: key of its table, breakdown, group, line. With the key `asked …` and no line: how many were asked."""
Masks = Mapping[Column, NDArray[np.bool_]]


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
    lines leave to it. Only people of `most_moving` profiles answer otherwise, and of those that `always` may. `kept`
    are lines whose sum stays as it is in every profile, since other questions hang on it.
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
        most_moving: int,
        always: NDArray[np.bool_],
    ) -> None:
        self.table = table
        self._columns = (*table.columns, *unpublished)
        marks = np.array([masks[column] for column in self._columns], dtype=bool)
        different, where = np.unique(marks, axis=1, return_inverse=True)
        size = different.shape[1]
        asked = gathered(part.asked, where, size)
        lines = np.array([gathered(line, where, size) for line in part.lines])
        self._bases = different @ asked
        self._counts = lines @ different.T
        must_move = np.bincount(where[always], minlength=size) > 0
        moving = movers(self._columns, different, lines, most_moving, must_move)
        self.all_move = bool(moving.all())
        self._in = {column: np.flatnonzero(different[place, moving]) for place, column in enumerate(self._columns)}
        self._asked, self._lines = asked[moving], lines[:, moving]
        self._least = np.array([gathered(line, where, size)[moving] for line in part.least()])
        self._place = {line: place for place, line in enumerate(table.lines)}
        self._parameters, self._look, self._kept = parameters, look, tuple(kept)
        self._totals = [EVERYBODY] if fixed_total else []
        self._at_most = None if at_most is None else np.array([gathered(each, where, size)[moving] for each in at_most])
        self._programmes: dict[str, Programme] = {}
        self._together: tuple[Programme, dict[str, NDArray[np.int64]]] | None = None
        self._variables: dict[str, NDArray[np.int64]] = {}

    def base(self, column: Column) -> int:
        return int(self._bases[self._columns.index(column)])

    def count(self, column: Column, line: str) -> int:
        return int(self._counts[self._place[line], self._columns.index(column)])

    def true(self, number: Number) -> int:
        """How many of those who move the number counts, in the data set that there is."""
        _, breakdown, group, line = number
        return self._moving((breakdown, group), line)

    def _moving(self, column: Column, line: str) -> int:
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
            most = np.minimum(most, self._asked)
            self._variables[line] = programme.variables(self._least[place], most, true)
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
        (least, most), place = self._left_to(line), self._place[line]
        least = np.maximum(least, self._least[place])
        self._variables[line] = programme.variables(least, most, self._lines[place])
        self._keep_shown(programme, line, self._variables[line])
        for column in self._totals:
            total = self._moving(column, line)
            programme.keep(Terms.of(self._variables[line][self._in[column]]), total, total)
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
                    counts if kept else self._least[place], counts if kept else self._asked, counts
                )
            for profile, asked in enumerate(self._asked):
                keep_chosen(programme, self.table.lines, self._look, at_profile(own, profile), None, int(asked))
                if self._at_most is not None:
                    for place, line in enumerate(self.table.lines):
                        if line != NONE:
                            programme.keep(Terms.of(own[line][[profile]]), int(self._at_most[place, profile]), FREE)
            for line in self.table.lines:
                self._keep_shown(programme, line, own[line])
            for column in self._totals:
                for line in self.table.lines:
                    total = self._moving(column, line)
                    programme.keep(Terms.of(own[line][self._in[column]]), total, total)
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
            count, base = self.count(column, line), self.base(column)
            least, most = shown_between(count, base, self._parameters, sensitive=self.table.sensitive)
            still = count - self._moving(column, line)
            programme.keep(
                Terms.of(own[self._in[column]]), least - still, most - still, (self.table.key, *column, line)
            )


At = Callable[..., Terms]


def at_profile(own: Mapping[str, NDArray[np.int64]], profile: int) -> At:
    """Gives the sum of some lines in one profile."""

    def at(lines: Iterable[str], factor: int = 1) -> Terms:
        return Terms.of(np.array([own[line][profile] for line in lines], dtype=np.int64), factor)

    return at


def less(terms: Terms, asked: Terms | None, times: int = 1) -> Terms:
    return terms if asked is None else terms + asked.times(-times)


def keep_chosen(
    programme: Programme, lines: Sequence[str], look: Look, at: At, asked: Terms | None, number: int
) -> None:
    """Yes-or-no lines of one profile can be those of people who chose at least one and at most so many, or none. How
    many are asked is a sum, or else `number`."""
    keep = programme.keep
    if NONE not in lines:
        for line in lines:
            keep(less(at([line]), asked), -FREE, number)
        return
    exclusive = [line for line in lines if line in look.exclusive]
    several = [line for line in lines if line not in exclusive and line != NONE]
    alone, most = [*exclusive, NONE], look.most or len(lines)
    for line in several:
        keep(less(at([line, *alone]), asked), -FREE, number)
    keep(less(at([*several, *alone]), asked), number, FREE)
    keep(less(at(several) + at(alone, most), asked, most), -FREE, most * number)


def gathered(values: NDArray[np.int64], where: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    return np.bincount(where, weights=values, minlength=size).astype(np.int64)
