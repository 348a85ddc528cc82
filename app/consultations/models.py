"""The consultation: one topic, one day, and the instants at which people decided something about it."""

from datetime import date, datetime

from sqlalchemy import JSON, Date, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UtcDateTime


class Consultation(Base):
    """`topic` and `summary` are texts by language; the phase is computed from the instants (`phase.py`).

    `window` is "world", "utc" or the name of a zone. `age_bands` are the names of the choices of the age question whose
    answers are collected. `consent` is A (own agreement) or B (and, below 16, "a parent or carer knows and agrees").
    `paused_at`: since then nobody can begin or send, though the day goes on. `sample` marks answers that no young
    person gave: every page and document says so.
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
    comments_until: Mapped[date | None] = mapped_column(Date)
    sample: Mapped[bool] = mapped_column(default=False)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    scheduled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Rises with every change, so that pages kept in memory know when they are out of date.
    revision: Mapped[int] = mapped_column(default=1)
