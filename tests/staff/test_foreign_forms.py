"""No page of another site can do anything at the desk, whoever is signed in in that browser: route by route."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations.models import Consultation
from app.staff.permissions import Role
from tests.application import House
from tests.desk import at_the_desk
from tests.samples import SLUG
from tests.staff.newcomers import acts, employ, sign_in
from tests.staff.test_permissions import address_of, methods_of, routes_of

FOREIGN: list[dict[str, Any]] = [
    {"sec-fetch-site": "cross-site", "origin": "http://evil.example"},
    {"sec-fetch-site": "same-site", "origin": "http://other.test"},
    {"sec-fetch-site": "cross-site", "hx-request": "true"},
    {"origin": "http://evil.example"},
    {"origin": "https://test.evil.example"},
]
OURS: dict[str, Any] = {"sec-fetch-site": "same-origin"}
PAUSE = {"go": "pause", "reason": "Not ours"}


@pytest.mark.parametrize("headers", FOREIGN)
async def test_every_form_of_the_desk_is_refused_from_elsewhere(house: House, headers: dict[str, Any]) -> None:
    let_through = []
    posted = 0
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        for route in routes_of(house.application):
            for method in methods_of(route):
                if method == "GET":
                    continue
                response = await desk.client.request(method, address_of(route), headers=headers, data={"go": "end"})
                posted += 1
                if response.status_code != 403 or "came from another site" not in response.text:
                    let_through.append(f"{method} {route.path}: {response.status_code}")
        assert not let_through, "\n".join(let_through)
        assert posted >= 30
        # Whoever was meant to be signed out by it is still here.
        await desk.get("/staff/account")


async def test_routes_change_things_by_post_alone(house: House) -> None:
    assert {method for route in routes_of(house.application) for method in methods_of(route)} == {"GET", "POST"}


async def test_what_a_foreign_form_asks_for_is_not_done_and_the_same_form_of_ours_is(house: House) -> None:
    async with at_the_desk(house) as desk:
        for headers in FOREIGN:
            await desk.post(f"/staff/consultations/{SLUG}/day", PAUSE, status=403, **headers)
        assert await acts(house) == []
        await desk.post(f"/staff/consultations/{SLUG}/day", PAUSE, **OURS)
    async with AsyncSession(house.engine) as session:
        paused_at = await session.scalar(select(Consultation.paused_at).where(Consultation.slug == SLUG))
    assert paused_at == house.clock()
    assert [act for act, *_ in await acts(house)] == ["day_pause"]


async def test_the_session_does_not_travel_with_forms_of_other_sites(house: House) -> None:
    """Where a browser says neither site nor origin, this is what keeps the form out."""
    address = await employ(house)
    async with house.reader() as reader:
        await sign_in(reader, address)
        assert reader.last is not None
        (cookie,) = [each for each in reader.last.headers.get_list("set-cookie") if each.startswith("desk=")]
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"samesite=lax", "httponly", "path=/staff"} <= attributes
