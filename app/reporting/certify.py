"""Hiding until nobody can be found: every count that is not shown gets its certificate, or more is hidden. Pure.

A count is safe when two complete data sets, each giving every published figure exactly, differ there by `width` people
or more (by all who were asked, where these are fewer). The true data set is one; solving finds others. What is hidden
for one count never makes another less safe, since a reader then knows less: so each count is proved once.

Without enough room, more is hidden: some times what is in the way, as the solver says, the cheapest first; then the
same line in all columns of the breakdown; the breakdown of the table; all its breakdowns; the block. What asks the
question or is asked by it goes with it. Only counts that must not be worked out are worth that; what is hidden for
their sake is proved as far as it can be.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.reporting.believable import Number
from app.reporting.counts import EVERYBODY, Column, CountTable, asked_key
from app.reporting.disclosure import Hidden
from app.reporting.groups import ALL, COUNTRY_ROWS, REST_OF, everybody_in, is_earlier, is_only, plain, shown_in
from app.reporting.proving import Proofs
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
        self.proofs = Proofs(case)
        #: What must not be worked out.
        self.sensitive = sensitive_counts(case)
        self.sensitive |= {number for number in case.proved_before if may_be_small(case, number)}
        #: How far hiding more has gone, by table and breakdown.
        self._steps: dict[tuple[str, str], int] = {}

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
            left = [number for number in self.proofs.unprovable(unproved, self.hidden) if number in self.sensitive]
            if not left:
                break  # What else is hidden stands there to protect these, and tells of nobody by itself.
            self._refuse(left)
            if not self._hide_more(left):
                # Nothing of the block is published any more: what the questionnaire allows can be believed.
                self.proofs.proved.update(left)
        return self.protected()

    def _refuse(self, numbers: Sequence[Number]) -> None:
        """Raises NoRoom where one of these could be worked out after earlier releases, whatever is hidden now."""
        if self.case.gone.any():
            everything = self.hidden | self._everything()
            in_vain = everything == self.hidden
            for number in numbers:
                if number[0] not in self.case.fixed_total and (in_vain or not self.proofs.has_room(number, everything)):
                    raise NoRoom

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
            number
            for number in self.proofs.proved
            if number[1:3] not in self.case.unpublished and not is_earlier(number[1:3])
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

    # What is to be proved --------------------------------------------------------------------------------------------

    def _unproved(self) -> list[Number]:
        """Hidden counts of somebody, and small ones in columns that nobody prints."""
        wanted = {each for each in self.hidden if each in self.sensitive or not is_earlier(each[1:3])}
        for table in self.tables.values():
            model = self.proofs.counted(table.key)
            for column in self._unpublished(table):
                base = model.base(column)
                for line in table.lines:
                    if base and (base < self.rules.k_group or is_small(model.count(column, line), base, self.rules)):
                        wanted.add((table.key, *column, line))
                        self.sensitive.add((table.key, *column, line))
        return sorted(
            number for number in wanted - self.proofs.proved if self.proofs.base(number) and not self._told(number)
        )

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
        count = self.proofs.counted(key).count(column, line)
        # Everybody's answer is as many as were asked: not where that is not shown.
        asked = (asked_key(self.tables[key].condition), *number[1:3], "")
        return count == 0 or (count == self.proofs.counted(key).base(column) and asked not in self.hidden)

    def _unpublished(self, table: CountTable) -> list[Column]:
        return [column for column in self.proofs.counted(table.key).columns() if column in self.case.unpublished]

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
            sizes = sorted(
                (self.proofs.true((key, *each, "")), each) for each in mine if (key, *each, "") not in self.hidden
            )
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
        if self.proofs.is_root(table):
            return [each for each in self.tables.values() if each.condition]
        if table.measure in ("first", "places"):
            return [each for each in self.tables.values() if each.code == table.code and each != table]
        return []

    def _in_the_way(self, number: Number) -> set[Number]:
        """Of what is shown and keeps this count where it is the cheapest, in both directions; totals are dear."""
        found: set[Number] = set()
        for names in self.proofs.in_the_way(number, self.hidden):
            shown = [
                name
                for name in names
                if isinstance(name, tuple) and name not in self.hidden and not is_earlier(name[1:3])
            ]
            cheap = sorted(shown, key=lambda name: (name[1] == ALL, not name[3], self.proofs.true(name), name))
            found.update(cheap[:AT_ONCE])
        return found

    def _everything(self) -> set[Number]:
        tables = self.tables.values()
        return counts_in(tables, [column for table in tables for column in table.columns])
