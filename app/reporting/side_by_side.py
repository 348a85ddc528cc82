"""Blocks are protected side by side, one process for each core: proving takes longest of all that a freeze does."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from app.reporting.certify import Protected
from app.reporting.sensitive import BlockCase

#: Counts by profiles up to which the work is done sooner than another process is there.
SMALL = 300_000


def side_by_side(protect: Callable[[BlockCase], Protected], cases: Iterable[BlockCase]) -> list[Protected]:
    """What `protect` gives of each case, in their order; the same as `map` gives, however many cores there are."""
    every = list(cases)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores == 1 or sum(map(_effort, every)) <= SMALL:
        return list(map(protect, every))
    largest_first = sorted(range(len(every)), key=lambda place: -_effort(every[place]))
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        begun = {place: pool.submit(protect, every[place]) for place in largest_first}
        return [begun[place].result() for place in range(len(every))]


def _effort(case: BlockCase) -> int:
    """Counts by profiles; tables that are tied to each other take longer than these alone."""
    counts = sum(len(table.columns) * len(table.lines) for table in case.tables)
    return counts * len(case.sizes) * len(case.tables)
