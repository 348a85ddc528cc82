"""Sign-in at a provider: the whole way to a real one and back, over real lines."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import OperatorError
from app.settings import Settings
from app.staff.attempts import FREE_FOR_A_NETWORK
from app.staff.models import AuditEntry
from app.staff.oidc import provider_of
from app.staff.permissions import Role
from tests.application import House, Reader
from tests.desk import at_the_desk
from tests.serving import serving
from tests.staff.newcomers import account_of, acts, employ, set_up, sign_in
from tests.staff.providers import NAME, Person, come_back, go_there, introduce, leave, providing, visiting

GO_ON = "You are not signed in"


@pytest.fixture(scope="session")
def issuer() -> Iterator[str]:
    with providing() as address:
        yield address


@pytest.fixture
async def site(house: House, issuer: str) -> AsyncIterator[str]:
    async with serving(house) as address:
        introduce(house, address, issuer)
        yield address


@pytest.fixture
async def traveller(site: str) -> AsyncIterator[Reader]:
    async with visiting(site) as reader:
        yield reader


async def refusals(house: House, expected: int = 1) -> list[tuple[str, str]]:
    """Who and why of each refused sign-in. The row is written after the answer, so it is waited for."""
    async with asyncio.timeout(20):
        while True:
            async with AsyncSession(house.engine) as session:
                rows = await session.scalars(
                    select(AuditEntry).where(AuditEntry.act == "sign_in_failed").order_by(AuditEntry.number)
                )
                found = [(each.who, each.reason) for each in rows]
            if len(found) >= expected:
                return found
            await asyncio.sleep(0.02)


async def invited(house: House, role: Role = Role.MODERATOR) -> str:
    """The address of somebody who was invited and has never been here."""
    address = f"new-{role}@example.org"
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        fields = {"email": address, "name": "نور", "role": role.value, "language": "en", "languages": "ar"}
        await desk.post("/staff/people", fields)
    return address


async def test_an_invited_person_signs_in_there_without_ever_setting_a_password(
    house: House, traveller: Reader, issuer: str
) -> None:
    address = await invited(house)
    assert f"Sign in with {NAME}" in await traveller.get("/staff/sign-in")
    await come_back(traveller, Person("u-1", address.upper()))
    assert traveller.led_to == "/staff/"
    await traveller.get("/staff/")
    page = await traveller.get("/staff/account")
    assert issuer in page
    assert (await acts(house))[1:] == [("identity_bound", address, address), ("signed_in", address, address)]
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        page = await desk.get(f"/staff/people/{(await account_of(house, address)).id}")
        assert "No password was set yet" not in page


async def test_later_the_pair_decides_and_the_address_never_again(house: House, traveller: Reader, site: str) -> None:
    one, other = await employ(house), await employ(house)
    await come_back(traveller, Person("u-2", one))
    async with visiting(site) as reader:
        await come_back(reader, Person("u-2", other, verified=False))
        assert one in await reader.get("/staff/account")
    async with visiting(site) as reader:
        # The address was given to somebody else there: who they are here is not decided by it.
        await come_back(reader, Person("u-3", one), status=403)
    assert [act for act, *_ in await acts(house)].count("identity_bound") == 1
    assert await refusals(house) == [("unknown", "the account is bound to another subject")]


@pytest.mark.parametrize(
    ("person", "why"),
    [
        (Person("u-4", "stranger@example.org"), "nobody is invited with this address"),
        (Person("u-5", "known", verified=False), "no verified address, or access has ended"),
        (Person("u-6", ""), "no verified address, or access has ended"),
        (Person("u-7", "ended"), "nobody is invited with this address"),
    ],
)
async def test_who_is_nobody_here_gets_the_same_page_and_a_row_of_the_trail(
    house: House, traveller: Reader, person: Person, why: str
) -> None:
    known = await employ(house)
    if person.email == "ended":
        async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
            await desk.post(f"/staff/people/{(await account_of(house, known)).id}", {"go": "end"})
    email = known if person.email in ("known", "ended") else person.email
    page = await come_back(traveller, Person(person.subject, email, person.verified), status=403)
    assert GO_ON in page
    assert "did not open an account here" in page
    assert known not in page
    assert await refusals(house) == [("unknown", why)]
    await traveller.get("/staff/", status=303)


async def test_a_bound_person_whose_access_ended_is_out(house: House, traveller: Reader, site: str) -> None:
    address = await employ(house)
    person = Person("u-8", address)
    await come_back(traveller, person)
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        await desk.post(f"/staff/people/{(await account_of(house, address)).id}", {"go": "end"})
    await traveller.get("/staff/", status=303)
    async with visiting(site) as reader:
        assert GO_ON in await come_back(reader, person, status=403)
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        await desk.post("/staff/people", {"email": address, "name": "Amal", "role": "member", "language": "en"})
    async with visiting(site) as reader:
        # Invited again: somebody else may have the address there now.
        await come_back(reader, Person("u-8b", address))
    assert [act for act, *_ in await acts(house)].count("identity_bound") == 2


async def test_a_role_that_needs_two_factors_shows_ours_unless_the_provider_asked_for_two(
    house: House, traveller: Reader, site: str
) -> None:
    address = await employ(house, Role.SECRETARIAT)
    await come_back(traveller, Person("u-9", address))
    assert traveller.led_to == "/staff/account/second-factor"
    await traveller.get("/staff/", status=303)
    await set_up(house, traveller)
    await traveller.get("/staff/")
    for person, leads_to in (
        (Person("u-9", address, methods="pwd otp"), "/staff/second-factor"),
        (Person("u-9", address, level="1"), "/staff/second-factor"),
        (Person("u-9", address, methods="pwd mfa"), "/staff/"),
        (Person("u-9", address, level="https://refeds.org/profile/mfa"), "/staff/"),
    ):
        async with visiting(site) as reader:
            await come_back(reader, person)
            assert reader.led_to == leads_to, person


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_who_cancels_there_is_told_so_and_can_begin_again(house: House, site: str, language: str) -> None:
    address = await employ(house)
    async with visiting(site, language) as reader:
        page = await come_back(reader, Person("u-10", address, go="cancel"), status=403)
        assert "cancelled" in page or language != "en"
        assert await acts(house) == []
        await come_back(reader, Person("u-10", address))
        assert reader.led_to == "/staff/"


async def test_the_way_back_is_open_once_and_in_the_browser_that_left(
    house: House, traveller: Reader, site: str
) -> None:
    person = Person("u-11", await employ(house))
    way = await go_there(traveller, person)
    async with visiting(site) as thief:
        assert "began in another browser" in await thief.get(way, status=409)
    carried = traveller.client.cookies.get("desk-provider", path="/staff")
    assert carried
    await traveller.get(way, status=303)
    assert traveller.led_to == "/staff/"
    await traveller.get(way, status=409)
    async with visiting(site) as thief:
        # Even with what the browser carried: the provider gives nothing for a code twice.
        thief.client.cookies.set("desk-provider", carried, path="/staff")
        await thief.get(way, status=403)


async def test_a_way_that_takes_too_long_or_was_changed_leads_nowhere(house: House, traveller: Reader) -> None:
    person = Person("u-12", await employ(house))
    way = await go_there(traveller, person)
    house.clock.forward(minutes=15)
    await traveller.get(way, status=409)
    house.clock.forward(minutes=-15)
    way = await go_there(traveller, person)
    await traveller.get(re.sub(r"state=[^&]+", "state=x", way), status=409)
    for path in ("/staff/oidc/back", "/staff/oidc/back?state=%D8%A3&code=%00", "/staff/oidc/back?error=x"):
        await traveller.get(path, status=409)


async def test_the_cookie_of_the_way_is_short_lived_and_tells_nothing(house: House, traveller: Reader) -> None:
    asked = await leave(traveller)
    assert traveller.last is not None
    (cookie,) = traveller.last.headers.get_list("set-cookie")
    assert re.search(r"; HttpOnly; Max-Age=900; Path=/staff; SameSite=lax$", cookie)
    assert not any(asked[name] in cookie for name in ("state", "nonce", "code_challenge"))
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"].endswith("/staff/oidc/back")


async def test_the_binding_is_listed_and_removed_and_made_anew_by_the_next_sign_in(
    house: House, traveller: Reader, site: str
) -> None:
    address = await employ(house)
    await come_back(traveller, Person("u-13", address))
    page = await traveller.get("/staff/account")
    key = re.search(r'name="remove" value="([0-9a-f]{64})"', page)
    assert key
    async with house.reader() as other:
        await sign_in(other, await employ(house))
        await other.post("/staff/account/identities", {"remove": key[1]})
    await traveller.post("/staff/account/identities", {"remove": key[1]})
    assert "signs you in no more" in await traveller.follow()
    async with visiting(site) as reader:
        await come_back(reader, Person("u-14", address))
        assert reader.led_to == "/staff/"
    said = [act for act, *_ in await acts(house)]
    assert [said.count(act) for act in ("identity_bound", "identity_removed")] == [2, 1]


async def test_who_is_in_is_not_sent_there(house: House, traveller: Reader) -> None:
    await sign_in(traveller, await employ(house))
    await traveller.get("/staff/oidc", status=303)
    assert traveller.led_to == "/staff/"


async def test_who_comes_back_wrongly_too_often_waits(house: House, traveller: Reader) -> None:
    for _ in range(FREE_FOR_A_NETWORK):
        asked = await leave(traveller)
        await traveller.get(f"/staff/oidc/back?code=x&state={asked['state']}&iss=x", status=403)
    await traveller.get("/staff/oidc", status=429)


async def test_without_a_provider_nothing_is_there(house: House, browse: Reader) -> None:
    assert "oidc" not in await browse.get("/staff/sign-in")
    await browse.get("/staff/oidc", status=404)
    await browse.get("/staff/oidc/back?code=x&state=x", status=404)
    async with at_the_desk(house) as desk:
        assert "provider" not in await desk.get("/staff/account")


WHOLE = {
    "oidc_issuer": "https://id.example.org/realm",
    "oidc_client_id": "consult",
    "oidc_client_secret": "hidden",
    "public_url": "https://consult.example/",
}


def test_the_settings_make_a_provider_or_say_what_is_missing(tmp_path: Path) -> None:
    def made(**more: str) -> object:
        return provider_of(Settings(data=tmp_path, secret="s" * 40, **more))  # type: ignore[arg-type]

    assert made() is None
    provider = provider_of(Settings(data=tmp_path, **WHOLE))  # type: ignore[arg-type]
    assert provider is not None
    assert (provider.name, provider.back) == ("id.example.org", "https://consult.example/staff/oidc/back")
    for name in ("oidc_client_id", "oidc_client_secret", "public_url"):
        with pytest.raises(OperatorError, match=f"CONSULT_{name.upper()}"):
            made(**{**WHOLE, name: ""})
    for address in ("id.example.org", "http://id.example.org", "https://", "https://[x"):
        with pytest.raises(OperatorError, match="CONSULT_OIDC_ISSUER"):
            made(**{**WHOLE, "oidc_issuer": address})
