"""The versions of the paper, for everybody: a page of each with its dates and files, and the files as they were posted.

A draft is public from the moment it is posted, a withdrawn version's address says since when and why it is not.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.models import Consultation
from app.consultations.service import Directory
from app.errors import NotFound
from app.reporting import versions
from app.reporting.models import PaperFile, PaperVersion
from app.reporting.renderers.formats import PAPERS, content_type
from app.reporting.rounds import closes_at
from app.web.deps import Language, Now, Reading
from app.web.pages import Page, html, render

router = APIRouter(prefix="/{language}/consultations/{slug}/paper")

#: The order of the formats on a page; what else there is follows.
FORMS = ("html", "docx", "pdf")
STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
#: A version may be withdrawn: nobody keeps its files for longer.
KEPT_SECONDS = 300


@dataclass(frozen=True)
class Told:
    """A version as pages show it, in one language. `closes_at` is the instant at which the window of a draft closes,
    `closed_early` that at which it was closed before, by posting the final."""

    number: int
    final: bool
    posted_at: datetime
    comments_until: date | None
    closes_at: datetime | None
    closed_early: datetime | None
    open: bool
    final_on: date | None
    document_number: str
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class Offered:
    """One file of a version."""

    form: str
    digest: str


@dataclass(frozen=True)
class Changed:
    """What changed since the version before: in words, in figures, and by the numbers of paragraphs."""

    words: str
    figures: int
    changed: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class VersionPage(Page):
    template: ClassVar[str] = "reporting/version.html"

    slug: str
    topic: str
    sample: bool
    each: Told
    newest: int
    files: tuple[Offered, ...]
    changed: Changed | None
    others: tuple[Told, ...]
    comments_address: str


@dataclass(frozen=True, kw_only=True)
class WithdrawnPage(Page):
    """`reason` in the language `reason_in`, the reader's where it was given in that. `instead` is the number of the
    version to read, or None."""

    template: ClassVar[str] = "reporting/withdrawn.html"

    slug: str
    topic: str
    each: Told
    reason: str
    reason_in: str
    instead: int | None


@dataclass(frozen=True)
class Asked:
    """The version that somebody asks for, beside all that there are, in which language and under which address."""

    language: str
    path: str
    consultation: Consultation
    found: Sequence[PaperVersion]
    version: PaperVersion
    now: datetime

    @property
    def for_page(self) -> dict[str, Any]:
        """What every page of a version knows."""
        return {
            "language": self.language,
            "path": self.path,
            "slug": self.consultation.slug,
            "topic": self.consultation.topic_in(self.language),
            "each": told(self.version, self.found, self.now),
        }


@router.get("")
async def newest(request: Request, language: Language, slug: str, now: Now, session: Reading) -> Response:
    """The newest version, under an address that stays."""
    consultation, found = await posted(request, session, slug)
    path = f"/consultations/{slug}/paper"
    return await _page(request, session, Asked(language, path, consultation, found, versions.newest(found), now))


@router.get("/{number:int}")
async def one(request: Request, language: Language, slug: str, number: int, now: Now, session: Reading) -> Response:
    consultation, found = await posted(request, session, slug)
    path = f"/consultations/{slug}/paper/{number}"
    return await _page(request, session, Asked(language, path, consultation, found, numbered(found, number), now))


@router.get("/{number:int}/{file}")
async def download(
    request: Request, language: Language, slug: str, number: int, file: str, now: Now, session: Reading
) -> Response:
    """One file of a version, the same bytes for ever."""
    consultation, found = await posted(request, session, slug)
    version = numbered(found, number)
    form = form_of(file)
    if version.withdrawn_at is not None:
        path = f"/consultations/{slug}/paper/{number}"
        return gone(request, Asked(language, path, consultation, found, version, now))
    kept = await versions.file_of(session, version, language, form)
    if kept is None:
        raise NotFound
    return _file(request, kept, f"{slug}-{number}-{language}.{form}")


@router.get("/{file}")
async def download_newest(request: Request, language: Language, slug: str, file: str, session: Reading) -> Response:
    """To that file of the newest version."""
    form_of(file)
    _, found = await posted(request, session, slug)
    version = versions.newest(found)
    return RedirectResponse(f"/{language}/consultations/{slug}/paper/{version.number}/{file}", 303)


async def posted(request: Request, session: AsyncSession, slug: str) -> tuple[Consultation, Sequence[PaperVersion]]:
    """The consultation with its versions, the newest first. Raises NotFound while there is none."""
    directory: Directory = request.app.state.directory
    consultation = await directory.find(slug)
    found = await versions.all_versions(session, consultation.id) if consultation else []
    if consultation is None or not found:
        raise NotFound
    return consultation, found


def numbered(found: Sequence[PaperVersion], number: int) -> PaperVersion:
    """That version. Raises NotFound."""
    for version in found:
        if version.number == number:
            return version
    raise NotFound


def form_of(file: str) -> str:
    """The format of `paper.docx`. Raises NotFound for a name that is none of ours."""
    name, _, form = file.partition(".")
    if name != "paper" or form not in PAPERS:
        raise NotFound
    return form


def told(version: PaperVersion, found: Sequence[PaperVersion], now: datetime) -> Told:
    until = version.comments_until
    return Told(
        number=version.number,
        final=version.final,
        posted_at=version.posted_at,
        comments_until=until,
        closes_at=closes_at(until) if until else None,
        closed_early=versions.closed_early(version, found),
        open=versions.takes_comments(version, found, now),
        final_on=version.final_on,
        document_number=version.document_number,
        withdrawn_at=version.withdrawn_at,
    )


def what_changed(version: PaperVersion, language: str) -> Changed | None:
    """What changed since the version before, in one language; None for the first."""
    if not version.changes:
        return None
    paragraphs: dict[str, Any] = version.changes["paragraphs"].get(language, {})
    return Changed(
        words=version.changed.get(language, ""),
        figures=version.changes["figures"],
        changed=tuple(paragraphs.get("changed", ())),
        added=tuple(paragraphs.get("added", ())),
        removed=tuple(paragraphs.get("removed", ())),
    )


def gone(request: Request, asked: Asked) -> Response:
    """The page in place of a withdrawn version: since when, why, and what to read instead."""
    reasons = asked.version.withdrawn_reason
    reason_in = next((each for each in (asked.language, "en", *reasons) if reasons.get(each)), asked.language)
    instead = versions.after(asked.found, asked.version)
    page = WithdrawnPage(
        **asked.for_page,
        reason=reasons.get(reason_in, ""),
        reason_in=reason_in,
        instead=instead.number if instead else None,
    )
    return html(request, render(page), 410)


async def _page(request: Request, session: AsyncSession, asked: Asked) -> Response:
    if asked.version.withdrawn_at is not None:
        return gone(request, asked)
    digests = await versions.files_of(session, asked.version, asked.language)
    page = VersionPage(
        **asked.for_page,
        sample=asked.consultation.sample,
        newest=versions.newest(asked.found).number,
        files=tuple(
            Offered(form, digests[form])
            for form in sorted(digests, key=lambda form: (form not in FORMS, (*FORMS, form).index(form)))
        ),
        changed=what_changed(asked.version, asked.language),
        others=tuple(told(each, asked.found, asked.now) for each in asked.found),
        comments_address=request.app.state.settings.comments_address,
    )
    return html(request, render(page))


def _file(request: Request, kept: PaperFile, name: str) -> Response:
    etag = f'W/"{kept.digest}"'
    headers = {"ETag": etag, "Cache-Control": f"public, max-age={KEPT_SECONDS}"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if kept.form == "html":
        response = self_contained(request, kept.content)
        response.headers.update(headers)
        return response
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return Response(kept.content, headers=headers, media_type=content_type(kept.form))


def self_contained(request: Request, content: bytes) -> Response:
    """A page that carries its style inside: exactly this style is allowed, and nothing else at all."""
    digests = [base64.b64encode(hashlib.sha256(style).digest()).decode() for style in STYLE.findall(content)]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    response = html(request, content.decode())
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {allowed}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    return response
