"""The text for the annual and the four-year report: of published rounds alone, every figure that of its release."""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import docx as python_docx
import page as pdf_page
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations import service as consultations
from app.questionnaire.document import LANGUAGES
from app.reporting import service as reporting
from app.reporting.extracts import rounds_of
from app.reporting.release import Release
from app.reporting.release_file import digest, to_bytes
from app.reporting.renderers.compose import summarize
from app.reporting.renderers.extract import Round, compose_extract
from app.reporting.renderers.extract_files import render_extract
from app.reporting.signing import keep_release
from app.reporting.words import Own, to_text
from app.staff.permissions import Role
from app.web.i18n import translator
from tests.application import House
from tests.consultations.test_desk import trail
from tests.desk import at_the_desk
from tests.reporting.documents import Rows, number, read_html
from tests.reporting.people import instrument, invented, release_of
from tests.reporting.tagged import page_texts, read_tagged
from tests.reporting.test_results_pages import freeze, publish
from tests.submissions.test_journey_pages import send_all


def numbered_release(name: str, n: int, seed: int, **facts: Any) -> Release:
    document = instrument(name)
    return release_of(document, list(invented(document, n, seed)), **facts)


@pytest.fixture(scope="module")
def rounds() -> tuple[Release, ...]:
    return (
        numbered_release("cyberbullying", 300, 1, slug="first", day=date(2026, 3, 2), sample=False),
        numbered_release("five-rights", 60, 2, slug="small", day=date(2026, 9, 7), sample=False),
        numbered_release("cyberbullying", 700, 3, slug="second", day=date(2026, 11, 20), sample=False),
    )


def expected_rows(release: Mapping[str, Any]) -> Iterator[list[int | None]]:
    """People asked and share of every core indicator, recounted from the file alone: of a scale the sum of its ends."""
    asked = [each for section in release["questionnaire"]["sections"] for each in section["questions"]]
    core = sorted((each for each in asked if each.get("indicator", "").startswith("CO")), key=lambda q: q["indicator"])
    for question in core:
        tables = [t for t in release["tables"] if t["question"] == question["code"] and t["measure"] == "choice"]
        for table in tables:
            total = table["columns"][0]
            if question["kind"] == "scale":
                yield [total["base"], total["top"][1] if total["top"] else None]
            else:
                for line, cell in zip(table["lines"], total["cells"], strict=True):
                    if line != "none":
                        yield [total["base"], cell[1] if cell else None]


def shown(rows: Rows) -> list[list[int | None]]:
    return [[number(cell) for cell in row[1:]] for row in rows[1:]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_of_the_page_is_that_of_its_release(rounds: tuple[Release, ...], language: str) -> None:
    page = render_extract([to_bytes(each) for each in rounds], [""] * 3, "html 2026 2026", language)
    found = read_html(page)
    compared = 0
    for release in rounds:
        expected = list(expected_rows(json.loads(to_bytes(release))))
        rows = found.grids.get(f"core-{release.facts.slug}", [])
        assert shown(rows) == expected or (not rows and not expected)
        compared += len(expected)
        assert any(summarize(release, translator(language)) in text for text in found.prose)
        assert any(digest(to_bytes(release)) in text for text in found.boxed)
    assert compared >= 10
    assert [row[:1] for row in shown(found.grids["rounds"])] == [[300], [60], [700]]
    together = shown(found.grids["core-together"])
    first, second = (list(expected_rows(json.loads(to_bytes(rounds[place])))) for place in (0, 2))
    both = sorted([[a[1], b[1]] for a, b in zip(first, second, strict=True)], key=str)
    assert sorted([[row[0], row[-1]] for row in together], key=str) == both


def test_word_has_the_same_words_as_the_page_in_arabic(rounds: tuple[Release, ...]) -> None:
    contents = [to_bytes(each) for each in rounds[:1]]
    words = [to_text({"ar": {"summary": Own("ملخص الأمانة.")}})]
    document = python_docx.Document(io.BytesIO(render_extract(contents, words, "docx 2023 2026", "ar")))
    texts = [each.text for each in document.paragraphs]
    assert any("ملخص الأمانة." in text for text in texts)
    found = [[cell.text for cell in row.cells] for row in document.tables[1].rows]
    assert shown(found) == list(expected_rows(json.loads(contents[0])))
    assert all("<w:bidi/>" in each._p.xml for each in document.paragraphs if each.text)
    assert render_extract(contents, words, "docx 2023 2026", "ar") == render_extract(
        contents, words, "docx 2023 2026", "ar"
    )


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_pdf_of_several_rounds_is_valid_and_its_tables_are_those_of_the_page(
    rounds: tuple[Release, ...], language: str
) -> None:
    contents = [to_bytes(each) for each in rounds]
    made = render_extract(contents, [""] * 3, "pdf 2023 2026", language)
    assert pdf_page.validate_pdf_bytes(made, profile=pdf_page.ValidationProfile.PDF_UA_1).failures == []
    on_page = read_html(render_extract(contents, [""] * 3, "html 2023 2026", language)).grids
    tables = [
        [[cell.seen for cell in row.children] for row in each.every("TR")] for each in read_tagged(made).every("Table")
    ]
    assert [shown(each) for each in tables] == [shown(each) for each in on_page.values()]


def test_questions_put_in_other_words_stand_in_lines_of_their_own(rounds: tuple[Release, ...]) -> None:
    first, _, second = rounds
    sections = json.loads(json.dumps(second.questionnaire))
    for section in sections["sections"]:
        for question in section["questions"]:
            if question.get("indicator") == "CO01":
                question["label"]["en"] = "Put in quite other words."
    other = replace(second, questionnaire=sections)
    t = translator("en")
    papers = [compose_extract([Round(first, "0"), Round(each, "1")], (2026, 2026), t) for each in (second, other)]
    names = [[row.name for row in paper.sections[-1].blocks[-1].rows] for paper in papers]  # type: ignore[union-attr]
    assert sum(name.startswith("CO01") for name in names[0]) == 1
    assert [name for name in names[0] if not name.startswith("CO01")] == names[1]


async def test_only_published_rounds_of_these_years_and_no_sample_beside_real_ones(house: House) -> None:
    house.clock.now = house.consultation.closes_at + timedelta(hours=1)
    now = house.clock.now
    await freeze(house)

    async def found(first: int, last: int) -> list[str]:
        async with AsyncSession(house.engine) as session:
            return [each.slug for each in await rounds_of(session, (first, last), now)]

    assert await found(2026, 2026) == []
    await publish(house)
    assert await found(2026, 2026) == await found(2023, 2026) == ["sample"]
    assert await found(2027, 2030) == []
    async with AsyncSession(house.engine) as session:
        kept = await reporting.kept_release(session, "sample")
        made_up = await consultations.create(
            session,
            slug="made-up",
            topic={"en": "Made up"},
            summary={},
            day=date(2026, 5, 4),
            window="utc",
            consent="A",
        )
        made_up.sample, made_up.scheduled_at, made_up.frozen_at, made_up.published_at = True, now, now, now
        await session.flush()
        await keep_release(session, house.settings, made_up.id, 1, kept.content.encode(), now)
        await session.commit()
    assert await found(2026, 2026) == ["sample"]
    await house.change(sample=True)
    assert await found(2026, 2026) == ["made-up", "sample"]


async def test_the_desk_gives_the_text_in_each_language(house: House) -> None:
    async with house.reader() as young:
        await send_all(young)
    house.clock.now = house.consultation.closes_at + timedelta(hours=1)
    await freeze(house)
    async with at_the_desk(house, Role.MEMBER, language="ar") as desk:
        assert "/staff/extracts/2026" not in await desk.get("/staff/extracts?year=2026")
        await desk.get("/staff/extracts/2026/1/ar/extract.docx", status=404)
        await publish(house)
        page = await desk.get("/staff/extracts?year=2026&years=4")
        assert "/staff/extracts/2026/4/ar/extract.docx" in page
        response = await desk.client.get("/staff/extracts/2026/4/ar/extract.docx")
        assert response.status_code == 200
        assert len(python_docx.Document(io.BytesIO(response.content)).paragraphs) > 5
        assert "/staff/extracts/2026/4/ar/extract.pdf" in page
        response = await desk.client.get("/staff/extracts/2026/4/ar/extract.pdf")
        assert response.headers["content-type"] == "application/pdf"
        assert len(page_texts(response.content)) > 0
        response = await desk.client.get("/staff/extracts/2026/1/ar/extract.html")
        async with AsyncSession(house.engine) as session:
            assert (await reporting.kept_release(session, "sample")).digest in response.text
        for wrong in (
            "2025/1/ar/extract.docx",
            "2026/2/ar/extract.docx",
            "2026/1/de/extract.docx",
            "x/1/ar/extract.docx",
            "2026/1/ar/extract.odt",
            "2026/1/ar/paper.docx",
        ):
            await desk.get(f"/staff/extracts/{wrong}", status=404)
    assert [each.act for each in await trail(house)] == ["extract_downloaded"] * 3
