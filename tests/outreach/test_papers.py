"""Posters, cards and the guide: one sheet each, the right code on it, in letters that the fonts have."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import segno

from app.consultations.countries import all_helplines, helplines
from app.outreach.renderers.papers import Facts, message, render_paper
from app.outreach.renderers.press import FONTS
from app.outreach.renderers.press import fonts_of_papers as fonts
from app.web.i18n import LANGUAGES, translator
from tests.application import House
from tests.desk import at_the_desk
from tests.outreach.links import new_link
from tests.outreach.pictures import Picture, characters_of, find_codes, read_png

TOPICS = {
    "ar": "التنمّر الإلكتروني على وسائل التواصل الاجتماعي",
    "zh": "社交媒体上的网络欺凌",
    "en": "Cyberbullying on social media",
    "fr": "Le cyberharcèlement sur les réseaux sociaux",
    "ru": "Кибербуллинг в соцсетях",
    "es": "El ciberacoso en las redes sociales",
}
PAPERS = ("poster", "cards", "guide")
#: Pictures are made with one pixel a point.
POINTS_PER_MM = 72 / 25.4


def facts_in(language: str, **others: object) -> Facts:
    facts = Facts(
        topic=TOPICS[language],
        sentence=TOPICS[language] + "?",
        ages="13 – 24",
        day=date(2026, 11, 20),
        everywhere=True,
        sample=False,
        address="https://consult.example/o/bcd23knp",
        typed="consult.example/o/bcd23knp",
        holds_consent=False,
        helpline=helplines()["KE"][0],
    )
    return replace(facts, **others)  # type: ignore[arg-type]


def picture_of(paper: str, language: str, facts: Facts) -> Picture:
    return read_png(render_paper(paper, "png", facts, translator(language)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("paper", PAPERS)
def test_a_paper_is_one_tagged_sheet_in_its_language(paper: str, language: str) -> None:
    made = render_paper(paper, "pdf", facts_in(language), translator(language))
    assert made.startswith(b"%PDF-")
    assert re.findall(rb"/Type\s*/Pages.{0,200}?/Count (\d+)", made, re.DOTALL) == [b"1"]
    assert re.search(rb"/Lang\s*\(%s" % language.encode(), made)
    assert b"<pdfuaid:part>1</pdfuaid:part>" in made


@pytest.mark.parametrize("language", ["en", "ar", "zh"])
@pytest.mark.parametrize(("paper", "side_mm", "times"), [("poster", 94, 1), ("cards", 38, 8), ("guide", 40, 1)])
def test_the_code_on_the_paper_leads_to_the_link(paper: str, language: str, side_mm: int, times: int) -> None:
    """Module for module what another reading of the standard says, not mirrored in Arabic, with its quiet zone."""
    facts = facts_in(language)
    address = facts.address + ("?class=1" if paper == "guide" else "")
    matrix = [[bool(module) for module in row] for row in segno.make(address, error="m", micro=False).matrix]
    side = side_mm * POINTS_PER_MM * len(matrix) / (len(matrix) + 8)
    assert len(list(find_codes(picture_of(paper, language, facts), matrix, side))) == times
    other = [[bool(module) for module in row] for row in segno.make(f"{address[:-1]}m", error="m").matrix]
    assert not list(find_codes(picture_of(paper, language, facts), other, side))


@pytest.mark.parametrize("language", ["ar", "zh", "fr"])
@pytest.mark.parametrize("paper", PAPERS)
def test_however_long_a_topic_is_nothing_reaches_over_the_margin(paper: str, language: str) -> None:
    long = ("" if language == "zh" else " ").join([TOPICS[language]] * 8)
    typed = "consultations." * 8 + "example/o/bcd23knp"
    facts = facts_in(language, topic=long, sentence=long, sample=True, holds_consent=True, typed=typed)
    picture = picture_of(paper, language, facts)
    width, height = picture.width, len(picture.dark)
    free = int((4 if paper == "cards" else 11) * POINTS_PER_MM)
    if paper == "cards":
        # Beside the lines where to cut.
        assert not picture.holds_ink(4, 4, free, height // 4 - 4)
        assert not picture.holds_ink(4, height // 4 - free, width // 2 - 4, height // 4 - 4)
        assert not picture.holds_ink(width // 2 - free, 4, width // 2 - 4, height // 4 - 4)
    else:
        assert not picture.holds_ink(0, height - free, width, height)
        assert not picture.holds_ink(0, 0, free, height)
        assert not picture.holds_ink(width - free, 0, width, height)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_arabic_begins_on_the_right(language: str) -> None:
    """The code stands at the beginning of the line, on the other side the words."""
    facts = facts_in(language)
    matrix = [[bool(module) for module in row] for row in segno.make(facts.address, error="m", micro=False).matrix]
    picture = picture_of("poster", language, facts)
    side = 94 * POINTS_PER_MM * len(matrix) / (len(matrix) + 8)
    ((left, _),) = find_codes(picture, matrix, side)
    assert (left > picture.width / 2 - 20) is (language == "ar")


def test_fonts_are_those_of_our_packages_and_no_others() -> None:
    assert set(fonts().families()) == {"Noto Sans", "Noto Sans Arabic", "Noto Sans SC"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_fonts_have_every_letter_of_the_papers(language: str) -> None:
    known: set[int] = set()
    for font in {Path(each.path) for each in fonts().fonts() if each.path}:
        known |= characters_of(font)
    assert ord("ж") in known
    assert 0x0E01 not in known, "a Thai letter: this test would see nothing missing"
    catalogue = translator(language).catalogue._catalog  # type: ignore[attr-defined]
    said = "".join(words for words in catalogue.values() if isinstance(words, str))
    said += TOPICS[language] + "".join(line.name + line.phone for line in all_helplines() if line.dial)
    printed = {each for each in said if each.isprintable()}
    assert not sorted(each for each in printed if ord(each) not in known)
    assert len(FONTS) == 3


def test_emoji_are_left_out_and_words_stay_words() -> None:
    plain = facts_in("en")
    with_signs = replace(plain, topic="\U0001f389" + plain.topic + "\U0001f468‍\U0001f469")
    t = translator("en")
    assert picture_of("poster", "en", with_signs) == picture_of("poster", "en", plain)
    hostile = replace(plain, topic='#panic("no") $x$ *b* \\ <b> "]')
    assert render_paper("poster", "pdf", hostile, t).startswith(b"%PDF-")


def test_the_text_for_messengers_is_plain_and_says_where_and_when() -> None:
    text = message(facts_in("en"), translator("en"))
    assert text.splitlines() == [
        "Cyberbullying on social media",
        "Cyberbullying on social media?",
        "Open on 20 November 2026, wherever you are",
        "No name, no account, 10 minutes.",
        "https://consult.example/o/bcd23knp",
        "If you want to talk to someone: every page leads to helplines.",
    ]
    assert "Open on 20 November 2026\n" in message(facts_in("en", everywhere=False), translator("en"))


async def test_papers_are_had_as_files_by_those_who_may_see_the_link(house: House) -> None:
    link = await new_link(house, holds_consent=True)
    async with at_the_desk(house) as desk:
        for name, kind, start in (
            ("poster-ar.pdf", "application/pdf", "%PDF-"),
            ("poster-zh.svg", "image/svg+xml", "<svg"),
            ("cards-ru.pdf", "application/pdf", "%PDF-"),
            ("guide-en.pdf", "application/pdf", "%PDF-"),
        ):
            made = await desk.get(f"/staff/links/{link.code}/{name}")
            assert made.startswith(start)
            assert desk.last is not None
            assert desk.last.headers["content-type"] == kind
            stem, _, form = name.partition(".")
            assert desk.last.headers["content-disposition"] == f'attachment; filename="{stem}-{link.code}.{form}"'
            assert desk.last.headers["cache-control"] == "no-store"
    async with house.reader() as stranger:
        await stranger.get(f"/staff/links/{link.code}/poster-ar.pdf", status=303)
        assert stranger.led_to == "/staff/sign-in"
