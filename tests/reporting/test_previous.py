"""The round before: found by its questionnaire, and told as far as questions were put in the same words."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations import service as consultations
from app.questionnaire.document import Document
from app.questionnaire.kinds import Single
from app.questionnaire.relevance import parse
from app.reporting import service as reporting
from app.reporting.previous import previous_of
from app.reporting.release import Release
from app.reporting.release_file import digest, from_bytes, to_bytes
from app.reporting.signing import keep_release
from tests.application import House
from tests.reporting.people import invented, release_of
from tests.reporting.test_results_pages import freeze
from tests.samples import sample_document

BEFORE = date(2025, 11, 20)


@pytest.fixture(scope="module")
def earlier() -> Release:
    document = sample_document()
    return from_bytes(to_bytes(release_of(document, list(invented(document, 300)), slug="before", day=BEFORE)))


def put_otherwise(document: Document, code: str, **changes: object) -> Document:
    sections = tuple(
        replace(
            section,
            questions=tuple(replace(each, **changes) if each.code == code else each for each in section.questions),  # type: ignore[arg-type]
        )
        for section in document.sections
    )
    return replace(document, sections=sections)


def compared(earlier: Release, document: Document) -> set[str]:
    found = previous_of(earlier, "0" * 64, document)
    return {table.question for table in found.tables} if found else set()


def test_everybodys_answers_of_then_are_told_as_they_were_published(earlier: Release) -> None:
    found = previous_of(earlier, "0" * 64, sample_document())
    assert found is not None
    assert (found.slug, found.day, found.n) == ("before", BEFORE, 300)
    assert [table.columns for table in found.tables] == [table.columns[:1] for table in earlier.tables]


def test_a_question_in_other_words_of_any_language_or_asked_of_others_is_not_compared(earlier: Release) -> None:
    document = sample_document()
    question = document.questions["A1"]
    assert isinstance(question, Single)
    every = compared(earlier, document)
    assert "A1" in every
    changes: list[dict[str, object]] = [
        {"label": {**question.label, "ar": "كلمات أخرى"}},
        {"choices": question.choices[:-1]},
        {"relevant": parse("${DM01} = '3'")},
    ]
    for change in changes:
        assert compared(earlier, put_otherwise(document, "A1", **change)) == every - {"A1"}
    assert compared(earlier, replace(document, form_id="other")) == set()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_freeze_finds_the_newest_earlier_round_that_is_public(house: House, earlier: Release) -> None:
    house.clock.now = house.consultation.closes_at + timedelta(hours=1)
    now, content = house.clock.now, to_bytes(earlier)
    async with AsyncSession(house.engine) as session:
        for slug, day, published_at in (
            ("long-ago", date(2024, 11, 20), now),
            ("before", BEFORE, now),
            ("not-yet", date(2026, 5, 4), None),
            ("later", date(2027, 5, 4), now),
        ):
            made = await consultations.create(
                session, slug=slug, topic={"en": slug}, summary={}, day=day, window="utc", consent="A"
            )
            made.sample = house.consultation.sample
            made.scheduled_at, made.frozen_at, made.published_at = now, now, published_at
            await session.flush()
            told = replace(earlier, facts=replace(earlier.facts, slug=slug, day=day))
            await keep_release(session, house.settings, made.id, 1, to_bytes(told), now)
        await session.commit()
    await freeze(house)
    async with AsyncSession(house.engine) as session:
        release = reporting.read_release(await reporting.kept_release(session, house.consultation.slug))
    assert release.previous is not None
    assert (release.previous.slug, release.previous.n, release.previous.digest) == ("before", 300, digest(content))
