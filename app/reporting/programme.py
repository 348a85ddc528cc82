"""Whole-number programmes: counts of people that nobody knows, bounds on sums of them, and how far apart one such sum
can be. Pure. Solved by HiGHS; every solution is checked in whole numbers before it is believed.

The search ends after a number of steps, never after a time: the same counts give the same answer on every machine.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import highspy
import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
FREE = 2**40
#: Branches of the search after which the best solution so far is taken.
MOST_NODES = 20
#: The primal simplex method, as HiGHS numbers its strategies.
_PRIMAL = 4
#: How near to a whole number a value of the solver must lie.
WHOLE = 1e-6


@dataclass(frozen=True)
class Terms:
    """A weighted sum of variables: their numbers and factors."""

    places: NDArray[np.int64]
    factors: NDArray[np.int64]

    @staticmethod
    def of(places: NDArray[np.int64], factor: int = 1) -> "Terms":
        return Terms(places, np.full(len(places), factor, dtype=np.int64))

    @staticmethod
    def together(several: "Sequence[Terms]") -> "Terms":
        return Terms(
            np.concatenate([each.places for each in several]), np.concatenate([each.factors for each in several])
        )

    def times(self, factor: int) -> "Terms":
        return Terms(self.places, self.factors * factor)

    def __add__(self, other: "Terms") -> "Terms":
        return Terms.together([self, other])

    def at(self, solution: Counts) -> int:
        """The value of the sum."""
        return int(self.factors @ solution[self.places])


@dataclass
class Programme:
    """Variables from `least` to `most`, and rows that keep a sum between two ends. Rows have names: what a reader is
    told by them, so that they can be let go together. The best solution after `most_nodes` branches is taken."""

    most_nodes: int = MOST_NODES
    _least: list[Counts] = field(default_factory=list)
    _most: list[Counts] = field(default_factory=list)
    _start: list[tuple[Counts, Counts]] = field(default_factory=list)
    _size: int = 0
    _rows: list[tuple[Terms, int, int, object]] = field(default_factory=list)
    _solver: "_Solver | None" = None

    def variables(self, least: Counts, most: Counts, true: Counts | None = None) -> Counts:
        """The numbers of new variables. `true`: their values in the data set that there is."""
        places = np.arange(self._size, self._size + len(least), dtype=np.int64)
        self._least.append(least)
        self._most.append(most)
        if true is not None:
            self._start.append((places, true))
        self._size += len(least)
        return places

    def keep(self, terms: Terms, least: int, most: int, name: object = None) -> None:
        """The sum is `least` or more and `most` or less."""
        self._rows.append((terms, least, most, name))

    def solve(self, objective: Terms, without: Iterable[object]) -> Counts | None:
        """A solution that makes the sum small, the smallest if it is soon found; None when none is found at all. Rows
        named in `without` do not hold."""
        return self._solved().solve(objective, frozenset(without))

    def split(self, objective: Terms, without: Iterable[object]) -> tuple[float, Counts | None]:
        """The least that the sum could be if people could be split, infinite when nothing fits; and the solution, if
        nobody is split in it."""
        return self._solved().split(objective, frozenset(without))

    def binding(self, objective: Terms, without: Iterable[object]) -> list[object]:
        """The names of rows that keep the sum from being smaller."""
        return self._solved().binding(objective, frozenset(without))

    @property
    def size(self) -> int:
        return self._size

    def _solved(self) -> "_Solver":
        if self._solver is None:
            self._solver = _Solver(self)
        return self._solver


class _Solver:
    """The programme as HiGHS has it, once with and once without whole numbers; between solves only ends change."""

    def __init__(self, programme: Programme) -> None:
        rows = programme._rows
        self._least = np.concatenate(programme._least)
        self._most = np.concatenate(programme._most)
        self._low = np.array([row[1] for row in rows], dtype=np.int64)
        self._high = np.array([row[2] for row in rows], dtype=np.int64)
        self._named: dict[object, list[int]] = {}
        for place, row in enumerate(rows):
            if row[3] is not None:
                self._named.setdefault(row[3], []).append(place)
        self._starts = np.cumsum([0, *(len(row[0].places) for row in rows)]).astype(np.int32)
        self._places = np.concatenate([row[0].places for row in rows]) if rows else np.zeros(0, dtype=np.int64)
        self._factors = np.concatenate([row[0].factors for row in rows]) if rows else np.zeros(0, dtype=np.int64)
        self._row_of = np.repeat(np.arange(len(rows)), np.diff(self._starts))
        self._start = programme._start
        self._size = programme._size
        self._most_nodes = programme.most_nodes
        self._split = self._model(whole=False)
        self._whole: highspy.Highs | None = None
        self._free: dict[int, frozenset[int]] = {}

    def solve(self, objective: Terms, without: frozenset[object]) -> Counts | None:
        if self._whole is None:
            self._whole = self._model(whole=True)
        self._let_go(self._whole, without)
        self._aim(self._whole, objective)
        if self._start:
            places = np.concatenate([each[0] for each in self._start]).astype(np.int32)
            values = np.concatenate([each[1] for each in self._start]).astype(float)
            self._whole.setSolution(len(places), places, values)
        self._whole.run()
        return self._read(self._whole)

    def split(self, objective: Terms, without: frozenset[object]) -> tuple[float, Counts | None]:
        self._let_go(self._split, without)
        self._aim(self._split, objective)
        self._split.run()
        if self._split.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return float("inf"), None
        return float(self._split.getObjectiveValue()), self._read(self._split)

    def binding(self, objective: Terms, without: frozenset[object]) -> list[object]:
        self.split(objective, without)
        duals = np.array(self._split.getSolution().row_dual)
        if len(duals) != len(self._low):
            return []
        return [name for name, rows in self._named.items() if (np.abs(duals[rows]) > WHOLE).any()]

    def _read(self, solver: highspy.Highs) -> Counts | None:
        x = np.array(solver.getSolution().col_value)
        if len(x) != self._size or (np.abs(x - np.rint(x)) > WHOLE).any():
            return None
        return self._checked(np.rint(x).astype(np.int64), self._free[id(solver)])

    def _checked(self, solution: Counts, free: frozenset[int]) -> Counts | None:
        sums = np.bincount(self._row_of, self._factors * solution[self._places], len(self._low)).astype(np.int64)
        right = (sums >= self._low) & (sums <= self._high)
        right[sorted(free)] = True
        inside = (solution >= self._least).all() and (solution <= self._most).all()
        return solution if inside and right.all() else None

    def _let_go(self, solver: highspy.Highs, without: frozenset[object]) -> frozenset[int]:
        """The rows named are free in this solver, the others held."""
        free = frozenset(place for name in without for place in self._named.get(name, ()))
        before = self._free.get(id(solver), frozenset())
        for place in free ^ before:
            if place in free:
                solver.changeRowBounds(place, -highspy.kHighsInf, highspy.kHighsInf)
            else:
                solver.changeRowBounds(place, _ends(self._low[place]), _ends(self._high[place]))
        self._free[id(solver)] = free
        return free

    def _aim(self, solver: highspy.Highs, objective: Terms) -> None:
        weights = np.zeros(self._size)
        np.add.at(weights, objective.places, objective.factors)
        solver.changeColsCost(self._size, np.arange(self._size, dtype=np.int32), weights)

    def _model(self, *, whole: bool) -> highspy.Highs:
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = self._size, len(self._low)
        model.col_cost_ = np.zeros(self._size)
        model.col_lower_, model.col_upper_ = self._least.astype(float), self._most.astype(float)
        model.row_lower_ = np.array([_ends(each) for each in self._low])
        model.row_upper_ = np.array([_ends(each) for each in self._high])
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        starts, places, factors = self._summed()
        model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = starts, places, factors
        if whole:
            model.integrality_ = [highspy.HighsVarType.kInteger] * self._size
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 1)):
            solver.setOptionValue(option, value)
        if whole:
            solver.setOptionValue("mip_max_nodes", self._most_nodes)
        else:
            # Only what is aimed at changes between solves, so the last solution still fits and is where to begin.
            solver.setOptionValue("simplex_strategy", _PRIMAL)
        solver.passModel(model)
        return solver

    def _summed(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
        """The rows, each variable once."""
        keys = self._row_of * max(self._size, 1) + self._places
        different, where = np.unique(keys, return_inverse=True)
        factors = np.bincount(where, self._factors, len(different)).astype(np.float64)
        starts = np.searchsorted(different, np.arange(len(self._low) + 1) * max(self._size, 1))
        return starts.astype(np.int32), (different % max(self._size, 1)).astype(np.int32), factors


def _ends(value: int) -> float:
    return float(value) if abs(value) < FREE else highspy.kHighsInf * (1 if value > 0 else -1)
