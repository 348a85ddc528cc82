"""The desk's pages of a consultation's links: the list with counts, making, changing and ending one."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.countries import countries, in_order
from app.consultations.desk import find
from app.consultations.models import Consultation
from app.errors import NotFound
from app.outreach import service
from app.outreach.models import Link
from app.outreach.service import KINDS, REGIONS, Wanted
from app.staff.audit import record
from app.staff.door import Visitor, needs
from app.staff.models import Account
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act, Role
from app.web.deps import Now, Reading, Writing
from app.web.forms import read_form
from app.web.i18n import translator

router = APIRouter(prefix="/staff/consultations/{slug}/links")

MOST_NAME_CHARS = 120
MOST_TARGET = 1_000_000
ManageLinks = Annotated[Visitor, Depends(needs(Act.MANAGE_LINKS))]


@dataclass(frozen=True)
class Row:
    """A link with how many answers came by way of it."""

    link: Link
    partner: str
    place: str
    answers: int


@dataclass(frozen=True)
class Typed:
    """The form of a link as it stands in its fields."""

    name: str = ""
    kind: str = "school"
    country: str = ""
    region: str = ""
    target: str = ""
    consent: bool = False
    partner: str = ""


@dataclass(frozen=True, kw_only=True)
class LinkForm(DeskPage):
    """What the pages with the fields of a link know. `countries` are pairs of code and name, in the order of names."""

    topic: str
    slug: str
    #: From the freeze on no answer is known to have come by a link.
    frozen: bool
    kinds: tuple[str, ...] = KINDS
    regions: tuple[str, ...] = REGIONS
    countries: tuple[tuple[str, str], ...]
    typed: Typed
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LinksPage(LinkForm):
    template: ClassVar[str] = "outreach/desk_links.html"

    rows: tuple[Row, ...]
    without_link: int


@dataclass(frozen=True, kw_only=True)
class LinkPage(LinkForm):
    template: ClassVar[str] = "outreach/desk_link.html"

    row: Row


@router.get("")
async def list_(request: Request, slug: str, visitor: ManageLinks, session: Reading) -> Response:
    consultation = await find(session, slug)
    return show(request, await _list(request, session, consultation, visitor))


@router.post("")
async def make(request: Request, slug: str, visitor: ManageLinks, now: Now, session: Writing) -> Response:
    consultation = await find(session, slug)
    typed = read_typed(await read_form(request))
    wanted, faults = await judge(session, typed)
    if wanted is None:
        return show(request, await _list(request, session, consultation, visitor, typed, faults), 422)
    link = await service.make(session, consultation.id, wanted, now)
    after = await facts_of(session, link)
    await _remember(session, visitor, "link_made", slug, link, now, before=None, after=after)
    return RedirectResponse(f"/staff/consultations/{slug}/links/{link.code}", 303)


@router.get("/{code}")
async def one(request: Request, slug: str, code: str, visitor: ManageLinks, session: Reading) -> Response:
    consultation, link = await _both(session, slug, code)
    return show(request, await _one(request, session, consultation, link, visitor))


@router.post("/{code}")
async def change(request: Request, slug: str, code: str, visitor: ManageLinks, now: Now, session: Writing) -> Response:
    """Changes the link, ends it, or lets it begin again."""
    consultation, link = await _both(session, slug, code)
    form = await read_form(request)
    before, go = await facts_of(session, link), form.get("go", [""])[-1]
    if go in ("end", "again"):
        if go == "end":
            service.end(link, now)
        else:
            service.begin_again(link)
        act = "link_ended" if go == "end" else "link_begun_again"
        await _remember(session, visitor, act, slug, link, now, before, await facts_of(session, link))
        return RedirectResponse(f"/staff/consultations/{slug}/links/{code}", 303)
    typed = read_typed(form)
    wanted, faults = await judge(session, typed)
    if wanted is None:
        return show(request, await _one(request, session, consultation, link, visitor, typed, faults), 422)
    service.change(link, wanted)
    after = await facts_of(session, link)
    if after != before:
        await _remember(session, visitor, "link_changed", slug, link, now, before, after)
    return RedirectResponse(f"/staff/consultations/{slug}/links/{code}", 303)


def read_typed(form: Mapping[str, list[str]]) -> Typed:
    """What was posted, cut to what a field can hold."""

    def one(name: str) -> str:
        return form.get(name, [""])[-1].strip()[:300]

    return Typed(
        one("name"), one("kind"), one("country"), one("region"), one("target"), one("consent") == "yes", one("partner")
    )


async def judge(session: AsyncSession, typed: Typed) -> tuple[Wanted | None, tuple[str, ...]]:
    """What is wanted, or the names of the fields that must be mended."""
    faults = []
    if not typed.name or len(typed.name) > MOST_NAME_CHARS:
        faults.append("name")
    if typed.kind not in KINDS:
        faults.append("kind")
    if typed.country and typed.country not in countries():
        faults.append("country")
    if typed.region and typed.region not in REGIONS:
        faults.append("region")
    # Digits of any script are read: people type on Arabic keyboards, too.
    target = int(typed.target) if typed.target.isdecimal() and len(typed.target) < 8 else 0
    if typed.target and not 1 <= target <= MOST_TARGET:
        faults.append("target")
    partner = None
    if typed.partner:
        same = Account.email == typed.partner.lower()
        wanted = select(Account.id).where(same, Account.role == Role.PARTNER.value, Account.ended_at.is_(None))
        partner = await session.scalar(wanted)
        if partner is None:
            faults.append("partner")
    if faults:
        return None, tuple(faults)
    return Wanted(
        typed.name,
        typed.kind,
        typed.country or None,
        typed.region or None,
        target or None,
        typed.consent,
        partner,
    ), ()


def place_of(link: Link, language: str) -> str:
    """The country of a link in words, or its region, or ""."""
    if link.country:
        return countries()[link.country].names[language]
    return translator(language).region(link.region) if link.region else ""


async def answers_of(request: Request, consultation: Consultation) -> Mapping[str, int]:
    """The number of answers so far by the code of their link, "" for none."""
    count: Callable[[int], Awaitable[Mapping[str, int]]] = request.app.state.answers_by_link
    return await count(consultation.id)


async def rows_of(
    session: AsyncSession, consultation: Consultation, language: str, answers: Mapping[str, int]
) -> list[Row]:
    """Every link of a consultation with its answers so far, in the order of names; ended ones last."""
    found = await session.execute(
        select(Link, Account.email)
        .outerjoin(Account, Account.id == Link.account_id)
        .where(Link.consultation_id == consultation.id)
    )
    rows = [Row(link, email or "", place_of(link, language), answers.get(link.code, 0)) for link, email in found]
    return sorted(rows, key=lambda row: (row.link.ended_at is not None, row.link.name.casefold(), row.link.code))


async def _both(session: AsyncSession, slug: str, code: str) -> tuple[Consultation, Link]:
    """Raises NotFound, also for the link of another consultation."""
    consultation = await find(session, slug)
    link = await session.scalar(select(Link).where(Link.consultation_id == consultation.id, Link.code == code))
    if link is None:
        raise NotFound
    return consultation, link


async def _list(
    request: Request,
    session: AsyncSession,
    consultation: Consultation,
    visitor: Visitor,
    typed: Typed | None = None,
    faults: tuple[str, ...] = (),
) -> LinksPage:
    answers = await answers_of(request, consultation)
    rows = await rows_of(session, consultation, visitor.language, answers)
    return LinksPage(
        language=visitor.language,
        path=f"/staff/consultations/{consultation.slug}/links",
        visitor=visitor,
        here="consultations",
        topic=consultation.topic_in(visitor.language),
        slug=consultation.slug,
        frozen=consultation.frozen_at is not None,
        countries=tuple((each.iso2, each.names[visitor.language]) for each in in_order(visitor.language)),
        typed=typed or Typed(),
        faults=faults,
        rows=tuple(rows),
        without_link=answers.get("", 0),
    )


async def _one(
    request: Request,
    session: AsyncSession,
    consultation: Consultation,
    link: Link,
    visitor: Visitor,
    typed: Typed | None = None,
    faults: tuple[str, ...] = (),
) -> LinkPage:
    rows = await rows_of(session, consultation, visitor.language, await answers_of(request, consultation))
    row = next(each for each in rows if each.link.id == link.id)
    stored = Typed(
        link.name,
        link.kind,
        link.country or "",
        link.region or "",
        str(link.target or ""),
        link.holds_consent,
        row.partner,
    )
    return LinkPage(
        language=visitor.language,
        path=f"/staff/consultations/{consultation.slug}/links/{link.code}",
        visitor=visitor,
        here="consultations",
        topic=consultation.topic_in(visitor.language),
        slug=consultation.slug,
        frozen=consultation.frozen_at is not None,
        countries=tuple((each.iso2, each.names[visitor.language]) for each in in_order(visitor.language)),
        typed=typed or stored,
        faults=faults,
        row=row,
    )


async def _remember(
    session: AsyncSession,
    visitor: Visitor,
    act: str,
    slug: str,
    link: Link,
    now: datetime,
    before: Mapping[str, object] | None,
    after: Mapping[str, object],
) -> None:
    subject = f"{slug}/{link.code}"
    await record(session, who=visitor.email, act=act, subject=subject, now=now, before=before, after=after)


async def facts_of(session: AsyncSession, link: Link) -> dict[str, object]:
    """The link as the audit trail keeps it."""
    email = await session.scalar(select(Account.email).where(Account.id == link.account_id))
    return service.facts(link, email or "")
