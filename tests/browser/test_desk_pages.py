"""Every page of the desk in a real Chromium, in English and Arabic, wide and narrow: nothing that axe finds, nothing
wider than the window, everything within reach of the keyboard.

The pages are those of the application's own routes, so that a new one is looked at without being named here.
"""

import io
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import openpyxl
import pytest
from pyotp import TOTP

from app.staff.permissions import Role
from tests.application import House, running
from tests.browser.desk_world import CLOSED, DRAFT, OPEN, PUBLISHED, SCHEDULED, World, furnish
from tests.browser.looking import Looker
from tests.browsers import OpenPage, on_narrow_and_wide
from tests.desk import let_in
from tests.reporting.people import instrument
from tests.serving import serving
from tests.staff.newcomers import PASSWORD, employ
from tests.staff.test_permissions import act_of, methods_of, routes_of

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]

#: Pages that are looked at for other consultations than the draft.
OTHERS = {
    OPEN: ("", "/live", "/links", "/gate", "/translations/{language}"),
    SCHEDULED: ("", "/gate"),
    CLOSED: ("/paper",),
    PUBLISHED: ("", "/paper"),
}
#: Of these routes the draft has none, or they are not pages of ours: files, papers, and what is a step of signing in.
#: Those of posted versions and of what happened are looked at in test_rounds.py.
NO_PAGES = re.compile(
    r"\.(xlsx|po)$|\.\{form\}$|/\{language\}/\{file\}$|^/staff/(sign-in|second-factor)$"
    r"|/versions/\{number:int\}/|/what-happened/\{|/exports"
)


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with running(database_url, tmp_path, document=instrument(OPEN), slug=OPEN) as made:
        yield made


@pytest.fixture
async def world(house: House) -> World:
    return await furnish(house)


@pytest.fixture
async def site(house: House) -> AsyncIterator[str]:
    async with serving(house) as address:
        yield address


def more(world: World, language: str) -> Iterator[str]:
    """Addresses that show something else than the first one of their route."""
    for slug, parts in OTHERS.items():
        yield from (f"/staff/consultations/{slug}{part}".format(language=language) for part in parts)
    yield f"/staff/people/{world.invited_id}"
    yield f"/staff/consultations/{DRAFT}/translations/{language}?state=stale"
    yield f"/staff/consultations/{DRAFT}/translations/{language}?state=missing"
    yield f"/staff/consultations/{OPEN}/links/{world.codes[-1]}"
    yield "/staff/trail?subject=nobody"
    yield "/staff/account?done=password"


def _filled(path: str, values: Mapping[str, str]) -> str:
    return re.sub(r"{([^}]+)}", lambda found: values.get(found[1], "nothing"), path)


async def look_at_all(looker: Looker, house: House, world: World, language: str) -> None:
    """At each route that is a page, with values at which there is something: of the draft, else of the open day."""
    common = {"language": language, "code": world.codes[0], "account_id": str(world.full_id)}
    draft = [{**common, "slug": DRAFT, "owner": owner} for owner in ("FR06", "FR15t", "apps")]
    opened = [{**common, "slug": OPEN, "owner": owner, "key": "CB04.label"} for owner in ("CB04", "use")]
    published = [{**common, "slug": PUBLISHED, "paragraph": each} for each in ("summary", "next.steps")]
    for route in routes_of(house.application):
        if "GET" not in methods_of(route) or NO_PAGES.search(route.path) or act_of(route.dependant) is None:
            continue
        for known in (draft, opened, published):
            paths = [_filled(route.path, values) for values in known]
            if any([await looker.go(path, must=False) for path in dict.fromkeys(paths)]):
                break
        else:
            looker.faults.append(f"{route.path}: there is nothing to look at")


@on_narrow_and_wide
async def test_every_page_of_the_desk_is_sound(
    open_page: OpenPage, house: House, world: World, site: str, lang: str, width: int
) -> None:
    page = await open_page(lang=lang, script=True, width=width, height=900 if width > 320 else 640)
    looker = Looker(page, site, f"{lang}-{width}")
    _, token = await let_in(
        house, Role.ADMINISTRATOR, language=lang, name="سلمى الحداد" if lang == "ar" else "Ana Pérez"
    )
    await looker.sign_in(token)
    other = "ar" if lang == "en" else "fr"
    await look_at_all(looker, house, world, other)
    for path in more(world, other):
        await looker.go(path)
    assert not looker.faults, "\n".join(looker.faults)
    assert looker.seen >= 30


@on_narrow_and_wide
async def test_the_pages_of_signing_in_are_sound_also_when_something_is_wrong(
    open_page: OpenPage, house: House, world: World, site: str, lang: str, width: int
) -> None:
    page = await open_page(lang=lang, script=False, width=width, height=900 if width > 320 else 640)
    looker = Looker(page, site, f"{lang}-{width}")
    email = await employ(house, Role.SECRETARIAT, language=lang)
    await looker.go("/staff/sign-in")
    await looker.send("sign-in-wrong", email=email, password="not the right one")
    await looker.go("/staff/forgotten")
    await looker.send("forgotten-sent", email=email)
    await page.goto(f"{site}/staff/ticket/used")
    await looker.look("ticket-used")
    await looker.go(f"/staff/ticket/{world.ticket}", "ticket")
    await looker.send("ticket-wrong", password=PASSWORD, again="another one")
    await page.goto(f"{site}/staff/sign-in")
    await looker.send("set-up", email=email, password=PASSWORD)
    await looker.send("set-up-wrong", code="000000")
    app = TOTP((await page.locator("main bdi.code").inner_text()).replace(" ", ""))
    await looker.send("codes", code=app.at(house.clock()))
    await looker.go("/staff/account", "account-with-factor")
    await looker.send("codes-new", 'form[action="/staff/account/recovery"] .btn', current2=PASSWORD)
    await page.goto(f"{site}/staff/account")
    wrong = {"current": PASSWORD, "password": "short", "again": "short"}
    await looker.send("account-wrong", 'form[action="/staff/account/password"] .btn', **wrong)
    await page.locator('form[action="/staff/sign-out"] button').click()
    await page.locator("#email").fill(email)
    await looker.send("second-factor", password=PASSWORD)
    await looker.send("second-factor-wrong", code="000000")
    assert not looker.faults, "\n".join(looker.faults)
    assert looker.seen == 15


@on_narrow_and_wide
async def test_pages_that_say_what_must_be_mended_are_sound(
    open_page: OpenPage, house: House, world: World, site: str, lang: str, width: int
) -> None:
    page = await open_page(lang=lang, script=False, width=width, height=900 if width > 320 else 640)
    looker = Looker(page, site, f"{lang}-{width}")
    _, token = await let_in(house, Role.ADMINISTRATOR, language=lang)
    await looker.sign_in(token)
    draft, today = f"{site}/staff/consultations/{DRAFT}", f"{site}/staff/consultations/{OPEN}"
    await page.goto(f"{site}/staff/people")
    await looker.send("people-invited", email="new@example.org", name="Nadia Ben Salah")
    await page.goto(f"{site}/staff/people")
    await looker.send("people-wrong", email="new@example.org", name="Nadia")
    await page.goto(f"{site}/staff/consultations-new")
    await page.locator('input[value="file"]').check()
    await page.locator("#file").set_input_files({"name": "a.xlsx", "mimeType": "", "buffer": broken_workbook()})
    await looker.send("new-wrong", slug="A b")
    await page.goto(f"{draft}/questionnaire/FR06")
    await looker.send("question-wrong", 'button[value="save"]', label="", indicator="a b")
    await page.goto(f"{draft}/questionnaire/apps")
    await looker.send("section-wrong", 'button[value="type"]', condition="${FR99} = '1'")
    await page.goto(f"{draft}/gate")
    await looker.send("gate-overrule-wrong", 'form[action$="/overrule"] .btn', reason="")
    await page.goto(f"{draft}/gate")
    await looker.send("gate-plan-wrong", 'form[action$="/plan"] .btn', day="2026-01-01", results_on="2025-01-01")
    await page.goto(f"{draft}/translations/fr?section=words")
    await looker.send("translation-wrong", **{"text-FR16\\.label": "Un texte " * 200})
    await page.goto(f"{draft}/translations/ar")
    await page.locator("#file").set_input_files({"name": "a.po", "mimeType": "", "buffer": b"no such thing"})
    await looker.send("file-refused", 'form[action$="/file"] .btn')
    await page.goto(f"{draft}/translations/ar")
    file = await page.request.get(f"{draft}/translations/ar.po")
    changed = (await file.body()).replace(b'msgstr ""\n\n', 'msgstr "من ساعدك؟"\n\n'.encode())
    await page.locator("#file").set_input_files({"name": "a.po", "mimeType": "", "buffer": changed})
    await looker.send("file-looked-at", 'form[action$="/file"] .btn')
    await page.goto(today)
    await looker.send("day-wrong", 'button[value="extend"]', hours="many")
    await page.goto(f"{today}/live")
    await looker.send("targets-wrong", 'form[action$="/targets"] .btn', target_africa="many")
    await page.goto(f"{today}/links")
    await looker.send("links-wrong", target="-1", partner="nobody@example.org")
    await page.goto(f"{site}/staff/nothing-here")
    await looker.look("not-found")
    await looker.sign_in((await let_in(house, Role.PARTNER, language=lang))[1])
    await looker.go("/staff/links", "own-links-none")
    await page.goto(f"{site}/staff/people")
    await looker.look("not-allowed")
    assert not looker.faults, "\n".join(looker.faults)
    assert looker.seen == 16


def broken_workbook() -> bytes:
    """A spreadsheet with some faults."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "survey"
    for row in (
        ["type", "name", "label::English (en)", "relevant"],
        ["select_one nothing", "A 1", "How?", "${B"],
        ["x"],
    ):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(("lang", "width"), [("en", 320), ("ar", 1280)])
async def test_exports_of_the_secretariat_are_sound(
    open_page: OpenPage, house: House, world: World, site: str, lang: str, width: int
) -> None:
    assert world.codes
    page = await open_page(lang=lang, script=True, width=width, height=900 if width > 320 else 640)
    looker = Looker(page, site, f"{lang}-{width}")
    _, token = await let_in(house, Role.SECRETARIAT, language=lang, name="Omar")
    await looker.sign_in(token)
    await looker.go(f"/staff/consultations/{PUBLISHED}/exports")
    assert not looker.faults, "\n".join(looker.faults)
    assert looker.seen == 1
