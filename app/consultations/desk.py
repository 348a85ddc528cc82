"""The desk's list of consultations, and one consultation with what can be done to its day."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations import service
from app.consultations.models import Consultation
from app.consultations.phase import Phase, phase_at
from app.errors import NotFound, OperatorError
from app.staff.audit import record
from app.staff.door import Visitor, needs
from app.staff.models import AuditEntry
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act
from app.web.deps import Now, Reading, Writing
from app.web.forms import read_form

router = APIRouter(prefix="/staff")


@dataclass(frozen=True)
class Listed:
    slug: str
    topic: str
    day: date
    phase: str
    paused: bool
    sample: bool
    answers: int


@dataclass(frozen=True, kw_only=True)
class ListPage(DeskPage):
    template: ClassVar[str] = "consultations/desk_list.html"

    listed: tuple[Listed, ...]


@dataclass(frozen=True, kw_only=True)
class ConsultationPage(DeskPage):
    template: ClassVar[str] = "consultations/desk_one.html"

    each: Listed
    consultation: Consultation
    went_back: AuditEntry | None
    faults: tuple[str, ...] = ()


SeeConsultations = Annotated[Visitor, Depends(needs(Act.SEE_CONSULTATIONS))]
RunDay = Annotated[Visitor, Depends(needs(Act.RUN_DAY))]


@router.get("/")
async def list_(request: Request, visitor: SeeConsultations, now: Now, session: Reading) -> Response:
    rows = await session.scalars(select(Consultation).order_by(Consultation.day.desc(), Consultation.slug))
    listed = [await _listed(request, each, visitor.language, now) for each in rows]
    return show(
        request,
        ListPage(
            language=visitor.language, path="/staff/", visitor=visitor, here="consultations", listed=tuple(listed)
        ),
    )


@router.get("/consultations/{slug}")
async def one(request: Request, slug: str, visitor: SeeConsultations, now: Now, session: Reading) -> Response:
    consultation = await find(session, slug)
    return show(request, await _page(request, session, consultation, visitor, now))


@router.post("/consultations/{slug}/day")
async def run_day(request: Request, slug: str, visitor: RunDay, now: Now, session: Writing) -> Response:
    """Opens, closes, pauses, resumes or extends the day. What needs a reason is refused without one."""
    consultation = await find(session, slug)
    form = await read_form(request)
    go, reason = form.get("go", [""])[-1], form.get("reason", [""])[-1].strip()[:1000]
    before = service.state_of(consultation, now)
    if go not in ACTS:
        raise NotFound
    faults = []
    if ACTS[go].needs_reason and not reason:
        faults.append("reason")
    hours = form.get("hours", [""])[-1].strip()
    if go == "extend" and not (hours.isascii() and hours.isdigit() and 1 <= int(hours) <= MOST_HOURS):
        faults.append("hours")
    if faults:
        return show(request, await _page(request, session, consultation, visitor, now, tuple(faults)), 422)
    if go == "open" and phase_at(consultation, now) is Phase.DRAFT:
        # The gate would be no gate.
        raise OperatorError(f"“{slug}” is a draft: it opens once it is scheduled.")
    if go == "extend":
        service.extend(consultation, int(hours), now)
    else:
        ACTS[go].do(consultation, now)
    await record(
        session,
        who=visitor.email,
        act=f"day_{go}",
        subject=slug,
        now=now,
        before=before,
        after=service.state_of(consultation, now),
        reason=reason,
    )
    return RedirectResponse(f"/staff/consultations/{slug}", 303)


@dataclass(frozen=True)
class _DayAct:
    do: Callable[..., None]
    needs_reason: bool = False


#: A day cannot be made longer by more than this at once.
MOST_HOURS = 72
ACTS = {
    "open": _DayAct(service.open_now),
    "close": _DayAct(service.close_now),
    "pause": _DayAct(service.pause, needs_reason=True),
    "resume": _DayAct(service.resume, needs_reason=True),
    "extend": _DayAct(service.extend, needs_reason=True),
}


async def find(session: Reading, slug: str) -> Consultation:
    """The consultation of that slug. Raises NotFound."""
    found = await service.look_up(session, slug)
    if found is None:
        raise NotFound
    return found


async def _page(
    request: Request,
    session: Reading,
    consultation: Consultation,
    visitor: Visitor,
    now: Now,
    faults: tuple[str, ...] = (),
) -> ConsultationPage:
    return ConsultationPage(
        language=visitor.language,
        path=f"/staff/consultations/{consultation.slug}",
        visitor=visitor,
        here="consultations",
        each=await _listed(request, consultation, visitor.language, now),
        consultation=consultation,
        went_back=await service.went_back(session, consultation, now),
        faults=faults,
    )


async def _listed(request: Request, consultation: Consultation, language: str, now: Now) -> Listed:
    count: Callable[[int], Awaitable[int]] = request.app.state.count
    phase = phase_at(consultation, now)
    return Listed(
        slug=consultation.slug,
        topic=consultation.topic_in(language),
        day=consultation.day,
        phase=phase.value,
        paused=consultation.paused_at is not None and phase is Phase.OPEN,
        sample=consultation.sample,
        answers=await count(consultation.id) if phase not in (Phase.DRAFT, Phase.SCHEDULED) else 0,
    )
