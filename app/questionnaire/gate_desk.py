"""The page that says whether a consultation can be scheduled, and what is done there: the plan, looking at previews,
overruling a line, scheduling."""

from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations import service as consultations
from app.consultations.countries import countries
from app.consultations.dates import DATES, wrong_dates
from app.consultations.models import Consultation, Guardian
from app.consultations.phase import Phase, day_of, phase_at
from app.consultations.routes import ages_in_words
from app.errors import NotFound, OperatorError
from app.questionnaire import readiness, rehearsing
from app.questionnaire.desk import Kept, SeeQuestionnaire, can_change, load
from app.questionnaire.document import LANGUAGES
from app.questionnaire.gate import PARTS, GateLine, is_ready
from app.questionnaire.making_desk import BANDS, YOUNGEST
from app.questionnaire.readiness import OVERRULED, PREVIEWED, watched
from app.questionnaire.rehearsing import Rehearsal, Verdict
from app.questionnaire.translations import hold
from app.staff.audit import record
from app.staff.door import Visitor, needs
from app.staff.models import Account, AuditEntry
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act
from app.web.deps import Now, Reading, Writing, writing
from app.web.forms import read_form
from app.web.i18n import translator

router = APIRouter(prefix="/staff/consultations/{slug}/gate")

Plan = Annotated[Visitor, Depends(needs(Act.MAKE_CONSULTATION))]
Overrule = Annotated[Visitor, Depends(needs(Act.OVERRULE_GATE))]
Schedule = Annotated[Visitor, Depends(needs(Act.SCHEDULE))]

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
    went_back: AuditEntry | None
    rehearsal: Rehearsal
    guardians: Mapping[str, str]
    may_guard: tuple[Account, ...]
    bands: tuple[str, ...] = BANDS
    all_languages: tuple[str, ...] = LANGUAGES
    date_names: tuple[str, ...] = DATES
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
    wished = {name: form.get(name, [""])[-1].strip()[:40] for name in ("day", "consent", *DATES, *PARTS)}
    ages = [band for band in BANDS if band in form.get("ages", ())]
    values, wrong = _planned(consultation, wished, ages, now)
    guardians, unfit = await _guardians(session, wished)
    faults = (*wrong, *unfit)
    if faults:
        typed = {**wished, "ages": ages}
        return show(request, await _page(request, session, kept, visitor, now, faults=faults, typed=typed), 422)
    before = await _plan_of(session, consultation)
    async with watched(session, consultation, request.app.state.aimed_at, who=visitor.email, now=now):
        for name, value in values.items():
            setattr(consultation, name, value)
        await session.execute(delete(Guardian).where(Guardian.consultation_id == consultation.id))
        for part, account in guardians.items():
            session.add(Guardian(consultation_id=consultation.id, part=part, account_id=account.id))
        await session.flush()
        after = await _plan_of(session, consultation)
        if after != before:
            consultation.revision += 1
            await record(
                session, who=visitor.email, act="plan_changed", subject=slug, now=now, before=before, after=after
            )
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
    after = {"line": id_, "covers": list(line.troubles)}
    await record(session, who=visitor.email, act=OVERRULED, subject=slug, now=now, after=after, reason=reason)
    return RedirectResponse(f"/staff/consultations/{slug}/gate", 303)


@router.post("/rehearsal")
async def rehearse(request: Request, slug: str, visitor: Schedule, now: Now, session: Writing) -> Response:
    """Simulated respondents answer the questionnaire on a stage of its own, in a process of its own; the trail says how
    it ended. Raises OperatorError while one is running."""
    await hold(session, slug)
    kept = await _changeable(session, slug, now)
    begun = await rehearsing.announce(session, slug, kept.stored, who=visitor.email, now=now)

    async def then(verdict: Verdict) -> None:
        async with asynccontextmanager(writing)(request) as afterwards:
            ended_at = request.app.state.clock()
            await rehearsing.end(afterwards, slug, kept.stored, verdict, who=visitor.email, now=ended_at, begun=begun)

    start = partial(
        request.app.state.rehearsals.start,
        slug,
        kept.stored.document,
        kept.consultation.consent,
        tuple(kept.consultation.age_bands),
        then,
    )
    # Only once the row of its beginning is there for all processes.
    return RedirectResponse(f"/staff/consultations/{slug}/gate#rehearsal", 303, background=BackgroundTask(start))


@router.post("/schedule")
async def schedule(request: Request, slug: str, visitor: Schedule, now: Now, session: Writing) -> Response:
    """The day opens and closes by itself from now on. Refused, and nothing done, while a line is open."""
    await hold(session, slug)
    kept = await _changeable(session, slug, now)
    page = await _page(request, session, kept, visitor, now)
    if not page.ready:
        refused = await _page(request, session, kept, visitor, now, faults=("open",))
        return show(request, refused, 422)
    if phase_at(kept.consultation, now) is not Phase.DRAFT:
        raise OperatorError(f"“{slug}” is scheduled already.")
    await readiness.schedule(session, kept.consultation, page.lines, who=visitor.email, now=now)
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
    faults += wrong_dates(day, days)
    if wished["consent"] not in ("A", "B", "C"):
        faults.append("consent")
    if not ages or (YOUNGEST in ages and wished["consent"] != "C"):
        faults.append("ages")
    values |= {"day": day} | {name: days.get(name) for name in DATES}
    if day != consultation.day:
        values |= {"opens_at": hours.opens_at, "closes_at": hours.closes_at}
    return values, tuple(dict.fromkeys(faults))


async def _guardians(session: AsyncSession, wished: Mapping[str, str]) -> tuple[dict[str, Account], tuple[str, ...]]:
    """Who is named, by part, and the parts that are wrong: nobody who may, or the same person twice."""
    there = {str(each.id): each for each in await readiness.may_guard(session)}
    faults = [part for part in PARTS if wished[part] and wished[part] not in there]
    named = {part: there[wished[part]] for part in PARTS if wished[part] in there}
    if len({each.id for each in named.values()}) < len(named):
        faults.append(PARTS[-1])
    return named, tuple(faults)


async def _plan_of(session: AsyncSession, consultation: Consultation) -> dict[str, Any]:
    """What the plan is, as the trail has it."""
    dates = {name: value.isoformat() if (value := getattr(consultation, name)) else "" for name in ("day", *DATES)}
    named = await readiness.guardians_of(session, consultation.id)
    guardians = {part: named[part].email if part in named else "" for part in PARTS}
    return {**dates, "consent": consultation.consent, "ages": list(consultation.age_bands), **guardians}


async def _form_of(session: AsyncSession, consultation: Consultation) -> dict[str, Any]:
    """What the plan is, as the form has it: guardians by the number of their account."""
    named = await readiness.guardians_of(session, consultation.id)
    numbers = {part: str(named[part].id) if part in named else "" for part in PARTS}
    return {**await _plan_of(session, consultation), **numbers}


# The page ------------------------------------------------------------------------------------------------------------


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
    lines = await readiness.lines_of(session, consultation, request.app.state.aimed_at, now)
    named = await readiness.guardians_of(session, consultation.id)
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
        plan=typed or await _form_of(session, consultation),
        rehearsal=await rehearsing.last(session, consultation.slug, now),
        went_back=await consultations.went_back(session, consultation, now),
        guardians={part: each.name for part, each in named.items()},
        may_guard=tuple(await readiness.may_guard(session)),
        faults=faults,
        overruling=overruling,
    )
