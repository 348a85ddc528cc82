"""Mails over TLS, to a real server with a certificate of its own: trusted where the operator says so, else not sent."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.clock import wall_clock
from app.errors import OperatorError
from app.serving import free_port
from app.settings import Settings
from app.staff.mail import Letter, MailNotSent, Post
from app.staff.permissions import Role
from tests.application import House
from tests.desk import at_the_desk
from tests.staff.newcomers import acts
from tests.staff.test_mail import FIELDS, Mailbox

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LETTER = Letter("ana@example.org", "ar", "دعوة", "مرحبا\n")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate for 127.0.0.1, of today, with its key beside it."""
    return certify(tmp_path, "own.pem", "127.0.0.1")


def certify(folder: Path, name: str, address: str) -> Path:
    key, now = generate_private_key(SECP256R1()), wall_clock()
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.org")])
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    (folder / f"{name}.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / name).write_bytes(made.public_bytes(Encoding.PEM))
    return folder / name


class AfterStartTls(Controller):
    """A server that takes mails only once the line is encrypted."""

    def __init__(self, mailbox: Mailbox, context: ssl.SSLContext, port: int) -> None:
        super().__init__(mailbox, hostname="127.0.0.1", port=port)
        self._context = context

    def factory(self) -> SMTP:
        return SMTP(self.handler, tls_context=self._context, require_starttls=True)


@contextmanager
def serving(mailbox: Mailbox, scheme: str, certificate: Path) -> Iterator[str]:
    """The address of a mail server with that certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, f"{certificate}.key")
    port = free_port()
    controller: Controller
    if scheme == "smtps":
        controller = Controller(mailbox, hostname="127.0.0.1", port=port, ssl_context=context)
    else:
        controller = AfterStartTls(mailbox, context, port)
    controller.start()
    try:
        yield f"{scheme}://127.0.0.1:{port}"
    finally:
        controller.stop()


def post_to(folder: Path, url: str, ca_file: Path | str = "") -> Post:
    return Post(
        Settings(
            data=folder, secret="s" * 40, public_url="https://consult.example", smtp_url=url, smtp_ca_file=str(ca_file)
        )
    )


@pytest.mark.parametrize("scheme", ["smtps", "starttls", "smtp"])
async def test_a_letter_goes_encrypted_to_a_server_that_the_operator_trusts(
    tmp_path: Path, certificate: Path, scheme: str
) -> None:
    mailbox = Mailbox()
    with serving(mailbox, scheme, certificate) as url:
        await post_to(tmp_path, url, certificate).send(LETTER, NOW)
    assert [envelope.rcpt_tos for envelope in mailbox.taken] == [["ana@example.org"]]


@pytest.mark.parametrize("scheme", ["smtps", "starttls", "smtp"])
async def test_a_certificate_that_nobody_trusts_is_named_and_nothing_is_sent(
    tmp_path: Path, certificate: Path, scheme: str
) -> None:
    mailbox = Mailbox()
    with serving(mailbox, scheme, certificate) as url, pytest.raises(MailNotSent) as fault:
        await post_to(tmp_path, url).send(LETTER, NOW)
    assert mailbox.taken == []
    assert str(fault.value) == (
        "the certificate of the mail server is not trusted: self-signed certificate; "
        "name the file of its authority in CONSULT_SMTP_CA_FILE"
    )


@pytest.mark.parametrize("scheme", ["smtps", "starttls"])
async def test_a_certificate_for_another_server_is_named_too(tmp_path: Path, scheme: str) -> None:
    mailbox, other = Mailbox(), certify(tmp_path, "other.pem", "192.0.2.1")
    with serving(mailbox, scheme, other) as url, pytest.raises(MailNotSent, match="not trusted: IP address mismatch"):
        await post_to(tmp_path, url, other).send(LETTER, NOW)
    assert mailbox.taken == []


def test_a_file_that_holds_no_certificates_is_named_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("no certificate")
    for file in ("words", "nothing", "."):
        with pytest.raises(OperatorError, match="CONSULT_SMTP_CA_FILE"):
            post_to(tmp_path, "smtps://127.0.0.1:465", tmp_path / file)


async def test_an_administrator_reads_in_the_trail_why_an_invitation_was_not_sent(
    house: House, certificate: Path
) -> None:
    with serving(Mailbox(), "smtps", certificate) as url:
        house.application.api.state.post = post_to(house.settings.data, url)
        async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
            await desk.post("/staff/people", FIELDS)
            assert "the certificate of the mail server is not trusted" in await desk.get("/staff/trail")
    assert [act for act, *_ in await acts(house)] == ["invited", "mail_not_sent"]
