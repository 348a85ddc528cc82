"""Pages that are the same for everybody are bytes: rendered and compressed once, sent by a small ASGI application
that stands before FastAPI.

A route offers its page with `Shelf.put`; `Shelf` answers the next requests for that address until the page is too old
or somebody calls `clear`.
"""

import asyncio
import gzip
import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

import brotli
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.robots import NO_INDEX, is_unlisted

Header = tuple[bytes, bytes]

#: More addresses than we have pages: a bound against invented query strings.
MOST_PAGES = 2000
A_DAY = "public, max-age=86400"
IMMUTABLE = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Shelved:
    """One page in all its encodings, each with its complete headers; `until` on the monotonic clock, in seconds.

    `for_strangers`: whoever brings a cookie gets an answer of its own from the application instead.
    """

    etag: bytes
    plain: tuple[list[Header], bytes]
    gzip: tuple[list[Header], bytes]
    brotli: tuple[list[Header], bytes]
    unchanged: list[Header]
    until: float
    for_strangers: bool = False

    def best_for(self, accepted: bytes) -> tuple[list[Header], bytes]:
        if b"br" in accepted:
            return self.brotli
        return self.gzip if b"gzip" in accepted else self.plain


def shelve(
    body: bytes, content_type: str, cache_control: str, until: float, more: Iterable[Header] = (), quality: int = 11
) -> Shelved:
    """`body` ready to be sent. `quality` is that of Brotli, 0 to 11, and of gzip up to 9; 0 leaves it as it is, as for
    what is packed already.

    11 is for what is made once when the service starts: it takes 100 times as long as 5, and everybody waits.
    """
    etag = b'"' + hashlib.sha256(body).hexdigest()[:20].encode() + b'"'
    common = [
        (b"etag", etag),
        (b"cache-control", cache_control.encode()),
        (b"vary", b"Accept-Encoding, HX-Request"),
        *more,
    ]

    def variant(encoded: bytes, encoding: bytes) -> tuple[list[Header], bytes]:
        headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(encoded)).encode()), *common]
        if encoding:
            headers.append((b"content-encoding", encoding))
        return headers, encoded

    plain = variant(body, b"")
    return Shelved(
        etag=etag,
        plain=plain,
        gzip=variant(gzip.compress(body, min(quality, 9), mtime=0), b"gzip") if quality else plain,
        brotli=variant(brotli.compress(body, quality=quality), b"br") if quality else plain,
        unchanged=common,
        until=until,
    )


class Shelf:
    """Pages by address, and the ASGI application that sends them or hands the request on."""

    def __init__(self, more: Iterable[Header]) -> None:
        self._pages: dict[bytes, Shelved] = {}
        self._more = tuple(more)
        self.behind: ASGIApp = _nothing_behind

    def put(self, address: str, body: str, seconds: float, *, for_strangers: bool = False) -> Shelved:
        """`body` answers requests for `address` (path and query) for so many seconds.

        for_strangers: only requests without a cookie, and no browser or proxy stores it.
        """
        made = shelve(
            body.encode(),
            "text/html; charset=utf-8",
            "no-store" if for_strangers else "public, max-age=30",
            time.monotonic() + seconds,
            (*self._more, NO_INDEX) if is_unlisted(*_parts(address)) else self._more,
            9,
        )
        page = replace(made, for_strangers=for_strangers)
        self._keep(address, page)
        return page

    async def put_file(
        self, address: str, body: bytes, content_type: str, seconds: float, more: Iterable[Header] = ()
    ) -> Shelved:
        """The same for a file, which may be large: it is packed beside the event loop, unless it is packed already."""
        plain = content_type.partition(";")[0]
        is_text = plain.startswith("text/") or plain.endswith(("/json", "+json", "+xml"))
        made = await asyncio.to_thread(
            shelve,
            body,
            content_type,
            "public, max-age=30",
            time.monotonic() + seconds,
            (*self._more, *more),
            5 if is_text else 0,
        )
        self._keep(address, made)
        return made

    def _keep(self, address: str, page: Shelved) -> None:
        if len(self._pages) >= MOST_PAGES:
            # Pages of partners' links that nobody asks for any more must not keep the others out.
            now = time.monotonic()
            self._pages = {path: kept for path, kept in self._pages.items() if kept.until > now}
        if len(self._pages) < MOST_PAGES:
            self._pages[address.encode()] = page

    def put_asset(self, path: str, content: bytes, content_type: str, cache_control: str = IMMUTABLE) -> None:
        self._pages[path.encode()] = shelve(content, content_type, cache_control, float("inf"), self._more)

    def clear(self) -> None:
        """No page is known any more, but assets stay."""
        self._pages = {path: page for path, page in self._pages.items() if page.until == float("inf")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            address = scope["raw_path"]
            if scope["query_string"]:
                address += b"?" + scope["query_string"]
            page = self._pages.get(address)
            if page is not None and page.until <= time.monotonic():
                del self._pages[address]
            elif page is not None and not (page.for_strangers and _is_known(scope)):
                await send_shelved(page, scope, send)
                return
        await self.behind(scope, receive, send)


async def answer_file(
    request: Request, body: bytes, content_type: str, more: Iterable[Header] = (), address: str = ""
) -> Response:
    """The file, kept as bytes for everybody: the next who ask are answered before any of this runs. `address`, path and
    query, is that of the request unless another is given."""
    shelf: Shelf = request.app.state.shelf
    seconds: float = request.app.state.settings.shelved_seconds
    return answer_shelved(request, await shelf.put_file(address or request.url.path, body, content_type, seconds, more))


def answer_shelved(request: Request, page: Shelved) -> Response:
    """The page to whoever had it shelved; 304 when that client has it already."""
    known = request.headers.get("if-none-match", "").encode()
    if known and (known == b"*" or page.etag in known):
        response = Response(status_code=304)
        response.raw_headers = list(page.unchanged)
        return response
    headers, body = page.best_for(request.headers.get("accept-encoding", "").encode())
    response = Response(body)
    response.raw_headers = list(headers)
    return response


def _parts(address: str) -> tuple[bytes, bytes]:
    path, _, query = address.encode().partition(b"?")
    return path, query


def _is_known(scope: Scope) -> bool:
    """Whether the request must be answered for itself: it brings a cookie, or htmx asks for a part."""
    return any(name in (b"cookie", b"hx-request") for name, _ in scope["headers"])


async def _nothing_behind(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("the shelf was not given an application to stand before")


async def send_shelved(page: Shelved, scope: Scope, send: Send) -> None:
    """The page in the best encoding that is accepted, or 304 when the client has it already."""
    accepted = known = b""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            accepted = value
        elif name == b"if-none-match":
            known = value
    if known and (known == b"*" or page.etag in known):
        await send({"type": "http.response.start", "status": 304, "headers": page.unchanged})
        await send({"type": "http.response.body", "body": b""})
        return
    headers, body = page.best_for(accepted)
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
