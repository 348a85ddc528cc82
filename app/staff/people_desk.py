"""Who works here, for administrators: invite, change a role, end access."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends, Path
from sqlalchemy import select
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.errors import NotFound
from app.staff import identities, letters, passkeys, service
from app.staff.door import Visitor, needs
from app.staff.mail import Letter, Post
from app.staff.models import Account
from app.staff.pages import show
from app.staff.permissions import Act, Role
from app.staff.routes import FormPage, deliver, first, line
from app.web.deps import Now, Reading, Writing
from app.web.forms import read_form
from app.web.i18n import LANGUAGES

router = APIRouter(prefix="/staff/people")
ManageStaff = Annotated[Visitor, Depends(needs(Act.MANAGE_STAFF))]
Known = Annotated[int, Path(ge=1, le=2**31 - 1)]
ROLES = tuple(role.value for role in Role)


@dataclass(frozen=True)
class Person:
    id: int
    name: str
    email: str
    role: str
    languages: tuple[str, ...]
    state: str
    has_factor: bool
    has_passkeys: bool
    invited_at: datetime


@dataclass(frozen=True)
class Asked:
    """What was typed into the form of an invitation."""

    email: str = ""
    name: str = ""
    role: str = Role.MODERATOR.value
    languages: tuple[str, ...] = ()
    language: str = "en"


@dataclass(frozen=True, kw_only=True)
class PeoplePage(FormPage):
    template: ClassVar[str] = "staff/people.html"

    people: tuple[Person, ...]
    asked: Asked
    roles: tuple[str, ...] = ROLES
    invited: str = ""
    keeps_files: bool


@dataclass(frozen=True, kw_only=True)
class PersonPage(FormPage):
    template: ClassVar[str] = "staff/person.html"

    person: Person
    asked: Asked
    roles: tuple[str, ...] = ROLES
    done: str = ""


@router.get("")
async def people(request: Request, visitor: ManageStaff, session: Reading, invited: Known | None = None) -> Response:
    account = await session.get(Account, invited) if invited is not None else None
    asked = Asked(language=visitor.language)
    return await _list(request, session, visitor, asked, invited=account.email if account else "")


@router.post("")
async def invite(request: Request, visitor: ManageStaff, now: Now, session: Writing) -> Response:
    """The person has an account without a password, and a mail with a link to set one, sent once this is kept."""
    form = await read_form(request)
    asked = Asked(
        email=service.address_as_typed(first(form, "email")),
        name=line(form, "name")[:120],
        role=first(form, "role"),
        languages=_languages(form),
        language=first(form, "language"),
    )
    faults = [
        fault
        for fault, wrong in (
            ("email", not service.is_address(asked.email)),
            ("name", not asked.name),
            ("role", asked.role not in ROLES),
            ("languages", asked.role == Role.TRANSLATOR.value and not asked.languages),
            ("language", asked.language not in LANGUAGES),
        )
        if wrong
    ]
    account = None
    if not faults:
        account = await service.invite(
            session,
            email=asked.email,
            name=asked.name,
            role=Role(asked.role),
            languages=asked.languages,
            language=asked.language,
            who=visitor.email,
            now=now,
        )
    if account is None:
        return await _list(request, session, visitor, asked, tuple(faults) or ("known",))
    letter = await write_invitation(request, session, account, now)
    return RedirectResponse(
        f"/staff/people?invited={account.id}", 303, background=BackgroundTask(deliver, request, letter, now)
    )


@router.get("/{account_id}")
async def person(
    request: Request, account_id: Known, visitor: ManageStaff, session: Reading, done: str = ""
) -> Response:
    account = await session.get(Account, account_id)
    if account is None:
        raise NotFound
    return await _show(request, session, visitor, account, done=done)


@router.post("/{account_id}")
async def change(request: Request, account_id: Known, visitor: ManageStaff, now: Now, session: Writing) -> Response:
    """Invites again, changes the role, takes off a lost second factor or passkeys, or ends the access that there is."""
    form = await read_form(request)
    account = await service.locked(session, account_id, with_administrators=True)
    if account is None:
        raise NotFound
    go = first(form, "go")
    background: BackgroundTask | None = None
    faults: tuple[str, ...] = ()
    if go == "invite":
        await service.invite_again(session, account, visitor.email, now)
        letter = await write_invitation(request, session, account, now)
        background = BackgroundTask(deliver, request, letter, now)
    elif go == "role":
        faults = await _change_role(session, visitor, account, first(form, "role"), _languages(form), now)
    elif go == "factor":
        if account.totp_secret is not None:
            await service.remove_second_factor(session, account, visitor.email, now)
    elif go == "passkeys":
        await passkeys.remove_all(session, account, visitor.email, now)
    elif go == "end":
        if not await service.end_access(session, account, visitor.email, now):
            faults = ("last",)
    else:
        raise NotFound
    if faults:
        return await _show(
            request, session, visitor, account, faults, Asked(role=first(form, "role"), languages=_languages(form))
        )
    return RedirectResponse(f"/staff/people/{account_id}?done={go}", 303, background=background)


async def _change_role(
    session: Writing, visitor: Visitor, account: Account, role: str, languages: Sequence[str], now: Now
) -> tuple[str, ...]:
    if role not in ROLES:
        return ("role",)
    if role == Role.TRANSLATOR.value and not languages:
        return ("languages",)
    changed = await service.change_role(session, account, Role(role), languages, visitor.email, now)
    return () if changed else ("last",)


async def write_invitation(request: Request, session: Writing, account: Account, now: Now) -> Letter:
    token, ends_at = await service.issue_ticket(session, account, service.INVITATION, now)
    post: Post = request.app.state.post
    return letters.invitation(account, post.base, token, ends_at)


def _languages(form: dict[str, list[str]]) -> tuple[str, ...]:
    chosen = form.get("languages", [])
    return tuple(language for language in LANGUAGES if language in chosen)


def _person(account: Account, *, elsewhere: bool, has_passkeys: bool = False) -> Person:
    """elsewhere: the account signs in without a password."""
    return Person(
        id=account.id,
        name=account.name,
        email=account.email,
        role=account.role,
        languages=tuple(account.languages),
        state="ended" if account.ended_at else "works" if account.password_hash or elsewhere else "invited",
        has_factor=account.totp_secret is not None,
        has_passkeys=has_passkeys,
        invited_at=account.invited_at,
    )


async def _list(
    request: Request,
    session: Reading,
    visitor: Visitor,
    asked: Asked,
    faults: tuple[str, ...] = (),
    invited: str = "",
) -> Response:
    rows = await session.scalars(select(Account).order_by(Account.ended_at.is_not(None), Account.name, Account.id))
    others = await service.with_other_ways(session)
    post: Post = request.app.state.post
    page = PeoplePage(
        language=visitor.language,
        path="/staff/people",
        visitor=visitor,
        here="people",
        faults=faults,
        people=tuple(_person(account, elsewhere=account.id in others) for account in rows),
        asked=asked,
        invited=invited,
        keeps_files=post.keeps_files,
    )
    return show(request, page, 422 if faults else 200)


async def _show(
    request: Request,
    session: Reading,
    visitor: Visitor,
    account: Account,
    faults: tuple[str, ...] = (),
    asked: Asked | None = None,
    done: str = "",
) -> Response:
    keys = await passkeys.of(session, account.id)
    bound = await identities.bound(session, account.id)
    page = PersonPage(
        language=visitor.language,
        path=f"/staff/people/{account.id}",
        visitor=visitor,
        here="people",
        faults=faults,
        person=_person(account, elsewhere=bool(keys or bound), has_passkeys=bool(keys)),
        asked=asked or Asked(role=account.role, languages=tuple(account.languages)),
        done=done,
    )
    return show(request, page, 422 if faults else 200)
