"""Who works here, how they are known again, and the trail of what they did."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UtcDateTime


class Account(Base):
    """One person. `role` is a Role, `languages` those a translator writes, `language` that of the desk's pages.

    Without `password_hash` nobody can sign in with a password yet. `totp_secret` is sealed with a key of ours and
    `recovery_hashes` are keyed hashes. `ended_at`: from then on this person has no access; the row stays for the trail.
    """

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(20))
    languages: Mapped[list[str]] = mapped_column(JSON, default=list)
    language: Mapped[str] = mapped_column(String(2), default="en")
    password_hash: Mapped[str | None] = mapped_column(String(200))
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary(200))
    totp_used_step: Mapped[int] = mapped_column(default=0)
    recovery_hashes: Mapped[list[str]] = mapped_column(JSON, default=list)
    invited_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DeskSession(Base):
    """One signed-in browser. Its cookie holds a random token, of which only the SHA-256 is kept. `full` is False while
    the second factor is still to come. `seen_at` is exact to some minutes."""

    __tablename__ = "desk_sessions"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    full: Mapped[bool] = mapped_column(default=False)
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Ticket(Base):
    """A link that was sent by e-mail and works once, until `ends_at`. `purpose` is "invitation" or "password"."""

    __tablename__ = "tickets"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Passkey(Base):
    """A key in somebody's device that signs in without a password; of it only the public part is here (WebAuthn)."""

    __tablename__ = "passkeys"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(2000))
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)
    name: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Identity(Base):
    """How an OpenID Connect provider knows the person of an account."""

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(String(300), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)


class Spent(Base):
    """A challenge or a state of a sign-in that came back: it does so once. After `ends_at` its age is enough."""

    __tablename__ = "spent"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditEntry(Base):
    """One act: who, when, what, to what, before and after; never an answer of a young person. Rows are only added.

    `digest` is the SHA-256, in hexadecimal, of the entry before and of this one, so that a row that was taken out or
    changed shows. `who` is the e-mail address of that moment, or "consult" for the command line.
    """

    __tablename__ = "audit_entries"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    who: Mapped[str] = mapped_column(String(254))
    act: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(200))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text, default="")
    digest: Mapped[str] = mapped_column(String(64))
