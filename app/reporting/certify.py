"""Hiding until nobody can be found: every count that is not shown gets its certificate, or more is hidden. Pure.

A count is safe when two complete data sets, each giving every published figure exactly, differ there by `width` people
or more (by all who were asked, where these are fewer). The true data set is one; solving finds others. What is hidden
for one count never makes another less safe, since a reader then knows less: so each count is proved once.

Without enough room, more is hidden: some times what is in the way, as the solver says, the cheapest first; then the same
line in all columns of the breakdown; the breakdown of the table; all its breakdowns; the block. What asks the question or
is asked by it goes with it. Only counts that must not be worked out are worth that; what is hidden for their sake is
proved as far as it can be.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.reporting.believable import BlockModel, Look, Number, TableModel, asked_key
from app.reporting.blocks import Block
from app.reporting.disclosure import Hidden, Parameters
from app.reporting.groups import ALL, COUNTRY_ROWS
from app.reporting.programme import Counts, Programme, Terms
from app.reporting.suppress import suppressed
from app.reporting.tally import EVERYBODY, Column, CountTable, Part

#: How often what is in the way of a count is hidden before its whole line is, and how many counts each time.
NEAR = 4
AT_ONCE = 2
#: A breakdown of which a larger part would be hidden is hidden as a whole.
UNREADABLE = 1 / 3
ALMOST = 1e-6
#: Programmes of more variables are not searched for each count alone.
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


@dataclass
class BlockCase:
    """Everything that is needed to protect one block, in a form that another process can be given.

    `masks` are the profiles of each merged column, `unpublished` columns that nobody prints. `fixed_total`: tables
    whose total a reader may know exactly. `weakened`: only what is small itself is hidden; for tests of the attacker.
    """

    block: Block
    parts: Mapping[str, Part]
    masks: Mapping[Column, NDArray[np.bool_]]
    members: Mapping[str, Sequence[str]]
    sizes: Counts
    looks: Mapping[str, Look]
    parameters: Parameters
    unpublished: tuple[Column, ...] = ()
    fixed_total: frozenset[str] = frozenset()
    seed: int = 1
    weakened: bool = field(default=False)


def protect(case: BlockCase) -> Protected:
    """What of a block must not be shown, with a certificate for every count of somebody that is not."""
    return _Protecting(case).run()


class _Protecting:
    def __init__(self, case: BlockCase) -> None:
        self.case = case
        self.tables = {table.key: table for table in case.block.tables}
        self.rules = case.parameters
        self.hidden: set[Number] = set()
        self.proved: set[Number] = set()
        #: What must not be worked out.
        self.sensitive: set[Number] = set()
        self.models = {key: self._model(table) for key, table in self.tables.items()}
        self._block_model: BlockModel | None = None
        #: How far hiding more has gone, by table and breakdown.
        self._steps: dict[tuple[str, str], int] = {}
        self.chance = np.random.default_rng(case.seed)

    def run(self) -> Protected:
        case = self.case
        self.sensitive = self._first()
        self.hidden = set(self.sensitive)
        for table in self.tables.values():
            self.hidden |= self._unreadable(table, self.hidden)
        self.hidden = self._close(self.hidden)
        if not case.weakened:
            sizes = {column: int(case.sizes[mask].sum()) for column, mask in case.masks.items()}
            self.hidden = self._close(suppressed(case.block.tables, sizes, self.hidden, case.parameters))
        while not case.weakened and (unproved := self._unproved()):
            left = [number for number in self._unprovable(unproved) if number in self.sensitive]
            if not left:
                break  # What else is hidden stands there to protect these, and tells of nobody by itself.
            if not self._hide_more(left):
                # Nothing of the block is published any more: what the questionnaire allows can be believed.
                self.proved.update(left)
        nobody = {
            (table.key, *column, line)
            for table in self.tables.values()
            for column, base in zip(table.columns, table.bases, strict=True)
            for line in table.lines
            if not base
        }
        self.hidden = {number for number in self.hidden if not self._told(number)}
        published = {number for number in self.proved if number[1] != REST_OF}
        return Protected(
            Hidden(
                frozenset((key, (name, group), line) for key, name, group, line in self.hidden | nobody if line),
                frozenset(
                    (key.removeprefix("asked "), (name, group)) for key, name, group, line in self.hidden if not line
                ),
            ),
            frozenset(published),
        )

    # What is hidden for its own sake ---------------------------------------------------------------------------------

    def _first(self) -> set[Number]:
        found: set[Number] = set()
        for table in self.tables.values():
            dark = table.condition in self.case.block.dark
            for column, base, counts in zip(table.columns, table.bases, table.counts, strict=True):
                cells = {(table.key, *column, line): count for line, count in zip(table.lines, counts, strict=True)}
                if table.condition:
                    size = int(self.case.sizes[self.case.masks[column]].sum())
                    nearly = size >= self.rules.k_nearly and size - base <= self.rules.width
                    if dark or 0 < base < self.rules.k_group or (self._small(size - base, size) and not nearly):
                        found.add((asked_key(table.condition), *column, ""))
                if dark or 0 < base < self.rules.k_group:
                    found.update(cells)
                found.update(cell for cell, count in cells.items() if self._small(count, base))
                if base and table.sensitive and base in counts:
                    # That the others are zero says that this one is everybody.
                    found.update(cells if table.dividing else [cell for cell, count in cells.items() if count == base])
        return found

    def _unreadable(self, table: CountTable, hidden: AbstractSet[Number]) -> set[Number]:
        """All counts of breakdowns of which too many are hidden already: little is left to read, and it costs much to
        keep that from telling the rest."""
        found: set[Number] = set()
        for breakdown in dict.fromkeys(name for name, _ in table.columns if name != ALL):
            cells = {
                (table.key, *column, line)
                for column, base in zip(table.columns, table.bases, strict=True)
                for line in table.lines
                if column[0] == breakdown and base
            }
            if len(cells & hidden) > UNREADABLE * len(cells):
                found |= cells
        return found

    def _small(self, count: int, base: int) -> bool:
        return 0 < count < self.rules.k_cell or 0 < base - count < self.rules.k_cell

    def _asked_alike(self, condition: str) -> list[CountTable]:
        return [table for table in self.tables.values() if table.condition == condition]

    def _close(self, numbers: Iterable[Number]) -> set[Number]:
        """With each hidden number of people asked, all counts of that column: they are printed as shares of it."""
        closed = set(numbers)
        for key, *place, line in tuple(closed):
            if not line:
                alike = self._asked_alike(key.removeprefix("asked "))
                closed |= self._cells(alike, [(place[0], place[1])])
        return closed

    # Proving ---------------------------------------------------------------------------------------------------------

    def _unproved(self) -> list[Number]:
        """Hidden counts of somebody, and small ones in columns that nobody prints."""
        wanted = set(self.hidden)
        for table in self.tables.values():
            model = self.models[table.key]
            for column in self._rest_columns(table):
                base = model.base(column)
                for line in table.lines:
                    if base and (base < self.rules.k_group or self._small(model.count(column, line), base)):
                        wanted.add((table.key, *column, line))
                        self.sensitive.add((table.key, *column, line))
        return sorted(number for number in wanted - self.proved if self._base(number) and not self._told(number))

    def _told(self, number: Number) -> bool:
        """Whether the total, which is shown, says that nobody or everybody is meant, in every group alike."""
        key, breakdown, _, line = number
        if not line or breakdown == ALL or (key, *EVERYBODY, line) in self.hidden:
            return False
        return self.models[key].count(EVERYBODY, line) in (0, self.models[key].base(EVERYBODY))

    def _rest_columns(self, table: CountTable) -> list[Column]:
        return [column for column in self.models[table.key].columns() if column[0] == REST_OF]

    def _base(self, number: Number) -> int:
        key, breakdown, group, line = number
        if line:
            return self.models[key].base((breakdown, group))
        return int(self.case.sizes[self.case.masks[breakdown, group]].sum())

    def _needed(self, number: Number) -> int:
        return min(self.rules.width, self._base(number))

    def _true(self, number: Number) -> int:
        key, breakdown, group, line = number
        if line:
            return self.models[key].count((breakdown, group), line)
        table = self._asked_alike(key.removeprefix("asked "))[0]
        return int(self.case.parts[table.key].asked[self.case.masks[breakdown, group]].sum())

    def _unprovable(self, numbers: Sequence[Number]) -> list[Number]:
        """Those that cannot be proved with what is hidden now. The others are proved afterwards."""
        by_programme: dict[int, tuple[Programme, list[Number]]] = {}
        left: list[Number] = []
        for number in numbers:
            key, line = number[0], number[3]
            if not line:
                if key.removeprefix("asked ") in self.case.block.dark:
                    self.proved.add(number)  # Nothing that is published hangs on it.
                else:
                    left.append(number)
                continue
            programme = self.models[key].programme_of(line)
            by_programme.setdefault(id(programme), (programme, []))[1].append(number)
        for programme, some in by_programme.values():
            left += self._search(programme, {each: self.models[each[0]].terms(each[1:3], each[3]) for each in some})
        for key in dict.fromkeys(number[0] for number in left if number[3]):
            if not self.tables[key].dividing and len(self.tables[key].lines) > 1:
                own = self.models[key]
                some = [number for number in left if number[0] == key]
                terms = {number: own.terms_together(number[1:3], number[3]) for number in some}
                still = self._search(own.together()[0], terms)
                left = [number for number in left if number[0] != key or number in still]
        deep = [number for number in left if not number[3] or self._hangs_together(self.tables[number[0]])]
        deep = [number for number in deep if number[1] != REST_OF]
        if deep:
            model = self._whole()
            open_ = set(self._search(model.programme, {each: model.terms(each) for each in deep}))
            left = [number for number in left if number not in deep or number in open_]
        return sorted(left)

    def _is_root(self, table: CountTable) -> bool:
        return any(root.table == table.key for root in self.case.block.roots)

    def _hangs_together(self, table: CountTable) -> bool:
        """Whether other tables must move for this one to have room."""
        return self._is_root(table) or table.measure in ("first", "places")

    def _whole(self) -> BlockModel:
        if self._block_model is None:
            case = self.case
            self._block_model = BlockModel(
                case.block, case.parts, case.masks, case.members, case.sizes, case.parameters, case.looks
            )
        return self._block_model

    def _search(self, programme: Programme, terms: Mapping[Number, Terms]) -> list[Number]:
        """Those of the sums for which no two solutions lie far enough apart: first many at once, then each alone."""
        without = frozenset(self.hidden)
        low = {number: self._true(number) for number in terms}
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
        for number in open_() if programme.size <= SMALL else ():
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
            pulled = _weighted([terms[number].times(int(sign)) for number, sign in zip(left, signs, strict=True)])
            fruitless = 0 if prove(pulled) else fruitless + 1

    # Hiding more -----------------------------------------------------------------------------------------------------

    def _hide_more(self, numbers: Sequence[Number]) -> bool:
        """For each breakdown of a table with counts that cannot be proved the next way, from cheap to dear. Says
        whether there was anything left to hide."""
        before = len(self.hidden)
        while len(self.hidden) == before and len(self.hidden) < len(self._everything()):
            for place in dict.fromkeys((number[0], number[1]) for number in numbers):
                some = [number for number in numbers if number[:2] == place]
                step = self._steps[place] = self._steps.get(place, -1) + 1
                self.hidden |= self._close(self._way(some, step) if some[0][3] else self._asked_way(some, step))
        return len(self.hidden) > before

    def _way(self, numbers: Sequence[Number], step: int) -> set[Number]:
        key, breakdown = numbers[0][:2]
        table = self.tables[key]
        mine = "region" if breakdown == REST_OF else breakdown
        columns = [column for column in table.columns if column[0] == mine]
        groups = [column for column in table.columns if column != EVERYBODY]
        tied = self._tied(table)
        lines = {number[3] for number in numbers}
        if breakdown == REST_OF and step == NEAR:
            return {(key, *column, line) for column in table.columns if column[0] == COUNTRY_ROWS for line in lines}
        if step < NEAR:
            return set().union(*(self._in_the_way(number) for number in numbers))
        if step == NEAR and mine != ALL:
            return {(key, *column, line) for column in columns for line in lines} | self._cells(tied, columns)
        if step == NEAR + 1 and mine != ALL:
            return self._cells([table, *tied], columns)
        if step <= NEAR + 2:
            return self._cells([table, *tied], groups)
        return self._everything()

    def _asked_way(self, numbers: Sequence[Number], step: int) -> set[Number]:
        key, breakdown = numbers[0][:2]
        children = self._asked_alike(key.removeprefix("asked "))
        roots = [self.tables[root.table] for root in self.case.block.roots if root.table]
        columns = dict.fromkeys(column for table in children for column in table.columns)
        mine = [column for column in columns if column[0] == breakdown]
        groups = [column for column in columns if column != EVERYBODY]
        if step < NEAR:
            return set().union(*(self._in_the_way(number) for number in numbers))
        step -= NEAR
        if step == 0:
            sizes = sorted((self._true((key, *each, "")), each) for each in mine if (key, *each, "") not in self.hidden)
            return {(key, *each, "") for true, each in sizes[:1] if true}
        if step == 1:
            return self._cells(children, [number[1:3] for number in numbers])
        if step == 2:
            return self._cells(children, mine)
        if step == 3:
            return self._cells([*children, *roots], mine)
        if step == 4:
            return self._cells([*children, *roots], groups)
        return self._everything()

    def _tied(self, table: CountTable) -> list[CountTable]:
        """The tables that must move when this one does."""
        if self._is_root(table):
            return [each for each in self.tables.values() if each.condition]
        if table.measure in ("first", "places"):
            return [each for each in self.tables.values() if each.code == table.code and each != table]
        return []

    def _cells(self, tables: Iterable[CountTable], columns: Iterable[Column]) -> set[Number]:
        """All counts of these tables in these columns, and how many were asked there."""
        there = set(columns)
        found: set[Number] = set()
        for table in tables:
            for column in there.intersection(table.columns):
                found |= {(table.key, *column, line) for line in table.lines}
                if table.condition:
                    found.add((asked_key(table.condition), *column, ""))
        return found

    def _in_the_way(self, number: Number) -> set[Number]:
        """Of what is shown and keeps this count where it is the cheapest, in both directions; totals are dear."""
        programme, terms = self._widest(number)
        found: set[Number] = set()
        for sign in (1, -1):
            names = programme.binding(terms.times(sign), frozenset(self.hidden))
            shown = [name for name in names if isinstance(name, tuple) and name not in self.hidden]
            cheap = sorted(shown, key=lambda name: (name[1] == ALL, not name[3], self._true(name), name))
            found.update(cheap[:AT_ONCE])
        return found

    def _widest(self, number: Number) -> tuple[Programme, Terms]:
        """The programme in which the count has most room, and the count in it."""
        key, line = number[0], number[3]
        if number[1] != REST_OF and (not line or self._hangs_together(self.tables[key])):
            return self._whole().programme, self._whole().terms(number)
        model = self.models[key]
        if model.table.dividing or len(model.table.lines) == 1:
            return model.programme_of(line), model.terms(number[1:3], line)
        return model.together()[0], model.terms_together(number[1:3], line)

    def _everything(self) -> set[Number]:
        tables = self.tables.values()
        return self._cells(tables, [column for table in tables for column in table.columns])

    def _model(self, table: CountTable) -> TableModel:
        case, code = self.case, table.code
        root = next((each for each in case.block.roots if each.table == table.key), None)
        kept = [each.lines for each in root.classes if each.lines] if root else []
        other = {"first": f"{code} places", "places": f"{code} first"}.get(table.measure, "")
        unpublished = case.unpublished if any(name == COUNTRY_ROWS for name, _ in table.columns) else ()
        return TableModel(
            table,
            case.parts[table.key],
            case.masks,
            self.rules,
            case.looks[table.key],
            unpublished=unpublished,
            kept=kept,
            at_most=case.parts[other].lines if other in case.parts else None,
            fixed_total=table.key in case.fixed_total,
        )


def _weighted(terms: Sequence[Terms]) -> Terms:
    return Terms(np.concatenate([each.places for each in terms]), np.concatenate([each.factors for each in terms]))
