"""Hiding until nobody can be found: every count that is not shown gets its certificate, or more is hidden. Pure.

A count is safe when two complete data sets, each giving every published figure exactly, differ there by `width` people
or more (by all who were asked, where these are fewer). The true data set is one; solving finds others. What is hidden
for one count never makes another less safe, since a reader then knows less: so each count is proved once.

Without enough room, more is hidden: some times what is in the way, as the solver says, the cheapest first; then the
same line in all columns of the breakdown; the breakdown of the table; all its breakdowns; the block. What asks the
question or is asked by it goes with it. Only counts that must not be worked out are worth that; what is hidden for
their sake is proved as far as it can be.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.reporting.believable import Number, TableModel
from app.reporting.believable_blocks import BlockModel, moving_profiles
from app.reporting.counts import EVERYBODY, Column, CountTable, asked_key
from app.reporting.disclosure import Hidden
from app.reporting.groups import ALL, COUNTRY_ROWS, everybody_in, is_earlier, is_only, plain, shown_in
from app.reporting.programme import Counts, Programme, Terms
from app.reporting.sensitive import (
    BlockCase,
    NoRoom,
    closed,
    counts_in,
    is_small,
    may_be_small,
    sensitive_counts,
    unreadable_counts,
)
from app.reporting.suppress import suppressed

#: How often what is in the way of a count is hidden before its whole line is, and how many counts each time.
NEAR = 4
AT_ONCE = 2
ALMOST = 1e-6
#: How many profiles of a block may move: first, and where that is not enough.
MOVING = (30, 80)
#: The same in one table.
FEW = 30
#: Programmes of more variables are not searched for each count alone, unless there are earlier releases: what these
#: show cannot be hidden instead.
SMALL = 900
#: Solves in a row that prove no further count end the common search, and each is tried alone.
FRUITLESS = 2
#: Breakdown of columns that are never published, though a reader can take their counts for a difference.
REST_OF = "rest"


@dataclass(frozen=True)
class Protected:
    """What one block does not show, and how each hidden count was proved: key, column, line."""

    hidden: Hidden
    proved: frozenset[Number]


Run = Callable[[Callable[[BlockCase], Protected], Iterable[BlockCase]], Iterable[Protected]]
"""`map`, or one that works in several processes."""


def protect(case: BlockCase) -> Protected:
    """What of a block must not be shown, with a certificate for every count of somebody that is not.

    Raises NoRoom after earlier releases."""
    return _Protecting(case).run()


def guess(case: BlockCase) -> Protected:
    """What of a block is hidden before anything is proved: no release, but enough to try out what is made of one."""
    protecting = _Protecting(case)
    protecting.guess()
    return protecting.protected()


class _Protecting:
    def __init__(self, case: BlockCase) -> None:
        self.case = case
        self.tables = {table.key: table for table in case.current}
        self.rules = case.parameters
        self.hidden: set[Number] = set(case.shut)
        self.proved: set[Number] = set()
        #: What must not be worked out.
        self.sensitive = sensitive_counts(case)
        self.models = {table.key: case.model(table) for table in case.tables}
        self.sensitive |= {number for number in case.proved_before if may_be_small(case, number)}
        self._blocks: list[BlockModel] = []
        #: How far hiding more has gone, by table and breakdown.
        self._steps: dict[tuple[str, str], int] = {}
        self.chance = np.random.default_rng(case.seed)

    def guess(self) -> None:
        """What is hidden for its own sake is hidden, and what obviously goes with it."""
        hidden = self.sensitive | unreadable_counts(self.case, self.sensitive)
        sizes = {column: self.case.size(column) for column in self.case.masks}
        self.hidden |= closed(
            self.case, suppressed(self.case.current, sizes, closed(self.case, hidden), self.case.parameters)
        )

    def run(self) -> Protected:
        self.guess()
        while unproved := self._unproved():
            left = [number for number in self._unprovable(unproved) if number in self.sensitive]
            if not left:
                break  # What else is hidden stands there to protect these, and tells of nobody by itself.
            if not self._hide_more(left):
                if self.case.gone.any() and any(number[0] not in self.case.fixed_total for number in left):
                    raise NoRoom
                # Nothing of the block is published any more: what the questionnaire allows can be believed.
                self.proved.update(left)
        return self.protected()

    def protected(self) -> Protected:
        nobody = {
            (table.key, *column, line)
            for table in self.tables.values()
            for column, base in zip(table.columns, table.bases, strict=True)
            for line in table.lines
            if not base
        }
        self.hidden = {number for number in self.hidden if not is_earlier(number[1:3]) and not self._told(number)}
        published = {
            number for number in self.proved if number[1:3] not in self.case.unpublished and not is_earlier(number[1:3])
        }
        return Protected(
            Hidden(
                frozenset((key, (name, group), line) for key, name, group, line in self.hidden | nobody if line),
                frozenset(
                    (key.removeprefix("asked "), (name, group)) for key, name, group, line in self.hidden if not line
                ),
            ),
            frozenset(published),
        )

    # Proving ---------------------------------------------------------------------------------------------------------

    def _unproved(self) -> list[Number]:
        """Hidden counts of somebody, and small ones in columns that nobody prints."""
        wanted = {each for each in self.hidden if each in self.sensitive or not is_earlier(each[1:3])}
        for table in self.tables.values():
            model = self.models[table.key]
            for column in self._unpublished(table):
                base = model.base(column)
                for line in table.lines:
                    if base and (base < self.rules.k_group or is_small(model.count(column, line), base, self.rules)):
                        wanted.add((table.key, *column, line))
                        self.sensitive.add((table.key, *column, line))
        return sorted(number for number in wanted - self.proved if self._base(number) and not self._told(number))

    def _told(self, number: Number) -> bool:
        """Whether the total, which is shown, says that nobody or everybody is meant, in every group alike; or of those
        who are gone an earlier group does."""
        breakdown, line = number[1], number[3]
        everybody = everybody_in(breakdown)
        if not line or number[1:3] == everybody:
            return False
        if is_only(breakdown) and self._shown_alike((shown_in(breakdown), number[2]), number):
            return True
        return self._shown_alike(everybody, number)

    def _shown_alike(self, column: Column, number: Number) -> bool:
        key, line = number[0], number[3]
        if (key, *column, line) in self.hidden:
            return False
        count = self.models[key].count(column, line)
        # Everybody's answer is as many as were asked: not where that is not shown.
        asked = (asked_key(self.tables[key].condition), *number[1:3], "")
        return count == 0 or (count == self.models[key].base(column) and asked not in self.hidden)

    def _unpublished(self, table: CountTable) -> list[Column]:
        return [column for column in self.models[table.key].columns() if column in self.case.unpublished]

    def _base(self, number: Number) -> int:
        key, breakdown, group, line = number
        if line:
            return self.models[key].base((breakdown, group))
        return self.case.size((breakdown, group))

    def _needed(self, number: Number) -> int:
        """How far apart two data sets must be. Of those who are gone no count is printed, nor how many of a group they
        are: it is enough that nothing can be told exactly."""
        if is_only(number[1]):
            return 1
        return min(self.rules.width, self._base(number))

    def _true(self, number: Number) -> int:
        key, breakdown, group, line = number
        if line:
            return self.models[key].count((breakdown, group), line)
        table = self.case.asked_alike(key.removeprefix("asked "))[0]
        return int(self.case.parts[table.key].asked[self.case.masks[breakdown, group]].sum())

    def _unprovable(self, numbers: Sequence[Number]) -> list[Number]:
        """Those that cannot be proved with what is hidden now. The others are proved afterwards."""
        self.proved.update(number for number in numbers if self._is_dark(number))
        left = [number for number in numbers if number[3]]
        for models in (self._with_few, self.models) if len(self.case.sizes) > FEW else (self.models,):
            by_programme: dict[int, tuple[Programme, list[Number]]] = {}
            for number in left:
                programme = models[number[0]].programme_of(number[3])
                by_programme.setdefault(id(programme), (programme, []))[1].append(number)
            left = []
            for programme, some in by_programme.values():
                left += self._search(programme, {each: models[each[0]].terms(each[1:3], each[3]) for each in some})
        left += [number for number in numbers if not number[3] and number not in self.proved]
        for key in dict.fromkeys(number[0] for number in left if number[3]):
            if not self.tables[key].dividing and len(self.tables[key].lines) > 1:
                own = self.models[key]
                some = [number for number in left if number[0] == key]
                terms = {number: own.terms_together(number[1:3], number[3]) for number in some}
                still = self._search(own.together()[0], terms)
                left = [number for number in left if number[0] != key or number in still]
        deep = [number for number in left if not number[3] or self._hangs_together(self.tables[number[0]])]
        deep = [number for number in deep if number[1:3] not in self.case.unpublished]
        for model in self._block_models():
            if deep:
                terms = {number: model.terms(number) for number in deep}
                deep = self._search(model.programme, terms, model.true)
        return sorted(set(left) - self.proved)

    def _is_dark(self, number: Number) -> bool:
        """Whether nothing that is published hangs on this number of people asked."""
        return not number[3] and number[0].removeprefix("asked ") in self.case.block.dark

    @cached_property
    def _with_few(self) -> dict[str, TableModel]:
        """Tables of which only people of few profiles may answer otherwise."""
        moving = moving_profiles(self.case.sizes, list(self.case.masks.values()), FEW) | self.case.gone
        return {table.key: self.case.model(table, moving) for table in self.case.tables}

    def _is_root(self, table: CountTable) -> bool:
        return any(root.table == table.key for root in self.case.block.roots)

    def _hangs_together(self, table: CountTable) -> bool:
        """Whether other tables must move for this one to have room."""
        return self._is_root(table) or table.measure in ("first", "places")

    def _block_models(self) -> Iterator[BlockModel]:
        """The whole block: with few people who move, then with more; with all, where hiding more may not help."""
        case = self.case
        columns = list(dict.fromkeys(column for table in case.tables for column in table.columns))
        masks = [case.masks[column] for column in columns]
        for place, most in enumerate((*MOVING, len(case.sizes)) if case.gone.any() else MOVING):
            if place and self._blocks[-1].moving.all():
                return
            if place == len(self._blocks):
                moving = moving_profiles(case.sizes, masks, most) | case.gone
                self._blocks.append(BlockModel(case, moving))
            yield self._blocks[place]

    def _search(
        self, programme: Programme, terms: Mapping[Number, Terms], true: Callable[[Number], int] | None = None
    ) -> list[Number]:
        """Those of the sums for which no two solutions lie far enough apart: first many at once, then each alone."""
        without = frozenset(self.hidden)
        low = {number: (true or self._true)(number) for number in terms}
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
        for number in open_() if programme.size <= SMALL or self.case.gone.any() else ():
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
            signs = self.chance.choice([-1, 1], size=len(left))
            pulled = Terms.together([terms[number].times(int(sign)) for number, sign in zip(left, signs, strict=True)])
            fruitless = 0 if prove(pulled) else fruitless + 1

    # Hiding more -----------------------------------------------------------------------------------------------------

    def _hide_more(self, numbers: Sequence[Number]) -> bool:
        """For each breakdown of a table with counts that cannot be proved the next way, from cheap to dear. Says
        whether there was anything left to hide."""
        before = len(self.hidden)
        while len(self.hidden) == before and self._everything() - self.hidden:
            for place in dict.fromkeys((number[0], number[1]) for number in numbers):
                some = [number for number in numbers if number[:2] == place]
                step = self._steps[place] = self._steps.get(place, -1) + 1
                self.hidden |= closed(self.case, self._way(some, step) if some[0][3] else self._asked_way(some, step))
        return len(self.hidden) > before

    def _way(self, numbers: Sequence[Number], step: int) -> set[Number]:
        key, breakdown = numbers[0][:2]
        table = self.tables[key]
        mine = "region" if breakdown == REST_OF else plain(breakdown)
        columns = [column for column in table.columns if column[0] == mine]
        groups = [column for column in table.columns if column != EVERYBODY]
        tied = self._tied(table)
        lines = {number[3] for number in numbers}
        if breakdown == REST_OF and step == NEAR:
            return {(key, *column, line) for column in table.columns if column[0] == COUNTRY_ROWS for line in lines}
        if step < NEAR:
            return set().union(*(self._in_the_way(number) for number in numbers))
        if step == NEAR and mine != ALL:
            return {(key, *column, line) for column in columns for line in lines} | counts_in(tied, columns)
        if step == NEAR + 1 and mine != ALL:
            return counts_in([table, *tied], columns)
        if step <= NEAR + 2:
            return counts_in([table, *tied], groups)
        return self._everything()

    def _asked_way(self, numbers: Sequence[Number], step: int) -> set[Number]:
        key, breakdown = numbers[0][:2]
        children = self.case.asked_alike(key.removeprefix("asked "))
        roots = [self.tables[root.table] for root in self.case.block.roots if root.table]
        columns = dict.fromkeys(column for table in children for column in table.columns)
        mine = [column for column in columns if column[0] == plain(breakdown)]
        groups = [column for column in columns if column != EVERYBODY]
        if step < NEAR:
            return set().union(*(self._in_the_way(number) for number in numbers))
        step -= NEAR
        if step == 0:
            sizes = sorted((self._true((key, *each, "")), each) for each in mine if (key, *each, "") not in self.hidden)
            return {(key, *each, "") for true, each in sizes[:1] if true}
        if step == 1:
            return counts_in(children, [number[1:3] for number in numbers])
        if step == 2:
            return counts_in(children, mine)
        if step == 3:
            return counts_in([*children, *roots], mine)
        if step == 4:
            return counts_in([*children, *roots], groups)
        return self._everything()

    def _tied(self, table: CountTable) -> list[CountTable]:
        """The tables that must move when this one does."""
        if self._is_root(table):
            return [each for each in self.tables.values() if each.condition]
        if table.measure in ("first", "places"):
            return [each for each in self.tables.values() if each.code == table.code and each != table]
        return []

    def _in_the_way(self, number: Number) -> set[Number]:
        """Of what is shown and keeps this count where it is the cheapest, in both directions; totals are dear."""
        programme, terms = self._widest(number)
        found: set[Number] = set()
        for sign in (1, -1):
            names = programme.binding(terms.times(sign), frozenset(self.hidden))
            shown = [
                name
                for name in names
                if isinstance(name, tuple) and name not in self.hidden and not is_earlier(name[1:3])
            ]
            cheap = sorted(shown, key=lambda name: (name[1] == ALL, not name[3], self._true(name), name))
            found.update(cheap[:AT_ONCE])
        return found

    def _widest(self, number: Number) -> tuple[Programme, Terms]:
        """The programme in which the count has most room, and the count in it."""
        key, line = number[0], number[3]
        if number[1:3] not in self.case.unpublished and (not line or self._hangs_together(self.tables[key])):
            *_, widest = self._block_models()
            return widest.programme, widest.terms(number)
        model = self.models[key]
        if model.table.dividing or len(model.table.lines) == 1:
            return model.programme_of(line), model.terms(number[1:3], line)
        return model.together()[0], model.terms_together(number[1:3], line)

    def _everything(self) -> set[Number]:
        tables = self.tables.values()
        return counts_in(tables, [column for table in tables for column in table.columns])
