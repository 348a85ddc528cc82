"""The snapshot holds what was sent, and nothing that leads to a person."""

import random
from pathlib import Path

import polars as pl
import pytest

from app.consultations.countries import region_of
from app.questionnaire.document import Document
from app.reporting.snapshot import Sent, asked_column, read_snapshot, snapshot_of, write_frame
from tests.reporting.people import CANARY, instrument, invented
from tests.samples import sample_document


@pytest.fixture(scope="module")
def document() -> Document:
    return instrument()


def test_the_order_of_arrival_cannot_be_read_from_the_file(document: Document, tmp_path: Path) -> None:
    people = list(invented(document, 200))
    write_frame(snapshot_of(people, document, region_of), tmp_path / "as-they-came.parquet")
    random.Random(7).shuffle(people)
    write_frame(snapshot_of(people, document, region_of), tmp_path / "shuffled.parquet")
    assert read_snapshot(tmp_path / "shuffled.parquet").height == 200
    assert (tmp_path / "as-they-came.parquet").read_bytes() == (tmp_path / "shuffled.parquet").read_bytes()


def test_a_snapshot_is_read_back_as_it_was_taken(document: Document, tmp_path: Path) -> None:
    people = list(invented(document, 50))
    write_frame(snapshot_of(people, document, region_of), tmp_path / "snapshot.parquet")
    assert read_snapshot(tmp_path / "snapshot.parquet").equals(snapshot_of(people, document, region_of))


def test_an_empty_consultation_has_a_snapshot_too(document: Document, tmp_path: Path) -> None:
    write_frame(snapshot_of([], document, region_of), tmp_path / "snapshot.parquet")
    assert read_snapshot(tmp_path / "snapshot.parquet").height == 0


def test_no_word_that_somebody_wrote_is_in_it(document: Document) -> None:
    people = list(invented(document, 100))
    assert any(CANARY in str(sent.answers.get("CB18")) for sent in people)
    frame = snapshot_of(people, document, region_of)
    assert pl.String not in frame.dtypes
    assert CANARY not in str(frame.to_dicts())
    assert frame["answered CB18"].sum() == sum("CB18" in sent.answers for sent in people)


def test_what_was_not_asked_does_not_count(document: Document) -> None:
    never_online: dict[str, str | list[str]] = {"DM01": "3", "CB01": "5", "CB02": ["2"], "CB17": "4"}
    frame = snapshot_of([Sent("fr", dict(never_online))], document, region_of)
    assert frame[asked_column("CB02")].to_list() == [False]
    assert frame["CB02.2"].to_list() == [False]
    assert frame["CB17"].to_list() == [None]
    assert frame[asked_column("CB03")].to_list() == [True]


def test_groups_follow_from_country_and_settlement(document: Document) -> None:
    rows = [
        Sent("en", {"DM01": "3", "DM03": "KE", "DM04": "2", "DM02": "1"}),
        Sent("en", {"DM01": "4", "DM03": "98", "DM04": "97", "DM02": "98"}),
        Sent("en", {"DM01": "5", "DM04": "3"}),
    ]
    frame = snapshot_of(rows, document, region_of).sort("age")
    assert frame["region"].to_list() == ["africa", "none", "none"]
    assert frame["settlement"].to_list() == ["urban", "none", "rural"]
    assert frame["gender"].to_list() == ["1", "none", "none"]


def test_lists_from_the_database_are_read_as_rankings_and_choices() -> None:
    document = sample_document()
    frame = snapshot_of([Sent("en", {"A5": ["3", "", "1"], "A2": ["1", "4"], "B3": 7})], document, region_of)
    assert [frame[f"A5.{place}"][0] for place in (1, 2, 3)] == ["3", None, "1"]
    assert [frame[f"A2.{name}"][0] for name in "12345"] == [True, False, False, True, False]
    assert frame["B3"][0] == 7
