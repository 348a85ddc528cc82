"""Given everything that is published, and more, nobody works out a small count."""

import json
import random

import pytest

from app.consultations.countries import region_of
from app.reporting.certify import protect
from app.reporting.disclosure import Parameters, merged, merged_groups, merged_sizes
from app.reporting.plan import cases_of
from app.reporting.release import make_release
from app.reporting.release_file import to_bytes
from app.reporting.snapshot import snapshot_of
from app.reporting.tally import tally
from tests.reporting.attacker import ranges
from tests.reporting.people import facts_of, instrument, invented

RULES = Parameters()
ALMOST = 1e-6


def narrow(name: str, n: int, seed: int) -> list[tuple[object, ...]]:
    """Small counts that the attacker knows too well, with what it knows."""
    document = instrument(name)
    counted = tally(snapshot_of(invented(document, n, seed), document, region_of), document)
    release = json.loads(to_bytes(make_release(counted, document, facts_of(document))))
    groups = merged_groups(counted, RULES)
    sizes = merged_sizes(counted, groups)
    true = {}
    for table in (*counted.about, *counted.tables):
        one = merged(table, groups, sizes)
        for column, base, counts in zip(one.columns, one.bases, one.counts, strict=True):
            for line, count in zip(one.lines, counts, strict=True):
                true[(one.key, *column, line)] = count, base
    found = ranges(release, sizes)
    assert found, "nothing was hidden: the attack shows nothing"
    told = []
    for cell, (least, most) in found.items():
        count, base = true[cell]
        assert least - ALMOST <= count <= most + ALMOST, "the attacker is wrong about the rules"
        if 0 < min(count, base - count) < RULES.k_cell and most - least < min(RULES.width, base) - ALMOST:
            told.append((cell, count, base, least, most))
    return told


@pytest.mark.parametrize(("name", "n"), [("five-rights", 10), ("five-rights", 60), ("digital-skills", 150)])
def test_no_small_count_is_known_to_less_than_the_width(name: str, n: int) -> None:
    assert narrow(name, n, seed=random.Random(n).randrange(1000)) == []


def test_a_weakened_control_is_caught() -> None:
    """Only what is small itself is hidden: then sums of what is shown tell some of it."""
    document = instrument("five-rights")
    counted = tally(snapshot_of(invented(document, 120, 3), document, region_of), document)

    def weakened(function: object, cases: object) -> list[object]:
        weak = []
        for case in cases:  # type: ignore[attr-defined]
            case.weakened = True
            weak.append(protect(case))
        return weak

    release = json.loads(to_bytes(make_release(counted, document, facts_of(document), run=weakened)))  # type: ignore[arg-type]
    sizes = merged_sizes(counted, merged_groups(counted, RULES))
    assert any(most - least < RULES.width - ALMOST for least, most in ranges(release, sizes).values())
    assert list(cases_of(counted, merged_groups(counted, RULES), [], document, RULES)) == []
