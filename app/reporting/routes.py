"""The published results: a page with everything to take along, and the files, each the same bytes for everybody."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.consultations.models import Consultation
from app.consultations.service import Directory
from app.errors import NotFound
from app.reporting import service
from app.reporting.press import Press
from app.reporting.renderers.compose import summarize
from app.reporting.renderers.files import OF_ALL_LANGUAGES, content_type
from app.reporting.terms import Terms
from app.web.cached import Shelf
from app.web.deps import Configured, Language, Now, Reading
from app.web.i18n import translator
from app.web.pages import Page, render

router = APIRouter(prefix="/{language}/consultations/{slug}/results")

#: File name to format; the name carries no language, the address does.
FILES = {
    "paper.html": "html",
    "paper.docx": "docx",
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
    terms: Terms


@router.get("")
async def results(
    request: Request, language: Language, slug: str, now: Now, settings: Configured, session: Reading
) -> Response:
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
        terms=service.terms_of(settings),
    )
    return await _shelve(request, render(page).encode(), "page")


@router.get("/{file}")
async def download(request: Request, language: Language, slug: str, file: str, now: Now, session: Reading) -> Response:
    """One of the files, made from the release and nothing else, beside the process that takes answers."""
    consultation = await _published(request, slug, now)
    if file not in FILES:
        raise NotFound
    form = FILES[file]
    press: Press = request.app.state.press
    made = "page" if form == "html" else form
    # What is the same in every language is made once.
    printed_in = "en" if form in OF_ALL_LANGUAGES else language
    content = await press.file(await service.latest_digest(session, consultation.id), printed_in, made)
    name = "" if form in SHOWN else f"{slug}-{language}.{form}"
    return await _shelve(request, content, made, name)


async def _shelve(request: Request, content: bytes, form: str, name: str = "") -> Response:
    """The file, kept as bytes for everybody. `name` is what a browser keeps it under, "" for what it shows."""
    shelf: Shelf = request.app.state.shelf
    seconds: float = request.app.state.settings.shelved_seconds
    more = ((b"content-disposition", f'attachment; filename="{name}"'.encode()),) if name else ()
    shelved = await shelf.put_file(request.url.path, content, content_type(form), seconds, more)
    headers, body = shelved.best_for(request.headers.get("accept-encoding", "").encode())
    response = Response(body)
    response.raw_headers = list(headers)
    return response


async def _published(request: Request, slug: str, now: datetime) -> Consultation:
    """The consultation, if its results are public. Raises NotFound."""
    directory: Directory = request.app.state.directory
    return await directory.published(slug, now)
