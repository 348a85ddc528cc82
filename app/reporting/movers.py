"""Who may answer otherwise in the data sets that a reader could believe: few people, chosen so that they can. Pure.

A small count can be another where somebody of its group says something else and somebody of another group, alike in
all other breakdowns, says it instead: then no other figure changes. So profiles are taken in bundles: the groups of one
breakdown with people who are alike in the others. First those bundles that have most of what is still missing.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.reporting.counts import Column
from app.reporting.groups import ALL, COUNTRY_ROWS, REST_OF, plain
from app.reporting.programme import Counts

#: People of one answer in one group that are enough to move its count.
ENOUGH = 8
_PLACE = "region"


def movers(
    columns: Sequence[Column], marks: NDArray[np.bool_], said: Counts, most: int, always: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """About `most` profiles and those that are there `always`; all, where there are no more than `most`. `marks`:
    columns by profiles; `said`: answers by profiles, counts of people."""
    if marks.shape[1] <= most:
        return np.ones_like(always)
    moving = always.copy()
    bundles = [_Bundles(groups, others, said) for groups, others in _each_breakdown(columns, marks)]
    while moving.sum() - always.sum() < most and bundles:
        bundles = [each for each in bundles if each.take(moving)]
    return moving


def _each_breakdown(columns: Sequence[Column], marks: NDArray[np.bool_]) -> list[tuple[Counts, Counts]]:
    """For each breakdown the group of every profile, and which profiles are alike in all others."""
    names = [_PLACE if plain(name) in (COUNTRY_ROWS, REST_OF) else plain(name) for name, _ in columns]
    found = []
    for breakdown in dict.fromkeys(name for name in names if name != ALL):
        own = np.array([name == breakdown for name in names])
        found.append((_alike(marks[own]), _alike(marks[~own])))
    return found


def _alike(marks: NDArray[np.bool_]) -> Counts:
    return np.unique(marks, axis=1, return_inverse=True)[1].reshape(-1).astype(np.int64)


class _Bundles:
    """The profiles of one breakdown, by what they are in the others."""

    def __init__(self, groups: Counts, others: Counts, said: Counts) -> None:
        self._others = others
        lines, size = len(said), int(groups.max()) + 1
        self._people = np.zeros((int(others.max()) + 1, lines, size), dtype=np.int64)
        for line in range(lines):
            np.add.at(self._people[:, line], (others, groups), said[line])
        several = np.bincount(np.unique(np.stack([others, groups]), axis=1)[0], minlength=len(self._people)) > 1
        self._people[~several] = 0
        self._needed = np.minimum(self._people.sum(axis=0), ENOUGH)

    def take(self, moving: NDArray[np.bool_]) -> bool:
        """The bundle that helps most moves. Says whether there was any."""
        helps = np.minimum(self._people, self._needed).sum(axis=(1, 2))
        best = int(np.argmax(helps))
        if not helps[best]:
            return False
        moving |= self._others == best
        self._needed = np.maximum(self._needed - self._people[best], 0)
        return True
