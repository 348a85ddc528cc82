"""The published results: a page with everything to take along, and the files, each the same bytes for everybody."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.models import Consultation
from app.consultations.phase import Phase, phase_at
from app.consultations.service import Directory
from app.errors import NotFound
from app.reporting import service, versions
from app.reporting.renderers import html
from app.reporting.renderers.compose import summarize
from app.reporting.renderers.files import PAPERS, content_type, render_file
from app.reporting.version_routes import Told, told
from app.web.deps import Language, Now, Reading
from app.web.i18n import translator
from app.web.pages import Page, render, render_template
from app.web.pages import html as html_page

router = APIRouter(prefix="/{language}/consultations/{slug}/results")

#: File name to format; the name carries no language, the address does.
FILES = {"paper.html": "html", "paper.docx": "docx", "tables.csv": "csv", "release.json": "json"}
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
    versions: tuple[Told, ...]


@router.get("")
async def results(request: Request, language: Language, slug: str, now: Now, session: Reading) -> Response:
    consultation = await _published(request, slug, now)
    kept = await service.kept_release(session, slug)
    release = service.read_release(kept)
    t = translator(language)
    found = await versions.all_versions(session, consultation.id)
    page = ResultsPage(
        language=language,
        path=f"/consultations/{slug}/results",
        slug=slug,
        topic=consultation.topic_in(language),
        day=consultation.day,
        summary=summarize(release, t),
        sample=consultation.sample,
        digest=kept.digest,
        versions=tuple(told(each, found, now) for each in found),
    )
    return html_page(request, render(page))


@router.get("/{file}")
async def download(request: Request, language: Language, slug: str, file: str, now: Now, session: Reading) -> Response:
    """One of the files, made from the release and nothing else."""
    consultation = await _published(request, slug, now)
    if file not in FILES:
        raise NotFound
    form = FILES[file]
    if form in PAPERS and (found := await versions.all_versions(session, consultation.id)):
        return RedirectResponse(f"/{language}/consultations/{slug}/paper/{versions.newest(found).number}/{file}", 303)
    release = service.read_release(await service.kept_release(session, slug))
    if form == "html":
        t = translator(language)
        return html_page(request, html.render_page(release, t, partial(render_template, language)))
    headers = {"Cache-Control": "public, max-age=300"}
    if form not in SHOWN:
        headers["Content-Disposition"] = f'attachment; filename="{slug}-{language}.{form}"'
    return Response(render_file(release, language, form), headers=headers, media_type=content_type(form))


async def _published(request: Request, slug: str, now: datetime) -> Consultation:
    """The consultation, if its results are public. Raises NotFound."""
    directory: Directory = request.app.state.directory
    consultation = await directory.find(slug)
    if consultation is None or phase_at(consultation, now) is not Phase.PUBLISHED:
        raise NotFound
    return consultation
