"""Sign-in at a provider: there and back. Without a provider in the settings nothing is here."""

import hmac
from dataclasses import dataclass
from typing import ClassVar

import structlog
from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.errors import NotFound
from app.staff import identities, once, service
from app.staff.browser_routes import NetworkAttempt, drop, keep, kept, language_before
from app.staff.door import session_of
from app.staff.oidc import BROKEN, REFUSED, SLOW, UNREACHABLE, NotVouchedFor, Provider, Vouched
from app.staff.pages import DeskPage, show
from app.staff.routes import arrive, leave_in_trail, next_for
from app.web.deps import Now, Reading, Writing

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/staff/oidc")
#: The browser came back from a way that it did not leave on, or a second time; the person thought better of it.
ASTRAY, CANCELLED = "astray", "cancelled"
STATUS = {UNREACHABLE: 502, BROKEN: 502, SLOW: 504, REFUSED: 403, ASTRAY: 409, CANCELLED: 403}
#: As OAuth 2.0 calls it, and what some providers say when somebody presses Cancel.
CANCELLING = frozenset({"access_denied", "consent_required"})
LONGEST_CODE = 4000


@dataclass(frozen=True, kw_only=True)
class NotSignedInPage(DeskPage):
    """`kind` is what went wrong. Whether the person has an account here is not told."""

    template: ClassVar[str] = "staff/not_signed_in.html"

    kind: str
    provider: str


@router.get("")
async def depart(request: Request, now: Now, session: Reading) -> Response:
    """The way to the provider."""
    provider = _provider(request)
    found = await session_of(request, session, now)
    if found is not None:
        return RedirectResponse(next_for(found[1], full=found[0].full), 303)
    await session.close()
    attempt = NetworkAttempt(request, now)
    try:
        departure = await provider.depart(now)
    except NotVouchedFor as fault:
        return _not_signed_in(request, provider, fault.kind, str(fault))
    attempt.was_right()
    response = RedirectResponse(departure.address, 303)
    told = {"state": departure.state, "nonce": departure.nonce, "verifier": departure.verifier}
    keep(request, response, once.PROVIDER, told, now)
    return response


@router.get("/back")
async def back(
    request: Request, now: Now, session: Writing, code: str = "", state: str = "", iss: str = "", error: str = ""
) -> Response:
    """Who left from this browser and is vouched for by the provider is signed in, as far as the provider goes. The way
    back is open once."""
    provider = _provider(request)
    left = kept(request, once.PROVIDER, now)
    if left is None or not hmac.compare_digest(left["state"].encode(), state.encode()):
        return _not_signed_in(request, provider, ASTRAY, "no such way, or not of this browser")
    if error:
        kind = CANCELLED if error in CANCELLING else BROKEN
        return _not_signed_in(request, provider, kind, f"it sent the browser back with {error[:60]!a}")
    attempt = NetworkAttempt(request, now)
    try:
        vouched = await provider.arrive(
            code[:LONGEST_CODE], iss, nonce=left["nonce"], verifier=left["verifier"], now=now
        )
        email = "" if await identities.known(session, vouched) else await _address(session, provider, vouched, now)
    except NotVouchedFor as fault:
        if fault.kind == REFUSED:
            return _refused(request, provider, "provider", str(fault), now)
        return _not_signed_in(request, provider, fault.kind, str(fault))
    if not await once.spend(session, state, now):
        return _not_signed_in(request, provider, ASTRAY, "the way was gone before")
    account = await identities.account_of(session, vouched) or await identities.bind(session, vouched, email, now)
    if isinstance(account, str):
        return _refused(request, provider, email or "provider", account, now)
    attempt.was_right()
    response = await arrive(request, session, account, now, proved=vouched.strong, by=vouched.issuer)
    drop(request, response, once.PROVIDER)
    return response


def _provider(request: Request) -> Provider:
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise NotFound
    return provider


async def _address(session: Writing, provider: Provider, vouched: Vouched, now: Now) -> str:
    # While the provider answers, the line to the database serves others.
    await session.close()
    return await provider.address_of(vouched, now)


def _refused(request: Request, provider: Provider, subject: str, why: str, now: Now) -> Response:
    """One answer for everybody who is not let in, and a row of the trail, written afterwards."""
    response = _not_signed_in(request, provider, REFUSED, why)
    response.background = BackgroundTask(
        leave_in_trail, request, who=service.STRANGER, act="sign_in_failed", subject=subject[:200], now=now, reason=why
    )
    return response


def _not_signed_in(request: Request, provider: Provider, kind: str, why: str) -> Response:
    log.warning("not signed in at the provider", kind=kind, why=why)
    page = NotSignedInPage(
        language=language_before(request), path="/staff/sign-in", visitor=None, kind=kind, provider=provider.name
    )
    response = show(request, page, STATUS[kind])
    drop(request, response, once.PROVIDER)
    return response
