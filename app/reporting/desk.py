"""The desk's page of the paper: freeze, download in six languages, publish."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.desk import find
from app.consultations.phase import Phase, last_send, phase_at
from app.errors import NotFound
from app.reporting import service, versions
from app.reporting.disclosure import FEWEST_GONE
from app.reporting.not_shown import Count, not_shown
from app.reporting.renderers.formats import content_type
from app.reporting.rendering import Documents
from app.reporting.routes import FILES, SHOWN
from app.reporting.version_routes import self_contained
from app.reporting.wording import text_of_words
from app.settings import Settings
from app.staff.audit import record
from app.staff.door import Visitor, needs
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act
from app.submissions.retention import forget_order
from app.web.deps import Configured, Now, Reading, Writing
from app.web.i18n import LANGUAGES

router = APIRouter(prefix="/staff/consultations/{slug}")

SeeDrafts = Annotated[Visitor, Depends(needs(Act.SEE_DRAFTS))]
MayFreeze = Annotated[Visitor, Depends(needs(Act.FREEZE))]
MayPublish = Annotated[Visitor, Depends(needs(Act.PUBLISH))]


@dataclass(frozen=True, kw_only=True)
class PaperPage(DeskPage):
    """`freezes_from` is the instant from which a closed day may be frozen; `digest` "" before there is a release, and
    `gone` how many took their answers back since. `refused`: why there is no further release (`service.NotAgain`)."""

    template: ClassVar[str] = "reporting/desk_paper.html"

    slug: str
    topic: str
    phase: str
    freezes_from: datetime | None
    may_freeze_now: bool
    number: int
    made_at: datetime | None
    digest: str
    hidden: int
    shown: int
    gone: int
    fewest_gone: int = FEWEST_GONE
    refused: str = ""


@router.get("/paper")
async def paper(
    request: Request, slug: str, visitor: SeeDrafts, now: Now, settings: Configured, session: Reading
) -> Response:
    return show(request, await _page(session, slug, visitor, now, settings))


async def _page(
    session: AsyncSession, slug: str, visitor: Visitor, now: datetime, settings: Settings, refused: str = ""
) -> PaperPage:
    consultation = await find(session, slug)
    phase = phase_at(consultation, now)
    last = last_send(consultation, settings.grace_minutes) if phase is Phase.CLOSED else None
    kept = await service.latest_release(session, consultation)
    release = service.read_release(kept) if kept else None
    count = not_shown(release).count if release else Count()
    return PaperPage(
        language=visitor.language,
        path=f"/staff/consultations/{slug}/paper",
        visitor=visitor,
        here="consultations",
        slug=slug,
        topic=consultation.topic_in(visitor.language),
        phase=phase.value,
        freezes_from=last,
        may_freeze_now=last is not None and now >= last,
        number=kept.number if kept else 0,
        made_at=kept.made_at if kept else None,
        digest=kept.digest if kept else "",
        hidden=count.hidden,
        shown=count.figures - count.hidden,
        gone=await service.gone_since(session, kept) if kept else 0,
        refused=refused,
    )


@router.post("/freeze")
async def freeze(
    request: Request, slug: str, visitor: MayFreeze, now: Now, settings: Configured, session: Writing
) -> Response:
    """The snapshot and the release are there, and the papers of all languages are being made. Afterwards nothing on the
    disk tells who came first."""
    frozen = await service.freeze(session, settings, slug, now)
    await record(session, who=visitor.email, act="freeze", subject=slug, now=now, after=frozen.told)
    documents: Documents = request.app.state.documents
    return RedirectResponse(
        f"/staff/consultations/{slug}/paper",
        303,
        background=BackgroundTask(_afterwards, request.app.state.engine, documents, frozen.digest, visitor.language),
    )


@router.post("/release-again")
async def release_again(
    request: Request, slug: str, visitor: MayFreeze, now: Now, settings: Configured, session: Writing
) -> Response:
    """A further release without those who took their answers back, where that tells nothing small of them."""
    try:
        made = await service.release_again(session, settings, slug, now)
    except service.NotAgain as refusal:
        return show(request, await _page(session, slug, visitor, now, settings, refusal.reason), status=409)
    await record(session, who=visitor.email, act="release_again", subject=slug, now=now, after=made.told)
    documents: Documents = request.app.state.documents
    making = BackgroundTask(_make_papers, documents, made.digest, visitor.language)
    return RedirectResponse(f"/staff/consultations/{slug}/paper", 303, background=making)


async def _afterwards(engine: AsyncEngine, documents: Documents, digest: str, language: str) -> None:
    await _make_papers(documents, digest, language)
    await forget_order(engine)


async def _make_papers(documents: Documents, digest: str, language: str) -> None:
    documents.make_all(digest, first=language)


@router.post("/publish")
async def publish(request: Request, slug: str, visitor: MayPublish, now: Now, session: Writing) -> Response:
    """The results are public, and the paper with them: as version 1, final, where no version was posted."""
    consultation = await find(session, slug)
    before = {"phase": phase_at(consultation, now).value}
    version = await versions.publish(session, request.app.state.documents, slug, now)
    if version is not None:
        await versions.remember_posted(session, visitor.email, slug, version, now)
    after = {"phase": phase_at(consultation, now).value}
    await record(session, who=visitor.email, act="publish", subject=slug, now=now, before=before, after=after)
    return RedirectResponse(f"/staff/consultations/{slug}/paper", 303)


@router.get("/paper/{language}/{file}")
async def download(
    request: Request, slug: str, language: str, file: str, visitor: SeeDrafts, now: Now, session: Writing
) -> Response:
    """One file of the latest release, published or not. Who took which is in the trail."""
    if language not in LANGUAGES or file not in FILES:
        raise NotFound
    consultation = await find(session, slug)
    kept = await service.latest_release(session, consultation)
    if kept is None:
        raise NotFound
    form = FILES[file]
    documents: Documents = request.app.state.documents
    words = await text_of_words(session, consultation.id, language)
    content = await documents.file(kept.digest, language, form, words)
    taken = {"file": file, "language": language, "sha256": kept.digest}
    await record(session, who=visitor.email, act="paper_downloaded", subject=slug, now=now, after=taken)
    if form == "html":
        return self_contained(request, content)
    headers = {} if form in SHOWN else {"Content-Disposition": f'attachment; filename="{slug}-{language}.{form}"'}
    return Response(content, headers=headers, media_type=content_type(form))
