"""The whole journey in a real Chromium at 320 px: right to left, with and without script, by keyboard; with axe."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page
from starlette.types import Message, Receive, Scope, Send

from app.questionnaire.document import Document
from app.questionnaire.xlsform import read_xlsform
from tests.application import NOON, House, running
from tests.browsers import OpenPage, axe, tab_to
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]

LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")
INSTRUMENT = Path(__file__).parents[2] / "app" / "questionnaire" / "instruments" / "cyberbullying.xlsx"
#: Where pictures are put for whoever wants to look; nowhere by default.
SHOTS = os.environ.get("SHOTS", "")


def cyberbullying() -> Document:
    document = read_xlsform(INSTRUMENT.read_bytes(), INSTRUMENT.name).document
    assert document is not None
    return document


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with running(database_url, tmp_path, document=cyberbullying(), slug="cyberbullying") as made:
        yield made


@pytest.fixture
async def site(house: House) -> AsyncIterator[str]:
    async with serving(house) as address:
        yield address


async def look(page: Page, name: str, *, check: bool = True) -> None:
    """Nothing wider than the window, nothing that axe finds; a picture where pictures are wanted."""
    if SHOTS:
        # The caret as it is: hiding it would put a style into the page, which our policy refuses.
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True, caret="initial")
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} at {page.url} is {wide} px wider than the window"
    if check:
        assert await axe(page) == [], f"{name} at {page.url}"


async def choose(page: Page, *values: str) -> None:
    for value in values:
        await page.locator(f'input[value="{value}"]').first.check()


async def go_on(page: Page, value: str = "next") -> None:
    before = page.url
    button = page.locator(f'button[name="go"][value="{value}"]')
    await button.click()
    await page.wait_for_function("before => location.href !== before", arg=before)
    await page.wait_for_load_state("networkidle")


async def walk_through(page: Page, site: str, lang: str, name: str, *, check: bool) -> str:
    """The journey from the front page to the receipt; gives the code."""
    await page.goto(f"{site}/{lang}/")
    await look(page, f"{name}-01-front", check=check)
    await page.goto(f"{site}/{lang}/consultations/cyberbullying")
    await look(page, f"{name}-02-about", check=check)
    await page.locator("a.go").click()
    await page.wait_for_url("**/answer/start")
    await look(page, f"{name}-03-age", check=check)
    await choose(page, "DM01.3", "yes")
    await go_on(page)
    number = 3
    while page.url.rpartition("/")[2].partition("#")[0] != "check":
        number += 1
        assert number < 30, page.url
        section = page.url.rpartition("/")[2].partition("#")[0]
        present = [value for value in PICKS if await page.locator(f'input[value="{value}"]').count()]
        await choose(page, *present)
        if await page.locator("textarea").count():
            await page.locator("textarea").first.fill("<b>كلمة</b> & слово 字 word")
        if await page.locator("select").count():
            await page.locator("select").first.select_option("DM03.KE")
        await look(page, f"{name}-{number:02}-{section}", check=check)
        await go_on(page)
    await look(page, f"{name}-{number + 1:02}-check", check=check)
    await go_on(page, "send")
    await page.wait_for_url("**/thanks")
    await look(page, f"{name}-{number + 2:02}-thanks", check=check)
    return await page.locator(".code bdi").inner_text()


PICKS = (
    "CB01.2",
    "CB02.1",
    "CB02.3",
    "CB03.2",
    "CB04.3",
    "CB05.1",
    "CB08.6",
    "CB09.3",
    "CB11.2",
    "CB12.1",
    "CB14.3",
    "CB15.3",
    "CB16.a.5",
    "CB17.2",
    "DM02.1",
    "DM04.3",
    "DM06.1",
)


@pytest.mark.parametrize(
    ("lang", "script"), [*((lang, False) for lang in LANGUAGES), ("ar", True), ("en", True), ("zh", True)]
)
async def test_the_whole_journey_at_320_px(
    open_page: OpenPage, house: House, site: str, lang: str, script: bool
) -> None:
    page = await open_page(lang=lang, script=script)
    code = await walk_through(page, site, lang, f"{lang}-{'script' if script else 'plain'}", check=True)
    (row,) = await house.submissions()
    assert json.loads(row.answers)["CB08"] == ["6"]
    assert json.loads(row.open_answers or "{}") == {"CB18": "<b>كلمة</b> & слово 字 word"}
    assert row.arrived_hour == NOON.replace(minute=0, second=0)
    await page.goto(f"{site}/{lang}/receipt")
    await look(page, f"{lang}-receipt")
    await page.locator("#code").fill(code)
    await page.locator("main button.go").click()
    await page.wait_for_load_state("networkidle")
    await look(page, f"{lang}-receipt-answers")
    assert await page.locator("main button.quiet").count() == 2


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_other_pages_at_320_px(open_page: OpenPage, site: str, lang: str) -> None:
    page = await open_page(lang=lang, script=False)
    for path in (
        "help",
        "help?country=KE",
        "privacy",
        "about",
        "nowhere",
        "consultations/cyberbullying/parents",
        "consultations/cyberbullying/stop/no",
        "consultations/cyberbullying/stop/young",
        "consultations/cyberbullying/stop/old",
    ):
        await page.goto(f"{site}/{lang}/{path}")
        await look(page, f"{lang}-{path.replace('/', '-').replace('?', '-')}")
    await page.goto(f"{site}/{lang}/consultations/cyberbullying/answer?all=1")
    await look(page, f"{lang}-all")
    await page.locator('button[value="send"]').click()
    await page.wait_for_load_state("networkidle")
    await look(page, f"{lang}-all-errors")
    assert await page.locator(".errs a").count() == 2


@pytest.mark.parametrize("width", [320, 1280])
async def test_errors_take_the_focus_and_lead_to_the_question(open_page: OpenPage, site: str, width: int) -> None:
    page = await open_page(lang="ar", script=True, width=width)
    await page.goto(f"{site}/ar/consultations/cyberbullying/answer")
    await choose(page, "DM01.4", "yes")
    await go_on(page)
    await choose(page, "CB03.1", "CB03.9")
    await page.locator('button[name="go"][value="next"]').click()
    await page.wait_for_selector("#errs")
    await look(page, f"ar-errors-{width}")
    assert await page.evaluate("document.activeElement.id") == "errs"
    assert (await page.title()).strip()
    await page.locator(".errs a").click()
    assert await page.evaluate("document.activeElement.id") == "CB03"
    assert await page.locator('input[value="CB03.9"]').is_checked()


async def test_the_journey_can_be_walked_with_the_keyboard_alone(open_page: OpenPage, house: House, site: str) -> None:
    page = await open_page(lang="fr", script=False)
    await page.goto(f"{site}/fr/consultations/cyberbullying/answer")

    await tab_to(page, 'input[name="DM01"]')
    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await tab_to(page, 'input[name="agree"]')
    await page.keyboard.press("Space")
    while not page.url.endswith("/check"):
        await tab_to(page, 'button[value="next"]')
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
    await tab_to(page, 'button[value="send"]')
    async with page.expect_navigation(url="**/thanks"):
        await page.keyboard.press("Enter")
    assert len(await house.submissions()) == 1


async def test_quick_exit_with_script_leaves_nothing_to_go_back_to(
    open_page: OpenPage, house: House, site: str
) -> None:
    house.settings.exit_url = f"{site}/healthz"
    page = await open_page(lang="en", script=True)
    await page.goto(f"{site}/en/consultations/cyberbullying/answer")
    await choose(page, "DM01.4", "yes")
    await go_on(page)
    here = page.url
    await page.locator("a.exit").click()
    await page.wait_for_url("**/healthz")
    assert await page.context.cookies() == []
    await page.go_back()
    assert page.url != here


async def test_quick_exit_while_an_answer_is_on_its_way_leaves_nothing(
    open_page: OpenPage, house: House, site: str
) -> None:
    """On a slow line the answer of Continue, with its cookie, would come after that of the way out."""
    house.settings.exit_url = f"{site}/healthz"
    page = await open_page(lang="en", script=True)
    await page.goto(f"{site}/en/consultations/cyberbullying/answer")
    await choose(page, "DM01.4", "yes")
    await go_on(page)
    quick = house.application.entrance

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_late(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep({"POST": 1.5}.get(scope["method"], 3 if scope["path"] == "/healthz" else 0))
            await send(message)

        await quick(scope, receive, send_late)

    house.application.entrance = slow
    await page.locator('button[name="go"][value="next"]').click()
    await asyncio.sleep(0.3)
    await page.locator("a.exit").click()
    await page.wait_for_url("**/healthz")
    await asyncio.sleep(1.5)
    assert await page.context.cookies() == []


@pytest.mark.parametrize(
    "options", [{"forced_colors": "active"}, {"color_scheme": "dark"}, {"width": 1280, "height": 900}]
)
async def test_a_section_with_a_matrix_in_other_surroundings(
    open_page: OpenPage, site: str, options: dict[str, object]
) -> None:
    page = await open_page(lang="ru", script=False, **options)
    await page.goto(f"{site}/ru/consultations/cyberbullying/answer")
    await choose(page, "DM01.4", "yes")
    await go_on(page)
    await go_on(page)
    assert await page.locator(".mrow").count() == 8
    await look(page, f"ru-matrix-{'-'.join(map(str, options.values()))}")
