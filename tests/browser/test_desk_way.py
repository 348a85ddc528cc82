"""The moderator's whole way in a real Chromium, from a mail to a frozen day: with script in English, without in Arabic.

Every step is what a person would do: links followed, fields filled, buttons pressed. What it must have led to is read
from the pages, and in the end from the audit trail.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import polib
import pytest
from playwright.async_api import Page
from pyotp import TOTP

from tests.application import House
from tests.browsers import OpenPage
from tests.commands import run_consult
from tests.serving import serving
from tests.staff.newcomers import account_of, acts, link_in, mails

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]

ROOT = Path(__file__).parents[2]
SLUG = "rights-2026"
ONE = f"/staff/consultations/{SLUG}"
PASSWORD = "seven quiet herons fly"
ANA, NADIA, OMAR = "ana@example.org", "nadia@example.org", "omar@example.org"
GUARDIANS = ("pavel@example.org", "layla@example.org")
#: When the work is done; the day is some weeks later.
MONDAY = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
PLAN = {
    "day": "2026-11-20",
    "freeze_on": "2026-11-23",
    "results_on": "2026-12-20",
    "comments_until": "2027-01-20",
    "feedback_on": "2027-06-01",
    "words_until": "2027-12-01",
}
#: The question that is added: its words, and those of its choices.
ADDED = {
    "en": ("Who reads the rules with you?", "A parent or carer", "A friend"),
    "ar": ("من يقرأ القواعد معك؟", "أحد الوالدين أو مقدمي الرعاية", "صديق"),
    "zh": ("谁和你一起读规则？", "父母或照顾你的人", "朋友"),
    "fr": ("Qui lit les règles avec toi ?", "Un parent ou un proche qui s’occupe de toi", "Un ami ou une amie"),
    "ru": ("Кто читает правила вместе с тобой?", "Родитель или опекун", "Друг или подруга"),
    "es": ("¿Quién lee las reglas contigo?", "Tu madre, tu padre o quien te cuida", "Una amistad"),
}
CONDITION = "${FR09} = '1'"


async def press(page: Page, selector: str) -> None:
    """Presses it and waits for what it leads to, a new page or a part that is put in."""
    await page.evaluate("document.querySelector('h1').dataset.left = 'yes'")
    await page.locator(selector).first.click()
    await page.locator("h1:not([data-left])").first.wait_for()
    await page.wait_for_load_state()
    assert not await page.locator("#errs").count(), await page.locator("#errs").inner_text()


async def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        await page.locator(f"main #{name}").fill(value)


async def sign_in(page: Page, site: str, email: str) -> None:
    await page.goto(f"{site}/staff/sign-in")
    await fill(page, email=email, password=PASSWORD)
    await press(page, "main .btn.main")


async def set_up_factor(page: Page, house: House) -> None:
    """From the page to which the role leads, over the codes, into the desk."""
    assert page.url.endswith("/staff/account/second-factor")
    app = TOTP((await page.locator("main bdi.code").inner_text()).replace(" ", ""))
    await fill(page, code=app.at(house.clock()))
    await press(page, "main .btn.main")
    assert await page.locator(".codes li").count() == 10
    await press(page, "main a.btn.main")


async def come_in(page: Page, site: str, house: House, email: str) -> None:
    """The link of this person's mail is followed, and a password set."""
    (mail,) = [each for each in mails(house.settings.mail_folder()) if each["To"] == email]
    await page.goto(site + link_in(mail))
    await fill(page, password=PASSWORD, again=PASSWORD)
    await press(page, "main .btn.main")


def consult(house: House, *words: str) -> str:
    """What the command says, in a process of its own."""
    told = {"CONSULT_DATABASE_URL": house.settings.database_url, "CONSULT_DATA": str(house.settings.data)}
    done = run_consult(words, os.environ | told)
    assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


async def begin(page: Page, site: str, house: House, lang: str) -> None:
    """The operator invites the first administrator, who comes by the mail and sets up a second factor."""
    await asyncio.to_thread(
        consult, house, "staff", "invite", ANA, "--role", "administrator", "--name", "Ana", "--language", lang
    )
    # The command's clock is the wall's; from here on time is the test's.
    house.clock.now = (await account_of(house, ANA)).invited_at
    await come_in(page, site, house, ANA)
    await press(page, 'form[action="/staff/sign-out"] button')
    house.clock.now = MONDAY
    await sign_in(page, site, ANA)
    await set_up_factor(page, house)


async def invite(page: Page, site: str, email: str, role: str, lang: str) -> None:
    await page.goto(f"{site}/staff/people")
    await fill(page, email=email, name=email.partition("@")[0].capitalize())
    await page.locator("#role").select_option(role)
    await page.locator("#language").select_option(lang)
    await press(page, "main .btn.main")


async def make(page: Page, site: str) -> None:
    """A draft from the instrument of the five rights."""
    await page.goto(f"{site}/staff/")
    await press(page, 'main a[href="/staff/consultations-new"]')
    await page.locator("#instrument").select_option("five-rights")
    await fill(page, slug=SLUG, day=PLAN["day"])
    await page.locator('input[name="consent"][value="A"]').check()
    await press(page, "main .btn.main")
    assert page.url == f"{site}{ONE}/questionnaire"


async def add_question(page: Page, site: str) -> str:
    """One more question, asked of those who always read the rules; gives its code."""
    label, *choices = ADDED["en"]
    await press(page, f'main a[href="{ONE}/questionnaire/apps"]')
    await page.locator("#new-kind").select_option("single")
    await page.locator("#new-label").fill(label)
    await page.locator("#new-choices").fill("\n".join(choices))
    await press(page, 'button[value="add_question"]')
    code = page.url.rpartition("/")[2].partition("#")[0]
    await page.locator("#about0").select_option("FR09=1")
    await page.locator("#operator0").select_option("is")
    await press(page, 'button[value="build"]')
    assert await page.locator('[aria-labelledby="condition-h"] code').inner_text() == CONDITION
    return code


async def translate(page: Page, site: str, lang: str, code: str, folder: Path) -> None:
    """The PO file is taken away, the missing texts are written in it, and it is brought back."""
    await page.goto(f"{site}{ONE}/translations/{lang}?state=missing")
    async with page.expect_download() as download:
        await page.locator('main a[href$=".po"]').click()
    path = folder / f"{lang}.po"
    await (await download.value).save_as(path)
    file = polib.pofile(str(path))
    missing = {entry.msgctxt: entry for entry in file.untranslated_entries()}
    keys = [f"{code}.label", f"{code}.1.label", f"{code}.2.label"]
    assert list(missing) == keys
    for key, text in zip(keys, ADDED[lang], strict=True):
        missing[key].msgstr = text
    file.save()
    await page.locator("#file").set_input_files(path)
    await press(page, 'form[action$="/file"] .btn')
    assert ADDED[lang][0] in await page.locator("main table").inner_text()
    await press(page, "main .btn.main")
    assert page.url.endswith("?saved=3")


async def review(page: Page, site: str, lang: str) -> None:
    """Somebody else reads everything that waits, page by page."""
    await page.goto(f"{site}{ONE}/translations/{lang}?state=drafted")
    while await page.locator('button[name="review_all"]').count():
        await press(page, 'button[name="review_all"]')


async def preview(page: Page, site: str, code: str) -> None:
    for lang, (label, *_) in ADDED.items():
        await page.goto(f"{site}{ONE}/gate")
        await press(page, f'main a[href="{ONE}/translations/{lang}/preview"]')
        assert await page.locator("html").get_attribute("lang") == lang
        assert label in await page.locator(f"#{code}").inner_text()
    await page.goto(f"{site}{ONE}/gate")
    for box in await page.locator('input[name="languages"]').all():
        await box.check()
    await press(page, 'form[action$="/previews"] .btn')


async def plan(page: Page, site: str) -> None:
    """Every date that the form asks for, ages, consent, and those who answer for safety where they are named here."""
    await page.goto(f"{site}{ONE}/gate")
    for field in await page.locator('form[action$="/plan"] input[type="date"]').all():
        await field.fill(PLAN[await field.get_attribute("name") or ""])
    await page.locator('input[name="ages"][value="6"]').check()
    await page.locator('input[name="consent"][value="B"]').check()
    for part, name in zip(("lead", "deputy"), GUARDIANS, strict=True):
        if await page.locator(f"#{part}").count():
            option = page.locator(f"#{part} option", has_text=name)
            await page.locator(f"#{part}").select_option(await option.get_attribute("value"))
    await press(page, 'form[action$="/plan"] .btn')


async def overrule(page: Page, site: str) -> list[str]:
    """What is still open is overruled, each line with a reason; gives the lines."""
    await page.goto(f"{site}{ONE}/gate")
    lines = []
    while await page.locator("#line").count():
        lines.append(await page.locator("#line").input_value())
        await fill(page, reason="اتفقنا على ذلك هاتفيًا / agreed on the telephone")
        await press(page, 'form[action$="/overrule"] .btn')
    return lines


async def answer(page: Page, site: str, code: str) -> None:
    """A young person answers in Arabic, and is asked the question that was added."""
    await page.goto(f"{site}/ar/consultations/{SLUG}")
    await press(page, "a.go")
    for name, value in (("DM01", "DM01.3"), ("agree", "yes"), ("parent", "yes")):
        await page.locator(f'input[name="{name}"][value="{value}"]').check()
    asked = False
    while page.url.rpartition("/")[2].partition("#")[0] != "check":
        if await page.locator(f"#{code}").count():
            asked = True
            assert ADDED["ar"][0] in await page.locator(f"#{code}").inner_text()
            await page.locator(f'input[value="{code}.2"]').check()
        elif await page.locator("#FR09").count():
            await page.locator('input[value="FR09.1"]').check()
        await press(page, 'button[value="next"]')
    assert asked
    await press(page, 'button[value="send"]')
    assert page.url.endswith("/thanks")


async def run_day(page: Page, site: str, go: str, **fields: str) -> None:
    await page.goto(f"{site}{ONE}")
    await fill(page, **fields)
    await press(page, f'button[value="{go}"]')


def told(entries: Sequence[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """Act and who, a row of the same ones told once."""
    return [each for each, _ in groupby((act, who) for act, who, _ in entries)]


@pytest.mark.parametrize(("lang", "script"), [("en", True), ("ar", False)], ids=["en-script", "ar-plain"])
async def test_from_an_invitation_to_a_frozen_day(
    open_page: OpenPage, house: House, tmp_path: Path, lang: str, script: bool
) -> None:
    async with serving(house) as site:
        ana, nadia, omar = [
            await open_page(lang=lang, script=script, width=1280, height=900, accept_downloads=True) for _ in range(3)
        ]
        await begin(ana, site, house, lang)
        await invite(ana, site, NADIA, "moderator", lang)
        await invite(ana, site, OMAR, "secretariat", lang)
        for email in GUARDIANS:
            await invite(ana, site, email, "protection", lang)
        await come_in(nadia, site, house, NADIA)
        await come_in(omar, site, house, OMAR)
        await set_up_factor(omar, house)

        await make(nadia, site)
        code = await add_question(nadia, site)
        for target in ("ar", "zh", "fr", "ru", "es"):
            await translate(nadia, site, target, code, tmp_path)
            await review(omar, site, target)
        await plan(nadia, site)
        await preview(nadia, site, code)
        assert not await nadia.locator('form[action$="/schedule"] .btn.main').count()
        assert await overrule(ana, site) == ["helplines", "rehearsal"]
        await nadia.goto(f"{site}{ONE}/gate")
        await press(nadia, 'form[action$="/schedule"] .btn.main')

        await run_day(nadia, site, "open")
        young = await open_page(lang="ar", script=False)
        await answer(young, site, code)
        await nadia.goto(f"{site}{ONE}/live")
        assert await nadia.locator("#live .num").first.inner_text() == "1"
        await run_day(nadia, site, "pause", reason="انقطاع / a power cut")
        await run_day(nadia, site, "resume", reason="عاد التيار / it is back")
        await run_day(nadia, site, "extend", reason="ساعات أخرى / more hours", hours="5")
        await run_day(nadia, site, "close")
        house.clock.now += timedelta(minutes=house.settings.grace_minutes)
        await omar.goto(f"{site}{ONE}/paper")
        await press(omar, 'form[action$="/freeze"] .btn.main')
        assert await omar.locator('a[href$="/paper.docx"]').count() == 6

    (row,) = await house.submissions()
    answers = json.loads(row.answers)
    assert (row.language, answers["FR09"], answers[code]) == ("ar", "1", "2")
    assert told(await acts(house)) == [
        ("invited", "consult"),
        ("password_set", ANA),
        ("second_factor_set", ANA),
        ("signed_in", ANA),
        ("invited", ANA),
        ("password_set", NADIA),
        ("signed_in", NADIA),
        ("password_set", OMAR),
        ("second_factor_set", OMAR),
        ("signed_in", OMAR),
        ("consultation_made", NADIA),
        ("questionnaire_edited", NADIA),
        *(("translation_import", NADIA), ("translation_review", OMAR)) * 5,
        ("plan_changed", NADIA),
        ("preview", NADIA),
        ("gate_overruled", ANA),
        ("scheduled", NADIA),
        ("day_open", NADIA),
        ("day_pause", NADIA),
        ("day_resume", NADIA),
        ("day_extend", NADIA),
        ("day_close", NADIA),
        ("freeze", OMAR),
    ]
    doctor = json.loads(await asyncio.to_thread(consult, house, "doctor", "--json"))
    assert (doctor["tables"], doctor["trail"], doctor["releases"]) == ("whole", "whole", "whole")
