"""The receipt page, where an anonymous respondent sees or erases its answers; and the page for parents and teachers."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.consultations.phase import ORDER, Phase, phase_at
from app.consultations.routes import ages_in_words
from app.errors import NotFound
from app.questionnaire.kinds import Matrix, Question
from app.submissions import receipts
from app.submissions.answers_in_words import Line, Lines, answer_words
from app.submissions.receipts import ReceiptKeys
from app.submissions.service import Editions
from app.submissions.sheets import Sheets
from app.web.deps import Language, Now, Writing
from app.web.forms import read_form
from app.web.i18n import translator
from app.web.pages import Page, html, render

router = APIRouter(prefix="/{language}")

#: Choices named on the page for parents; a longer list, such as that of countries, is left out.
MOST_CHOICES = 15


@dataclass(frozen=True, kw_only=True)
class ReceiptPage(Page):
    template: ClassVar[str] = "submissions/receipt.html"

    unknown: bool = False


@dataclass(frozen=True, kw_only=True)
class ReceiptAnswersPage(Page):
    template: ClassVar[str] = "submissions/receipt_answers.html"

    code: str
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
    sections: tuple[AskedSection, ...]


@router.get("/receipt")
async def receipt(request: Request, language: Language) -> Response:
    return html(request, render(ReceiptPage(language=language, path="/receipt")))


@router.post("/receipt")
async def use_receipt(request: Request, language: Language, now: Now, session: Writing) -> Response:
    """Shows or erases the one submission of the code. A wrong code costs the same look-up and gives the same page."""
    form = await read_form(request)
    typed = form.get("code", [""])[-1]
    keys: ReceiptKeys = request.app.state.receipt_keys
    receipt_hash = keys.stored_hash(receipts.as_typed(typed))
    kept = await receipts.look_up(session, receipt_hash)
    if kept is None:
        return html(request, render(ReceiptPage(language=language, path="/receipt", unknown=True)), 422)
    if form.get("go", [""])[-1] == "erase":
        await receipts.erase(session, receipt_hash)
        return html(request, render(ErasedPage(language=language, path="/receipt")))
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
        path="/receipt",
        code=receipts.as_typed(typed),
        day=kept.arrived_hour.date(),
        sent_in=kept.language,
        counted=ORDER[phase_at(edition.consultation, now)] >= ORDER[Phase.FROZEN],
        parts=parts,
    )
    return html(request, render(page))


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
