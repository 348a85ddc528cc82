"""Given everything that is published, and more, nobody works out a small count."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from app.consultations.countries import countries, region_of
from app.questionnaire.document import Document
from app.reporting.certify import Protected, Run
from app.reporting.counts import Column
from app.reporting.disclosure import FEWEST_GONE, Hidden, Parameters, merged
from app.reporting.groups import BREAKDOWNS
from app.reporting.making import make_release
from app.reporting.open_answers import OpenAnswers, take_in
from app.reporting.plan import merged_groups, merged_sizes
from app.reporting.release import Release
from app.reporting.release_file import digest, to_bytes
from app.reporting.sensitive import BlockCase, NoRoom, closed, sensitive_counts
from app.reporting.snapshot import Sent, snapshot_of
from app.reporting.tally import Tally, tally
from tests.reporting.attacker import Asked, Attacker, Cell, narrow, narrow_gone
from tests.reporting.people import facts_of, instrument, invented
from tests.reporting.random_consultations import consultation, without
from tests.reporting.written import candidates, codebooks_of, coded, read, with_texts

RULES = Parameters()


@dataclass
class Attack:
    """What came of it: how many counts were not shown, and those that were worked out."""

    people: int
    hidden: int
    told: list[object] = field(default_factory=list)


@dataclass(frozen=True)
class Issue:
    """A release as it is published, the tally behind it, and its true figures."""

    release: Release
    tally: Tally

    @property
    def groups(self) -> Mapping[str, Mapping[str, str]]:
        return merged_groups(self.tally, RULES)

    @property
    def sizes(self) -> Mapping[Column, int]:
        return merged_sizes(self.tally, self.groups)

    @property
    def published(self) -> Any:
        return json.loads(to_bytes(self.release))

    def true(self) -> tuple[dict[Cell, tuple[int, int]], dict[Asked, int]]:
        """Count and number asked of each cell; number asked under each condition."""
        counts: dict[Cell, tuple[int, int]] = {}
        asked = {}
        for table in (*self.tally.about, *self.tally.tables):
            one = merged(table, self.groups, self.sizes)
            for column, base, row in zip(one.columns, one.bases, one.counts, strict=True):
                asked[table.condition, column] = base
                for line, count in zip(one.lines, row, strict=True):
                    counts[(one.key, *column, line)] = count, base
        return counts, asked


def issue(
    document: Document,
    people: Iterable[Sent],
    run: Run = map,
    quotes: int | None = None,
    earlier: Sequence[Release] = (),
) -> Issue:
    sent = list(people)
    also = earlier[0].sizes.get("country", ()) if earlier else ()
    counted = tally(snapshot_of(sent, document, region_of), document, also=also)
    taken = None if quotes is None else opened(document, sent, counted, quotes)
    made = make_release(counted, document, facts_of(document), run=run, open_answers=taken, earlier=earlier)
    return Issue(made, taken.tally if taken else counted)


def attack(document: Document, people: Iterable[Sent], run: Run = map, quotes: int | None = None) -> Attack:
    """Attacks what is published of these people; with `quotes`, what they wrote was read, and so many may be quoted."""
    made = issue(document, people, run, quotes)
    attacker = attacker_of(made)
    return Attack(made.tally.n, len(attacker.hidden), list(narrow(attacker, made.true()[0], vars(RULES))))


def attacker_of(made: Issue, before: Attacker | None = None, *, exactly: bool = True) -> Attacker:
    where = {code: country.region for code, country in countries().items()}
    attacker = Attacker(made.published, made.sizes if exactly else None, where, before=before)
    true, asked = made.true()
    assert attacker.contradicts({cell: count for cell, (count, _) in true.items()}, asked) == []
    return attacker


def attack_both(document: Document, people: list[Sent], gone: int, seed: int, *, heedless: bool = False) -> Attack:
    """Some took their answers back, and everything was published a second time: both releases together. `heedless`: the
    second as if there were no first. Raises NoRoom."""
    first = issue(document, people)
    second = issue(document, without(people, gone, seed), earlier=() if heedless else [first.release])
    before = attacker_of(first, exactly=False)
    after = attacker_of(second, before)
    true_before, true_after = first.true()[0], second.true()[0]
    taken = {
        cell: (count - true_after[cell][0], base - true_after[cell][1])
        for cell, (count, base) in true_before.items()
        if cell in true_after
    }
    told: list[object] = [
        *narrow(before, true_before, vars(RULES)), *narrow(after, true_after, vars(RULES)), *narrow_gone(after, taken)
    ]  # fmt: skip
    return Attack(first.tally.n, len(before.hidden) + len(after.hidden), told)


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


@pytest.mark.parametrize(("seed", "gone"), [(1, 10), (9, 12)])
def test_two_releases_together_tell_no_small_count_either(seed: int, gone: int) -> None:
    document, people = consultation(seed)
    found = attack_both(document, people, gone, seed)
    assert found.hidden > 0
    assert found.told == []


def test_a_second_release_that_heeds_no_first_is_caught() -> None:
    document, people = consultation(5)
    assert attack_both(document, people, 12, 5, heedless=True).told != []


def test_there_is_none_where_whatever_it_hides_the_first_and_the_number_of_people_tell_a_small_count() -> None:
    document, people = consultation(5)
    with pytest.raises(NoRoom):
        attack_both(document, people, 12, 5)


def test_a_second_release_says_which_it_replaces_and_nothing_of_columns_of_the_first() -> None:
    document, people = consultation(1)
    first = issue(document, people).release
    left = tally(snapshot_of(without(people, 10, 1), document, region_of), document)
    second = make_release(left, document, facts_of(document), earlier=[first], replaces=digest(to_bytes(first)))
    assert (second.number, second.n, second.replaces) == (2, first.n - 10, digest(to_bytes(first)))
    named = {column.breakdown for table in second.by_key.values() for column in table.columns}
    assert named | {each.breakdown for each in second.certificates} <= {"all", *BREAKDOWNS, "country"}


def main(first: int, last: int) -> None:
    """Attacks random consultations by their seeds: `python -m tests.reporting.test_attack 0 500`. Every second one has
    themes and quotes, every tenth a second release after a tenth took their answers back."""
    hidden = told = twice = refused = 0
    for seed in range(first, last):
        document, people = consultation(seed)
        if seed % 2:
            document, people = with_texts(document, people, seed)
        attacks = [attack(document, people, quotes=len(people) // 10 if seed % 2 else None)]
        gone = max(len(people) // 10, FEWEST_GONE)
        if seed % 10 == 0 and len(people) >= 2 * gone:
            twice += 1
            try:
                attacks.append(attack_both(document, people, gone, seed))
            except NoRoom:
                refused += 1
        for found in attacks:
            hidden, told = hidden + found.hidden, told + len(found.told)
            for each in found.told:
                print(f"seed {seed}, {found.people} people: {each}")
    print(
        f"{last - first} consultations, {twice} twice (of which {refused} refused), {hidden} counts not shown,"
        f" {told} worked out"
    )
    sys.exit(bool(told))


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:3]))
