"""The consultation: one topic, one day, and the instants at which people decided something about it."""

from datetime import date, datetime

from sqlalchemy import JSON, Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UtcDateTime


class Consultation(Base):
    """`topic` and `summary` are texts by language; the phase is computed from the instants (`phase.py`).

    `window` is "world", "utc" or the name of a zone. `age_bands` are the names of the choices of the age question whose
    answers are collected. `consent` is A (own agreement), B (and, below 16, "a parent or carer knows and agrees") or C
    (for those of 10 to 12 the partner of their link holds it).
    `paused_at`: since then nobody can begin or send, though the day goes on. `sample` marks answers that no young
    person gave: every page and document says so. `freeze_on` is the day on which the answers shall be frozen and
    `words_until` the last on which the texts that people wrote are kept.
    """

    __tablename__ = "consultations"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    topic: Mapped[dict[str, str]] = mapped_column(JSON)
    summary: Mapped[dict[str, str]] = mapped_column(JSON)
    day: Mapped[date] = mapped_column(Date)
    window: Mapped[str] = mapped_column(String(64))
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    age_bands: Mapped[list[str]] = mapped_column(JSON)
    consent: Mapped[str] = mapped_column(String(1))
    results_on: Mapped[date | None] = mapped_column(Date)
    feedback_on: Mapped[date | None] = mapped_column(Date)
    freeze_on: Mapped[date | None] = mapped_column(Date)
    words_until: Mapped[date | None] = mapped_column(Date)
    comments_until: Mapped[date | None] = mapped_column(Date)
    sample: Mapped[bool] = mapped_column(default=False)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    scheduled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Rises with every change, so that pages kept in memory know when they are out of date.
    revision: Mapped[int] = mapped_column(default=1)

    def topic_in(self, language: str) -> str:
        """The topic in that language, or in the first that there is."""
        return self.topic.get(language) or next(iter(self.topic.values()))


class Guardian(Base):
    """Who answers for the safety of young people in a consultation: `part` is lead or deputy."""

    __tablename__ = "guardians"

    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations.id", ondelete="CASCADE"), primary_key=True)
    part: Mapped[str] = mapped_column(String(10), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))


class HelplineCheck(Base):
    """Somebody here called a helpline or read its site: since that day its number may be shown as right."""

    __tablename__ = "helpline_checks"

    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    dial: Mapped[str] = mapped_column(String(40), primary_key=True)
    checked_on: Mapped[date] = mapped_column(Date)
    checked_by: Mapped[str] = mapped_column(String(254))
