"""The page that says whether a consultation can be scheduled, and what is done there: the plan, looking at previews,
overruling a line, scheduling."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations import service as consultations
from app.consultations.countries import countries
from app.consultations.models import Consultation
from app.consultations.phase import Phase, day_of, phase_at
from app.consultations.routes import ages_in_words
from app.errors import NotFound, OperatorError
from app.questionnaire.desk import Kept, SeeQuestionnaire, can_change, load
from app.questionnaire.document import LANGUAGES
from app.questionnaire.gate import (
    Facts,
    GateLine,
    Overruled,
    Progress,
    checks,
    gate,
    is_ready,
    target_countries,
    unchecked,
)
from app.questionnaire.making_desk import BANDS, YOUNGEST
from app.questionnaire.sound import faults_of
from app.questionnaire.translations import Standing, State, hold, standings
from app.staff.audit import record
from app.staff.door import Visitor, needs
from app.staff.models import Account, AuditEntry
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act, Role
from app.web.deps import Now, Reading, Writing
from app.web.forms import read_form
from app.web.i18n import translator

router = APIRouter(prefix="/staff/consultations/{slug}/gate")

Plan = Annotated[Visitor, Depends(needs(Act.MAKE_CONSULTATION))]
Overrule = Annotated[Visitor, Depends(needs(Act.OVERRULE_GATE))]
Schedule = Annotated[Visitor, Depends(needs(Act.SCHEDULE))]

PREVIEWED, REHEARSED, OVERRULED = "preview", "rehearsal_passed", "gate_overruled"
DATES = ("results_on", "comments_until", "feedback_on")
#: Countries that are named one by one; more are only counted.
MOST_NAMED = 12


@dataclass(frozen=True, kw_only=True)
class GatePage(DeskPage):
    template: ClassVar[str] = "questionnaire/gate.html"

    slug: str
    topic: str
    consultation: Consultation
    lines: tuple[GateLine, ...]
    ready: bool
    phase: str
    may_change: bool
    ages: str
    country_names: Mapping[str, str]
    plan: Mapping[str, Any]
    bands: tuple[str, ...] = BANDS
    all_languages: tuple[str, ...] = LANGUAGES
    most_named: int = MOST_NAMED
    faults: tuple[str, ...] = ()
    overruling: str = ""


@router.get("")
async def ready(request: Request, slug: str, visitor: SeeQuestionnaire, now: Now, session: Reading) -> Response:
    kept = await load(session, slug)
    return show(request, await _page(request, session, kept, visitor, now))


@router.post("/plan")
async def plan(request: Request, slug: str, visitor: Plan, now: Now, session: Writing) -> Response:
    """The day, who may answer, and what is promised by when; refused as a whole when a part of it is wrong."""
    form = await read_form(request)
    await hold(session, slug)
    kept = await _changeable(session, slug, now)
    consultation = kept.consultation
    wished = {name: form.get(name, [""])[-1].strip()[:40] for name in ("day", "consent", *DATES)}
    ages = [band for band in BANDS if band in form.get("ages", ())]
    values, faults = _planned(consultation, wished, ages, now)
    if faults:
        typed = {**wished, "ages": ages}
        return show(request, await _page(request, session, kept, visitor, now, faults=faults, typed=typed), 422)
    before = _plan_of(consultation)
    for name, value in values.items():
        setattr(consultation, name, value)
    after = _plan_of(consultation)
    if after != before:
        consultation.revision += 1
        await record(session, who=visitor.email, act="plan_changed", subject=slug, now=now, before=before, after=after)
    return RedirectResponse(f"/staff/consultations/{slug}/gate", 303)


@router.post("/previews")
async def looked(request: Request, slug: str, visitor: SeeQuestionnaire, now: Now, session: Writing) -> Response:
    """Somebody says of some languages that they looked at the preview as young people will see it."""
    form = await read_form(request)
    kept = await load(session, slug)
    for language in [each for each in LANGUAGES if each in form.get("languages", ())]:
        seen = {"language": language, "version": kept.stored.number}
        await record(session, who=visitor.email, act=PREVIEWED, subject=slug, now=now, after=seen)
    return RedirectResponse(f"/staff/consultations/{slug}/gate", 303)


@router.post("/overrule")
async def overrule(request: Request, slug: str, visitor: Overrule, now: Now, session: Writing) -> Response:
    """An open line does not stop the consultation any more. Raises NotFound for a line that is not open."""
    form = await read_form(request)
    kept = await _changeable(session, slug, now)
    id_, reason = form.get("line", [""])[-1], form.get("reason", [""])[-1].strip()[:1000]
    page = await _page(request, session, kept, visitor, now)
    line = next((each for each in page.lines if each.id == id_ and each.state == "open"), None)
    if line is None:
        raise NotFound
    if not reason:
        page = await _page(request, session, kept, visitor, now, faults=("reason",), overruling=id_)
        return show(request, page, 422)
    await record(session, who=visitor.email, act=OVERRULED, subject=slug, now=now, after={"line": id_}, reason=reason)
    return RedirectResponse(f"/staff/consultations/{slug}/gate", 303)


@router.post("/schedule")
async def schedule(request: Request, slug: str, visitor: Schedule, now: Now, session: Writing) -> Response:
    """The day opens and closes by itself from now on. Refused, and nothing done, while a line is open."""
    await hold(session, slug)
    kept = await _changeable(session, slug, now)
    consultation, document = kept.consultation, kept.document
    page = await _page(request, session, kept, visitor, now)
    if not page.ready:
        refused = await _page(request, session, kept, visitor, now, faults=("open",))
        return show(request, refused, 422)
    if phase_at(consultation, now) is not Phase.DRAFT:
        raise OperatorError(f"“{slug}” is scheduled already.")
    consultations.schedule(consultation, now)
    # The public pages have these in every language that the questionnaire has.
    consultation.topic = {**document.title, **consultation.topic}
    consultation.summary = {**document.summary, **consultation.summary}
    await record(
        session,
        who=visitor.email,
        act="scheduled",
        subject=slug,
        now=now,
        before={"phase": Phase.DRAFT.value},
        after={
            "phase": phase_at(consultation, now).value,
            "opens_at": consultation.opens_at.isoformat(),
            "version": kept.stored.number,
            "digest": kept.stored.digest,
            "overruled": [line.id for line in page.lines if line.state == "overruled"],
        },
    )
    return RedirectResponse(f"/staff/consultations/{slug}", 303)


async def _changeable(session: AsyncSession, slug: str, now: datetime) -> Kept:
    """Raises NotFound, and OperatorError once the day has opened."""
    kept = await load(session, slug)
    if not can_change(kept.consultation, now):
        raise OperatorError(f"“{slug}” has opened.")
    return kept


# The plan ------------------------------------------------------------------------------------------------------------


def _planned(
    consultation: Consultation, wished: Mapping[str, str], ages: list[str], now: datetime
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The values of the columns, and the names of what is wrong. A date left empty is not promised yet."""
    values: dict[str, Any] = {"consent": wished["consent"], "age_bands": ages}
    faults = []
    days: dict[str, date | None] = {}
    for name in ("day", *DATES):
        try:
            days[name] = date.fromisoformat(wished[name]) if wished[name] else None
        except ValueError:
            faults.append(name)
    day = days.get("day")
    if day is None:
        return values, tuple(dict.fromkeys(["day", *faults]))
    try:
        hours = day_of(day, consultation.window)
    except (ValueError, OverflowError):
        return values, ("day",)
    if hours.closes_at <= now:
        faults.append("day")
    faults += [name for name in DATES if (promised := days.get(name)) and promised <= day]
    results, feedback = days.get("results_on"), days.get("feedback_on")
    if results and feedback and feedback < results:
        faults.append("feedback_on")
    if wished["consent"] not in ("A", "B", "C"):
        faults.append("consent")
    if not ages or (YOUNGEST in ages and wished["consent"] != "C"):
        faults.append("ages")
    values |= {"day": day} | {name: days.get(name) for name in DATES}
    if day != consultation.day:
        values |= {"opens_at": hours.opens_at, "closes_at": hours.closes_at}
    return values, tuple(dict.fromkeys(faults))


def _plan_of(consultation: Consultation) -> dict[str, Any]:
    """What the plan is, as the form and the trail have it."""
    dates = {name: value.isoformat() if (value := getattr(consultation, name)) else "" for name in ("day", *DATES)}
    return {**dates, "consent": consultation.consent, "ages": list(consultation.age_bands)}


# The facts -----------------------------------------------------------------------------------------------------------


async def _page(
    request: Request,
    session: AsyncSession,
    kept: Kept,
    visitor: Visitor,
    now: datetime,
    faults: tuple[str, ...] = (),
    overruling: str = "",
    typed: Mapping[str, Any] | None = None,
) -> GatePage:
    consultation, language = kept.consultation, visitor.language
    trail = await _trail(session, consultation.slug)
    lines = gate(await _facts(request, session, kept, trail, now), _overrulings(trail))
    bands = consultation.age_bands
    return GatePage(
        language=language,
        path=f"/staff/consultations/{consultation.slug}/gate",
        visitor=visitor,
        here="consultations",
        slug=consultation.slug,
        topic=kept.topic(language),
        consultation=consultation,
        lines=lines,
        ready=is_ready(lines),
        phase=phase_at(consultation, now).value,
        may_change=can_change(consultation, now),
        ages=ages_in_words(translator(language), bands) if bands else "",
        country_names={each.iso2: each.names[language] for each in countries().values()},
        plan=typed or _plan_of(consultation),
        faults=faults,
        overruling=overruling,
    )


async def _trail(session: AsyncSession, slug: str) -> Sequence[AuditEntry]:
    rows = await session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject == slug, AuditEntry.act.in_((PREVIEWED, REHEARSED, OVERRULED)))
        .order_by(AuditEntry.number)
    )
    return rows.all()


def _overrulings(trail: Sequence[AuditEntry]) -> Mapping[str, Overruled]:
    """Of each line that was overruled, the latest time."""
    return {
        str((entry.after or {}).get("line")): Overruled(entry.who, entry.at, entry.reason)
        for entry in trail
        if entry.act == OVERRULED
    }


async def _facts(
    request: Request, session: AsyncSession, kept: Kept, trail: Sequence[AuditEntry], now: datetime
) -> Facts:
    aimed_at: Callable[[AsyncSession, int], Awaitable[tuple[frozenset[str], frozenset[str]]]]
    aimed_at = request.app.state.aimed_at
    consultation, document = kept.consultation, kept.document
    stands = await standings(session, consultation.id, document)
    guardians = await session.scalars(
        select(Account.name)
        .where(Account.role == Role.PROTECTION.value, Account.ended_at.is_(None))
        .order_by(Account.name)
    )
    targets = target_countries(countries(), *await aimed_at(session, consultation.id))
    opened = {str((entry.after or {}).get("language")) for entry in trail if entry.act == PREVIEWED}
    rehearsed = [entry.at for entry in trail if entry.act == REHEARSED]
    return Facts(
        now=now,
        opens_at=consultation.opens_at,
        progress={language: _progress(texts) for language, texts in stands.items()},
        faulty=tuple(dict.fromkeys(finding.code for finding in faults_of(document))),
        consent=consultation.consent,
        age_bands=tuple(consultation.age_bands),
        guardians=tuple(guardians),
        targets=len(targets),
        unchecked=unchecked(targets, checks(), now.date()),
        results_on=consultation.results_on,
        comments_until=consultation.comments_until,
        feedback_on=consultation.feedback_on,
        languages=LANGUAGES,
        previewed=frozenset(opened),
        rehearsed_at=rehearsed[-1] if rehearsed else None,
    )


def _progress(texts: Sequence[Standing]) -> Progress:
    return Progress(
        missing=sum(each.state is State.MISSING for each in texts),
        stale=sum(each.state is State.STALE for each in texts),
        unread=sum(
            each.state is State.DRAFTED or (each.state is State.REVIEWED and each.reviewed_by == each.by)
            for each in texts
        ),
    )
