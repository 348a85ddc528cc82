"""The desk's page of helplines: every line that we know, who checked it and when. A line that was not sure becomes
visible to young people once somebody has checked it, and not before."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations import helplines, service
from app.consultations.countries import Helpline, countries, in_order, target_countries
from app.consultations.models import Consultation, HelplineCheck
from app.errors import NotFound
from app.staff.audit import record
from app.staff.door import Visitor, needs
from app.staff.models import Account
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act
from app.web.deps import Now, Reading, Writing
from app.web.forms import read_form

router = APIRouter(prefix="/staff/helplines")

CheckHelplines = Annotated[Visitor, Depends(needs(Act.CHECK_HELPLINES))]

#: What can be asked of a line: its check is missing or too old, it counts, young people do not see it.
STATES = ("due", "checked", "hidden")


@dataclass(frozen=True)
class Wanted:
    """What the filter asks for; "" for everything."""

    country: str = ""
    state: str = ""
    consultation: str = ""

    def address(self) -> str:
        asked = {name: value for name, value in vars(self).items() if value}
        return f"/staff/helplines?{urlencode(asked)}" if asked else "/staff/helplines"


@dataclass(frozen=True)
class Row:
    """A line. `due`: it was never checked, or too long ago to count. `shown`: young people see it. Without a number
    they see the international directory."""

    country: str
    line: Helpline
    shown: bool
    due: bool
    checked_on: date | None = None
    checked_by: str = ""

    @property
    def state(self) -> str:
        return "due" if self.due else "checked"


@dataclass(frozen=True, kw_only=True)
class HelplinesPage(DeskPage):
    """`covered` of the `within` countries that the filter lets through have a line whose check counts."""

    template: ClassVar[str] = "consultations/desk_helplines.html"

    wanted: Wanted
    rows: tuple[Row, ...]
    within: int
    covered: int
    countries: tuple[tuple[str, str], ...]
    consultations: tuple[tuple[str, str], ...]
    states: tuple[str, ...] = STATES


@router.get("")
async def list_(
    request: Request,
    visitor: CheckHelplines,
    now: Now,
    session: Reading,
    country: str = "",
    state: str = "",
    consultation: str = "",
) -> Response:
    wanted = await _wanted(session, country, state, consultation)
    language = visitor.language
    within = await _within(request, session, wanted)
    made = await helplines.checks(session)
    found = await session.scalars(select(Consultation).order_by(Consultation.day.desc(), Consultation.slug))
    page = HelplinesPage(
        language=language,
        path="/staff/helplines",
        visitor=visitor,
        here="helplines",
        wanted=wanted,
        rows=tuple(
            row
            for row in _rows(within, made, await _names(session, made), now.date())
            if wanted.state in ("", row.state) or (wanted.state == "hidden" and not row.shown)
        ),
        within=len(within),
        covered=len(await helplines.checked_countries(session, now.date()) & within.keys()),
        countries=tuple((each.iso2, each.names[language]) for each in in_order(language)),
        consultations=tuple((each.slug, each.topic_in(language)) for each in found),
    )
    return show(request, page)


@router.post("")
async def change(request: Request, visitor: CheckHelplines, now: Now, session: Writing) -> Response:
    """A line was checked today, or nobody has checked it after all. Raises NotFound for a line that we do not have."""
    form = await read_form(request)
    go, _, named = form.get("go", [""])[-1].partition(":")
    country, _, dial = named.partition("/")
    if go not in ("checked", "back") or not helplines.is_line(country, dial):
        raise NotFound
    before = _told((await helplines.checks(session)).get((country, dial)))
    after = None if go == "back" else {"checked_on": now.date().isoformat(), "checked_by": visitor.email}
    if go == "checked" or before is not None:
        # First the row: it makes two who check at once stand one after the other.
        await record(
            session,
            who=visitor.email,
            act="helpline_checked" if go == "checked" else "helpline_check_taken_back",
            subject=f"{country} {dial}".strip(),
            now=now,
            before=before,
            after=after,
        )
    if go == "checked":
        await helplines.check(session, country, dial, visitor.email, now)
    else:
        await helplines.take_back(session, country, dial)
    wanted = await _wanted(session, *(form.get(name, [""])[-1] for name in ("country", "state", "consultation")))
    return RedirectResponse(f"{wanted.address()}#{anchor(country, dial)}", 303)


def anchor(country: str, dial: str) -> str:
    """The id of a line's row."""
    return f"{country}-{dial.removeprefix('+')}"


async def _wanted(session: AsyncSession, country: str, state: str, consultation: str) -> Wanted:
    """The filter, without what there is not."""
    known = await service.look_up(session, consultation) if consultation else None
    return Wanted(
        country if country in countries() else "",
        state if state in STATES else "",
        known.slug if known else "",
    )


async def _within(request: Request, session: AsyncSession, wanted: Wanted) -> Mapping[str, str]:
    """The countries of which lines are shown, with their names in the visitor's language, in the order of names."""
    aimed_at: Callable[[AsyncSession, int], Awaitable[tuple[frozenset[str], frozenset[str]]]]
    aimed_at = request.app.state.aimed_at
    language = request.state.visitor.language
    chosen = {wanted.country} if wanted.country else set(countries())
    if wanted.consultation:
        consultation = await service.find(session, wanted.consultation)
        chosen &= set(target_countries(*await aimed_at(session, consultation.id)))
    return {each.iso2: each.names[language] for each in in_order(language) if each.iso2 in chosen}


def _rows(
    within: Mapping[str, str],
    made: Mapping[tuple[str, str], HelplineCheck],
    people: Mapping[str, str],
    today: date,
) -> Iterator[Row]:
    for iso2, name in within.items():
        for line in helplines.lines_of(iso2):
            check = made.get((iso2, line.dial))
            yield Row(
                country=name,
                line=line,
                shown=bool(line.dial) and (line.sure or check is not None),
                due=check is None or not helplines.holds(check.checked_on, today),
                checked_on=check.checked_on if check else None,
                checked_by=people.get(check.checked_by, check.checked_by) if check else "",
            )


async def _names(session: AsyncSession, made: Mapping[tuple[str, str], HelplineCheck]) -> Mapping[str, str]:
    found = await session.execute(
        select(Account.email, Account.name).where(Account.email.in_({each.checked_by for each in made.values()}))
    )
    return {row.email: row.name for row in found}


def _told(check: HelplineCheck | None) -> dict[str, str] | None:
    """The check as the trail has it."""
    return {"checked_on": check.checked_on.isoformat(), "checked_by": check.checked_by} if check else None
