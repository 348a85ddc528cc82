"""The audit trail to read: filtered, a hundred rows a page, as a file, and whether its chain is whole."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from sqlalchemy import Select, func, select
from starlette.requests import Request
from starlette.responses import Response

from app.staff.audit import check_trail, record
from app.staff.door import Visitor, needs
from app.staff.models import AuditEntry
from app.staff.pages import show
from app.staff.permissions import Act
from app.staff.routes import FormPage, line
from app.web.deps import Now, Reading, Writing
from app.web.forms import read_form

router = APIRouter(prefix="/staff/trail")
SeeAudit = Annotated[Visitor, Depends(needs(Act.SEE_AUDIT))]
PAGE = 100
COLUMNS = ("number", "at", "who", "act", "subject", "before", "after", "reason", "digest")
#: A cell that begins so is a formula to a spreadsheet.
ARMED = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Wanted:
    """What the filter asks for, as typed."""

    who: str = ""
    act: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""

    @property
    def faults(self) -> tuple[str, ...]:
        return tuple(name for name in ("since", "until") if getattr(self, name) and _day(getattr(self, name)) is None)


@dataclass(frozen=True)
class Change:
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Row:
    number: int
    at: datetime
    who: str
    act: str
    subject: str
    changes: tuple[Change, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class TrailPage(FormPage):
    template: ClassVar[str] = "staff/trail.html"

    wanted: Wanted
    acts: tuple[str, ...]
    rows: tuple[Row, ...]
    found: int
    older: str
    newest: str
    length: int
    digest: str
    broken_at: int | None


@router.get("")
async def trail(
    request: Request,
    visitor: SeeAudit,
    session: Reading,
    who: str = "",
    act: str = "",
    subject: str = "",
    since: str = "",
    until: str = "",
    before: str = "",
) -> Response:
    wanted = Wanted(*(each.replace("\0", " ").strip() for each in (who, act, subject, since, until)))
    entries: Sequence[AuditEntry] = ()
    found = 0
    if not wanted.faults:
        chosen = _chosen(wanted)
        found = await session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
        if before.isascii() and before.isdigit() and len(before) < 10:
            chosen = chosen.where(AuditEntry.number < int(before))
        entries = (await session.scalars(chosen.order_by(AuditEntry.number.desc()).limit(PAGE + 1))).all()
    length, digest, broken_at = await check_trail(session)
    acts = await session.scalars(select(AuditEntry.act).distinct().order_by(AuditEntry.act))
    asked = {name: value for name, value in asdict(wanted).items() if value}
    older = {**asked, "before": entries[PAGE - 1].number} if len(entries) > PAGE else {}
    page = TrailPage(
        language=visitor.language,
        path="/staff/trail",
        visitor=visitor,
        here="trail",
        faults=wanted.faults,
        wanted=wanted,
        acts=tuple(acts),
        rows=tuple(_row(entry) for entry in entries[:PAGE]),
        found=found,
        older=f"/staff/trail?{urlencode(older)}" if older else "",
        newest=f"/staff/trail?{urlencode(asked)}" if before else "",
        length=length,
        digest=digest,
        broken_at=broken_at,
    )
    return show(request, page, 422 if wanted.faults else 200)


@router.post("/export")
async def export(request: Request, visitor: SeeAudit, now: Now, session: Writing) -> Response:
    """What the filter finds as a CSV file, oldest first. That it was taken out stands in the trail, too."""
    form = await read_form(request)
    wanted = Wanted(**{name: line(form, name) for name in ("who", "act", "subject", "since", "until")})
    if wanted.faults:
        wanted = Wanted(wanted.who, wanted.act, wanted.subject)
    entries = await session.scalars(_chosen(wanted).order_by(AuditEntry.number))
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    rows = 0
    for entry in entries:
        writer.writerow([disarmed(_cell(getattr(entry, name))) for name in COLUMNS])
        rows += 1
    told = {**{name: value for name, value in asdict(wanted).items() if value}, "rows": rows}
    await record(session, who=visitor.email, act="trail_exported", subject="trail", now=now, after=told)
    return Response(
        # A byte order mark: spreadsheets take the file for something else otherwise.
        b"\xef\xbb\xbf" + file.getvalue().encode(),
        headers={"Content-Disposition": f'attachment; filename="trail-{now:%Y-%m-%d}.csv"'},
        media_type="text/csv; charset=utf-8",
    )


def disarmed(cell: str) -> str:
    """The cell, with an apostrophe before it where a spreadsheet would compute it."""
    return f"'{cell}" if cell.startswith(ARMED) else cell


def _chosen(wanted: Wanted) -> Select[AuditEntry]:
    chosen = select(AuditEntry)
    if wanted.who:
        chosen = chosen.where(AuditEntry.who.icontains(wanted.who, autoescape=True))
    if wanted.act:
        chosen = chosen.where(AuditEntry.act == wanted.act)
    if wanted.subject:
        chosen = chosen.where(AuditEntry.subject.icontains(wanted.subject, autoescape=True))
    since, until = _day(wanted.since), _day(wanted.until)
    if since:
        chosen = chosen.where(AuditEntry.at >= _begin(since))
    if until:
        chosen = chosen.where(AuditEntry.at < _begin(until) + timedelta(days=1))
    return chosen


def _day(typed: str) -> date | None:
    """The day that was typed as 2026-11-20; None for another thing, or a day that no clock of ours shows."""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2999 else None


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _row(entry: AuditEntry) -> Row:
    before: Mapping[str, Any] = entry.before or {}
    after: Mapping[str, Any] = entry.after or {}
    changes = tuple(
        Change(name, _cell(before.get(name)), _cell(after.get(name)))
        for name in dict.fromkeys((*before, *after))
        if name not in before or name not in after or before[name] != after[name]
    )
    return Row(entry.number, entry.at, entry.who, entry.act, entry.subject, changes, entry.reason)


def _cell(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, (dict, list)) else str(value)
