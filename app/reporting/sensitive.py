"""A block to protect, and what of it is hidden for its own sake. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.reporting.believable import Look, Number, TableModel
from app.reporting.blocks import Block
from app.reporting.counts import Column, CountTable, asked_key
from app.reporting.disclosure import Parameters
from app.reporting.groups import ALL, COUNTRY_ROWS, is_earlier
from app.reporting.programme import Counts
from app.reporting.tally import Part

#: A breakdown of which a larger part would be hidden is hidden as a whole.
UNREADABLE = 1 / 3
#: A line of which a larger part of those groups would be hidden in which somebody stands is hidden in all groups.
RARE = 1 / 2


class NoRoom(Exception):
    """What was published before leaves no room for another release: small counts could be worked out whatever is hidden
    now, or nobody was found with whom the earlier figures come out."""


@dataclass
class BlockCase:
    """Everything that is needed to protect one block, in a form that another process can be given.

    `masks` are the profiles of each merged column, `unpublished` columns that nobody prints. `fixed_total`: tables
    whose total a reader may know exactly. Where there are earlier releases, `block` has their columns as well, `shut`
    are the numbers that these did not show, `proved_before` those of them that must be proved, and `gone` are profiles
    of people who are in these only (`reissue.py`).
    """

    block: Block
    parts: Mapping[str, Part]
    masks: Mapping[Column, NDArray[np.bool_]]
    members: Mapping[str, Sequence[str]]
    sizes: Counts
    gone: NDArray[np.bool_]
    looks: Mapping[str, Look]
    parameters: Parameters
    unpublished: tuple[Column, ...] = ()
    fixed_total: frozenset[str] = frozenset()
    shut: frozenset[Number] = frozenset()
    proved_before: frozenset[Number] = frozenset()
    seed: int = 1

    @property
    def tables(self) -> tuple[CountTable, ...]:
        """Every table, with the columns of earlier releases."""
        return self.block.tables

    @cached_property
    def current(self) -> tuple[CountTable, ...]:
        """The tables as they are to be published now."""
        return tuple(_now(table) for table in self.block.tables) if self.gone.any() else self.block.tables

    def size(self, column: Column) -> int:
        """People in this column."""
        return int(self.sizes[self.masks[column]].sum())

    def model(self, table: CountTable, most_moving: int) -> TableModel:
        """What a reader could still believe of this table alone, where people of so many profiles answer otherwise."""
        code = table.code
        root = next((each for each in self.block.roots if each.table == table.key), None)
        kept = [each.lines for each in root.classes if each.lines] if root else []
        other = {"first": f"{code} places", "places": f"{code} first"}.get(table.measure, "")
        named = {name for name, _ in table.columns}
        unpublished = self.unpublished if COUNTRY_ROWS in named else ()
        return TableModel(
            table,
            self.parts[table.key],
            self.masks,
            self.parameters,
            self.looks[table.key],
            unpublished=unpublished,
            kept=kept,
            at_most=self.parts[other].lines if other in self.parts else None,
            fixed_total=table.key in self.fixed_total,
            most_moving=most_moving,
            always=self.gone,
        )

    def asked_alike(self, condition: str) -> list[CountTable]:
        return [table for table in self.tables if table.condition == condition]


def _now(table: CountTable) -> CountTable:
    places = [place for place, column in enumerate(table.columns) if not is_earlier(column)]
    return replace(
        table,
        columns=tuple(table.columns[place] for place in places),
        bases=tuple(table.bases[place] for place in places),
        counts=tuple(table.counts[place] for place in places),
    )


def is_small(count: int, base: int, parameters: Parameters) -> bool:
    """Whether the count, or the rest of those asked, is of somebody but of too few."""
    return 0 < count < parameters.k_cell or 0 < base - count < parameters.k_cell


def may_be_small(case: BlockCase, number: Number) -> bool:
    """Whether a number that an earlier release hid may be of too few: those who are gone can only have added to it."""
    key, line, rules = number[0], number[3], case.parameters
    still = case.masks[number[1:3]] & ~case.gone
    table = next(each for each in case.tables if key in (each.key, asked_key(each.condition)))
    asked = int(case.parts[table.key].asked[still].sum())
    if not line:
        return asked < rules.k_group or int(case.sizes[still].sum()) - asked < rules.k_cell
    count = int(case.parts[key].lines[table.lines.index(line), still].sum())
    return asked < rules.k_group or count < rules.k_cell or asked - count < rules.k_cell


def sensitive_counts(case: BlockCase) -> set[Number]:
    """What must not be worked out: small counts, all of a group with few asked, and who said the same as everybody."""
    return {number for table in case.current for number in _of_table(case, table)}


def _of_table(case: BlockCase, table: CountTable) -> Iterator[Number]:
    rules, dark = case.parameters, table.condition in case.block.dark
    for column, base, counts in zip(table.columns, table.bases, table.counts, strict=True):
        cells = {(table.key, *column, line): count for line, count in zip(table.lines, counts, strict=True)}
        few = dark or 0 < base < rules.k_group
        if table.condition:
            size = case.size(column)
            nearly = size >= rules.k_nearly and size - base <= rules.width
            if few or (is_small(size - base, size, rules) and not nearly):
                yield (asked_key(table.condition), *column, "")
        # That the others are zero says that this one is everybody.
        all_alike = bool(base) and table.sensitive and base in counts
        for cell, count in cells.items():
            alike = all_alike and (table.dividing or count == base)
            if few or alike or is_small(count, base, rules):
                yield cell


def unreadable_counts(case: BlockCase, hidden: AbstractSet[Number]) -> set[Number]:
    """All counts of breakdowns, and of lines in a breakdown, of which too many are hidden already: little is left to
    read, and it costs much to keep that from telling the rest. That of a rare answer nobody gave it somewhere tells who
    did: then zeros go as well."""
    found: set[Number] = set()
    for table in case.current:
        bases = dict(zip(table.columns, table.bases, strict=True))
        counts = dict(zip(table.columns, table.counts, strict=True))
        for breakdown in dict.fromkeys(name for name, _ in table.columns if name != ALL):
            columns = [column for column in table.columns if column[0] == breakdown and bases[column]]
            cells = {(table.key, *column, line) for column in columns for line in table.lines}
            if len(cells & hidden) > UNREADABLE * len(cells):
                found |= cells
                continue
            for place, line in enumerate(table.lines):
                row = {(table.key, *column, line): counts[column][place] for column in columns}
                said = [cell for cell, count in row.items() if count]
                if sum(cell in hidden for cell in said) > RARE * len(said):
                    found.update(row)
    return found


def counts_in(tables: Iterable[CountTable], columns: Iterable[Column]) -> set[Number]:
    """All counts of these tables in these columns, and how many were asked there."""
    there = set(columns)
    found: set[Number] = set()
    for table in tables:
        for column in there.intersection(table.columns):
            found |= {(table.key, *column, line) for line in table.lines}
            if table.condition:
                found.add((asked_key(table.condition), *column, ""))
    return found


def closed(case: BlockCase, numbers: Iterable[Number]) -> set[Number]:
    """With each hidden number of people asked, all counts of that column: they are printed as shares of it."""
    found = set(numbers)
    for key, *place, line in tuple(found):
        if not line:
            found |= counts_in(case.asked_alike(key.removeprefix("asked ")), [(place[0], place[1])])
    return found
