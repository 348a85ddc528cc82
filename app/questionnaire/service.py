"""Storing a questionnaire with its consultation, and the documents that every process keeps in memory."""

import hashlib
import json
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.consultations.models import Consultation
from app.questionnaire.corrections import Correction, Version, corrections
from app.questionnaire.document import Document
from app.questionnaire.models import Questionnaire
from app.questionnaire.stored import canonical, document_from_json, document_to_json


async def attach(session: AsyncSession, consultation: Consultation, document: Document) -> Questionnaire:
    """The document is the first version of the consultation's questionnaire."""
    return await _add(session, consultation, document, 1)


async def revise(session: AsyncSession, consultation: Consultation, document: Document) -> Questionnaire:
    """The document is the newest version of the consultation's questionnaire; the ones before are kept.

    Whether it may change is the caller's to ask: anything before the day opened, afterwards words only.
    """
    before = await latest(session, consultation.id)
    consultation.revision += 1
    return await _add(session, consultation, document, before.number + 1)


async def correct(
    session: AsyncSession, consultation: Consultation, document: Document, *, now: datetime, reason: str
) -> Questionnaire:
    """The document, which differs from the newest version in words only, is the next one; it says when, and why."""
    stored = await revise(session, consultation, document)
    stored.corrected_at, stored.reason = now, reason
    await session.flush()
    return stored


async def corrections_of(session: AsyncSession, consultation_id: int) -> tuple[Correction, ...]:
    """Every correction of words since the day opened, in their order."""
    mine = Questionnaire.consultation_id == consultation_id
    opened = select(func.max(Questionnaire.number)).where(mine, Questionnaire.corrected_at.is_(None)).scalar_subquery()
    rows = await session.scalars(
        select(Questionnaire).where(mine, Questionnaire.number >= opened).order_by(Questionnaire.number)
    )
    versions = [
        Version(row.number, read_document(row), row.corrected_at.date() if row.corrected_at else None, row.reason)
        for row in rows
    ]
    return tuple(corrections(versions))


async def undo(session: AsyncSession, consultation: Consultation) -> bool:
    """The newest version is gone and the one before it is the newest; says whether there was one before it.

    Only for a consultation that never opened: answers point to the version that they were given to.
    """
    newest = await latest(session, consultation.id)
    if newest.number == 1:
        return False
    await session.delete(newest)
    consultation.revision += 1
    await session.flush()
    return True


async def _add(session: AsyncSession, consultation: Consultation, document: Document, number: int) -> Questionnaire:
    content = canonical(document_to_json(document))
    stored = Questionnaire(
        consultation_id=consultation.id,
        number=number,
        digest=hashlib.sha256(content.encode()).hexdigest(),
        document=content,
    )
    session.add(stored)
    await session.flush()
    return stored


async def latest(session: AsyncSession, consultation_id: int) -> Questionnaire:
    """The highest version of a consultation's questionnaire. Raises sqlalchemy.exc.NoResultFound when it has none."""
    rows = await session.scalars(
        select(Questionnaire)
        .where(Questionnaire.consultation_id == consultation_id)
        .order_by(Questionnaire.number.desc())
        .limit(1)
    )
    return rows.one()


def read_document(stored: Questionnaire) -> Document:
    return document_from_json(json.loads(stored.document))


class Library:
    """The newest documents of all consultations with their numbers, each parsed once for each revision."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._kept: dict[int, tuple[int, int, Document]] = {}

    async def document_of(self, consultation: Consultation) -> tuple[int, Document]:
        """The number and the document of the newest version."""
        kept = self._kept.get(consultation.id)
        if kept is None or kept[0] != consultation.revision:
            async with AsyncSession(self._engine) as session:
                stored = await latest(session, consultation.id)
            document = read_document(stored)
            if kept is not None and kept[2] == document:
                document = kept[2]
            kept = consultation.revision, stored.number, document
            self._kept[consultation.id] = kept
        return kept[1], kept[2]
