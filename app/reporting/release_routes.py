"""Every release of a published consultation under its own address, with its signature; public keys; how to check."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.errors import NotFound
from app.reporting import service
from app.reporting.models import KeptRelease
from app.reporting.renderers.formats import content_type
from app.reporting.routes import published, shelve
from app.reporting.signature import key_set
from app.reporting.signing import keys_of
from app.web.deps import Configured, Language, Now, Reading
from app.web.pages import Page, render

router = APIRouter(prefix="/{language}/consultations/{slug}/results")
keys_router = APIRouter()

RELEASE, SIGNATURE = "release.json", "release.json.sig"
KEYS = "/.well-known/consult-release-keys.json"


@dataclass(frozen=True)
class Listed:
    number: int
    made_at: datetime
    digest: str
    signed: bool


@dataclass(frozen=True, kw_only=True)
class ReleasesPage(Page):
    """All releases, the newest first. `address` is that of this service as it is set, never as a request calls it."""

    template: ClassVar[str] = "reporting/releases.html"

    slug: str
    topic: str
    sample: bool
    listed: tuple[Listed, ...]
    keys: str
    address: str


@router.get("/releases")
async def releases(
    request: Request, language: Language, slug: str, now: Now, settings: Configured, session: Reading
) -> Response:
    consultation = await published(request, slug, now)
    page = ReleasesPage(
        language=language,
        path=f"/consultations/{slug}/results/releases",
        slug=slug,
        topic=consultation.topic_in(language),
        sample=consultation.sample,
        listed=tuple([Listed(*row) for row in await service.releases_of(session, consultation.id)]),
        keys=KEYS,
        address=settings.public_url.rstrip("/") or "https://…",
    )
    return await shelve(request, render(page).encode(), content_type("page"))


@router.get(f"/{RELEASE}")
async def latest(request: Request, language: Language, slug: str, now: Now, session: Reading) -> Response:
    """The newest release, byte for byte as it was made."""
    consultation = await published(request, slug, now)
    return await _bytes_of(request, await service.latest_release(session, consultation), RELEASE)


@router.get(f"/{SIGNATURE}")
async def latest_signature(request: Request, language: Language, slug: str, now: Now, session: Reading) -> Response:
    consultation = await published(request, slug, now)
    return await _bytes_of(request, await service.latest_release(session, consultation), SIGNATURE)


@router.get("/releases/{number:int}/{file}")
async def one(
    request: Request, language: Language, slug: str, number: int, file: str, now: Now, session: Reading
) -> Response:
    """A release by its number, or its signature."""
    consultation = await published(request, slug, now)
    return await _bytes_of(request, await service.numbered_release(session, consultation.id, number), file)


@keys_router.get(KEYS)
async def public_keys(settings: Configured, session: Reading) -> Response:
    """Every key that ever signed a release here, as a JWK Set."""
    keys = key_set(await keys_of(session, settings))
    headers = {"Cache-Control": "public, max-age=300"}
    return Response(json.dumps(keys, indent=1) + "\n", headers=headers, media_type="application/jwk-set+json")


async def _bytes_of(request: Request, kept: KeptRelease | None, file: str) -> Response:
    """Raises NotFound for a release that there is not, and for any other file than these two."""
    if kept is None or file not in (RELEASE, SIGNATURE):
        raise NotFound
    if file == RELEASE:
        return await shelve(request, kept.content.encode(), content_type("json"))
    if not kept.signature:
        raise NotFound
    return await shelve(request, kept.signature.encode() + b"\n", content_type("sig"), SIGNATURE)
