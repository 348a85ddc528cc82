"""A release after others: what is published now must not, together with these, tell more than it may by itself. Pure.

Between two releases people took their answers back, and nobody knows any more what they had said, not even we. For a
proof that is not needed: it takes some people who could have been there (`people_gone.py`). They stand beside those who
are there still, as profiles that only the earlier releases have. Then the same programmes prove the same things, with
every earlier figure as a further bound: that a small count cannot be worked out, of now, of then, or of those who are
gone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from app.reporting.believable import Number
from app.reporting.certify import Protected, Run, protect
from app.reporting.counts import Column, CountTable, asked_key
from app.reporting.disclosure import printed_asked, printed_count
from app.reporting.groups import ALL, is_only, of_release
from app.reporting.people_gone import Mask, People, find_people
from app.reporting.release import Release
from app.reporting.sensitive import BlockCase, NoRoom
from app.reporting.tally import Part

#: With so many other people it is tried until there is room for another release.
TRIES = 3


def protected_after(cases: Sequence[BlockCase], earlier: Sequence[Release], run: Run) -> list[Protected]:
    """What of each block must not be shown after the earlier releases, in order. Raises NoRoom."""
    for seed in range(TRIES):
        try:
            return list(run(protect, with_earlier(cases, earlier, seed)))
        except NoRoom:
            continue
    raise NoRoom


def with_earlier(cases: Sequence[BlockCase], earlier: Sequence[Release], seed: int) -> list[BlockCase]:
    """The cases of all blocks, with the columns of the earlier releases, in order, and with people who could have been
    in these only. Raises NoRoom."""
    found = find_people(cases, earlier, seed)
    then = People.there(cases[0]) + found.people
    added = _masks(then, earlier)
    nobody = np.zeros(len(found.people.sizes), dtype=bool)
    made = []
    for case in cases:
        parts = {key: _joined(part, found.parts[key]) for key, part in case.parts.items()}
        masks = {column: np.append(mask, nobody) for column, mask in case.masks.items()} | added
        tables = [
            _counted(
                replace(table, columns=(*table.columns, *_columns_of(case, table, earlier, masks))),
                parts[table.key],
                masks,
            )
            for table in case.tables
        ]
        one = replace(
            case,
            block=replace(case.block, tables=tuple(tables)),
            parts=parts,
            masks=masks,
            members=then.members,
            sizes=then.sizes,
            shut=frozenset(_shut(tables, earlier)),
            proved_before=frozenset(_proved(tables, earlier)),
            gone=then.last > 0,
        )
        if not all(_comes_out(table, one, release) for table in tables for release in earlier):
            raise NoRoom
        made.append(one)
    return made


def _masks(then: People, earlier: Sequence[Release]) -> dict[Column, Mask]:
    """Who stood in each column of the earlier releases, and who of these is in no later one."""
    masks: dict[Column, Mask] = {}
    for release in earlier:
        groups = [(ALL, ALL), *((breakdown, group) for breakdown, sizes in release.sizes.items() for group in sizes)]
        for breakdown, group in groups:
            mask = then.mask(release.number, breakdown, group)
            masks[of_release(breakdown, release.number), group] = mask
            masks[of_release(breakdown, release.number, only=True), group] = mask & (then.last == release.number)
    return masks


def _columns_of(
    case: BlockCase, table: CountTable, earlier: Sequence[Release], masks: Mapping[Column, Mask]
) -> Iterator[Column]:
    """The columns of the earlier releases; and those that a reader gets by comparing them. What sizes say of those who
    are gone is no answer of theirs."""
    for release in earlier:
        for column in release.columns_of(table.key):
            yield of_release(column.breakdown, release.number), column.group
            only = of_release(column.breakdown, release.number, only=True), column.group
            if table.key not in case.fixed_total and masks[only].any():
                yield only


def _shut(tables: Sequence[CountTable], earlier: Sequence[Release]) -> Iterator[Number]:
    """What the earlier releases did not show; nobody has shown what those said who are gone."""
    for table in tables:
        asked = asked_key(table.condition)
        for release in earlier:
            for told in release.columns_of(table.key):
                place = of_release(told.breakdown, release.number), told.group
                if told.base is None:
                    yield (asked, *place, "")
                cells = zip(table.lines, told.cells, strict=True)
                yield from ((table.key, *place, line) for line, cell in cells if cell is None)
        for column in table.columns:
            if is_only(column[0]):
                if table.condition:
                    yield (asked, *column, "")
                yield from ((table.key, *column, line) for line in table.lines)


def _proved(tables: Sequence[CountTable], earlier: Sequence[Release]) -> Iterator[Number]:
    """Of these what had to be proved; and what somebody said who is gone. Nothing is told by what none of them said: in
    this data set, in which there may be others than there were."""
    there = {table.key for table in tables} | {asked_key(table.condition) for table in tables}
    for release in earlier:
        for each in release.certificates:
            if each.table in there:
                yield each.table, of_release(each.breakdown, release.number), each.group, each.line
    for table in tables:
        for column, counts in zip(table.columns, table.counts, strict=True):
            if is_only(column[0]):
                lines = zip(table.lines, counts, strict=True)
                yield from ((table.key, *column, line) for line, count in lines if count)


def _joined(now: Part, gone: Part) -> Part:
    known = None if now.known is None else np.append(now.known, 0 * gone.lines, axis=1)
    return Part(np.append(now.asked, gone.asked), np.append(now.lines, gone.lines, axis=1), known)


def _counted(table: CountTable, part: Part, masks: dict[Column, Mask]) -> CountTable:
    """The table with what the part counts in its columns."""
    there = [masks[column] for column in table.columns]
    return replace(
        table,
        bases=tuple(int(part.asked[mask].sum()) for mask in there),
        counts=tuple(tuple(int(count) for count in part.lines[:, mask].sum(axis=1)) for mask in there),
    )


def _comes_out(table: CountTable, case: BlockCase, release: Release) -> bool:
    """Whether this table of the earlier release would be printed as it was."""
    counts = dict(zip(table.columns, zip(table.bases, table.counts, strict=True), strict=True))
    for column in release.columns_of(table.key):
        place = of_release(column.breakdown, release.number), column.group
        base, counted = counts[place]
        exact = column.breakdown == ALL and not table.condition
        asked = base if exact else printed_asked(base, case.size(place), release.parameters)
        if column.base not in (None, asked):
            return False
        for cell, count in zip(column.cells, counted, strict=True):
            if cell is not None and cell.count != printed_count(count, base, asked, release.parameters):
                return False
    return True
