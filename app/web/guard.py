"""What holds for every request: limits, forms of our own pages only, and the headers that keep a page to itself.

Harm prevented: a page of another site that posts answers in a child's name; a third party that learns who reads
what; a shared phone whose next user pages back into someone's answers.
"""

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import AppError, BodyTooLarge, ForeignForm
from app.web.failures import answer_failure
from app.web.robots import NO_INDEX, is_unlisted

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_NO_STORE = (b"cache-control", b"no-store")
_READING = ("GET", "OPTIONS")


class Guard:
    """ASGI middleware. What it refuses is answered with a page and never reaches the application."""

    def __init__(self, app: ASGIApp, max_body_bytes: int, max_upload_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._max_upload_bytes = max_upload_bytes

    def _most(self, scope: Scope) -> int:
        """How large a form may be: at the desk files are uploaded."""
        return self._max_upload_bytes if scope["path"].startswith("/staff/") else self._max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        asks_for_headers = scope["method"] == "HEAD"
        if asks_for_headers:
            # Every page can be asked for its headers; the routes know only GET.
            scope = {**scope, "method": "GET"}

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.body" and asks_for_headers:
                message["body"] = b""
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                names = {name for name, _ in headers}
                headers.extend(header for header in HEADERS if header[0] not in names)
                if b"cache-control" not in names:
                    headers.append(_NO_STORE)
                if b"x-robots-tag" not in names and is_unlisted(scope["raw_path"], scope["query_string"]):
                    headers.append(NO_INDEX)
                message["headers"] = headers
            await send(message)

        if scope["method"] in _READING:
            await self._answer(scope, receive, send_guarded)
            return

        read, most = 0, self._most(scope)

        async def receive_limited() -> Message:
            nonlocal read
            message = await receive()
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                if read > most:
                    raise BodyTooLarge
            return message

        refused = self._refusal(scope)
        if refused is not None:
            await _drain(receive)
            response = answer_failure(Request(scope), refused.page, refused.status)
            await response(scope, receive, send_guarded)
            return
        await self._answer(scope, receive_limited, send_guarded)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs the application. What it raises after it answered was logged there, without a word of its message: the
        server would print it whole, with what the database said of somebody's answers."""
        begun = False

        async def send_and_know(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_know)
        except Exception:
            if not begun:
                raise

    def _refusal(self, scope: Scope) -> AppError | None:
        headers: MutableMapping[bytes, bytes] = dict(scope["headers"])
        if _is_foreign(headers):
            return ForeignForm()
        length = headers.get(b"content-length", b"")
        return BodyTooLarge() if length.isdigit() and int(length) > self._most(scope) else None


def _is_foreign(headers: MutableMapping[bytes, bytes]) -> bool:
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site not in (b"same-origin", b"none")
    origin = headers.get(b"origin")
    if origin is None or origin == b"null":
        # A script, which has nobody's cookies; or an older browser, which under our no-referrer policy hides the origin
        # of our own forms. There SameSite=Lax keeps the journey cookie from the forms of other sites.
        return False
    try:
        return urlsplit(origin.decode("latin-1")).netloc.encode() != headers.get(b"host", b"")
    except ValueError:
        return True


#: How much of a refused body is read, so that the client gets its page instead of a broken line.
_DRAIN_BYTES = 8 * 1024 * 1024


async def _drain(receive: Receive) -> None:
    read = 0
    while read < _DRAIN_BYTES:
        message: dict[str, Any] = dict(await receive())
        read += len(message.get("body", b""))
        if not message.get("more_body"):
            return
