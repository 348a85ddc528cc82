"""The editor: every step is a form, makes a new version and stands in the trail; a step that would break the
questionnaire is shown with what is wrong and changes nothing. Editing stops when the day opens."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.errors import NotFound, OperatorError
from app.questionnaire import service as questionnaires
from app.questionnaire import shipped
from app.questionnaire.desk import Kept, SeeQuestionnaire, load
from app.questionnaire.document import Document
from app.questionnaire.edit import StepRefused, tried
from app.questionnaire.edit_forms import Attempt, Given, attempt, landing
from app.questionnaire.edit_pages_desk import QuestionPage, changeable, delete_page, page_of, whole_page
from app.questionnaire.models import Questionnaire
from app.questionnaire.readiness import watched
from app.questionnaire.sound import codes_of
from app.questionnaire.steps import EDITED, UNDONE, keep_step, last_step, take_back
from app.questionnaire.translations import hold
from app.staff.audit import record
from app.staff.door import Visitor, needs
from app.staff.models import AuditEntry
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act
from app.web.deps import Now, Reading, Writing
from app.web.forms import read_form
from app.web.pages import wants_fragment

router = APIRouter(prefix="/staff/consultations/{slug}/questionnaire")

EditQuestionnaire = Annotated[Visitor, Depends(needs(Act.EDIT_QUESTIONNAIRE))]


@router.get("")
async def whole(request: Request, slug: str, visitor: SeeQuestionnaire, now: Now, session: Reading) -> Response:
    kept = await load(session, slug)
    return show(request, await whole_page(session, kept, visitor, now))


@router.post("")
async def change_whole(request: Request, slug: str, visitor: EditQuestionnaire, now: Now, session: Writing) -> Response:
    """Takes the last step back, words the title, or adds a section."""
    return await _step(request, slug, "", visitor, now, session)


@router.get("/{owner}")
async def one(request: Request, slug: str, owner: str, visitor: EditQuestionnaire, now: Now, s: Reading) -> Response:
    kept = await changeable(s, slug, now)
    return show(request, await page_of(s, kept, kept.document, owner, visitor))


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
    kept = await changeable(session, slug, now)
    named = {field: request.query_params.get(field, "") for field in ("choice", "row")}
    field, part = next(((field, part) for field, part in named.items() if part), ("", ""))
    return show(request, delete_page(kept, owner, field, part, visitor))


# One step ------------------------------------------------------------------------------------------------------------


async def _step(
    request: Request, slug: str, owner: str, visitor: Visitor, now: datetime, session: AsyncSession
) -> Response:
    """The step that the form names is done and recorded, or the page again with what is wrong with it."""
    form = await read_form(request)
    await hold(session, slug)
    kept = await changeable(session, slug, now)
    go, _, part = form.get("go", [""])[-1].partition(":")
    document = kept.document
    if owner and owner not in document.questions and owner not in document.sections_by_name:
        raise NotFound
    undoing = not owner and go == "undo"
    if form.get("seen", [""])[-1] != kept.seen:
        return await _again(request, session, kept, owner, visitor, now, Attempt(document), fault="seen")
    if undoing:
        return await _undo(request, session, kept, form.get("step", [""])[-1], visitor, now)
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
            await _keep(session, kept, changed, go, part, owner, visitor, now)
    return await _onward(request, session, slug, *landing(go, owner, part, document, changed), visitor, now)


async def _onward(
    request: Request, session: AsyncSession, slug: str, owner: str, anchor: str, visitor: Visitor, now: datetime
) -> Response:
    """To the page of the whole, or of a question or section, and there to the place `anchor`; htmx is given its part at
    once, with its address."""
    path = f"/staff/consultations/{slug}/questionnaire"
    address = f"{path}/{owner}#{anchor}" if owner else f"{path}#{anchor}"
    if not wants_fragment(request):
        return RedirectResponse(address, 303)
    kept = await load(session, slug)
    page: DeskPage
    if owner:
        page = await page_of(session, kept, kept.document, owner, visitor)
    else:
        page = await whole_page(session, kept, visitor, now)
    response = show(request, page)
    response.headers["HX-Push-Url"] = address
    return response


async def _keep(
    session: AsyncSession,
    kept: Kept,
    changed: Document,
    go: str,
    part: str,
    owner: str,
    visitor: Visitor,
    now: datetime,
) -> None:
    """The changed document is the newest version; the trail says who did what, and which codes are new."""
    consultation = kept.consultation
    stored = await questionnaires.revise(session, consultation, changed)
    _rename(kept, changed)
    added = sorted(codes_of(changed) - codes_of(kept.document))
    new = next((code for code in changed.questions if code not in kept.document.questions), "")
    kind = "section" if owner in kept.document.sections_by_name else "question" if owner else ""
    told = {"step": go, "part": part, "of": owner, "kind": kind, "new": new}
    await keep_step(session, kept.stored, stored, who=visitor.email, act=EDITED, told=told, now=now)
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
            "step": f"{go}:{part}" if part else go,
            "of": owner,
            "added": added,
        },
    )


def _rename(kept: Kept, changed: Document) -> None:
    """The consultation's title and summary follow the questionnaire's; a language that went goes there, too."""
    consultation, before = kept.consultation, kept.document
    if changed.title != before.title:
        gone = {each for each in before.title if each not in changed.title}
        named = {each: words for each, words in consultation.topic.items() if each not in gone}
        consultation.topic = {**named, **changed.title}
    if changed.summary != before.summary:
        consultation.summary = dict(changed.summary)


async def _undo(
    request: Request, session: AsyncSession, kept: Kept, number: str, visitor: Visitor, now: datetime
) -> Response:
    """The last step, which the form must have named, is taken back, and the trail says whose it was.

    Raises OperatorError when there is none.
    """
    consultation = kept.consultation
    step = await last_step(session, kept.stored)
    if step is None:
        raise OperatorError("There is no step of the editor to take back.")
    if number != str(step.number):
        return await _again(request, session, kept, "", visitor, now, Attempt(kept.document), fault="seen")
    undone = {"act": step.act, "by": step.who, **step.told}
    async with watched(session, consultation, request.app.state.aimed_at, who=visitor.email, now=now):
        stored = await take_back(session, consultation, step)
        _rename(kept, questionnaires.read_document(stored))
        await record(
            session,
            who=visitor.email,
            act=UNDONE,
            subject=consultation.slug,
            now=now,
            before={"version": kept.stored.number, "digest": kept.stored.digest},
            after={"version": stored.number, "digest": stored.digest, "undone": undone},
        )
    return await _onward(request, session, consultation.slug, "", "last", visitor, now)


async def _used(session: AsyncSession, kept: Kept) -> frozenset[str]:
    """Every code that the questionnaire ever had: at first, by any step since, taken back or not, and now."""
    first = await session.scalar(
        select(Questionnaire).where(Questionnaire.consultation_id == kept.consultation.id, Questionnaire.number == 1)
    )
    began = codes_of(questionnaires.read_document(first)) if first else frozenset()
    slug = kept.consultation.slug
    edits = await session.scalars(select(AuditEntry).where(AuditEntry.act == EDITED, AuditEntry.subject == slug))
    added = (code for entry in edits for code in (entry.after or {})["added"])
    return began | codes_of(kept.document) | frozenset(added)


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
        page: DeskPage = replace(await whole_page(session, kept, visitor, now), refused=made.findings, fault=fault)
        return show(request, page, 422)
    there = owner in made.document.questions or owner in made.document.sections_by_name
    single = await page_of(session, kept, made.document if there else kept.document, owner, visitor)
    typed = single.condition if made.condition is None else made.condition
    single = replace(single, refused=made.findings, fault=fault, condition=typed)
    if isinstance(single, QuestionPage):
        single = replace(single, typed=made.typed)
    return show(request, single, 422)
