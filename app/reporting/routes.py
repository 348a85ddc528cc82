"""The published results: a page with everything to take along, and the files, each the same bytes for everybody."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.models import Consultation
from app.consultations.service import Directory
from app.errors import NotFound
from app.reporting import service, versions
from app.reporting.renderers.compose import summarize
from app.reporting.renderers.files import PAPERS, content_type
from app.reporting.rendering import Documents
from app.reporting.terms import Terms
from app.reporting.version_routes import Told, told
from app.reporting.wording import text_of_words
from app.reporting.words import worded
from app.web.cached import Shelf
from app.web.deps import Configured, Language, Now, Reading
from app.web.i18n import translator
from app.web.pages import Page, render

router = APIRouter(prefix="/{language}/consultations/{slug}/results")

#: File name to format; the name carries no language, the address does.
FILES = {
    "paper.html": "html",
    "paper.docx": "docx",
    "paper.pdf": "pdf",
    "tables.csv": "csv",
    "tables.xlsx": "xlsx",
    "tables.ods": "ods",
    "data.zip": "zip",
    "release.json": "json",
}
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
    terms: Terms


@router.get("")
async def results(
    request: Request, language: Language, slug: str, now: Now, settings: Configured, session: Reading
) -> Response:
    consultation = await published(request, slug, now)
    kept = await service.kept_release(session, slug)
    release = worded(service.read_release(kept), await versions.words_told(session, consultation.id))
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
        terms=service.terms_of(settings),
    )
    return await shelve(request, render(page).encode(), content_type("page"))


@router.get("/{file}")
async def download(request: Request, language: Language, slug: str, file: str, now: Now, session: Reading) -> Response:
    """One of the files, made from the release and nothing else, beside the process that takes answers."""
    consultation = await published(request, slug, now)
    if file not in FILES:
        raise NotFound
    form = FILES[file]
    if form in PAPERS and (found := await versions.all_versions(session, consultation.id)):
        return RedirectResponse(f"/{language}/consultations/{slug}/paper/{versions.newest(found).number}/{file}", 303)
    documents: Documents = request.app.state.documents
    made = "page" if form == "html" else form
    words = await text_of_words(session, consultation.id, language)
    content = await documents.file(await service.latest_digest(session, consultation.id), language, made, words)
    name = "" if form in SHOWN else f"{slug}-{language}.{form}"
    return await shelve(request, content, content_type(made), name)


@router.get("/charts/{file}")
async def chart(request: Request, language: Language, slug: str, file: str, now: Now, session: Reading) -> Response:
    """One figure of the paper as SVG, by its id."""
    consultation = await published(request, slug, now)
    documents: Documents = request.app.state.documents
    words = await text_of_words(session, consultation.id, language)
    made = await documents.file(await service.latest_digest(session, consultation.id), language, "charts", words)
    drawn = json.loads(made).get(file.removesuffix(".svg"))
    if drawn is None or not file.endswith(".svg"):
        raise NotFound
    return await shelve(request, drawn.encode(), "image/svg+xml", f"{slug}-{language}-{file}")


async def shelve(request: Request, content: bytes, kind: str, name: str = "") -> Response:
    """The file, kept as bytes for everybody. `name` is what a browser keeps it under, "" for what it shows."""
    shelf: Shelf = request.app.state.shelf
    seconds: float = request.app.state.settings.shelved_seconds
    more = ((b"content-disposition", f'attachment; filename="{name}"'.encode()),) if name else ()
    shelved = await shelf.put_file(request.url.path, content, kind, seconds, more)
    headers, body = shelved.best_for(request.headers.get("accept-encoding", "").encode())
    response = Response(body)
    response.raw_headers = list(headers)
    return response


async def published(request: Request, slug: str, now: datetime) -> Consultation:
    """The consultation, if its results are public. Raises NotFound."""
    directory: Directory = request.app.state.directory
    return await directory.published(slug, now)
