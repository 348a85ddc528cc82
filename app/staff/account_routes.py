"""The own account: name and language, password, second factor, providers, signed-in browsers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.errors import SignInNeeded
from app.staff import factors, identities, once, passkeys, passwords, service, sessions
from app.staff.audit import record
from app.staff.browser_routes import PasswordAttempt, drop, keep, kept, mark_device, set_language, set_session
from app.staff.door import COOKIE, OwnAccount, Visitor, needs, session_of
from app.staff.models import Account
from app.staff.pages import show
from app.staff.permissions import Act, Role
from app.staff.routes import SET_UP, FormPage, first, here, line, password_faults
from app.staff.sessions import token_hash
from app.web.deps import Now, Reading, Writing
from app.web.forms import read_form
from app.web.i18n import LANGUAGES

router = APIRouter(prefix="/staff/account")
HOME = "/staff/account"
#: Within this time after signing in, an account without a password may change how one signs in.
FRESH = timedelta(minutes=15)
SettingUp = Annotated[Visitor, Depends(needs(Act.OWN_ACCOUNT, setting_up=True))]


@dataclass(frozen=True)
class Browser:
    key: str
    begun_at: datetime
    seen_at: datetime
    this: bool


@dataclass(frozen=True)
class Key:
    """A passkey, as its owner called it."""

    id: int
    name: str
    made_at: datetime


@dataclass(frozen=True)
class Bound:
    """A provider that vouches for this person."""

    key: str
    issuer: str


@dataclass(frozen=True, kw_only=True)
class AccountPage(FormPage):
    template: ClassVar[str] = "staff/account.html"

    name: str
    email: str
    has_password: bool
    has_factor: bool
    must_have_factor: bool
    codes_left: int
    browsers: tuple[Browser, ...]
    passkeys: tuple[Key, ...]
    passkeys_work: bool
    most_passkeys: int
    passkey: str
    identities: tuple[Bound, ...]
    done: str = ""


@dataclass(frozen=True, kw_only=True)
class SetUpPage(FormPage):
    """`sealed` carries the secret through the form: it is not the account's before a code of it was typed."""

    template: ClassVar[str] = "staff/set_up.html"

    email: str
    secret: str
    sealed: str
    side: int
    modules: str
    asks_password: bool
    must: bool
    replaces: bool


@dataclass(frozen=True, kw_only=True)
class CodesPage(FormPage):
    template: ClassVar[str] = "staff/codes.html"

    codes: tuple[str, ...]


@router.get("")
async def account_page(request: Request, visitor: OwnAccount, now: Now, session: Reading, done: str = "") -> Response:
    return await show_account(request, session, await own(session, visitor), visitor, now, done=done)


@router.post("")
async def change_name(request: Request, visitor: OwnAccount, now: Now, session: Writing) -> Response:
    form = await read_form(request)
    name, language = line(form, "name")[:120], first(form, "language")
    account = await own(session, visitor)
    faults = (*(() if name else ("name",)), *(() if language in LANGUAGES else ("language",)))
    if faults:
        return await show_account(request, session, account, visitor, now, faults)
    if name != account.name:
        before, after = {"name": account.name}, {"name": name}
        account.name = name
        await record(
            session, who=account.email, act="name_changed", subject=account.email, now=now, before=before, after=after
        )
    account.language = language
    response = RedirectResponse(f"{HOME}?done=name", 303)
    set_language(request, response, language)
    return response


@router.post("/password")
async def change_password(request: Request, visitor: OwnAccount, now: Now, session: Writing) -> Response:
    """The password is another, and every other browser is signed out."""
    form = await read_form(request)
    account = await own(session, visitor)
    new = first(form, "password")
    faults = password_faults(new, first(form, "again"), account.email)
    if not faults and not await _knows_password(request, session, account, first(form, "current"), now):
        faults = ("password_wrong",)
    if faults:
        return await show_account(request, session, account, visitor, now, faults)
    await session.close()
    hashed = await passwords.hash_of(new)
    account = await own(session, visitor)
    await service.set_password(session, account, hashed, now, stays=_token_hash(request))
    return RedirectResponse(f"{HOME}?done=password", 303)


@router.get("/second-factor")
async def set_up_page(request: Request, visitor: SettingUp, now: Now, session: Reading) -> Response:
    """A new secret, shown as text and as a QR code; it is nobody's until a code of it was typed."""
    account = await own(session, visitor)
    return await _set_up(request, session, account, visitor, now, factors.new_secret())


@router.post("/second-factor")
async def set_up(request: Request, visitor: SettingUp, now: Now, session: Writing) -> Response:
    """The second factor is on, and the answer leads to the recovery codes."""
    form = await read_form(request)
    account = await own(session, visitor)
    key: bytes = request.app.state.totp_key
    secret = factors.unseal(key, _bytes(first(form, "sealed")), account.id, "pending")
    if secret is None:
        return RedirectResponse(SET_UP, 303)
    faults: tuple[str, ...] = ()
    full = await _is_full(request, session, now)
    if full:
        faults = await doubts(request, session, account, first(form, "current"), now)
    account = await own(session, visitor, lock=True)
    step = factors.step_of(secret, factors.as_typed(first(form, "code")), now, 0)
    if step is None:
        faults = (*faults, "code")
    if faults or step is None:
        return await _set_up(request, session, account, visitor, now, secret, faults)
    if not full and account.totp_secret is not None:
        raise SignInNeeded
    sealed = factors.seal(key, secret, account.id, "kept")
    codes = await service.set_second_factor(session, account, sealed, step, request.app.state.staff_hash_key, now)
    response = _to_codes(request, account, codes, now)
    if not full:
        token = await sessions.start(
            session, account.id, full=True, now=now, instead_of=request.cookies.get(COOKIE, "")
        )
        await record(session, who=account.email, act="signed_in", subject=account.email, now=now)
        set_session(request, response, token)
        mark_device(request, response, account)
    return response


@router.post("/second-factor/remove")
async def remove_factor(request: Request, visitor: OwnAccount, now: Now, session: Writing) -> Response:
    form = await read_form(request)
    account = await own(session, visitor)
    faults: tuple[str, ...] = ()
    if Role(account.role) in service.SECOND_FACTOR_ROLES:
        faults = ("must_have_factor",)
    else:
        faults = await doubts(request, session, account, first(form, "current"), now)
    if faults:
        return await show_account(request, session, account, visitor, now, faults)
    account = await own(session, visitor, lock=True)
    if account.totp_secret is not None:
        await service.remove_second_factor(session, account, account.email, now)
    return RedirectResponse(f"{HOME}?done=factor", 303)


@router.get("/recovery")
async def codes_page(request: Request, visitor: OwnAccount, now: Now) -> Response:
    """The recovery codes that were just made, this once: the browser that carried them here forgets them."""
    told = kept(request, once.CODES, now)
    if told is None or told["account"] != visitor.id:
        return RedirectResponse(HOME, 303)
    page = CodesPage(
        language=visitor.language,
        path=HOME,
        visitor=visitor,
        here="account",
        codes=tuple(factors.in_groups(code) for code in told["codes"]),
    )
    response = show(request, page)
    drop(request, response, once.CODES)
    return response


@router.post("/recovery")
async def make_codes(request: Request, visitor: OwnAccount, now: Now, session: Writing) -> Response:
    """Ten new recovery codes; the answer leads to them."""
    form = await read_form(request)
    account = await own(session, visitor)
    if account.totp_secret is None:
        return RedirectResponse(HOME, 303)
    faults = await doubts(request, session, account, first(form, "current"), now)
    if faults:
        return await show_account(request, session, account, visitor, now, faults)
    account = await own(session, visitor, lock=True)
    codes = await service.make_recovery_codes(session, account, request.app.state.staff_hash_key, now)
    return _to_codes(request, account, codes, now)


@router.post("/identities")
async def remove_identity(request: Request, visitor: OwnAccount, now: Now, session: Writing) -> Response:
    """A provider vouches for this person no more, until a sign-in there begins anew."""
    form = await read_form(request)
    account = await own(session, visitor, lock=True)
    removed = await identities.unbind(session, account, first(form, "remove"), now)
    return RedirectResponse(f"{HOME}?done=identity" if removed else HOME, 303)


@router.post("/sessions")
async def end_sessions(request: Request, visitor: OwnAccount, now: Now, session: Writing) -> Response:
    """One browser is signed out, or all but this one."""
    go = first(await read_form(request), "end")
    if go == "others":
        ended = await sessions.end(session, visitor.id, but=_token_hash(request))
    else:
        live = await sessions.live(session, visitor.id, now)
        chosen = [each.token_hash for each in live if each.token_hash.hex() == go]
        ended = sum([await sessions.end(session, visitor.id, only=each) for each in chosen])
    if ended:
        told = {"sessions_ended": ended}
        await record(session, who=visitor.email, act="sessions_ended", subject=visitor.email, now=now, after=told)
    return RedirectResponse(f"{HOME}?done=sessions", 303)


async def own(session: Reading, visitor: Visitor, *, lock: bool = False) -> Account:
    found = await service.locked(session, visitor.id) if lock else await session.get(Account, visitor.id)
    if found is None:
        raise SignInNeeded
    return found


async def doubts(request: Request, session: Reading, account: Account, password: str, now: Now) -> tuple[str, ...]:
    """The fault, if any, with which who sits there may not be who signed in: a wrong password, or of an account that
    has none, a sign-in that is some time ago."""
    if account.password_hash is not None:
        right = await _knows_password(request, session, account, password, now)
        return () if right else ("password_wrong",)
    found = await session_of(request, session, now)
    return () if found is not None and now - found[0].begun_at <= FRESH else ("long_ago",)


async def _knows_password(request: Request, session: Reading, account: Account, password: str, now: Now) -> bool:
    """Whether it is the password. The line to the database serves others meanwhile."""
    await session.close()
    attempt = PasswordAttempt(request, account.email, account, now)
    right, _ = await passwords.verify(password, account.password_hash)
    if right:
        attempt.was_right()
    return right


async def _is_full(request: Request, session: Reading, now: Now) -> bool:
    found = await session_of(request, session, now)
    return found is not None and found[0].full


def _token_hash(request: Request) -> bytes:
    return token_hash(request.cookies.get(COOKIE, ""))


def _bytes(typed: str) -> bytes:
    try:
        return bytes.fromhex(typed)
    except ValueError:
        return b""


def _to_codes(request: Request, account: Account, codes: tuple[str, ...], now: Now) -> Response:
    response = RedirectResponse(f"{HOME}/recovery", 303)
    keep(request, response, once.CODES, {"account": account.id, "codes": codes}, now)
    return response


async def _set_up(
    request: Request,
    session: Reading,
    account: Account,
    visitor: Visitor,
    now: Now,
    secret: str,
    faults: tuple[str, ...] = (),
) -> Response:
    full = await _is_full(request, session, now)
    side, modules = factors.qr_path(factors.address_of(secret, account.email))
    page = SetUpPage(
        language=account.language,
        path=SET_UP,
        visitor=visitor if full else None,
        here="account",
        faults=faults,
        email=account.email,
        secret=factors.in_groups(secret),
        sealed=factors.seal(request.app.state.totp_key, secret, account.id, "pending").hex(),
        side=side,
        modules=modules,
        asks_password=full and account.password_hash is not None,
        must=service.needs_second_factor(account),
        replaces=account.totp_secret is not None,
    )
    return show(request, page, 422 if faults else 200)


async def show_account(
    request: Request,
    session: Reading,
    account: Account,
    visitor: Visitor,
    now: Now,
    faults: tuple[str, ...] = (),
    done: str = "",
    passkey: str = "",
) -> Response:
    """The account page; `passkey` is the name of a new one as it was typed."""
    this = _token_hash(request)
    live = await sessions.live(session, account.id, now)
    page = AccountPage(
        language=visitor.language,
        path=HOME,
        visitor=visitor,
        here="account",
        faults=faults,
        name=account.name,
        email=account.email,
        has_password=account.password_hash is not None,
        has_factor=account.totp_secret is not None,
        must_have_factor=Role(account.role) in service.SECOND_FACTOR_ROLES,
        codes_left=len(account.recovery_hashes),
        browsers=tuple(
            Browser(each.token_hash.hex(), each.begun_at, each.seen_at, each.token_hash == this) for each in live
        ),
        passkeys=tuple(Key(each.id, each.name, each.made_at) for each in await passkeys.of(session, account.id)),
        passkeys_work=here(request) is not None,
        most_passkeys=passkeys.MOST,
        passkey=passkey,
        identities=tuple(
            Bound(identities.key_of(each), each.issuer) for each in await identities.bound(session, account.id)
        ),
        done=done,
    )
    return show(request, page, 422 if faults else 200)
