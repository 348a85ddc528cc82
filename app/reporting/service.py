"""From the frozen day to the paper: snapshot, release, documents."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.consultations import service as consultations
from app.consultations.countries import region_of
from app.consultations.models import Consultation
from app.errors import OperatorError
from app.questionnaire import service as questionnaires
from app.questionnaire.corrections import Correction
from app.questionnaire.document import LANGUAGES, Document
from app.reporting.models import KeptRelease
from app.reporting.release import Facts, Release, make_release
from app.reporting.release_file import digest, from_bytes, to_bytes
from app.reporting.snapshot import Sent, erase_row, read_snapshot, write_snapshot
from app.reporting.tally import tally
from app.settings import Settings
from app.submissions.models import Submission
from app.submissions.receipts import Kept


@dataclass(frozen=True)
class Frozen:
    """What a freeze made: the number of submissions in the snapshot and the SHA-256 of the release."""

    submissions: int
    digest: str


async def freeze(session: AsyncSession, settings: Settings, slug: str, now: datetime) -> Frozen:
    """The snapshot lies in the data folder, the release in the database, and the consultation is frozen.

    Raises OperatorError while answers may still arrive, and when it was frozen before.
    """
    consultation = await consultations.find(session, slug)
    consultations.check_may_freeze(consultation, now, settings.grace_minutes)
    document = questionnaires.read_document(await questionnaires.latest(session, consultation.id))
    rows = await session.execute(
        select(Submission.language, Submission.answers, Submission.open_answers).where(
            Submission.consultation_id == consultation.id
        )
    )
    path = snapshot_path(settings, slug)
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = facts_of(consultation, document, now)
    corrections = await questionnaires.corrections_of(session, consultation.id)
    # In a thread: the day of another consultation may be going on in this process.
    n, content = await asyncio.to_thread(_count, _sent(rows), document, facts, corrections, path)
    session.add(
        KeptRelease(
            consultation_id=consultation.id, number=1, made_at=now, digest=digest(content), content=content.decode()
        )
    )
    consultations.freeze(consultation, now)
    await session.flush()
    return Frozen(n, digest(content))


def _count(
    rows: Iterator[Sent], document: Document, facts: Facts, corrections: Sequence[Correction], path: Path
) -> tuple[int, bytes]:
    n = write_snapshot(rows, document, region_of, path)
    release = make_release(tally(read_snapshot(path), document), document, facts, corrections=corrections)
    return n, to_bytes(release)


_erasing = asyncio.Lock()


async def erase_from_snapshot(engine: AsyncEngine, settings: Settings, kept: Kept) -> None:
    """One row with these very answers is gone from the snapshot of their consultation, where there is one.

    Rows are nothing but their content: of equal ones any may go. The published totals stay.
    """
    async with AsyncSession(engine) as session:
        consultation = await session.get_one(Consultation, kept.consultation_id)
        path = snapshot_path(settings, consultation.slug)
        if not path.exists():
            return
        document = questionnaires.read_document(await questionnaires.latest(session, consultation.id))
    answers = {code: list(each) if isinstance(each, tuple) else each for code, each in kept.answers.items()}
    async with _erasing:
        await asyncio.to_thread(erase_row, Sent(kept.language, answers), document, region_of, path)


def snapshot_path(settings: Settings, slug: str) -> Path:
    return settings.data / "snapshots" / f"{slug}.parquet"


def facts_of(consultation: Consultation, document: Document, snapshot_at: datetime) -> Facts:
    """What the paper tells about the day."""
    bands = [consultations.BAND_AGES[band] for band in consultation.age_bands]
    return Facts(
        slug=consultation.slug,
        title=consultation.topic,
        day=consultation.day,
        window=consultation.window,
        opens_at=consultation.opens_at,
        closes_at=consultation.closes_at,
        snapshot_at=snapshot_at,
        languages=tuple(language for language in LANGUAGES if language in document.languages),
        ages=(min(first for first, _ in bands), max(last for _, last in bands)),
        consent=consultation.consent,
        questionnaire_version=document.version,
        original_language=document.default_language,
        sample=consultation.sample,
        comment_until=consultation.comments_until,
        final_on=None,
        feedback_on=consultation.feedback_on,
    )


async def latest_release(session: AsyncSession, consultation: Consultation) -> KeptRelease | None:
    """The newest release of a consultation, or None before its freeze."""
    found: KeptRelease | None = await session.scalar(
        select(KeptRelease)
        .where(KeptRelease.consultation_id == consultation.id)
        .order_by(KeptRelease.number.desc())
        .limit(1)
    )
    return found


async def kept_release(session: AsyncSession, slug: str) -> KeptRelease:
    """The latest release of a consultation. Raises OperatorError when there is none yet."""
    consultation = await consultations.find(session, slug)
    kept = await latest_release(session, consultation)
    if kept is None:
        raise OperatorError(f"“{slug}” has no release yet: freeze it first with “consult freeze {slug}”.")
    return kept


async def latest_digest(session: AsyncSession, consultation_id: int) -> str:
    """The digest of the newest release. Raises OperatorError when there is none yet."""
    newest = select(KeptRelease.digest).where(KeptRelease.consultation_id == consultation_id)
    found: str | None = await session.scalar(newest.order_by(KeptRelease.number.desc()).limit(1))
    if found is None:
        raise OperatorError("There is no release yet.")
    return found


async def content_of(engine: AsyncEngine, digest: str) -> str:
    """The release with that digest, as it is kept."""
    async with AsyncSession(engine) as session:
        wanted = select(KeptRelease.content).where(KeptRelease.digest == digest).limit(1)
        return (await session.scalars(wanted)).one()


def read_release(kept: KeptRelease) -> Release:
    return from_bytes(kept.content.encode())


def _sent(rows: Iterator[tuple[str, str, str | None]]) -> Iterator[Sent]:
    for language, answers, open_answers in rows:
        yield Sent(language, json.loads(answers) | json.loads(open_answers or "{}"))
