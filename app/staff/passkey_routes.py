"""Passkeys: signing in with one, and on the account page adding and removing them.

The pages are ordinary forms. A script of ours asks the device and puts its answer into the form; without script nobody
can ask a device, and the page says what works instead.
"""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.errors import NotFound
from app.staff import once, passkeys, service
from app.staff.account_routes import HOME, doubts, own, show_account
from app.staff.browser_routes import NetworkAttempt, drop, keep, kept, language_before
from app.staff.door import OwnAccount, Visitor, session_of
from app.staff.models import Account
from app.staff.pages import show
from app.staff.passkeys import Place
from app.staff.routes import FormPage, arrive, first, here, leave_in_trail, line, next_for
from app.web.deps import Now, Reading, Writing
from app.web.forms import read_form

router = APIRouter(prefix="/staff")
SIGN_IN, NEW = "/staff/passkey", "/staff/account/passkeys/new"
LONGEST_NAME = 80


@dataclass(frozen=True, kw_only=True)
class PasskeyPage(FormPage):
    """`wish` is what the device is asked for, as JSON."""

    template: ClassVar[str] = "staff/passkey.html"

    wish: str


@dataclass(frozen=True, kw_only=True)
class NewPasskeyPage(PasskeyPage):
    template: ClassVar[str] = "staff/passkey_new.html"

    name: str


@router.get("/passkey")
async def passkey_page(request: Request, now: Now, session: Reading) -> Response:
    """A new challenge, which the browser carries."""
    place = _place(request)
    found = await session_of(request, session, now)
    if found is not None:
        return RedirectResponse(next_for(found[1], full=found[0].full), 303)
    return _ask(request, place, now)


@router.post("/passkey")
async def sign_in(request: Request, now: Now, session: Writing) -> Response:
    """Whoever holds the passkey is in, without a password and a code. The challenge is spent, right or wrong."""
    place = _place(request)
    answer = first(await read_form(request), "answer")
    told = kept(request, once.PASSKEY, now)
    attempt = NetworkAttempt(request, now)
    if told is None or not await once.spend(session, told["challenge"], now):
        return _ask(request, place, now, ("passkey_late",))
    key: bytes = request.app.state.staff_hash_key
    account = await passkeys.recognize(session, place, answer, told["challenge"], key)
    if isinstance(account, passkeys.Refused):
        response = _ask(request, place, now, ("passkey_wrong",))
        if account.email:
            response.background = BackgroundTask(
                leave_in_trail,
                request,
                who=service.STRANGER,
                act="sign_in_failed",
                subject=account.email,
                now=now,
                reason=account.why,
            )
        return response
    attempt.was_right()
    response = await arrive(request, session, account, now, proved=True, by="passkey")
    drop(request, response, once.PASSKEY)
    return response


@router.post("/account/passkeys")
async def begin(request: Request, visitor: OwnAccount, now: Now, session: Writing) -> Response:
    """Who sits there is who signed in, and the answer leads to where the device is asked."""
    form = await read_form(request)
    account = await own(session, visitor)
    name = line(form, "passkey")[:LONGEST_NAME]
    faults: tuple[str, ...] = () if name else ("passkey",)
    if here(request) is None:
        faults = ("passkeys_nowhere",)
    elif len(await passkeys.of(session, account.id)) >= passkeys.MOST:
        faults = ("passkeys_many",)
    if not faults:
        doubted = await doubts(request, session, account, first(form, "current"), now)
        # The same words as for the other passwords of that page, and a way to this one.
        faults = tuple("passkey_password" if each == "password_wrong" else each for each in doubted)
    if faults:
        return await show_account(request, session, account, visitor, now, faults, passkey=name)
    response = RedirectResponse(NEW, 303)
    _carry(request, response, account.id, name, now)
    return response


@router.get("/account/passkeys/new")
async def new_page(request: Request, visitor: OwnAccount, now: Now, session: Reading) -> Response:
    told = kept(request, once.NEW_PASSKEY, now)
    place = here(request)
    if told is None or told["account"] != visitor.id or place is None:
        return RedirectResponse(HOME, 303)
    account = await own(session, visitor)
    return await _show_new(request, session, account, visitor, place, told["name"], told["challenge"])


@router.post("/account/passkeys/new")
async def add(request: Request, visitor: OwnAccount, now: Now, session: Writing) -> Response:
    """The account has another passkey. The challenge is spent, right or wrong."""
    answer = first(await read_form(request), "answer")
    told = kept(request, once.NEW_PASSKEY, now)
    place = here(request)
    if told is None or told["account"] != visitor.id or place is None:
        return RedirectResponse(HOME, 303)
    account = await own(session, visitor, lock=True)
    unspent = await once.spend(session, told["challenge"], now)
    if unspent and await passkeys.add(session, account, place, answer, told["challenge"], told["name"], now):
        response: Response = RedirectResponse(f"{HOME}?done=passkey", 303)
        drop(request, response, once.NEW_PASSKEY)
        return response
    challenge = once.random_token()
    response = await _show_new(
        request, session, account, visitor, place, told["name"], challenge, ("passkey_not_made",)
    )
    _carry(request, response, account.id, told["name"], now, challenge)
    return response


@router.post("/account/passkeys/remove")
async def remove(request: Request, visitor: OwnAccount, now: Now, session: Writing) -> Response:
    """That passkey of this person signs nobody in any more."""
    chosen = first(await read_form(request), "remove")
    account = await own(session, visitor, lock=True)
    number = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 10 else 0
    removed = await passkeys.remove(session, account, number, now)
    return RedirectResponse(f"{HOME}?done=passkey_removed" if removed else HOME, 303)


def _place(request: Request) -> Place:
    place = here(request)
    if place is None:
        raise NotFound
    return place


def _ask(request: Request, place: Place, now: Now, faults: tuple[str, ...] = ()) -> Response:
    """The page that asks the device, with a challenge of its own."""
    challenge = once.random_token()
    page = PasskeyPage(
        language=language_before(request),
        path=SIGN_IN,
        visitor=None,
        faults=faults,
        wish=passkeys.wish_to_sign_in(place, challenge),
    )
    response = show(request, page, 422 if faults else 200)
    keep(request, response, once.PASSKEY, {"challenge": challenge}, now)
    return response


def _carry(
    request: Request, response: Response, account_id: int, name: str, now: Now, challenge: str | None = None
) -> None:
    told = {"account": account_id, "name": name, "challenge": challenge or once.random_token()}
    keep(request, response, once.NEW_PASSKEY, told, now)


async def _show_new(
    request: Request,
    session: Reading,
    account: Account,
    visitor: Visitor,
    place: Place,
    name: str,
    challenge: str,
    faults: tuple[str, ...] = (),
) -> Response:
    known = await passkeys.of(session, account.id)
    handle = passkeys.known_as(request.app.state.staff_hash_key, account.id)
    page = NewPasskeyPage(
        language=visitor.language,
        path=NEW,
        visitor=visitor,
        here="account",
        faults=faults,
        name=name,
        wish=passkeys.wish_for_new(place, account, known, handle, challenge),
    )
    return show(request, page, 422 if faults else 200)
