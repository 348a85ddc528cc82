"""Nothing that is hidden can be worked out from what is shown."""

import itertools
from collections.abc import Iterator, Mapping
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from app.questionnaire.document import Document, Section
from app.questionnaire.kinds import Single
from app.questionnaire.relevance import parse
from app.reporting.disclosure import Hidden, Parameters, hide, merge_small_groups, told_by
from app.reporting.linear import Sum, given_away
from app.reporting.tally import EVERYBODY, Column, CountTable
from tests.reporting.people import instrument
from tests.samples import choices, sample_document, texts

RULES = Parameters()
GROUPS = ("a", "b", "c")
LINES = ("1", "2", "3", "none")

counts = st.one_of(st.integers(0, 6), st.integers(0, 40))
#: Three groups by four lines.
tables = st.lists(st.lists(counts, min_size=4, max_size=4), min_size=3, max_size=3)


def dividing_table(rows: list[list[int]], *, sensitive: bool = False, condition: str = "") -> CountTable:
    """A question with one choice, in total and by one breakdown."""
    total = [sum(row[line] for row in rows) for line in range(len(LINES))]
    every = [total, *rows]
    columns: tuple[Column, ...] = (EVERYBODY, *(("region", group) for group in GROUPS[: len(rows)]))
    return CountTable(
        code="Q",
        question="Q",
        measure="choice",
        lines=LINES,
        columns=columns,
        bases=tuple(map(sum, every)),
        counts=tuple(tuple(row) for row in every),
        sensitive=sensitive,
        condition=condition,
    )


def hidden_in(table: CountTable, sizes: Mapping[Column, int] | None = None) -> Hidden:
    there = sizes or dict(zip(table.columns, table.bases, strict=True))
    return hide([table], there, sample_document(), RULES)


def cells(table: CountTable) -> Iterator[tuple[Column, str, int, int]]:
    for column, base, row in zip(table.columns, table.bases, table.counts, strict=True):
        for line, count in zip(table.lines, row, strict=True):
            yield column, line, count, base


def recovered(table: CountTable, hidden: Hidden) -> list[tuple[Column, str]]:
    """An attacker of its own making: all sums of rows and columns as equations over fractions, solved by Gauss; a
    hidden cell is recovered when all solutions agree on it."""
    unknown = [
        (column, line) for column, line, _, base in cells(table) if (table.key, column, line) in hidden.cells and base
    ]
    place = {cell: number for number, cell in enumerate(unknown)}
    equations = [{(column, line): 1 if column != EVERYBODY else -1 for column in table.columns} for line in table.lines]
    if table.dividing:
        equations += [{(column, line): 1 for line in table.lines} for column in table.columns]
    rows = []
    for equation in equations:
        row = [Fraction(0)] * len(unknown)
        for cell, factor in equation.items():
            if cell in place:
                row[place[cell]] = Fraction(factor)
        rows.append(row)
    done = 0
    for pivot in range(len(unknown)):
        found = next((number for number in range(done, len(rows)) if rows[number][pivot]), None)
        if found is None:
            continue
        rows[done], rows[found] = rows[found], rows[done]
        rows[done] = [value / rows[done][pivot] for value in rows[done]]
        for number, row in enumerate(rows):
            if number != done and row[pivot]:
                rows[number] = [value - row[pivot] * other for value, other in zip(row, rows[done], strict=True)]
        done += 1
    return [unknown[row.index(Fraction(1))] for row in rows[:done] if sum(map(bool, row)) == 1]


def is_sensitive(count: int, base: int, table: CountTable) -> bool:
    small = 0 < min(count, base - count) < RULES.k_cell
    return bool(base) and (small or base < RULES.k_group or (table.sensitive and count == base))


@settings(max_examples=300, deadline=None)
@given(tables, st.booleans())
def test_every_small_count_is_hidden_and_none_follows_from_totals_and_the_other_groups(
    rows: list[list[int]], sensitive: bool
) -> None:
    table = dividing_table(rows, sensitive=sensitive)
    hidden = hidden_in(table)
    for column, line, count, base in cells(table):
        if is_sensitive(count, base, table):
            assert (table.key, column, line) in hidden.cells
    assert recovered(table, hidden) == []


@settings(max_examples=200, deadline=None)
@given(tables, st.lists(st.integers(0, 30), min_size=3, max_size=3))
def test_yes_or_no_counts_do_not_follow_either(rows: list[list[int]], others: list[int]) -> None:
    bases = [max(row) + more for row, more in zip(rows, others, strict=True)]
    total = [sum(row[line] for row in rows) for line in range(len(LINES))]
    columns: tuple[Column, ...] = (EVERYBODY, *(("region", group) for group in GROUPS))
    table = CountTable(
        "Q", "Q", "options", LINES, columns, (sum(bases), *bases), (tuple(total), *(tuple(row) for row in rows))
    )
    hidden = hidden_in(table)
    for column, line, count, base in cells(table):
        if is_sensitive(count, base, table):
            assert (table.key, column, line) in hidden.cells
    assert recovered(table, hidden) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 7), min_size=2, max_size=2), min_size=2, max_size=2))
def test_on_tiny_tables_whole_numbers_give_no_small_count_away(rows: list[list[int]]) -> None:
    """Brute force: of all tables of whole numbers that give the shown cells, the totals and the bases, not all agree on
    any small count."""
    table = dividing_table([[first, second, 12, 0] for first, second in rows])
    hidden = hidden_in(table)
    known = {
        (column, line): count
        for column, line, count, _ in cells(table)
        if (table.key, column, line) not in hidden.cells
    }
    true = {(column, line): count for column, line, count, _ in cells(table)}
    unsure = {
        (column, line)
        for column, line, count, base in cells(table)
        if column != EVERYBODY and is_sensitive(count, base, table)
    }
    a, b = (("region", group) for group in GROUPS[:2])
    for first in divisions(a, table.bases[1], known):
        for second in divisions(b, table.bases[2], known):
            if any(
                known.get((EVERYBODY, line), n + m) != n + m for line, n, m in zip(LINES, first, second, strict=True)
            ):
                continue
            other = {(a, line): n for line, n in zip(LINES, first, strict=True)}
            other |= {(b, line): n for line, n in zip(LINES, second, strict=True)}
            unsure = {cell for cell in unsure if other[cell] == true[cell]}
            if not unsure:
                return
    assert unsure == set()


def divisions(column: Column, base: int, known: Mapping[tuple[Column, str], int]) -> Iterator[tuple[int, ...]]:
    """Every way to divide the people of a column among the lines that agrees with what is known."""
    *free, last = [[known[column, line]] if (column, line) in known else list(range(base, -1, -1)) for line in LINES]
    for some in itertools.product(*free):
        if base - sum(some) in last:
            yield (*some, base - sum(some))


def test_one_hidden_count_takes_a_second_in_its_row_and_in_its_column() -> None:
    table = dividing_table([[3, 20, 30, 10], [40, 25, 35, 12], [50, 28, 38, 15]])
    hidden = hidden_in(table)
    assert (table.key, ("region", "a"), "1") in hidden.cells
    rows = {column: sum((table.key, column, line) in hidden.cells for line in LINES) for column in table.columns}
    assert rows == {EVERYBODY: 0, ("region", "a"): 2, ("region", "b"): 2, ("region", "c"): 0}


def test_a_table_without_small_counts_is_shown_whole() -> None:
    assert hidden_in(dividing_table([[20, 20, 30, 10], [40, 25, 35, 12], [50, 28, 38, 0]])) == Hidden(
        frozenset(), frozenset()
    )


def test_that_everybody_said_the_same_is_hidden_in_sensitive_questions_only() -> None:
    rows = [[40, 0, 0, 0], [40, 25, 35, 12], [50, 28, 38, 15]]
    assert not hidden_in(dividing_table(rows)).cells
    hidden = hidden_in(dividing_table(rows, sensitive=True))
    assert all(("Q choice", ("region", "a"), line) in hidden.cells for line in LINES)


def test_the_number_asked_is_a_count_of_the_earlier_question() -> None:
    """Where 3 of 103 were led to the second question, neither its base nor the answer that led there is shown."""
    document = Document(
        "f",
        "1",
        texts("T"),
        (
            Section(
                "s",
                texts("S"),
                (
                    Single(code="Q", label=texts("Q"), choices=choices(3)),
                    Single(code="R", label=texts("R"), choices=choices(3), relevant=parse("${Q} = '2'")),
                ),
            ),
        ),
    )
    columns: tuple[Column, ...] = (EVERYBODY, ("region", "a"), ("region", "b"))
    first = CountTable(
        "Q", "Q", "choice", LINES, columns, (203, 103, 100), ((100, 43, 30, 30), (60, 3, 20, 20), (40, 40, 10, 10))
    )
    second = CountTable(
        "R",
        "R",
        "choice",
        LINES,
        columns,
        (43, 3, 40),
        ((20, 13, 5, 5), (1, 1, 0, 1), (19, 12, 5, 4)),
        False,
        "${Q} = '2'",
    )
    sizes = dict(zip(columns, (203, 103, 100), strict=True))
    hidden = hide([first, second], sizes, document, RULES)
    assert ("${Q} = '2'", ("region", "a")) in hidden.bases
    assert ("Q choice", ("region", "a"), "2") in hidden.cells
    # In total, 43 minus the shown part of the other region would tell; so something there is hidden as well.
    assert hidden.bases & {("${Q} = '2'", ("region", "b")), ("${Q} = '2'", EVERYBODY)}


def test_which_answers_lead_to_a_question_is_read_from_its_condition() -> None:
    document = instrument()
    expected = {
        "CB05": ("CB04 choice", ("2", "3", "4", "5")),
        "CB09": ("CB08 options", ("6",)),
        "CB02": ("CB01 choice", ("1", "2", "3", "4", "none")),
    }
    for code, answers in expected.items():
        condition = document.questions[code].relevant
        assert condition is not None
        assert list(told_by(condition, document)) == [answers]
    assert list(told_by(parse("${CB01} = '1' and ${CB04} = '2'"), document)) == []


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


def test_sums_together_can_give_away_what_none_gives_away_alone() -> None:
    sums = [Sum(("a", "b")), Sum(("b", "c")), Sum(("a", "b", "c"))]
    assert given_away(sums, {"a", "b", "c"}) == {"a", "b", "c"}
    assert given_away(sums[:1], {"a", "b"}) == set()
    assert given_away([Sum(("a", "b"), "whole")], {"whole"}) == {"whole"}
