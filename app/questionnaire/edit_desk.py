"""The editor: every step is a form, makes a new version and stands in the trail; a step that would break the
questionnaire is shown with what is wrong and changes nothing. Editing stops when the day opens."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.service import went_back
from app.errors import NotFound, OperatorError
from app.questionnaire import service as questionnaires
from app.questionnaire import shipped
from app.questionnaire.check import Finding
from app.questionnaire.conditions import MOST_LINES, OPERATORS, Built, Subject, built, subjects
from app.questionnaire.desk import Kept, QuestionnairePage, SeeQuestionnaire, can_change, load, questionnaire_page
from app.questionnaire.document import Document, Section
from app.questionnaire.edit import KINDS, StepRefused, tried
from app.questionnaire.edit_forms import Attempt, Given, attempt
from app.questionnaire.kinds import Choice, Question
from app.questionnaire.models import Questionnaire
from app.questionnaire.readiness import watched
from app.questionnaire.relevance import Expression
from app.questionnaire.sound import codes_of
from app.questionnaire.translations import hold
from app.questionnaire.xlsform.rows import BREAKDOWNS
from app.staff.audit import record
from app.staff.door import Visitor, needs
from app.staff.models import AuditEntry
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act
from app.web.deps import Now, Reading, Writing
from app.web.forms import read_form

router = APIRouter(prefix="/staff/consultations/{slug}/questionnaire")

EditQuestionnaire = Annotated[Visitor, Depends(needs(Act.EDIT_QUESTIONNAIRE))]

EDITED, UNDONE = "questionnaire_edited", "questionnaire_undone"
#: Steps after which the reader goes on with the whole questionnaire.
_TO_THE_WHOLE = frozenset({"up", "down", "place", "copy", "delete"})


@dataclass(frozen=True, kw_only=True)
class _OnePage(DeskPage):
    slug: str
    topic: str
    document: Document
    seen: str
    owner: str
    condition: str
    built: Built | None
    subjects: tuple[Subject, ...]
    operators: tuple[str, ...] = OPERATORS
    most_lines: int = MOST_LINES
    refused: tuple[Finding, ...] = ()
    fault: str = ""


@dataclass(frozen=True, kw_only=True)
class QuestionPage(_OnePage):
    template: ClassVar[str] = "questionnaire/edit_question.html"

    question: Question
    section: Section
    breakdowns: tuple[str, ...] = BREAKDOWNS


@dataclass(frozen=True, kw_only=True)
class SectionPage(_OnePage):
    template: ClassVar[str] = "questionnaire/edit_section.html"

    section: Section
    kinds: tuple[str, ...] = KINDS


@dataclass(frozen=True, kw_only=True)
class DeletePage(DeskPage):
    """Asks before a section, a question, or a choice or row of it (`part`) goes."""

    template: ClassVar[str] = "questionnaire/edit_delete.html"

    slug: str
    topic: str
    document: Document
    seen: str
    owner: str
    words: Any
    go: str
    part: str = ""


@router.get("")
async def whole(request: Request, slug: str, visitor: SeeQuestionnaire, now: Now, session: Reading) -> Response:
    kept = await load(session, slug)
    return show(request, await _whole(session, kept, visitor, now))


@router.post("")
async def change_whole(request: Request, slug: str, visitor: EditQuestionnaire, now: Now, session: Writing) -> Response:
    """Takes the last step back, words the title, or adds a section."""
    return await _step(request, slug, "", visitor, now, session)


@router.get("/{owner}")
async def one(request: Request, slug: str, owner: str, visitor: EditQuestionnaire, now: Now, s: Reading) -> Response:
    kept = await _changeable(s, slug, now)
    return show(request, _page(kept, kept.document, owner, visitor))


@router.post("/{owner}")
async def change_one(
    request: Request, slug: str, owner: str, visitor: EditQuestionnaire, now: Now, session: Writing
) -> Response:
    """One step on a question or a section."""
    return await _step(request, slug, owner, visitor, now, session)


@router.get("/{owner}/delete")
async def ask_delete(
    request: Request, slug: str, owner: str, visitor: EditQuestionnaire, now: Now, session: Reading
) -> Response:
    kept = await _changeable(session, slug, now)
    named = {field: request.query_params.get(field, "") for field in ("choice", "row")}
    field, part = next(((field, part) for field, part in named.items() if part), ("", ""))
    question = kept.document.questions.get(owner)
    section = kept.document.sections_by_name.get(owner)
    if question is None and section is None:
        raise NotFound
    words = question.label if question else section.title if section else {}
    if field:
        parts: Sequence[Choice] = getattr(question, f"{field}s", ())
        words = next((each.label for each in parts if each.name == part), {})
        if not words:
            raise NotFound
    page = DeletePage(
        language=visitor.language,
        path=f"/staff/consultations/{slug}/questionnaire/{owner}/delete",
        visitor=visitor,
        here="consultations",
        slug=slug,
        topic=kept.topic(visitor.language),
        document=kept.document,
        seen=kept.seen,
        owner=owner,
        words=words,
        go=f"{field}_delete:{part}" if field else "delete",
        part=part,
    )
    return show(request, page)


# One step ------------------------------------------------------------------------------------------------------------


async def _step(
    request: Request, slug: str, owner: str, visitor: Visitor, now: datetime, session: AsyncSession
) -> Response:
    """The step that the form names is done and recorded, or the page again with what is wrong with it."""
    form = await read_form(request)
    await hold(session, slug)
    kept = await _changeable(session, slug, now)
    go, _, part = form.get("go", [""])[-1].partition(":")
    document = kept.document
    if owner and owner not in document.questions and owner not in document.sections_by_name:
        raise NotFound
    if form.get("seen", [""])[-1] != kept.seen:
        return await _again(request, session, kept, owner, visitor, now, Attempt(document), fault="seen")
    base = f"/staff/consultations/{slug}/questionnaire"
    if not owner and go == "undo":
        async with watched(session, kept.consultation, request.app.state.aimed_at, who=visitor.email, now=now):
            await _undo(session, kept, visitor, now)
        return RedirectResponse(base, 303)
    used = await _used(session, kept)
    try:
        made = attempt(Given(document, owner, part, form, used, shipped.escapes()), go)
    except KeyError as fault:
        raise NotFound from fault
    try:
        if made.findings:
            raise StepRefused(made.findings)
        changed = tried(made.document)
    except StepRefused as refused:
        made = replace(made, findings=refused.findings)
        return await _again(request, session, kept, owner, visitor, now, made)
    if changed != document:
        async with watched(session, kept.consultation, request.app.state.aimed_at, who=visitor.email, now=now):
            await _keep(session, kept, changed, f"{go}:{part}" if part else go, owner, visitor, now)
    if go == "add_question":
        (owner,) = changed.questions.keys() - document.questions.keys()
    return RedirectResponse(base if go in _TO_THE_WHOLE or not owner else f"{base}/{owner}", 303)


async def _keep(
    session: AsyncSession, kept: Kept, changed: Document, step: str, owner: str, visitor: Visitor, now: datetime
) -> None:
    """The changed document is the newest version; the trail says who did what, and which codes are new."""
    consultation = kept.consultation
    stored = await questionnaires.revise(session, consultation, changed)
    _rename(kept, changed)
    await record(
        session,
        who=visitor.email,
        act=EDITED,
        subject=consultation.slug,
        now=now,
        before={"version": kept.stored.number, "digest": kept.stored.digest},
        after={
            "version": stored.number,
            "digest": stored.digest,
            "step": step,
            "of": owner,
            "added": sorted(codes_of(changed) - codes_of(kept.document)),
        },
    )


def _rename(kept: Kept, changed: Document) -> None:
    """The consultation's title and summary follow the questionnaire's."""
    consultation, before = kept.consultation, kept.document
    if changed.title != before.title:
        consultation.topic = {**consultation.topic, **changed.title}
    if changed.summary != before.summary:
        consultation.summary = dict(changed.summary)


async def _undo(session: AsyncSession, kept: Kept, visitor: Visitor, now: datetime) -> None:
    """The version before is the newest again. Raises OperatorError when the newest is not an editor's step."""
    consultation = kept.consultation
    if not await _may_undo(session, consultation.slug, kept.stored) or not await questionnaires.undo(
        session, consultation
    ):
        raise OperatorError("There is no step of the editor to take back.")
    stored = await questionnaires.latest(session, consultation.id)
    _rename(kept, questionnaires.read_document(stored))
    await record(
        session,
        who=visitor.email,
        act=UNDONE,
        subject=consultation.slug,
        now=now,
        before={"version": kept.stored.number, "digest": kept.stored.digest},
        after={"version": stored.number, "digest": stored.digest},
    )


async def _edits(session: AsyncSession, slug: str) -> list[AuditEntry]:
    found = await session.scalars(select(AuditEntry).where(AuditEntry.act == EDITED, AuditEntry.subject == slug))
    return list(found)


async def _may_undo(session: AsyncSession, slug: str, stored: Questionnaire) -> bool:
    """Whether the newest version is a step of the editor: what translators wrote is not taken back here."""
    return any(
        (entry.after or {}).get("version") == stored.number and (entry.after or {}).get("digest") == stored.digest
        for entry in await _edits(session, slug)
    )


async def _used(session: AsyncSession, kept: Kept) -> frozenset[str]:
    """Every code that the questionnaire ever had: at first, by any step since, taken back or not, and now."""
    first = await session.scalar(
        select(Questionnaire).where(Questionnaire.consultation_id == kept.consultation.id, Questionnaire.number == 1)
    )
    began = codes_of(questionnaires.read_document(first)) if first else frozenset()
    added = (code for entry in await _edits(session, kept.consultation.slug) for code in (entry.after or {})["added"])
    return began | codes_of(kept.document) | frozenset(added)


async def _changeable(session: AsyncSession, slug: str, now: datetime) -> Kept:
    """Raises NotFound, and OperatorError once the day has opened."""
    kept = await load(session, slug)
    if not can_change(kept.consultation, now):
        raise OperatorError(f"“{slug}” has opened: its questions stay as they are.")
    return kept


# Pages ---------------------------------------------------------------------------------------------------------------


async def _whole(session: AsyncSession, kept: Kept, visitor: Visitor, now: datetime) -> QuestionnairePage:
    page = questionnaire_page(kept, visitor, now)
    may_undo = page.may_edit and await _may_undo(session, kept.consultation.slug, kept.stored)
    return replace(page, may_undo=may_undo, went_back=await went_back(session, kept.consultation, now))


def _page(kept: Kept, document: Document, owner: str, visitor: Visitor) -> QuestionPage | SectionPage:
    """The forms of a question or a section, as `document` has it. Raises NotFound."""
    question = document.questions.get(owner)
    section = document.section_of(owner) if question else document.sections_by_name.get(owner)
    if section is None:
        raise NotFound
    relevant: Expression | None = question.relevant if question else section.relevant
    common: Any = {
        "language": visitor.language,
        "path": f"/staff/consultations/{kept.consultation.slug}/questionnaire/{owner}",
        "visitor": visitor,
        "here": "consultations",
        "slug": kept.consultation.slug,
        "topic": kept.topic(visitor.language),
        "document": document,
        "seen": kept.seen,
        "owner": owner,
        "condition": relevant.source if relevant else "",
        "built": built(relevant, document),
        "subjects": tuple(subjects(document, owner)),
        "section": section,
    }
    return QuestionPage(**common, question=question) if question else SectionPage(**common)


async def _again(
    request: Request,
    session: AsyncSession,
    kept: Kept,
    owner: str,
    visitor: Visitor,
    now: datetime,
    made: Attempt,
    fault: str = "",
) -> Response:
    """The page of the form once more, with what was typed where it can be shown, and what is wrong."""
    if not owner:
        page: DeskPage = replace(await _whole(session, kept, visitor, now), refused=made.findings, fault=fault)
        return show(request, page, 422)
    there = owner in made.document.questions or owner in made.document.sections_by_name
    single = _page(kept, made.document if there else kept.document, owner, visitor)
    typed = single.condition if made.condition is None else made.condition
    return show(request, replace(single, refused=made.findings, fault=fault, condition=typed), 422)
