"""Corrections of words since the opening: a text with its reason, seen at once everywhere, and nothing else changed."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.main import create_app
from app.questionnaire import service as questionnaires
from app.questionnaire.corrections import Correction, changed_words
from app.questionnaire.document import Document
from app.questionnaire.models import Questionnaire
from app.questionnaire.stored import document_to_json
from app.questionnaire.texts import texts_of, with_texts
from app.staff.models import AuditEntry
from app.staff.permissions import Role
from tests.application import NOON, House, Reader
from tests.desk import at_the_desk
from tests.questionnaire.documents import documents
from tests.questionnaire.test_translation_desk import form_of
from tests.samples import SLUG

BASE = f"/staff/consultations/{SLUG}"
HERE = f"{BASE}/corrections"


async def correct(desk: Reader, language: str, key: str, text: str, status: int = 303, **fields: Any) -> str:
    """The text's own form, with these words and a reason."""
    page = await desk.get(f"{HERE}/{language}/{key}")
    said = {**form_of(page), "text": text, "reason": "A wrong word", **fields}
    page = await desk.post(f"{HERE}/{language}/{key}", said, status=status)
    return await desk.follow() if status == 303 else page


async def versions(house: House) -> list[Questionnaire]:
    async with AsyncSession(house.engine) as session:
        return list(await session.scalars(select(Questionnaire).order_by(Questionnaire.number)))


async def trail(house: House, act: str = "words_corrected") -> list[AuditEntry]:
    async with AsyncSession(house.engine) as session:
        return list(await session.scalars(select(AuditEntry).where(AuditEntry.act == act).order_by(AuditEntry.number)))


@asynccontextmanager
async def another_process(house: House) -> AsyncIterator[Reader]:
    """A reader of a second process on the same database, which keeps its pages as bytes for an hour."""
    kept = house.settings.model_copy(update={"shelved_seconds": 3600.0})
    application = create_app(kept, house.clock, house.engine)
    async with (
        application.api.router.lifespan_context(application.api),
        replace(house, application=application).reader() as reader,
    ):
        yield reader


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_a_text_is_chosen_and_corrected_with_a_reason(house: House, language: str) -> None:
    async with at_the_desk(house, language=language) as desk:
        page = await desk.get(f"{BASE}/questionnaire")
        for owner in ("A1", "views", "all", "A4", "DM03"):
            assert f'href="{HERE}/{owner}"' in page
            await desk.get(f"{HERE}/{owner}")
            await desk.get(f"{HERE}/{owner}?language=ar")
        page = await desk.get(f"{HERE}/A1?language=fr")
        assert f'href="{HERE}/fr/A1.label"' in page
        page = await correct(desk, "fr", "A1.label", "Une sur quatre", 422, reason=" ")
        assert 'href="#reason"' in page
        assert ">\nUne sur quatre</textarea>" in page
        page = await correct(desk, "fr", "A1.label", "Une sur quatre")
        assert "Une sur quatre" in page
        assert "A wrong word" in page
    first, second = await versions(house)
    assert (first.corrected_at, second.corrected_at, second.reason) == (None, NOON, "A wrong word")
    (entry,) = await trail(house)
    assert (entry.reason, entry.subject) == ("A wrong word", SLUG)
    text = {"key": "A1.label", "language": "fr"}
    assert entry.before == {"version": 1, **text, "text": "One of four (fr)"}
    assert entry.after == {"version": 2, **text, "text": "Une sur quatre"}
    async with AsyncSession(house.engine) as session:
        assert await questionnaires.corrections_of(session, house.consultation.id) == (
            Correction(2, NOON.date(), "fr", "A1.label", "One of four (fr)", "Une sur quatre", "A wrong word"),
        )


WRONG: list[tuple[str, str, str, str]] = [
    ("fr", "A1.label", "", "not taken away"),
    ("fr", "A1.label", "One of four (fr)", "These are the words that stand there now."),
    ("fr", "A1.label", "x" * 1001, "at most 1000 characters"),
    ("fr", "A1.label", "Une {place} sur quatre", "Braces and what stands in them"),
    ("en", "A1.label", "One of ${A2}", "Braces and what stands in them"),
    ("ru", "A1.label", "Один из чeтырёх", "One word mixes Latin and Cyrillic letters"),
]


async def test_a_wording_that_would_harm_is_refused_and_nothing_is_written(house: House) -> None:
    async with at_the_desk(house) as desk:
        for language, key, words, told in WRONG:
            page = await correct(desk, language, key, words, 422)
            assert told in page, (language, words)
        await desk.get(f"{HERE}/fr/Z9.label", status=404)
        await desk.get(f"{HERE}/fr/A1", status=404)
        await desk.get(f"{HERE}/Z9", status=404)
        await desk.get(f"{HERE}/xx/A1.label", status=404)
        page = await desk.get(f"{HERE}/fr/A2.label")
        old = {**form_of(page), "text": "Trois", "reason": "x"}
        await correct(desk, "fr", "A2.label", "Au plus trois")
        page = await desk.post(f"{HERE}/fr/A2.label", old, status=422)
        assert "Somebody saved another text" in page
    assert len(await versions(house)) == 2


async def test_what_is_only_noted_is_saved_once_it_was_looked_at(house: House) -> None:
    async with at_the_desk(house) as desk:
        words = "Une  sur quatre"
        page = await correct(desk, "fr", "A1.label", words, 422)
        assert "Two blanks in a row." in page
        again = {**form_of(page), "text": "Une  parmi quatre", "reason": "x"}
        page = await desk.post(f"{HERE}/fr/A1.label", again, status=422)
        await desk.post(f"{HERE}/fr/A1.label", {**form_of(page), "text": "Une  parmi quatre", "reason": "x"})
    assert len(await versions(house)) == 2


async def test_a_choice_that_several_questions_share_is_corrected_in_all_of_them_or_in_one(house: House) -> None:
    async with at_the_desk(house) as desk:
        page = await desk.get(f"{HERE}/en/A1.97.label")
        assert "Also in" in page
        await correct(desk, "en", "A1.97.label", "I do not know yet (en)", also="yes")
        await correct(desk, "en", "A1.1.label", "The first (en)")
    stored = json.loads((await versions(house))[-1].document)
    labels = {
        f"{question['code']}.{choice['name']}": choice["label"]["en"]
        for section in stored["sections"]
        for question in section["questions"]
        for choice in question.get("choices", ())
    }
    assert {words for code, words in labels.items() if code.endswith(".97")} == {"I do not know yet (en)"}
    assert [code for code, words in labels.items() if words == "The first (en)"] == ["A1.1"]
    entries = await trail(house)
    assert len(entries) == sum(code.endswith(".97") for code in labels) + 1
    assert {(entry.after or {})["version"] for entry in entries} == {2, 3}


async def test_words_are_corrected_from_the_opening_until_the_freeze_by_those_who_edit(house: House) -> None:
    form = {"text": "Une", "reason": "x"}
    async with at_the_desk(house, Role.TRANSLATOR, languages=("fr",)) as desk:
        assert HERE + "/A1" not in await desk.get(f"{BASE}/questionnaire")
        await desk.get(HERE)
        await desk.get(f"{HERE}/A1", status=403)
        await desk.get(f"{HERE}/fr/A1.label", status=403)
        await desk.post(f"{HERE}/fr/A1.label", form, status=403)
    async with at_the_desk(house) as desk:
        await house.change(closes_at=NOON - timedelta(hours=2))
        await correct(desk, "fr", "A1.label", "Après la fin")
        for values in ({"frozen_at": NOON - timedelta(hours=1)}, {"frozen_at": None, "scheduled_at": None}):
            await house.change(**values)
            assert HERE + "/A1" not in await desk.get(f"{BASE}/questionnaire")
            for path in ("A1", "all", "fr/A1.label"):
                await desk.get(f"{HERE}/{path}", status=409)
            await desk.post(f"{HERE}/fr/A1.label", form, status=409)
            assert "Après la fin" in await desk.get(HERE)
    assert len(await versions(house)) == 2


async def test_the_pages_of_translations_correct_in_the_same_way(house: House) -> None:
    async with at_the_desk(house) as desk:
        page = await desk.get(f"{BASE}/translations/fr?section=views")
        said = {**form_of(page), "text.A1.label": "Une", "text.A2.label": "{Trois}", "reason": "Two wrong words"}
        page = await desk.post(f"{BASE}/translations/fr/texts?section=views", said, status=422)
        assert "something must be mended first" in page
        said["text.A2.label"] = "Trois"
        await desk.post(f"{BASE}/translations/fr/texts?section=views", said)
    _, second = await versions(house)
    assert (second.corrected_at, second.reason) == (NOON, "Two wrong words")
    assert [(entry.after or {})["text"] for entry in await trail(house)] == ["Une", "Trois"]


# What young people see -----------------------------------------------------------------------------------------------


ANSWER = f"/en/consultations/{SLUG}/answer"
START = {"DM01": "DM01.3", "agree": "yes", "go": "next"}


async def test_every_process_shows_the_new_words_at_once_also_where_it_kept_bytes(house: House) -> None:
    pages = ("", "/parents", "/answer/start", "/answer/views")
    async with at_the_desk(house) as desk, house.reader() as here, another_process(house) as there:
        for reader in (here, there):
            await reader.post(f"{ANSWER}/start", START)
            for page in pages:
                await reader.get(f"/en/consultations/{SLUG}{page}")
        there.client.cookies.clear()
        assert "How old are you? (en)" in await there.get(f"{ANSWER}/start")
        assert "Sample topic (en)" in await there.get(f"/en/consultations/{SLUG}")
        await correct(desk, "en", "DM01.label", "Your age?")
        await correct(desk, "en", "A1.label", "Only one of four")
        await correct(desk, "en", "title", "A better topic")
        for reader in (here, there):
            # Whoever asks for anything that is not kept as bytes learns of the change, and the bytes are gone.
            assert "Only one of four" in await reader.get(f"/en/consultations/{SLUG}/parents")
            assert "Your age?" in await reader.get(f"{ANSWER}/start")
            assert "A better topic" in await reader.get(f"/en/consultations/{SLUG}")
            await reader.post(f"{ANSWER}/start", START)
            assert "Only one of four" in await reader.get(f"{ANSWER}/views")


async def test_who_began_before_goes_on_and_is_counted_with_the_version_of_then(house: House) -> None:
    async with at_the_desk(house) as desk, house.reader() as before, house.reader() as after:
        await before.post(f"{ANSWER}/start", START)
        await before.post(f"{ANSWER}/views", {"A1": "A1.2", "go": "next"})
        await correct(desk, "en", "A1.label", "Only one of four")
        await correct(desk, "en", "A1.2.label", "The second one")
        await after.post(f"{ANSWER}/start", START)
        await after.post(f"{ANSWER}/views", {"A1": "A1.2", "go": "next"})
        for reader in (before, after):
            page = await reader.get(f"/en/consultations/{SLUG}/check")
            assert "The second one" in page
            await reader.post(f"/en/consultations/{SLUG}/send", {"go": "send"})
            await reader.follow()
    rows = await house.submissions()
    assert sorted((row.questionnaire_number, json.loads(row.answers)["A1"]) for row in rows) == [(1, "2"), (3, "2")]


async def test_everything_on_one_page_counts_with_its_own_version_too(house: House) -> None:
    async with at_the_desk(house) as desk, house.reader() as respondent:
        await respondent.get(f"{ANSWER}?all=1", status=303)
        await respondent.follow()
        await correct(desk, "en", "A1.label", "Only one of four")
        await respondent.post(f"{ANSWER}/all", {"DM01": "DM01.3", "agree": "yes", "A1": "A1.1", "go": "send"})
    (row,) = await house.submissions()
    assert row.questionnaire_number == 1


# Nothing but words ---------------------------------------------------------------------------------------------------


TEXTS = {"label", "title", "hint", "guidance", "summary", "constraint_message"}


def without_texts(stored: Any) -> Any:
    """Everything that a stored document says besides its texts."""
    if isinstance(stored, dict):
        return {key: without_texts(value) for key, value in stored.items() if key not in TEXTS}
    return [without_texts(each) for each in stored] if isinstance(stored, list) else stored


@given(data=st.data(), document=documents())
@settings(max_examples=30, deadline=None)
def test_a_correction_changes_no_code_condition_limit_or_number_of_choices(
    data: st.DataObject, document: Document
) -> None:
    text = data.draw(st.sampled_from([each for each in texts_of(document) if each.texts]))
    language = data.draw(st.sampled_from(sorted(text.texts)))
    corrected = with_texts(document, language, {text.key: "Other words"})
    assert [found[:2] for found in changed_words(document, corrected)] in ([(language, text.key)], [])
    assert [each.key for each in texts_of(corrected)] == [each.key for each in texts_of(document)]
    plain, again = (document_to_json(each) for each in (document, corrected))
    assert without_texts(plain) == without_texts(again)
