"""Mails on their way: to a server, or as files in a folder, so that nothing needs a server. Their words: letters.py."""

import asyncio
import os
import secrets
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib

from app.errors import OperatorError
from app.settings import Settings

#: How the connection begins: in the clear and encrypted where the server offers it; after STARTTLS only; encrypted.
MANNERS = {"smtp": (None, False, 25), "starttls": (True, False, 587), "smtps": (False, True, 465)}
PATIENCE_SECONDS = 20


class MailNotSent(Exception):
    """The server did not take the mail. Its text names the kind of failure and no address of a person."""


@dataclass(frozen=True)
class Letter:
    """A mail in plain text, in one language. `link` is the address in it that matters."""

    to: str
    language: str
    subject: str
    text: str
    link: str = ""


class Post:
    """Takes letters away. Raises OperatorError when the settings name no server that we understand."""

    def __init__(self, settings: Settings) -> None:
        self.base = settings.public_address()
        self._folder = settings.mail_folder()
        name, address = parseaddr(settings.mail_from)
        try:
            self._sender = Address(name, addr_spec=address)
        except (MessageError, ValueError, IndexError) as fault:
            raise OperatorError("CONSULT_MAIL_FROM is no sender: write Name <name@example.org>.") from fault
        self._server = _server(settings.smtp_url, settings.smtp_ca_file) if settings.smtp_url else None

    @property
    def keeps_files(self) -> bool:
        return self._server is None

    async def send(self, letter: Letter, now: datetime) -> None:
        """The letter is with the server, or a file that only this account reads. Raises MailNotSent."""
        message = self._message(letter, now)
        try:
            if self._server is None:
                await asyncio.to_thread(_keep, self._folder, f"{now:%Y%m%dT%H%M%S}", message.as_bytes(policy=SMTP))
            else:
                await self._server.send(message)
        except (aiosmtplib.SMTPException, OSError) as fault:
            raise MailNotSent(_why(fault)) from None

    def _message(self, letter: Letter, now: datetime) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = Address(addr_spec=letter.to)
        message["Subject"] = letter.subject
        message["Date"] = now
        message["Message-ID"] = f"<{secrets.token_hex(16)}@{self._sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text, cte="quoted-printable" if letter.text.isascii() else "base64")
        message["Content-Language"] = letter.language
        return message


@dataclass(frozen=True)
class _Server:
    host: str
    port: int
    user: str | None
    password: str | None
    start_tls: bool | None
    use_tls: bool
    ca_file: str | None

    async def send(self, message: EmailMessage) -> None:
        await aiosmtplib.send(
            message,
            hostname=self.host,
            port=self.port,
            username=self.user,
            password=self.password,
            start_tls=self.start_tls,
            use_tls=self.use_tls,
            cert_bundle=self.ca_file,
            timeout=PATIENCE_SECONDS,
        )


def _server(url: str, ca_file: str) -> _Server:
    if ca_file:
        try:
            ssl.create_default_context(cafile=ca_file)
        except OSError as fault:
            raise OperatorError("CONSULT_SMTP_CA_FILE is no file of certificates (PEM) that can be read.") from fault
    try:
        parts = urlsplit(url)
        start_tls, use_tls, usual = MANNERS[parts.scheme]
        port = parts.port or usual
    except (KeyError, ValueError):
        parts, port = urlsplit(""), 0
    if not parts.hostname:
        raise OperatorError(
            "CONSULT_SMTP_URL is no address of a mail server: write smtp://HOST:PORT, "
            "starttls://USER:PASSWORD@HOST:PORT or smtps://USER:PASSWORD@HOST:PORT, or leave it out for files."
        )
    return _Server(
        parts.hostname,
        port,
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        start_tls,
        use_tls,
        ca_file or None,
    )


def _why(fault: BaseException) -> str:
    """The kind of a failure. Not its own text, since servers quote addresses, but for a certificate that is not
    trusted: there the machine's own words say what to mend."""
    cause: BaseException | None = fault
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"the certificate of the mail server is not trusted: {cause.verify_message}; "
                "name the file of its authority in CONSULT_SMTP_CA_FILE"
            )
        cause = cause.__cause__ or cause.__context__
    return type(fault).__name__


def _keep(folder: Path, stamp: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = folder / f"{stamp}-{secrets.token_hex(4)}.eml"
    # Created with its rights, not given them later: the link in it opens an account.
    with os.fdopen(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
