"""What is kept of a respondent: the answers, sent once, whole. The respondent has no row anywhere."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UtcDateTime


class Submission(Base):
    """One respondent's answers. Nothing here leads back to a person, nor to a place in the order of arrival:

    `send_hash` is the keyed hash of the journey's send key and forbids doubles; `receipt_hash`, that of the receipt
    code, finds. Both are random, there is no serial number (in SQLite not even the hidden one), and of the time of
    arrival only the hour is kept.
    `answers` and `open_answers` are JSON objects, answer code to answer; people's own words stand only in the second.
    `dropped` counts values that were posted and that the questionnaire does not know or did not ask.
    """

    __tablename__ = "submissions"
    __table_args__ = ({"sqlite_with_rowid": False},)

    send_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    receipt_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations.id", ondelete="RESTRICT"), index=True)
    questionnaire_number: Mapped[int] = mapped_column(SmallInteger)
    language: Mapped[str] = mapped_column(String(2))
    link: Mapped[str | None] = mapped_column(String(16))
    arrived_hour: Mapped[datetime] = mapped_column(UtcDateTime)
    answers: Mapped[str] = mapped_column(Text)
    open_answers: Mapped[str | None] = mapped_column(Text)
    dropped: Mapped[int] = mapped_column(SmallInteger, default=0)


class ReachCount(Base):
    """How many submissions of a consultation there are by one trait: exact, and kept in the transaction of each Send.

    `kind` is country, language, hour (of arrival, ISO 8601), age (band), link, region (with the hour before it:
    2026-11-20T12:00Z/africa; for staff only, since a small region in one hour may be one school) or all; `key` the
    value, "" for none. The kind final keeps the counts of links when their codes are erased. The kinds opened, passed
    and begun count pages of the journey by section, and forms begun, without any identifier.
    """

    __tablename__ = "reach_counts"

    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    n: Mapped[int]
