"""The desk's page of the paper's versions: posting a draft or the final, and withdrawing one with a reason."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.desk import find
from app.consultations.models import Consultation
from app.consultations.phase import ORDER, Phase, is_published, phase_at
from app.errors import NotFound
from app.reporting import service, versions
from app.reporting.models import PaperVersion
from app.reporting.rounds import Standing, closes_at
from app.reporting.version_routes import Changed, Told, told, what_changed
from app.staff.audit import record
from app.staff.door import Visitor, needs
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act
from app.web.deps import Now, Reading, Writing
from app.web.forms import read_form
from app.web.i18n import LANGUAGES

router = APIRouter(prefix="/staff/consultations/{slug}/versions")

SeeDrafts = Annotated[Visitor, Depends(needs(Act.SEE_DRAFTS))]
MayPublish = Annotated[Visitor, Depends(needs(Act.PUBLISH))]
MOST_WORDS = 2000
MOST_DOCUMENT_CHARS = 40


@dataclass(frozen=True)
class Typed:
    """The form as it stands in its fields. `changed` by language."""

    kind: str = "draft"
    until: str = ""
    final_on: str = ""
    document: str = ""
    changed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A version with what changed in the reader's language, and how many comments on it wait for an answer."""

    each: Told
    changed: Changed | None
    unanswered: int


@dataclass(frozen=True, kw_only=True)
class VersionsPage(DeskPage):
    """`may_post` is False before the freeze. `next` is the number that a version posted now would have."""

    template: ClassVar[str] = "reporting/desk_versions.html"

    slug: str
    topic: str
    rows: tuple[Row, ...]
    may_post: bool
    only_final: bool
    next: int
    typed: Typed
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WithdrawPage(DeskPage):
    """`closes_results`: they are public, and no other version stands."""

    template: ClassVar[str] = "reporting/desk_withdraw.html"

    slug: str
    topic: str
    each: Told
    closes_results: bool
    typed: Mapping[str, str]
    faults: tuple[str, ...] = ()


@router.get("")
async def list_(request: Request, slug: str, visitor: SeeDrafts, now: Now, session: Reading) -> Response:
    consultation = await find(session, slug)
    until = consultation.comments_until
    typed = Typed(until=until.isoformat() if until and closes_at(until) > now else "")
    return show(request, await _page(request, session, consultation, visitor, now, typed))


@router.post("")
async def post(request: Request, slug: str, visitor: MayPublish, now: Now, session: Writing) -> Response:
    """A draft or a final is public, in six languages. The same form sent twice posts one version."""
    consultation = await find(session, slug)
    form = await read_form(request)
    typed, number = _typed(form), form.get("number", [""])[-1]
    before = await versions.latest(session, consultation.id)
    faults = _faults(typed, now, first=before is None)
    if not (number.isascii() and number.isdigit() and len(number) < 6):
        raise NotFound
    if before is not None and int(number) <= before.number:
        return RedirectResponse(f"/staff/consultations/{slug}/versions", 303)
    if faults:
        return show(request, await _page(request, session, consultation, visitor, now, typed, faults), 422)
    changed = {language: words for language, words in typed.changed.items() if words}
    version = await versions.post(
        session, request.app.state.documents, consultation, int(number), _standing(typed, now), changed, now
    )
    if version is not None:
        await versions.remember_posted(session, visitor.email, slug, version, now)
    return RedirectResponse(f"/staff/consultations/{slug}/versions", 303)


@router.get("/{number:int}/withdraw")
async def ask_reason(
    request: Request, slug: str, number: int, visitor: MayPublish, now: Now, session: Reading
) -> Response:
    consultation, found, version = await one_of(session, slug, number)
    return show(request, _withdraw_page(consultation, found, version, visitor, now, {}))


@router.post("/{number:int}/withdraw")
async def withdraw(
    request: Request, slug: str, number: int, visitor: MayPublish, now: Now, session: Writing
) -> Response:
    """The version's address says from now on that it was withdrawn, and why."""
    consultation, found, version = await one_of(session, slug, number)
    form = await read_form(request)
    reason = {each: form.get(f"reason-{each}", [""])[-1].strip()[:MOST_WORDS] for each in LANGUAGES}
    reason = {language: words for language, words in reason.items() if words}
    if "en" not in reason and visitor.language not in reason:
        return show(request, _withdraw_page(consultation, found, version, visitor, now, reason, ("reason",)), 422)
    before = phase_at(consultation, now).value
    versions.withdraw(consultation, found, version, reason, now)
    await record(
        session,
        who=visitor.email,
        act="version_withdrawn",
        subject=f"{slug}/{number}",
        now=now,
        before={"withdrawn_at": None, "phase": before},
        after={"withdrawn_at": now.isoformat(), "phase": phase_at(consultation, now).value},
        reason=reason.get("en") or reason[visitor.language],
    )
    return RedirectResponse(f"/staff/consultations/{slug}/versions", 303)


async def one_of(
    session: AsyncSession, slug: str, number: int
) -> tuple[Consultation, list[PaperVersion], PaperVersion]:
    """The consultation, all its versions and that one. Raises NotFound."""
    consultation = await find(session, slug)
    found = list(await versions.all_versions(session, consultation.id))
    for version in found:
        if version.number == number:
            return consultation, found, version
    raise NotFound


def _typed(form: Mapping[str, list[str]]) -> Typed:
    def one(name: str, most: int = 40) -> str:
        return form.get(name, [""])[-1].strip()[:most]

    return Typed(
        kind=one("kind"),
        until=one("until"),
        final_on=one("final_on"),
        document=one("document", MOST_DOCUMENT_CHARS + 1),
        changed={language: one(f"changed-{language}", MOST_WORDS) for language in LANGUAGES},
    )


def _faults(typed: Typed, now: Now, *, first: bool) -> tuple[str, ...]:
    """The names of the fields that must be mended."""
    faults = []
    if typed.kind not in ("draft", "final"):
        faults.append("kind")
    until, final_on = _day(typed.until), _day(typed.final_on)
    if typed.kind == "draft":
        if until is None or closes_at(until) <= now:
            faults.append("until")
        if typed.final_on and (final_on is None or (until is not None and final_on <= until)):
            faults.append("final_on")
    if len(typed.document) > MOST_DOCUMENT_CHARS:
        faults.append("document")
    if not first:
        faults.extend(f"changed-{language}" for language in LANGUAGES if not typed.changed.get(language))
    return tuple(faults)


def _standing(typed: Typed, now: Now) -> Standing:
    if typed.kind == "final":
        return Standing(final=True, final_on=now.date(), document_number=typed.document)
    return Standing(False, _day(typed.until), _day(typed.final_on), typed.document)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        return None


async def _page(
    request: Request,
    session: AsyncSession,
    consultation: Consultation,
    visitor: Visitor,
    now: Now,
    typed: Typed,
    faults: tuple[str, ...] = (),
) -> VersionsPage:
    unanswered: Callable[[AsyncSession, int], Awaitable[int]] = request.app.state.unanswered_comments
    found = await versions.all_versions(session, consultation.id)
    has_release = await service.latest_release(session, consultation) is not None
    return VersionsPage(
        language=visitor.language,
        path=f"/staff/consultations/{consultation.slug}/versions",
        visitor=visitor,
        here="consultations",
        slug=consultation.slug,
        topic=consultation.topic_in(visitor.language),
        rows=tuple(
            [
                Row(told(each, found, now), what_changed(each, visitor.language), await unanswered(session, each.id))
                for each in found
            ]
        ),
        may_post=has_release and ORDER[phase_at(consultation, now)] >= ORDER[Phase.FROZEN],
        only_final=bool(found) and found[0].final,
        next=found[0].number + 1 if found else 1,
        typed=typed,
        faults=faults,
    )


def _withdraw_page(
    consultation: Consultation,
    found: list[PaperVersion],
    version: PaperVersion,
    visitor: Visitor,
    now: Now,
    typed: Mapping[str, str],
    faults: tuple[str, ...] = (),
) -> WithdrawPage:
    return WithdrawPage(
        language=visitor.language,
        path=f"/staff/consultations/{consultation.slug}/versions/{version.number}/withdraw",
        visitor=visitor,
        here="consultations",
        slug=consultation.slug,
        topic=consultation.topic_in(visitor.language),
        each=told(version, found, now),
        closes_results=is_published(consultation, now)
        and all(other.withdrawn_at is not None for other in found if other is not version),
        typed=typed,
        faults=faults,
    )
