"""What a partner sees: the own links with rounded counts, and the papers and words to spread them.

Moderators and administrators see all links here, with exact counts.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from app.consultations.helplines import Helplines
from app.consultations.models import Consultation
from app.consultations.routes import ages_in_words
from app.errors import NotFound
from app.outreach.desk import answers_of, place_of
from app.outreach.models import Link
from app.outreach.renderers.papers import IN_CLASS, Facts, message, render_paper
from app.outreach.service import BAND_WITH_CONSENT, told_to_partners
from app.settings import Settings
from app.staff.door import Visitor, needs
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act
from app.web.deps import Reading
from app.web.i18n import LANGUAGES, translator

router = APIRouter(prefix="/staff/links")

SeeOwnLinks = Annotated[Visitor, Depends(needs(Act.SEE_OWN_LINKS))]
#: One paper after the other, beside the event loop: nobody's Send waits for a poster.
_press = ThreadPoolExecutor(1, "press")
#: Papers and their formats, with content types.
PAPERS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("poster", "pdf"): "application/pdf",
        ("poster", "svg"): "image/svg+xml",
        ("cards", "pdf"): "application/pdf",
        ("guide", "pdf"): "application/pdf",
    }
)


@dataclass(frozen=True)
class OwnRow:
    """A link with its counts: exact ones, or rounded down and None for "fewer than 10"."""

    code: str
    name: str
    place: str
    topic: str
    slug: str
    day: date
    ended: bool
    frozen: bool
    target: int | None
    opened: int | None
    answers: int | None


@dataclass(frozen=True, kw_only=True)
class OwnLinksPage(DeskPage):
    template: ClassVar[str] = "outreach/desk_own.html"

    rows: tuple[OwnRow, ...]
    exact: bool


@dataclass(frozen=True)
class Spread:
    """What one language needs to spread a link."""

    language: str
    text: str


@dataclass(frozen=True, kw_only=True)
class PapersPage(DeskPage):
    template: ClassVar[str] = "outreach/desk_papers.html"

    link: Link
    place: str
    topic: str
    slug: str
    address: str
    in_class: str
    spreads: tuple[Spread, ...]


@router.get("")
async def own(request: Request, visitor: SeeOwnLinks, session: Reading) -> Response:
    exact = visitor.may(Act.MANAGE_LINKS)
    found = (await session.execute(_seen_by(visitor))).all()
    answers = {each.id: await answers_of(request, each) for each in {each.id: each for _, each in found}.values()}
    rows = []
    for link, consultation in found:
        opened, answered = link.opened, answers[consultation.id].get(link.code, 0)
        rows.append(
            OwnRow(
                code=link.code,
                name=link.name,
                place=place_of(link, visitor.language),
                topic=consultation.topic_in(visitor.language),
                slug=consultation.slug,
                day=consultation.day,
                ended=link.ended_at is not None,
                frozen=consultation.frozen_at is not None,
                target=link.target,
                opened=opened if exact else told_to_partners(opened),
                answers=answered if exact else told_to_partners(answered),
            )
        )
    page = OwnLinksPage(
        language=visitor.language, path="/staff/links", visitor=visitor, here="links", rows=tuple(rows), exact=exact
    )
    return show(request, page)


@router.get("/{code}")
async def papers(request: Request, code: str, visitor: SeeOwnLinks, session: Reading) -> Response:
    """The address, and for each language a poster, cards, the guide for schools and a text to copy."""
    link, consultation = await _find(session, visitor, code)
    facts = await _facts(request, link, consultation)
    page = PapersPage(
        language=visitor.language,
        path=f"/staff/links/{code}",
        visitor=visitor,
        here="links",
        link=link,
        place=place_of(link, visitor.language),
        topic=consultation.topic_in(visitor.language),
        slug=consultation.slug,
        address=facts.address,
        in_class=IN_CLASS,
        spreads=tuple(
            Spread(each, message(_in_language(facts, consultation, each), translator(each))) for each in LANGUAGES
        ),
    )
    return show(request, page)


@router.get("/{code}/{paper}-{language}.{form}")
async def paper(
    request: Request, code: str, paper: str, language: str, form: str, visitor: SeeOwnLinks, session: Reading
) -> Response:
    """A paper as a file."""
    link, consultation = await _find(session, visitor, code)
    kind = PAPERS.get((paper, form))
    if kind is None or language not in LANGUAGES:
        raise NotFound
    facts = _in_language(await _facts(request, link, consultation), consultation, language)
    loop = asyncio.get_running_loop()
    made = await loop.run_in_executor(_press, render_paper, paper, form, facts, translator(language))
    name = f"{paper}-{language}-{code}.{form}"
    return Response(made, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _seen_by(visitor: Visitor) -> Select[Link, Consultation]:
    """The links that this visitor may see: a partner only those of the own account."""
    all_ = select(Link, Consultation).join(Consultation, Consultation.id == Link.consultation_id)
    seen = all_ if visitor.may(Act.MANAGE_LINKS) else all_.where(Link.account_id == visitor.id)
    return seen.order_by(Consultation.day.desc(), Consultation.slug, Link.name, Link.code)


async def _find(session: AsyncSession, visitor: Visitor, code: str) -> tuple[Link, Consultation]:
    """Raises NotFound, also for a link that is there and that this visitor may not see."""
    found = (await session.execute(_seen_by(visitor).where(Link.code == code))).one_or_none()
    if found is None:
        raise NotFound
    link, consultation = found
    return link, consultation


async def _facts(request: Request, link: Link, consultation: Consultation) -> Facts:
    """What all languages share."""
    settings: Settings = request.app.state.settings
    helplines: Helplines = request.app.state.helplines
    shown = await helplines.shown()
    origin = (settings.public_url or str(request.base_url)).rstrip("/")
    return Facts(
        topic="",
        sentence="",
        ages="",
        day=consultation.day,
        everywhere=consultation.window == "world",
        sample=consultation.sample,
        address=f"{origin}/o/{link.code}",
        typed=f"{origin.partition('://')[2]}/o/{link.code}",
        holds_consent=link.holds_consent,
        helpline=next(iter(shown.get(link.country or "", ())), None),
    )


def _in_language(facts: Facts, consultation: Consultation, language: str) -> Facts:
    """Those of 10 to 12 are named on papers only where this link lets them in."""
    bands = [band for band in consultation.age_bands if band != BAND_WITH_CONSENT or consultation.consent != "C"]
    if facts.holds_consent or not bands:
        bands.append(BAND_WITH_CONSENT)
    return replace(
        facts,
        topic=consultation.topic_in(language),
        sentence=consultation.summary.get(language, ""),
        ages=ages_in_words(translator(language), bands),
    )
