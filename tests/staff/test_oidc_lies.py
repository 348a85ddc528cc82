"""A provider that lies, stutters, is slow or gone: nobody is signed in, and one clear page says so."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from joserfc.jwk import OctKey, RSAKey

from tests.application import House, Reader
from tests.serving import serving
from tests.staff.newcomers import account_of, acts, employ
from tests.staff.providers import SECRET, Liar, introduce, leave, visiting

#: What is said at the provider depends on nothing in the database.
TIMES = ("exp", "iat", "nbf")

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
async def site(house: House) -> AsyncIterator[str]:
    async with serving(house) as address:
        yield address


@pytest.fixture
async def liar(house: House, site: str) -> AsyncIterator[Liar]:
    made = Liar()
    async with made.serving():
        introduce(house, site, made.issuer, patience_seconds=5)
        yield made


@pytest.fixture
async def reader(site: str) -> AsyncIterator[Reader]:
    async with visiting(site) as made:
        yield made


async def return_with(
    reader: Reader, liar: Liar, address: str, *, status: int, more: str = "", **claims: object
) -> str:
    """The page of somebody who comes back; the ID token vouches for `address` unless `claims` say otherwise."""
    asked = await leave(reader)
    liar.claims = {"nonce": asked["nonce"], "email": address, "email_verified": True} | claims
    return await reader.get(f"/staff/oidc/back?code=c&state={asked['state']}{more}", status=status)


async def test_an_honest_one_signs_in(house: House, liar: Liar, reader: Reader) -> None:
    await return_with(reader, liar, await employ(house), status=303)
    assert reader.led_to == "/staff/"


HOUR = 3600


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "http://127.0.0.1:1"},
        {"aud": "another"},
        {"aud": "another", "azp": "consult"},
        {"aud": ["consult", "another"], "azp": "another"},
        {"exp": -HOUR},
        {"exp": "tomorrow"},
        {"exp": None},
        {"iat": HOUR},
        {"iat": None},
        {"nbf": HOUR},
        {"nonce": "of another departure"},
        {"nonce": None},
        {"sub": None},
        {"sub": 7},
        {"sub": "x" * 256},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    ],
    ids=str,
)
async def test_a_token_that_is_not_for_us_now_and_here_signs_nobody_in(
    house: House, liar: Liar, reader: Reader, claims: dict[str, object]
) -> None:
    address = await employ(house)
    asked = await leave(reader)
    # Instants are seconds from now: a test has one name in every process.
    moved = {
        claim: int(time.time()) + told for claim, told in claims.items() if claim in TIMES and isinstance(told, int)
    }
    liar.claims = {"nonce": asked["nonce"], "email": address, "email_verified": True} | claims | moved
    response = await reader.client.get(f"/staff/oidc/back?code=c&state={asked['state']}")
    assert response.status_code in (403, 502)
    assert "You are not signed in" in response.text
    assert "identity_bound" not in [act for act, *_ in await acts(house)]
    await reader.get("/staff/", status=303)


async def test_a_token_that_another_key_signed_signs_nobody_in(house: House, liar: Liar, reader: Reader) -> None:
    address = await employ(house)
    liar.signing_key = RSAKey.generate_key(2048)
    await return_with(reader, liar, address, status=403)
    # With a secret that both have, or that stands among the published keys, others could sign for anybody.
    shared = OctKey.import_key(SECRET)
    liar.published = [{**shared.as_dict(), "kid": "one"}]
    introduce(house, str(reader.client.base_url).rstrip("/"), liar.issuer)
    liar.signing_key, liar.header = shared, {"alg": "HS256"}
    await return_with(reader, liar, address, status=403)
    liar.token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."
    await return_with(reader, liar, address, status=403)
    liar.token = "no token"
    await return_with(reader, liar, address, status=403)


async def test_new_keys_of_the_provider_are_fetched_when_they_are_first_used(
    house: House, liar: Liar, reader: Reader, site: str
) -> None:
    address = await employ(house)
    await return_with(reader, liar, address, status=303)
    liar.key = RSAKey.generate_key(2048, {"kid": "two"})
    liar.header = {"kid": "two"}
    async with visiting(site) as other:
        await return_with(other, liar, address, status=303)
    assert liar.asked.count("keys") == 2


async def test_an_answer_that_another_issuer_sent_is_refused(house: House, liar: Liar, reader: Reader) -> None:
    address = await employ(house)
    await return_with(reader, liar, address, status=403, more="&iss=http://127.0.0.1:1")
    await return_with(reader, liar, address, status=303, more=f"&iss={liar.issuer}")


async def test_userinfo_of_somebody_else_binds_nobody(house: House, liar: Liar, reader: Reader) -> None:
    address = await employ(house)
    liar.userinfo = {"sub": "liar-2", "email": address, "email_verified": True}
    await return_with(reader, liar, address, status=403, email=None)
    liar.userinfo["sub"] = "liar-1"
    await return_with(reader, liar, address, status=303, email=None)


@pytest.mark.parametrize("verified", [False, None, "false", 1.5])
async def test_an_address_that_is_not_verified_binds_nobody(
    house: House, liar: Liar, reader: Reader, verified: object
) -> None:
    await return_with(reader, liar, await employ(house), status=403, email_verified=verified)


@pytest.mark.parametrize("broken", ["page", "status", "list"])
async def test_a_description_that_is_none_is_said_to_be_broken(
    house: House, liar: Liar, reader: Reader, broken: str
) -> None:
    liar.broken = broken
    page = await reader.get("/staff/oidc", status=502)
    assert "does not understand" in page
    liar.broken = ""
    await leave(reader)


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://another.example"},
        {"issuer": None},
        {"authorization_endpoint": "http://elsewhere.example/auth"},
        {"authorization_endpoint": None},
        {"token_endpoint": "ftp://127.0.0.1/"},
        {"jwks_uri": ""},
    ],
    ids=str,
)
async def test_a_description_of_another_or_of_half_a_provider_is_said_to_be_broken(
    house: House, liar: Liar, reader: Reader, description: dict[str, object]
) -> None:
    liar.description = description
    assert "does not understand" in await reader.get("/staff/oidc", status=502)


async def test_a_setting_that_the_provider_refuses_is_said_to_be_broken(
    house: House, liar: Liar, reader: Reader
) -> None:
    liar.broken = "token"
    assert "does not understand" in await return_with(reader, liar, await employ(house), status=502)


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_a_slow_one_is_waited_for_no_longer_than_our_patience(
    house: House, liar: Liar, site: str, language: str
) -> None:
    introduce(house, site, liar.issuer, patience_seconds=0.3)
    liar.seconds = 4
    async with visiting(site, language) as reader, asyncio.timeout(10):
        page = await reader.get("/staff/oidc", status=504)
    assert language != "en" or "did not answer in time" in page


async def test_one_that_is_gone_cannot_be_reached_there_and_back(house: House, site: str, reader: Reader) -> None:
    liar = Liar()
    async with liar.serving():
        introduce(house, site, liar.issuer)
        asked = await leave(reader)
    page = await reader.get(f"/staff/oidc/back?code=c&state={asked['state']}", status=502)
    assert "cannot be reached" in page
    introduce(house, site, liar.issuer)
    assert "cannot be reached" in await reader.get("/staff/oidc", status=502)


async def test_other_failures_of_the_provider_are_not_called_cancelled(liar: Liar, reader: Reader) -> None:
    asked = await leave(reader)
    page = await reader.get(f"/staff/oidc/back?error=server_error&state={asked['state']}", status=502)
    assert "does not understand" in page


async def test_an_account_that_has_not_been_here_is_not_changed_by_a_refusal(
    house: House, liar: Liar, reader: Reader
) -> None:
    address = await employ(house)
    before = (await account_of(house, address)).password_hash
    await return_with(reader, liar, address, status=403, aud="another")
    assert (await account_of(house, address)).password_hash == before
