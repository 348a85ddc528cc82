"""Rehearsals as the trail tells of them: begun, and passed or failed. The respondents are in `app/rehearsal`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations.service import MADE
from app.errors import OperatorError
from app.questionnaire.models import Questionnaire
from app.staff.audit import record
from app.staff.models import AuditEntry

BEGUN, PASSED, FAILED = "rehearsal_begun", "rehearsal_passed", "rehearsal_failed"
#: One that has not ended by then was cut off with its server.
LONGEST = timedelta(minutes=11)


class Verdict(Protocol):
    """What came of a rehearsal."""

    @property
    def answers(self) -> int: ...
    @property
    def sent(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def passed(self) -> bool: ...
    @property
    def reason(self) -> str: ...


@dataclass(frozen=True)
class Rehearsal:
    """The last one of a consultation; `reason` says why it failed."""

    state: Literal["none", "running", "passed", "failed", "cut_off"] = "none"
    at: datetime | None = None
    reason: str = ""


async def last(session: AsyncSession, slug: str, now: datetime) -> Rehearsal:
    """The last rehearsal of a consultation that the trail knows."""
    row = await session.scalar(
        select(AuditEntry)
        .where(AuditEntry.subject == slug, AuditEntry.act.in_((MADE, BEGUN, PASSED, FAILED)))
        .order_by(AuditEntry.number.desc())
        .limit(1)
    )
    if row is None or row.act == MADE:
        return Rehearsal()
    if row.act == BEGUN:
        return Rehearsal("running" if now - row.at < LONGEST else "cut_off", row.at)
    return Rehearsal("passed" if row.act == PASSED else "failed", row.at, row.reason)


async def announce(session: AsyncSession, slug: str, stored: Questionnaire, *, who: str, now: datetime) -> int:
    """The trail says that one begins. Gives the number of the row. Raises OperatorError while another is running."""
    found = await session.scalars(
        select(AuditEntry).where(AuditEntry.act.in_((BEGUN, PASSED, FAILED)), AuditEntry.at > now - LONGEST)
    )
    rows = found.all()
    ended = {(row.after or {}).get("begun") for row in rows}
    running = [row.subject for row in rows if row.act == BEGUN and row.number not in ended]
    if running:
        raise OperatorError(f"“{running[0]}” is being rehearsed: wait until it has ended.")
    after = {"version": stored.number, "digest": stored.digest}
    return (await record(session, who=who, act=BEGUN, subject=slug, now=now, after=after)).number


async def end(
    session: AsyncSession,
    slug: str,
    stored: Questionnaire,
    verdict: Verdict,
    *,
    who: str,
    now: datetime,
    begun: int | None = None,
) -> None:
    """The trail says how it ended, and of which version of the questionnaire; `begun` is the row of its beginning."""
    after: dict[str, Any] = {
        "answers": verdict.answers,
        "sent": verdict.sent,
        "seconds": verdict.seconds,
        "version": stored.number,
        "digest": stored.digest,
    }
    if begun is not None:
        after["begun"] = begun
    act = PASSED if verdict.passed else FAILED
    await record(session, who=who, act=act, subject=slug, now=now, after=after, reason=verdict.reason)
