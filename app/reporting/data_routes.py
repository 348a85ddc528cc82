"""The published data described for data portals, beside the files themselves."""

import asyncio
from itertools import chain

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.consultations.service import Directory
from app.reporting import service
from app.reporting.renderers import dcat
from app.reporting.renderers.formats import EXPORTS, OF_ALL_LANGUAGES, content_type
from app.reporting.rendering import DATA, Documents
from app.reporting.routes import FILES
from app.web.cached import answer_file
from app.web.deps import Configured, Language, Now, Reading
from app.web.i18n import LANGUAGES
from app.web.problems import FROM_ANYWHERE

router = APIRouter(prefix="/{language}/consultations/{slug}/results")


def downloads() -> list[tuple[str, str, str]]:
    """Name, format and language of every file of data; no language where it is the same in all."""
    forms = [(file, form) for file, form in FILES.items() if form in EXPORTS]
    return list(
        chain.from_iterable(
            ((file, form, language) for language in ([""] if form in OF_ALL_LANGUAGES else LANGUAGES))
            for file, form in forms
        )
    )


@router.get("/dcat.jsonld")
async def describe(
    request: Request, language: Language, slug: str, now: Now, settings: Configured, session: Reading
) -> Response:
    """The entry for data portals. It tells size and checksum of every file that is ready; the others are being made."""
    directory: Directory = request.app.state.directory
    documents: Documents = request.app.state.documents
    consultation = await directory.published(slug, now)
    kept = await service.kept_release(session, slug)
    made = [
        dcat.Download(file, form, spoken, content_type(form), await documents.ready(kept.digest, spoken or "en", form))
        for file, form, spoken in downloads()
    ]
    if any(each.content is None for each in made):
        documents.make_these(kept.digest, DATA, language)
    release = await asyncio.to_thread(service.read_release, kept)
    published_at = consultation.published_at or now
    content = await asyncio.to_thread(dcat.render, release, service.terms_of(settings), made, published_at)
    return await answer_file(request, content, dcat.CONTENT_TYPE, FROM_ANYWHERE)
