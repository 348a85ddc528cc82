"""Publishing without giving anyone away: small groups merge, small counts are hidden, and further ones that would tell.

Pure. Counts come from `tally.py`; what is hidden here, `release.py` leaves out. This is the simple hiding: a reader who
takes all shown counts and all bases as exact, and adds and subtracts them however he likes, finds no hidden count.
Rounding, which is done afterwards, blurs all of them further. `hide` is the one step that a certifying solver replaces.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from app.questionnaire.document import Document
from app.questionnaire.kinds import Multiple, Single
from app.questionnaire.relevance import Expression, parse, uses
from app.reporting.groups import ALL, NONE
from app.reporting.linear import Sum, given_away
from app.reporting.tally import EVERYBODY, Column, CountTable, Tally

Number = tuple[str, str, str, str]
"""A count: key of its table, breakdown, group, line. With the key `asked …` and no line: how many were asked."""


@dataclass(frozen=True)
class Parameters:
    """The rules of hiding and rounding, as printed in every note on method. Counts in people, steps in per cent.

    `width`: how far apart the smallest and the largest possible value of a hidden count must be. `k_country` and
    `k_quote`: fewest people of a country with rows of its own, and of an age band in a region that a quote may name.
    """

    k_group: int = 10
    k_cell: int = 5
    base_step: int = 5
    large_group: int = 100
    step_large: int = 1
    step_small: int = 5
    width: int = 5
    k_country: int = 50
    k_quote: int = 20


@dataclass(frozen=True)
class Hidden:
    """What is not shown. `bases` are by condition of asking and column."""

    cells: frozenset[tuple[str, Column, str]]
    bases: frozenset[tuple[str, Column]]


def merge_small_groups(sizes: Mapping[str, int], floor: int, *, in_line: bool = False) -> Mapping[str, str]:
    """Group code to the code that it is published under; a merged one is its members' codes with + between.

    sizes: group code to number of people, in order. Groups of 1 to floor - 1 are taken together, and with the smallest
    other group if they are still too few. `in_line` (ages): each is taken together with its smaller neighbour instead.
    Groups in which there is nobody are published as they are, as zero.
    """
    bundles = [[group] for group, size in sizes.items() if size]

    def total(bundle: Sequence[str]) -> int:
        return sum(sizes[group] for group in bundle)

    if in_line:
        while len(bundles) > 1 and total(smallest := min(bundles, key=total)) < floor:
            place = bundles.index(smallest)
            beside = [bundles[near] for near in (place - 1, place + 1) if 0 <= near < len(bundles)]
            neighbour = min(beside, key=total)
            first, second = sorted((place, bundles.index(neighbour)))
            bundles[first : second + 1] = [bundles[first] + bundles[second]]
    else:
        small = [bundle for bundle in bundles if total(bundle) < floor]
        large = sorted((bundle for bundle in bundles if total(bundle) >= floor), key=total)
        pool = [group for bundle in small for group in bundle]
        if pool and total(pool) < floor and large:
            pool += large.pop(0)
        bundles = [*large, pool] if pool else large
    order = list(sizes)
    names = {group: group for group in sizes}
    for bundle in bundles:
        code = "+".join(sorted(bundle, key=order.index))
        names.update(dict.fromkeys(bundle, code))
    return names


def merged_groups(tally: Tally, parameters: Parameters) -> Mapping[str, Mapping[str, str]]:
    """For each breakdown, group code to the code that it is published under."""
    return {
        breakdown: merge_small_groups(sizes, parameters.k_group, in_line=breakdown == "age")
        for breakdown, sizes in tally.sizes.items()
    }


def merged(table: CountTable, groups: Mapping[str, Mapping[str, str]], sizes: Mapping[Column, int]) -> CountTable:
    """The table with its columns merged. A breakdown that has only one column left is left out; so is a column in which
    there is nobody."""
    added: dict[Column, tuple[int, tuple[int, ...]]] = {}
    for (breakdown, group), base, counts in zip(table.columns, table.bases, table.counts, strict=True):
        column = (breakdown, groups[breakdown][group] if breakdown != ALL else group)
        if column != EVERYBODY and not sizes.get(column):
            continue
        before = added.get(column, (0, (0,) * len(counts)))
        added[column] = (before[0] + base, tuple(a + b for a, b in zip(before[1], counts, strict=True)))
    several = {ALL} | {name for name, _ in added if sum(name == other for other, _ in added) > 1}
    kept = {column: numbers for column, numbers in added.items() if column[0] in several}
    return replace(
        table,
        columns=tuple(kept),
        bases=tuple(base for base, _ in kept.values()),
        counts=tuple(counts for _, counts in kept.values()),
    )


def merged_sizes(tally: Tally, groups: Mapping[str, Mapping[str, str]]) -> Mapping[Column, int]:
    """People in each published column."""
    sizes: dict[Column, int] = {EVERYBODY: tally.n}
    for breakdown, names in groups.items():
        for group, name in names.items():
            sizes[breakdown, name] = sizes.get((breakdown, name), 0) + tally.sizes[breakdown][group]
    return sizes


def hide(
    tables: Sequence[CountTable], sizes: Mapping[Column, int], document: Document, parameters: Parameters
) -> Hidden:
    """Which counts of these tables, with columns already merged, are not shown.

    sizes: people in each column. Hidden are: counts of 1..4, and base minus count of 1..4; every count of a column in
    which fewer than `k_group` were asked; in sensitive questions, also count = base; the number asked itself by the
    same rule, and then the whole column. Then, until adding and subtracting gives no hidden count away, one more count
    wherever a sum would: the smallest that is itself no small count.
    """
    return _Hiding(tables, sizes, document, parameters).hidden()


class _Hiding:
    def __init__(
        self, tables: Sequence[CountTable], sizes: Mapping[Column, int], document: Document, parameters: Parameters
    ) -> None:
        self._tables = tables
        self._sizes = sizes
        self._parameters = parameters
        self._value: dict[Number, int] = {}
        #: How far a count is from telling that nobody or everybody is meant.
        self._strength: dict[Number, int] = {}
        self._column_of: dict[Number, list[Number]] = {}
        self._collect()
        self._sums = list(self._all_sums(document))
        self._sums_with: dict[Number, list[Sum[Number]]] = {}
        for each in self._sums:
            for number in each.numbers:
                self._sums_with.setdefault(number, []).append(each)

    def hidden(self) -> Hidden:
        hidden = self._first()
        while True:
            hidden |= {cell for number in hidden for cell in self._column_of.get(number, ())}
            further = {self._weakest(each, hidden) for each in self._sums} - {None}
            if not further:
                further = {self._relief(number, hidden) for number in sorted(given_away(self._sums, hidden))[:1]} - {
                    None
                }
            if not further:
                break
            hidden |= {number for number in further if number is not None}
        nobody = {
            (table.key, column, line)
            for table in self._tables
            for column, base in zip(table.columns, table.bases, strict=True)
            for line in table.lines
            if not base
        }
        return Hidden(
            frozenset({(key, (name, group), line) for key, name, group, line in hidden if line}) | frozenset(nobody),
            frozenset((key.removeprefix("asked "), (name, group)) for key, name, group, line in hidden if not line),
        )

    def _collect(self) -> None:
        for table in self._tables:
            for column, base, counts in zip(table.columns, table.bases, table.counts, strict=True):
                if table.condition:
                    asked = _asked(table.condition, column)
                    self._value[asked] = base
                    self._strength[asked] = min(base, self._sizes[column] - base)
                if not base:
                    continue  # Nobody was asked, as the base says: there is nothing to hide, and nothing to show.
                for line, count in zip(table.lines, counts, strict=True):
                    cell = (table.key, *column, line)
                    self._value[cell] = count
                    self._strength[cell] = min(count, base - count)
                    if table.condition:
                        self._column_of.setdefault(_asked(table.condition, column), []).append(cell)

    def _first(self) -> set[Number]:
        """What is hidden for its own sake."""
        small = range(1, self._parameters.k_cell)
        found = {number for number, strength in self._strength.items() if strength in small}
        for table in self._tables:
            for column, base, counts in zip(table.columns, table.bases, table.counts, strict=True):
                cells = [(table.key, *column, line) for line in table.lines]
                if 0 < base < self._parameters.k_group:
                    found.update(cells)
                elif base and table.sensitive and base in counts:
                    # That the others are zero says that this one is everybody.
                    found.update(cells if table.dividing else [cells[counts.index(base)]])
        return found

    def _all_sums(self, document: Document) -> Iterator[Sum[Number]]:
        asked_of: set[str] = set()
        for table in self._tables:
            breakdowns = dict.fromkeys(name for name, _ in table.columns if name != ALL)
            if table.dividing:
                for column in table.columns:
                    yield from self._sum(
                        [(table.key, *column, line) for line in table.lines], self._asked(table, column)
                    )
            for name in breakdowns:
                columns = [column for column in table.columns if column[0] == name]
                for line in table.lines:
                    yield from self._sum(
                        [(table.key, *column, line) for column in columns], (table.key, *EVERYBODY, line)
                    )
                if table.condition:
                    asked = [_asked(table.condition, column) for column in columns]
                    yield from self._sum(asked, _asked(table.condition, EVERYBODY))
            if table.condition and table.condition not in asked_of:
                asked_of.add(table.condition)
                yield from self._links(parse(table.condition), document)

    def _asked(self, table: CountTable, column: Column) -> Number | None:
        return _asked(table.condition, column) if table.condition else None

    def _links(self, condition: Expression, document: Document) -> Iterator[Sum[Number]]:
        """How many are asked is a sum of counts of an earlier question, where the condition looks at that one only."""
        for key, lines in told_by(condition, document):
            parent = next((table for table in self._tables if table.key == key), None)
            for column in parent.columns if parent else ():
                asked = _asked(condition.source, column)
                if asked not in self._value or parent is None:
                    continue
                if parent.condition and NONE in lines:
                    # Who was not asked the earlier question is asked this one: it is everybody but the other lines.
                    others = [(key, *column, line) for line in parent.lines if line not in lines]
                    yield from self._sum([*others, asked], None)
                else:
                    yield from self._sum([(key, *column, line) for line in lines], asked)

    def _sum(self, parts: Iterable[Number], whole: Number | None) -> Iterator[Sum[Number]]:
        """The sum of those parts that are counts of somebody; none where the whole is no published number."""
        there = tuple(part for part in parts if part in self._value)
        if there and (whole is None or whole in self._value):
            yield Sum(there, whole)

    def _weakest(self, each: Sum[Number], hidden: AbstractSet[Number]) -> Number | None:
        """What must be hidden besides so that this sum gives nothing away, or None."""
        unseen = [part for part in each.parts if part in hidden]
        shown = [part for part in each.parts if part not in hidden]
        whole_hidden = each.whole in hidden
        if not unseen and not whole_hidden:
            return None
        if whole_hidden and unseen:
            return None
        enough = self._parameters.k_cell
        if len(unseen) > 1 and sum(self._strength[part] for part in unseen) >= enough:
            return None
        strong = [part for part in shown if self._strength[part] >= enough]
        if strong:
            return self._smallest(strong)
        if len(unseen) > 1:
            return None  # What is left are zeros, or counts of everybody: hiding them protects nobody better.
        return self._smallest(shown) if shown else None if whole_hidden else each.whole

    def _relief(self, number: Number, hidden: AbstractSet[Number]) -> Number | None:
        """One more count to hide where sums together give `number` away: among its own sums, else among the sums of
        those, and so on. None when all that could be hidden is."""
        reached, frontier = {number}, [number]
        while frontier:
            near = {other for each in frontier for found in self._sums_with.get(each, ()) for other in found.numbers}
            shown = [other for other in near if other not in hidden]
            if shown:
                return self._smallest([other for other in shown if self._strength[other]] or shown)
            frontier = sorted(near - reached)
            reached |= near
        return None

    def _smallest(self, numbers: Iterable[Number]) -> Number:
        """The smallest count; counts of lines before numbers asked, since those take a whole column with them."""
        return min(numbers, key=lambda number: (not number[3], self._value[number], number))


def told_by(condition: Expression, document: Document) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Key of a table and those of its lines whose sum is the number for whom `condition` holds; none where it looks
    at more than one question, or in a way that no table shows."""
    if len(condition.names) != 1:
        return
    (code,) = condition.names
    question = document.questions.get(code)
    if isinstance(question, Single):
        if all(condition.holds({code: choice.name}) == condition.holds({}) for choice in question.escapes):
            said = [choice.name for choice in question.choices if choice not in question.escapes]
            lines = [name for name in said if condition.holds({code: name})]
            yield f"{code} choice", (*lines, *([NONE] if condition.holds({}) else []))
    elif isinstance(question, Multiple):
        (use, *more) = uses(condition)
        name = str(use.literal)
        if not more and use.how == "selected" and condition.holds({code: (name,)}) and not condition.holds({}):
            yield f"{code} options", (name,)


def _asked(condition: str, column: Column) -> Number:
    return (f"asked {condition}", *column, "")
