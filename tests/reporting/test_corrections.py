"""Corrections of words in the release and in the paper's annex; nothing is said where there were none."""

import json
import re
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path

import docx as python_docx
import jsonschema_rs
import pytest

from app.questionnaire.corrections import Correction
from app.questionnaire.document import LANGUAGES
from app.reporting.release import Release
from app.reporting.release_file import from_bytes, to_bytes
from app.reporting.renderers import docx, html, pdf
from app.staff.permissions import Role
from app.web.i18n import translator
from app.web.pages import render_template
from tests.application import NOON, House
from tests.audit import audit
from tests.desk import at_the_desk
from tests.questionnaire.test_corrections import correct
from tests.reporting.people import instrument, invented, release_of
from tests.reporting.tagged import read_tagged
from tests.reporting.test_release import SCHEMA
from tests.samples import SLUG
from tests.submissions.test_journey_pages import send_all

ONE = f"/staff/consultations/{SLUG}"
MADE = (
    Correction(2, date(2026, 11, 20), "ar", "CB04.label", "كلمة", "كلمات أخرى (2)", "خطأ مطبعي"),
    Correction(3, date(2026, 11, 21), "en", "CB04.3.label", "Once", "Once a month", "The scale had “once” twice"),
)


@pytest.fixture(scope="module")
def without() -> Release:
    document = instrument()
    return release_of(document, list(invented(document, 60)))


def page_of(release: Release, language: str) -> str:
    return html.render_file(release, translator(language), partial(render_template, language))


def test_the_file_carries_them_and_one_without_them_stays_valid(without: Release) -> None:
    schema = jsonschema_rs.validator_for(json.loads(Path(SCHEMA).read_text(encoding="utf-8")))
    release = replace(without, corrections=MADE)
    content = to_bytes(release)
    schema.validate(json.loads(content))
    assert from_bytes(content) == release
    told = json.loads(content)["corrections"][1]
    assert told == {
        "version": 3, "day": "2026-11-21", "language": "en", "key": "CB04.3.label", "before": "Once",
        "after": "Once a month", "reason": "The scale had “once” twice",
    }  # fmt: skip
    older = json.loads(to_bytes(without))
    del older["corrections"]
    schema.validate(older)
    assert from_bytes(json.dumps(older).encode()) == without


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_annex_has_a_table_of_them_in_every_language(without: Release, language: str) -> None:
    release = replace(without, corrections=MADE)
    page = page_of(release, language)
    outside = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert audit(outside, path=f"/{language}/paper", lang=language) == []
    table = page[page.index('<table id="table-corrections" class="texts">') :].partition("</table>")[0]
    assert table.count("<tr>") == 3
    for each in MADE:
        assert f'<div dir="auto" lang="{each.language}">{each.before}</div>' in table
        assert f'<div dir="auto" lang="{each.language}">{each.after}</div>' in table
        assert f'<div dir="auto">{each.reason}</div>' in table
    assert "CB04.3" in table
    assert ".label" not in table
    assert "table-corrections" not in page_of(without, language)
    made = python_docx.Document(BytesIO(docx.render(release, translator(language))))
    cells = [[cell.text for cell in row.cells] for each in made.tables for row in each.rows]
    (told,) = [row for row in cells if "Once a month" in row]
    assert told[0].startswith("CB04.3")
    assert told[1:] == ["Once", "Once a month", MADE[1].reason]
    heard = {cell.read.strip() for cell in read_tagged(pdf.render(release, translator(language))).every("TD")}
    for each in MADE:
        assert {each.before, each.after, each.reason} <= heard


def test_words_of_another_script_keep_their_own_direction_in_word(without: Release) -> None:
    release = replace(without, corrections=MADE)
    for language, of_arabic, of_english in (("en", True, False), ("ar", True, False)):
        with zipfile.ZipFile(BytesIO(docx.render(release, translator(language)))) as file:
            body = file.read("word/document.xml").decode()
        for words, expected in (("كلمات أخرى (2)", of_arabic), ("Once a month", of_english)):
            run = body[: body.index(words)].rpartition("<w:r>")[2]
            assert ("<w:rtl/>" in run) is expected, (language, words)


async def test_what_was_corrected_on_the_day_stands_in_the_published_paper(house: House) -> None:
    async with house.reader() as young:
        await send_all(young)
    async with at_the_desk(house, Role.MODERATOR) as desk:
        await correct(desk, "en", "A1.label", "Only one of these four")
    house.clock.forward(hours=23)
    async with at_the_desk(house, Role.MODERATOR) as desk:
        await correct(desk, "fr", "A1.1.label", "Le premier choix", also="")
    await house.change(closes_at=house.clock() - timedelta(hours=1))
    async with at_the_desk(house, Role.SECRETARIAT) as desk, house.reader() as stranger:
        await desk.post(f"{ONE}/freeze", {})
        await desk.post(f"{ONE}/publish", {})
        page = await stranger.get(f"/en/consultations/{SLUG}/results")
        response = await desk.client.get(f"{ONE}/paper/en/paper.html")
    assert response.status_code == 200
    paper = response.text
    assert "Corrections of words during the consultation" in paper
    assert "Only one of these four" in page + paper
    rows = paper[paper.index('<table id="table-corrections" class="texts">') :].partition("</table>")[0]
    assert "A1, English, 20 November 2026, version 2" in rows
    assert "A1.1, French, 21 November 2026, version 3" in rows


async def test_a_day_without_corrections_says_nothing_of_them(house: House) -> None:
    async with house.reader() as young:
        await send_all(young)
    await house.change(closes_at=NOON - timedelta(hours=1))
    async with at_the_desk(house, Role.SECRETARIAT) as desk:
        await desk.post(f"{ONE}/freeze", {})
        response = await desk.client.get(f"{ONE}/paper/en/paper.html")
    assert "Corrections of words" not in response.text
