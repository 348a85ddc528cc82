"""Publishing without giving anyone away: small groups merge, and what is shown is rounded. Pure.

Which counts are hidden, so that none can be worked out, is decided in `certify.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.questionnaire.document import Document
from app.questionnaire.kinds import ESCAPES, Matrix, Scale
from app.reporting.counts import EVERYBODY, Column, CountTable
from app.reporting.groups import ALL, COUNTRY_ROWS


@dataclass(frozen=True)
class Parameters:
    """The rules of hiding and rounding, as printed in every note on method. Counts in people, steps in per cent.

    `width`: how far apart the smallest and the largest possible value of a hidden count must be. In groups of
    `k_nearly` or more, those who were not asked are not counted out where they are `width` or fewer. `k_country` and
    `k_quote`: fewest people of a country with rows of its own, and of an age band in a region that a quote may name.
    """

    k_group: int = 10
    k_cell: int = 5
    base_step: int = 5
    large_group: int = 100
    step_large: int = 1
    step_small: int = 5
    width: int = 5
    k_nearly: int = 50
    k_country: int = 50
    k_quote: int = 20


#: There is no release after another for fewer who took their answers back: too few to hide among.
FEWEST_GONE = 10


def rounded_count(count: int, step: int) -> int:
    """To the nearest multiple of `step`, half up."""
    return (2 * count + step) // (2 * step) * step


def rounded_share(count: int, base: int, parameters: Parameters) -> int:
    """100 times count by base, to the nearest multiple of the step for a group of that size, half up. 0 of 0 is 0."""
    step = parameters.step_large if base >= parameters.large_group else parameters.step_small
    return (200 * count + base * step) // (2 * base * step) * step if base else 0


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
    several = {ALL, COUNTRY_ROWS} | {name for name, _ in added if sum(name == other for other, _ in added) > 1}
    kept = {column: numbers for column, numbers in added.items() if column[0] in several}
    return replace(
        table,
        columns=tuple(kept),
        bases=tuple(base for base, _ in kept.values()),
        counts=tuple(counts for _, counts in kept.values()),
    )


def printed_asked(base: int, size: int, parameters: Parameters) -> int:
    """How many were asked, as printed, of a group of `size`: rounded, and all of it where nearly all were."""
    return rounded_count(size if _nearly_all(base, size, parameters) else base, parameters.base_step)


def asked_between(base: int, size: int, parameters: Parameters) -> tuple[int, int]:
    """The least and the greatest number asked that is printed like this one, where it is printed at all."""
    if not base or (base == size < parameters.k_nearly):
        return base, base
    if _nearly_all(base, size, parameters):
        return size - parameters.width, size
    rest = parameters.width + 1 if size >= parameters.k_nearly else parameters.k_cell
    least, most = _rounded_between(base, parameters.base_step)
    return max(least, parameters.k_group), min(most, size - rest)


def _nearly_all(base: int, size: int, parameters: Parameters) -> bool:
    return size >= parameters.k_nearly and size - base <= parameters.width


def printed_count(count: int, base: int, asked: int, parameters: Parameters) -> int:
    """The count of a line, as printed, of `base` people asked who are printed as `asked`: never more than these."""
    return asked if count == base else min(rounded_count(count, parameters.base_step), asked)


def count_between(count: int, parameters: Parameters) -> tuple[int, int]:
    """The least and the greatest count that is printed like this one, where it is printed and not everybody's."""
    if not count:
        return 0, 0
    least, most = _rounded_between(count, parameters.base_step)
    return max(least, parameters.k_cell), most


def _rounded_between(count: int, step: int) -> tuple[int, int]:
    printed = rounded_count(count, step)
    return -((step - 2 * printed) // 2), (2 * printed + step - 1) // 2


#: A scale's agreement is its two highest points, its disagreement the two lowest.
ENDS = 2


def ends_of(table: CountTable, document: Document) -> Mapping[str, tuple[str, ...]]:
    """The lines at the two ends of a scale; none for a table that is no scale of four points or more."""
    question = document.questions.get(table.question)
    if not isinstance(question, Scale | Matrix):
        return {}
    points = tuple(choice.name for choice in question.choices if choice.name not in ESCAPES)
    return {"top": points[-ENDS:], "bottom": points[:ENDS]} if len(points) >= 2 * ENDS else {}
