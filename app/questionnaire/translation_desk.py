"""The desk's pages for translators and their second readers: source beside target, each text saved and reviewed here.

Files out and in are `translation_files_desk.py`; what a young person will see is `translation_preview_desk.py`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.service import went_back
from app.questionnaire.document import LANGUAGES, Document
from app.questionnaire.readiness import watched
from app.questionnaire.service import latest
from app.questionnaire.steps import REVIEWED, keep_step, states_of
from app.questionnaire.texts import Piece, difference, same_as, to_translate
from app.questionnaire.translation_sheet import NOTHING_TYPED, Sheet, read_sheet
from app.questionnaire.translation_work import Work, check_may, keep, work_into, work_on, writes_in
from app.questionnaire.translations import (
    IMPORT,
    TO_DO,
    Standing,
    State,
    followers,
    hold,
    progress,
    review,
    standings,
)
from app.staff.audit import record
from app.staff.door import Visitor, needs
from app.staff.models import Account, AuditEntry
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act
from app.web.deps import Language, Now, Reading, Writing
from app.web.forms import read_form
from app.web.i18n import translator

router = APIRouter(prefix="/staff/consultations/{slug}/translations")

SeeQuestionnaire = Annotated[Visitor, Depends(needs(Act.SEE_QUESTIONNAIRE))]
Translate = Annotated[Visitor, Depends(needs(Act.TRANSLATE))]
Review = Annotated[Visitor, Depends(needs(Act.REVIEW_TRANSLATION))]

#: Texts on one page: with more, a form of long Arabic texts grows out of hand.
MOST_ROWS = 50
MOST_REASON_CHARS = 1000
FILTERS = ("todo", "missing", "stale", "drafted", "reviewed", "remarks")


@dataclass(frozen=True, kw_only=True)
class AnyTranslationPage(DeskPage):
    """What all pages of a consultation's translations show."""

    slug: str
    topic: str
    source: str
    here: str = "consultations"
    went_back: AuditEntry | None = None


@dataclass(frozen=True)
class Overview:
    """One language. `shown`: no text is missing, so that respondents are offered it."""

    language: str
    counts: Counter[State]
    shown: bool
    own: bool


@dataclass(frozen=True, kw_only=True)
class OverviewPage(AnyTranslationPage):
    template: ClassVar[str] = "questionnaire/translation_overview.html"

    texts: int
    overviews: tuple[Overview, ...]


@dataclass(frozen=True)
class Row:
    """One text on the page. `as_in` names the choice under which it is shown and changed, `also` those shown under
    this one; `pieces` is how the source changed, `mistake` a key of Sheet."""

    stands: Standing
    typed: str
    as_in: str = ""
    also: tuple[str, ...] = ()
    pieces: tuple[Piece, ...] = ()
    mistake: str = ""
    reviewable: bool = False


@dataclass(frozen=True)
class Part:
    """A section in the list of sections: how many texts it has, and how many of them are to do."""

    name: str
    title: str
    texts: int
    to_do: int


@dataclass(frozen=True, kw_only=True)
class TranslationPage(AnyTranslationPage):
    template: ClassVar[str] = "questionnaire/translation.html"

    target: str
    address: str
    query: str
    filter: str
    section: str | None
    apart: bool
    counts: Mapping[str, int]
    parts: tuple[Part, ...]
    rows: tuple[Row, ...]
    page: int
    pages: int
    names: Mapping[str, str]
    may_write: bool
    may_review: bool
    words_only: bool
    shut: bool
    saved: int | None
    errors: tuple[Row, ...] = ()
    gone: tuple[str, ...] = ()
    reason: str = ""
    reason_missing: bool = False


@router.get("")
async def overview(request: Request, slug: str, visitor: SeeQuestionnaire, now: Now, session: Reading) -> Response:
    """The six languages with what is done and to do in each."""
    work = await work_on(session, slug, visitor.language, now)
    document = work.document
    counts = await progress(session, work.consultation.id, document)
    page = OverviewPage(
        language=visitor.language,
        path=f"/staff/consultations/{slug}/translations",
        visitor=visitor,
        slug=slug,
        topic=work.consultation.topic_in(visitor.language),
        source=document.default_language,
        went_back=await went_back(session, work.consultation, now),
        texts=len(to_translate(document)),
        overviews=tuple(
            Overview(each, counts.get(each, Counter()), each in document.languages, writes_in(visitor, each))
            for each in translator(visitor.language).languages_in_order(LANGUAGES)
        ),
    )
    return show(request, page)


@router.get("/{language}")
async def texts(
    request: Request, slug: str, language: Language, visitor: SeeQuestionnaire, now: Now, session: Reading
) -> Response:
    """The texts of one section, or those in one state, beside their source."""
    work = await work_into(session, slug, language, now)
    stands = (await standings(session, work.consultation.id, work.document, [language]))[language]
    page = await _page(request, session, work, stands, visitor)
    return show(request, replace(page, went_back=await went_back(session, work.consultation, now)))


@router.post("/{language}/texts")
async def save_texts(
    request: Request, slug: str, language: Language, visitor: Translate, now: Now, session: Writing
) -> Response:
    """The texts that were changed on the page are saved, all of them or none."""
    return await _keep(request, session, slug, language, visitor, now)


@router.post("/{language}/reviews")
async def review_texts(
    request: Request, slug: str, language: Language, visitor: Review, now: Now, session: Writing
) -> Response:
    """The same, and the texts that were named are reviewed."""
    return await _keep(request, session, slug, language, visitor, now, reviewing=True)


async def _keep(
    request: Request,
    session: AsyncSession,
    slug: str,
    language: str,
    visitor: Visitor,
    now: datetime,
    *,
    reviewing: bool = False,
) -> Response:
    form = await read_form(request)
    await hold(session, slug)
    work = await work_into(session, slug, language, now)
    check_may(work, work.may_review(visitor) if reviewing else work.may_write(visitor))
    consultation, may_write = work.consultation, work.may_write(visitor)
    stands = (await standings(session, consultation.id, work.document, [language]))[language]
    here = {each.key: each for each in stands}
    sheet = read_sheet(form, here, visitor.email, may_write=may_write, words_only=work.words_only)
    reason = form.get("reason", [""])[-1].strip()[:MOST_REASON_CHARS]
    reason_missing = bool(work.words_only and sheet.changes and not reason)
    if sheet.mistakes or reason_missing:
        page = await _page(request, session, work, stands, visitor, sheet, reason, reason_missing)
        return show(request, page, 422)
    together = followers(work.document, language, [*sheet.changes, *(sheet.reviews if reviewing else ())])
    changes = dict(sheet.changes)
    for key, change in sheet.changes.items():
        changes |= {other: change for other in together[key] if other not in sheet.fields}
    if changes:
        async with watched(session, consultation, request.app.state.aimed_at, who=visitor.email, now=now):
            await keep(session, work, changes, visitor=visitor, now=now, reason=reason)
    if reviewing:
        chosen = [here[key] for key in sheet.reviews]
        chosen += [here[other] for key in sheet.reviews for other in together[key] if other not in changes]
        await _review(session, work, chosen, visitor, now)
    query = _query(request, saved=str(len(changes)))
    return RedirectResponse(f"{work.address}?{query}", 303)


async def _review(
    session: AsyncSession, work: Work, chosen: Sequence[Standing], visitor: Visitor, now: datetime
) -> None:
    """Of these texts those that the visitor may review are reviewed, and the trail says so."""
    consultation, who = work.consultation, visitor.email
    states = await states_of(session, consultation.id, work.language, [each.key for each in chosen])
    keys = await review(session, consultation.id, chosen, who=who, now=now)
    if not keys:
        return
    told = {"language": work.language, "texts": len(keys), "keys": list(keys)}
    await record(session, who=who, act=REVIEWED, subject=consultation.slug, now=now, after=told)
    if not work.words_only:
        newest = await latest(session, consultation.id)
        await keep_step(session, newest, newest, who=who, act=REVIEWED, told=told, now=now, states=states)


# The page ------------------------------------------------------------------------------------------------------------


def _query(request: Request, **more: str) -> str:
    """What the address says of the part of the texts that is shown."""
    kept = {name: request.query_params[name] for name in ("section", "state", "apart") if name in request.query_params}
    if "part" in request.query_params and "state" not in kept:
        kept["part"] = request.query_params["part"]
    return urlencode({**kept, **more})


def _number(request: Request, name: str) -> int | None:
    said = request.query_params.get(name, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 6 else None


async def _page(
    request: Request,
    session: AsyncSession,
    work: Work,
    stands: Sequence[Standing],
    visitor: Visitor,
    sheet: Sheet = NOTHING_TYPED,
    reason: str = "",
    reason_missing: bool = False,
) -> TranslationPage:
    document = work.document
    asked = request.query_params.get("state", "")
    chosen = asked if asked in FILTERS else ""
    section = request.query_params.get("section")
    if not chosen and section not in {each.text.section for each in stands}:
        section = stands[0].text.section if stands else None
    apart = request.query_params.get("apart") == "1"
    rows = _rows(document, stands, visitor, sheet, work.may_review(visitor), apart=apart)
    errors = tuple(row for row in rows if row.mistake)
    if chosen:
        section = None
        # A text that was just refused stays on the page, whatever state it is in now.
        rows = [row for row in rows if not row.as_in and (_is_in(row.stands, chosen) or row.stands.key in sheet.typed)]
    else:
        rows = [row for row in rows if row.stands.text.section == section]
    pages = max(1, -(-len(rows) // MOST_ROWS))
    page = min(max(1, _number(request, "part") or 1), pages)
    shown = tuple(rows[(page - 1) * MOST_ROWS : page * MOST_ROWS])
    there = {row.stands.key for row in shown}
    counts = Counter(each.state.value for each in stands)
    return TranslationPage(
        language=visitor.language,
        path=work.address,
        visitor=visitor,
        slug=work.consultation.slug,
        topic=work.consultation.topic_in(visitor.language),
        source=document.default_language,
        target=work.language,
        address=work.address,
        query=_query(request),
        filter=chosen,
        section=section,
        apart=apart,
        counts={
            **counts,
            "all": len(stands),
            "todo": sum(counts[state.value] for state in TO_DO),
            "remarks": sum(bool(each.remarks) for each in stands),
        },
        parts=_parts(document, stands, visitor.language),
        rows=shown,
        page=page,
        pages=pages,
        names=await names_of(session, shown),
        may_write=work.may_write(visitor),
        may_review=work.may_review(visitor),
        words_only=work.words_only,
        shut=work.shut,
        saved=_number(request, "saved"),
        errors=tuple(row for row in errors if row.stands.key in there),
        gone=tuple(key for key, mistake in sheet.mistakes.items() if mistake == "gone"),
        reason=reason,
        reason_missing=reason_missing,
    )


def _rows(
    document: Document, stands: Sequence[Standing], visitor: Visitor, sheet: Sheet, may_review: bool, *, apart: bool
) -> list[Row]:
    """Every text; a choice that stands elsewhere with the same source, text and state is shown there."""
    here = {each.key: each for each in stands}
    leaders = {}
    for key, leader in () if apart else same_as((each.text for each in stands), document.default_language).items():
        mine, first = here[key], here[leader]
        if (mine.target, mine.state) == (first.target, first.state) and key not in sheet.typed:
            leaders[key] = leader
    also: dict[str, list[str]] = {}
    for key, leader in leaders.items():
        also.setdefault(leader, []).append(key)
    return [
        Row(
            each,
            sheet.typed.get(each.key, each.target),
            leaders.get(each.key, ""),
            tuple(also.get(each.key, ())),
            difference(each.was, each.source) if each.was else (),
            sheet.mistakes.get(each.key, ""),
            may_review and each.may_be_reviewed_by(visitor.email),
        )
        for each in stands
    ]


def _is_in(stands: Standing, chosen: str) -> bool:
    if chosen == "remarks":
        return bool(stands.remarks)
    return stands.state in TO_DO if chosen == "todo" else stands.state.value == chosen


def _parts(document: Document, stands: Sequence[Standing], language: str) -> tuple[Part, ...]:
    """The title and summary as one part, then the sections, each with its title in the visitor's language."""
    parts = []
    for name in dict.fromkeys(each.text.section for each in stands):
        within = [each for each in stands if each.text.section == name]
        title = document.sections_by_name[name].title if name else {}
        words = title.get(language) or title.get(document.default_language, "")
        parts.append(Part(name, words, len(within), sum(each.state in TO_DO for each in within)))
    return tuple(parts)


async def names_of(session: AsyncSession, rows: Iterable[Row]) -> Mapping[str, str]:
    """The names of those who translated and reviewed, by their addresses."""
    people = {who for row in rows for who in (row.stands.by, row.stands.reviewed_by)} - {"", IMPORT}
    found = await session.execute(select(Account.email, Account.name).where(Account.email.in_(people)))
    return {row.email: row.name for row in found}
