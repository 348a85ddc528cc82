"""The published results: a page with everything to take along, and the files, each the same bytes for everybody."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from fastapi import APIRouter
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.models import Consultation
from app.consultations.service import Directory
from app.errors import NotFound
from app.reporting import service, versions
from app.reporting.renderers.formats import PAPERS, content_type
from app.reporting.renderers.results_file import METHOD, PARTS, YOUNG, section_name, unpack
from app.reporting.rendering import Documents
from app.reporting.terms import Terms
from app.reporting.version_routes import Told, told
from app.reporting.wording import text_of_words
from app.web.cached import answer_file
from app.web.deps import Configured, Language, Now, Reading
from app.web.pages import Page, render
from app.web.robots import NO_INDEX

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
    told: Markup
    reading: Markup
    sample: bool
    versions: tuple[Told, ...]
    terms: Terms


@router.get("")
async def results(
    request: Request, language: Language, slug: str, now: Now, settings: Configured, session: Reading
) -> Response:
    consultation = await published(request, slug, now)
    made = await _made(request, session, consultation, language, "results")
    # Markup: the templates of `results.py` made these bytes and escaped every word; they lie in our own folder since.
    parts = [Markup((unpack(made, part) or b"").decode()) for part in PARTS]  # noqa: S704
    found = await versions.all_versions(session, consultation.id)
    page = ResultsPage(
        language=language,
        path=f"/consultations/{slug}/results",
        slug=slug,
        topic=consultation.topic_in(language),
        day=consultation.day,
        told=parts[0],
        reading=parts[1],
        sample=consultation.sample,
        versions=tuple(told(each, found, now) for each in found),
        terms=service.terms_of(settings),
    )
    return await shelve(request, render(page).encode(), content_type("page"))


@router.get("/young")
async def young(request: Request, language: Language, slug: str, now: Now, session: Reading) -> Response:
    return await _page(request, language, slug, now, session, YOUNG)


@router.get("/method")
async def method(request: Request, language: Language, slug: str, now: Now, session: Reading) -> Response:
    return await _page(request, language, slug, now, session, METHOD)


@router.get("/sections/{section}")
async def questions(
    request: Request, language: Language, slug: str, section: str, now: Now, session: Reading, by: str = ""
) -> Response:
    """A section's questions, for everybody or by one breakdown. The latter is a variation of the former, which search
    engines do not keep."""
    return await _page(request, language, slug, now, session, section_name(section, by))


async def _page(
    request: Request, language: str, slug: str, now: datetime, session: AsyncSession, name: str
) -> Response:
    """One page made of the release, kept as bytes for everybody. Raises NotFound."""
    consultation = await published(request, slug, now)
    made = await _made(request, session, consultation, language, "results")
    page = unpack(made, name) if name not in PARTS else None
    if page is None:
        raise NotFound
    address = f"/{language}/consultations/{slug}/results/{name}"
    return await shelve(request, page, content_type("page"), address=address)


@router.get("/{file}")
async def download(request: Request, language: Language, slug: str, file: str, now: Now, session: Reading) -> Response:
    """One of the files, made from the release and nothing else, beside the process that takes answers."""
    consultation = await published(request, slug, now)
    if file not in FILES:
        raise NotFound
    form = FILES[file]
    if form in PAPERS and (found := await versions.all_versions(session, consultation.id)):
        return RedirectResponse(f"/{language}/consultations/{slug}/paper/{versions.newest(found).number}/{file}", 303)
    made = "page" if form == "html" else form
    words = await text_of_words(session, consultation.id, language)
    content = await _made(request, session, consultation, language, made, words)
    name = "" if form in SHOWN else f"{slug}-{language}.{form}"
    return await shelve(request, content, content_type(made), name)


@router.get("/charts/{file}")
async def chart(request: Request, language: Language, slug: str, file: str, now: Now, session: Reading) -> Response:
    """One figure of the paper as SVG, by its id."""
    consultation = await published(request, slug, now)
    words = await text_of_words(session, consultation.id, language)
    made = await _made(request, session, consultation, language, "charts", words)
    drawn = json.loads(made).get(file.removesuffix(".svg"))
    if drawn is None or not file.endswith(".svg"):
        raise NotFound
    return await shelve(request, drawn.encode(), "image/svg+xml", f"{slug}-{language}-{file}")


async def _made(
    request: Request, session: AsyncSession, consultation: Consultation, language: str, form: str, words: str = ""
) -> bytes:
    """One file of the newest release, as `Documents.file` makes it."""
    documents: Documents = request.app.state.documents
    return await documents.file(await service.latest_digest(session, consultation.id), language, form, words)


async def shelve(request: Request, content: bytes, kind: str, name: str = "", address: str = "") -> Response:
    """The file, kept as bytes for everybody. `name` is what a browser keeps it under, "" for what it shows."""
    more = ((b"content-disposition", f'attachment; filename="{name}"'.encode()),) if name else ()
    if "?" in address:
        more = (*more, NO_INDEX)
    return await answer_file(request, content, kind, more, address)


async def published(request: Request, slug: str, now: datetime) -> Consultation:
    """The consultation, if its results are public. Raises NotFound."""
    directory: Directory = request.app.state.directory
    return await directory.published(slug, now)
