"""Given everything that is published, and more, nobody works out a small count."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from app.consultations.countries import countries, region_of
from app.questionnaire.document import Document
from app.reporting.certify import Protected
from app.reporting.disclosure import Hidden, Parameters, merged, merged_groups, merged_sizes
from app.reporting.open_answers import take_in
from app.reporting.release import OpenAnswers, Run, make_release
from app.reporting.release_file import to_bytes
from app.reporting.sensitive import BlockCase, closed, sensitive_counts
from app.reporting.snapshot import Sent, snapshot_of
from app.reporting.tally import Tally, tally
from tests.reporting.attacker import Attacker, narrow
from tests.reporting.people import facts_of, instrument, invented
from tests.reporting.random_consultations import consultation
from tests.reporting.written import candidates, codebooks_of, coded, read, with_texts

RULES = Parameters()


@dataclass
class Attack:
    """What came of it: how many counts were not shown, and those that were worked out."""

    people: int
    hidden: int
    told: list[object] = field(default_factory=list)


def attack(document: Document, people: Iterable[Sent], run: Run = map, quotes: int | None = None) -> Attack:
    """Attacks what is published of these people; with `quotes`, what they wrote was read, and so many may be quoted."""
    sent = list(people)
    counted = tally(snapshot_of(sent, document, region_of), document)
    taken = None if quotes is None else opened(document, sent, counted, quotes)
    release = json.loads(to_bytes(make_release(counted, document, facts_of(document), run=run, open_answers=taken)))
    counted = taken.tally if taken else counted
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


def opened(document: Document, people: Sequence[Sent], counted: Tally, quotes: int) -> OpenAnswers:
    written = read(document, people, seed=len(people))
    wanted = candidates(counted, people, written, quotes)
    return take_in(counted, document, codebooks_of(document), coded(counted, people, written), wanted)


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


@pytest.mark.parametrize("seed", [1, 2, 6, 8])
def test_nor_is_a_theme_of_what_people_wrote_though_some_of_them_are_quoted(seed: int) -> None:
    document, people = with_texts(*consultation(seed, 120), seed)
    found = attack(document, people, quotes=12)
    assert found.hidden > 0
    assert found.told == []


def test_themes_of_an_instrument_neither() -> None:
    document = instrument("five-rights")
    assert attack(document, invented(document, 90, seed=2), quotes=10).told == []


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


def test_quotes_that_are_not_reckoned_with_tell_small_themes() -> None:
    """Were quoted people not held for known, some of what is hidden would be told."""
    document, people = with_texts(*consultation(1, 300), 1)
    assert attack(document, people, run=forgetful, quotes=40).told != []


def forgetful(protect_one: Callable[[BlockCase], Protected], cases: Iterable[BlockCase]) -> Iterator[Protected]:
    """Protects as if nobody had been quoted."""
    for case in cases:
        parts = {key: replace(part, known=None) for key, part in case.parts.items()}
        yield protect_one(replace(case, parts=parts))


def main(first: int, last: int) -> None:
    """Attacks random consultations by their seeds, every second one with themes and quotes:
    `python -m tests.reporting.test_attack 0 500`."""
    hidden = told = 0
    for seed in range(first, last):
        document, people = consultation(seed)
        if seed % 2:
            document, people = with_texts(document, people, seed)
        found = attack(document, people, quotes=len(people) // 10 if seed % 2 else None)
        hidden, told = hidden + found.hidden, told + len(found.told)
        for each in found.told:
            print(f"seed {seed}, {found.people} people: {each}")
    print(f"{last - first} consultations, {hidden} counts not shown, {told} worked out")
    sys.exit(bool(told))


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:3]))
