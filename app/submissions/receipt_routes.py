"""The receipt page, where an anonymous respondent sees or erases its answers; and the page for parents and teachers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.phase import ORDER, Phase, phase_at
from app.consultations.routes import ages_in_words
from app.db import empty_log
from app.errors import NotFound
from app.questionnaire.kinds import Matrix, Question
from app.submissions import receipts
from app.submissions.answers_in_words import Line, Lines, answer_words
from app.submissions.receipts import Kept, ReceiptKeys
from app.submissions.service import Editions
from app.submissions.sheets import Sheets
from app.submissions.state import clear_journey, peek, remember_code, remembered_code
from app.web.deps import Language, Now, Reading, Writing
from app.web.forms import read_form
from app.web.i18n import translator
from app.web.pages import Page, html, render

router = APIRouter(prefix="/{language}")

#: Choices named on the page for parents; a longer list, such as that of countries, is left out.
MOST_CHOICES = 15
#: What was typed for a code stays in its field, as far as this.
MOST_TYPED = 64


@dataclass(frozen=True, kw_only=True)
class ReceiptPage(Page):
    template: ClassVar[str] = "submissions/receipt.html"

    unknown: bool = False
    typed: str = ""


@dataclass(frozen=True, kw_only=True)
class ReceiptAnswersPage(Page):
    template: ClassVar[str] = "submissions/receipt_answers.html"

    slug: str
    day: date
    sent_in: str
    counted: bool
    parts: tuple[Lines, ...]


@dataclass(frozen=True, kw_only=True)
class ErasedPage(Page):
    template: ClassVar[str] = "submissions/receipt_erased.html"


@dataclass(frozen=True)
class Asked:
    label: str
    hint: str
    rows: str
    choices: str
    only_some: bool


@dataclass(frozen=True)
class AskedSection:
    title: str
    questions: tuple[Asked, ...]


@dataclass(frozen=True, kw_only=True)
class ParentsPage(Page):
    template: ClassVar[str] = "submissions/parents.html"

    topic: str
    day: date
    ages: str
    consent: str
    words_until: date | None
    sections: tuple[AskedSection, ...]


@router.get("/receipt")
async def receipt(request: Request, language: Language) -> Response:
    return html(request, render(ReceiptPage(language=language, path="/receipt")))


@router.post("/receipt")
async def use_receipt(request: Request, language: Language, now: Now, session: Reading) -> Response:
    """Remembers the code for some minutes and leads to its answers. A wrong one costs the same look-up and gives the
    same page."""
    typed = _one(await read_form(request), "code")[:MOST_TYPED]
    code = receipts.as_typed(typed)
    if await _look_up(request, session, code) is None:
        return html(request, render(ReceiptPage(language=language, path="/receipt", unknown=True, typed=typed)), 422)
    response = RedirectResponse(f"/{language}/receipt/answers", 303)
    remember_code(request, response, code, now)
    return response


@router.get("/receipt/answers")
async def receipt_answers(request: Request, language: Language, now: Now, session: Reading) -> Response:
    kept = await _look_up(request, session, remembered_code(request, now))
    if kept is None:
        return RedirectResponse(f"/{language}/receipt", 303)
    editions: Editions = request.app.state.editions
    edition = await editions.find_by_id(kept.consultation_id)
    sheets = editions.sheets(edition, language)
    parts = tuple(
        Lines(
            sheets.text(section.title),
            tuple(
                Line(each.code, sheets.text(each.label), answer_words(sheets, each, kept.answers))
                for each in section.questions
                if each.answered and any(code in kept.answers for code in (each.code, *each.fields))
            ),
        )
        for section in edition.document.sections
    )
    page = ReceiptAnswersPage(
        language=language,
        path="/receipt/answers",
        slug=edition.slug,
        day=kept.arrived_hour.date(),
        sent_in=kept.language,
        counted=ORDER[phase_at(edition.consultation, now)] >= ORDER[Phase.FROZEN],
        parts=parts,
    )
    return html(request, render(page))


@router.post("/receipt/answers")
async def leave_receipt(request: Request, language: Language, now: Now, session: Writing) -> Response:
    """Erases the one submission of the remembered code, or leaves it; either way the device forgets the code.

    Whoever erases after the counting is gone from the snapshot, too, before anything is answered.
    """
    code, erases = remembered_code(request, now), _one(await read_form(request), "go") == "erase"
    kept = await _look_up(request, session, code)
    if not erases or kept is None:
        response = RedirectResponse(f"/{language}/" if kept else f"/{language}/receipt", 303)
        remember_code(request, response, "", now)
        return response
    keys: ReceiptKeys = request.app.state.receipt_keys
    await receipts.erase(session, keys.stored_hash(code))
    await request.app.state.erase_from_snapshot(kept)
    # When everything is committed, nothing of it is left in the write-ahead log either.
    forgetting = BackgroundTask(empty_log, request.app.state.engine)
    response = RedirectResponse(f"/{language}/receipt/erased", 303, background=forgetting)
    remember_code(request, response, "", now)
    journey = peek(request)
    if journey is not None and journey.sent:
        clear_journey(request, response)
    return response


@router.get("/receipt/erased")
async def receipt_erased(request: Request, language: Language) -> Response:
    return html(request, render(ErasedPage(language=language, path="/receipt/erased")))


async def _look_up(request: Request, session: AsyncSession, code: str) -> Kept | None:
    keys: ReceiptKeys = request.app.state.receipt_keys
    return await receipts.look_up(session, keys.stored_hash(code))


def _one(form: Mapping[str, list[str]], name: str) -> str:
    return form.get(name, [""])[-1]


@router.get("/consultations/{slug}/parents")
async def parents(request: Request, language: Language, slug: str, now: Now) -> Response:
    """One page to show or print: what it is, and every question."""
    editions: Editions = request.app.state.editions
    edition = await editions.find(slug)
    consultation = edition.consultation
    if phase_at(consultation, now) is Phase.DRAFT:
        raise NotFound
    sheets = editions.sheets(edition, language)
    page = ParentsPage(
        language=language,
        path=f"/consultations/{slug}/parents",
        topic=sheets.text(consultation.topic),
        day=consultation.day,
        ages=ages_in_words(translator(language), consultation.age_bands),
        consent=consultation.consent,
        words_until=consultation.words_until,
        sections=tuple(
            AskedSection(
                sheets.text(section.title), tuple(_asked(sheets, each) for each in section.questions if each.answered)
            )
            for section in edition.document.sections
        ),
    )
    return html(request, render(page))


def _asked(sheets: Sheets, question: Question) -> Asked:
    choices = getattr(question, "choices", ())
    shown = choices if len(choices) <= MOST_CHOICES else ()
    rows = question.rows if isinstance(question, Matrix) else ()
    return Asked(
        label=sheets.text(question.label),
        hint=sheets.text(question.hint),
        rows=sheets.between.join(sheets.text(row.label) for row in rows),
        choices=" / ".join(sheets.text(choice.label) for choice in shown),
        only_some=question.relevant is not None,
    )
