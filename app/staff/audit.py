"""The audit trail: rows that are only added, chained by hash."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.staff.models import AuditEntry

#: Whoever types commands on the machine.
OPERATOR = "consult"
BEGINNING = "0" * 64
#: PostgreSQL's advisory lock of the trail's end: two acts at the same moment stand one after the other.
LOCK = 7_404_121


async def record(
    session: AsyncSession,
    *,
    who: str,
    act: str,
    subject: str,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> AuditEntry:
    """The act stands at the end of the trail, in the caller's transaction: done and recorded, or neither."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    else:
        # SQLite's one writer begins here, before the end of the trail is read.
        await session.execute(text("UPDATE audit_entries SET number = number WHERE number = 0"))
    last = await session.scalar(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1))
    entry = AuditEntry(
        number=last.number + 1 if last else 1,
        at=now,
        who=who,
        act=act,
        subject=subject,
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
        reason=reason,
    )
    entry.digest = digest_of(entry, last.digest if last else BEGINNING)
    session.add(entry)
    await session.flush()
    return entry


def digest_of(entry: AuditEntry, previous: str) -> str:
    """The SHA-256 of the previous digest and everything in this row, in hexadecimal."""
    told = [
        previous,
        entry.number,
        entry.at.astimezone(UTC).isoformat(timespec="seconds"),
        entry.who,
        entry.act,
        entry.subject,
        entry.before,
        entry.after,
        entry.reason,
    ]
    canonical = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def broken_at(entries: Iterable[AuditEntry]) -> int | None:
    """The number of the first entry, in order, that was changed or before which one is missing; None when whole.

    Rows taken from the very end leave no gap: `consult doctor` says how many there are and the last digest, to be
    compared with what somebody wrote down.
    """
    previous, expected = BEGINNING, 1
    for entry in entries:
        if entry.number != expected or entry.digest != digest_of(entry, previous):
            return expected
        previous, expected = entry.digest, expected + 1
    return None


#: Rows of the trail that are read and checked at once, so that no other request waits long.
CHECKED_AT_ONCE = 500


async def check_trail(session: AsyncSession) -> tuple[int, str, int | None]:
    """How many rows the trail has, the digest of the last, and the number at which the chain is broken, or None."""
    rows, last, expected = 0, BEGINNING, 1
    broken: int | None = None
    number: int | None = None
    while True:
        following = select(AuditEntry).order_by(AuditEntry.number).limit(CHECKED_AT_ONCE)
        if number is not None:
            following = following.where(AuditEntry.number > number)
        entries = (await session.scalars(following)).all()
        if not entries:
            return rows, last, broken
        for entry in entries:
            if broken is None and (entry.number != expected or entry.digest != digest_of(entry, last)):
                broken = expected
            last, expected = entry.digest, expected + 1
        rows, number = rows + len(entries), entries[-1].number
