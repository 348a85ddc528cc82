"""Sums that a reader can form, and what follows from them. Pure.

A `Sum` says that some numbers add up to another, or to one that everybody knows. Of the numbers, some are hidden. A
hidden number is given away when adding and subtracting published figures leaves it alone on its side: that is, when its
unit vector lies in the row space of the sums, restricted to the hidden numbers.
"""

from collections.abc import Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Generic, TypeVar

V = TypeVar("V", bound=Hashable)

#: Calculating modulo a large prime is exact and keeps numbers small. That a sum vanishes by chance would need a
#: determinant divisible by it; those of such tables of 0, 1 and -1 are far smaller.
PRIME = 2**61 - 1


@dataclass(frozen=True)
class Sum(Generic[V]):
    """`parts` add up to `whole`; None: to a number that is known."""

    parts: tuple[V, ...]
    whole: V | None = None

    @property
    def numbers(self) -> tuple[V, ...]:
        return self.parts if self.whole is None else (*self.parts, self.whole)


def given_away(sums: Iterable[Sum[V]], hidden: AbstractSet[V]) -> set[V]:
    """The hidden numbers that follow exactly from the shown ones."""
    rows = []
    for each in sums:
        row: dict[V, int] = {}
        for part in each.parts:
            if part in hidden:
                row[part] = (row.get(part, 0) + 1) % PRIME
        if each.whole is not None and each.whole in hidden:
            row[each.whole] = (row.get(each.whole, 0) - 1) % PRIME
        row = {number: factor for number, factor in row.items() if factor}
        if row:
            rows.append(row)
    return {next(iter(row)) for part in _apart(rows) for row in _reduced(part) if len(row) == 1}


def _apart(rows: Sequence[dict[V, int]]) -> list[list[dict[V, int]]]:
    """The rows in bundles that share no number, so that each can be reduced by itself."""
    leader: dict[V, V] = {}

    def lead(number: V) -> V:
        while leader.setdefault(number, number) != number:
            leader[number] = leader[leader[number]]
            number = leader[number]
        return number

    for row in rows:
        first, *rest = row
        for other in rest:
            leader[lead(other)] = lead(first)
    bundles: dict[V, list[dict[V, int]]] = {}
    for row in rows:
        bundles.setdefault(lead(next(iter(row))), []).append(row)
    return list(bundles.values())


def _reduced(rows: Iterable[dict[V, int]]) -> list[dict[V, int]]:
    """Reduced row echelon form: each row has a pivot of 1 that stands in no other row."""
    pivots: dict[V, dict[V, int]] = {}
    for row in rows:
        left = dict(row)
        for number in [number for number in left if number in pivots]:
            _subtract(left, pivots[number], left.get(number, 0))
        if not left:
            continue
        pivot, factor = next(iter(left.items()))
        inverse = pow(factor, -1, PRIME)
        left = {number: value * inverse % PRIME for number, value in left.items()}
        for other in pivots.values():
            if pivot in other:
                _subtract(other, left, other[pivot])
        pivots[pivot] = left
    return list(pivots.values())


def _subtract(row: dict[V, int], other: dict[V, int], times: int) -> None:
    for number, value in other.items():
        rest = (row.get(number, 0) - times * value) % PRIME
        if rest:
            row[number] = rest
        else:
            row.pop(number, None)
