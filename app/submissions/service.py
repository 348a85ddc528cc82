"""A journey's steps with everything they need in memory: editions, rendered pages, the inbox."""

from dataclasses import dataclass, replace
from datetime import datetime

from app.consultations.models import Consultation
from app.consultations.phase import Phase, may_send, phase_at
from app.consultations.service import Directory
from app.errors import ConsultationClosed, ConsultationNotOpen, ConsultationPaused, NotFound
from app.outreach.service import BAND_WITH_CONSENT
from app.questionnaire.document import AGE_BAND, COUNTRY
from app.questionnaire.kinds import Fault
from app.questionnaire.service import Library
from app.submissions.cookie import Journey
from app.submissions.inbox import Inbox, as_row
from app.submissions.journey import Walk
from app.submissions.receipts import ReceiptKeys
from app.submissions.sheets import Edition, Sheets

#: Names of the age bands for whom consent policy B asks for a parent's agreement: under 16.
PARENT_BANDS = frozenset({"2", "3"})
YOUNGEST_BANDS = ("1", "2")


class Editions:
    """Every consultation with its document and rendered pages, in memory."""

    def __init__(self, directory: Directory, library: Library) -> None:
        self._directory = directory
        self._library = library
        self._kept: dict[int, tuple[int, Edition, dict[str, Sheets]]] = {}

    async def find(self, slug: str) -> Edition:
        """The edition of that slug. Raises NotFound when there is none, or it is still a draft."""
        consultation = await self._directory.find(slug)
        if consultation is None:
            raise NotFound
        return (await self._current(consultation))[1]

    async def find_by_id(self, consultation_id: int) -> Edition:
        for consultation in await self._directory.all():
            if consultation.id == consultation_id:
                return (await self._current(consultation))[1]
        raise NotFound

    async def _current(self, consultation: Consultation) -> tuple[int, Edition, dict[str, Sheets]]:
        kept = self._kept.get(consultation.id)
        if kept is None or kept[0] != consultation.revision:
            number, document = await self._library.document_of(consultation)
            kept = consultation.revision, Edition(consultation, document, number), {}
            self._kept[consultation.id] = kept
        return kept

    def sheets(self, edition: Edition, language: str) -> Sheets:
        kept = self._kept[edition.consultation.id]
        if language not in kept[2]:
            kept[2][language] = Sheets(kept[1], language)
        return kept[2][language]


@dataclass(frozen=True)
class Begun:
    """What the two questions of the start page lead to: an ending, faults, or neither."""

    ending: str = ""
    agree_fault: Fault | None = None
    parent_fault: Fault | None = None


def judge_start(consultation: Consultation, journey: Journey, *, consent_held: bool) -> Begun:
    """Whether this respondent may go on. A No ends first: nobody has to tell an age to say No.

    consent_held: the partner of the journey's link has the consent of parents or carers.
    """
    band = journey.answers.get(AGE_BAND)
    if journey.agreed == "no":
        return Begun(ending="no")
    if isinstance(band, str) and not _admits(consultation, band, consent_held):
        return Begun(ending="young" if band in YOUNGEST_BANDS else "old")
    needs_parent = consultation.consent == "B" and band in PARENT_BANDS
    return Begun(
        agree_fault=None if journey.agreed == "yes" else Fault("agree", "agree"),
        parent_fault=Fault("parent", "parent") if needs_parent and journey.parent_agreed != "yes" else None,
    )


def _admits(consultation: Consultation, band: str, consent_held: bool) -> bool:
    """Whether answers of this age band are taken. Those of 10 to 12 come in by a link whose partner holds the consent;
    under policy C by nothing else."""
    if band == BAND_WITH_CONSENT and (consent_held or consultation.consent == "C"):
        return consent_held
    return band in consultation.age_bands


def may_go_on(consultation: Consultation, journey: Journey, *, consent_held: bool) -> bool:
    """Whether the start page is answered so that the questions may follow."""
    return judge_start(consultation, journey, consent_held=consent_held) == Begun()


def check_open(consultation: Consultation, journey: Journey | None, now: datetime, grace_minutes: int) -> None:
    """Raises ConsultationNotOpen before the day, ConsultationPaused in a pause of it, and ConsultationClosed after it
    unless this journey has grace."""
    phase = phase_at(consultation, now)
    if phase is Phase.OPEN and consultation.paused_at is not None:
        raise ConsultationPaused
    if phase in (Phase.DRAFT, Phase.SCHEDULED):
        raise ConsultationNotOpen
    if phase is Phase.OPEN:
        return
    if journey is None or not may_send(consultation, journey.begun_at, now, grace_minutes):
        raise ConsultationClosed


async def send(
    inbox: Inbox, keys: ReceiptKeys, edition: Edition, journey: Journey, walked: Walk, language: str, now: datetime
) -> Journey:
    """The walked answers are committed. What is left of the journey shows the receipt code and the right helpline.

    A repeat stores nothing and gives the same; with other answers it replaces the first and gives another code. Whoever
    copied the cookie before the answers were given never learns their code. Raises Overloaded.
    """
    row = as_row(
        consultation_id=edition.consultation.id,
        # Words may have been corrected meanwhile: these answers were begun with the words of before.
        questionnaire_number=min(journey.version or edition.number, edition.number),
        language=language,
        link=journey.link,
        now=now,
        document=edition.document,
        answers=walked.answers,
        dropped=journey.dropped + walked.dropped,
    )
    code = keys.code(journey.send_key, row["answers"] + (row["open_answers"] or ""))
    row |= {"send_hash": keys.send_hash(journey.send_key), "receipt_hash": keys.stored_hash(code)}
    await inbox.send(row)
    country = walked.answers.get(COUNTRY)
    left = {COUNTRY: country} if country else {}
    return replace(journey, answers=left, agreed="", parent_agreed="", send_key=b"", code=code, sent=True)
