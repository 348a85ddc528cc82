"""`consult staff invite`, in a process of its own."""

import json
import os
import re
from collections.abc import Callable

import pytest

from app.settings import Settings
from tests.application import House, Reader
from tests.commands import run_consult
from tests.staff.newcomers import account_of, acts, mails, sign_in
from tests.staff.test_mail import Mailbox, serving

PASSWORD = "nine loud cormorants"
Consult = Callable[..., str]

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def consult(house: House) -> Consult:
    settings: Settings = house.settings
    base = os.environ | {"CONSULT_DATABASE_URL": settings.database_url, "CONSULT_DATA": str(settings.data)}

    def run(*words: str, code: int = 0, **more: str) -> str:
        done = run_consult(("staff", "invite", *words), base | more)
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    return run


async def test_the_first_administrator_is_invited_from_the_command_line(
    house: House, browse: Reader, consult: Consult
) -> None:
    said = consult("ana@example.org", "--role", "administrator", "--name", "Ana Pérez")
    assert len(mails(house.settings.mail_folder())) == 1
    # The command's clock is the wall's: it is within seven days of the one in this test, or the link has ended.
    account = await account_of(house, "ana@example.org")
    house.clock.now = account.invited_at
    found = re.search(r"http://127\.0\.0\.1:8000(/staff/ticket/\S+)", said)
    assert found is not None
    await browse.post(found[1], {"password": PASSWORD, "again": PASSWORD})
    assert browse.led_to == "/staff/account/second-factor"
    again = json.loads(consult("ana@example.org", "--role", "administrator", "--json"))
    assert again["sent"] is True
    await sign_in(browse, "ana@example.org", PASSWORD)
    assert [(act, who) for act, who, _ in await acts(house)] == [
        ("invited", "consult"),
        ("password_set", "ana@example.org"),
        ("invited_again", "consult"),
    ]


async def test_a_translator_writes_the_languages_that_are_named(house: House, consult: Consult) -> None:
    consult("ben@example.org", "--role", "translator", "--language", "ar", "--language", "fr")
    account = await account_of(house, "ben@example.org")
    assert (account.languages, account.language) == (["ar", "fr"], "ar")


async def test_with_a_server_the_link_is_in_the_mail_and_not_on_the_screen(house: House, consult: Consult) -> None:
    mailbox = Mailbox()
    with serving(mailbox) as port:
        server = {"CONSULT_SMTP_URL": f"smtp://127.0.0.1:{port}", "CONSULT_PUBLIC_URL": "https://consult.example"}
        assert "/staff/ticket/" not in consult("ana@example.org", "--role", "member", **server)
        mailbox.answer = "550 no"
        assert "Not sent" in consult("ana@example.org", "--role", "member", code=1, **server)
    assert len(mailbox.taken) == 1


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (("ana", "--role", "member"), "no e-mail address"),
        (("ana@example.org", "--role", "king"), "--role is one of"),
        (("ana@example.org", "--role", "member", "--language", "de"), "--language is one of"),
        (("ana@example.org", "--role", "translator"), "Add --language"),
    ],
)
async def test_a_mistake_is_one_line_and_invites_nobody(
    house: House, consult: Consult, words: tuple[str, ...], advice: str
) -> None:
    assert advice in consult(*words, code=2)
    assert await acts(house) == []


async def test_the_command_line_changes_no_role(house: House, consult: Consult) -> None:
    consult("ana@example.org", "--role", "member")
    assert "/staff/people" in consult("ana@example.org", "--role", "administrator", code=2)
    assert (await account_of(house, "ana@example.org")).role == "member"
