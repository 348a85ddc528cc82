"""What the desk leaves in a browser: the session's cookie, the mark of a browser that has signed in, the language, and
for some minutes what is on its way."""

import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.staff import once
from app.staff.attempts import FREE_FOR_A_NETWORK, Attempts, network_of
from app.staff.door import COOKIE
from app.staff.models import Account
from app.web.deps import Now
from app.web.failures import DESK_LANGUAGE
from app.web.i18n import LANGUAGES, negotiate

#: A random name of the browser, and for each account that has signed in here a keyed hash of name and account.
DEVICE = "desk-device"
YEAR_SECONDS = 365 * 24 * 3600
#: Accounts of one browser whose marks are kept.
MOST_MARKS = 8
_NAMED = re.compile(r"[0-9a-f]{32}(?:~[0-9a-f]{32})*")


def set_session(request: Request, response: Response, token: str) -> None:
    """The browser brings the token with every request to the desk, until it is closed."""
    _set(request, response, COOKIE, token, None)


def drop_session(request: Request, response: Response) -> None:
    _set(request, response, COOKIE, "", 0)


def set_language(request: Request, response: Response, language: str) -> None:
    _set(request, response, DESK_LANGUAGE, language, YEAR_SECONDS)


def language_before(request: Request) -> str:
    """The language of pages before sign-in: the one that was chosen here, else what the browser likes."""
    chosen = request.cookies.get(DESK_LANGUAGE, "")
    return chosen if chosen in LANGUAGES else negotiate(request.headers.get("accept-language", ""))


def keep(request: Request, response: Response, purpose: str, told: Mapping[str, Any], now: Now) -> None:
    """The browser carries what is told, sealed, until it is dropped or too old. `purpose` is one of once.py."""
    sealed = once.seal(request.app.state.way_key, purpose, told, now)
    _set(request, response, f"desk-{purpose}", sealed, int(once.LASTS[purpose].total_seconds()))


def kept(request: Request, purpose: str, now: Now) -> dict[str, Any] | None:
    """What the browser carries for that purpose, or None."""
    return once.unseal(request.app.state.way_key, purpose, request.cookies.get(f"desk-{purpose}", ""), now)


def drop(request: Request, response: Response, purpose: str) -> None:
    _set(request, response, f"desk-{purpose}", "", 0)


def mark_device(request: Request, response: Response, account: Account) -> None:
    """The browser is known to have signed in to this account."""
    name, marks = _marks(request)
    name = name or secrets.token_hex(16)
    mark = _mark(request, account, name)
    marks = [mark, *(each for each in marks if each != mark)][:MOST_MARKS]
    _set(request, response, DEVICE, "~".join([name, *marks]), YEAR_SECONDS)


def device_of(request: Request, account: Account | None) -> str:
    """The name of this browser if it has signed in to the account before, else nothing."""
    name, marks = _marks(request)
    if account is None or not name:
        return ""
    mark = _mark(request, account, name)
    return name if any(hmac.compare_digest(mark, each) for each in marks) else ""


def _marks(request: Request) -> tuple[str, list[str]]:
    brought = request.cookies.get(DEVICE, "")
    if len(brought) > 33 * (MOST_MARKS + 1) or not _NAMED.fullmatch(brought):
        return "", []
    name, *marks = brought.split("~")
    return name, marks


def _mark(request: Request, account: Account, name: str) -> str:
    key: bytes = request.app.state.staff_hash_key
    return hmac.digest(key, f"device:{account.id}:{name}".encode(), "sha256").hex()[:32]


class NetworkAttempt:
    """One try to sign in with what cannot be guessed: counted on the network it comes from, so that nobody keeps us or
    a provider busy with tries. Raises TooManyAttempts if it came too soon."""

    def __init__(self, request: Request, now: Now) -> None:
        self._attempts: Attempts = request.app.state.attempts
        network = network_of(request.client.host if request.client else "")
        self._own = self._attempts.count("network", network, now=now, free=FREE_FOR_A_NETWORK)

    def was_right(self) -> None:
        """Counts as none."""
        self._attempts.take_back(self._own)


class PasswordAttempt:
    """One try of a password, counted before it is known to be right. Raises TooManyAttempts if it came too soon."""

    def __init__(self, request: Request, email: str, account: Account | None, now: Now) -> None:
        self._attempts: Attempts = request.app.state.attempts
        device = device_of(request, account)
        network = network_of(request.client.host if request.client else "")
        # Guesses at many accounts from one network; a browser that was here before does not suffer from them.
        self._network = None if device else self._attempts.count("network", network, now=now, free=FREE_FOR_A_NETWORK)
        self._own = self._attempts.count("password", email, device or network, now=now)

    def was_right(self) -> None:
        """Counts as none."""
        self._attempts.forget(self._own)
        if self._network is not None:
            self._attempts.take_back(self._network)


class CodeAttempt:
    """One try of a second factor, which only who knows the password can make: counted on the account wherever it comes
    from, but apart for a browser that has signed in before. Raises TooManyAttempts if it came too soon."""

    def __init__(self, request: Request, account: Account, now: Now) -> None:
        self._attempts: Attempts = request.app.state.attempts
        self._own = self._attempts.count("code", account.id, device_of(request, account), now=now)

    def was_right(self) -> None:
        self._attempts.forget(self._own)


def _set(request: Request, response: Response, name: str, value: str, seconds: int | None) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/staff",
        httponly=True,
        samesite="lax",
        secure=request.app.state.settings.secure_cookies or request.url.scheme == "https",
    )
