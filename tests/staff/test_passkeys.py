"""Passkeys: made, listed, removed, and signing in; what is refused, and what stands in the trail."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.staff.attempts import FREE_FOR_A_NETWORK
from app.staff.models import Account, AuditEntry, Passkey, Spent
from app.staff.passkeys import MOST, Place, place_of
from app.staff.permissions import Role
from tests.application import House, Reader
from tests.desk import at_the_desk
from tests.staff.devices import PRESENT, Device, at_localhost, wish_on
from tests.staff.newcomers import PASSWORD, account_of, acts, employ, set_up, sign_in


@pytest.fixture
def database_kind() -> str:
    """What these pages say does not depend on it."""
    return "sqlite"


ADD, NEW, REMOVE = "/staff/account/passkeys", "/staff/account/passkeys/new", "/staff/account/passkeys/remove"
SHOW = "/staff/passkey"


@pytest.fixture
async def reader(house: House) -> AsyncIterator[Reader]:
    async with house.reader() as made:
        yield at_localhost(made)


async def begin(reader: Reader, name: str = "هاتف أمل", password: str = PASSWORD) -> dict[str, Any]:
    """What the device is asked for, after the form on the account page."""
    await reader.post(ADD, {"passkey": name, "current": password})
    return wish_on(await reader.follow())


async def with_passkey(house: House, reader: Reader) -> tuple[str, Device]:
    """A new person who has made a passkey and signed out."""
    address, device = await employ(house), Device()
    await sign_in(reader, address)
    await reader.post(NEW, {"answer": device.make(await begin(reader))})
    await reader.post("/staff/sign-out", {})
    return address, device


async def show(reader: Reader, device: Device, *, status: int = 303, **wrong: Any) -> str:
    wish = wish_on(await reader.get(SHOW))
    return await reader.post(SHOW, {"answer": device.show(wish, **wrong)}, status=status)


async def reasons(house: House) -> list[str]:
    """Why sign-ins failed, in order."""
    async with AsyncSession(house.engine) as session:
        rows = await session.scalars(
            select(AuditEntry.reason).where(AuditEntry.act == "sign_in_failed").order_by(AuditEntry.number)
        )
        return list(rows)


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_a_passkey_is_made_listed_and_signs_in_alone(house: House, language: str) -> None:
    address, device = await employ(house, language=language), Device()
    async with house.reader(language) as reader:
        reader.desk_language = language
        at_localhost(reader)
        await sign_in(reader, address)
        await reader.get("/staff/account")
        wish = await begin(reader)
        assert wish["authenticatorSelection"] == {
            "residentKey": "required", "requireResidentKey": True, "userVerification": "required",
        }  # fmt: skip
        assert (wish["rp"]["id"], wish["user"]["name"]) == ("localhost", address)
        await reader.post(NEW, {"answer": device.make(wish)})
        page = await reader.follow()
        assert "هاتف أمل" in page
    async with house.reader(language) as reader:
        reader.desk_language = language
        at_localhost(reader)
        assert SHOW in await reader.get("/staff/sign-in")
        wish = wish_on(await reader.get(SHOW))
        assert (wish["allowCredentials"], wish["userVerification"]) == ([], "required")
        await reader.post(SHOW, {"answer": device.show(wish)})
        assert reader.led_to == "/staff/"
        await reader.follow()
        await reader.get(SHOW, status=303)
    assert [act for act, *_ in await acts(house)] == ["signed_in", "passkey_added", "signed_in"]


async def test_it_counts_as_both_factors(house: House, reader: Reader) -> None:
    address, device = await employ(house, Role.PROTECTION), Device()
    await sign_in(reader, address)
    await set_up(house, reader)
    await reader.post(NEW, {"answer": device.make(await begin(reader))})
    await reader.post("/staff/sign-out", {})
    await show(reader, device)
    assert reader.led_to == "/staff/"
    await reader.get("/staff/trail")


WRONG: dict[str, dict[str, Any]] = {
    "challenge": {"challenge": "c29tZXRoaW5n"},
    "origin": {"origin": "https://evil.example"},
    "port": {"origin": "http://localhost:81"},
    "place": {"place": "evil.example"},
    "kind": {"type": "webauthn.create"},
    "not verified": {"flags": PRESENT},
    "not present": {"flags": 0x04},
    "another key": {"key": generate_private_key(SECP256R1())},
    "another's handle": {"handle": "AAAA"},
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_answer_signs_nobody_in_and_stands_in_the_trail(house: House, reader: Reader, name: str) -> None:
    address, device = await with_passkey(house, reader)
    page = await show(reader, device, status=422, **WRONG[name])
    assert "This passkey does not sign you in" in page
    await reader.get("/staff/", status=303)
    assert (await acts(house))[-1] == ("sign_in_failed", "unknown", address)
    await show(reader, device)


async def test_a_counter_that_goes_back_is_refused_and_named(house: House, reader: Reader) -> None:
    _, device = await with_passkey(house, reader)
    await show(reader, device, counter=7)
    for counter in (7, 3, 0):
        await reader.post("/staff/sign-out", {})
        await show(reader, device, counter=counter, status=422)
    assert all("counter" in why for why in await reasons(house))
    assert len(await reasons(house)) == 3
    await show(reader, device, counter=2**32 - 1)


async def test_a_device_that_does_not_count_is_let_in(house: House, reader: Reader) -> None:
    _, device = await with_passkey(house, reader)
    async with AsyncSession(house.engine) as session:
        await session.execute(update(Passkey).values(sign_count=0))
        await session.commit()
    for _ in range(2):
        await show(reader, device, counter=0)
        await reader.post("/staff/sign-out", {})


async def test_a_challenge_is_answered_once_and_within_five_minutes(house: House, reader: Reader) -> None:
    _, device = await with_passkey(house, reader)
    wish = wish_on(await reader.get(SHOW))
    carried = reader.client.cookies.get("desk-passkey")
    assert carried
    answer = device.show(wish)
    await reader.post(SHOW, {"answer": answer})
    async with house.reader() as thief:
        at_localhost(thief).client.cookies.set("desk-passkey", carried)
        assert "sent twice" in await thief.post(SHOW, {"answer": answer}, status=422)
        # Nor a later signature of the same device for it.
        thief.client.cookies.set("desk-passkey", carried)
        await thief.post(SHOW, {"answer": device.show(wish)}, status=422)
    async with house.reader() as late:
        wish = wish_on(await at_localhost(late).get(SHOW))
        house.clock.forward(minutes=5)
        await late.post(SHOW, {"answer": device.show(wish)}, status=422)
        await show(late, device)


async def test_a_wrong_answer_uses_the_challenge_up(house: House, reader: Reader) -> None:
    _, device = await with_passkey(house, reader)
    wish = wish_on(await reader.get(SHOW))
    carried = reader.client.cookies.get("desk-passkey")
    await reader.post(SHOW, {"answer": "{}"}, status=422)
    reader.client.cookies.clear()
    reader.client.cookies.set("desk-passkey", carried or "")
    assert "sent twice" in await reader.post(SHOW, {"answer": device.show(wish)}, status=422)


async def test_what_was_spent_is_forgotten_when_its_age_is_enough(house: House, reader: Reader) -> None:
    _, device = await with_passkey(house, reader)
    house.clock.forward(hours=1)
    await show(reader, device)
    async with AsyncSession(house.engine) as session:
        assert await session.scalar(select(func.count()).select_from(Spent)) == 1


async def test_without_the_cookie_or_with_another_there_is_no_challenge(house: House, reader: Reader) -> None:
    _, device = await with_passkey(house, reader)
    wish = wish_on(await reader.get(SHOW))
    for cookie in ("", "AAAA", "é", "A" * 5000):
        reader.client.cookies.clear()
        answer = {"answer": device.show(wish)}
        header = {"cookie": f"desk-passkey={cookie}"} if cookie.isascii() and cookie else {}
        await reader.post(SHOW, answer, status=422, **header)


async def test_nothing_that_is_no_answer_breaks_anything(house: House, reader: Reader) -> None:
    address, device = await with_passkey(house, reader)
    whole = json.loads(device.show(wish_on(await reader.get(SHOW))))
    broken = ["", "null", "[]", "{", "\0", "0" * 30_000, "[" * 3000, json.dumps({**whole, "type": "x"})]
    broken += [
        json.dumps({**whole, "response": {**whole["response"], part: value}})
        for part in whole["response"]
        for value in ("", "!", "AAAA", "é", 7, None, "A" * 4000)
    ]
    for answer in broken:
        house.clock.forward(hours=7)
        await reader.get(SHOW)
        await reader.post(SHOW, {"answer": answer}, status=422)
    await sign_in(reader, address)
    for answer in [*broken, json.dumps({**whole, "response": {"clientDataJSON": "e30", "attestationObject": "oA"}})]:
        await begin(reader)
        await reader.post(NEW, {"answer": answer}, status=422)


async def test_an_unknown_passkey_leaves_no_row(house: House, reader: Reader) -> None:
    await with_passkey(house, reader)
    stranger = Device(handle="AAAA")
    await show(reader, stranger, status=422)
    assert await reasons(house) == []


@pytest.mark.parametrize("how", ["ended", "removed", "taken off"])
async def test_a_passkey_of_an_ended_account_or_one_that_was_removed_opens_nothing(
    house: House, reader: Reader, how: str
) -> None:
    address, device = await with_passkey(house, reader)
    account = await account_of(house, address)
    if how == "removed":
        await sign_in(reader, address)
        page = await reader.get("/staff/account")
        found = re.search(r'name="remove" value="(\d+)"', page)
        assert found
        async with house.reader() as other:
            await sign_in(other, await employ(house))
            await other.post(REMOVE, {"remove": found[1]})
        await reader.get("/staff/account")
        await reader.post(REMOVE, {"remove": found[1]})
        assert "هاتف أمل" not in await reader.follow()
        await reader.post("/staff/sign-out", {})
        said = [act for act, *_ in await acts(house)]
        assert said.count("passkey_removed") == 1
    else:
        async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
            assert "Take off the passkeys" in await desk.get(f"/staff/people/{account.id}")
            await desk.post(f"/staff/people/{account.id}", {"go": "end" if how == "ended" else "passkeys"})
            assert "Take off the passkeys" not in await desk.follow()
    await show(reader, device, status=422)
    await reader.get("/staff/", status=303)


async def test_who_is_invited_again_begins_without_the_passkeys_of_before(house: House, reader: Reader) -> None:
    address, device = await with_passkey(house, reader)
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        await desk.post(f"/staff/people/{(await account_of(house, address)).id}", {"go": "end"})
        await desk.post("/staff/people", {"email": address, "name": "Amal", "role": "member", "language": "en"})
    assert (await account_of(house, address)).ended_at is None
    await show(reader, device, status=422)


async def test_an_account_that_was_ended_behind_our_back_is_refused(house: House, reader: Reader) -> None:
    _, device = await with_passkey(house, reader)
    async with AsyncSession(house.engine) as session:
        await session.execute(update(Account).values(ended_at=house.clock()))
        await session.commit()
    await show(reader, device, status=422)


async def test_only_who_knows_the_password_begins_to_make_one(house: House, reader: Reader) -> None:
    await sign_in(reader, await employ(house))
    page = await reader.post(ADD, {"passkey": "هاتف", "current": "wrong wrong wrong"}, status=422)
    assert 'value="هاتف"' in page
    assert 'href="#current3"' in page
    await reader.post(ADD, {"passkey": " ", "current": PASSWORD}, status=422)
    await reader.get(NEW, status=303)
    assert reader.led_to == "/staff/account"
    await reader.post(NEW, {"answer": "{}"})
    assert reader.led_to == "/staff/account"


async def test_who_has_no_password_makes_one_soon_after_signing_in(house: House) -> None:
    async with at_the_desk(house) as desk:
        wish = await begin(at_localhost(desk), password="")
        await desk.post(NEW, {"answer": Device().make(wish)})
        house.clock.forward(minutes=16)
        await desk.post(ADD, {"passkey": "x"}, status=422)


@pytest.mark.parametrize("name", ["challenge", "origin", "place", "not verified", "not present"])
async def test_a_wrong_answer_makes_no_passkey(house: House, reader: Reader, name: str) -> None:
    device = Device()
    await sign_in(reader, await employ(house))
    wish = await begin(reader)
    page = await reader.post(NEW, {"answer": device.make(wish, **WRONG[name])}, status=422)
    await reader.post(NEW, {"answer": device.make(wish)}, status=422)
    assert wish_on(page)["challenge"] != wish["challenge"]
    wish = wish_on(await reader.get(NEW))
    await reader.post(NEW, {"answer": device.make(wish)})
    assert reader.led_to == "/staff/account?done=passkey"


async def test_one_passkey_belongs_to_one_account_and_one_person_to_their_own_challenge(
    house: House, reader: Reader
) -> None:
    _, device = await with_passkey(house, reader)
    await sign_in(reader, await employ(house))
    wish = await begin(reader)
    await reader.post(NEW, {"answer": device.make(wish)}, status=422)
    carried = reader.client.cookies.get("desk-new-passkey")
    async with house.reader() as other:
        await sign_in(at_localhost(other), await employ(house))
        other.client.cookies.set("desk-new-passkey", carried or "", path="/staff")
        await other.get(NEW, status=303)
        await other.post(NEW, {"answer": Device().make(wish)})
        assert other.led_to == "/staff/account"


async def test_there_are_at_most_so_many(house: House, reader: Reader) -> None:
    address = await employ(house)
    await sign_in(reader, address)
    account = await account_of(house, address)
    async with AsyncSession(house.engine) as session:
        for number in range(MOST):
            session.add(
                Passkey(
                    account_id=account.id, credential_id=b"%d" % number, public_key=b"", name="x", made_at=house.clock()
                )
            )
        await session.commit()
    assert "Add a passkey" not in await reader.get("/staff/account")
    await reader.post(ADD, {"passkey": "x", "current": PASSWORD}, status=422)


async def test_who_shows_wrong_passkeys_too_often_waits(house: House, reader: Reader) -> None:
    _, device = await with_passkey(house, reader)
    for _ in range(FREE_FOR_A_NETWORK):
        await reader.post(SHOW, {"answer": "{}"}, status=422)
    wish = wish_on(await reader.get(SHOW))
    await reader.post(SHOW, {"answer": device.show(wish)}, status=429)
    house.clock.forward(seconds=2)
    await reader.post(SHOW, {"answer": device.show(wish)})


async def test_where_browsers_know_no_passkeys_there_is_no_trace_but_a_word_on_the_account_page(
    house: House, browse: Reader
) -> None:
    assert "passkey" not in await browse.get("/staff/sign-in")
    await browse.get(SHOW, status=404)
    await browse.post(SHOW, {"answer": "{}"}, status=404)
    await sign_in(browse, await employ(house))
    assert "browsers know no passkeys" in await browse.get("/staff/account")
    await browse.post(ADD, {"passkey": "x", "current": PASSWORD}, status=422)


@pytest.mark.parametrize(
    ("public_url", "host", "place"),
    [
        ("https://consult.example/", "127.0.0.1:8000", Place("consult.example", "https://consult.example")),
        ("https://Consult.example:8443", "x", Place("consult.example", "https://consult.example:8443")),
        ("https://consult.example:443", "x", Place("consult.example", "https://consult.example")),
        ("http://consult.example", "localhost", None),
        ("https://192.0.2.1", "localhost", None),
        ("https://[2001:db8::1]", "localhost", None),
        ("http://localhost:8000", "x", Place("localhost", "http://localhost:8000")),
        ("", "localhost:8000", Place("localhost", "http://localhost:8000")),
        ("", "127.0.0.1:8000", None),
        ("", "consult.example", None),
        ("", "[::1", None),
        ("", "localhost:x", None),
        ("", "", None),
    ],
)
def test_the_place_is_that_of_the_settings_or_this_machine(public_url: str, host: str, place: Place | None) -> None:
    assert place_of(public_url, "http", host) == place
