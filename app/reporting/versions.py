"""The versions of the paper: posting a draft or a final, withdrawing one, and what is kept of each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.consultations import service as consultations
from app.consultations.models import Consultation
from app.consultations.phase import ORDER, Phase, is_published, phase_at
from app.errors import OperatorError
from app.reporting import service
from app.reporting.models import KeptRelease, PaperFile, PaperText, PaperVersion
from app.reporting.release_file import digest, to_bytes
from app.reporting.renderers.formats import PAPERS
from app.reporting.rendering import Documents
from app.reporting.rounds import Numbered, Standing, changed_figures, closes_at, compare, standing_in
from app.reporting.wording import words_of
from app.reporting.words import Words
from app.staff.audit import record

#: By language and format.
Files = Mapping[tuple[str, str], bytes]


async def post(
    session: AsyncSession,
    documents: Documents,
    consultation: Consultation,
    number: int,
    standing: Standing,
    changed: Mapping[str, str],
    now: datetime,
) -> PaperVersion | None:
    """Version `number` is public, and its files are kept as they are now; None when that number is not the next.

    Raises OperatorError without a release, for a draft after a final, and for a window that is over already.
    """
    before = await latest(session, consultation.id)
    if number != (before.number if before else 0) + 1:
        return None
    release = await check_may_post(session, consultation, before, standing, now)
    standing = replace(standing, number=number, posted_on=now.date())
    told = to_bytes(standing_in(service.read_release(release), standing)).decode()
    words = await words_of(session, consultation.id)
    files = await documents.all_of(told, (*PAPERS, "paragraphs"), words)
    return await keep(session, consultation, number, release, standing, files, changed, now)


async def keep(
    session: AsyncSession,
    consultation: Consultation,
    number: int,
    release: KeptRelease,
    standing: Standing,
    files: Files,
    changed: Mapping[str, str],
    now: datetime,
) -> PaperVersion | None:
    """These files are kept as version `number`; None when that is not the next, also not any more."""
    before = await latest(session, consultation.id)
    # Whoever posts at the same moment waits here, and then sees that this number is taken.
    consultation.revision += 1
    await session.flush()
    numbers = select(func.max(PaperVersion.number)).where(PaperVersion.consultation_id == consultation.id)
    if number != ((await session.scalar(numbers)) or 0) + 1:
        return None
    paragraphs = {
        language: [Numbered(*each) for each in json.loads(content)]
        for (language, form), content in files.items()
        if form == "paragraphs"
    }
    version = PaperVersion(
        consultation_id=consultation.id,
        number=number,
        release_id=release.id,
        final=standing.final,
        posted_at=now,
        comments_until=standing.comments_until,
        final_on=standing.final_on,
        document_number=standing.document_number,
        changed=dict(changed),
        changes=await _changes(session, before, release, paragraphs) if before else {},
        withdrawn_at=None,
        withdrawn_reason={},
    )
    session.add(version)
    await session.flush()
    for (language, form), content in files.items():
        if form in PAPERS:
            kept = {"form": form, "digest": digest(content), "content": content}
            session.add(PaperFile(version_id=version.id, language=language, **kept))
    for language, each in paragraphs.items():
        rows = [[one.number, one.section, one.text] for one in each]
        session.add(PaperText(version_id=version.id, language=language, paragraphs=rows))
    await session.flush()
    return version


async def check_may_post(
    session: AsyncSession,
    consultation: Consultation,
    before: PaperVersion | None,
    standing: Standing,
    now: datetime,
) -> KeptRelease:
    """The release that a version posted now would tell. Raises OperatorError as `post` does."""
    slug = consultation.slug
    release = await service.latest_release(session, consultation)
    if release is None or ORDER[phase_at(consultation, now)] < ORDER[Phase.FROZEN]:
        raise OperatorError(f"“{slug}” has no release yet: freeze it first with “consult freeze {slug}”.")
    if not standing.final:
        if before is not None and before.final:
            raise OperatorError(f"A final version of “{slug}” was posted: what follows it is final, too.")
        if standing.comments_until is None or closes_at(standing.comments_until) <= now:
            raise OperatorError("A draft needs a last day for comments that is not over yet.")
    return release


async def _changes(
    session: AsyncSession, before: PaperVersion, release: KeptRelease, after: Mapping[str, Sequence[Numbered]]
) -> dict[str, object]:
    figures = 0
    if before.release_id != release.id:
        earlier = await session.get_one(KeptRelease, before.release_id)
        figures = changed_figures(service.read_release(earlier), service.read_release(release))
    paragraphs = {
        language: asdict(compare(await paragraphs_of(session, before, language), now))
        for language, now in after.items()
    }
    return {"figures": figures, "paragraphs": paragraphs}


async def publish(session: AsyncSession, documents: Documents, slug: str, now: datetime) -> PaperVersion | None:
    """The results are public, and so is a paper: where none was posted, version 1 is, as final. Gives that version.

    Raises OperatorError unless frozen. A repeat changes nothing.
    """
    consultation = await consultations.find(session, slug)
    version = None
    if await latest(session, consultation.id) is None:
        # Before anything is written: Sends would wait for the files.
        version = await post(session, documents, consultation, 1, Standing(final=True, final_on=now.date()), {}, now)
    consultations.publish(consultation, now)
    return version


async def remember_posted(session: AsyncSession, who: str, slug: str, version: PaperVersion, now: datetime) -> None:
    """The posting stands in the trail."""
    after = await posting_of(session, version)
    await record(session, who=who, act="version_posted", subject=f"{slug}/{version.number}", now=now, after=after)


async def posting_of(session: AsyncSession, version: PaperVersion) -> dict[str, Any]:
    """What the trail tells of a posting, with the digests of the English files."""
    return {
        "final": version.final,
        "comments_until": version.comments_until.isoformat() if version.comments_until else None,
        "sha256": dict(await files_of(session, version, "en")),
    }


def withdraw(
    consultation: Consultation,
    found: Sequence[PaperVersion],
    version: PaperVersion,
    reason: Mapping[str, str],
    now: datetime,
) -> None:
    """The version is public no more; its address says since when and why. Where none of those found stands now, the
    results are not public any more, either. Raises OperatorError for a second time."""
    if version.withdrawn_at is not None:
        raise OperatorError(f"Version {version.number} was withdrawn before.")
    version.withdrawn_at = now
    version.withdrawn_reason = dict(reason)
    if is_published(consultation, now) and all(each.withdrawn_at is not None for each in found):
        consultations.unpublish(consultation)


async def all_versions(session: AsyncSession, consultation_id: int) -> Sequence[PaperVersion]:
    """The newest first."""
    found = await session.scalars(
        select(PaperVersion).where(PaperVersion.consultation_id == consultation_id).order_by(PaperVersion.number.desc())
    )
    return found.all()


async def latest(session: AsyncSession, consultation_id: int) -> PaperVersion | None:
    """The version posted last, withdrawn or not; None before the first."""
    return next(iter(await all_versions(session, consultation_id)), None)


async def has_paper(engine: AsyncEngine, consultation_id: int) -> bool:
    """Whether a version was ever posted."""
    async with AsyncSession(engine) as session:
        return await latest(session, consultation_id) is not None


def newest(versions: Sequence[PaperVersion]) -> PaperVersion:
    """Of one version or more, the newest first: the newest that was not withdrawn; the newest of all when all were."""
    standing = [version for version in versions if version.withdrawn_at is None]
    return (standing or versions)[0]


async def words_told(session: AsyncSession, consultation_id: int) -> Words:
    """The secretariat's words that everybody reads: those of the newest version that stands, or where none was ever
    posted, those of now."""
    found = await all_versions(session, consultation_id)
    if not found:
        return await words_of(session, consultation_id)
    standing = newest(found)
    return await words_of(session, consultation_id, standing.posted_at) if standing.withdrawn_at is None else {}


def after(versions: Sequence[PaperVersion], version: PaperVersion) -> PaperVersion | None:
    """What to read instead of a withdrawn version: the next that still stands, else the newest that does."""
    standing = [each for each in versions if each.withdrawn_at is None]
    later = [each for each in standing if each.number > version.number]
    return later[-1] if later else next(iter(standing), None)


def takes_comments(version: PaperVersion, versions: Sequence[PaperVersion], now: datetime) -> bool:
    """Whether its window is open: that of a draft which was not withdrawn, until its last day is over or the final is
    posted. A later draft does not close it: its date was promised."""
    return (
        version.withdrawn_at is None
        and version.comments_until is not None
        and now < closes_at(version.comments_until)
        and closed_early(version, versions) is None
    )


def closed_early(version: PaperVersion, versions: Sequence[PaperVersion]) -> datetime | None:
    """When the window of a draft closed before its last day was over, because the final was posted; else None."""
    if version.comments_until is None:
        return None
    finals = [each.posted_at for each in versions if each.final and each.number > version.number]
    return min((at for at in finals if at < closes_at(version.comments_until)), default=None)


async def files_of(session: AsyncSession, version: PaperVersion, language: str) -> Mapping[str, str]:
    """The formats that are kept of a version in one language, each with its SHA-256."""
    found = await session.execute(
        select(PaperFile.form, PaperFile.digest)
        .where(PaperFile.version_id == version.id, PaperFile.language == language)
        .order_by(PaperFile.form)
    )
    return {row.form: row.digest for row in found}


async def file_of(session: AsyncSession, version: PaperVersion, language: str, form: str) -> PaperFile | None:
    found: PaperFile | None = await session.get(PaperFile, (version.id, language, form))
    return found


async def paragraphs_of(session: AsyncSession, version: PaperVersion, language: str) -> Sequence[Numbered]:
    """The numbered paragraphs of a version, in order."""
    kept = await session.get_one(PaperText, (version.id, language))
    return [Numbered(number, section, text) for number, section, text in kept.paragraphs]


async def damaged_files(session: AsyncSession) -> Sequence[str]:
    """Files whose bytes are not those that were posted. One at a time is in memory."""
    keys = await session.execute(select(PaperFile.version_id, PaperFile.language, PaperFile.form))
    wrong = []
    for key in keys.all():
        file = await session.get_one(PaperFile, tuple(key))
        if digest(file.content) != file.digest:
            wrong.append("/".join(map(str, key)))
        session.expunge(file)
    return wrong
