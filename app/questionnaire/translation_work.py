"""The questionnaire whose texts somebody writes: what may be done to it now, and by whom; and the keeping of texts,
with its entries in the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations import service as consultations
from app.consultations.models import Consultation
from app.consultations.phase import ORDER, Phase, phase_at
from app.errors import NotAllowed, NotFound, OperatorError
from app.questionnaire.document import Document
from app.questionnaire.models import Questionnaire
from app.questionnaire.service import latest, read_document
from app.questionnaire.steps import SAVED, keep_step, states_of
from app.questionnaire.texts import texts_of
from app.questionnaire.translations import Change, save
from app.staff.audit import record
from app.staff.door import Visitor
from app.staff.permissions import Act, Role

#: What the trail calls a text that was put in other words while young people answer.
CORRECTED = "words_corrected"


@dataclass(frozen=True)
class Work:
    """The questionnaire that is translated into `language`. `words_only`: the day has opened, so that a change is a
    correction of words, for which there must be a reason. `shut`: what was asked is frozen with its answers."""

    consultation: Consultation
    stored: Questionnaire
    document: Document
    language: str
    phase: Phase

    @property
    def words_only(self) -> bool:
        return ORDER[self.phase] >= ORDER[Phase.OPEN]

    @property
    def shut(self) -> bool:
        return ORDER[self.phase] >= ORDER[Phase.FROZEN]

    @property
    def address(self) -> str:
        return f"/staff/consultations/{self.consultation.slug}/translations/{self.language}"

    def may_write(self, visitor: Visitor) -> bool:
        """Whether the visitor may save texts here now. After the opening it takes somebody who edits."""
        may = visitor.may(Act.TRANSLATE) and writes_in(visitor, self.language) and not self.shut
        return may and (visitor.may(Act.EDIT_QUESTIONNAIRE) or not self.words_only)

    def may_review(self, visitor: Visitor) -> bool:
        return visitor.may(Act.REVIEW_TRANSLATION) and writes_in(visitor, self.language) and not self.shut


def writes_in(visitor: Visitor, language: str) -> bool:
    """Whether the language is one of the visitor's: of translators it is asked, others have all."""
    return visitor.role is not Role.TRANSLATOR or language in visitor.languages


async def work_on(session: AsyncSession, slug: str, language: str, now: datetime) -> Work:
    """Raises NotFound."""
    consultation = await consultations.look_up(session, slug)
    if consultation is None:
        raise NotFound
    stored = await latest(session, consultation.id)
    return Work(consultation, stored, read_document(stored), language, phase_at(consultation, now))


async def work_into(session: AsyncSession, slug: str, language: str, now: datetime) -> Work:
    """The same, for a language that is translated into. Raises NotFound for the source's own."""
    work = await work_on(session, slug, language, now)
    if work.document.default_language == language:
        raise NotFound
    return work


def check_may(work: Work, may: bool) -> None:
    """Raises OperatorError when it is too late for everybody, NotAllowed when somebody else could."""
    if work.shut:
        raise OperatorError(f"“{work.consultation.slug}” is {work.phase}: its texts stay as they were answered.")
    if not may:
        raise NotAllowed


async def keep(
    session: AsyncSession,
    work: Work,
    changes: Mapping[str, Change],
    *,
    visitor: Visitor,
    now: datetime,
    reason: str,
    act: str = SAVED,
) -> int:
    """The texts are saved and the trail says so; after the opening as corrections, one entry for each text that is
    another one now. Gives the version's number."""
    slug, who = work.consultation.slug, visitor.email
    if work.words_only:
        return await _correct(session, work, changes, who=who, now=now, reason=reason, act=act)
    states = await states_of(session, work.consultation.id, work.language, changes)
    stored = await save(session, work.consultation, work.language, changes, who=who, now=now)
    told = {"language": work.language, "texts": len(changes), "keys": sorted(changes)}
    await keep_step(session, work.stored, stored, who=who, act=act, told=told, now=now, states=states)
    await record(
        session,
        who=who,
        act=act,
        subject=slug,
        now=now,
        before={"version": work.stored.number},
        after={"version": stored.number, **told},
        reason=reason,
    )
    return stored.number


async def _correct(
    session: AsyncSession,
    work: Work,
    changes: Mapping[str, Change],
    *,
    who: str,
    now: datetime,
    reason: str,
    act: str,
) -> int:
    words = {text.key: text.in_language(work.language) for text in texts_of(work.document)}
    stored = await save(session, work.consultation, work.language, changes, who=who, now=now, correction=reason)
    same = sorted(key for key, change in changes.items() if change.text == words[key])
    for key in sorted(changes.keys() - set(same)):
        text = {"key": key, "language": work.language}
        await record(
            session,
            who=who,
            act=CORRECTED,
            subject=work.consultation.slug,
            now=now,
            before={"version": work.stored.number, **text, "text": words[key]},
            after={"version": stored.number, **text, "text": changes[key].text},
            reason=reason,
        )
    if same:
        told = {"version": stored.number, "language": work.language, "texts": len(same), "keys": same}
        await record(session, who=who, act=act, subject=work.consultation.slug, now=now, after=told, reason=reason)
    return stored.number
