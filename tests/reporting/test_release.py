"""The release file: one form, a schema, rounding as printed, and no answers."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reporting.disclosure import Parameters, rounded_count, rounded_share
from app.reporting.making import equal_weight
from app.reporting.release import Cell
from app.reporting.release_file import digest, from_bytes, to_bytes
from tests.reporting.people import CANARY, instrument, invented, release_of
from tests.samples import sample_document

SCHEMA = Path(__file__).parents[2] / "docs" / "release.schema.json"


@pytest.mark.parametrize("n", [0, 3, 60, 400])
def test_a_release_keeps_its_schema(n: int) -> None:
    schema = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for document in (instrument(), sample_document()):
        schema.validate(json.loads(to_bytes(release_of(document, list(invented(document, n))))))


def test_the_schema_refuses_an_answer_slipped_in() -> None:
    schema = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")))
    document = sample_document()
    release = json.loads(to_bytes(release_of(document, list(invented(document, 30)))))
    release["tables"][0]["answers"] = ["1"]
    with pytest.raises(jsonschema_rs.ValidationError):
        schema.validate(release)


def test_a_release_is_read_back_equal_and_written_in_one_form() -> None:
    document = instrument()
    release = release_of(document, list(invented(document, 200)))
    content = to_bytes(release)
    assert from_bytes(content) == release
    assert to_bytes(from_bytes(content)) == content
    assert len(digest(content)) == 64


def test_the_same_answers_in_any_order_give_the_same_release() -> None:
    document = instrument()
    people = list(invented(document, 150))
    assert to_bytes(release_of(document, people)) == to_bytes(release_of(document, people[::-1]))


def test_nothing_that_somebody_wrote_is_in_a_release() -> None:
    document = instrument()
    assert CANARY.encode() not in to_bytes(release_of(document, list(invented(document, 100))))


def test_another_file_is_no_release() -> None:
    with pytest.raises(ValueError, match="not a release"):
        from_bytes(b'{"format":"something else"}')


@given(st.integers(0, 100_000), st.integers(1, 100_000))
def test_shares_are_rounded_half_up_to_the_step_of_their_group(count: int, base: int) -> None:
    count = min(count, base)
    share = rounded_share(count, base, Parameters())
    step = 1 if base >= 100 else 5
    assert share % step == 0
    # Exactly half of a step below is still rounded up to it, half above no longer down.
    assert (
        -step * base < 2 * (100 * count - share * base) < step * base or 2 * (share * base - 100 * count) == step * base
    )


@given(st.integers(0, 100_000))
def test_people_are_rounded_to_five(count: int) -> None:
    assert rounded_count(count, 5) == round(count / 5 + 1e-9) * 5


def test_regions_count_the_same_only_where_all_are_shown() -> None:
    shown = [("africa", Cell(50, 40)), ("europe", Cell(10, 65))]
    assert equal_weight(shown) == 53
    assert equal_weight([*shown, ("cis", None)]) is None
    assert equal_weight([*shown, ("cis+arab_states", Cell(5, 10))]) is None
    assert equal_weight(shown[:1]) is None
