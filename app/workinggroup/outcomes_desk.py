"""The desk's pages of "What happened with your views": the entries, each in six languages, and their publication."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Path
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.desk import find
from app.consultations.models import Consultation
from app.errors import NotFound
from app.staff.audit import record
from app.staff.door import Visitor, needs
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act
from app.web.deps import Now, Reading, Writing
from app.web.forms import read_form
from app.web.i18n import LANGUAGES
from app.workinggroup import outcomes
from app.workinggroup.models import Outcome
from app.workinggroup.outcomes import KINDS, TEXTS

router = APIRouter(prefix="/staff/consultations/{slug}/what-happened")

ReportBack = Annotated[Visitor, Depends(needs(Act.REPORT_BACK))]
Known = Annotated[int, Path(ge=1, le=2**31 - 1)]


@dataclass(frozen=True)
class Typed:
    """The form as it stands in its fields; `texts` by the names of their fields, such as `said-ar`."""

    kind: str = "told"
    day: str = ""
    expected_on: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    id: int
    kind: str
    day: date
    title: str
    public: bool
    lacking: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class OutcomesPage(DeskPage):
    template: ClassVar[str] = "workinggroup/desk_outcomes.html"

    slug: str
    topic: str
    promised: date | None
    late: bool
    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True)
class OutcomePage(DeskPage):
    """`each_id` is 0 for a new entry."""

    template: ClassVar[str] = "workinggroup/desk_outcome.html"

    slug: str
    topic: str
    each_id: int
    public: bool
    kinds: tuple[str, ...] = KINDS
    most: Mapping[str, int] = field(default_factory=lambda: TEXTS)
    typed: Typed
    faults: tuple[str, ...] = ()


@router.get("")
async def list_(request: Request, slug: str, visitor: ReportBack, now: Now, session: Reading) -> Response:
    consultation = await find(session, slug)
    found = await outcomes.of_consultation(session, consultation.id)
    page = OutcomesPage(
        language=visitor.language,
        path=f"/staff/consultations/{slug}/what-happened",
        visitor=visitor,
        here="consultations",
        slug=slug,
        topic=consultation.topic_in(visitor.language),
        promised=consultation.feedback_on,
        late=outcomes.is_late(consultation.feedback_on, found, now),
        rows=tuple(
            Row(
                id=each.id,
                kind=each.kind,
                day=each.day,
                title=each.title.get(visitor.language) or next((words for words in each.title.values() if words), ""),
                public=each.published_at is not None,
                lacking=tuple(language for language in LANGUAGES if language not in outcomes.languages_ready(each)),
            )
            for each in found
        ),
    )
    return show(request, page)


@router.get("/new")
async def new(request: Request, slug: str, visitor: ReportBack, now: Now, session: Reading) -> Response:
    consultation = await find(session, slug)
    return show(request, _page(consultation, visitor, None, Typed(day=now.date().isoformat())))


@router.post("/new")
async def make(request: Request, slug: str, visitor: ReportBack, now: Now, session: Writing) -> Response:
    """The entry is kept, and public where that was asked for and nothing is missing."""
    consultation = await find(session, slug)
    outcome = Outcome(consultation_id=consultation.id, changed_at=now, published_at=None)
    return await _keep(request, session, consultation, outcome, visitor, now)


@router.get("/{outcome_id:int}")
async def one(request: Request, slug: str, outcome_id: Known, visitor: ReportBack, session: Reading) -> Response:
    consultation = await find(session, slug)
    outcome = await _outcome(session, consultation, outcome_id)
    typed = Typed(
        kind=outcome.kind,
        day=outcome.day.isoformat(),
        expected_on=outcome.expected_on.isoformat() if outcome.expected_on else "",
        texts={
            f"{name}-{language}": getattr(outcome, name).get(language, "") for name in TEXTS for language in LANGUAGES
        },
    )
    return show(request, _page(consultation, visitor, outcome, typed))


@router.post("/{outcome_id:int}")
async def change(
    request: Request, slug: str, outcome_id: Known, visitor: ReportBack, now: Now, session: Writing
) -> Response:
    """The entry is changed, published, or taken back. One that is public stays complete."""
    consultation = await find(session, slug)
    outcome = await _outcome(session, consultation, outcome_id)
    return await _keep(request, session, consultation, outcome, visitor, now)


async def _keep(
    request: Request, session: AsyncSession, consultation: Consultation, outcome: Outcome, visitor: Visitor, now: Now
) -> Response:
    form = await read_form(request)
    go, reason = form.get("go", ["save"])[-1], form.get("reason", [""])[-1].strip()[:1000]
    is_new = outcome.id is None
    before = None if is_new else _state(outcome)
    typed = _typed(form)
    if go == "take_back":
        if not reason:
            return show(request, _page(consultation, visitor, outcome, typed, ("reason",)), 422)
        outcomes.take_back(outcome)
        await _remember(session, "outcome_taken_back", consultation, outcome, visitor, now, before, reason)
        return RedirectResponse(f"/staff/consultations/{consultation.slug}/what-happened", 303)
    goes_public = go == "publish" or outcome.published_at is not None
    faults = _faults(typed, complete=goes_public)
    if faults:
        # What was typed is only on the page that goes back; the row stays as it was.
        return show(request, _page(consultation, visitor, None if is_new else outcome, typed, faults), 422)
    _fill(outcome, typed, now)
    if go == "publish":
        outcomes.publish(outcome, now)
    session.add(outcome)
    await session.flush()
    act = "outcome_published" if go == "publish" else "outcome_saved"
    await _remember(session, act, consultation, outcome, visitor, now, before)
    return RedirectResponse(f"/staff/consultations/{consultation.slug}/what-happened", 303)


async def _outcome(session: AsyncSession, consultation: Consultation, outcome_id: int) -> Outcome:
    """The entry with this number of this consultation. Raises NotFound."""
    found = await session.get(Outcome, outcome_id)
    if found is None or found.consultation_id != consultation.id:
        raise NotFound
    return found


def _typed(form: Mapping[str, list[str]]) -> Typed:
    def one(name: str, most: int = 40) -> str:
        # A browser counts a line's end as one character and sends two.
        return form.get(name, [""])[-1].replace("\r\n", "\n").strip()[:most]

    return Typed(
        kind=one("kind"),
        day=one("day"),
        expected_on=one("expected_on"),
        texts={
            f"{name}-{language}": one(f"{name}-{language}", most)
            for name, most in TEXTS.items()
            for language in LANGUAGES
        },
    )


def _faults(typed: Typed, *, complete: bool) -> tuple[str, ...]:
    """The names of the fields that must be mended."""
    faults = []
    if typed.kind not in KINDS:
        faults.append("kind")
    if _day(typed.day) is None:
        faults.append("day")
    if typed.expected_on and _day(typed.expected_on) is None:
        faults.append("expected_on")
    if complete and typed.kind in KINDS:
        kept = Outcome(kind=typed.kind)
        _fill_texts(kept, typed)
        faults.extend(f"{name}-{language}" for name, language in outcomes.missing(kept))
    elif not any(typed.texts[f"title-{language}"] for language in LANGUAGES):
        faults.append("title-en")
    return tuple(faults)


def _fill(outcome: Outcome, typed: Typed, now: Now) -> None:
    outcome.kind = typed.kind
    outcome.day = date.fromisoformat(typed.day)
    outcome.expected_on = _day(typed.expected_on)
    outcome.changed_at = now
    _fill_texts(outcome, typed)


def _fill_texts(outcome: Outcome, typed: Typed) -> None:
    for name in TEXTS:
        texts = {language: typed.texts[f"{name}-{language}"] for language in LANGUAGES}
        setattr(outcome, name, {language: words for language, words in texts.items() if words})


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        return None


def _state(outcome: Outcome) -> dict[str, Any]:
    """What the trail keeps of an entry."""
    return {
        "kind": outcome.kind,
        "day": outcome.day.isoformat(),
        "expected_on": outcome.expected_on.isoformat() if outcome.expected_on else None,
        "languages": " ".join(outcomes.languages_ready(outcome)),
        "chars": sum(len(words) for name in TEXTS for words in getattr(outcome, name).values()),
        "public": outcome.published_at is not None,
    }


async def _remember(
    session: AsyncSession,
    act: str,
    consultation: Consultation,
    outcome: Outcome,
    visitor: Visitor,
    now: Now,
    before: dict[str, Any] | None,
    reason: str = "",
) -> None:
    await record(
        session,
        who=visitor.email,
        act=act,
        subject=f"{consultation.slug}/{outcome.id}",
        now=now,
        before=before,
        after=_state(outcome),
        reason=reason,
    )


def _page(
    consultation: Consultation, visitor: Visitor, outcome: Outcome | None, typed: Typed, faults: tuple[str, ...] = ()
) -> OutcomePage:
    place = "new" if outcome is None else str(outcome.id)
    return OutcomePage(
        language=visitor.language,
        path=f"/staff/consultations/{consultation.slug}/what-happened/{place}",
        visitor=visitor,
        here="consultations",
        slug=consultation.slug,
        topic=consultation.topic_in(visitor.language),
        each_id=outcome.id if outcome else 0,
        public=outcome is not None and outcome.published_at is not None,
        typed=typed,
        faults=faults,
    )
