"""Storing a questionnaire with its consultation, and the documents that every process keeps in memory."""

import hashlib
import json

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.consultations.models import Consultation
from app.questionnaire.document import Document
from app.questionnaire.models import Questionnaire
from app.questionnaire.stored import document_from_json, document_to_json


async def attach(session: AsyncSession, consultation: Consultation, document: Document) -> Questionnaire:
    """The document is the first version of the consultation's questionnaire."""
    canonical = json.dumps(document_to_json(document), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    stored = Questionnaire(
        consultation_id=consultation.id,
        number=1,
        digest=hashlib.sha256(canonical.encode()).hexdigest(),
        document=canonical,
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
    """The documents of all consultations, each parsed once for each revision of its consultation."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._kept: dict[int, tuple[int, Document]] = {}

    async def document_of(self, consultation: Consultation) -> Document:
        kept = self._kept.get(consultation.id)
        if kept is not None and kept[0] == consultation.revision:
            return kept[1]
        async with AsyncSession(self._engine) as session:
            document = read_document(await latest(session, consultation.id))
        if kept is not None and kept[1] == document:
            document = kept[1]
        self._kept[consultation.id] = (consultation.revision, document)
        return document
