"""Translations as files: out, in, and what a file may not do."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import polib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from app.questionnaire.document import LANGUAGES, Document, Section
from app.questionnaire.kinds import Single
from app.questionnaire.texts import texts_of, tidy, to_translate, with_texts
from app.questionnaire.translation_files import (
    FileRefused,
    Origin,
    Plan,
    TextFile,
    check_origin,
    pack,
    plan,
    read_file,
    unpack,
    write_po,
    write_xlsx,
)
from app.questionnaire.translations import IMPORT, Change, Standing, State
from tests.questionnaire.documents import WORDS, documents
from tests.samples import choices, sample_document, texts

ORIGIN = Origin("sample", 7, 3, "0123456789abcdef", "fr")
WRITERS = (write_po, write_xlsx)
Writer = Callable[[Origin, Document, Sequence[Standing]], bytes]

slow_to_draw = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def stand(document: Document, language: str = "fr", **changed: str) -> tuple[Standing, ...]:
    """The texts of a document as drafted; `changed` are former sources by key."""
    own = document.default_language
    return tuple(
        Standing(
            text,
            language,
            State.STALE if was else State.DRAFTED if text.in_language(language) else State.MISSING,
            text.in_language(own),
            text.in_language(language),
            was=was,
            by=IMPORT,
        )
        for text in to_translate(document)
        for was in [changed.get(text.key.replace(".", "__"), "")]
    )


def plan_of(file: TextFile, stands: Sequence[Standing], base: Document | None) -> Plan:
    return plan(file, stands, None if base is None else {text.key: text for text in texts_of(base)})


@slow_to_draw
@given(documents(), st.sampled_from(WRITERS), st.data())
def test_a_file_that_comes_back_as_it_went_changes_nothing(
    document: Document, write_file: Writer, data: st.DataObject
) -> None:
    language = data.draw(st.sampled_from([each for each in LANGUAGES if each != document.default_language]))
    origin = replace(ORIGIN, language=language)
    stands = stand(document, language)
    content = write_file(origin, document, stands)
    assert content == write_file(origin, document, stands)
    file = read_file(content)
    assert file.origin == origin
    assert {entry.key: tidy(entry.text) for entry in file.entries} == {each.key: tidy(each.target) for each in stands}
    for base in (document, None):
        planned = plan_of(file, stands, base)
        assert not planned.changes_something
        assert (*planned.unknown, *planned.fuzzy, *planned.emptied, *planned.too_long, *planned.unreadable) == ()


@slow_to_draw
@given(documents(), st.sampled_from(WRITERS), st.data())
def test_what_was_translated_in_a_file_is_what_stands_in_the_questionnaire(
    document: Document, write_file: Writer, data: st.DataObject
) -> None:
    language = data.draw(st.sampled_from([each for each in LANGUAGES if each != document.default_language]))
    stands = stand(document, language)
    chosen = data.draw(st.lists(st.sampled_from(stands), unique_by=lambda each: each.key, max_size=5))
    new = {each.key: data.draw(WORDS.map(tidy).filter(bool)) for each in chosen}
    done = with_texts(document, language, new)
    file = read_file(write_file(replace(ORIGIN, language=language), document, stand(done, language)))
    planned = plan_of(file, stands, document)
    assert (*planned.conflicts, *planned.unknown, *planned.emptied) == ()
    assert with_texts(document, language, {key: each.text for key, each in planned.takes.items()}) == done
    again = plan_of(unpack(pack(file, planned)), stands, document)
    assert (again.takes, again.shown) == (planned.takes, planned.shown)


@pytest.mark.parametrize("write_file", WRITERS)
def test_what_changed_on_both_sides_is_a_conflict_and_what_changed_on_one_is_taken(write_file: Writer) -> None:
    base = sample_document()
    theirs = with_texts(base, "fr", {"A1.label": "Leur A1", "A2.label": "Leur A2", "A3.label": "Même"})
    ours = with_texts(base, "fr", {"A2.label": "Notre A2", "A3.label": "Même", "A4.label": "Notre A4"})
    file = read_file(write_file(ORIGIN, base, stand(theirs)))
    planned = plan_of(file, stand(ours), base)
    assert {key: each.text for key, each in planned.takes.items()} == {"A1.label": "Leur A1"}
    assert [(each.ours.target, each.theirs.text) for each in planned.conflicts] == [("Notre A2", "Leur A2")]
    without = plan_of(file, stand(ours), None)
    assert [each.ours.key for each in without.conflicts] == ["A1.label", "A2.label", "A4.label"]


@pytest.mark.parametrize("write_file", WRITERS)
def test_a_text_for_a_source_that_changed_since_is_taken_as_stale(write_file: Writer) -> None:
    base = sample_document()
    file = read_file(write_file(ORIGIN, base, stand(with_texts(base, "fr", {"A1.label": "Une"}))))
    ours = with_texts(base, "en", {"A1.label": "One of these"})
    planned = plan_of(file, stand(ours), base)
    assert planned.takes == {"A1.label": Change("Une", "One of four (en)")}
    assert planned.stale == ("A1.label",)


def test_a_stale_text_is_fuzzy_with_its_former_source_and_right_again_when_the_flag_is_gone() -> None:
    document = sample_document()
    stands = stand(document, A1__label="One of five")
    written = write_po(ORIGIN, document, stands).decode()
    entry = next(entry for entry in polib.pofile(written) if entry.msgctxt == "A1.label")
    assert (entry.flags, entry.previous_msgid) == (["fuzzy"], "One of five")
    assert not plan_of(read_file(written.encode()), stands, document).changes_something
    kept = read_file(written.replace("#, fuzzy\n", "").encode())
    assert plan_of(kept, stands, document).confirmed == {"A1.label": Change("One of four (fr)", "One of four (en)")}
    unsure = read_file(written.replace("One of four (fr)", "Peut-être").encode())
    assert plan_of(unsure, stands, document).fuzzy == ("A1.label",)


def test_what_the_questionnaire_cannot_take_is_named() -> None:
    document = sample_document()
    file = read_file(write_po(ORIGIN, document, stand(document)))
    by_key = {entry.key: entry for entry in file.entries}
    odd = (
        replace(by_key["A1.label"], key="Z9.label"),
        replace(by_key["A2.label"], text=""),
        replace(by_key["A3.label"], text="a" * 1001),
    )
    planned = plan_of(replace(file, entries=odd), stand(document), document)
    assert (planned.unknown, planned.emptied, planned.too_long) == (("Z9.label",), ("A2.label",), ("A3.label",))
    assert not planned.changes_something


@pytest.mark.parametrize("write_file", WRITERS)
@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        (replace(ORIGIN, slug="another"), "other_consultation"),
        (replace(ORIGIN, consultation_id=8), "other_consultation"),
        (replace(ORIGIN, language="es"), "other_language"),
    ],
)
def test_a_file_of_another_consultation_or_language_is_refused(write_file: Writer, origin: Origin, reason: str) -> None:
    file = read_file(write_file(origin, sample_document(), stand(sample_document())))
    with pytest.raises(FileRefused) as refused:
        check_origin(file, "sample", 7, "fr")
    assert refused.value.reason == reason


def test_a_workbook_edited_by_another_program_is_read_and_a_formula_is_left_out() -> None:
    document = sample_document()
    book = load_workbook(io.BytesIO(write_xlsx(ORIGIN, document, stand(document))))
    sheet = book["texts"]
    rows = {row[0].value: row for row in sheet.iter_rows(min_row=2)}
    rows["A1.label"][2].value = "Écrit ailleurs"
    rows["A2.label"][2].value = "=1+1"
    rows["A3.label"][2].value = 12
    sheet.move_range("C1:C200", cols=5)
    saved = io.BytesIO()
    book.save(saved)
    file = read_file(saved.getvalue())
    planned = plan_of(file, stand(document), document)
    assert {key: each.text for key, each in planned.takes.items()} == {"A1.label": "Écrit ailleurs", "A3.label": "12"}
    assert planned.unreadable == ("A2.label",)


def test_everything_in_a_workbook_is_text() -> None:
    document = with_texts(sample_document(), "fr", {"A1.label": "=HYPERLINK(1)", "A2.label": "http://example.org"})
    book = load_workbook(io.BytesIO(write_xlsx(ORIGIN, document, stand(document))))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.hyperlink is None for cell in cells)


GOOD_PO = write_po(ORIGIN, sample_document(), stand(sample_document()))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"a" * 5_000_001, "too_large"),
        ('msgid "é"'.encode("latin-1"), "not_utf8"),
        (b'msgid "a"\nmsgstr "b"\n', "not_ours"),
        (b"PK\x03\x04 nothing", "unreadable"),
        (b"msgid a\nmsgstr", "unreadable"),
        (b"/etc/hostname", "unreadable"),
        (re.sub(rb'"X-Consultation-Id: 7', b'"X-Consultation-Id: seven', GOOD_PO), "not_ours"),
        (GOOD_PO + b'\nmsgctxt "A1.label"\nmsgid "again"\nmsgstr "encore"\n', "twice"),
    ],
)
def test_what_is_no_file_of_ours_is_refused_with_a_reason(content: bytes, reason: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read_file(content)
    assert refused.value.reason == reason


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_bytes_are_read_or_refused(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(GOOD_PO)))
    end = data.draw(st.integers(start, min(len(GOOD_PO), start + 40)))
    content = GOOD_PO[:start] + data.draw(st.binary(max_size=20)) + GOOD_PO[end:]
    for broken in (content, data.draw(st.binary(max_size=60)), GOOD_PO[: start + 1]):
        try:
            file = read_file(broken)
        except FileRefused:
            continue
        plan_of(file, stand(sample_document()), None)


@given(st.text(max_size=80) | st.binary(max_size=80).map(lambda each: each.decode("latin-1")))
def test_any_hidden_field_is_unpacked_or_refused(packed: str) -> None:
    with pytest.raises(FileRefused):
        unpack(packed)


def test_a_source_of_blanks_is_not_taken_for_the_header_of_a_file() -> None:
    question = Single(code="Q", label={"en": "\u2028", "fr": "x"}, choices=choices(2))
    document = Document("d", "1", texts("T"), (Section("s", texts("S"), (question,)),))
    file = read_file(write_po(ORIGIN, document, stand(document)))
    assert "Q.label" not in {entry.key for entry in file.entries}
    assert not plan_of(file, stand(document), document).changes_something
