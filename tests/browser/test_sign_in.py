"""The ways into the desk in a real Chromium: passkeys of a virtual device, a provider on another site, no script."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import CDPSession, Page

from tests.application import House
from tests.browsers import OpenPage, axe
from tests.serving import serving
from tests.staff.newcomers import PASSWORD, acts, employ
from tests.staff.providers import PASSWORD as THERE
from tests.staff.providers import introduce, providing

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]

#: Where pictures are put for whoever wants to look; nowhere by default.
SHOTS = os.environ.get("SHOTS", "")
DEVICE = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
async def site(house: House) -> AsyncIterator[str]:
    """By its name: browsers know no passkeys at an address that is a number."""
    async with serving(house) as address:
        yield address.replace("127.0.0.1", "localhost")


async def look(page: Page, name: str) -> None:
    """Nothing wider than the window, nothing that axe finds; a picture where pictures are wanted."""
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} at {page.url} is {wide} px wider than the window"
    assert await axe(page) == [], f"{name} at {page.url}"


async def with_device(page: Page, **more: object) -> tuple[CDPSession, str]:
    """A virtual device in the browser of `page`, which a finger touches at once."""
    devices = await page.context.new_cdp_session(page)
    await devices.send("WebAuthn.enable")
    added = await devices.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE | more})
    return devices, added["authenticatorId"]


async def sign_in(page: Page, site: str, address: str) -> None:
    await page.goto(f"{site}/staff/sign-in")
    await page.locator("#email").fill(address)
    await page.locator("#password").fill(PASSWORD)
    await page.locator("main button").first.click()
    await page.wait_for_url("**/staff/")


async def begin(page: Page, site: str, name: str) -> None:
    await page.goto(f"{site}/staff/account")
    await page.locator("#passkey").fill(name)
    await page.locator("#current3").fill(PASSWORD)
    await page.locator('form[action="/staff/account/passkeys"] button').click()
    await page.wait_for_url("**/passkeys/new")


@pytest.mark.parametrize(("lang", "width"), [("en", 1280), ("ar", 320)])
async def test_a_passkey_is_made_and_signs_in(
    house: House, site: str, open_page: OpenPage, lang: str, width: int
) -> None:
    page = await open_page(lang=lang, width=width)
    devices, device = await with_device(page)
    await sign_in(page, site, await employ(house, language=lang))
    await begin(page, site, "هاتف أمل " + "W" * 71)
    await look(page, f"passkey-new-{lang}-{width}")
    await page.locator("#ask button").click()
    await page.wait_for_url("**/staff/account?done=passkey")
    await look(page, f"account-{lang}-{width}")
    kept = await devices.send("WebAuthn.getCredentials", {"authenticatorId": device})
    assert [(each["rpId"], each["isResidentCredential"]) for each in kept["credentials"]] == [("localhost", True)]
    await page.locator('form[action="/staff/sign-out"] button').click()
    await page.wait_for_url("**/staff/sign-in")
    await look(page, f"sign-in-{lang}-{width}")
    # The device is asked as soon as the page is there.
    await page.locator('a[href="/staff/passkey"]').click()
    await page.wait_for_url("**/staff/")
    assert [act for act, *_ in await acts(house)] == ["signed_in", "passkey_added", "signed_in"]


async def test_a_device_that_does_not_know_its_owner_signs_nobody_in_until_it_does(
    house: House, site: str, open_page: OpenPage
) -> None:
    page = await open_page()
    devices, device = await with_device(page)
    await sign_in(page, site, await employ(house))
    await begin(page, site, "Phone")
    await devices.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    await page.locator("#ask button").click()
    await page.locator("#failed").wait_for()
    await look(page, "passkey-not-made")
    await devices.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
    await page.locator("#ask button").click()
    await page.wait_for_url("**/staff/account?done=passkey")
    # The same device makes no second one for the same account.
    await begin(page, site, "Phone again")
    await page.locator("#ask button").click()
    await page.locator("#failed").wait_for()
    await page.goto(f"{site}/staff/account")
    await page.locator('form[action="/staff/sign-out"] button').click()
    await devices.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    await page.goto(f"{site}/staff/passkey")
    await page.locator("#ask button").click()
    await page.locator("#failed").wait_for()
    await look(page, "passkey-failed")
    await devices.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
    await page.locator("#ask button").click()
    await page.wait_for_url("**/staff/")


async def test_a_copy_of_a_passkey_whose_counter_is_behind_is_refused(
    house: House, site: str, open_page: OpenPage
) -> None:
    page = await open_page()
    devices, device = await with_device(page)
    await sign_in(page, site, await employ(house))
    await begin(page, site, "Phone")
    await page.locator("#ask button").click()
    await page.wait_for_url("**/staff/account?done=passkey")
    (key,) = (await devices.send("WebAuthn.getCredentials", {"authenticatorId": device}))["credentials"]
    await page.locator('form[action="/staff/sign-out"] button').click()
    await page.goto(f"{site}/staff/passkey")
    await page.wait_for_url("**/staff/")
    await page.context.clear_cookies()
    await devices.send("WebAuthn.clearCredentials", {"authenticatorId": device})
    await devices.send("WebAuthn.addCredential", {"authenticatorId": device, "credential": {**key, "signCount": 0}})
    await page.goto(f"{site}/staff/passkey")
    await page.locator("#errs").wait_for()
    assert "does not sign you in" in await page.locator("#errs").inner_text()
    await look(page, "passkey-refused")


@pytest.mark.parametrize("lang", ["en", "ar"])
async def test_without_script_the_pages_say_what_works_instead(
    house: House, site: str, open_page: OpenPage, lang: str
) -> None:
    page = await open_page(lang=lang, script=False)
    await sign_in(page, site, await employ(house, language=lang))
    await begin(page, site, "Phone")
    assert await page.locator("#without").is_visible()
    assert not await page.locator("#ask").is_visible()
    await look(page, f"passkey-new-no-script-{lang}")
    await page.goto(f"{site}/staff/account")
    await page.locator('form[action="/staff/sign-out"] button').click()
    await page.goto(f"{site}/staff/passkey")
    assert await page.locator("#without").is_visible()
    assert not await page.locator("#ask").is_visible()
    await look(page, f"passkey-no-script-{lang}")


@pytest.mark.parametrize(("lang", "script"), [("en", True), ("ar", False)])
async def test_the_way_to_a_provider_on_another_site_and_back(
    house: House, open_page: OpenPage, lang: str, script: bool
) -> None:
    """The number and the name of this machine are two sites to a browser, so that cookies must really travel."""
    address = await employ(house, language=lang)
    async with serving(house) as site:
        with providing("localhost") as issuer:
            introduce(house, site, issuer)
            page = await open_page(lang=lang, script=script)
            await page.goto(f"{site}/staff/sign-in")
            await look(page, f"sign-in-provider-{lang}")
            await page.locator('a[href="/staff/oidc"]').click()
            await page.locator('button[value="cancel"]').click()
            await page.wait_for_url(f"{site}/staff/oidc/back?**")
            await look(page, f"cancelled-{lang}")
            await page.locator("main a").click()
            await page.locator('a[href="/staff/oidc"]').click()
            for name, value in {"subject": "u-1", "email": address, "password": THERE}.items():
                await page.locator(f'input[name="{name}"]').fill(value)
            await page.locator('input[name="verified"]').check()
            await page.locator('button[value="in"]').click()
            await page.locator('button[value="in"]').click()
            await page.wait_for_url(f"{site}/staff/")
            await page.goto(f"{site}/staff/account")
            await look(page, f"account-bound-{lang}")
