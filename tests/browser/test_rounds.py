"""The pages of the rounds of publication in a real Chromium: narrow and wide, right to left, by keyboard, with axe."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page

from app.questionnaire.document import LANGUAGES
from app.reporting.rounds import Standing
from app.staff.door import COOKIE
from app.staff.permissions import Role
from tests.application import House, running
from tests.browser.test_journey import cyberbullying, look
from tests.browsers import OpenPage, on_narrow_and_wide, tab_to
from tests.desk import at_the_desk
from tests.reporting.versions import CLOSES, VERSIONS, days_pass, drafted, frozen
from tests.samples import SLUG
from tests.serving import serving
from tests.workinggroup.test_comments import COMMENT, DESK, MAIL, MAILED
from tests.workinggroup.test_what_happened import DESK as OUTCOMES
from tests.workinggroup.test_what_happened import PROMISED

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]

SAID = {
    "ar": (
        "الردّ على البلاغات في غضون يوم",
        "سبعة من كل عشرة منكم يريدون أن يردّ شخص حقيقي.",
        "أدرجه في المبادئ التوجيهية.",
    ),
    "zh": ("一天内回复举报", "你们十人中有七人希望由真人回复。", "写进了企业指南第4节。"),
    "en": (
        "Answer reports within one day",
        "Seven in ten of you want a real person to answer reports within one day.",
        "Wrote it into the guidelines for companies, section 4.",
    ),
    "fr": (
        "Répondre aux signalements en un jour",
        "Sept d’entre vous sur dix veulent qu’une vraie personne réponde en un jour.",
        "L’a inscrit dans les lignes directrices pour les entreprises, section 4.",
    ),
    "ru": (
        "Отвечать на жалобы в течение дня",
        "Семеро из десяти из вас хотят, чтобы отвечал живой человек.",
        "Внесла это в руководящие указания для компаний, раздел 4.",
    ),
    "es": (
        "Responder a los reportes en un día",
        "Siete de cada diez de ustedes quieren que responda una persona real.",
        "Lo escribió en las directrices para empresas, sección 4.",
    ),
}
COMMENTS = (
    COMMENT | {"text": "Please say how many of the shares are from one region.\nIt changes how they read."},
    COMMENT | {"paragraph": "4.3", "name": "لجنة حماية الطفل", "organization": "الأردن", "text": "نقترح إضافة جملة."},
)


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with running(database_url, tmp_path, document=cyberbullying(), slug=SLUG) as made:
        await made.change(feedback_on=PROMISED, sample=True)
        await frozen(made)
        await drafted(made)
        made.settings.comments_address = "comments.child-online-protection@secretariat.example.org"
        yield made


@pytest.fixture
async def site(house: House) -> AsyncIterator[str]:
    async with serving(house) as address:
        yield address


async def signed_in(open_page: OpenPage, house: House, site: str, role: Role, lang: str, **how: object) -> Page:
    """A page of somebody at the desk."""
    page = await open_page(lang=lang, **how)
    async with at_the_desk(house, role, language=lang) as desk:
        token = desk.client.cookies[COOKIE]
    await page.context.add_cookies([{"name": COOKIE, "value": token, "url": site}])
    return page


async def discuss(house: House) -> None:
    """Two comments of a member, one that came by e-mail, one of them answered."""
    async with at_the_desk(house, Role.MEMBER) as member, at_the_desk(house, Role.SECRETARIAT) as secretariat:
        for comment in COMMENTS:
            await member.post(DESK, comment)
        number = member.led_to.partition("#c-")[2]
        await secretariat.post(MAILED, MAIL | {"text": "Merci. Le paragraphe est clair.", "name": "Réseau des écoles"})
        await secretariat.post(f"{DESK}/{number}/answer", {"taken": "no", "text": "It is said in 4.1 already."})


async def tell(house: House) -> None:
    """Four entries, one of each kind."""
    async with at_the_desk(house, Role.SECRETARIAT) as secretariat:
        for kind, expected in (("told", ""), ("decided", "2027-12-15"), ("done", ""), ("not_done", "")):
            texts = {
                f"{name}-{language}": words
                for language, said in SAID.items()
                for name, words in zip(("title", "said", "response"), said, strict=True)
            }
            fields = {"kind": kind, "day": "2027-01-28", "expected_on": expected, "go": "publish", **texts}
            await secretariat.post(f"{OUTCOMES}/new", fields)


@on_narrow_and_wide
async def test_public_pages_of_the_rounds(open_page: OpenPage, house: House, site: str, lang: str, width: int) -> None:
    page = await open_page(lang=lang, script=False, width=width)
    base = f"{site}/{lang}/consultations/{SLUG}"
    name = f"{lang}-{width}"

    async def shows(path: str, what: str, status: int = 200) -> None:
        response = await page.goto(f"{base}{path}")
        assert response is not None
        assert response.status == status
        await look(page, f"{name}-{what}")

    await shows("", "about")
    await shows("/paper", "draft")
    await shows("/paper/1/comments", "no-comments")
    await discuss(house)
    await shows("/paper/1/comments", "comments")
    await shows("/what-happened", "promise")
    house.clock.now = CLOSES.replace(year=2027)
    await shows("/what-happened", "late")
    await tell(house)
    await shows("/what-happened", "what-happened")
    await drafted(house, 2, Standing(False, date(2028, 1, 15)))
    async with at_the_desk(house, Role.SECRETARIAT) as secretariat:
        await secretariat.post(f"{VERSIONS}/1/withdraw", {"reason-en": "A table was wrong.", "reason-ar": "جدول خاطئ."})
        await secretariat.post(f"/staff/consultations/{SLUG}/publish", {})
    await shows("/paper/2", "second")
    await shows("/paper/1", "withdrawn", 410)
    await shows("/results", "results")


@pytest.mark.parametrize("lang", ["zh", "fr", "ru", "es"])
async def test_public_pages_of_the_rounds_in_the_other_languages(
    open_page: OpenPage, house: House, site: str, lang: str
) -> None:
    page = await open_page(lang=lang, script=False)
    await discuss(house)
    await tell(house)
    for path in ("/paper", "/paper/1/comments", "/what-happened"):
        await page.goto(f"{site}/{lang}/consultations/{SLUG}{path}")
        await look(page, f"{lang}{path.replace('/', '-')}")


@on_narrow_and_wide
async def test_pages_of_the_desk(open_page: OpenPage, house: House, site: str, lang: str, width: int) -> None:
    page = await signed_in(open_page, house, site, Role.SECRETARIAT, lang, script=False, width=width)
    name = f"desk-{lang}-{width}"

    async def shows(path: str, what: str) -> None:
        response = await page.goto(f"{site}{path}")
        assert response is not None
        assert response.status == 200
        await look(page, f"{name}-{what}")

    async def presses(what: str) -> None:
        async with page.expect_navigation():
            await page.locator("main button.btn").first.click()
        assert await page.locator(".errs a").count()
        await look(page, f"{name}-{what}-faults")

    await discuss(house)
    await shows(f"/staff/consultations/{SLUG}", "one")
    await shows(f"/staff/consultations/{SLUG}/paper", "paper")
    await shows(DESK, "comments")
    await shows(f"{DESK}?on=4.1", "commenting")
    await presses("commenting")
    await shows(f"{DESK}?on=whole&by=mail", "mail")
    await presses("mail")
    await shows(f"{DESK}?show=open&answer=1", "answering")
    await presses("answering")
    await shows(f"{VERSIONS}/1/withdraw", "withdraw")
    async with page.expect_navigation():
        await page.locator("main button.btn").click()
    await look(page, f"{name}-withdraw-faults")
    await tell(house)
    await shows(OUTCOMES, "outcomes")
    await shows(f"{OUTCOMES}/1", "outcome")
    await shows(f"{OUTCOMES}/new", "new-outcome")
    await presses("new-outcome")
    await drafted(house, 2, Standing(False, date(2028, 1, 15)))
    await shows(VERSIONS, "versions")
    async with page.expect_navigation():
        await page.locator("form button.btn.main").click()
    await look(page, f"{name}-versions-faults")


async def test_a_member_comments_with_the_keyboard_alone(open_page: OpenPage, house: House, site: str) -> None:
    page = await signed_in(open_page, house, site, Role.MEMBER, "en", script=False, width=1280, height=900)
    await page.goto(f"{site}{DESK}")

    await tab_to(page, 'a[href$="?on=4.2#form"]')
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    await tab_to(page, "#text")
    await page.keyboard.type("A word about rounding")
    await tab_to(page, "#organization")
    await page.keyboard.type("Senegal")
    await tab_to(page, "#agrees")
    await page.keyboard.press("Space")
    await tab_to(page, "#form button")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert urlsplit(page.url).fragment.startswith("c-")
    assert await page.locator("#p-4\\.2 .as-typed").inner_text() == "A word about rounding"


async def test_the_paper_as_a_page_keeps_its_style_under_its_policy(
    open_page: OpenPage, house: House, site: str
) -> None:
    """Its stylesheet stands inside; without the policy's leave it would be a page of bare words."""
    for lang in LANGUAGES:
        page = await open_page(lang=lang, script=True, width=1280)
        await page.goto(f"{site}/{lang}/consultations/{SLUG}/paper/1/paper.html")
        assert await page.evaluate("getComputedStyle(document.querySelector('.title')).borderTopWidth") == "3px"
    await days_pass(house, 0)
    page = await signed_in(open_page, house, site, Role.MEMBER, "en", width=1280)
    await page.goto(f"{site}/staff/consultations/{SLUG}/paper/en/paper.html")
    assert await page.evaluate("getComputedStyle(document.querySelector('.title')).borderTopWidth") == "3px"
