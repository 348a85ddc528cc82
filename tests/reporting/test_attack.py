"""Given everything that is published, and more, nobody works out a small count."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pytest

from app.consultations.countries import countries, region_of
from app.questionnaire.document import Document
from app.reporting.certify import Protected
from app.reporting.disclosure import Hidden, Parameters, merged
from app.reporting.making import Run, make_release, merged_groups, merged_sizes
from app.reporting.release_file import to_bytes
from app.reporting.sensitive import BlockCase, closed, sensitive_counts
from app.reporting.snapshot import Sent, snapshot_of
from app.reporting.tally import tally
from tests.reporting.attacker import Attacker, narrow
from tests.reporting.people import facts_of, instrument, invented
from tests.reporting.random_consultations import consultation

RULES = Parameters()


@dataclass
class Attack:
    """What came of it: how many counts were not shown, and those that were worked out."""

    people: int
    hidden: int
    told: list[object] = field(default_factory=list)


def attack(document: Document, people: Iterable[Sent], run: Run = map) -> Attack:
    counted = tally(snapshot_of(people, document, region_of), document)
    release = json.loads(to_bytes(make_release(counted, document, facts_of(document), run=run)))
    groups = merged_groups(counted, RULES)
    sizes = merged_sizes(counted, groups)
    true, asked = {}, {}
    for table in (*counted.about, *counted.tables):
        one = merged(table, groups, sizes)
        for column, base, counts in zip(one.columns, one.bases, one.counts, strict=True):
            asked[table.condition, column] = base
            for line, count in zip(one.lines, counts, strict=True):
                true[(one.key, *column, line)] = count, base
    where = {code: country.region for code, country in countries().items()}
    attacker = Attacker(release, sizes, where)
    assert attacker.contradicts({cell: count for cell, (count, _) in true.items()}, asked) == []
    return Attack(counted.n, len(attacker.hidden), list(narrow(attacker, true, release["parameters"])))


@pytest.mark.parametrize(("name", "n"), [("five-rights", 10), ("five-rights", 60), ("digital-skills", 40)])
def test_no_small_count_of_an_instrument_is_known_to_less_than_the_width(name: str, n: int) -> None:
    document = instrument(name)
    found = attack(document, invented(document, n, seed=n))
    assert found.hidden > 0
    assert found.told == []


@pytest.mark.parametrize("seed", range(8))
def test_none_of_a_random_consultation_either(seed: int) -> None:
    document, people = consultation(seed)
    assert attack(document, people).told == []


def weak(_: Callable[[BlockCase], Protected], cases: Iterable[BlockCase]) -> Iterator[Protected]:
    """Hides only what is small itself."""
    for case in cases:
        small = closed(case, sensitive_counts(case))
        cells = frozenset((key, (name, group), line) for key, name, group, line in small if line)
        bases = frozenset((key.removeprefix("asked "), (name, group)) for key, name, group, line in small if not line)
        yield Protected(Hidden(cells, bases), frozenset())


def test_a_weakened_control_is_caught() -> None:
    """Then sums of what is shown tell some of it."""
    document, people = consultation(3, 400)
    assert attack(document, people, run=weak).told != []


def main(first: int, last: int) -> None:
    """Attacks random consultations by their seeds: `python -m tests.reporting.test_attack 0 500`."""
    hidden = told = 0
    for seed in range(first, last):
        document, people = consultation(seed)
        found = attack(document, people)
        hidden, told = hidden + found.hidden, told + len(found.told)
        for each in found.told:
            print(f"seed {seed}, {found.people} people: {each}")
    print(f"{last - first} consultations, {hidden} counts not shown, {told} worked out")
    sys.exit(bool(told))


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:3]))
