"""The second factor: set up, asked for, each code once, recovery codes, taken off."""

import re

import pytest
from pyotp import TOTP

from app.staff import factors
from app.staff.permissions import Role
from tests.application import House, Reader
from tests.desk import at_the_desk
from tests.staff.newcomers import (
    PASSWORD,
    account_of,
    acts,
    codes_on,
    employ,
    link_in,
    mails,
    sealed_on,
    secret_on,
    sessions_of,
    set_up,
    sign_in,
)

KEY = bytes(range(32))
SHOW = "/staff/second-factor"


async def with_app(house: House, reader: Reader, role: Role = Role.PROTECTION) -> tuple[str, TOTP, list[str]]:
    """A new person who has set up the second factor, signed out; half a minute later."""
    address = await employ(house, role)
    await sign_in(reader, address)
    more = {} if role is Role.PROTECTION else {"current": PASSWORD}
    app, codes = await set_up(house, reader, **more)
    await reader.post("/staff/sign-out", {})
    house.clock.forward(seconds=60)
    return address, app, codes


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_a_second_factor_is_set_up_and_asked_for(house: House, language: str) -> None:
    address = await employ(house, Role.PROTECTION, language=language)
    async with house.reader(language) as reader:
        reader.desk_language = language
        await sign_in(reader, address)
        page = await reader.follow()
        assert re.search(r'<svg class="qr" viewBox="0 0 \d+ \d+" role="img"', page)
        app, codes = await set_up(house, reader)
        assert len(set(codes)) == 10
        await reader.get("/staff/account")
        account = await account_of(house, address)
        assert account.totp_secret is not None
        assert app.secret.encode() not in account.totp_secret
        assert not set(codes) & set(account.recovery_hashes)
        await reader.post("/staff/sign-out", {})
        house.clock.forward(minutes=1)
        await sign_in(reader, address)
        assert reader.led_to == SHOW
        await reader.follow()
        await reader.get("/staff/", status=303)
        await reader.get("/staff/account/second-factor", status=303)
        await reader.post(SHOW, {"code": app.at(house.clock())})
        await reader.follow()
    assert len(await sessions_of(house, address)) == 1


async def test_a_code_lets_in_once_and_an_older_one_never_again(house: House, browse: Reader) -> None:
    address, app, _ = await with_app(house, browse)
    now, before = app.at(house.clock()), app.at(house.clock(), counter_offset=-1)
    await sign_in(browse, address)
    await browse.post(SHOW, {"code": now})
    async with house.reader() as other:
        await sign_in(other, address)
        for code in (now, before, app.at(house.clock(), counter_offset=5), "", "abcdef"):
            await other.post(SHOW, {"code": code}, status=422)
        await other.get("/staff/", status=303)


async def test_the_code_that_set_it_up_does_not_let_in(house: House, browse: Reader) -> None:
    address = await employ(house, Role.PROTECTION)
    await sign_in(browse, address)
    app, _ = await set_up(house, browse)
    async with house.reader() as other:
        await sign_in(other, address)
        await other.post(SHOW, {"code": app.at(house.clock())}, status=422)


async def test_a_code_is_read_in_groups_and_in_arabic_digits(house: House, browse: Reader) -> None:
    address, app, _ = await with_app(house, browse)
    await sign_in(browse, address)
    code = app.at(house.clock()).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    await browse.post(SHOW, {"code": f"{code[:3]} {code[3:]}"})
    assert browse.led_to == "/staff/"


async def test_a_recovery_code_lets_in_once(house: House, browse: Reader) -> None:
    address, _, codes = await with_app(house, browse)
    await sign_in(browse, address)
    await browse.post(SHOW, {"code": codes[3].lower().replace(" ", "-")})
    assert "9 recovery codes are left" in await browse.get("/staff/account")
    async with house.reader() as other:
        await sign_in(other, address)
        await other.post(SHOW, {"code": codes[3]}, status=422)
        await other.post(SHOW, {"code": codes[4]})
    assert [act for act, *_ in await acts(house)].count("recovery_code_used") == 2


async def test_new_recovery_codes_take_the_place_of_the_old_and_need_the_password(house: House, browse: Reader) -> None:
    address, app, codes = await with_app(house, browse)
    await sign_in(browse, address)
    await browse.post(SHOW, {"code": app.at(house.clock())})
    await browse.post("/staff/account/recovery", {"current": "wrong wrong wrong"}, status=422)
    await browse.post("/staff/account/recovery", {"current": PASSWORD})
    page = await browse.follow()
    assert codes[0] not in page
    await browse.post("/staff/sign-out", {})
    await sign_in(browse, address)
    await browse.post(SHOW, {"code": codes[0]}, status=422)


async def test_a_wrong_code_sets_nothing_up_and_keeps_the_secret_on_the_page(house: House, browse: Reader) -> None:
    address = await employ(house, Role.PROTECTION)
    await sign_in(browse, address)
    page = await browse.follow()
    again = await browse.post("/staff/account/second-factor", {"sealed": sealed_on(page), "code": "000000"}, status=422)
    assert secret_on(again) == secret_on(page)
    assert (await account_of(house, address)).totp_secret is None
    for sealed in ("", "zz", "00" * 60):
        await browse.post("/staff/account/second-factor", {"sealed": sealed, "code": "000000"})


async def test_nobody_sets_up_a_secret_that_was_sealed_for_another(house: House, browse: Reader) -> None:
    one, other = await employ(house, Role.PROTECTION), await employ(house, Role.PROTECTION)
    await sign_in(browse, one)
    page = await browse.follow()
    async with house.reader() as second:
        await sign_in(second, other)
        fields = {"sealed": sealed_on(page), "code": TOTP(secret_on(page)).at(house.clock())}
        await second.post("/staff/account/second-factor", fields)
    assert (await account_of(house, other)).totp_secret is None


async def test_somebody_signed_in_changes_the_second_factor_only_with_the_password(
    house: House, browse: Reader
) -> None:
    address, app, _ = await with_app(house, browse, Role.MODERATOR)
    await sign_in(browse, address)
    await browse.post(SHOW, {"code": app.at(house.clock())})
    page = await browse.get("/staff/account/second-factor")
    fields = {"sealed": sealed_on(page), "code": TOTP(secret_on(page)).at(house.clock())}
    await browse.post("/staff/account/second-factor", fields, status=422)
    await browse.post("/staff/account/second-factor/remove", {"current": "wrong wrong wrong"}, status=422)
    await browse.post("/staff/account/second-factor", {**fields, "current": PASSWORD})
    await browse.post("/staff/account/second-factor/remove", {"current": PASSWORD})
    assert "second factor is off" in await browse.follow()
    said = [act for act, *_ in await acts(house)]
    assert said.count("second_factor_set") == 2
    assert said[-1] == "second_factor_removed"


async def test_recovery_codes_are_led_to_and_shown_once_in_the_browser_that_asked(house: House, browse: Reader) -> None:
    address, app, _ = await with_app(house, browse, Role.MODERATOR)
    await sign_in(browse, address)
    await browse.post(SHOW, {"code": app.at(house.clock())})
    await browse.post("/staff/account/recovery", {"current": PASSWORD})
    assert browse.last is not None
    assert (browse.led_to, browse.last.content) == ("/staff/account/recovery", b"")
    (cookie,) = browse.last.headers.get_list("set-cookie")
    assert re.search(r"; HttpOnly; Max-Age=300; Path=/staff; SameSite=lax$", cookie)
    carried = browse.client.cookies.get("desk-codes") or ""
    async with house.reader() as other:
        await sign_in(other, await employ(house))
        other.client.cookies.set("desk-codes", carried, path="/staff")
        await other.get("/staff/account/recovery", status=303)
    assert len(codes_on(await browse.follow())) == 10
    await browse.get("/staff/account/recovery", status=303)
    assert browse.led_to == "/staff/account"
    await browse.post("/staff/account/recovery", {"current": PASSWORD})
    house.clock.forward(minutes=5)
    await browse.get("/staff/account/recovery", status=303)


async def test_a_role_that_must_have_one_cannot_turn_it_off(house: House, browse: Reader) -> None:
    address, app, _ = await with_app(house, browse)
    await sign_in(browse, address)
    await browse.post(SHOW, {"code": app.at(house.clock())})
    await browse.post("/staff/account/second-factor/remove", {"current": PASSWORD}, status=422)
    assert (await account_of(house, address)).totp_secret is not None


async def test_a_link_from_a_mail_does_not_go_around_the_second_factor(house: House, browse: Reader) -> None:
    address, _, _ = await with_app(house, browse)
    await browse.post("/staff/forgotten", {"email": address})
    new = "nine loud cormorants"
    await browse.post(link_in(mails(house.settings.mail_folder())[0]), {"password": new, "again": new})
    assert browse.led_to == SHOW
    await browse.get("/staff/", status=303)


async def test_an_administrator_takes_off_a_lost_one_and_the_person_sets_up_another(
    house: House, browse: Reader
) -> None:
    address, app, _ = await with_app(house, browse)
    await sign_in(browse, address)
    await browse.post(SHOW, {"code": app.at(house.clock())})
    account = await account_of(house, address)
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        assert "Take off the second factor" in await desk.get(f"/staff/people/{account.id}")
        await desk.post(f"/staff/people/{account.id}", {"go": "factor"})
        await desk.follow()
    await browse.get("/staff/", status=303)
    await sign_in(browse, address)
    assert browse.led_to == "/staff/account/second-factor"


async def test_half_a_sign_in_ends_after_half_an_hour(house: House, browse: Reader) -> None:
    address, app, _ = await with_app(house, browse)
    await sign_in(browse, address)
    house.clock.forward(minutes=30)
    await browse.get(SHOW, status=303)
    await browse.post(SHOW, {"code": app.at(house.clock())})
    assert browse.led_to == "/staff/sign-in"


def test_a_sealed_secret_opens_for_its_account_and_purpose_only() -> None:
    sealed = factors.seal(KEY, "SECRET", 7, "kept")
    assert factors.unseal(KEY, sealed, 7, "kept") == "SECRET"
    for key, account, purpose in ((KEY, 8, "kept"), (KEY, 7, "pending"), (bytes(32), 7, "kept")):
        assert factors.unseal(key, sealed, account, purpose) is None
    assert factors.unseal(KEY, b"", 7, "kept") is None
    assert factors.seal(KEY, "SECRET", 7, "kept") != sealed
