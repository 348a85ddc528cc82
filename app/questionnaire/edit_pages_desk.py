"""What the editor's pages show: the whole questionnaire, one question, one section, what is about to be deleted.

Each has a fragment, the part between the desk's head and foot: htmx puts it in, and the rest of the page stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations.service import went_back
from app.errors import NotFound, OperatorError
from app.questionnaire.check import Finding
from app.questionnaire.conditions import MOST_LINES, OPERATORS, Built, Subject, built, subjects
from app.questionnaire.desk import Kept, LastStep, QuestionnairePage, can_change, load, questionnaire_page
from app.questionnaire.document import Document, Section
from app.questionnaire.edit import KINDS
from app.questionnaire.kinds import Choice, Question
from app.questionnaire.relevance import Expression
from app.questionnaire.steps import last_step
from app.questionnaire.xlsform import written_cells
from app.questionnaire.xlsform.rows import BREAKDOWNS
from app.staff.door import Visitor
from app.staff.models import Account
from app.staff.pages import DeskPage


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
    last: LastStep | None
    operators: tuple[str, ...] = OPERATORS
    most_lines: int = MOST_LINES
    refused: tuple[Finding, ...] = ()
    fault: str = ""


@dataclass(frozen=True, kw_only=True)
class QuestionPage(_OnePage):
    """`written` is what the spreadsheet says of the question, column to cell; `typed` what stood in fields of limits
    that were refused."""

    template: ClassVar[str] = "questionnaire/edit_question.html"
    fragment: ClassVar[str | None] = "questionnaire/_edit_question.html"

    question: Question
    section: Section
    written: Mapping[str, str]
    typed: Mapping[str, str] = field(default_factory=dict)
    breakdowns: tuple[str, ...] = BREAKDOWNS


@dataclass(frozen=True, kw_only=True)
class SectionPage(_OnePage):
    template: ClassVar[str] = "questionnaire/edit_section.html"
    fragment: ClassVar[str | None] = "questionnaire/_edit_section.html"

    section: Section
    kinds: tuple[str, ...] = KINDS


@dataclass(frozen=True, kw_only=True)
class DeletePage(DeskPage):
    """Asks before a section, a question, or a choice or row of it (`part`) goes."""

    template: ClassVar[str] = "questionnaire/edit_delete.html"
    fragment: ClassVar[str | None] = "questionnaire/_edit_delete.html"

    slug: str
    topic: str
    document: Document
    seen: str
    owner: str
    words: Any
    go: str
    part: str = ""


async def changeable(session: AsyncSession, slug: str, now: datetime) -> Kept:
    """The questionnaire, which can be changed. Raises NotFound, and OperatorError once the day has opened."""
    kept = await load(session, slug)
    if not can_change(kept.consultation, now):
        raise OperatorError(f"“{slug}” has opened: its questions stay as they are.")
    return kept


async def whole_page(session: AsyncSession, kept: Kept, visitor: Visitor, now: datetime) -> QuestionnairePage:
    """Everything that is asked, with the steps that can be done to it."""
    page = questionnaire_page(kept, visitor, now)
    if not page.may_edit:
        return page
    back = await went_back(session, kept.consultation, now)
    return replace(page, last=await last_of(session, kept, visitor), went_back=back)


async def page_of(
    session: AsyncSession, kept: Kept, document: Document, owner: str, visitor: Visitor
) -> QuestionPage | SectionPage:
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
        "last": await last_of(session, kept, visitor),
    }
    if question:
        return QuestionPage(**common, question=question, written=written_cells(kept.document, owner))
    return SectionPage(**common)


def delete_page(kept: Kept, owner: str, field: str, part: str, visitor: Visitor) -> DeletePage:
    """Asks about `owner`, or about the choice or row `part` of it. Raises NotFound."""
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
    return DeletePage(
        language=visitor.language,
        path=f"/staff/consultations/{kept.consultation.slug}/questionnaire/{owner}/delete",
        visitor=visitor,
        here="consultations",
        slug=kept.consultation.slug,
        topic=kept.topic(visitor.language),
        document=kept.document,
        seen=kept.seen,
        owner=owner,
        words=words,
        go=f"{field}_delete:{part}" if field else "delete",
        part=part,
    )


async def last_of(session: AsyncSession, kept: Kept, visitor: Visitor) -> LastStep | None:
    """The step that could be taken back, with the name of whoever did it."""
    step = await last_step(session, kept.stored)
    if step is None:
        return None
    name = await session.scalar(select(Account.name).where(Account.email == step.who))
    return LastStep(step.number, step.act, step.told, name or step.who, step.at, step.who == visitor.email)
