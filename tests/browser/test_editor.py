"""The editor in a real Chromium, with and without script: the same steps, the same questionnaire, and where one is
after each of them."""

import pytest
from playwright.async_api import Page, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.questionnaire import service as questionnaires
from app.questionnaire.document import Document
from app.questionnaire.models import Questionnaire
from app.staff.door import COOKIE
from tests.application import House
from tests.browser.test_journey import look
from tests.browsers import OpenPage
from tests.desk import at_the_desk
from tests.samples import SLUG
from tests.serving import site

__all__ = ["site"]

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]

WHOLE = f"/staff/consultations/{SLUG}/questionnaire"
CORRECTIONS = f"/staff/consultations/{SLUG}/corrections"


async def enter(page: Page, house: House, site: str, language: str = "en") -> None:
    """The page's browser is signed in as a moderator."""
    async with at_the_desk(house, language=language) as desk:
        token = desk.client.cookies[COOKIE]
    await page.context.add_cookies([{"name": COOKIE, "value": token, "url": site}])


async def newest(house: House) -> tuple[int, Document]:
    async with AsyncSession(house.engine) as session:
        stored = await questionnaires.latest(session, house.consultation.id)
        return stored.number, questionnaires.read_document(stored)


async def press(page: Page, selector: str, address: str) -> None:
    """The button or link leads to that address, and what stands behind # there is on the page, with the focus."""
    async with page.expect_response(lambda answer: WHOLE in answer.url and answer.status == 200):
        await page.locator(selector).first.click()
    await page.wait_for_url(f"**{address}")
    await page.wait_for_load_state("networkidle")
    anchor = address.partition("#")[2]
    if anchor:
        await page.wait_for_selector(f'[id="{anchor}"]')
        if await page.evaluate("!matchMedia('(scripting: none)').matches"):
            await page.wait_for_function("id => document.activeElement.id === id", arg=anchor)


@pytest.mark.parametrize(
    "script", [pytest.param(False, marks=pytest.mark.drill, id="plain"), pytest.param(True, id="script")]
)
@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ar", 320)])
async def test_steps_are_done_and_taken_back_with_and_without_script(
    open_page: OpenPage, house: House, site: str, script: bool, language: str, width: int
) -> None:
    await house.change(scheduled_at=None)
    _, before = await newest(house)
    page = await open_page(lang=language, script=script, width=width, height=800)
    await enter(page, house, site, language)
    name = f"editor-{language}-{width}-{'script' if script else 'plain'}"
    whole_pages: list[str] = []

    def note(request: Request) -> None:
        if request.is_navigation_request():
            whole_pages.append(request.url)

    await page.goto(f"{site}{WHOLE}")
    await look(page, f"{name}-1-whole")
    page.on("request", note)
    await press(page, '[id="down-A1"]', f"{WHOLE}#down-A1")
    await press(page, '[id="down-A1"]', f"{WHOLE}#down-A1")
    await press(page, '[id="up-about_you"]', f"{WHOLE}#up-about_you")
    await press(page, f'a[href="{WHOLE}/views"]', f"{WHOLE}/views")
    await look(page, f"{name}-6-section")
    await press(page, f'a[href="{WHOLE}#s-views"]', f"{WHOLE}#s-views")
    await press(page, f'a[href="{WHOLE}/A2"]', f"{WHOLE}/A2")
    await look(page, f"{name}-2-question")
    await page.locator("#max").fill("99")
    await page.locator('button[value="save"]').click()
    await page.wait_for_selector("#errs")
    await page.wait_for_load_state("networkidle")
    assert await page.locator("#max").input_value() == "99"
    if script:
        assert await page.evaluate("document.activeElement.id") == "errs"
    await look(page, f"{name}-3-fault")
    await page.locator("#max").fill("2")
    await press(page, 'button[value="save"]', f"{WHOLE}/A2#last")
    await page.locator("#new-choice").fill("Something else")
    await press(page, 'button[value="add_choice"]', f"{WHOLE}/A2#new-choice")
    assert await page.locator("#new-choice").input_value() == ""
    await press(page, '[id="choice_up-6"]', f"{WHOLE}/A2#choice_up-6")
    await page.locator("#place").select_option("B4")
    await press(page, 'button[value="place"]', f"{WHOLE}#q-A2")
    await press(page, f'a[href="{WHOLE}/B6/delete"]', f"{WHOLE}/B6/delete")
    await look(page, f"{name}-4-delete")
    await press(page, "button.danger", f"{WHOLE}#s-experience")
    await look(page, f"{name}-5-after")
    number, changed = await newest(house)
    assert number == 9
    assert "B6" not in changed.questions
    assert [section.name for section in changed.sections] == ["start", "views", "about_you", "experience"]
    assert [each.code for each in changed.sections[1].questions] == ["N1", "A3", "A1", "A4", "A5"]
    codes = [each.code for each in changed.sections_by_name["experience"].questions]
    assert codes[codes.index("B4") + 1] == "A2"
    for _ in range(number - 2):
        await press(page, 'button[value="undo"]', f"{WHOLE}#last")
    await page.locator('button[value="undo"]').click()
    await page.wait_for_selector('button[value="undo"]', state="detached")
    assert await newest(house) == (1, before)
    assert bool(whole_pages) is not script, whole_pages
    if script:
        # The way back is a page again, whole.
        await page.go_back()
        await page.wait_for_load_state("networkidle")
        assert await page.locator("header.top").count() == 1
        assert await page.locator("main").count() == 1


@pytest.mark.parametrize(("language", "width", "script"), [("en", 1280, True), ("ar", 320, False)])
async def test_words_are_corrected_while_the_day_is_open(
    open_page: OpenPage, house: House, site: str, language: str, width: int, script: bool
) -> None:
    page = await open_page(lang=language, script=script, width=width, height=800)
    await enter(page, house, site, language)
    name = f"correct-{language}-{width}"
    await page.goto(f"{site}{WHOLE}")
    await look(page, f"{name}-1-whole")
    await page.locator(f'a[href="{CORRECTIONS}/A1"]').click()
    await page.wait_for_url(f"**{CORRECTIONS}/A1")
    await look(page, f"{name}-2-choose")
    await page.locator('nav a[href$="language=ar"]').click()
    await page.locator(f'a[href="{CORRECTIONS}/ar/A1.label"]').click()
    await page.locator("#text").fill("واحد من أربعة  فقط")
    await page.locator("button.main").click()
    await page.wait_for_selector("#errs")
    await look(page, f"{name}-3-fault")
    await page.locator("#reason").fill("خطأ مطبعي")
    await page.locator("button.main").click()
    await page.wait_for_url(f"**{CORRECTIONS}#last")
    await look(page, f"{name}-4-list")
    await page.goto(f"{site}/ar/consultations/{SLUG}/parents")
    assert await page.get_by_text("واحد من أربعة فقط").count() == 1
    async with AsyncSession(house.engine) as session:
        stored = (await session.scalars(select(Questionnaire).order_by(Questionnaire.number))).all()
    assert [each.reason for each in stored] == ["", "خطأ مطبعي"]
