"""What is done to a partner's link, and the list of links that every process keeps in memory."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.consultations.countries import region_of
from app.db import Remembered
from app.errors import OperatorError
from app.outreach.models import Link, RegionTarget

KINDS = ("school", "ngo", "office", "government", "company", "other")
REGIONS = ("africa", "americas", "arab_states", "asia_pacific", "cis", "europe")
#: No letter or digit that looks like another, and no vowel, so that no word comes about by chance.
ALPHABET = "23456789bcdfhjkmnprtvwx"
CODE_CHARS = 8
CODE = re.compile(f"[{ALPHABET}]{{{CODE_CHARS}}}")
#: The age band of 10 to 12, who answer only by a link whose partner has the consent of parents or carers.
BAND_WITH_CONSENT = "2"
#: A partner learns no number below this, and above it only steps, so that nobody sees one pupil arrive.
FEWEST_SHOWN = 10
STEP_SHOWN = 5


@dataclass(frozen=True)
class Wanted:
    """What somebody decided about a link. Where there is a country, the region is that of the country."""

    name: str
    kind: str
    country: str | None = None
    region: str | None = None
    target: int | None = None
    holds_consent: bool = False
    account_id: int | None = None


async def aimed_at(session: AsyncSession, consultation_id: int) -> tuple[frozenset[str], frozenset[str]]:
    """The countries that links name, and the regions of which answers are hoped for."""
    countries = await session.scalars(
        select(Link.country).where(
            Link.consultation_id == consultation_id, Link.country.is_not(None), Link.ended_at.is_(None)
        )
    )
    regions = await session.scalars(
        select(RegionTarget.region).where(RegionTarget.consultation_id == consultation_id, RegionTarget.n > 0)
    )
    return frozenset(each for each in countries if each), frozenset(regions)


async def make(session: AsyncSession, consultation_id: int, wanted: Wanted, now: datetime) -> Link:
    """A new link with a random code of its own."""
    code = new_code()
    while await session.scalar(select(Link.id).where(Link.code == code)):
        code = new_code()
    link = Link(consultation_id=consultation_id, code=code, made_at=now, ended_at=None, opened=0, **_values(wanted))
    session.add(link)
    await session.flush()
    return link


def change(link: Link, wanted: Wanted) -> None:
    """The link is as wanted; its code stays, and so does its end."""
    for name, value in _values(wanted).items():
        setattr(link, name, value)


def end(link: Link, now: datetime) -> None:
    """From now on the link leads to the page as any other. Raises OperatorError on a repeat."""
    if link.ended_at is not None:
        raise OperatorError(f"The link {link.code} was ended already.")
    link.ended_at = now


def begin_again(link: Link) -> None:
    """The link counts again, and lets in whom it let in before. Raises OperatorError unless it was ended."""
    if link.ended_at is None:
        raise OperatorError(f"The link {link.code} was not ended.")
    link.ended_at = None


async def count_opening(session: AsyncSession, link_id: int) -> None:
    """One opening more. Nothing is kept of who it was, or when."""
    counting = update(Link).where(Link.id == link_id).values(opened=Link.opened + 1)
    await session.execute(counting.execution_options(synchronize_session=False))


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARS))


def told_to_partners(n: int) -> int | None:
    """A count as a partner may know it: rounded down to a step, or None for one that is too small."""
    return None if n < FEWEST_SHOWN else n // STEP_SHOWN * STEP_SHOWN


def facts(link: Link, partner: str) -> dict[str, Any]:
    """The link as the audit trail keeps it; `partner` is the address of its account, or ""."""
    return {
        "name": link.name,
        "kind": link.kind,
        "country": link.country,
        "region": link.region,
        "target": link.target,
        "holds_consent": link.holds_consent,
        "partner": partner,
        "ended_at": link.ended_at.isoformat() if link.ended_at else None,
    }


def _values(wanted: Wanted) -> dict[str, Any]:
    return asdict(wanted) | {"region": region_of(wanted.country) if wanted.country else wanted.region}


@dataclass(frozen=True, slots=True)
class Known:
    """What must be known of a link when somebody follows it, or answers by way of it."""

    id: int
    code: str
    consultation_id: int
    holds_consent: bool
    ended: bool


class Links:
    """All links, kept in memory and read again when older than `refresh_seconds`."""

    def __init__(self, engine: AsyncEngine, refresh_seconds: float) -> None:
        self._engine = engine
        self._by_code = Remembered(self._read, refresh_seconds)

    async def find(self, code: str) -> Known | None:
        """The link of that code, also one that was ended. What cannot be a code is not looked up."""
        if not CODE.fullmatch(code):
            return None
        return (await self._by_code.value()).get(code)

    async def leads_to(self, code: str, consultation_id: int) -> bool:
        """Whether this is the code of a link to that consultation that was not ended."""
        known = await self.find(code)
        return known is not None and known.consultation_id == consultation_id and not known.ended

    async def holds_consent(self, code: str, consultation_id: int) -> bool:
        """Whether the partner of this link has the consent of parents or carers. Not any more when it was ended."""
        known = await self.find(code)
        return known is not None and known.holds_consent and await self.leads_to(code, consultation_id)

    async def _read(self) -> Mapping[str, Known]:
        wanted = select(Link.id, Link.code, Link.consultation_id, Link.holds_consent, Link.ended_at)
        async with self._engine.connect() as connection:
            rows = await connection.execute(wanted)
            return MappingProxyType(
                {row.code: Known(row.id, row.code, row.consultation_id, row.holds_consent, row.ended_at is not None)
                 for row in rows}
            )  # fmt: skip
