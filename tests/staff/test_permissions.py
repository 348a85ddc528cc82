"""The table of permissions, route by route: every route of the desk names its act, and lets in whom the table does."""

import re
from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from app.main import Application
from app.staff.permissions import MAY, Act, Role
from tests.application import House
from tests.desk import at_the_desk

#: Whoever is not signed in yet comes here, or is signing out.
PUBLIC = frozenset(
    {
        "/staff/sign-in",
        "/staff/oidc",
        "/staff/oidc/back",
        "/staff/passkey",
        "/staff/second-factor",
        "/staff/forgotten",
        "/staff/ticket/{token}",
        "/staff/sign-out",
        "/staff/language",
    }
)
#: What stands for a part of an address. Nothing has this name, so that nothing is done to anything.
PLACEHOLDERS = {"language": "en", "code": "nothing", "file": "nothing"}


def routes_of(application: Application) -> list[APIRoute]:
    """Every route under /staff, also those that another router brought."""

    def walk(routes: list[BaseRoute]) -> Iterator[APIRoute]:
        for route in routes:
            brought = getattr(route, "original_router", None)
            if brought is not None:
                yield from walk(brought.routes)
            elif isinstance(route, APIRoute) and route.path.startswith("/staff"):
                yield route

    return list(walk(application.api.routes))


def act_of(dependant: Dependant) -> Act | None:
    """The act that `needs` asks for, here or in what this depends on."""
    for each in dependant.dependencies:
        act = getattr(each.call, "act", None) or act_of(each)
        if act is not None:
            return Act(act)
    return None


def methods_of(route: APIRoute) -> list[str]:
    return sorted((route.methods or set()) - {"HEAD"})


def address_of(route: APIRoute) -> str:
    """An address of the route at which nothing is."""

    def placed(found: re.Match[str]) -> str:
        name = found[1].split(":")[0]
        return PLACEHOLDERS.get(name, "2147483647" if name.endswith(("id", "number")) else "nothing-here")

    return re.sub(r"{([^}]+)}", placed, route.path)


def test_every_route_of_the_desk_names_its_act_or_is_known_to_be_public(house: House) -> None:
    routes = routes_of(house.application)
    assert len(routes) >= 20
    assert {route.path for route in routes if act_of(route.dependant) is None} == PUBLIC


def test_no_route_under_staff_stands_outside_of_what_this_test_walks(house: House) -> None:
    walked = {route.path for route in routes_of(house.application)}
    stray = [
        path
        for route in house.application.api.routes
        if (path := getattr(route, "path", "") or "").startswith("/staff") and path not in walked
    ]
    assert not stray


async def test_every_role_is_let_in_where_the_table_says_and_nowhere_else(house: House) -> None:
    wrong = []
    asked = 0
    for role in Role:
        async with at_the_desk(house, role, languages=("fr",)) as desk:
            for route in routes_of(house.application):
                act = act_of(route.dependant)
                if act is None:
                    continue
                for method in methods_of(route):
                    response = await desk.client.request(method, address_of(route))
                    asked += 1
                    allowed = role in MAY[act]
                    if (response.status_code == 403) is allowed or response.status_code >= 500:
                        wrong.append(f"{method} {route.path} as {role}: {response.status_code}, {act}")
                    if response.headers.get("location") == "/staff/sign-in":
                        wrong.append(f"{method} {route.path} as {role}: led to the sign-in page")
    assert not wrong, "\n".join(wrong)
    assert asked >= 7 * 14


async def test_a_stranger_is_led_to_the_sign_in_page_everywhere(house: House) -> None:
    async with house.reader() as reader:
        for route in routes_of(house.application):
            for method in methods_of(route):
                if route.path not in PUBLIC:
                    response = await reader.client.request(method, address_of(route))
                    assert (response.status_code, response.headers.get("location")) == (303, "/staff/sign-in"), route


async def test_htmx_is_led_there_as_a_whole_page(house: House) -> None:
    async with house.reader() as reader:
        response = await reader.client.get("/staff/", headers={"hx-request": "true"})
        assert response.headers["hx-redirect"] == "/staff/sign-in"


def test_every_act_of_the_table_is_somebodys() -> None:
    assert set(MAY) == set(Act)
    assert all(MAY.values())


async def test_addresses_of_the_test_lead_nowhere(house: House) -> None:
    """The test of the table would change things if something had these names."""
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        for route in routes_of(house.application):
            if "{" in route.path and act_of(route.dependant) is not None and "GET" in methods_of(route):
                response = await desk.client.get(address_of(route))
                assert response.status_code in (403, 404), route.path
