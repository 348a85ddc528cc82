"""From counts to the blocks that are protected one by one: who stands in which column, what a reader may know. Pure."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.questionnaire.document import Document
from app.reporting.believable import look_of
from app.reporting.blocks import blocks_of
from app.reporting.counts import EVERYBODY, Column, CountTable
from app.reporting.disclosure import Parameters, merge_small_groups
from app.reporting.groups import COUNTRY_ROWS, REST, REST_OF
from app.reporting.sensitive import BlockCase
from app.reporting.tally import Tally

#: Tables about people whose total follows from the sizes of groups, which a reader may know exactly.
FROM_SIZES = frozenset({"under_18 share", "rural share"})


def cases_of(
    tally: Tally,
    groups: Mapping[str, Mapping[str, str]],
    tables: Sequence[CountTable],
    document: Document,
    parameters: Parameters,
) -> Iterator[BlockCase]:
    """Every block of these tables, whose columns are merged already. `groups` as `merged_groups` has them."""
    profiles = tally.profiles
    members = {
        breakdown: tuple(member[place] for member in profiles.members)
        for place, breakdown in enumerate(profiles.breakdowns)
    }
    masks = _masks(members, groups, len(profiles.members))
    rest = _rest_of_regions(members, masks)
    masks |= rest
    for block in blocks_of(tables, document):
        yield BlockCase(
            block=block,
            parts={table.key: tally.parts[table.key] for table in block.tables},
            masks=masks,
            members=members,
            sizes=profiles.sizes,
            gone=np.zeros(len(profiles.sizes), dtype=bool),
            looks={table.key: look_of(document.questions.get(table.question), table.lines) for table in block.tables},
            parameters=parameters,
            unpublished=tuple(rest),
            fixed_total=FROM_SIZES,
        )


def _masks(
    members: Mapping[str, Sequence[str]], groups: Mapping[str, Mapping[str, str]], size: int
) -> dict[Column, NDArray[np.bool_]]:
    masks: dict[Column, NDArray[np.bool_]] = {EVERYBODY: np.ones(size, dtype=bool)}
    for breakdown, names in groups.items():
        for name in dict.fromkeys(names.values()):
            masks[breakdown, name] = np.array([names.get(group) == name for group in members[breakdown]], dtype=bool)
    return masks


def _rest_of_regions(
    members: Mapping[str, Sequence[str]], masks: Mapping[Column, NDArray[np.bool_]]
) -> dict[Column, NDArray[np.bool_]]:
    """For each region of which some countries have rows of their own, who lives in the others."""
    if COUNTRY_ROWS not in members:
        return {}
    elsewhere = np.array([country == REST for country in members[COUNTRY_ROWS]], dtype=bool)
    return {
        (REST_OF, group): mask & elsewhere
        for (breakdown, group), mask in masks.items()
        if breakdown == "region" and (mask & ~elsewhere).any() and (mask & elsewhere).any()
    }


def merged_groups(tally: Tally, parameters: Parameters) -> Mapping[str, Mapping[str, str]]:
    """For each breakdown, group code to the code that it is published under."""
    return {
        breakdown: merge_small_groups(sizes, parameters.k_group, in_line=breakdown == "age")
        for breakdown, sizes in tally.sizes.items()
    }


def merged_sizes(tally: Tally, groups: Mapping[str, Mapping[str, str]]) -> Mapping[Column, int]:
    """People in each published column."""
    sizes: dict[Column, int] = {EVERYBODY: tally.n}
    for breakdown, names in groups.items():
        for group, name in names.items():
            sizes[breakdown, name] = sizes.get((breakdown, name), 0) + tally.sizes[breakdown][group]
    return sizes
