"""Who guesses waits; who is guessed at does not."""

from datetime import UTC, datetime, timedelta

import pytest

from app.errors import TooManyAttempts
from app.staff import passwords
from app.staff.attempts import FREE, FREE_FOR_A_NETWORK, LONGEST_WAIT, MOST_COUNTS, Attempts, network_of, wait_after
from app.staff.browser_routes import DEVICE
from app.staff.permissions import Role
from tests.application import House, Reader
from tests.desk import at_the_desk
from tests.staff.newcomers import PASSWORD, acts, employ, set_up, sign_in

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def guess(reader: Reader, address: str, times: int = FREE) -> None:
    for _ in range(times):
        await sign_in(reader, address, "wrong wrong wrong", status=422)


async def test_after_some_wrong_passwords_even_the_right_one_waits(house: House, browse: Reader) -> None:
    address = await employ(house)
    await guess(browse, address)
    page = await sign_in(browse, address, status=429)
    assert "Too many attempts" in page
    house.clock.forward(seconds=2)
    await sign_in(browse, address)
    assert [act for act, *_ in await acts(house)].count("sign_in_failed") == FREE


async def test_who_has_to_wait_is_told_so_in_the_language_that_was_chosen_for_the_desk(
    house: House, browse: Reader
) -> None:
    await browse.post("/staff/language", {"language": "ar", "back": "/staff/sign-in"})
    browse.desk_language = "ar"
    await guess(browse, "nobody@example.org")
    assert 'dir="rtl"' in await sign_in(browse, "nobody@example.org", status=429)
    await browse.get("/staff/nothing-here", status=404)
    await browse.post("/staff/sign-in", {}, status=403, **{"sec-fetch-site": "cross-site"})
    # Outside of the desk the cookie is of no meaning.
    await browse.get("/en/consultations/nothing-here", status=404)


async def test_who_is_signed_in_reads_failures_in_the_own_language(house: House) -> None:
    async with at_the_desk(house, language="ar") as desk:
        desk.client.headers["accept-language"] = "en"
        assert 'dir="rtl"' in await desk.get("/staff/people", status=403)


async def test_an_unknown_account_waits_as_a_known_one_does(house: House, browse: Reader) -> None:
    await guess(browse, "nobody@example.org")
    await sign_in(browse, "nobody@example.org", status=429)


async def test_a_browser_that_has_signed_in_before_is_not_delayed_by_the_guesses_of_others(
    house: House, browse: Reader
) -> None:
    address = await employ(house)
    await sign_in(browse, address)
    await browse.post("/staff/sign-out", {})
    async with house.reader() as attacker:
        await guess(attacker, address)
        await sign_in(attacker, address, status=429)
    await sign_in(browse, address)


async def test_who_guesses_from_a_known_browser_waits_as_well(house: House, browse: Reader) -> None:
    address = await employ(house)
    await sign_in(browse, address)
    await guess(browse, address)
    await sign_in(browse, address, status=429)


async def test_a_mark_of_a_browser_is_of_use_for_its_account_only_and_cannot_be_made_up(
    house: House, browse: Reader
) -> None:
    address, own = await employ(house), await employ(house)
    await sign_in(browse, own)
    mark = browse.client.cookies.get(DEVICE)
    assert mark
    name = mark.split("~")[0]
    await guess(browse, address)
    for made_up in (mark, f"{name}~{'0' * 32}", "0" * 32, "x", "~", mark + "~" + "0" * 400):
        browse.client.cookies.clear()
        browse.client.cookies.set(DEVICE, made_up)
        await sign_in(browse, address, status=429)


async def test_two_people_at_one_browser_are_both_known_there(house: House, browse: Reader) -> None:
    one, other = await employ(house), await employ(house)
    for address in (one, other):
        await sign_in(browse, address)
        await browse.post("/staff/sign-out", {})
    async with house.reader() as attacker:
        await guess(attacker, one)
        await guess(attacker, other)
    await sign_in(browse, one)
    await sign_in(browse, other)


async def test_guesses_of_a_second_factor_wait_but_not_in_a_browser_that_was_in_before(
    house: House, browse: Reader
) -> None:
    address = await employ(house, Role.PROTECTION)
    await sign_in(browse, address)
    app, _ = await set_up(house, browse)
    house.clock.forward(minutes=1)
    async with house.reader() as attacker:
        await sign_in(attacker, address)
        for _ in range(FREE):
            await attacker.post("/staff/second-factor", {"code": "000000"}, status=422)
        await attacker.post("/staff/second-factor", {"code": app.at(house.clock())}, status=429)
    await sign_in(browse, address)
    await browse.post("/staff/second-factor", {"code": app.at(house.clock())})
    assert browse.led_to == "/staff/"
    assert [act for act, *_ in await acts(house)].count("second_factor_failed") == FREE


def test_the_wait_doubles_up_to_its_longest() -> None:
    waits = [wait_after(n, FREE).total_seconds() for n in range(FREE - 1, FREE + 5)]
    assert waits == [0, 2, 4, 8, 16, 32]
    assert wait_after(10_000, FREE) == LONGEST_WAIT


def test_an_attempt_that_comes_too_soon_is_not_counted_and_time_heals() -> None:
    attempts = Attempts()
    for _ in range(FREE):
        attempts.count("a", "network", now=NOW)
    for _ in range(50):
        with pytest.raises(TooManyAttempts):
            attempts.count("a", "network", now=NOW + timedelta(seconds=1))
    attempts.count("a", "network", now=NOW + timedelta(seconds=2))
    with pytest.raises(TooManyAttempts):
        attempts.count("a", "network", now=NOW + timedelta(seconds=5))
    attempts.count("a", "elsewhere", now=NOW)
    attempts.count("b", "network", now=NOW)
    for _ in range(FREE):
        attempts.count("a", "network", now=NOW + timedelta(hours=7))


def test_being_right_once_does_not_pay_for_guesses_at_others() -> None:
    attempts = Attempts()
    for _ in range(FREE_FOR_A_NETWORK):
        attempts.count("network", now=NOW, free=FREE_FOR_A_NETWORK)
        attempts.take_back(attempts.count("own", now=NOW, free=10_000))
    with pytest.raises(TooManyAttempts):
        attempts.count("network", now=NOW, free=FREE_FOR_A_NETWORK)


def test_invented_names_do_not_fill_the_memory() -> None:
    attempts = Attempts()
    for number in range(MOST_COUNTS + 100):
        attempts.count(number, now=NOW)
    assert len(attempts._counts) == MOST_COUNTS


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.7", "192.0.2.200", True),
        ("192.0.2.7", "192.0.3.7", False),
        ("::ffff:192.0.2.7", "192.0.2.9", True),
        ("2001:db8:1:2ff::1", "2001:db8:1:2aa::9", True),
        ("2001:db8:1:2ff::1", "2001:db8:1:3ff::1", False),
        ("", "", True),
    ],
)
def test_a_network_is_what_one_customer_has(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same


async def test_who_does_not_exist_is_hashed_by_the_same_measure() -> None:
    kept = await passwords.hash_of(PASSWORD)
    assert passwords.NOBODYS.split("$")[:4] == kept.split("$")[:4]
    assert await passwords.verify(PASSWORD, kept) == (True, None)
    assert await passwords.verify(PASSWORD, None) == (False, None)


async def test_a_password_is_the_same_however_its_letters_were_typed() -> None:
    kept = await passwords.hash_of("cafe\u0301 au lait, noir")
    assert (await passwords.verify("caf\u00e9 au lait, noir", kept))[0]


@pytest.mark.parametrize(
    ("password", "fault"),
    [("x" * 11, "short"), ("x" * 12, None), ("x" * 201, "long"), ("Ana@Example.org", "email"), ("كلمة سر طويلة", None)],
)
def test_what_may_be_a_password(password: str, fault: str | None) -> None:
    assert passwords.fault_of(password, "ana@example.org") == fault
