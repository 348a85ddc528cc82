"""The kept release: the certified tables of a consultation, from which everything public is rendered."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
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
