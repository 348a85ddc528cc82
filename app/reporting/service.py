"""From the frozen day to the paper: snapshot, release, documents."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.consultations import service as consultations
from app.consultations.countries import region_of
from app.consultations.models import Consultation
from app.consultations.phase import is_published
from app.db import absolute
from app.errors import OperatorError
from app.questionnaire import service as questionnaires
from app.questionnaire.corrections import Correction
from app.questionnaire.document import LANGUAGES, Document
from app.questionnaire.kinds import Answer
from app.reporting import exports
from app.reporting.apart import apart
from app.reporting.disclosure import FEWEST_GONE
from app.reporting.groups import COUNTRY_ROWS
from app.reporting.models import KeptRelease
from app.reporting.previous import previous_of
from app.reporting.release import Facts, Previous, Release
from app.reporting.release_file import digest, from_bytes, to_bytes
from app.reporting.rendering import Documents
from app.reporting.signing import keep_release
from app.reporting.terms import Terms
from app.settings import Settings
from app.submissions.models import Submission
from app.submissions.receipts import Kept


@dataclass(frozen=True)
class Frozen:
    """What a freeze made: the number of submissions in the snapshot and the SHA-256 of the release."""

    submissions: int
    digest: str

    @property
    def told(self) -> dict[str, int | str]:
        """As it stands in the trail."""
        return {"submissions": self.submissions, "sha256": self.digest}


async def freeze(session: AsyncSession, settings: Settings, slug: str, now: datetime) -> Frozen:
    """The snapshot lies in the data folder, the release in the database, and the consultation is frozen.

    Raises OperatorError while answers may still arrive, and when it was frozen before.
    """
    consultation = await consultations.find(session, slug)
    consultations.check_may_freeze(consultation, now, settings.grace_minutes)
    document = questionnaires.read_document(await questionnaires.latest(session, consultation.id))
    path = snapshot_path(settings, slug).resolve()
    facts = facts_of(consultation, document, now)
    corrections = await questionnaires.corrections_of(session, consultation.id)
    previous = await previous_round(session, consultation, document, now)
    url = absolute(settings.url())
    while True:
        # In a process of its own: the day of another consultation may be going on in this one.
        n, content = await apart(take_and_count, url, consultation.id, document, facts, corrections, previous, path)
        # Who erased their answers after they were read, and before the snapshot was there to erase them from it?
        if await _still_there(session, consultation.id) == n:
            break
    kept = await keep_release(session, settings, consultation.id, 1, content, now)
    consultations.freeze(consultation, now)
    await session.flush()
    return Frozen(n, kept.digest)


async def previous_round(
    session: AsyncSession, consultation: Consultation, document: Document, now: datetime
) -> Previous | None:
    """The newest earlier round of the same questionnaire whose results are public, as far as it can be compared."""
    earlier = await session.scalars(
        select(Consultation)
        .where(Consultation.day < consultation.day, Consultation.sample == consultation.sample)
        .order_by(Consultation.day.desc(), Consultation.id.desc())
    )
    for each in earlier:
        kept = await latest_release(session, each) if is_published(each, now) else None
        if kept is not None and (found := previous_of(read_release(kept), kept.digest, document)) is not None:
            return found
    return None


def take_and_count(
    url: str,
    consultation_id: int,
    document: Document,
    facts: Facts,
    corrections: Sequence[Correction],
    previous: Previous | None,
    path: Path,
) -> tuple[int, bytes]:
    """The snapshot lies in `path`. Gives back its number of rows and the release."""
    # Only the other process has in memory what counts and proves.
    from app.reporting.making import make_release
    from app.reporting.side_by_side import side_by_side
    from app.reporting.snapshot import read_snapshot
    from app.reporting.taking import take
    from app.reporting.tally import tally

    n = take(url, consultation_id, document, region_of, path)
    counted = tally(read_snapshot(path), document)
    release = make_release(counted, document, facts, corrections=corrections, run=side_by_side, previous=previous)
    return n, to_bytes(release)


class NotAgain(OperatorError):
    """There is no further release now. `reason`: few, when too few took their answers back since the last, or no_room,
    when whatever it hid, it would tell a small count together with those before."""

    def __init__(self, reason: str, words: str) -> None:
        super().__init__(words)
        self.reason = reason


async def release_again(session: AsyncSession, settings: Settings, slug: str, now: datetime) -> Frozen:
    """There is a further release, of those who are in the snapshot still; what is public is made of it from now on.

    Raises OperatorError without a release, and NotAgain.
    """
    last = await kept_release(session, slug)
    consultation = await consultations.find(session, slug)
    gone = await gone_since(session, last)
    if gone < FEWEST_GONE:
        raise NotAgain(
            "few",
            f"{gone} people took their answers back since release {last.number} of “{slug}”: a further release is made"
            f" when {FEWEST_GONE} or more have, since fewer could be told from the difference.",
        )
    document = questionnaires.read_document(await questionnaires.latest(session, consultation.id))
    corrections = await questionnaires.corrections_of(session, consultation.id)
    earlier = await session.scalars(
        select(KeptRelease.content).where(KeptRelease.consultation_id == consultation.id).order_by(KeptRelease.number)
    )
    n, content = await apart(
        count_again,
        [each.encode() for each in earlier],
        document,
        facts_of(consultation, document, now),
        corrections,
        await previous_round(session, consultation, document, now),
        snapshot_path(settings, slug).resolve(),
    )
    if content is None:
        raise NotAgain(
            "no_room",
            f"A further release of “{slug}” would tell a small count together with those before, whatever it hid. Try"
            " again when more people have taken their answers back.",
        )
    kept = await keep_release(session, settings, consultation.id, last.number + 1, content, now)
    await session.flush()
    return Frozen(n, kept.digest)


async def gone_since(session: AsyncSession, kept: KeptRelease) -> int:
    """How many took their answers back since this release was made."""
    return read_release(kept).n - await _still_there(session, kept.consultation_id)


async def _still_there(session: AsyncSession, consultation_id: int) -> int:
    wanted = select(func.count()).select_from(Submission).where(Submission.consultation_id == consultation_id)
    return await session.scalar(wanted) or 0


def count_again(
    earlier: Sequence[bytes],
    document: Document,
    facts: Facts,
    corrections: Sequence[Correction],
    previous: Previous | None,
    path: Path,
) -> tuple[int, bytes | None]:
    """Rows of the snapshot, and a release of them that stands with the earlier ones; None when there can be none."""
    from app.reporting.making import make_release
    from app.reporting.sensitive import NoRoom
    from app.reporting.side_by_side import side_by_side
    from app.reporting.snapshot import read_snapshot
    from app.reporting.tally import tally

    before = [from_bytes(each) for each in earlier]
    rows = {country for each in before for country in each.sizes.get(COUNTRY_ROWS, ())}
    while True:
        counted = tally(read_snapshot(path), document, also=rows)
        try:
            release = make_release(
                counted,
                document,
                facts,
                corrections=corrections,
                run=side_by_side,
                previous=previous,
                earlier=before,
                replaces=digest(earlier[-1]),
            )
        except NoRoom:
            return counted.n, None
        # Whoever takes their answers back while this is being made is not in it.
        if read_snapshot(path).height == counted.n:
            return counted.n, to_bytes(release)


_erasing = asyncio.Lock()


async def erase_from_snapshot(engine: AsyncEngine, settings: Settings, kept: Kept) -> None:
    """One row with these very answers is gone from the snapshot of their consultation, where there is one, and from
    what was exported of it.

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
        if await asyncio.to_thread(_erase_row, kept.language, answers, document, path):
            await asyncio.to_thread(exports.withdraw, settings, consultation.slug)


def _erase_row(language: str, answers: Mapping[str, Answer | list[str]], document: Document, path: Path) -> bool:
    # A service in which nobody erases answers after a freeze never has in memory what reads and writes snapshots.
    from app.reporting.snapshot import Sent, erase_row

    return erase_row(Sent(language, answers), document, region_of, path)


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


async def numbered_release(session: AsyncSession, consultation_id: int, number: int) -> KeptRelease | None:
    """The release of that number, or None."""
    found: KeptRelease | None = await session.scalar(
        select(KeptRelease).where(KeptRelease.consultation_id == consultation_id, KeptRelease.number == number)
    )
    return found


async def releases_of(session: AsyncSession, consultation_id: int) -> Sequence[tuple[int, datetime, str, bool]]:
    """Number, instant, digest of every release, and whether it is signed; the newest first."""
    rows = await session.execute(
        select(KeptRelease.number, KeptRelease.made_at, KeptRelease.digest, KeptRelease.signature != "")
        .where(KeptRelease.consultation_id == consultation_id)
        .order_by(KeptRelease.number.desc())
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


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


def documents_of(settings: Settings, engine: AsyncEngine) -> Documents:
    """The documents of all releases. `stop` them in the end."""
    return Documents(settings.data / "documents", partial(content_of, engine), terms_of(settings))


def terms_of(settings: Settings) -> Terms:
    """The terms of this platform."""
    names = ("licence", "licence_title", "licence_url", "publisher", "publisher_url")
    return Terms(**{name: getattr(settings, name) for name in names}, address=settings.address())


async def content_of(engine: AsyncEngine, digest: str) -> str:
    """The release with that digest, as it is kept."""
    async with AsyncSession(engine) as session:
        wanted = select(KeptRelease.content).where(KeptRelease.digest == digest).limit(1)
        return (await session.scalars(wanted)).one()


def read_release(kept: KeptRelease) -> Release:
    return from_bytes(kept.content.encode())
