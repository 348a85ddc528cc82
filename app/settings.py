"""Every setting, with its unit and default. The only reader of the environment."""

import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import OperatorError


class Settings(BaseSettings):
    """Set by environment variables that begin with CONSULT_, such as CONSULT_DATA."""

    model_config = SettingsConfigDict(env_prefix="CONSULT_", extra="ignore")

    data: Path = Field(Path("var"), description="folder for the SQLite file, the secret, snapshots and releases")
    database_url: str = Field("", description="SQLAlchemy address of the database; empty: an SQLite file in `data`")
    secret: str = Field("", description="at least 32 characters, the same in all processes; empty: a file in `data`")
    exit_url: str = Field("https://www.wikipedia.org/", description="where Quick exit leads")
    directory_url: str = Field("https://childhelplineinternational.org/", description="international list of helplines")
    secure_cookies: bool = Field(False, description="set when the site is served over https")
    metrics_token: str = Field("", description="who sends it as bearer may read /metrics; empty: only this machine may")
    grace_minutes: int = Field(30, description="answers begun before closing may be sent this much later")
    idle_minutes: int = Field(30, description="unsent answers are dropped after this time without use")
    max_body_bytes: int = Field(64 * 1024, description="largest form that is read")
    max_upload_bytes: int = Field(5 * 1024 * 1024, description="largest form that is read at the desk, files included")
    inbox_rows: int = Field(2000, description="submissions that may wait for their commit; more are turned away")
    refresh_seconds: float = Field(1.0, description="how old the list of consultations in memory may be")
    shelved_seconds: float = Field(30.0, description="how long a public page is kept as bytes")
    count_seconds: float = Field(30.0, description="how old the public number of answers may be")
    smtp_url: str = Field("", description="smtp://, starttls:// or smtps://USER:PASSWORD@HOST:PORT; empty: .eml files")
    mail_from: str = Field("Youth consultations <consult@localhost>", description="sender of our mails")
    smtp_ca_file: str = Field("", description="PEM file of the authority of the mail server; empty: the system's own")
    comments_address: str = Field("", description="where comments on a draft may be e-mailed; stands on its page")
    public_url: str = Field("", description="where people reach the service, https://…; stands in the links of mails")
    oidc_issuer: str = Field("", description="https://… of an OpenID Connect provider that staff may sign in with")
    oidc_client_id: str = Field("", description="what that provider calls us")
    oidc_client_secret: str = Field("", description="the secret that it gave us")
    oidc_name: str = Field("", description="what the button of that sign-in calls the provider; empty: its host")

    release_key: int = Field(1, ge=1, le=1000, description="number of the key that signs releases; one more: a new key")
    licence: str = Field("CC-BY-4.0", description="SPDX name of the licence of everything that is published")
    licence_title: str = Field("Creative Commons Attribution 4.0 International", description="that licence in words")
    licence_url: str = Field("https://creativecommons.org/licenses/by/4.0/", description="where that licence stands")
    publisher: str = Field(
        "Council Working Group on Child Online Protection, International Telecommunication Union",
        description="who publishes, as feeds and data say it",
    )
    publisher_url: str = Field("https://www.itu.int/", description="where the publisher tells about itself")

    def url(self) -> str:
        """The address of the database, with an async driver in it."""
        if not self.database_url:
            return f"sqlite+aiosqlite:///{self.data.resolve() / 'consult.db'}"
        for plain, driven in (
            ("postgresql://", "postgresql+asyncpg://"),
            ("postgres://", "postgresql+asyncpg://"),
            ("sqlite://", "sqlite+aiosqlite://"),
        ):
            if self.database_url.startswith(plain):
                return driven + self.database_url.removeprefix(plain)
        if self.database_url.startswith(("postgresql+asyncpg://", "sqlite+aiosqlite://")):
            return self.database_url
        raise OperatorError(
            "CONSULT_DATABASE_URL is no address of ours: write postgresql://USER:PASSWORD@HOST/DATABASE, "
            "or leave it out for an SQLite file in CONSULT_DATA."
        )

    def mail_folder(self) -> Path:
        """Where mails are kept as files when no server is named."""
        return self.data / "mail"

    def public_address(self) -> str:
        """The address before the path in links of mails, without a slash at its end.

        Never what a request calls us: a forged Host header would send a link that sets a password elsewhere. Raises
        OperatorError when mails leave this machine and nobody said where people reach us.
        """
        if self.smtp_url and not self.public_url.startswith(("https://", "http://")):
            raise OperatorError(
                "CONSULT_SMTP_URL is set: set CONSULT_PUBLIC_URL, too, such as https://consult.example."
            )
        return self.address()

    def address(self) -> str:
        """Where people reach the service, as it stands in feeds and in data about data; without a slash at its end."""
        return (self.public_url or "http://127.0.0.1:8000").rstrip("/")

    def master_secret(self) -> bytes:
        """The secret from which all keys are derived. Made once and kept in `data` when none is set.

        Raises OperatorError when the one that is set is too short to be a secret.
        """
        if self.secret:
            if len(self.secret) < 32:
                raise OperatorError("CONSULT_SECRET is too short: set at least 32 random characters.")
            return self.secret.encode()
        kept = self.data / "secret"
        self.data.mkdir(parents=True, exist_ok=True)
        if not kept.exists():
            # Written elsewhere and linked: another process sees it whole or not at all.
            made = self.data / f"secret.{secrets.token_hex(8)}"
            with made.open("x") as file:
                made.chmod(0o600)
                file.write(secrets.token_urlsafe(48))
            with suppress(FileExistsError):
                kept.hardlink_to(made)
            made.unlink()
        return kept.read_bytes()


def derive_key(secret: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose, from the one secret."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret)
