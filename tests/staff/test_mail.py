"""Mails: to a real server, or as files that nobody else reads; after the commit, or not at all."""

import asyncio
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from sqlalchemy import Connection, event

from app.errors import OperatorError
from app.serving import free_port
from app.settings import Settings
from app.staff.mail import Letter, MailNotSent, Post
from app.staff.permissions import Role
from tests.application import House
from tests.desk import at_the_desk
from tests.staff.newcomers import account_of, acts, mails

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LETTER = Letter("ana@example.org", "ar", "دعوة إلى المكتب", "مرحبا\n\nhttps://consult.example/staff/ticket/abc\n")
FIELDS = {"email": "ana@example.org", "name": "Ana", "role": "moderator", "language": "en"}


@dataclass
class Mailbox:
    """What a server took, and how it answers."""

    taken: list[Envelope] = field(default_factory=list)
    signed_in: list[tuple[bytes, bytes]] = field(default_factory=list)
    answer: str = "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.taken.append(envelope)
        return self.answer

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, how: str, said: object) -> AuthResult:
        assert isinstance(said, LoginPassword)
        self.signed_in.append((said.login, said.password))
        return AuthResult(success=True)


@contextmanager
def serving(mailbox: Mailbox, **more: Any) -> Iterator[int]:
    """A mail server in a thread; gives its port."""
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port(), **more)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def settings(folder: Path, **more: Any) -> Settings:
    return Settings(data=folder, secret="s" * 40, public_url="https://consult.example", **more)


async def test_a_letter_reaches_a_server_whole(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with serving(mailbox) as port:
        post = Post(settings(tmp_path, smtp_url=f"smtp://127.0.0.1:{port}", mail_from="Beratung <desk@example.org>"))
        await post.send(LETTER, NOW)
    (envelope,) = mailbox.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == ("desk@example.org", ["ana@example.org"])
    assert isinstance(envelope.content, bytes)
    mail = message_from_bytes(envelope.content, policy=default)
    assert mail["subject"] == LETTER.subject
    assert mail["from"] == "Beratung <desk@example.org>"
    assert mail.get_content().replace("\r\n", "\n") == LETTER.text
    assert mail.get_content_type() == "text/plain"
    assert not mails(tmp_path / "mail")


async def test_the_server_is_told_user_and_password(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with serving(mailbox, authenticator=mailbox.authenticate, auth_required=True, auth_require_tls=False) as port:
        await Post(settings(tmp_path, smtp_url=f"smtp://desk%40x:p%3Aw@127.0.0.1:{port}")).send(LETTER, NOW)
    assert mailbox.signed_in == [(b"desk@x", b"p:w")]
    assert len(mailbox.taken) == 1


@pytest.mark.parametrize("scheme", ["starttls", "smtps"])
async def test_nothing_is_sent_in_the_clear_where_encryption_was_asked_for(tmp_path: Path, scheme: str) -> None:
    mailbox = Mailbox()
    with serving(mailbox) as port, pytest.raises(MailNotSent):
        await asyncio.wait_for(Post(settings(tmp_path, smtp_url=f"{scheme}://127.0.0.1:{port}")).send(LETTER, NOW), 60)
    assert mailbox.taken == []


async def test_a_mail_that_is_refused_says_no_address(tmp_path: Path) -> None:
    mailbox = Mailbox(answer="550 ana@example.org is unknown")
    with serving(mailbox) as port, pytest.raises(MailNotSent) as fault:
        await Post(settings(tmp_path, smtp_url=f"smtp://127.0.0.1:{port}")).send(LETTER, NOW)
    assert "@" not in str(fault.value)


async def test_a_file_is_for_this_account_alone(tmp_path: Path) -> None:
    await Post(settings(tmp_path)).send(LETTER, NOW)
    (file,) = (tmp_path / "mail").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (mail,) = mails(tmp_path / "mail")
    assert mail.get_content() == LETTER.text


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"smtp_url": "http://x"}, "CONSULT_SMTP_URL"),
        ({"smtp_url": "smtp://"}, "CONSULT_SMTP_URL"),
        ({"smtp_url": "smtp://user:hidden@x:notaport"}, "CONSULT_SMTP_URL"),
        ({"mail_from": "nobody"}, "CONSULT_MAIL_FROM"),
    ],
)
def test_a_wrong_setting_is_named_without_its_password(tmp_path: Path, more: dict[str, str], named: str) -> None:
    with pytest.raises(OperatorError, match=named) as fault:
        Post(settings(tmp_path, **more))
    assert "hidden" not in str(fault.value)


def test_mails_leave_only_when_somebody_said_where_people_reach_us(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="CONSULT_PUBLIC_URL"):
        Post(Settings(data=tmp_path, secret="s" * 40, smtp_url="smtp://127.0.0.1"))


async def test_an_invitation_goes_out_after_it_is_kept_and_a_failure_stands_in_the_trail(house: House) -> None:
    mailbox = Mailbox()
    with serving(mailbox) as port:
        house.application.api.state.post = Post(settings(house.settings.data, smtp_url=f"smtp://127.0.0.1:{port}"))
        async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
            await desk.post("/staff/people", FIELDS)
            assert "on its way" in await desk.follow()
            mailbox.answer = "451 later"
            account = await account_of(house, "ana@example.org")
            await desk.post(f"/staff/people/{account.id}", {"go": "invite"})
    assert len(mailbox.taken) == 1
    assert [act for act, *_ in await acts(house)] == ["invited", "invited_again", "mail_not_sent"]


async def test_what_the_database_refuses_to_keep_is_not_sent(house: House) -> None:
    def refuse(connection: Connection) -> None:
        connection.connection.rollback()
        raise RuntimeError("the disk is full")

    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        event.listen(house.engine.sync_engine, "commit", refuse)
        await desk.post("/staff/people", FIELDS, status=500)
        event.remove(house.engine.sync_engine, "commit", refuse)
    assert mails(house.settings.mail_folder()) == []
    assert await acts(house) == []
