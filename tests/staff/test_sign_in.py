"""Sign-in, links from mails, sessions and their cookies; what somebody who guesses learns."""

import re
from datetime import timedelta

import pytest

from app.staff.door import COOKIE
from app.staff.permissions import Role
from tests.application import House, Reader
from tests.desk import at_the_desk
from tests.staff.newcomers import (
    PASSWORD,
    account_of,
    acts,
    employ,
    link_in,
    mails,
    sessions_of,
    set_up,
    sign_in,
)

NEW = "nine loud cormorants"


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_from_invitation_to_the_desk_without_script(house: House, language: str) -> None:
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        fields = {
            "email": " New.Person@Example.org ",
            "name": "نور Haddad",
            "role": "moderator",
            "language": language,
        }
        await desk.post("/staff/people", fields)
        assert "new.person@example.org" in await desk.follow()
    (mail,) = mails(house.settings.mail_folder())
    assert mail["to"] == "new.person@example.org"
    assert "نور Haddad" in mail.get_content()
    async with house.reader(language) as reader:
        reader.desk_language = language
        link = link_in(mail)
        assert "new.person@example.org" in await reader.get(link)
        await reader.get(link)  # looking uses nothing up
        await reader.post(link, {"password": NEW, "again": NEW})
        assert reader.led_to == "/staff/"
        page = await reader.follow()
        assert f'lang="{language}"' in page
        await reader.post("/staff/sign-out", {})
        await reader.get("/staff/", status=303)
        assert reader.led_to == "/staff/sign-in"
        await reader.follow()
        await sign_in(reader, "new.person@example.org", NEW)
        await reader.follow()
        await reader.get(link, status=410)
    said = [act for act, *_ in await acts(house)]
    assert said == ["invited", "password_set", "signed_in", "signed_in"]


async def test_a_link_works_once_and_a_refused_password_does_not_use_it_up(house: House, browse: Reader) -> None:
    address = await employ(house)
    await browse.post("/staff/forgotten", {"email": address})
    link = link_in(mails(house.settings.mail_folder())[0])
    for password, again in ((NEW, NEW + "x"), ("short", "short"), (address.upper(), address.upper()), ("x" * 201,) * 2):
        await browse.post(link, {"password": password, "again": again}, status=422)
    await browse.post(link, {"password": NEW, "again": NEW})
    await browse.post(link, {"password": PASSWORD, "again": PASSWORD}, status=410)
    async with house.reader() as other:
        await sign_in(other, address, PASSWORD, status=422)
        await sign_in(other, address, NEW)


async def test_a_link_ends_after_its_time_and_a_wrong_one_never_worked(house: House, browse: Reader) -> None:
    address = await employ(house)
    await browse.post("/staff/forgotten", {"email": address})
    link = link_in(mails(house.settings.mail_folder())[0])
    house.clock.forward(minutes=59)
    await browse.get(link)
    house.clock.forward(minutes=1)
    assert "works no more" in await browse.get(link, status=410)
    await browse.post(link, {"password": NEW, "again": NEW}, status=410)
    await browse.get(f"{link[:-1]}", status=410)
    await sign_in(browse, address)


async def test_a_new_password_signs_every_browser_out(house: House, browse: Reader) -> None:
    address = await employ(house)
    await sign_in(browse, address)
    async with house.reader() as other:
        await other.post("/staff/forgotten", {"email": address})
        await other.post(link_in(mails(house.settings.mail_folder())[0]), {"password": NEW, "again": NEW})
        await other.follow()
    await browse.get("/staff/", status=303)
    assert len(await sessions_of(house, address)) == 1


async def test_asking_for_a_password_is_answered_alike_for_everybody_and_fills_no_mailbox(
    house: House, browse: Reader
) -> None:
    address, folder = await employ(house), house.settings.mail_folder()
    answers: set[object] = set()
    for asked in ("nobody@example.org", address, "no address", "\0"):
        body = await browse.post("/staff/forgotten", {"email": asked})
        assert browse.last is not None
        answers.add((body, tuple(sorted(browse.last.headers.items()))))
        answers.add(await browse.follow())
    assert len(answers) == 2
    assert [mail["to"] for mail in mails(folder)] == [address]
    for _ in range(6):
        await browse.post("/staff/forgotten", {"email": address.upper()})
    assert len(mails(folder)) == 3
    house.clock.forward(hours=1)
    await browse.post("/staff/forgotten", {"email": address})
    assert len(mails(folder)) == 4


async def test_a_mail_never_names_the_host_that_a_request_claims(house: House, browse: Reader) -> None:
    address = await employ(house)
    await browse.post("/staff/forgotten", {"email": address}, host="evil.example")
    assert "evil" not in mails(house.settings.mail_folder())[0].get_content()


async def test_a_wrong_password_and_an_unknown_account_are_answered_alike(house: House, browse: Reader) -> None:
    address = await employ(house)
    browse.client.headers["accept-encoding"] = "identity"
    pages = []
    for asked in (address, "x" * len(address.split("@")[0]) + "@example.org"):
        page = await sign_in(browse, asked, "wrong wrong wrong", status=422)
        assert browse.last is not None
        assert "set-cookie" not in browse.last.headers
        pages.append((page.replace(asked, ""), sorted(browse.last.headers.items())))
    assert pages[0] == pages[1]
    assert await acts(house) == [("sign_in_failed", "unknown", address)]


@pytest.mark.parametrize("change", ["ended", "no password"])
async def test_who_has_no_access_is_refused_like_an_unknown_account(house: House, browse: Reader, change: str) -> None:
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        address = await employ(house)
        await sign_in(browse, address)
        account = await account_of(house, address)
        if change == "ended":
            await desk.post(f"/staff/people/{account.id}", {"go": "end"})
            await browse.get("/staff/", status=303)
        else:
            await desk.post(
                "/staff/people", {"email": "n@example.org", "name": "N", "role": "member", "language": "en"}
            )
            address = "n@example.org"
    async with house.reader() as other:
        await sign_in(other, address, PASSWORD, status=422)
        await sign_in(other, address, "", status=422)


async def test_the_session_is_new_at_every_sign_in_and_hidden_from_scripts(house: House, browse: Reader) -> None:
    address = await employ(house)
    browse.client.cookies.set(COOKIE, "chosen by somebody else", path="/staff")
    tokens = set()
    for _ in range(2):
        await sign_in(browse, address)
        assert browse.last is not None
        cookies = browse.last.headers.get_list("set-cookie")
        (cookie,) = [each for each in cookies if each.startswith(f"{COOKIE}=")]
        assert re.search(r"HttpOnly; Path=/staff; SameSite=lax$", cookie)
        assert all("HttpOnly" in each and "Path=/staff" in each for each in cookies)
        tokens.add(cookie.split(";")[0])
    assert len(tokens) == 2
    assert not any("chosen" in token for token in tokens)
    assert len(await sessions_of(house, address)) == 1


async def test_cookies_are_marked_for_https_where_the_page_came_by_it(house: House) -> None:
    address = await employ(house)
    async with house.reader() as reader:
        reader.client.base_url = "https://test"
        await sign_in(reader, address)
        assert reader.last is not None
        assert all("Secure" in each for each in reader.last.headers.get_list("set-cookie"))


async def test_sessions_are_listed_and_ended_one_by_one_or_all_others(house: House, browse: Reader) -> None:
    address = await employ(house)
    await sign_in(browse, address)
    async with house.reader() as second, house.reader() as third:
        house.clock.forward(minutes=1)
        await sign_in(second, address)
        await sign_in(third, address)
        page = await browse.get("/staff/account")
        keys = re.findall(r'name="end" value="([0-9a-f]{64})"', page)
        assert len(keys) == 2
        await browse.post("/staff/account/sessions", {"end": keys[0]})
        assert len(await sessions_of(house, address)) == 2
        await browse.post("/staff/account/sessions", {"end": "others"})
        await browse.follow()
        await second.get("/staff/", status=303)
        await third.get("/staff/", status=303)
    assert [act for act, *_ in await acts(house)].count("sessions_ended") == 2


async def test_nobody_ends_the_session_of_another(house: House, browse: Reader) -> None:
    one, other = await employ(house), await employ(house)
    await sign_in(browse, one)
    async with house.reader() as second:
        await sign_in(second, other)
        (theirs,) = await sessions_of(house, other)
        await browse.post("/staff/account/sessions", {"end": theirs.token_hash.hex()})
        await second.get("/staff/")


async def test_a_session_ends_without_use_and_is_kept_by_use_up_to_its_longest(house: House, browse: Reader) -> None:
    address = await employ(house)
    await sign_in(browse, address)
    (begun,) = await sessions_of(house, address)
    house.clock.forward(minutes=4)
    await browse.get("/staff/")
    assert (await sessions_of(house, address))[0].seen_at == begun.seen_at
    for _ in range(6):
        house.clock.forward(minutes=110)
        await browse.get("/staff/")
        assert (await sessions_of(house, address))[0].seen_at == house.clock()
    assert house.clock() - begun.begun_at < timedelta(hours=12)
    house.clock.forward(minutes=56)
    await browse.get("/staff/", status=303)
    await sign_in(browse, address)
    house.clock.forward(hours=2)
    await browse.get("/staff/", status=303)


async def test_a_form_from_another_site_is_refused(house: House, browse: Reader) -> None:
    address = await employ(house)
    fields = {"email": address, "password": PASSWORD}
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        await browse.post("/staff/sign-in", fields, status=403, **headers)
    await sign_in(browse, address)
    for path in ("/staff/account", "/staff/account/password", "/staff/language", "/staff/sign-out"):
        await browse.post(path, {}, status=403, **{"sec-fetch-site": "cross-site"})
    await browse.get("/staff/")


async def test_the_password_is_changed_by_who_knows_it_and_others_are_signed_out(house: House, browse: Reader) -> None:
    address = await employ(house)
    await sign_in(browse, address)
    async with house.reader() as second:
        await sign_in(second, address)
        await browse.post(
            "/staff/account/password", {"current": "wrong wrong wrong", "password": NEW, "again": NEW}, status=422
        )
        await browse.post("/staff/account/password", {"current": PASSWORD, "password": NEW, "again": NEW})
        assert "Other browsers are signed out" in await browse.follow()
        await second.get("/staff/", status=303)
        await sign_in(second, address, PASSWORD, status=422)
        await sign_in(second, address, NEW)


async def test_the_language_is_chosen_before_and_after_sign_in(house: House, browse: Reader) -> None:
    address = await employ(house, language="fr")
    await browse.get("/staff/sign-in")
    await browse.post("/staff/language", {"language": "ar", "back": "/staff/sign-in"})
    browse.desk_language = "ar"
    assert 'dir="rtl"' in await browse.follow()
    await browse.post("/staff/language", {"language": "de"})
    await browse.get("/staff/forgotten")
    await sign_in(browse, address)
    browse.desk_language = "fr"
    await browse.get("/staff/account")
    await browse.post("/staff/language", {"language": "ru", "back": "/staff/account"})
    browse.desk_language = "ru"
    await browse.follow()
    assert (await account_of(house, address)).language == "ru"
    for back in (
        "//evil.example",
        "https://evil.example",
        "/staff//evil",
        "/staff/\\evil",
        "/staff/x\r\nSet-Cookie: a=b",
    ):
        await browse.post("/staff/language", {"language": "ru", "back": back})
        assert browse.led_to == "/staff/"


async def test_a_name_and_language_are_kept(house: House, browse: Reader) -> None:
    address = await employ(house)
    await sign_in(browse, address)
    await browse.post("/staff/account", {"name": " ", "language": "en"}, status=422)
    await browse.post("/staff/account", {"name": "أمل\0\n <b>", "language": "ar"})
    browse.desk_language = "ar"
    assert "أمل &lt;b&gt;" in await browse.follow()


async def test_a_partner_is_led_to_the_own_links(house: House, browse: Reader) -> None:
    await sign_in(browse, await employ(house, Role.PARTNER))
    assert browse.led_to == "/staff/links"


async def test_who_is_in_is_not_asked_again(house: House, browse: Reader) -> None:
    await sign_in(browse, await employ(house))
    await browse.get("/staff/sign-in", status=303)
    assert browse.led_to == "/staff/"


async def test_a_role_that_must_have_a_second_factor_reaches_nothing_else_without_one(
    house: House, browse: Reader
) -> None:
    address = await employ(house, Role.SECRETARIAT)
    await sign_in(browse, address)
    assert browse.led_to == "/staff/account/second-factor"
    for path in ("/staff/", "/staff/account", "/staff/trail", "/staff/second-factor"):
        await browse.get(path, status=303)
        assert browse.led_to == "/staff/sign-in"
        await browse.get("/staff/sign-in", status=303)
        assert browse.led_to == "/staff/account/second-factor"
    await browse.post("/staff/account/password", {}, status=303)
    await set_up(house, browse)
    await browse.get("/staff/")
    assert [act for act, *_ in await acts(house)] == ["second_factor_set", "signed_in"]
