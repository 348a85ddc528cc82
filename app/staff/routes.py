"""Before somebody is in: sign-in, links from mails, the second factor, leaving, the language of the pages."""

import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import structlog
from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.errors import SignInNeeded
from app.staff import letters, passwords, service, sessions
from app.staff.audit import record
from app.staff.browser_routes import (
    CodeAttempt,
    PasswordAttempt,
    drop_session,
    language_before,
    mark_device,
    set_language,
    set_session,
)
from app.staff.door import COOKIE, session_of, visitor_of
from app.staff.mail import Letter, MailNotSent, Post
from app.staff.models import Account
from app.staff.oidc import Provider
from app.staff.pages import DeskPage, show
from app.staff.passkeys import Place, place_of
from app.staff.permissions import Act
from app.staff.sessions import token_hash
from app.web.deps import Now, Reading, Writing, writing
from app.web.forms import read_form
from app.web.i18n import LANGUAGES

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/staff")
SET_UP = "/staff/account/second-factor"


@dataclass(frozen=True, kw_only=True)
class FormPage(DeskPage):
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SignInPage(FormPage):
    """`provider` is the name of the other place to sign in at, and `passkeys` whether browsers know any here."""

    template: ClassVar[str] = "staff/sign_in.html"

    email: str
    provider: str
    passkeys: bool


@dataclass(frozen=True, kw_only=True)
class ForgottenPage(FormPage):
    template: ClassVar[str] = "staff/forgotten.html"

    sent: bool = False


@dataclass(frozen=True, kw_only=True)
class TicketPage(FormPage):
    """`email` is empty where the link works no more."""

    template: ClassVar[str] = "staff/ticket.html"

    email: str


@dataclass(frozen=True, kw_only=True)
class SecondFactorPage(FormPage):
    template: ClassVar[str] = "staff/second_factor.html"


def first(form: dict[str, list[str]], name: str) -> str:
    return form.get(name, [""])[-1]


def line(form: dict[str, list[str]], name: str) -> str:
    """The field as one line, as a database takes it."""
    return " ".join(first(form, name).replace("\0", " ").split())


@router.get("/sign-in")
async def sign_in_page(request: Request, now: Now, session: Reading) -> Response:
    found = await session_of(request, session, now)
    if found is not None:
        return RedirectResponse(next_for(found[1], full=found[0].full), 303)
    return _show_sign_in(request)


@router.post("/sign-in")
async def sign_in(request: Request, now: Now, session: Writing) -> Response:
    """Wrong and unknown are answered alike, after the same work; what is written of it is written afterwards."""
    form = await read_form(request)
    email, password = service.address_as_typed(first(form, "email")), first(form, "password")
    known = await service.find(session, email)
    # While the hash is computed, and waited for, the line to the database serves others.
    await session.close()
    attempt = PasswordAttempt(request, email, known, now)
    right, newer = await passwords.verify(password, known.password_hash if known else None)
    account = await service.locked(session, known.id) if known and right else None
    if account is None or known is None or account.password_hash != known.password_hash:
        response = _show_sign_in(request, ("wrong",), email)
        if known is not None:
            response.background = BackgroundTask(
                leave_in_trail, request, who=service.STRANGER, act="sign_in_failed", subject=known.email, now=now
            )
        return response
    attempt.was_right()
    account.password_hash = newer or account.password_hash
    return await arrive(request, session, account, now)


def _show_sign_in(request: Request, faults: tuple[str, ...] = (), email: str = "") -> Response:
    provider: Provider | None = request.app.state.provider
    page = SignInPage(
        language=language_before(request),
        path="/staff/sign-in",
        visitor=None,
        faults=faults,
        email=email,
        provider=provider.name if provider else "",
        passkeys=here(request) is not None,
    )
    return show(request, page, 422 if faults else 200)


def here(request: Request) -> Place | None:
    """Where passkeys of this service are of use; None where browsers know none."""
    return place_of(request.app.state.settings.public_url, request.url.scheme, request.headers.get("host", ""))


async def arrive(
    request: Request, session: Writing, account: Account, now: Now, *, proved: bool = False, by: str = ""
) -> Response:
    """The browser has a new session, and goes where this person goes next: in, or to the second factor.

    proved: the second factor was shown, too. `by` is what was shown in place of the password.
    """
    full = proved or (account.totp_secret is None and not service.needs_second_factor(account))
    token = await sessions.start(session, account.id, full=full, now=now, instead_of=request.cookies.get(COOKIE, ""))
    response = RedirectResponse(next_for(account, full=full), 303)
    set_session(request, response, token)
    if full:
        told = {"by": by} if by else None
        await record(session, who=account.email, act="signed_in", subject=account.email, now=now, after=told)
        mark_device(request, response, account)
    return response


def next_for(account: Account, *, full: bool) -> str:
    if not full:
        return "/staff/second-factor" if account.totp_secret is not None else SET_UP
    return "/staff/" if visitor_of(account).may(Act.SEE_CONSULTATIONS) else "/staff/links"


@router.get("/second-factor")
async def second_factor_page(request: Request, now: Now, session: Reading) -> Response:
    account = await _half(request, session, now)
    return show(request, SecondFactorPage(language=account.language, path="/staff/second-factor", visitor=None))


@router.post("/second-factor")
async def second_factor(request: Request, now: Now, session: Writing) -> Response:
    """A right code lets in. Every code does so once."""
    code = first(await read_form(request), "code")
    account = await service.locked(session, (await _half(request, session, now)).id)
    if account is None:
        raise SignInNeeded
    attempt = CodeAttempt(request, account, now)
    state = request.app.state
    if not await service.prove(session, account, code, state.totp_key, state.staff_hash_key, now):
        await record(session, who=service.STRANGER, act="second_factor_failed", subject=account.email, now=now)
        page = SecondFactorPage(language=account.language, path="/staff/second-factor", visitor=None, faults=("code",))
        return show(request, page, 422)
    attempt.was_right()
    return await arrive(request, session, account, now, proved=True)


async def _half(request: Request, session: Reading, now: Now) -> Account:
    """Who has shown the password and now shows the second factor. Raises SignInNeeded."""
    found = await session_of(request, session, now)
    if found is None or found[0].full or found[1].totp_secret is None:
        raise SignInNeeded
    return found[1]


@router.get("/forgotten")
async def forgotten_page(request: Request, sent: bool = False) -> Response:
    page = ForgottenPage(language=language_before(request), path="/staff/forgotten", visitor=None, sent=sent)
    return show(request, page)


@router.post("/forgotten")
async def forgotten(request: Request, now: Now) -> Response:
    """Always the same answer, and before anything is looked up: it cannot tell whether the account exists."""
    email = first(await read_form(request), "email")
    return RedirectResponse(
        "/staff/forgotten?sent=true", 303, background=BackgroundTask(_send_new_password, request, email, now)
    )


async def _send_new_password(request: Request, email: str, now: datetime) -> None:
    async with asynccontextmanager(writing)(request) as session:
        account = await service.find(session, email)
        if account is None or not await service.may_ask_for_password(session, account, now):
            return
        token, ends_at = await service.issue_ticket(session, account, service.PASSWORD, now)
    post: Post = request.app.state.post
    await deliver(request, letters.new_password(account, post.base, token, ends_at), now)


@router.get("/ticket/{token}")
async def ticket_page(request: Request, token: str, now: Now, session: Reading) -> Response:
    """The form for a password. Consumes nothing: programs that read mails follow links, too."""
    account = await service.holder(session, token, now)
    return _ticket(request, token, account)


@router.post("/ticket/{token}")
async def ticket(request: Request, token: str, now: Now, session: Writing) -> Response:
    """The link is used up, the password is set, and whoever held the link is signed in, as far as the password goes."""
    form = await read_form(request)
    password = first(form, "password")
    known = await service.holder(session, token, now)
    await session.close()
    if known is None:
        return _ticket(request, token, None)
    faults = password_faults(password, first(form, "again"), known.email)
    if faults:
        return _ticket(request, token, known, faults)
    account = await service.redeem(session, token, await passwords.hash_of(password), now)
    if account is None:
        return _ticket(request, token, None)
    return await arrive(request, session, account, now)


def _ticket(request: Request, token: str, account: Account | None, faults: tuple[str, ...] = ()) -> Response:
    page = TicketPage(
        language=account.language if account else language_before(request),
        path=f"/staff/ticket/{token}",
        visitor=None,
        email=account.email if account else "",
        faults=faults,
    )
    return show(request, page, 410 if account is None else 422 if faults else 200)


def password_faults(password: str, again: str, email: str) -> tuple[str, ...]:
    fault = passwords.fault_of(password, email)
    if fault is not None:
        return (f"password_{fault}",)
    return () if password == again else ("password_differs",)


@router.post("/sign-out")
async def sign_out(request: Request, session: Writing) -> Response:
    """The browser's session is over, on both sides."""
    token = request.cookies.get(COOKIE, "")
    found = await session_of(request, session, request.app.state.clock())
    if found is not None:
        await sessions.end(session, found[1].id, only=token_hash(token))
    response = RedirectResponse("/staff/sign-in", 303)
    drop_session(request, response)
    return response


@router.post("/language")
async def choose_language(request: Request, now: Now, session: Writing) -> Response:
    """The pages are in that language: for the account where one is signed in, and in this browser before sign-in."""
    form = await read_form(request)
    language, back = first(form, "language"), first(form, "back")
    known = language in LANGUAGES
    found = await session_of(request, session, now)
    if known and found is not None:
        found[1].language = language
    # A path of ours only: two slashes would lead to another site.
    safe = re.fullmatch(r"(?:/[\w-]+)+/?", back, re.ASCII) and back.startswith("/staff/")
    response = RedirectResponse(back if safe else "/staff/", 303)
    if known:
        set_language(request, response, language)
    return response


async def deliver(request: Request, letter: Letter, now: datetime) -> None:
    """The letter is on its way; if it could not be sent, that stands in the trail. For after the commit."""
    post: Post = request.app.state.post
    try:
        await post.send(letter, now)
    except MailNotSent as fault:
        log.warning("mail not sent", kind=str(fault))
        await leave_in_trail(
            request, who=service.STRANGER, act="mail_not_sent", subject=letter.to, now=now, reason=str(fault)
        )


async def leave_in_trail(request: Request, **entry: Any) -> None:
    """The act stands in the trail, in a transaction of its own: what led to it was answered already."""
    async with asynccontextmanager(writing)(request) as session:
        await record(session, **entry)
