"""The gate and the helplines in a real browser: no barriers, nothing wider than a small phone, without script."""

import pytest
from playwright.async_api import expect

from app.staff.door import COOKIE
from tests.application import House
from tests.browsers import OpenPage, axe
from tests.desk import at_the_desk
from tests.questionnaire.drafts import GATE, name_guardians, prepare
from tests.serving import site

__all__ = ["site"]

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.mark.parametrize(("language", "width"), [("ar", 320), ("en", 1280)])
async def test_the_gate_and_the_helplines_have_no_barriers_and_fit_a_small_phone(
    house: House, site: str, open_page: OpenPage, language: str, width: int
) -> None:
    await prepare(house, reviewed=False)
    named = await name_guardians(house)
    page = await open_page(lang=language, script=False, width=width)
    async with at_the_desk(house, language=language) as desk:
        cookie = desk.client.cookies[COOKIE]
        await page.context.add_cookies([{"name": COOKIE, "value": cookie, "url": site}])
        await page.goto(f"{site}{GATE}")
        await page.select_option("#lead", named["lead"])
        await page.select_option("#deputy", named["lead"])
        await page.click(f'form[action="{GATE}/plan"] button')
        await expect(page.locator("#errs")).to_have_count(1)
        assert await axe(page) == []
        await page.select_option("#deputy", named["deputy"])
        await page.click(f'form[action="{GATE}/plan"] button')
        await expect(page.locator("#line-protection .st.ok")).to_have_count(1)
        await page.goto(f"{site}/staff/helplines?country=AD")
        await page.click('button[value="checked:AD/175"]')
        await expect(page.locator("#AD-175 .st.ok")).to_have_count(2)
        for path in (GATE, "/staff/helplines?country=AD"):
            await page.goto(f"{site}{path}")
            assert await axe(page) == []
            # The table scrolls in its own region; the page itself does not.
            box = await page.locator("main").bounding_box()
            assert box is not None
            assert box["width"] <= width
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
