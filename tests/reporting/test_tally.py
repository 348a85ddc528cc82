"""Counts are those of a plain recount, and add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.consultations.countries import region_of
from app.questionnaire.kinds import Integer
from app.reporting.counts import EVERYBODY, MOST_BANDS, CountTable, band_name, bands
from app.reporting.snapshot import Sent, snapshot_of
from app.reporting.tally import tally
from tests.reporting.people import instrument, invented
from tests.samples import sample_document, texts


def table_of(rows: list[Sent], key: str) -> CountTable:
    document = sample_document()
    counted = tally(snapshot_of(rows, document, region_of), document)
    return next(table for table in counted.tables if table.key == key)


def everybody(table: CountTable) -> dict[str, int]:
    return dict(zip(table.lines, table.counts[table.columns.index(EVERYBODY)], strict=True))


def test_blank_and_the_two_escapes_are_one_line() -> None:
    rows = [Sent("en", {"A1": name}) for name in ("1", "97", "98", "97")] + [Sent("en", {})]
    assert everybody(table_of(rows, "A1 choice")) == {"1": 1, "2": 0, "3": 0, "4": 0, "none": 4}


def test_each_of_several_choices_is_counted_by_itself() -> None:
    rows = [Sent("en", {"A2": ["1", "2"]}), Sent("en", {"A2": ["2"]}), Sent("en", {"A2": ["98"]}), Sent("en", {})]
    table = table_of(rows, "A2 options")
    assert everybody(table) == {"1": 1, "2": 2, "3": 0, "4": 0, "5": 0, "none": 2}
    assert table.bases[0] == 4


def test_a_ranking_counts_first_places_and_any_place() -> None:
    rows = [Sent("en", {"A5": ["3", "1"]}), Sent("en", {"A5": ["", "3"]}), Sent("en", {})]
    assert everybody(table_of(rows, "A5 first")) == {"1": 0, "2": 0, "3": 1, "4": 0, "5": 0, "none": 2}
    assert everybody(table_of(rows, "A5 places")) == {"1": 1, "2": 0, "3": 2, "4": 0, "5": 0, "none": 1}


def test_only_those_who_were_asked_stand_in_the_base() -> None:
    rows = [Sent("en", {"B1": "2", "B2": ["1"]}), Sent("en", {"B1": "2"}), Sent("en", {"B1": "1"})]
    table = table_of(rows, "B2 options")
    assert (table.bases[0], table.condition) == (2, "${B1} = '2'")
    assert everybody(table)["none"] == 1


def test_of_an_open_answer_only_the_number_of_texts_is_counted() -> None:
    rows = [Sent("en", {"B4": "more help"}), Sent("en", {})]
    assert everybody(table_of(rows, "B4 texts")) == {"yes": 1}


@pytest.mark.parametrize("name", ["cyberbullying", "digital-skills", "five-rights"])
def test_lines_and_groups_add_up_to_all_who_were_asked(name: str) -> None:
    document = instrument(name)
    counted = tally(snapshot_of(invented(document, 300), document, region_of), document)
    for table in (*counted.tables, *counted.about):
        for base, counts in zip(table.bases, table.counts, strict=True):
            if table.dividing:
                assert sum(counts) == base, table.key
            else:
                assert all(0 <= count <= base for count in counts), table.key
        for breakdown in {name for name, _ in table.columns} - {"all"}:
            members = [place for place, column in enumerate(table.columns) if column[0] == breakdown]
            assert sum(table.bases[place] for place in members) == table.bases[0]
            for line in range(len(table.lines)):
                assert sum(table.counts[place][line] for place in members) == table.counts[0][line]


@given(
    st.one_of(st.none(), st.integers(-50, 50)),
    st.one_of(st.none(), st.integers(0, 500)),
    st.integers(0, 600),
)
def test_every_number_lies_in_one_band(minimum: int | None, length: int | None, above: int) -> None:
    maximum = None if length is None else (minimum or 0) + length
    question = Integer(code="N", label=texts("How many?"), minimum=minimum, maximum=maximum)
    laid = bands(question)
    number = (minimum or 0) + above if maximum is None else min((minimum or 0) + above, maximum)
    assert sum(first <= number and (last is None or number <= last) for first, last in laid) == 1
    assert len(laid) <= MOST_BANDS
    assert len({band_name(band) for band in laid}) == len(laid)


def test_a_number_counts_in_its_band() -> None:
    rows = [Sent("en", {"B3": number}) for number in (0, 2, 3, 20)] + [Sent("en", {})]
    counts = everybody(table_of(rows, "B3 values"))
    assert {line: count for line, count in counts.items() if count} == {"0-2": 2, "3-5": 1, "18-20": 1, "none": 1}
