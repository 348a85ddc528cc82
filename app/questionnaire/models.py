"""The stored questionnaire of a consultation: one row for each version, never changed once the day opened."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UtcDateTime


class Questionnaire(Base):
    """`document` is the canonical JSON of the document and `digest` its SHA-256 in hexadecimal.

    A version made since the day opened holds corrections of words: when, and why.
    """

    __tablename__ = "questionnaires"
    __table_args__ = (UniqueConstraint("consultation_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations.id", ondelete="CASCADE"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(Text)
    corrected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")


class TextState(Base):
    """Where one text of a questionnaire stands in one language, beside the document that holds the text itself.

    `key` names the text's place (`CB04.label`, `CB04.3.label`, `title`). `source_digest` is that of the source text it
    was made from: another one now means that it is stale. `text_digest` is that of the text that was reviewed.
    """

    __tablename__ = "text_states"

    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    source_digest: Mapped[str] = mapped_column(String(64))
    source_text: Mapped[str] = mapped_column(Text)
    translated_by: Mapped[str] = mapped_column(String(254))
    translated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reviewed_by: Mapped[str | None] = mapped_column(String(254))
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    text_digest: Mapped[str | None] = mapped_column(String(64))


class Step(Base):
    """One thing done to a questionnaire before its day opened, as long as nobody took it back; the highest `number` is
    the last.

    `version` is that of the questionnaire afterwards, and `made` whether the step made it. `told` says what was done
    (`step` and `of` of the editor; `language` and `texts` of translations). `states` are the rows of `text_states` that
    the step changed, as they stood before: key and language, and the values, or null where there was no row.
    """

    __tablename__ = "questionnaire_steps"

    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    who: Mapped[str] = mapped_column(String(254))
    act: Mapped[str] = mapped_column(String(40))
    told: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int]
    made: Mapped[bool]
    states: Mapped[list[list[Any]]] = mapped_column(JSON)
