"""The published results: a page with everything to take along, and the files, each the same bytes for everybody."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.consultations.models import Consultation
from app.consultations.phase import Phase, phase_at
from app.consultations.service import Directory
from app.errors import NotFound
from app.reporting import service
from app.reporting.renderers.compose import summarize
from app.reporting.renderers.files import content_type
from app.reporting.rendering import Documents
from app.web.deps import Language, Now, Reading
from app.web.i18n import translator
from app.web.pages import Page, render
from app.web.pages import html as html_page

router = APIRouter(prefix="/{language}/consultations/{slug}/results")

#: File name to format; the name carries no language, the address does.
FILES = {"paper.html": "html", "paper.docx": "docx", "paper.pdf": "pdf", "tables.csv": "csv", "release.json": "json"}
#: What a browser shows itself; the rest it keeps under a name of its own.
SHOWN = ("html", "json")


@dataclass(frozen=True, kw_only=True)
class ResultsPage(Page):
    template: ClassVar[str] = "reporting/results.html"

    slug: str
    topic: str
    day: date
    summary: str
    sample: bool
    digest: str


@router.get("")
async def results(request: Request, language: Language, slug: str, now: Now, session: Reading) -> Response:
    consultation = await _published(request, slug, now)
    kept = await service.kept_release(session, slug)
    release = service.read_release(kept)
    t = translator(language)
    page = ResultsPage(
        language=language,
        path=f"/consultations/{slug}/results",
        slug=slug,
        topic=consultation.topic_in(language),
        day=consultation.day,
        summary=summarize(release, t),
        sample=consultation.sample,
        digest=kept.digest,
    )
    return html_page(request, render(page))


@router.get("/{file}")
async def download(request: Request, language: Language, slug: str, file: str, now: Now, session: Reading) -> Response:
    """One of the files, made from the release and nothing else."""
    await _published(request, slug, now)
    if file not in FILES:
        raise NotFound
    form = FILES[file]
    kept = await service.kept_release(session, slug)
    documents: Documents = request.app.state.documents
    if form == "html":
        return html_page(request, (await documents.file(kept.content, language, "page")).decode())
    headers = {"Cache-Control": "public, max-age=300"}
    if form not in SHOWN:
        headers["Content-Disposition"] = f'attachment; filename="{slug}-{language}.{form}"'
    return Response(await documents.file(kept.content, language, form), headers=headers, media_type=content_type(form))


@router.get("/charts/{file}")
async def chart(request: Request, language: Language, slug: str, file: str, now: Now, session: Reading) -> Response:
    """One figure of the paper as SVG, by its id."""
    await _published(request, slug, now)
    kept = await service.kept_release(session, slug)
    documents: Documents = request.app.state.documents
    charts = json.loads(await documents.file(kept.content, language, "charts"))
    drawn = charts.get(file.removesuffix(".svg"))
    if drawn is None or not file.endswith(".svg"):
        raise NotFound
    headers = {
        "Cache-Control": "public, max-age=300",
        "Content-Disposition": f'attachment; filename="{slug}-{language}-{file}"',
    }
    return Response(drawn, headers=headers, media_type="image/svg+xml")


async def _published(request: Request, slug: str, now: datetime) -> Consultation:
    """The consultation, if its results are public. Raises NotFound."""
    directory: Directory = request.app.state.directory
    consultation = await directory.find(slug)
    if consultation is None or phase_at(consultation, now) is not Phase.PUBLISHED:
        raise NotFound
    return consultation
