"""Translators and their second readers at the desk: saving, reviewing, and what nobody may do."""

import asyncio
import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations.models import Consultation
from app.questionnaire import service as questionnaires
from app.questionnaire.document import Document
from app.questionnaire.models import Questionnaire
from app.questionnaire.texts import to_translate, with_texts
from app.questionnaire.translations import Standing, State, standings
from app.staff.models import AuditEntry
from app.staff.permissions import Role
from tests.application import NOON, House, Reader
from tests.desk import at_the_desk
from tests.samples import SLUG, sample_document

#: What these pages say does not depend on the database.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

ALL = f"/staff/consultations/{SLUG}/translations"
FR = f"{ALL}/fr"
VIEWS = f"{FR}?section=views"
SAVE, REVIEW = f"{FR}/texts?section=views", f"{FR}/reviews?section=views"


@pytest.fixture
async def draft(house: House) -> House:
    """The consultation is a draft: nothing is scheduled yet."""
    await house.change(scheduled_at=None)
    return house


async def document_of(house: House) -> Document:
    async with AsyncSession(house.engine) as session:
        return questionnaires.read_document(await questionnaires.latest(session, house.consultation.id))


async def stands(house: House, language: str = "fr") -> dict[str, Standing]:
    document = await document_of(house)
    async with AsyncSession(house.engine) as session:
        found = await standings(session, house.consultation.id, document, [language])
    return {each.key: each for each in found[language]}


async def edit(house: House, language: str, texts: dict[str, str]) -> None:
    """Somebody edits the questionnaire elsewhere."""
    async with AsyncSession(house.engine) as session:
        consultation = await session.get_one(Consultation, house.consultation.id)
        document = questionnaires.read_document(await questionnaires.latest(session, consultation.id))
        await questionnaires.revise(session, consultation, with_texts(document, language, texts))
        await session.commit()


async def versions(house: House) -> int:
    async with AsyncSession(house.engine) as session:
        return len((await session.scalars(select(Questionnaire.id))).all())


async def trail(house: House) -> list[AuditEntry]:
    async with AsyncSession(house.engine) as session:
        return list(await session.scalars(select(AuditEntry).order_by(AuditEntry.number)))


def form_of(page: str) -> dict[str, str]:
    """Every field of the page's first form as a browser would send it back untouched."""
    fields = {
        name: html.unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    }
    for name, value in re.findall(r'<textarea name="([^"]+)"[^>]*>\n([^<]*)</textarea>', page):
        fields[name] = html.unescape(value)
    return fields


async def save(desk: Reader, status: int = 303, address: str = SAVE, **texts: str) -> str:
    """Opens the section, types these texts and saves."""
    page = await desk.get(VIEWS)
    typed = {key.replace("__", "."): text for key, text in texts.items()}
    return await desk.post(address, {**form_of(page), **typed}, status=status)


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_the_overview_counts_the_texts_of_six_languages(draft: House, language: str) -> None:
    await edit(draft, "fr", {"A1.label": ""})
    async with at_the_desk(draft, language=language) as desk:
        page = await desk.get(ALL)
        assert page.count("/preview") == 6
        assert f'href="{FR}?state=missing"' in page
        assert f'href="{ALL}/en"' not in page
        assert f'href="{ALL}"' in await desk.get(f"{FR}?state=missing")


@pytest.mark.parametrize("language", ["ar", "zh", "fr", "ru", "es"])
async def test_fields_have_the_language_and_direction_of_their_text(draft: House, language: str) -> None:
    async with at_the_desk(draft) as desk:
        page = await desk.get(f"{ALL}/{language}?section=views")
        field = next(line for line in page.splitlines() if 'name="text.A2.label"' in line)
        assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in field
        assert "Up to three (en)" in page


async def test_a_page_that_is_sent_back_untouched_changes_nothing(draft: House) -> None:
    async with at_the_desk(draft) as desk:
        await save(desk)
        assert desk.led_to == f"{FR}?section=views&saved=0"
        await desk.follow()
    assert await versions(draft) == 1
    assert await trail(draft) == []


async def test_a_text_is_saved_shown_and_stands_in_the_trail(draft: House) -> None:
    async with at_the_desk(draft) as desk:
        await save(desk, text__A1__label="  Une sur quatre\r\nou plus ", text__A2__label="Jusqu’à trois")
        page = await desk.follow()
        assert "2 texts were saved" in page
        assert "Une sur quatre\nou plus</textarea>" in page
    assert (await document_of(draft)).questions["A1"].label["fr"] == "Une sur quatre\nou plus"
    assert await versions(draft) == 2
    (entry,) = await trail(draft)
    assert (entry.act, entry.subject) == ("translation_save", SLUG)
    assert entry.after == {"version": 2, "language": "fr", "texts": 2, "keys": ["A1.label", "A2.label"]}


async def test_a_choice_that_several_questions_share_is_written_once(draft: House) -> None:
    async with at_the_desk(draft) as desk:
        page = await desk.get(f"{FR}?section=start")
        await desk.post(f"{FR}/texts?section=start", {**form_of(page), "text.DM01.1.label": "Choix 1"})
        views = await desk.get(VIEWS)
        assert 'name="text.A1.1.label"' not in views
        assert "The same as in DM01.1.label" in views
        apart = await desk.get(f"{VIEWS}&apart=1")
        assert 'name="text.A1.1.label"' in apart
        await desk.post(f"{SAVE}&apart=1", {**form_of(apart), "text.A1.1.label": "Le premier"})
        assert desk.led_to == f"{FR}?section=views&apart=1&saved=1"
        assert 'name="text.A1.1.label"' in await desk.get(VIEWS)
    document = await document_of(draft)
    labels = {key: each.target for key, each in (await stands(draft)).items() if key.endswith(".1.label")}
    assert labels.pop("A1.1.label") == "Le premier"
    assert set(labels.values()) == {"Choix 1"}
    assert document.languages == sample_document().languages


async def test_somebody_elses_text_is_shown_and_not_overwritten(draft: House) -> None:
    async with at_the_desk(draft) as layla, at_the_desk(draft) as omar:
        first, second = await layla.get(VIEWS), await omar.get(VIEWS)
        await layla.post(SAVE, {**form_of(first), "text.A1.label": "De Layla", "text.A3.label": "Échelle"})
        typed = {**form_of(second), "text.A1.label": "D’Omar", "text.A2.label": "Aussi d’Omar"}
        page = await omar.post(SAVE, typed, status=422)
        assert "De Layla" in page
        assert "D’Omar</textarea>" in page
        assert "Aussi d’Omar</textarea>" in page
        assert "Error:" in page
        found = await stands(draft)
        assert (found["A1.label"].target, found["A2.label"].target) == ("De Layla", "Up to three (fr)")
        await omar.post(SAVE, form_of(page))
    found = await stands(draft)
    assert [found[f"A{n}.label"].target for n in (1, 2, 3)] == ["D’Omar", "Aussi d’Omar", "Échelle"]


async def test_two_who_save_the_same_text_at_once_do_not_both_win(draft: House) -> None:
    async with at_the_desk(draft) as layla, at_the_desk(draft) as omar:
        form = form_of(await layla.get(VIEWS))
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answers = await asyncio.gather(
            *(
                desk.client.post(SAVE, data={**form, "text.A1.label": words}, headers=headers)
                for desk, words in ((layla, "Un"), (omar, "Deux"))
            )
        )
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    assert await versions(draft) == 2


async def test_a_source_that_changed_is_shown_word_by_word_and_may_still_be_right(draft: House) -> None:
    await edit(draft, "en", {"A1.label": "One of these four"})
    async with at_the_desk(draft) as desk:
        page = await desk.get(f"{FR}?state=stale")
        assert "<ins>" in page
        assert "Stale (1)" in page
        await desk.post(f"{FR}/texts?state=stale", {**form_of(page), "still": "A1.label"})
        assert "Stale (0)" in await desk.follow()
    assert (await stands(draft))["A1.label"].state is State.DRAFTED


async def test_a_text_is_reviewed_by_another_than_its_translator(draft: House) -> None:
    async with at_the_desk(draft) as layla, at_the_desk(draft, Role.SECRETARIAT) as omar:
        await save(layla, text__A1__label="Une sur quatre")
        page = await layla.get(VIEWS)
        assert 'name="review" value="A1.label"' not in page
        assert 'name="review" value="A2.label"' in page
        await layla.post(REVIEW, {**form_of(page), "review": "A1.label"}, status=422)
        page = await omar.get(VIEWS)
        assert "<textarea" not in page
        await omar.post(REVIEW, {**form_of(page), "review": "A1.label", "text.A1.label": "Forgé"})
        assert "Reviewed (1)" in await omar.follow()
        await omar.post(SAVE, {**form_of(page), "text.A1.label": "Forgé"}, status=403)
    each = (await stands(draft))["A1.label"]
    assert (each.state, each.target) == (State.REVIEWED, "Une sur quatre")
    assert [entry.act for entry in await trail(draft)] == ["translation_save", "translation_review"]


async def test_a_whole_page_is_reviewed_with_the_choices_that_it_stands_for(draft: House) -> None:
    async with at_the_desk(draft) as desk:
        for section in ("", "start", "views", "experience", "about_you"):
            page = await desk.get(f"{FR}?section={section}")
            if 'name="review_all"' in page:
                await desk.post(f"{FR}/reviews?section={section}", {**form_of(page), "review_all": "yes"})
        assert "Waiting for review (0)" in await desk.get(FR)
    assert {each.state for each in (await stands(draft)).values()} == {State.REVIEWED}
    entries = await trail(draft)
    assert sum(entry.after["texts"] for entry in entries if entry.after) == len(to_translate(sample_document()))


async def test_what_is_wrong_in_a_text_stands_beside_it_and_keeps_it_from_review(draft: House) -> None:
    async with at_the_desk(draft) as layla, at_the_desk(draft) as omar:
        await save(layla, text__A1__label="Unе sur quatre", text__A2__label="Jusqu'à  trois")
        page = await omar.get(VIEWS)
        assert "One word mixes Latin and Cyrillic letters: Unе" in page
        assert "Two blanks in a row" in page
        assert 'name="review" value="A1.label"' not in page
        assert 'name="review" value="A2.label"' in page
        assert "Unе sur quatre" in await omar.get(f"{FR}?state=remarks")


async def test_a_text_that_is_too_long_is_refused_and_stays_typed(draft: House) -> None:
    async with at_the_desk(draft) as desk:
        page = await save(desk, 422, text__A1__label="a" * 1001, text__A2__label="Bien")
        assert "at most 1,000 characters" in page or "at most 1000 characters" in page
        assert "Bien</textarea>" in page
    assert await versions(draft) == 1


async def test_a_text_of_a_question_that_is_gone_is_named(draft: House) -> None:
    async with at_the_desk(draft) as desk:
        form = {**form_of(await desk.get(VIEWS)), "text.Z1.label": "Perdu"}
        assert "no longer in the questionnaire" in await desk.post(SAVE, form, status=422)


async def test_a_translator_writes_own_languages_only(draft: House) -> None:
    async with at_the_desk(draft, Role.TRANSLATOR, languages=("es",)) as desk:
        page = await desk.get(VIEWS)
        assert "<textarea" not in page
        form = {**form_of(page), "text.A1.label": "Non", "review": "A1.label", "review_all": "yes"}
        for address in (SAVE, REVIEW, f"{FR}/import"):
            await desk.post(address, form, status=403)
        spanish = await desk.get(f"{ALL}/es?section=views")
        await desk.post(f"{ALL}/es/texts?section=views", {**form_of(spanish), "text.A1.label": "Una de cuatro"})
    assert (await stands(draft))["A1.label"].target == "One of four (fr)"
    assert (await stands(draft, "es"))["A1.label"].target == "Una de cuatro"


@pytest.mark.parametrize("role", [Role.MEMBER, Role.PARTNER])
async def test_others_see_no_texts(draft: House, role: Role) -> None:
    async with at_the_desk(draft, role) as desk:
        for address in (ALL, FR, f"{FR}.po", f"{FR}.xlsx", f"{FR}/preview"):
            await desk.get(address, status=403)


async def test_what_is_not_there_is_not_found(draft: House) -> None:
    async with at_the_desk(draft) as desk:
        for address in (f"{ALL}/en", f"{ALL}/de", f"{ALL}/en.po", "/staff/consultations/none/translations"):
            await desk.get(address, status=404)
        for query in ("?section=none", "?state=none&part=99", "?part=x&saved=y"):
            await desk.get(FR + query)


async def test_after_the_opening_words_are_corrected_with_a_reason(house: House) -> None:
    async with at_the_desk(house, Role.TRANSLATOR, languages=("fr",)) as desk:
        page = await desk.get(VIEWS)
        assert "<textarea" not in page
        await desk.post(SAVE, form_of(page), status=403)
    async with at_the_desk(house) as desk, house.reader("fr") as respondent:
        page = await save(desk, 422, text__A1__label="Une sur quatre")
        assert 'href="#reason"' in page
        await save(desk, 422, text__A1__label="", reason="Missing")
        assert await versions(house) == 1
        await save(desk, text__A1__label="Une sur quatre", reason="A wrong number")
        assert "Une sur quatre" in await respondent.get(f"/fr/consultations/{SLUG}/parents")
    (entry,) = await trail(house)
    assert (entry.act, entry.reason) == ("words_corrected", "A wrong number")


async def test_once_frozen_the_texts_stay_as_they_were_answered(house: House) -> None:
    await house.change(closes_at=NOON - timedelta(hours=2), frozen_at=NOON - timedelta(hours=1))
    async with at_the_desk(house) as desk:
        page = await desk.get(VIEWS)
        assert "<textarea" not in page
        await desk.post(SAVE, {**form_of(page), "text.A1.label": "Trop tard", "reason": "x"}, status=409)
    assert await versions(house) == 1
