"""Where texts stand in the database: drafted, stale, reviewed by whom; and how they come to stand there."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.consultations import service as consultations
from app.consultations.models import Consultation
from app.questionnaire import service as questionnaires
from app.questionnaire.document import LANGUAGES, Document
from app.questionnaire.texts import to_translate, with_texts
from app.questionnaire.translations import (
    IMPORT,
    Change,
    Standing,
    State,
    followers,
    hold,
    progress,
    review,
    save,
    standings,
)
from tests.samples import sample_document

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
LAYLA, OMAR = "layla@example.org", "omar@example.org"


# In the database -----------------------------------------------------------------------------------------------------


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


async def begin(session: AsyncSession, document: Document | None = None) -> Consultation:
    document = document or sample_document()
    consultation = await consultations.create(
        session,
        slug="sample",
        topic=dict(document.title),
        summary=dict(document.summary),
        day=date(2026, 11, 20),
        window="utc",
    )
    await questionnaires.attach(session, consultation, document)
    return consultation


async def newest(session: AsyncSession, consultation: Consultation) -> Document:
    return questionnaires.read_document(await questionnaires.latest(session, consultation.id))


async def look(session: AsyncSession, consultation: Consultation, language: str = "fr") -> dict[str, Standing]:
    found = await standings(session, consultation.id, await newest(session, consultation), [language])
    return {each.key: each for each in found[language]}


async def change(session: AsyncSession, consultation: Consultation, language: str, **given_texts: str) -> None:
    """An edit by another door: a new version, and nothing said about states."""
    document = await newest(session, consultation)
    changed = {key.replace("__", "."): text for key, text in given_texts.items()}
    await questionnaires.revise(session, consultation, with_texts(document, language, changed))


async def write(session: AsyncSession, consultation: Consultation, key: str, text: str, who: str = LAYLA) -> int:
    source = (await look(session, consultation))[key].source
    return (await save(session, consultation, "fr", {key: Change(text, source)}, who=who, now=NOW)).number


async def test_texts_that_came_with_a_form_are_drafted_by_the_import(session: AsyncSession) -> None:
    consultation = await begin(session)
    stands = await look(session, consultation)
    assert {(each.state, each.by) for each in stands.values()} == {(State.DRAFTED, IMPORT)}
    counted = await progress(session, consultation.id, sample_document())
    assert set(counted) == set(LANGUAGES) - {"en"}
    assert all(counts[State.DRAFTED] == len(to_translate(sample_document())) for counts in counted.values())


async def test_a_source_that_changes_makes_its_translations_stale_also_those_of_the_import(
    session: AsyncSession,
) -> None:
    consultation = await begin(session)
    await write(session, consultation, "A2.label", "Jusqu’à trois")
    await change(session, consultation, "en", A1__label="One of these four", A2__label="At most three")
    stands = await look(session, consultation)
    assert (stands["A1.label"].state, stands["A1.label"].was) == (State.STALE, "One of four (en)")
    assert (stands["A2.label"].state, stands["A2.label"].was) == (State.STALE, "Up to three (en)")
    assert (stands["A2.label"].by, stands["A1.label"].by) == (LAYLA, IMPORT)
    assert sum(each.state is State.STALE for each in stands.values()) == 2
    await change(session, consultation, "en", A1__label="One of four (en)")
    assert (await look(session, consultation))["A1.label"].state is State.DRAFTED


async def test_a_copied_question_is_stale_once_its_copy_says_something_else(session: AsyncSession) -> None:
    consultation = await begin(session)
    document = await newest(session, consultation)
    copied = replace(document.questions["A1"], code="A_9")
    views = replace(document.sections[1], questions=(*document.sections[1].questions, copied))
    await questionnaires.revise(
        session, consultation, replace(document, sections=(document.sections[0], views, *document.sections[2:]))
    )
    assert (await look(session, consultation))["A_9.label"].state is State.DRAFTED
    await change(session, consultation, "en", A_9__label="Something else")
    stands = await look(session, consultation)
    assert (stands["A_9.label"].state, stands["A_9.label"].was) == (State.STALE, "One of four (en)")
    assert stands["A1.label"].state is State.DRAFTED


async def test_a_saved_text_is_in_the_questionnaire_and_waits_for_another_reader(session: AsyncSession) -> None:
    consultation = await begin(session)
    assert await write(session, consultation, "A1.label", "Une sur quatre") == 2
    assert (await newest(session, consultation)).questions["A1"].label["fr"] == "Une sur quatre"
    each = (await look(session, consultation))["A1.label"]
    assert (each.state, each.by, each.at) == (State.DRAFTED, LAYLA, NOW)
    assert await review(session, consultation.id, [each], who=LAYLA, now=NOW) == ()
    assert await review(session, consultation.id, [each], who=OMAR, now=NOW) == ("A1.label",)
    each = (await look(session, consultation))["A1.label"]
    assert (each.state, each.reviewed_by, each.by) == (State.REVIEWED, OMAR, LAYLA)


async def test_a_review_falls_when_the_text_or_the_source_changes(session: AsyncSession) -> None:
    consultation = await begin(session)
    stands = await look(session, consultation)
    await review(session, consultation.id, stands.values(), who=OMAR, now=NOW)
    counts = (await progress(session, consultation.id, sample_document()))["fr"]
    assert counts == {State.REVIEWED: len(stands)}
    await write(session, consultation, "A1.label", "Une autre")
    await change(session, consultation, "en", A2__label="Else")
    await change(session, consultation, "fr", A3__label="Par une autre porte")
    stands = await look(session, consultation)
    assert [stands[f"A{n}.label"].state for n in (1, 2, 3, 4)] == [
        State.DRAFTED, State.STALE, State.DRAFTED, State.REVIEWED,
    ]  # fmt: skip
    assert stands["A3.label"].by == IMPORT


async def test_undoing_a_version_does_not_keep_its_review(session: AsyncSession) -> None:
    consultation = await begin(session)
    await write(session, consultation, "A1.label", "Une sur quatre")
    await review(session, consultation.id, [(await look(session, consultation))["A1.label"]], who=OMAR, now=NOW)
    assert await questionnaires.undo(session, consultation)
    each = (await look(session, consultation))["A1.label"]
    assert (each.target, each.state, each.by) == ("One of four (fr)", State.DRAFTED, IMPORT)


async def test_what_is_still_right_makes_no_version_and_a_text_taken_away_is_missing(session: AsyncSession) -> None:
    consultation = await begin(session)
    await change(session, consultation, "en", A1__label="One of these four")
    assert await write(session, consultation, "A1.label", "One of four (fr)") == 2
    each = (await look(session, consultation))["A1.label"]
    assert (each.state, each.by) == (State.DRAFTED, LAYLA)
    await write(session, consultation, "A1.label", "")
    assert (await look(session, consultation))["A1.label"].state is State.MISSING
    assert "fr" not in (await newest(session, consultation)).languages


async def test_a_title_that_is_translated_is_that_of_the_consultation_too(session: AsyncSession) -> None:
    consultation = await begin(session)
    await write(session, consultation, "title", "Un thème")
    await write(session, consultation, "summary", "Une phrase.")
    assert (consultation.topic["fr"], consultation.summary["fr"]) == ("Un thème", "Une phrase.")
    consultation.topic = {**consultation.topic, "fr": "Un autre titre"}
    await write(session, consultation, "title", "Un sujet")
    assert consultation.topic["fr"] == "Un autre titre"


async def test_choices_in_step_are_found_and_those_that_differ_are_not(session: AsyncSession) -> None:
    consultation = await begin(session)
    await write(session, consultation, "A2.1.label", "Choix un")
    document = await newest(session, consultation)
    found = followers(document, "fr", ["DM01.1.label", "A1.label"])
    assert "A2.1.label" not in found["DM01.1.label"]
    assert "A1.1.label" in found["DM01.1.label"]
    assert found["A1.label"] == ()


async def test_two_who_save_at_once_stand_one_after_the_other(engine: AsyncEngine) -> None:
    async with AsyncSession(engine, expire_on_commit=False) as session:
        consultation = await begin(session)
        await session.commit()

    async def write_alone(key: str, text: str, who: str) -> int:
        async with AsyncSession(engine, expire_on_commit=False) as mine:
            await hold(mine, "sample")
            number = await write(mine, await mine.get_one(Consultation, consultation.id), key, text, who)
            await mine.commit()
            return number

    numbers = await asyncio.gather(write_alone("A1.label", "Un", LAYLA), write_alone("A2.label", "Deux", OMAR))
    assert sorted(numbers) == [2, 3]
    async with AsyncSession(engine) as session:
        stands = await look(session, consultation)
        assert (stands["A1.label"].target, stands["A2.label"].target) == ("Un", "Deux")
