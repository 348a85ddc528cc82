"""The published results: a page with everything to take along, and the files, each the same bytes for everybody."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from fastapi import APIRouter
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from app.consultations.models import Consultation
from app.consultations.phase import Phase, phase_at
from app.consultations.service import Directory
from app.errors import NotFound
from app.reporting import service
from app.reporting.renderers.files import content_type
from app.reporting.renderers.results import METHOD, PARTS, YOUNG, section_name, unpack
from app.reporting.rendering import Documents
from app.web.cached import Shelf
from app.web.deps import Language, Now, Reading
from app.web.pages import Page, render
from app.web.robots import NO_INDEX

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
    told: Markup
    reading: Markup
    sample: bool


@router.get("")
async def results(request: Request, language: Language, slug: str, now: Now, session: Reading) -> Response:
    consultation = await _published(request, slug, now)
    documents: Documents = request.app.state.documents
    made = await documents.file(await service.latest_digest(session, consultation.id), language, "results")
    # Markup: made by our own renderer, with every word escaped.
    told, reading = (Markup((unpack(made, part) or b"").decode()) for part in PARTS)  # noqa: S704
    page = ResultsPage(
        language=language,
        path=f"/consultations/{slug}/results",
        slug=slug,
        topic=consultation.topic_in(language),
        day=consultation.day,
        told=told,
        reading=reading,
        sample=consultation.sample,
    )
    return await _shelve(request, render(page).encode(), content_type("page"))


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
    consultation = await _published(request, slug, now)
    documents: Documents = request.app.state.documents
    made = await documents.file(await service.latest_digest(session, consultation.id), language, "results")
    page = unpack(made, name) if name not in PARTS else None
    if page is None:
        raise NotFound
    address = f"/{language}/consultations/{slug}/results/{name}"
    return await _shelve(request, page, content_type("page"), address=address)


@router.get("/{file}")
async def download(request: Request, language: Language, slug: str, file: str, now: Now, session: Reading) -> Response:
    """One of the files, made from the release and nothing else, beside the process that takes answers."""
    consultation = await _published(request, slug, now)
    if file not in FILES:
        raise NotFound
    form = FILES[file]
    documents: Documents = request.app.state.documents
    made = "page" if form == "html" else form
    content = await documents.file(await service.latest_digest(session, consultation.id), language, made)
    name = "" if form in SHOWN else f"{slug}-{language}.{form}"
    return await _shelve(request, content, content_type(made), name)


@router.get("/charts/{file}")
async def chart(request: Request, language: Language, slug: str, file: str, now: Now, session: Reading) -> Response:
    """One figure of the paper as SVG, by its id."""
    consultation = await _published(request, slug, now)
    documents: Documents = request.app.state.documents
    made = await documents.file(await service.latest_digest(session, consultation.id), language, "charts")
    drawn = json.loads(made).get(file.removesuffix(".svg"))
    if drawn is None or not file.endswith(".svg"):
        raise NotFound
    return await _shelve(request, drawn.encode(), "image/svg+xml", f"{slug}-{language}-{file}")


async def _shelve(request: Request, content: bytes, kind: str, name: str = "", address: str = "") -> Response:
    """The file, kept as bytes for everybody. `name` is what a browser keeps it under, "" for what it shows."""
    shelf: Shelf = request.app.state.shelf
    seconds: float = request.app.state.settings.shelved_seconds
    more = ((b"content-disposition", f'attachment; filename="{name}"'.encode()),) if name else ()
    if "?" in address:
        more = (*more, NO_INDEX)
    shelved = await shelf.put_file(address or request.url.path, content, kind, seconds, more)
    headers, body = shelved.best_for(request.headers.get("accept-encoding", "").encode())
    response = Response(body)
    response.raw_headers = list(headers)
    return response


async def _published(request: Request, slug: str, now: datetime) -> Consultation:
    """The consultation, if its results are public. Raises NotFound."""
    directory: Directory = request.app.state.directory
    consultation = await directory.find(slug)
    if consultation is None or phase_at(consultation, now) is not Phase.PUBLISHED:
        raise NotFound
    return consultation
