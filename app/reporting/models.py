"""The kept release: the certified tables of a consultation, from which everything public is rendered; and the versions
of the paper that were posted, as bytes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UtcDateTime


class KeptRelease(Base):
    """`content` is the canonical JSON of a release, `digest` its SHA-256 in hexadecimal and `signature` a detached JWS
    over its bytes (`signature.py`). Rows are never changed."""

    __tablename__ = "releases"
    __table_args__ = (UniqueConstraint("consultation_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations.id", ondelete="RESTRICT"))
    number: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(Text, default="", server_default="")


class PaperVersion(Base):
    """One posted version of the paper; `number` counts those of a consultation. A posted row is never changed, except
    that it can be withdrawn.

    `comments_until` is the last day of a draft's window, `final_on` the day on which its final is expected, or of a
    final the day on which it was posted. `changed` says what changed, by language; `changes` is found by comparing with
    the version before: how many figures, and by language which paragraphs (`rounds.Changes`). `withdrawn_reason` is by
    language.
    """

    __tablename__ = "paper_versions"
    __table_args__ = (UniqueConstraint("consultation_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations.id", ondelete="RESTRICT"))
    number: Mapped[int]
    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id", ondelete="RESTRICT"))
    final: Mapped[bool]
    posted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    comments_until: Mapped[date | None] = mapped_column(Date)
    final_on: Mapped[date | None] = mapped_column(Date)
    document_number: Mapped[str] = mapped_column(String(40), default="")
    changed: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    changes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_reason: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)


class PaperFile(Base):
    """One file of a version, as it was on the day it was posted; `digest` is the SHA-256 of `content`."""

    __tablename__ = "paper_files"

    version_id: Mapped[int] = mapped_column(ForeignKey("paper_versions.id", ondelete="RESTRICT"), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    form: Mapped[str] = mapped_column(String(10), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)


class PaperText(Base):
    """The numbered paragraphs of a version in one language: rows of number, section and text."""

    __tablename__ = "paper_texts"

    version_id: Mapped[int] = mapped_column(ForeignKey("paper_versions.id", ondelete="RESTRICT"), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    paragraphs: Mapped[list[list[str]]] = mapped_column(JSON)


class PaperWords(Base):
    """What the secretariat decided about one paragraph of the paper in one language; the last row holds. Rows are only
    added.

    `manner` is instead, after or generated (the own words are taken back); `generated` is the paragraph that was beside
    it then, so that one that reads otherwise now shows.
    """

    __tablename__ = "paper_words"

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations.id", ondelete="RESTRICT"), index=True)
    paragraph: Mapped[str] = mapped_column(String(80))
    language: Mapped[str] = mapped_column(String(2))
    manner: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    generated: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(String(254))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReleaseKey(Base):
    """A public key that signed releases here, Ed25519 in base64url; `key_id` is its thumbprint. Rows stay for ever, or
    nobody could check an old release."""

    __tablename__ = "release_keys"

    key_id: Mapped[str] = mapped_column(String(43), primary_key=True)
    public_key: Mapped[str] = mapped_column(String(43))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
