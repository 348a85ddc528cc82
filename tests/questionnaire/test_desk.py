"""Making a consultation at the desk, and its questionnaire as the desk shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations.models import Consultation
from app.questionnaire import service as questionnaires
from app.questionnaire import shipped
from app.questionnaire.document import Document, asks_age_first
from app.questionnaire.kinds import Single
from app.questionnaire.models import TextState
from app.questionnaire.xlsform import read_xlsform, write_xlsform
from app.staff.models import AuditEntry
from app.staff.permissions import Role
from tests.application import NOON, House, Reader
from tests.desk import at_the_desk
from tests.samples import SLUG, sample_document

NEW = "/staff/consultations-new"
WISH: Mapping[str, str | Sequence[str]] = {
    "source": "instrument",
    "instrument": "five-rights",
    "slug": "rights-2027",
    "day": "2027-02-09",
    "window": "world",
    "consent": "A",
    "ages": ["3", "4", "5"],
}


async def made(house: House, slug: str) -> tuple[Consultation, Document]:
    async with AsyncSession(house.engine) as session:
        found = (await session.scalars(select(Consultation).where(Consultation.slug == slug))).one()
        return found, questionnaires.read_document(await questionnaires.latest(session, found.id))


async def slugs(house: House) -> set[str]:
    async with AsyncSession(house.engine) as session:
        return set(await session.scalars(select(Consultation.slug)))


async def send_file(desk: Reader, content: bytes, status: int = 303, **fields: Any) -> str:
    """The form with a chosen file, as a browser sends it."""
    data = {**WISH, "source": "file", **fields}
    response = await desk.client.post(NEW, data=data, files={"file": ("Fragen für März.xlsx", content)})
    return desk._look(response, NEW, status)


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_a_consultation_is_made_from_a_shipped_instrument(house: House, language: str) -> None:
    async with at_the_desk(house, language=language) as desk:
        await desk.get(NEW)
        await desk.post(NEW, WISH)
        assert desk.led_to == "/staff/consultations/rights-2027/questionnaire"
    consultation, document = await made(house, "rights-2027")
    assert document == shipped.instrument("five-rights")
    assert consultation.topic == document.title
    assert (consultation.consent, consultation.age_bands, consultation.window) == ("A", ["3", "4", "5"], "world")
    async with AsyncSession(house.engine) as session:
        entry = (await session.scalars(select(AuditEntry))).one()
    assert (entry.act, entry.subject, entry.after and entry.after["from"]) == (
        "consultation_made",
        "rights-2027",
        "five-rights",
    )


async def test_no_draft_is_public(house: House) -> None:
    async with at_the_desk(house) as desk:
        await desk.post(NEW, WISH)
    async with house.reader() as browse:
        assert "rights-2027" not in await browse.get("/en/")
        for page in ("", "/answer", "/answer/start", "/parents", "/results", "/thanks"):
            response = await browse.client.get(f"/en/consultations/rights-2027{page}")
            assert response.status_code in (404, 409), page
            assert "Five rights" not in response.text


async def test_an_earlier_consultation_gives_its_codes_and_the_states_of_its_texts(house: House) -> None:
    async with AsyncSession(house.engine) as session:
        session.add(
            TextState(
                consultation_id=house.consultation.id,
                key="A1.label",
                language="ar",
                source_digest="0" * 64,
                source_text="One of four",
                translated_by="t@example.org",
                translated_at=NOON,
                reviewed_by="r@example.org",
            )
        )
        await session.commit()
    async with at_the_desk(house) as desk:
        await desk.post(NEW, {**WISH, "source": "earlier", "earlier": SLUG, "slug": "round-2"})
    consultation, document = await made(house, "round-2")
    assert document == sample_document()
    async with AsyncSession(house.engine) as session:
        kept = await session.get_one(TextState, (consultation.id, "A1.label", "ar"))
        assert kept.reviewed_by == "r@example.org"


async def test_nothing_is_a_questionnaire_that_asks_the_age(house: House) -> None:
    async with at_the_desk(house, language="ru") as desk:
        await desk.post(NEW, {**WISH, "source": "nothing", "title": "Наш голос", "language": "ru"})
    _, document = await made(house, "rights-2027")
    assert list(document.questions) == ["DM01"]
    assert asks_age_first(document)
    assert (document.title, document.default_language) == ({"ru": "Наш голос"}, "ru")


async def test_a_spreadsheet_becomes_a_questionnaire(house: House) -> None:
    async with at_the_desk(house) as desk:
        await send_file(desk, write_xlsform(sample_document()))
    _, document = await made(house, "rights-2027")
    assert document == sample_document()


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_a_faulty_spreadsheet_is_answered_with_its_faults_and_stores_nothing(house: House, language: str) -> None:
    broken = write_xlsform(sample_document()).replace(b"PK", b"XX")
    async with at_the_desk(house, language=language) as desk:
        page = await send_file(desk, broken, status=422)
        assert "no Excel workbook" in page
        page = await send_file(desk, write_xlsform(_without_choice()), status=422)
        assert "“2” is no choice of “B1”" in page
        assert "<td><bdi>survey</bdi></td>" in page
    assert await slugs(house) == {SLUG}


def _without_choice() -> Document:
    """The sample, where a condition names a choice that nobody offers."""
    document = sample_document()
    sections = []
    for section in document.sections:
        questions = tuple(
            replace(question, choices=question.choices[:1])
            if isinstance(question, Single) and question.code == "B1"
            else question
            for question in section.questions
        )
        sections.append(replace(section, questions=questions))
    return replace(document, sections=tuple(sections))


async def test_a_questionnaire_that_does_not_ask_the_age_first_is_refused(house: House) -> None:
    document = sample_document()
    async with at_the_desk(house) as desk:
        page = await send_file(desk, write_xlsform(replace(document, sections=document.sections[1:2])), status=422)
        assert "The first section must ask the age band" in page
    assert await slugs(house) == {SLUG}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"slug": "Rights 2027"}, "Use small Latin letters"),
        ({"slug": SLUG}, "There is a consultation with this address already"),
        ({"day": "soon"}, "Choose a day."),
        ({"day": "2026-11-01"}, "This day is over everywhere"),
        ({"window": "zone", "zone": "Nairobi"}, "Write a time zone"),
        ({"window": "zone", "zone": "../etc/passwd"}, "Write a time zone"),
        ({"window": "moon"}, "Choose where the day counts"),
        ({"consent": ""}, "Choose how young people agree"),
        ({"ages": []}, "Choose at least one age"),
        ({"ages": ["2", "3"]}, "only where a partner holds consent"),
        ({"source": "instrument", "instrument": "../x"}, "Choose what to begin with"),
        ({"source": "earlier", "earlier": "never"}, "Choose what to begin with"),
        ({"source": "file"}, "Choose what to begin with"),
        ({"source": "nothing", "language": "en"}, "Write a title"),
    ],
)
async def test_what_cannot_be_made_is_said_beside_the_field(
    house: House, wrong: Mapping[str, str | Sequence[str]], words: str
) -> None:
    async with at_the_desk(house) as desk:
        assert words in await desk.post(NEW, {**WISH, **wrong}, status=422)
    assert await slugs(house) == {SLUG}


async def test_a_zone_gives_its_own_hours(house: House) -> None:
    async with at_the_desk(house) as desk:
        await desk.post(NEW, {**WISH, "window": "zone", "zone": "Africa/Nairobi", "ages": ["2"], "consent": "C"})
    consultation, _ = await made(house, "rights-2027")
    assert (consultation.opens_at.isoformat(), consultation.window) == ("2027-02-08T21:00:00+00:00", "Africa/Nairobi")


async def test_only_those_who_make_consultations_see_the_form(house: House) -> None:
    for role in (Role.SECRETARIAT, Role.TRANSLATOR, Role.PARTNER):
        async with at_the_desk(house, role) as desk:
            await desk.get(NEW, status=403)
            await desk.post(NEW, WISH, status=403)
    assert await slugs(house) == {SLUG}


def test_every_shipped_instrument_can_be_read_and_gives_the_ways_out() -> None:
    for name in shipped.instruments():
        assert asks_age_first(shipped.instrument(name))
    assert [each.name for each in shipped.escapes()] == ["97", "98"]
    assert read_xlsform(write_xlsform(shipped.start_only("x", "en"))).faults == ()


# The questionnaire's page


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_the_questionnaire_shows_everything_and_comes_as_a_spreadsheet(house: House, language: str) -> None:
    async with at_the_desk(house, Role.SECRETARIAT, language=language) as desk:
        page = await desk.get(f"/staff/consultations/{SLUG}/questionnaire")
        for code in sample_document().questions:
            assert f">{code}</bdi>" in page
        assert "selected(${B2}, &#39;1&#39;)" in page
        assert f"Up to three ({language})" in page
        response = await desk.client.get(f"/staff/consultations/{SLUG}/questionnaire.xlsx")
        assert response.headers["content-disposition"] == f'attachment; filename="{SLUG}-1.xlsx"'
        assert read_xlsform(response.content).document == sample_document()
