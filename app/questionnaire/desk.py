"""The desk's page of a questionnaire: everything that is asked, what is wrong with it, and the spreadsheet of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.consultations.desk import find
from app.consultations.models import Consultation
from app.consultations.phase import ORDER, Phase, phase_at
from app.questionnaire import service as questionnaires
from app.questionnaire.check import Finding, check
from app.questionnaire.document import Document
from app.questionnaire.edit import KINDS
from app.questionnaire.models import Questionnaire
from app.questionnaire.sound import faults_of
from app.questionnaire.xlsform import write_xlsform
from app.staff.door import Visitor, needs
from app.staff.models import AuditEntry
from app.staff.pages import DeskPage
from app.staff.permissions import Act
from app.web.deps import Reading

router = APIRouter(prefix="/staff")

SeeQuestionnaire = Annotated[Visitor, Depends(needs(Act.SEE_QUESTIONNAIRE))]

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Kept:
    """A consultation with the newest version of its questionnaire."""

    consultation: Consultation
    stored: Questionnaire
    document: Document

    @property
    def seen(self) -> str:
        """Says which version somebody had before them, when a form comes back."""
        return self.stored.digest[:16]

    def topic(self, language: str) -> str:
        return self.document.title.get(language) or self.document.title[self.document.default_language]


@dataclass(frozen=True)
class LastStep:
    """What was done last: `told` as in models.Step, `who` the name of whoever did it, `mine` if that is the visitor."""

    number: int
    act: str
    told: Mapping[str, Any]
    who: str
    at: datetime
    mine: bool


@dataclass(frozen=True, kw_only=True)
class QuestionnairePage(DeskPage):
    """`last` is the step that can be taken back; `may_correct` after the opening, until the answers are frozen."""

    template: ClassVar[str] = "questionnaire/desk_questionnaire.html"
    fragment: ClassVar[str | None] = "questionnaire/_questionnaire.html"

    slug: str
    topic: str
    document: Document
    number: int
    seen: str
    findings: tuple[Finding, ...]
    may_edit: bool
    scheduled: bool
    may_correct: bool
    corrected: bool
    last: LastStep | None = None
    went_back: AuditEntry | None = None
    kinds: tuple[str, ...] = KINDS
    refused: tuple[Finding, ...] = ()
    fault: str = ""


async def load(session: AsyncSession, slug: str) -> Kept:
    """Raises NotFound."""
    consultation = await find(session, slug)
    stored = await questionnaires.latest(session, consultation.id)
    return Kept(consultation, stored, questionnaires.read_document(stored))


def can_change(consultation: Consultation, now: datetime) -> bool:
    """Whether the questions can still be changed: until the day opens."""
    return ORDER[phase_at(consultation, now)] < ORDER[Phase.OPEN]


def can_correct(consultation: Consultation, now: datetime) -> bool:
    """Whether words can still be corrected: from the opening of the day until the freeze."""
    return ORDER[Phase.OPEN] <= ORDER[phase_at(consultation, now)] < ORDER[Phase.FROZEN]


def questionnaire_page(kept: Kept, visitor: Visitor, now: datetime) -> QuestionnairePage:
    document = kept.document
    grave = faults_of(document)
    notices = tuple(finding for finding in check(document) if not finding.grave)
    return QuestionnairePage(
        language=visitor.language,
        path=f"/staff/consultations/{kept.consultation.slug}/questionnaire",
        visitor=visitor,
        here="consultations",
        slug=kept.consultation.slug,
        topic=kept.topic(visitor.language),
        document=document,
        number=kept.stored.number,
        seen=kept.seen,
        findings=(*grave, *notices),
        may_edit=visitor.may(Act.EDIT_QUESTIONNAIRE) and can_change(kept.consultation, now),
        may_correct=visitor.may(Act.EDIT_QUESTIONNAIRE) and can_correct(kept.consultation, now),
        corrected=kept.stored.corrected_at is not None,
        scheduled=phase_at(kept.consultation, now) is Phase.SCHEDULED,
    )


@router.get("/consultations/{slug}/questionnaire.xlsx")
async def workbook(slug: str, visitor: SeeQuestionnaire, session: Reading) -> Response:
    """The questionnaire as an XLSForm; its version is the number of the stored one."""
    kept = await load(session, slug)
    numbered = replace(kept.document, version=str(kept.stored.number))
    content = await asyncio.to_thread(write_xlsform, numbered)
    name = f"{slug}-{kept.stored.number}.xlsx"
    return Response(content, media_type=WORKBOOK, headers={"Content-Disposition": f'attachment; filename="{name}"'})
