"""A first guess at what else must be hidden, so that certification has little left to do. Pure.

Wherever hidden counts stand alone in a sum whose other parts are printed so exactly that little room is left, the
cheapest further count is hidden as well. Nothing here is a proof; `certify.py` proves, and hides more where it must.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from app.reporting.believable import Number, asked_key, shown_between
from app.reporting.counts import EVERYBODY, Column, CountTable
from app.reporting.disclosure import Parameters, asked_between
from app.reporting.groups import ALL, COUNTRY_ROWS


@dataclass(frozen=True)
class Sum:
    """`parts` add up to `whole`; None: to a number that is known exactly."""

    parts: tuple[Number, ...]
    whole: Number | None


def suppressed(
    tables: Sequence[CountTable], sizes: Mapping[Column, int], first: AbstractSet[Number], parameters: Parameters
) -> set[Number]:
    """`first` with further counts, until every sum leaves room enough. sizes: people in each column."""
    return _Suppressing(tables, sizes, parameters).run(first)


class _Suppressing:
    def __init__(self, tables: Sequence[CountTable], sizes: Mapping[Column, int], parameters: Parameters) -> None:
        self._tables, self._parameters = tables, parameters
        self._value: dict[Number, int] = {}
        #: How far a count is from telling that nobody or everybody is meant, and between which two it lies as printed.
        self._strength: dict[Number, int] = {}
        self._room: dict[Number, int] = {}
        for table in tables:
            for column, base, counts in zip(table.columns, table.bases, table.counts, strict=True):
                asked = (asked_key(table.condition), *column, "")
                if table.condition:
                    self._learn(asked, base, sizes[column])
                    least, most = asked_between(base, sizes[column], parameters)
                    self._room[asked] = max(most - least, 0)
                for line, count in zip(table.lines, counts, strict=True) if base else ():
                    cell = (table.key, *column, line)
                    self._learn(cell, count, base)
        self._sums = list(self._all_sums())

    def run(self, first: AbstractSet[Number]) -> set[Number]:
        hidden = set(first)
        while True:
            further = {number for each in self._sums if (number := self._weakest(each, hidden)) is not None}
            if not further:
                return hidden
            hidden |= further

    def _learn(self, number: Number, count: int, base: int) -> None:
        least, most = shown_between(count, base, self._parameters)
        self._value[number], self._strength[number] = count, min(count, base - count)
        self._room[number] = max(most - least, 0)

    def _all_sums(self) -> Iterator[Sum]:
        for table in self._tables:
            for column in table.columns if table.dividing else ():
                whole = (asked_key(table.condition), *column, "") if table.condition else None
                yield from self._sum([(table.key, *column, line) for line in table.lines], whole)
            for name in dict.fromkeys(name for name, _ in table.columns if name not in (ALL, COUNTRY_ROWS)):
                columns = [column for column in table.columns if column[0] == name]
                for line in table.lines:
                    parts = [(table.key, *column, line) for column in columns]
                    yield from self._sum(parts, (table.key, *EVERYBODY, line))
                if table.condition:
                    asked = asked_key(table.condition)
                    yield from self._sum([(asked, *column, "") for column in columns], (asked, *EVERYBODY, ""))

    def _sum(self, parts: Iterable[Number], whole: Number | None) -> Iterator[Sum]:
        there = tuple(part for part in parts if part in self._value)
        if there and (whole is None or whole in self._value):
            yield Sum(there, whole)

    def _weakest(self, each: Sum, hidden: AbstractSet[Number]) -> Number | None:
        """What must be hidden besides so that this sum leaves room, or None."""
        numbers = each.parts if each.whole is None else (*each.parts, each.whole)
        unseen = [number for number in numbers if number in hidden]
        if not unseen:
            return None
        room = sum(self._room[number] for number in numbers if number not in hidden)
        enough = self._parameters.width
        if room >= enough or (len(unseen) > 1 and sum(self._strength[number] for number in unseen) + room >= enough):
            return None
        shown = [part for part in each.parts if part not in hidden]
        strong = [part for part in shown if self._strength[part] >= enough]
        if strong:
            return self._smallest(strong)
        if len(unseen) > 1:
            return None  # What is left are zeros, or counts of everybody: hiding them protects nobody better.
        if shown:
            return self._smallest(shown)
        return each.whole if each.whole not in hidden else None

    def _smallest(self, numbers: Iterable[Number]) -> Number:
        """The smallest count; counts of lines before numbers asked, since those take a whole column with them."""
        return min(numbers, key=lambda number: (not number[3], self._value[number], number))
