"""The pages of results in a real Chromium, in six languages, wide and narrow, without script and with: nothing that axe
finds, nothing wider than the window, everything within reach of the keyboard."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.reporting.release import Release
from tests.application import House, running
from tests.browser.looking import Looker
from tests.browsers import OpenPage
from tests.reporting.people import instrument
from tests.reporting.told import keep, told_release
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]

BASE = "consultations/told/results"
PAGES = {
    "first": "",
    "young": "/young",
    "method": "/method",
    "views": "/sections/views",
    "views-region": "/sections/views?by=region",
    "words": "/sections/words",
}
#: Language, width, and what is looked at.
LOOKS = [
    ("en", 1280, ("first", "views", "young")),
    ("ar", 320, ("first", "young", "method", "views-region", "words")),
    ("ar", 1280, ("first",)),
    *((language, 320, ("young", "views-region")) for language in ("zh", "ru", "fr", "es")),
]


@pytest.fixture(scope="module")
def release() -> Release:
    return told_release(instrument(), 600)


@pytest.fixture
async def house(database_url: str, tmp_path: Path, release: Release) -> AsyncIterator[House]:
    async with running(database_url, tmp_path, document=instrument(), slug="told") as made:
        made.clock.now = made.consultation.closes_at + timedelta(hours=1)
        await keep(made, release)
        yield made


@pytest.fixture
async def site(house: House) -> AsyncIterator[str]:
    async with serving(house) as address:
        yield address


async def test_every_kind_of_page_is_without_barriers_in_every_language(site: str, open_page: OpenPage) -> None:
    faults = []
    for language, width, names in LOOKS:
        page = await open_page(lang=language, width=width, height=900)
        looker = Looker(page, site, f"{language}-{width}")
        for name in names:
            await looker.go(f"/{language}/{BASE}{PAGES[name]}", name)
        faults += looker.faults
        await page.context.close()
    assert faults == []


async def test_a_breakdown_is_chosen_by_a_link_with_script_and_without(site: str, open_page: OpenPage) -> None:
    for script in (True, False):
        page = await open_page(width=1280, height=900, script=script)
        await page.goto(f"{site}/en/{BASE}/sections/views")
        await page.locator("#CB14 .by-groups a", has_text="Region").click()
        await page.wait_for_url("**/sections/views?by=region#CB14")
        await page.locator('#CB14 .by-groups [aria-current="true"]', has_text="Region").wait_for()
        box = await page.locator("#CB14").bounding_box()
        assert box is not None
        assert -20 <= box["y"] <= 300
        await page.locator(".lang a[lang], .lang li[lang=ar] a").first.click()
        await page.wait_for_url("**/ar/**/sections/views?by=region*")
        await page.context.close()
