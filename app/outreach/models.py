"""Partners' links with their own codes, and how many answers each region should give."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UtcDateTime


class Link(Base):
    """The link that one partner spreads. Its `code` travels with a submission until the freeze; counts only.

    `kind` is school, ngo, office, government, company or other. `holds_consent`: the partner has the consent of parents
    or carers, so that those of 10 to 12 may answer. `account_id` is the partner who may see its counts. `opened` counts
    how often the link was followed, without any identifier. `ended_at`: from then on it leads to the page as any other.
    """

    __tablename__ = "links"

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations.id", ondelete="CASCADE"), index=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    country: Mapped[str | None] = mapped_column(String(2))
    region: Mapped[str | None] = mapped_column(String(20))
    target: Mapped[int | None]
    holds_consent: Mapped[bool] = mapped_column(default=False)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    opened: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RegionTarget(Base):
    """How many answers are hoped for from one region of the ITU."""

    __tablename__ = "region_targets"

    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations.id", ondelete="CASCADE"), primary_key=True)
    region: Mapped[str] = mapped_column(String(20), primary_key=True)
    n: Mapped[int]
