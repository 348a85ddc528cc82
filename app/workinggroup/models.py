"""What the Working Group and others say about a draft, and what young people are told afterwards."""

from datetime import date, datetime

from sqlalchemy import JSON, Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UtcDateTime


class Comment(Base):
    """A comment on a version of the paper. `paragraph` is a typed number such as 3.2, or "" for the whole paper;
    `language` that of the paper which was read.

    `received_on` is set where it came by e-mail and somebody typed it in; the address it came from is not kept.
    `public`: whoever wrote it agreed that it is shown with name and organization. `taken` is None until answered.
    """

    __tablename__ = "paper_comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("paper_versions.id", ondelete="RESTRICT"), index=True)
    paragraph: Mapped[str] = mapped_column(String(12))
    language: Mapped[str] = mapped_column(String(2))
    name: Mapped[str] = mapped_column(String(120))
    organization: Mapped[str] = mapped_column(String(160))
    text: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    received_on: Mapped[date | None] = mapped_column(Date)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    public: Mapped[bool]
    taken: Mapped[bool | None]
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Outcome(Base):
    """One entry of "What happened with your views". `kind` is told, decided, done or not_done; `day` when that was.

    `title`, `said` (what young people said) and `response` (what the Group did of it, or why not) are by language. It
    is public from `published_at` on, and only when complete in all six.
    """

    __tablename__ = "outcomes"

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations.id", ondelete="RESTRICT"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    day: Mapped[date] = mapped_column(Date)
    expected_on: Mapped[date | None] = mapped_column(Date)
    title: Mapped[dict[str, str]] = mapped_column(JSON)
    said: Mapped[dict[str, str]] = mapped_column(JSON)
    response: Mapped[dict[str, str]] = mapped_column(JSON)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
