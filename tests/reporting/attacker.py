"""Somebody who has every published file and wants to know what is not shown. Shares no code with what hides.

Knows the questionnaire, the rules of rounding and of hiding, the exact size of every published group (more than anybody
has; of an earlier release what it printed), and nothing of single people. Works out, for each count that is not shown,
between which two numbers it must lie: first as if people could be split, then, where that leaves little room, in whole
people.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import highspy
import numpy as np

Cell = tuple[str, str, str, str]
"""Table, breakdown, group, line."""
Column = tuple[str, str]
Asked = tuple[str, Column]
"""The condition of asking, and a column."""

SAME = re.compile(r"\$\{(\w+)\} = '(\w+)'")
OTHER = re.compile(r"\$\{(\w+)\} != '(\w+)'")
CHOSEN = re.compile(r"selected\(\$\{(\w+)\}, '(\w+)'\)")
WROTE = re.compile(r"\$\{(\w+)\} != ''")
MOST_NODES = 200


class Attacker:
    """Everything that one release tells, as sums of unknown counts. `countries` say in which region each lies. With the
    one `before`, it knows too that nobody came since; and what both tell together of those who are gone."""

    def __init__(
        self,
        release: Mapping[str, Any],
        sizes: Mapping[Column, int] | None = None,
        countries: Mapping[str, str] | None = None,
        *,
        before: "Attacker | None" = None,
    ) -> None:
        self.rules, self.countries = release["parameters"], countries or {}
        known = {column: (size, size) for column, size in sizes.items()} if sizes else self._printed_sizes(release)
        self.tables = {f"{each['code']} {each['measure']}": each for each in (*release["about"], *release["tables"])}
        self.questions = {
            question["code"]: (question, _both(section.get("relevant"), question.get("relevant")))
            for section in release["questionnaire"]["sections"]
            for question in section["questions"]
        }
        self.solver: Any = before.solver if before else _solver()
        self.least: list[float] = before.least if before else []
        self.most: list[float] = before.most if before else []
        self.size: dict[Column, int] = {}
        for column, between in known.items():
            self._bound(self.size, column, *between)
        self.asked: dict[Asked, int] = {}
        self.count: dict[Cell, int] = {}
        self.hidden: list[Cell] = []
        self._quoted: Counter[Cell] = Counter()
        for key, table in self.tables.items():
            self._learn(key, table)
        for key, table in self.tables.items():
            self._add_up(key, table)
        for condition, column in tuple(self.asked):
            self._follow(condition, column)
        for quote in release["quotes"]:
            self._quoted.update(self._told_by(quote))
        for cell, people in self._quoted.items():
            if cell in self.count:
                self._bound(self.count, cell, people, highspy.kHighsInf)
        self.gone: dict[Cell, int] = {}
        if before:
            self._compare(before)

    def contradicts(self, true: Mapping[Cell, int], asked: Mapping[Asked, int]) -> list[object]:
        """What of the true figures this attacker holds for impossible: its rules are then wrong."""
        values: list[tuple[int, int, object]] = [
            (self.count[cell], count, cell) for cell, count in true.items() if cell in self.count
        ]
        values += [(self.asked[place], count, place) for place, count in asked.items() if place in self.asked]
        return [name for place, value, name in values if not self.least[place] <= value <= self.most[place]]

    def ranges(
        self, places: Mapping[Cell, int], wanted: Iterable[Cell], enough: Mapping[Cell, int]
    ) -> dict[Cell, tuple[float, float]]:
        """The least and the greatest that each count can be, by its place. Where solutions lie `enough` apart, how far
        they were found to lie apart."""
        cells = list(wanted)
        found = {cell: (float("inf"), float("-inf")) for cell in cells}

        def far(cell: Cell) -> bool:
            least, most = found[cell]
            return most - least >= enough[cell] - 1e-6

        for cell in cells:
            for sign in (1, -1):
                if not far(cell):
                    solution = self._extreme(self.solver, places[cell], sign)
                    for each in cells:
                        value = solution[places[each]]
                        found[each] = min(found[each][0], value), max(found[each][1], value)
        return found

    def in_whole_people(self, place: int) -> tuple[float, float]:
        """The least and the greatest that this count can be, when nobody is split; never wider than the truth."""
        ends = []
        for sign in (1, -1):
            whole = _solver(self.solver.getLp())
            whole.changeColsIntegrality(
                len(self.least),
                np.arange(len(self.least), dtype=np.int32),
                np.full(len(self.least), highspy.HighsVarType.kInteger),
            )
            whole.setOptionValue("mip_max_nodes", MOST_NODES)
            self._extreme(whole, place, sign)
            ends.append(sign * whole.getInfo().mip_dual_bound)
        return ends[0], ends[1]

    # What is told ----------------------------------------------------------------------------------------------------

    def _learn(self, key: str, table: Mapping[str, Any]) -> None:
        condition = self._condition(table)
        for told in table["columns"]:
            column = (told["breakdown"], told["group"])
            fewest, size = int(self.least[self.size[column]]), int(self.most[self.size[column]])
            if condition:
                self._bound(self.asked, (condition, column), *self._asked_between(told["base"], fewest, size))
            else:
                self.asked[condition, column] = self.size[column]
            for line, cell in zip(table["lines"], told["cells"], strict=True):
                self._bound(self.count, (key, *column, line), *self._count_between(cell, told["base"], size))
                if cell is None:
                    self.hidden.append((key, *column, line))

    def _printed_sizes(self, release: Mapping[str, Any]) -> dict[Column, tuple[int, int]]:
        half = self.rules["base_step"] // 2
        known = {
            (breakdown, group): (max(count - half, 0), min(count + half, release["n"])) if count else (0, 0)
            for breakdown, groups in release["sizes"].items()
            for group, count, _ in groups
        }
        return {("all", "all"): (release["n"], release["n"]), **known}

    def _told_by(self, quote: Mapping[str, Any]) -> Iterator[Cell]:
        """Where somebody stands who is quoted."""
        columns = [("all", "all"), ("age", quote["age"]), ("region", quote["region"])]
        for column in (each for each in columns if each[1]):
            yield (f"{quote['question']} themes", *column, quote["theme"])
            yield (f"{quote['question']} texts", *column, "yes")
        yield "language choice", "all", "all", quote["language"]

    def _condition(self, table: Mapping[str, Any]) -> str:
        if table["measure"] == "themes":
            return f"${{{table['question']}}} != ''"
        return self.questions[table["question"]][1] if table["question"] else ""

    def _bound(self, known: dict[Any, int], name: Any, least: float, most: float) -> None:
        if name not in known:
            known[name] = self.solver.getNumCol()
            self.solver.addVar(float(least), float(most))
            self.least.append(least)
            self.most.append(most)
            return
        place = known[name]
        self.least[place], self.most[place] = max(self.least[place], least), min(self.most[place], most)
        self.solver.changeColBounds(place, float(self.least[place]), float(self.most[place]))

    def _asked_between(self, base: int | None, fewest: int, size: int) -> tuple[int, int]:
        if base is None:
            return 0, size
        if base == 0:
            return 0, 0
        nearly = fewest - self.rules["width"] if size >= self.rules["k_nearly"] else fewest
        return max(min(base - self.rules["base_step"] // 2, nearly), 0), min(base + self.rules["base_step"] // 2, size)

    def _count_between(self, cell: list[int] | None, base: int | None, size: int) -> tuple[int, int]:
        if cell is None:
            return 0, size
        count, half = cell[0], self.rules["base_step"] // 2
        if count == 0:
            return 0, 0
        if base is not None and count >= base:
            return max(min(count, size) - self.rules["base_step"], self.rules["k_cell"]), size
        return max(count - half, self.rules["k_cell"]), min(count + half, size)

    # How it hangs together -------------------------------------------------------------------------------------------

    def _add_up(self, key: str, table: Mapping[str, Any]) -> None:
        condition, lines = self._condition(table), table["lines"]
        columns = [(told["breakdown"], told["group"]) for told in table["columns"]]
        question = self.questions[table["question"]][0] if table["question"] else {}
        for column in columns:
            asked = self.asked[condition, column]
            counts = {line: self.count[(key, *column, line)] for line in lines}
            for place in counts.values():
                self._row(-highspy.kHighsInf, 0, {place: 1, asked: -1})
            if table["measure"] in ("choice", "first", "values"):
                self._row(0, 0, {asked: -1, **dict.fromkeys(counts.values(), 1)})
            elif table["measure"] in ("options", "places", "themes"):
                self._several(question, counts, asked)
            if table["measure"] == "first":
                for line, place in counts.items():
                    if line != "none":
                        self._row(
                            -highspy.kHighsInf, 0, {place: 1, self.count[f"{table['code']} places", *column, line]: -1}
                        )
        for breakdown in dict.fromkeys(name for name, _ in columns if name not in ("all", "country")):
            groups = [column for column in columns if column[0] == breakdown]
            for line in lines:
                parts = {self.count[(key, *group, line)]: 1 for group in groups}
                self._row(0, 0, {self.count[key, "all", "all", line]: -1, **parts})
            asked_parts = {self.asked[condition, group]: 1 for group in groups}
            self._row(0, 0, {self.asked[condition, ("all", "all")]: -1, **asked_parts})
        regions = [column for column in columns if column[0] == "region"]
        for region in regions:
            inside = [
                column
                for column in columns
                if column[0] == "country" and self.countries.get(column[1]) in region[1].split("+")
            ]
            for line in lines if inside else ():
                parts = {self.count[(key, *each, line)]: 1 for each in inside}
                self._row(-highspy.kHighsInf, 0, {self.count[(key, *region, line)]: -1, **parts})

    def _several(self, question: Mapping[str, Any], counts: Mapping[str, int], asked: int) -> None:
        """Whoever chose something chose one to so many; nothing, or what stands alone, goes with nothing else."""
        none, chosen = counts["none"], [place for line, place in counts.items() if line != "none"]
        most = question.get("max_choices") or question.get("places", 3 if question["kind"] == "ranking" else 0)
        self._row(0, highspy.kHighsInf, {asked: -1, none: 1, **dict.fromkeys(chosen, 1)})
        for place in chosen:
            self._row(-highspy.kHighsInf, 0, {asked: -1, none: 1, place: 1})
        if most:
            self._row(-highspy.kHighsInf, 0, {asked: -most, none: most, **dict.fromkeys(chosen, 1)})

    def _follow(self, condition: str, column: Column) -> None:
        """Who was asked is who gave certain answers before, where the condition is plain enough."""
        if not condition:
            return
        alternatives = condition.split(" or ")
        found = [SAME.fullmatch(each) for each in alternatives]
        asked = self.asked[condition, column]
        cells = [(f"{each[1]} choice", *column, each[2]) for each in found if each]
        if len(cells) == len(alternatives) and all(cell in self.count for cell in cells):
            self._row(0, 0, {asked: -1, **{self.count[cell]: 1 for cell in cells}})
        elif (other := OTHER.fullmatch(condition)) and (f"{other[1]} choice", *column, other[2]) in self.count:
            self._row(0, 0, {self.size[column]: -1, asked: 1, self.count[f"{other[1]} choice", *column, other[2]]: 1})
        elif (chosen := CHOSEN.fullmatch(condition)) and (f"{chosen[1]} options", *column, chosen[2]) in self.count:
            self._row(0, 0, {asked: -1, self.count[f"{chosen[1]} options", *column, chosen[2]]: 1})
        elif (wrote := WROTE.fullmatch(condition)) and (f"{wrote[1]} texts", *column, "yes") in self.count:
            self._row(0, 0, {asked: -1, self.count[f"{wrote[1]} texts", *column, "yes"]: 1})

    # What two releases tell together ---------------------------------------------------------------------------------

    def _compare(self, before: "Attacker") -> None:
        """What was counted before is what is counted now and those who are gone, in every column that both have."""
        asked: dict[Asked, int] = {}
        for name in self.asked.keys() & before.asked.keys():
            self._bound(asked, name, 0, self.most[before.asked[name]])
            self._row(0, 0, {before.asked[name]: -1, self.asked[name]: 1, asked[name]: 1})
        for cell in self.count.keys() & before.count.keys():
            self._bound(self.gone, cell, 0, self.most[before.count[cell]])
            self._row(0, 0, {before.count[cell]: -1, self.count[cell]: 1, self.gone[cell]: 1})
            key, breakdown, group, _ = cell
            column, condition = (breakdown, group), self._condition(self.tables[key])
            self._row(-highspy.kHighsInf, 0, {self.gone[cell]: 1, asked[condition, column]: -1})
            if condition and ("", column) in asked:
                self._row(-highspy.kHighsInf, 0, {asked[condition, column]: 1, asked["", column]: -1})

    def _row(self, least: float, most: float, terms: Mapping[int, float]) -> None:
        places = np.array(list(terms), dtype=np.int32)
        self.solver.addRow(float(least), float(most), len(places), places, np.array(list(terms.values()), dtype=float))

    def _extreme(self, solver: Any, place: int, sign: int) -> list[float]:
        costs = np.zeros(len(self.least))
        costs[place] = sign
        solver.changeColsCost(len(costs), np.arange(len(costs), dtype=np.int32), costs)
        solver.run()
        status = solver.getModelStatus()
        assert status != highspy.HighsModelStatus.kInfeasible, "the true figures contradict this attacker's rules"
        return list(solver.getSolution().col_value)


def _both(first: str | None, second: str | None) -> str:
    return f"({first}) and ({second})" if first and second else first or second or ""


def _solver(of: Any = None) -> Any:
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    if of is not None:
        solver.passModel(of)
    return solver


def narrow(
    attacker: Attacker, true: Mapping[Cell, tuple[int, int]], rules: Mapping[str, int], *, closely: int = 3
) -> Iterator[tuple[Cell, int, int, float, float]]:
    """Counts of too few (or of too many) that this attacker knows to less than the width: cell, count, asked, least,
    greatest. `closely`: so many of the nearly narrow are worked out in whole people."""
    small = [
        cell for cell in attacker.hidden if 0 < min(true[cell][0], true[cell][1] - true[cell][0]) < rules["k_cell"]
    ]
    yield from _narrow(attacker, attacker.count, small, true, {cell: rules["width"] for cell in small}, closely)


def narrow_gone(
    attacker: Attacker, true: Mapping[Cell, tuple[int, int]], *, closely: int = 3
) -> Iterator[tuple[Cell, int, int, float, float]]:
    """The same of what those had said who are gone: counts of somebody that are known exactly."""
    some = [cell for cell in attacker.gone if true[cell][0] > 0]
    yield from _narrow(attacker, attacker.gone, some, true, dict.fromkeys(some, 1), closely)


def _narrow(
    attacker: Attacker,
    places: Mapping[Cell, int],
    wanted: list[Cell],
    true: Mapping[Cell, tuple[int, int]],
    width: Mapping[Cell, int],
    closely: int,
) -> Iterator[tuple[Cell, int, int, float, float]]:
    enough = {cell: min(width[cell], true[cell][1]) for cell in wanted}
    found = attacker.ranges(places, wanted, enough)
    nearest = sorted(wanted, key=lambda cell: found[cell][1] - found[cell][0])[:closely]
    found.update({cell: attacker.in_whole_people(places[cell]) for cell in nearest})
    for cell, (least, most) in found.items():
        if most - least < enough[cell] - 1e-6:
            yield cell, *true[cell], least, most
