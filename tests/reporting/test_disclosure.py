"""Small groups merge; of everything that is hidden there are whole data sets that give every published figure."""

import itertools
from collections.abc import Iterator

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.questionnaire.document import Document, Section
from app.questionnaire.kinds import Single
from app.questionnaire.relevance import parse
from app.reporting.believable import Look
from app.reporting.blocks import blocks_of
from app.reporting.certify import Protected, protect
from app.reporting.counts import EVERYBODY, Column, CountTable
from app.reporting.disclosure import (
    Parameters,
    merge_small_groups,
    printed_asked,
    printed_count,
)
from app.reporting.sensitive import BlockCase, is_small, sensitive_counts
from app.reporting.tally import Part
from tests.reporting.people import instrument
from tests.samples import choices, texts

RULES = Parameters()
#: Small enough that every data set can be written down.
TINY = Parameters(k_group=2, k_cell=2, base_step=2, width=2, k_nearly=50)
LINES = ("1", "2", "none")
GROUPS = ("a", "b")
COLUMNS: tuple[Column, ...] = (EVERYBODY, *(("region", group) for group in GROUPS))
MASKS = {
    EVERYBODY: np.array([True, True]),
    ("region", "a"): np.array([True, False]),
    ("region", "b"): np.array([False, True]),
}

counts = st.lists(st.integers(0, 4), min_size=3, max_size=3)


def document_of(*questions: Single) -> Document:
    return Document("f", "1", texts("T"), (Section("s", texts("S"), questions),))


def table_of(code: str, rows: list[list[int]], *, sensitive: bool = False, condition: str = "") -> CountTable:
    """A question with one choice, in total and by two regions."""
    total = [sum(row[line] for row in rows) for line in range(len(LINES))]
    every = [total, *rows]
    return CountTable(
        code=code, question=code, measure="choice", lines=LINES, columns=COLUMNS, bases=tuple(map(sum, every)),
        counts=tuple(map(tuple, every)), sensitive=sensitive, condition=condition,
    )  # fmt: skip


def case_of(tables: list[CountTable], sizes: list[int], document: Document, rules: Parameters) -> BlockCase:
    (block,) = blocks_of(tables, document)
    parts = {
        table.key: Part(np.array(table.bases[1:]), np.array(table.counts[1:], dtype=np.int64).T) for table in tables
    }
    members = {"region": GROUPS}
    looks = {table.key: Look() for table in tables}
    gone = np.zeros(len(sizes), dtype=bool)
    return BlockCase(block, parts, MASKS, members, np.array(sizes, dtype=np.int64), gone, looks, rules)


def printed(row: tuple[int, ...], rules: Parameters) -> tuple[int, ...]:
    asked = printed_asked(sum(row), sum(row), rules)
    return tuple(printed_count(count, sum(row), asked, rules) for count in row)


def divisions(base: int) -> Iterator[tuple[int, ...]]:
    """Every way to divide people among the lines."""
    for first, second in itertools.product(range(base + 1), repeat=2):
        if first + second <= base:
            yield first, second, base - first - second


@settings(max_examples=150, deadline=None)
@given(st.lists(counts, min_size=2, max_size=2).filter(lambda rows: all(map(sum, rows))))
def test_a_certificate_means_that_data_sets_exist_that_lie_so_far_apart(rows: list[list[int]]) -> None:
    """Enumeration: of all data sets of two regions that print the same where something is printed and keep the rules of
    hiding, two differ by the width in every count that has a certificate."""
    table = table_of("Q", rows)
    case = case_of([table], [sum(row) for row in rows], document_of(single("Q")), TINY)
    found = protect(case)
    must = {(key, (name, group), line) for key, name, group, line in sensitive_counts(case)}
    assert must <= found.hidden.cells | told(table)
    possible = list(possible_values(table, found))
    assert table.counts in possible
    for key, name, group, line in found.proved:
        assert key == table.key
        place = COLUMNS.index((name, group))
        values = {data[place][LINES.index(line)] for data in possible}
        assert max(values) - min(values) >= min(TINY.width, table.bases[place])


def told(table: CountTable) -> set[tuple[str, Column, str]]:
    """What the total says of every group: nobody, or everybody."""
    total, base = table.counts[0], table.bases[0]
    return {
        (table.key, column, line)
        for line, count in zip(LINES, total, strict=True)
        if count in (0, base)
        for column in COLUMNS
    }


def possible_values(table: CountTable, found: Protected) -> Iterator[tuple[tuple[int, ...], ...]]:
    """All data sets, as total and two regions, that a reader who knows the sizes and the rules cannot tell apart."""
    for first, second in itertools.product(divisions(table.bases[1]), divisions(table.bases[2])):
        data = (tuple(map(sum, zip(first, second, strict=True))), first, second)
        if all(
            alike(table, column, true, other, found)
            for column, true, other in zip(COLUMNS, table.counts, data, strict=True)
        ):
            yield data


def alike(table: CountTable, column: Column, true: tuple[int, ...], other: tuple[int, ...], found: Protected) -> bool:
    shown = [line for line in LINES if (table.key, column, line) not in found.hidden.cells]
    base = sum(true)
    for line, a, b, count in zip(LINES, printed(true, TINY), printed(other, TINY), other, strict=True):
        small = is_small(count, base, TINY) and (table.key, column, line) not in told(table)
        if line in shown and (a != b or small):
            return False
    return True


def single(code: str, relevant: str = "") -> Single:
    return Single(code=code, label=texts(code), choices=choices(2), relevant=parse(relevant) if relevant else None)


big = st.lists(st.one_of(st.integers(0, 6), st.integers(0, 60)), min_size=3, max_size=3)


@settings(max_examples=60, deadline=None)
@given(st.lists(big, min_size=2, max_size=2).filter(lambda rows: all(map(sum, rows))), st.booleans())
def test_every_small_count_is_hidden_and_proved(rows: list[list[int]], sensitive: bool) -> None:
    table = table_of("Q", rows, sensitive=sensitive)
    case = case_of([table], [sum(row) for row in rows], document_of(single("Q")), RULES)
    found = protect(case)
    for number in sensitive_counts(case):
        key, name, group, line = number
        if (key, (name, group), line) not in told(table):
            assert (key, (name, group), line) in found.hidden.cells
            assert number in found.proved or not table.bases[COLUMNS.index((name, group))]


def test_a_table_without_small_counts_is_shown_whole() -> None:
    rows = [[20, 30, 10], [40, 25, 35]]
    found = protect(case_of([table_of("Q", rows)], [60, 100], document_of(single("Q")), RULES))
    assert not found.hidden.cells
    assert not found.hidden.bases


def test_that_everybody_said_the_same_is_hidden_in_sensitive_questions_only() -> None:
    rows = [[60, 0, 0], [40, 25, 35]]
    plain, sensitive = (table_of("Q", rows, sensitive=each) for each in (False, True))
    document = document_of(single("Q"))
    assert not protect(case_of([plain], [60, 100], document, RULES)).hidden.cells
    hidden = protect(case_of([sensitive], [60, 100], document, RULES)).hidden.cells
    assert all(("Q choice", ("region", "a"), line) in hidden for line in LINES)


def test_the_number_asked_is_a_count_of_the_earlier_question() -> None:
    """Where 3 of 43 were led to the second question, neither its base nor the answer that led there is shown."""
    condition = "${Q} = '2'"
    first = table_of("Q", [[20, 3, 20], [40, 40, 10]])
    second = table_of("R", [[1, 1, 1], [19, 11, 10]], condition=condition)
    case = case_of([first, second], [43, 90], document_of(single("Q"), single("R", condition)), RULES)
    found = protect(case)
    assert (condition, ("region", "a")) in found.hidden.bases
    assert ("Q choice", ("region", "a"), "2") in found.hidden.cells
    # In total 45, in the other region 40 are printed: between 1 and 9 are left.
    assert (f"asked {condition}", "region", "a", "") in found.proved


def test_where_the_number_asked_is_hidden_an_answer_that_everybody_gave_does_not_tell_it() -> None:
    """All 43 who were led to the second question said the same; in one region these were 3 of 43."""
    condition = "${Q} = '2'"
    first = table_of("Q", [[20, 3, 20], [40, 40, 10]])
    second = table_of("R", [[3, 0, 0], [40, 0, 0]], condition=condition)
    found = protect(case_of([first, second], [43, 90], document_of(single("Q"), single("R", condition)), RULES))
    assert (condition, ("region", "a")) in found.hidden.bases
    assert ("R choice", ("region", "a"), "1") in found.hidden.cells
    assert ("R choice", "region", "a", "1") in found.proved


def test_conditions_of_the_instruments_are_worked_through() -> None:
    """Of none is anything left out only because nobody can say who was asked."""
    for name in ("cyberbullying", "digital-skills", "five-rights"):
        document = instrument(name)
        conditions = {each.relevant.source for each in document.questions.values() if each.relevant}
        assert conditions
        tables = [
            table_of(code, [[20, 20, 20], [20, 20, 20]])
            for code, each in document.questions.items()
            if isinstance(each, Single)
        ]
        assert all(not block.dark for block in blocks_of(tables, document))


@given(st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 60), min_size=1), st.booleans())
def test_small_groups_merge_until_all_are_large(sizes: dict[str, int], in_line: bool) -> None:
    names = merge_small_groups(sizes, RULES.k_group, in_line=in_line)
    assert set(names) == set(sizes)
    merged: dict[str, int] = {}
    for group, name in names.items():
        assert group in name.split("+")
        merged[name] = merged.get(name, 0) + sizes[group]
    enough = sum(sizes.values()) >= RULES.k_group
    assert all(size == 0 or size >= RULES.k_group for size in merged.values()) or not enough


def test_ages_merge_with_their_neighbour() -> None:
    assert merge_small_groups({"3": 4, "4": 30, "5": 50}, 10, in_line=True) == {"3": "3+4", "4": "3+4", "5": "5"}


def test_a_lone_small_group_takes_the_smallest_other_with_it() -> None:
    sizes = {"africa": 80, "cis": 3, "europe": 40, "none": 15}
    assert merge_small_groups(sizes, 10) == {
        "africa": "africa",
        "cis": "cis+none",
        "europe": "europe",
        "none": "cis+none",
    }
