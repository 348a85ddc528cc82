"""Own words of the secretariat over generated paragraphs: in every paper of their language, with their history."""

import io
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import docx as python_docx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.questionnaire.document import LANGUAGES
from app.reporting.models import PaperWords
from app.reporting.release import Release
from app.reporting.release_file import to_bytes
from app.reporting.renderers.compose import compose, summarize
from app.reporting.renderers.files import render_file
from app.reporting.renderers.own_words import generated_paragraphs
from app.reporting.renderers.paper import Paragraph
from app.reporting.words import Own, Words, figures_in, from_text, new_figures, to_text, worded
from app.staff.permissions import Role
from app.web.i18n import translator
from tests.application import House, Reader
from tests.consultations.test_desk import trail
from tests.desk import at_the_desk
from tests.reporting.documents import check_document, read_html
from tests.reporting.people import instrument, invented, release_of
from tests.reporting.test_results_pages import freeze, publish
from tests.samples import SLUG

WORDS = f"/staff/consultations/{SLUG}/paper/words"
ARABIC = "هذه كلمات الأمانة.\n\nوهذه فقرة ثانية."
OWN: Words = {
    "ar": {"summary": Own("ملخص الأمانة."), "consulted.safety": Own(ARABIC, after=True)},
    "en": {
        "results.CB14": Own("The Secretariat says it in other words."),
        "method.small": Own("More on small numbers."),
    },
}


@pytest.fixture(scope="module")
def release() -> Release:
    document = instrument()
    return release_of(document, list(invented(document, 400)))


def ids(release: Release, language: str = "en") -> list[str]:
    return [id_ for id_, _, _ in generated_paragraphs(compose(release, translator(language)))]


def test_every_paragraph_has_a_name_of_its_own_that_is_the_same_in_every_language(release: Release) -> None:
    names = ids(release)
    assert len(set(names)) == len(names) > 25
    paper = compose(release, translator("en"))
    blocks = [block for section in (*paper.sections, *paper.annexes) for block in section.blocks]
    without = [block.text for block in blocks if isinstance(block, Paragraph) and not block.id]
    assert without == []
    for language in ("ar", "zh"):
        assert ids(release, language) == names
    document = instrument()
    fewer = ids(release_of(document, list(invented(document, 30))))
    assert {"summary", "introduction.mandate", "results.CB14", "method.small", "next.steps"} <= set(fewer) & set(names)


def test_own_words_stand_in_the_paper_of_their_language_alone_and_are_marked(release: Release) -> None:
    told = worded(release, OWN)
    plain = {language: compose(release, translator(language)) for language in LANGUAGES}
    papers = {language: compose(told, translator(language)) for language in LANGUAGES}
    assert [language for language in LANGUAGES if papers[language] != plain[language]] == ["ar", "en"]
    assert papers["ar"].boxes[0].paragraphs == ("ملخص الأمانة.\u00a0*",)
    assert summarize(told, translator("ar")) == "ملخص الأمانة."
    section = papers["ar"].sections[1]
    numbers = [block.number for block in section.blocks if isinstance(block, Paragraph)]
    assert numbers == [f"2.{place}" for place in range(1, len(plain["ar"].sections[1].blocks) + 3)]
    english = [block for block in papers["en"].sections[4].blocks if isinstance(block, Paragraph)]
    changed = next(block for block in english if block.id == "results.CB14")
    assert changed.text == "The Secretariat says it in other words.\u00a0*"
    assert "(CB14)" in changed.lead
    for paper in (papers["ar"], papers["en"]):
        assert "*" in str(paper.annexes[2].blocks[-1])
    assert "*" not in str(plain["en"].annexes[2].blocks)


@pytest.mark.parametrize("form", ["html", "docx"])
def test_documents_show_them_and_every_figure_stays_that_of_the_release(release: Release, form: str) -> None:
    told = worded(release, OWN)
    for language in ("ar", "en"):
        content = render_file(told, language, form)
        if form == "html":
            texts = [*read_html(content).prose, *read_html(content).boxed]
        else:
            texts = [each.text for each in python_docx.Document(io.BytesIO(content)).paragraphs]
        for own in OWN[language].values():
            for part in own.paragraphs:
                assert any(f"{part}\u00a0*" in text for text in texts), part
        compared, faults = check_document(f"paper.{form}", content, json.loads(to_bytes(release)))
        assert (compared > 1000, faults) == (True, [])
    assert to_bytes(told) == to_bytes(release)
    assert render_file(told, "ar", "csv") == render_file(release, "ar", "csv")


def test_words_travel_as_text_and_come_back_the_same() -> None:
    assert from_text(to_text(OWN)) == OWN
    assert (to_text({}), to_text({"fr": {}}), from_text("")) == ("", "", {})


def test_numbers_are_found_in_all_ways_of_writing_them() -> None:
    assert figures_in("1,204 people, 1\u202f204, 1.204 and ١٢٠٤ are 37 %") == {"1204", "37"}
    assert new_figures("About 40 per cent of 1\u00a0204.", "Of 1,204 people, 37 per cent") == ("40",)
    assert new_figures("لا أرقام جديدة ٣٧", "37 per cent") == ()


@pytest.fixture
async def desk(house: House) -> AsyncIterator[Reader]:
    house.clock.now = house.consultation.closes_at + timedelta(hours=1)
    await freeze(house)
    async with at_the_desk(house, Role.SECRETARIAT) as reader:
        yield reader


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1]


async def save(desk: Reader, address: str, *, status: int = 303, **fields: str) -> str:
    page = await desk.get(address)
    values = {"was": field(page, "was"), "manner": "instead", "reason": "Plainer", "go": "write", **fields}
    return await desk.post(address, values, status=status)


async def test_the_secretariat_writes_in_arabic_and_sees_which_languages_lack_it(house: House, desk: Reader) -> None:
    assert "changed in another language only" not in await desk.get(f"{WORDS}?language=fr")
    await save(desk, f"{WORDS}/ar/introduction.mandate", text=ARABIC)
    assert desk.led_to == f"{WORDS}?language=ar#p-introduction.mandate"
    page = await desk.get(f"{WORDS}?language=ar")
    assert "هذه كلمات الأمانة." in page
    french = await desk.get(f"{WORDS}?language=fr")
    assert french.count("changed in another language only") == 1
    assert "هذه كلمات الأمانة." in await desk.get(f"{WORDS}/fr/introduction.mandate")
    response = await desk.client.get(f"/staff/consultations/{SLUG}/paper/ar/paper.html")
    assert "وهذه فقرة ثانية.\u00a0*" in response.text
    await publish(house)
    async with house.reader() as anybody:
        public = await anybody.get(f"/ar/consultations/{SLUG}/results/paper.html")
        assert "هذه كلمات الأمانة.\u00a0*" in public
        assert "stands in it at once" in await desk.get(WORDS)
        await save(desk, f"{WORDS}/ar/introduction.mandate", go="restore", text="")
        public = await anybody.get(f"/ar/consultations/{SLUG}/results/paper.html")
        assert "هذه كلمات الأمانة." not in public
    history = await desk.get(f"{WORDS}/ar/introduction.mandate")
    assert "generated again" in history
    assert "هذه كلمات الأمانة." in history
    async with AsyncSession(house.engine) as session:
        assert await session.scalar(select(func.count()).select_from(PaperWords)) == 2
    acts = [each for each in await trail(house) if each.act == "paper_words"]
    assert [(each.before["manner"], each.after["manner"]) for each in acts if each.before and each.after] == [
        ("generated", "instead"),
        ("instead", "generated"),
    ]


async def test_what_is_wrong_is_said_and_a_new_number_needs_a_second_look(house: House, desk: Reader) -> None:
    address = f"{WORDS}/en/next.steps"
    for fields, words in (
        ({"text": ""}, "Write the text"),
        ({"text": "See {n}."}, "braces and placeholders"),
        ({"text": "a" * 4001}, "at most 4000 characters"),
        ({"text": "Words.", "reason": " "}, "Write the reason"),
        ({"text": "Words.", "manner": "beside"}, "Choose whether"),
        ({"text": "Words.", "was": "other"}, "Somebody saved another text"),
        ({"text": "", "go": "restore"}, "that stand there now"),
    ):
        assert words in await save(desk, address, status=422, **fields)
    page = await save(desk, address, status=422, text="It goes on in 2031.")
    assert "do not stand in the generated paragraph: 2031" in page
    looked = field(page, "looked")
    assert "2032" in await save(desk, address, status=422, text="It goes on in 2032.", looked=looked)
    await save(desk, address, text="It goes on in 2031.", looked=looked)
    assert "that stand there now" in await save(desk, address, status=422, text="It goes on in 2031.", looked=looked)
    await desk.get(f"{WORDS}/en/next.nothing", status=404)
    async with at_the_desk(house, Role.MEMBER) as member:
        assert "It goes on in 2031." in await member.get(f"{WORDS}?language=en")
        await member.get(address, status=403)
        await member.post(address, {"text": "x"}, status=403)
