"""The public API, version 1: what is published, as JSON, for programs anywhere. Everything is read, nothing is written,
nobody signs in; what cannot be answered is told by `web/problems.py`."""

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from app.consultations.phase import is_published
from app.consultations.service import Directory
from app.errors import NotFound
from app.reporting import answers, service
from app.reporting.data_routes import downloads
from app.reporting.models import KeptRelease
from app.reporting.renderers import api
from app.reporting.renderers.formats import content_type
from app.settings import Settings
from app.web.cached import answer_file
from app.web.deps import Configured, Now, Reading
from app.web.problems import FROM_ANYWHERE, MEDIA_TYPE

JSON = "application/json"
NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"model": answers.Problem, "description": "Nothing is published there"}
}

router = APIRouter(prefix="/api/v1")

Slug = Annotated[str, Path(description="Name of a published consultation", examples=["cyberbullying-2026"])]


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request, settings: Configured) -> Response:
    """The description of all of this, OpenAPI 3.1."""
    content = json.dumps(described(settings), ensure_ascii=False).encode()
    return await answer_file(request, content, JSON, FROM_ANYWHERE)


def described(settings: Settings) -> dict[str, Any]:
    """The OpenAPI document, made from the routes of this file and from `answers`."""
    made = get_openapi(
        title="Youth consultations: published results",
        version="1",
        openapi_version="3.1.0",
        summary="What young people answered, counted, rounded and checked so that no small count can be worked out.",
        description=(
            "Every figure comes from a certified release. A figure that is not shown is `null`, without a reason."
            " Texts are by language: ar, zh, en, fr, ru, es. Answers carry an ETag and may be kept for 30 seconds;"
            " send it as If-None-Match and an unchanged answer is 304. No key is needed, and pages of other sites may"
            " read (CORS). What cannot be answered is told as `application/problem+json` (RFC 9457)."
        ),
        license_info={"name": settings.licence_title, "url": settings.licence_url},
        contact={"name": settings.publisher, "url": settings.publisher_url},
        servers=[{"url": settings.address()}],
        routes=router.routes,
    )
    for path in made["paths"].values():
        _correct(path["get"]["responses"])
    for unused in ("HTTPValidationError", "ValidationError"):
        made["components"]["schemas"].pop(unused, None)
    return made


def _correct(responses: dict[str, Any]) -> None:
    """The framework takes every answer for JSON and expects answers of its own where an address is not ours."""
    responses.pop("422", None)
    if "404" in responses:
        responses["404"]["content"] = {MEDIA_TYPE: responses["404"]["content"][JSON]}
    responses["304"] = {"description": "Unchanged since the ETag that was sent as If-None-Match"}
    tag = {"description": "Changes with the answer, and only then", "schema": {"type": "string"}}
    responses["200"]["headers"] = {"ETag": tag}


@router.get("/consultations", response_model=answers.Consultations, summary="Published consultations")
async def consultations(request: Request, now: Now, settings: Configured) -> Response:
    """Every consultation whose results are public, the latest first."""
    directory: Directory = request.app.state.directory
    found = [each for each in await directory.all() if is_published(each, now)]
    return await _tell(request, api.list_of(found, service.terms_of(settings)))


@router.get(
    "/consultations/{slug}",
    response_model=answers.Consultation,
    responses=NOT_FOUND,
    summary="One consultation, with its tables and files",
)
async def consultation(request: Request, slug: Slug, now: Now, settings: Configured, session: Reading) -> Response:
    """How many answered, which release it is, and where everything stands that can be had of it."""
    directory: Directory = request.app.state.directory
    found = await directory.published(slug, now)
    kept = await service.kept_release(session, slug)
    release = await asyncio.to_thread(service.read_release, kept)
    files = [(name, language, content_type(form)) for name, form, language in downloads()]
    return await _tell(request, api.one(found, release, kept.digest, service.terms_of(settings), files))


@router.get(
    "/consultations/{slug}/release",
    responses={
        **NOT_FOUND,
        200: {
            "description": "The release, byte for byte as it is hashed",
            "content": {JSON: {"schema": {"type": "object", "required": ["format", "facts", "tables"]}}},
        },
    },
    summary="The release file",
)
async def release_file(request: Request, slug: Slug, now: Now, session: Reading) -> Response:
    """The one file from which every page, document and table is made; its schema is named by its format."""
    kept = await _kept(request, slug, now, session)
    return await answer_file(request, kept.content.encode(), JSON, FROM_ANYWHERE)


@router.get(
    "/consultations/{slug}/tables/{code}/{measure}",
    response_model=answers.Table,
    responses=NOT_FOUND,
    summary="One table",
)
async def table(
    request: Request,
    slug: Slug,
    code: Annotated[str, Path(description="Code of the question or row", examples=["CB04"])],
    measure: Annotated[str, Path(description="What is counted", examples=["choice"])],
    now: Now,
    session: Reading,
) -> Response:
    """The figures of one question, of everybody and group by group, with all words in the six languages."""
    kept = await _kept(request, slug, now, session)
    release = await asyncio.to_thread(service.read_release, kept)
    found = release.by_key.get(f"{code} {measure}")
    if found is None:
        raise NotFound
    return await _tell(request, await asyncio.to_thread(api.table_of, release, found))


@router.get(
    "/consultations/{slug}/codebook", response_model=answers.Codebook, responses=NOT_FOUND, summary="The codebook"
)
async def codebook(request: Request, slug: Slug, now: Now, session: Reading) -> Response:
    """Every question with its words, choices and conditions in the six languages."""
    kept = await _kept(request, slug, now, session)
    release = await asyncio.to_thread(service.read_release, kept)
    return await _tell(request, await asyncio.to_thread(api.codebook, release))


@router.api_route("/{address:path}", methods=["GET", "OPTIONS"], include_in_schema=False)
async def elsewhere(request: Request, address: str) -> Response:
    """What programs on pages of other sites may do: read. To read here there is nothing: raises NotFound."""
    if request.method != "OPTIONS":
        raise NotFound
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": "GET, HEAD",
            "Access-Control-Allow-Headers": "If-None-Match",
            "Access-Control-Max-Age": "86400",
        },
    )


async def _kept(request: Request, slug: str, now: Now, session: AsyncSession) -> KeptRelease:
    """The latest release, if it is public. Raises NotFound."""
    directory: Directory = request.app.state.directory
    await directory.published(slug, now)
    return await service.kept_release(session, slug)


async def _tell(request: Request, answer: BaseModel) -> Response:
    return await answer_file(request, answer.model_dump_json(exclude_unset=True).encode(), JSON, FROM_ANYWHERE)
