"""The list of all consultations and published data in a real browser: no barriers, narrow, right to left."""

import pytest

from tests.application import House
from tests.browser.looking import Looker
from tests.browsers import OpenPage
from tests.reporting.public import publish_with, small_release
from tests.serving import site

__all__ = ["site"]

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]


async def test_open_data_has_no_barriers_and_fits_a_small_phone(house: House, site: str, open_page: OpenPage) -> None:
    await publish_with(house, small_release())
    faults = []
    for language, width in (("ar", 320), ("en", 1280)):
        page = await open_page(lang=language, script=False, width=width)
        looker = Looker(page, site, f"{language}-{width}")
        for path, name in (
            ("consultations", "all"),
            ("consultations/sample/results", "results"),
            ("", "front"),
        ):
            await looker.go(f"/{language}/{path}", name)
        assert looker.seen == 3
        faults += looker.faults
    assert not faults, "\n".join(faults)
