"""What cannot be done at the desk is said on a page of the desk: never on one of the young people's."""

import pytest

from app.staff.permissions import Role
from tests.application import House
from tests.desk import at_the_desk
from tests.samples import SLUG


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_whoever_is_signed_in_stays_among_the_pages_of_the_desk(house: House, language: str) -> None:
    async with at_the_desk(house, Role.TRANSLATOR, language=language) as desk:
        for path, status in (("/staff/people", 403), ("/staff/consultations/none", 404)):
            page = await desk.get(path, status=status)
            assert 'href="/staff/account"' in page
            assert f'href="/{language}/exit"' not in page
    async with at_the_desk(house, Role.SECRETARIAT, language=language) as desk:
        page = await desk.post(f"/staff/consultations/{SLUG}/freeze", {}, status=409)
        assert 'href="/staff/account"' in page
        page = await desk.post("/staff/account", {}, status=403, origin="http://evil.example")
        assert 'href="/staff/sign-in"' in page
        assert 'href="/staff/account"' not in page


async def test_failures_on_the_way_to_the_desk_are_no_pages_for_young_people(house: House) -> None:
    async with house.reader() as stranger:
        for path in ("/staff/nothing-here", "/staff/ticket/"):
            page = await stranger.get(path, status=404)
            assert 'href="/staff/sign-in"' in page
            assert 'class="exit"' not in page
        assert 'class="exit"' in await stranger.get("/en/nothing-here", status=404)
