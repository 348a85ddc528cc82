"""Somebody who has every published file and wants to know what is not shown. Shares no code with what hides.

Knows the questionnaire, the rules of rounding and of hiding, the exact size of every published group (more than anybody
has), and nothing of single people. Works out, for each count that is not shown, between which two numbers it must lie.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import highspy
import numpy as np

Cell = tuple[str, str, str, str]


def ranges(release: Mapping[str, Any], sizes: Mapping[tuple[str, str], int]) -> dict[Cell, tuple[float, float]]:
    """For each count that is not shown, by table, breakdown, group and line, the least and the greatest it can be."""
    found: dict[Cell, tuple[float, float]] = {}
    for table in (*release["about"], *release["tables"]):
        found.update(_Attack(table, release["parameters"], sizes).ranges())
    return found


class _Attack:
    """One table: a variable for each count and each number asked."""

    def __init__(self, table: Mapping[str, Any], rules: Mapping[str, int], sizes: Mapping[tuple[str, str], int]) -> None:
        self.table, self.rules = table, rules
        self.key = f"{table['code']} {table['measure']}"
        self.columns = [(column["breakdown"], column["group"]) for column in table["columns"]]
        self.lines = list(table["lines"])
        self.solver = highspy.Highs()  # type: ignore[no-untyped-call]
        self.solver.setOptionValue("output_flag", False)
        self.asked = {}
        self.count = {}
        for column, told in zip(self.columns, table["columns"], strict=True):
            size = sizes[column]
            self.asked[column] = self._variable(*self._asked_between(told["base"], size))
            for line, cell in zip(self.lines, told["cells"], strict=True):
                self.count[column, line] = self._variable(*self._count_between(cell, told["base"], size))
        self._sum_up()

    def ranges(self) -> Iterator[tuple[Cell, tuple[float, float]]]:
        for column, told in zip(self.columns, self.table["columns"], strict=True):
            for line, cell in zip(self.lines, told["cells"], strict=True):
                if cell is None:
                    place = self.count[column, line]
                    yield (self.key, *column, line), (self._extreme(place, 1), -self._extreme(place, -1))

    def _variable(self, least: float, most: float) -> int:
        place = self.solver.getNumCol()
        self.solver.addVar(float(least), float(most))
        return int(place)

    def _row(self, least: float, most: float, terms: Mapping[int, float]) -> None:
        places = np.array(list(terms), dtype=np.int32)
        self.solver.addRow(least, most, len(places), places, np.array(list(terms.values()), dtype=float))

    def _asked_between(self, base: int | None, size: int) -> tuple[int, int]:
        if self.table["everybody"]:
            return size, size
        if base is None:
            return 0, size
        if base == 0:
            return 0, 0
        step = self.rules["base_step"]
        nearly = size - self.rules["width"] if size >= self.rules["k_nearly"] else size
        return max(min(base - step // 2, nearly), 0), min(base + step // 2, size)

    def _count_between(self, cell: list[int] | None, base: int | None, size: int) -> tuple[int, int]:
        if cell is None:
            return 0, size
        count, _ = cell
        if count == 0:
            return 0, 0
        step = self.rules["base_step"]
        if base is not None and count >= base:
            return min(count, size) - step, size
        return max(count - step // 2, self.rules["k_cell"]), min(count + step // 2, size)

    def _sum_up(self) -> None:
        everybody = self.columns[0]
        for column in self.columns:
            for line in self.lines:
                self._row(-1e9, 0, {self.count[column, line]: 1, self.asked[column]: -1})
            if self.table["measure"] in ("choice", "first", "values"):
                self._row(0, 0, {self.asked[column]: -1, **{self.count[column, line]: 1 for line in self.lines}})
        for breakdown in dict.fromkeys(name for name, _ in self.columns if name not in ("all", "country")):
            groups = [column for column in self.columns if column[0] == breakdown]
            self._row(0, 0, {self.asked[everybody]: -1, **{self.asked[group]: 1 for group in groups}})
            for line in self.lines:
                total = {self.count[everybody, line]: -1}
                self._row(0, 0, {**total, **{self.count[group, line]: 1 for group in groups}})

    def _extreme(self, place: int, sign: int) -> float:
        for each in range(self.solver.getNumCol()):
            self.solver.changeColCost(each, 0.0)
        self.solver.changeColCost(place, float(sign))
        self.solver.run()
        assert self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal, "the true figures contradict the rules"
        return float(self.solver.getObjectiveValue())
