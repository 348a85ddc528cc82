"""People who could have been in earlier releases and are in none since, so that these come out as they were published.
Pure.

They took their answers back, and nothing of what they had said is kept. Whole-number programmes find some who fit:
how many stood in which profile, and for each question block what they may have said. Where one block leaves no room
for them, profiles and that block are looked for together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from app.consultations.countries import countries
from app.reporting.believable import at_profile, keep_chosen, less
from app.reporting.believable_blocks import classes_by_lines
from app.reporting.counts import CountTable
from app.reporting.disclosure import count_between, printed_asked
from app.reporting.groups import ALL, COUNTRY_ROWS, MINORS, NONE, REST
from app.reporting.programme import FREE, Counts, Programme, Terms
from app.reporting.release import Release, ReleaseColumn
from app.reporting.sensitive import BlockCase, NoRoom
from app.reporting.tally import Part

Members = Mapping[str, tuple[str, ...]]
Mask = NDArray[np.bool_]
#: How often people are looked for, with other profiles each time; from how many answers to the question of sizes these
#: are taken; and the branches after which a search ends.
TRIES = 5
DRAWN = 8
MOST_NODES = 2_000
#: Tables about people that say again what the profiles say: who stands in their one line.
FROM_PROFILES: Mapping[str, Callable[[Members], Mask]] = {
    "under_18 share": lambda members: np.isin(np.array(members["age"]), sorted(MINORS)),
    "rural share": lambda members: np.array(members["settlement"]) == "rural",
}


@dataclass(frozen=True)
class People:
    """Profiles of people; `last[profile]` is the number of the last release that had them, 0 for those who are there
    still."""

    members: Members
    sizes: Counts
    last: Counts

    @staticmethod
    def there(case: BlockCase) -> "People":
        """Who is there now."""
        return People({name: tuple(each) for name, each in case.members.items()}, case.sizes, 0 * case.sizes)

    def mask(self, number: int, breakdown: str, group: str) -> Mask:
        """Who stands in this published group of the release of that number."""
        there: Mask = (self.last == 0) | (self.last >= number)
        if breakdown != ALL:
            there = there & np.isin(np.array(self.members[breakdown]), group.split("+"))
        return there

    def some(self, places: NDArray[np.int64], sizes: Counts) -> "People":
        return People(
            {name: tuple(each[place] for place in places) for name, each in self.members.items()},
            sizes[places],
            self.last[places],
        )

    def __add__(self, other: "People") -> "People":
        return People(
            {name: (*each, *other.members[name]) for name, each in self.members.items()},
            np.append(self.sizes, other.sizes),
            np.append(self.last, other.last),
        )


@dataclass(frozen=True)
class Found:
    """Who is gone, and what they may have said: for each table, by its key."""

    people: People
    parts: Mapping[str, Part]


def find_people(cases: Sequence[BlockCase], earlier: Sequence[Release], seed: int) -> Found:
    """People and what they may have said to all these blocks. Raises NoRoom."""
    chance = np.random.default_rng(seed)
    now = People.there(cases[0])
    for _ in range(TRIES):
        found = _Search(cases, earlier, now, chance).run()
        if found is not None:
            return found
    raise NoRoom


class _Search:
    def __init__(
        self, cases: Sequence[BlockCase], earlier: Sequence[Release], now: People, chance: np.random.Generator
    ) -> None:
        self.cases, self.earlier, self.now, self.chance = cases, earlier, now, chance
        following = [*(release.n for release in earlier[1:]), int(now.sizes.sum())]
        self.gone = {release.number: release.n - after for release, after in zip(earlier, following, strict=True)}

    def run(self) -> Found | None:
        candidates = self._candidates()
        if candidates is None:
            return None
        together: list[BlockCase] = []
        while True:
            sizes = self._solve(candidates, together)
            if sizes is None:
                return None
            there = np.flatnonzero(sizes)
            people = candidates.some(there, sizes)
            parts: dict[str, Part] = {}
            for case in self.cases:
                said = self._say(people, case)
                if said is None:
                    break
                parts |= said
            else:
                return Found(people, parts)
            if case in together:
                return None
            together.append(case)

    def _candidates(self) -> People | None:
        """Profiles in which those may stand who are gone."""
        every = _possible(self.now, self.earlier)
        drawn = np.zeros(len(every.sizes), dtype=bool)
        for _ in range(DRAWN):
            solution = self._solve(every, [], self.chance.integers(1, 100, len(every.sizes)))
            if solution is None:
                return None
            drawn |= solution > 0
        return every.some(np.flatnonzero(drawn), every.sizes)

    def _solve(self, candidates: People, together: Sequence[BlockCase], weights: Counts | None = None) -> Counts | None:
        """How many stand in each profile, so that sizes come out, and what was said in some blocks can."""
        programme = Programme(most_nodes=MOST_NODES)
        most = np.array([self.gone[number] for number in candidates.last], dtype=np.int64)
        sizes = programme.variables(np.zeros_like(most), most)
        for number, gone in self.gone.items():
            programme.keep(Terms.of(sizes[candidates.last == number]), gone, gone)
        for release in self.earlier:
            self._keep_sizes(programme, candidates, sizes, release)
        for case in together:
            _Said(programme, candidates, sizes, most, case, self.now, self.earlier)
        objective = Terms.of(sizes) if weights is None else Terms(sizes, weights)
        solution = programme.solve(objective, ())
        return None if solution is None else solution[sizes]

    def _keep_sizes(self, programme: Programme, candidates: People, sizes: Counts, release: Release) -> None:
        """Groups are as large as they were printed, and have room for what was said in them."""
        for breakdown, groups in release.sizes.items():
            for group, size in groups.items():
                least, most = count_between(size.count, release.parameters)
                still = int(self.now.sizes[self.now.mask(release.number, breakdown, group)].sum())
                theirs = candidates.mask(release.number, breakdown, group)
                programme.keep(Terms.of(sizes[theirs]), least - still, most - still)
        for case in self.cases:
            for table in case.tables:
                follows = FROM_PROFILES.get(table.key)
                for column in release.columns_of(table.key):
                    mask = self.now.mask(release.number, column.breakdown, column.group)
                    theirs = candidates.mask(release.number, column.breakdown, column.group)
                    lines = case.parts[table.key].lines[:, mask].sum(axis=1)
                    missing = [
                        max(count_between(cell.count, release.parameters)[0] - int(still), 0) if cell else 0
                        for cell, still in zip(column.cells, lines, strict=True)
                    ]
                    least = sum(missing) if table.dividing else max(missing)
                    if least:
                        programme.keep(Terms.of(sizes[theirs]), least, FREE)
                    if follows is not None and column.cells[0] is not None:
                        still, cell = int(lines[0]), column.cells[0]
                        ends = count_between(cell.count, release.parameters)
                        terms = Terms.of(sizes[theirs & follows(candidates.members)])
                        programme.keep(terms, ends[0] - still, ends[1] - still)

    def _say(self, people: People, case: BlockCase) -> Mapping[str, Part] | None:
        """What they may have said to the questions of this block."""
        programme = Programme(most_nodes=MOST_NODES)
        sizes = programme.variables(people.sizes, people.sizes)
        said = _Said(programme, people, sizes, people.sizes, case, self.now, self.earlier)
        solution = programme.solve(Terms.of(sizes), ())
        return None if solution is None else {table.key: said.part(table, solution) for table in case.tables}


def _possible(now: People, earlier: Sequence[Release]) -> People:
    """Every profile that somebody in one of these releases may have had, once for each release."""
    found: list[tuple[Mapping[str, str], int]] = []
    for release in earlier:
        codes = {
            name: [code for group, size in groups.items() if size.count for code in group.split("+")]
            for name, groups in release.sizes.items()
        }
        rows = codes.pop(COUNTRY_ROWS, [])
        for groups in product(*codes.values()):
            one = dict(zip(codes, groups, strict=True))
            if COUNTRY_ROWS not in now.members:
                found.append((one, release.number))
                continue
            inside = [code for code in rows if countries()[code].region == one["region"]]
            found += [({**one, COUNTRY_ROWS: code}, release.number) for code in (REST, *inside)]
    return People(
        {name: tuple(each[name] for each, _ in found) for name in now.members},
        np.ones(len(found), dtype=np.int64),
        np.array([number for _, number in found], dtype=np.int64),
    )


class _Said:
    """Variables for what people may have said to one block, tied as the questionnaire ties them, and kept between what
    the earlier releases printed."""

    def __init__(
        self,
        programme: Programme,
        people: People,
        sizes: Counts,
        most: Counts,
        case: BlockCase,
        now: People,
        earlier: Sequence[Release],
    ) -> None:
        self._programme, self._people, self._sizes, self._most, self._case = programme, people, sizes, most, case
        self._combined = self._combinations()
        self._own = {table.key: self._table(table) for table in case.tables}
        for table in case.tables:
            self._tie(table)
            for release in earlier:
                for column in release.columns_of(table.key):
                    self._keep(table, column, release, now)

    def part(self, table: CountTable, solution: Counts) -> Part:
        """The counts of a table in the order of the people's profiles."""
        asked = [terms.at(solution) if (terms := self._asked(table, [place])) else 0 for place in self._places()]
        lines = [solution[self._own[table.key][line]] for line in table.lines]
        return Part(np.array(asked, dtype=np.int64), np.array(lines))

    def _places(self) -> range:
        return range(len(self._most))

    def _combinations(self) -> NDArray[np.int64]:
        block, rows = self._case.block, []
        for combination in block.combinations:
            possible = np.ones(len(self._most), dtype=bool)
            for root, place in zip(block.roots, combination, strict=True):
                if root.breakdown:
                    possible &= np.isin(np.array(self._people.members[root.breakdown]), root.classes[place].lines)
            rows.append(self._programme.variables(0 * self._most, np.where(possible, self._most, 0)))
        combined = np.array(rows)
        for place in self._places():
            self._programme.keep(Terms.of(combined[:, place]) + Terms.of(self._sizes[[place]], -1), 0, 0)
        return combined

    def _table(self, table: CountTable) -> dict[str, Counts]:
        own = {line: self._programme.variables(0 * self._most, self._most) for line in table.lines}
        if table.key in FROM_PROFILES:
            inside = FROM_PROFILES[table.key](self._people.members)
            for line, place in product(table.lines, self._places()):
                size = Terms.of(self._sizes[[place]], -1 if inside[place] else 0)
                self._programme.keep(Terms.of(own[line][[place]]) + size, 0, 0)
        return own

    def _asked(self, table: CountTable, places: Sequence[int] | NDArray[np.int64]) -> Terms | None:
        """How many of these are asked; None: nobody, since what hangs on an unclear condition is never shown."""
        block = self._case.block
        if not table.condition:
            return Terms.of(self._sizes[places])
        if table.condition in block.dark:
            return None
        holds = np.flatnonzero(np.array(block.asked[table.condition], dtype=bool))
        return Terms.of(self._combined[np.ix_(holds, np.asarray(places, dtype=np.int64))].ravel())

    def _tie(self, table: CountTable) -> None:
        block, own, keep = self._case.block, self._own[table.key], self._programme.keep
        root = next((each for each in block.roots if each.table == table.key), None)
        for place in self._places():
            asked, at = self._asked(table, [place]), at_profile(own, place)
            if table.dividing:
                keep(less(at(table.lines), asked), 0, 0)
            else:
                keep_chosen(self._programme, table.lines, self._case.looks[table.key], at, asked, 0)
            if table.measure == "first" and (places := self._own.get(f"{table.code} places")):
                for line in (each for each in table.lines if each != NONE):
                    keep(Terms(np.array([own[line][place], places[line][place]]), np.array([1, -1])), -FREE, 0)
            for lines, classes in classes_by_lines(root.classes) if root else ():
                number = block.roots.index(root)
                those = [row for row, each in enumerate(block.combinations) if each[number] in classes]
                keep(at(lines) + Terms.of(self._combined[np.array(those, dtype=np.int64), place], -1), 0, 0)

    def _keep(self, table: CountTable, column: ReleaseColumn, release: Release, now: People) -> None:
        """The figures of one column come out as they were printed."""
        rules = release.parameters
        theirs = np.flatnonzero(self._people.mask(release.number, column.breakdown, column.group))
        mask, part = now.mask(release.number, column.breakdown, column.group), self._case.parts[table.key]
        asked, still_asked = self._asked(table, theirs), int(part.asked[mask].sum())
        if column.base is None:
            return
        if table.condition and asked is not None:
            self._keep_asked(asked, still_asked, column.base, column, theirs, int(now.sizes[mask].sum()), release)
        for place, (line, cell) in enumerate(zip(table.lines, column.cells, strict=True)):
            if cell is None:
                continue
            terms, still = Terms.of(self._own[table.key][line][theirs]), int(part.lines[place, mask].sum())
            rest = less(terms, asked).times(-1)
            if cell.count == column.base and cell.count:
                self._programme.keep(rest, still - still_asked, still - still_asked)
                continue
            least, most = count_between(cell.count, rules)
            self._programme.keep(terms, least - still, most - still)
            fewest = rules.k_cell if cell.count else 1 if table.sensitive and column.base else 0
            self._programme.keep(rest, fewest + still - still_asked, FREE)

    def _keep_asked(
        self,
        asked: Terms,
        still: int,
        base: int,
        column: ReleaseColumn,
        theirs: NDArray[np.int64],
        size: int,
        release: Release,
    ) -> None:
        """So many were asked as the printed `base` says, of a group in which there are still `size`."""
        rules = release.parameters
        printed = release.n if column.breakdown == ALL else release.sizes[column.breakdown][column.group].count
        rest, others = Terms.of(self._sizes[theirs]) + asked.times(-1), size - still
        if not base:
            self._programme.keep(asked, -still, -still)
        elif base == printed_asked(printed, printed, rules):
            most = rules.width if printed >= rules.k_nearly else 0
            self._programme.keep(rest, -others, most - others)
        else:
            least, most = count_between(base, rules)
            fewest = rules.width + 1 if printed >= rules.k_nearly else rules.k_cell
            self._programme.keep(asked, max(least, rules.k_group) - still, most - still)
            self._programme.keep(rest, fewest - others, FREE)
