"""Proving that a hidden count cannot be worked out: two data sets are found in which it is far enough apart. Pure.

First in its table alone, with few people who answer otherwise, then with more; then in the whole block.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np

from app.reporting.believable import Number, TableModel
from app.reporting.believable_blocks import BlockModel
from app.reporting.counts import CountTable
from app.reporting.groups import is_only
from app.reporting.movers import movers
from app.reporting.programme import Counts, Programme, Terms
from app.reporting.sensitive import BlockCase

M = TypeVar("M", TableModel, BlockModel)

ALMOST = 1e-6
#: How many profiles of a block may move: first, and where that is not enough. Where there are earlier releases, all in
#: the end, since hiding more may not help.
MOVING = (30, 100, 300)
#: The same in a table alone.
MOVING_ALONE = (60, 240)
#: Programmes of more variables are not searched for each count alone, unless these are few, or there are earlier
#: releases: what these show cannot be hidden instead.
SMALL = 900
#: Programmes of more variables than this are not searched at all but for earlier releases: it would take many minutes.
LARGE = 5_000
FEW_LEFT = 6
#: Solves in a row that prove no further count end the common search, and each is tried alone.
FRUITLESS = 2


class Proofs:
    """What was proved of a block so far, and the programmes that prove it."""

    def __init__(self, case: BlockCase) -> None:
        self.case = case
        self.proved: set[Number] = set()
        self._by_key = {table.key: table for table in case.tables}
        self._alone = {table.key: [case.model(table, MOVING_ALONE[0])] for table in case.tables}
        self._blocks: list[BlockModel] = []
        self._all_in_the_end = (len(case.sizes),) if case.gone.any() else ()
        self._chance = np.random.default_rng(case.seed)

    def counted(self, key: str) -> TableModel:
        """A model of this table, for its counts."""
        return self._alone[key][0]

    def base(self, number: Number) -> int:
        """People in the group of this number, or of those the ones asked."""
        key, breakdown, group, line = number
        if line:
            return self.counted(key).base((breakdown, group))
        return self.case.size((breakdown, group))

    def true(self, number: Number) -> int:
        """The number in the data set that there is."""
        key, breakdown, group, line = number
        if line:
            return self.counted(key).count((breakdown, group), line)
        table = self.case.asked_alike(key.removeprefix("asked "))[0]
        return int(self.case.parts[table.key].asked[self.case.masks[breakdown, group]].sum())

    def unprovable(self, numbers: Sequence[Number], hidden: Collection[Number]) -> list[Number]:
        """Those that cannot be proved with what is hidden now. The others are proved afterwards."""
        without = frozenset(hidden)
        self.proved.update(number for number in numbers if self._is_dark(number))
        left = [number for number in numbers if not number[3] and number not in self.proved]
        for key in dict.fromkeys(number[0] for number in numbers if number[3]):
            some = [number for number in numbers if number[3] and number[0] == key]
            left += self._unprovable_alone(key, some, without)
        deep = [number for number in left if not number[3] or self._hangs_together(self._by_key[number[0]])]
        deep = [number for number in deep if number[1:3] not in self.case.unpublished]
        for model in self._block_models():
            if deep:
                terms = {number: model.terms(number) for number in deep}
                deep = self._search(model.programme, terms, model.true, without)
        return sorted(set(left) - self.proved)

    def has_room(self, number: Number, hidden: Collection[Number]) -> bool:
        """Whether it could lie far enough apart if people could be split. If not, it can never be proved with this."""
        programme, terms = self._widest(number)
        least, most = (sign * programme.split(terms.times(sign), hidden)[0] for sign in (1, -1))
        return most - least >= self._needed(number) - ALMOST

    def _is_dark(self, number: Number) -> bool:
        """Whether nothing that is published hangs on this number of people asked."""
        return not number[3] and number[0].removeprefix("asked ") in self.case.block.dark

    def _unprovable_alone(self, key: str, numbers: Sequence[Number], without: frozenset[Number]) -> list[Number]:
        """Those of a table's counts that cannot be proved while all other tables stay as they are."""
        left = list(numbers)
        for model in self._table_models(key):
            if not left:
                return []
            by_programme: dict[int, tuple[Programme, list[Number]]] = {}
            for number in left:
                programme = model.programme_of(number[3])
                by_programme.setdefault(id(programme), (programme, []))[1].append(number)
            left = []
            for programme, some in by_programme.values():
                terms = {number: model.terms(number[1:3], number[3]) for number in some}
                left += self._search(programme, terms, model.true, without)
        if not left or self._by_key[key].dividing or len(self._by_key[key].lines) == 1:
            return left
        terms = {number: model.terms_together(number[1:3], number[3]) for number in left}
        return self._search(model.together()[0], terms, model.true, without)

    def _table_models(self, key: str) -> Iterator[TableModel]:
        """One table: with few people who move, then with more."""
        return self._wider(self._alone[key], MOVING_ALONE, lambda most: self.case.model(self._by_key[key], most))

    def is_root(self, table: CountTable) -> bool:
        """Whether other questions are asked by what was said to this one."""
        return any(root.table == table.key for root in self.case.block.roots)

    def _hangs_together(self, table: CountTable) -> bool:
        """Whether other tables must move for this one to have room."""
        return self.is_root(table) or table.measure in ("first", "places")

    def _block_models(self) -> Iterator[BlockModel]:
        """The whole block: with few people who move, then with more, while it is not too large."""
        for place, model in enumerate(self._wider(self._blocks, MOVING, self._block_model)):
            if place and model.programme.size > LARGE and not self.case.gone.any():
                return
            yield model

    def _block_model(self, most: int) -> BlockModel:
        case = self.case
        columns = list(dict.fromkeys(column for table in case.tables for column in table.columns))
        marks = np.array([case.masks[column] for column in columns])
        said = np.vstack([case.parts[table.key].lines for table in case.tables])
        return BlockModel(case, movers(columns, marks, said, most, case.gone))

    def _wider(self, made: list[M], sizes: Sequence[int], make: Callable[[int], M]) -> Iterator[M]:
        """Models in which more and more people move, until all do. What was `made` once is kept."""
        for place, most in enumerate((*sizes, *self._all_in_the_end)):
            if place and made[place - 1].all_move:
                return
            if place == len(made):
                made.append(make(most))
            yield made[place]

    def _search(
        self,
        programme: Programme,
        terms: Mapping[Number, Terms],
        true: Callable[[Number], int],
        without: frozenset[Number],
    ) -> list[Number]:
        """Those of the sums for which no two solutions lie far enough apart: first many at once, then each alone."""
        low = {number: true(number) for number in terms}
        high = dict(low)

        def learn(solution: Counts | None) -> bool:
            if solution is None:
                return False
            new = False
            for number in terms:
                if number not in self.proved:
                    value = terms[number].at(solution)
                    low[number], high[number] = min(low[number], value), max(high[number], value)
                    if high[number] - low[number] >= self._needed(number):
                        self.proved.add(number)
                        new = True
            return new

        def open_() -> list[Number]:
            return [number for number in terms if number not in self.proved | hopeless]

        # Splitting people is quick, and often gives whole ones; where even that leaves no room there is none.
        hopeless: set[Number] = set()
        self._at_once(terms, open_, lambda sum_: learn(programme.split(sum_, without)[1]))
        for number in open_():
            ends = []
            for sign in (1, -1):
                least, solution = programme.split(terms[number].times(sign), without)
                ends.append(sign * least)
                learn(solution)
            if number not in self.proved and ends[1] - ends[0] < self._needed(number) - ALMOST:
                hopeless.add(number)
        self._at_once(terms, open_, lambda sum_: learn(programme.solve(sum_, without)))
        left = open_()
        each_alone = programme.size <= SMALL or len(left) <= FEW_LEFT or self.case.gone.any()
        for number in left if each_alone else ():
            for sign in (-1, 1):
                if number not in self.proved:
                    learn(programme.solve(terms[number].times(sign), without))
        return [number for number in terms if number not in self.proved]

    def _at_once(
        self, terms: Mapping[Number, Terms], open_: Callable[[], list[Number]], prove: Callable[[Terms], bool]
    ) -> None:
        """Many counts pulled apart together, this one up and that one down, until that proves no further one."""
        fruitless = 0
        while fruitless < FRUITLESS and (left := open_()):
            signs = self._chance.choice([-1, 1], size=len(left))
            pulled = Terms.together([terms[number].times(int(sign)) for number, sign in zip(left, signs, strict=True)])
            fruitless = 0 if prove(pulled) else fruitless + 1

    def in_the_way(self, number: Number, hidden: Collection[Number]) -> list[list[object]]:
        """The names of what is shown and keeps this count from being less, and from being more."""
        programme, terms = self._widest(number)
        return [programme.binding(terms.times(sign), hidden) for sign in (1, -1)]

    def _widest(self, number: Number) -> tuple[Programme, Terms]:
        """The programme in which the count has most room, and the count in it."""
        key, line = number[0], number[3]
        if number[1:3] not in self.case.unpublished and (not line or self._hangs_together(self._by_key[key])):
            *_, widest = self._block_models()
            return widest.programme, widest.terms(number)
        *_, model = self._table_models(key)
        if model.table.dividing or len(model.table.lines) == 1:
            return model.programme_of(line), model.terms(number[1:3], line)
        return model.together()[0], model.terms_together(number[1:3], line)

    def _needed(self, number: Number) -> int:
        """How far apart two data sets must be. Of those who are gone no count is printed, nor how many of a group they
        are: it is enough that nothing can be told exactly."""
        if is_only(number[1]):
            return 1
        return min(self.case.parameters.width, self.base(number))
