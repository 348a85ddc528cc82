"""How long it takes until every small count of the largest instrument is proved or hidden: `python -m bench.certify`.

Promise: under 60 s on two cores, at 200, 2,000 and 100,000 people.
"""

import sys
import time

from app.consultations.countries import region_of
from app.reporting.making import make_release
from app.reporting.release import Release
from app.reporting.side_by_side import side_by_side
from app.reporting.snapshot import snapshot_of
from app.reporting.tally import tally
from tests.reporting.people import facts_of, instrument, invented

SIZES = (200, 2_000, 100_000)
PROMISE_SECONDS = 60


def main() -> None:
    document = instrument("cyberbullying")
    sizes = tuple(int(word) for word in sys.argv[1:]) or SIZES
    for n in sizes:
        counted = tally(snapshot_of(invented(document, n), document, region_of), document)
        begun = time.perf_counter()
        release = make_release(counted, document, facts_of(document), run=side_by_side)
        seconds = time.perf_counter() - begun
        hidden, every = _counts(release)
        print(
            f"{n:>7} people: {seconds:5.1f} s (promise {PROMISE_SECONDS}), {hidden:,} of {every:,} counts not shown,"
            f" {len(release.certificates):,} proofs, {len(counted.profiles.members)} profiles",
            flush=True,
        )


def _counts(release: Release) -> tuple[int, int]:
    cells = [cell for table in (*release.about, *release.tables) for column in table.columns for cell in column.cells]
    return cells.count(None), len(cells)


if __name__ == "__main__":
    main()
