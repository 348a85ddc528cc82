"""A browser without script: cookies, redirects, compressed pages, forms posted as HTML says, all over real HTTP."""

import asyncio
import ipaddress
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote_plus, urljoin, urlsplit

import brotli

from app.rehearsal.line import Line, LineBroken, Origin, Reply
from app.rehearsal.screen import Screen, read_known_screen, read_screen

Pairs = Iterable[tuple[str, str]]

MOST_REDIRECTS = 5
#: Seconds between two tries on a broken line; the last one is repeated until patience ends.
TRIES_SECONDS = (0.05, 0.1, 0.2, 0.5)


class GaveUp(Exception):
    """The server could not be reached, or was too busy, for longer than this browser's user waits."""


@dataclass
class Journal:
    """What browsers saw: seconds of each request by kind, bytes both ways with all headers, what went wrong.

    `tap`, where it is set, is told of every request and its answer as they went over the line.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    requests: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    tap: Callable[[str, bytes, Reply], None] | None = None

    def note(self, kind: str, seconds: float, sent: int, received: int) -> None:
        self.seconds.setdefault(kind, []).append(seconds)
        self.requests += 1
        self.bytes_sent += sent
        self.bytes_received += received


@dataclass
class Answer:
    """A page that arrived, after redirects. `path` is its address with the query."""

    status: int
    path: str
    reply: Reply

    @cached_property
    def text(self) -> str:
        return decode(self.reply)

    @cached_property
    def screen(self) -> Screen:
        """What can be done on it. A page as first asked for is read once for all respondents."""
        return read_known_screen(self.text) if " checked" not in self.text else read_screen(self.text)


def decode(reply: Reply) -> str:
    """The body as text. Raises ValueError when it is not what its headers say."""
    encoding = reply.header("content-encoding")
    body: bytes
    if encoding == "br":
        body = brotli.decompress(reply.body)
    elif encoding == "gzip":
        body = zlib.decompress(reply.body, 31)
    elif encoding:
        raise ValueError(f"an encoding that was not asked for: {encoding}")
    else:
        body = reply.body
    return body.decode("utf-8")


class Browser:
    """One device. `accepts` is its Accept-Encoding; it tries again on broken lines for `patience_seconds`."""

    def __init__(
        self,
        origin: Origin,
        journal: Journal,
        *,
        languages: str = "en",
        accepts: str = "gzip, br",
        patience_seconds: float = 20.0,
    ) -> None:
        self._origin = origin
        self._journal = journal
        self._patience_seconds = patience_seconds
        self._line: Line | None = None
        self.cookies: dict[tuple[str, str], str] = {}
        self._seen_styles: set[str] = set()
        self._common = (
            f"Host: {origin.netloc}\r\n"
            "User-Agent: Mozilla/5.0 (Linux; Android 8.1.0) AppleWebKit/537.36 (KHTML, like Gecko) rehearsal\r\n"
            "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
            f"Accept-Language: {languages}\r\n" + (f"Accept-Encoding: {accepts}\r\n" if accepts else "")
        )

    async def visit(self, path: str, kind: str) -> Answer:
        """The page at `path`, and its styles the first time. Raises GaveUp."""
        answer = await self._follow("GET", path, b"", kind)
        if answer.status == 200 and not self._seen_styles:
            for style in answer.screen.styles:
                self._seen_styles.add(style)
                await self._exchange(self._request("GET", style, b""), "styles")
        return answer

    async def post(self, path: str, pairs: Pairs, kind: str) -> Answer:
        """The page that a form leads to. Raises GaveUp."""
        return await self._follow("POST", path, encode(pairs), kind)

    async def post_and_lose(self, path: str, pairs: Pairs, *, whole: bool) -> None:
        """A form that leaves while the line breaks: half of it, or the `whole` of it without an answer ever read."""
        request = self._request("POST", path, encode(pairs))
        try:
            line = await self._connected()
            await line.cut(request if whole else request[: len(request) // 2])
        except OSError:
            pass
        self._line = None

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    async def _follow(self, method: str, path: str, body: bytes, kind: str) -> Answer:
        for _ in range(MOST_REDIRECTS):
            reply = await self._exchange(self._request(method, path, body), kind)
            self._keep_cookies(reply)
            if reply.status not in (301, 302, 303, 307, 308):
                return Answer(reply.status, path, reply)
            target = urlsplit(urljoin(f"{self._origin}{path}", reply.header("location")))
            path = target.path + (f"?{target.query}" if target.query else "")
            if target.netloc != self._origin.netloc:
                return Answer(reply.status, target.geturl(), reply)  # out of our site: not followed
            if reply.status == 303:
                method, body = "GET", b""
            kind = kind_of(path)
        raise GaveUp("redirected in a circle")

    async def _exchange(self, request: bytes, kind: str) -> Reply:
        """The answer, tried again as a patient person would. Every try posts the very same bytes."""
        until = time.monotonic() + self._patience_seconds
        tries = 0
        while True:
            wait = TRIES_SECONDS[min(tries, len(TRIES_SECONDS) - 1)]
            tries += 1
            try:
                line = await self._connected()
                began = time.perf_counter()
                reply = await line.exchange(request)
                self._journal.note(kind, time.perf_counter() - began, len(request), reply.wire_bytes)
                if self._journal.tap is not None:
                    self._journal.tap(kind, request, reply)
                if reply.status != 503:
                    return reply
                self._journal.faults[f"busy at {kind}"] += 1
                told = reply.header("retry-after")
                wait = float(told) if told.isdigit() else wait
            except LineBroken:
                self._journal.faults[f"line broken at {kind}"] += 1
                self._line = None
            except OSError:
                self._journal.faults["nobody listens"] += 1
                self._line = None
            if time.monotonic() + wait > until:
                raise GaveUp(kind)
            await asyncio.sleep(wait)

    async def _connected(self) -> Line:
        if self._line is None or not self._line.open:
            self._line = await Line.connect(self._origin)
        return self._line

    def _request(self, method: str, path: str, body: bytes) -> bytes:
        head = f"{method} {path} HTTP/1.1\r\n{self._common}"
        cookies = "; ".join(f"{name}={value}" for (name, at), value in self.cookies.items() if _matches(path, at))
        if cookies:
            head += f"Cookie: {cookies}\r\n"
        if method == "POST":
            # Under Referrer-Policy: no-referrer, browsers post with an origin of null.
            head += (
                "Origin: null\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: {len(body)}\r\nSec-Fetch-Site: same-origin\r\n"
            )
        return (head + "\r\n").encode() + body

    def _keep_cookies(self, reply: Reply) -> None:
        if '"cookies"' in reply.header("clear-site-data"):
            self.cookies.clear()
        for key, header in reply.headers:
            if key == "set-cookie":
                self._keep_cookie(header)

    def _keep_cookie(self, header: str) -> None:
        pair, *rest = header.split(";")
        name, _, value = pair.strip().partition("=")
        given = {key.strip().lower(): text.strip() for key, _, text in (each.partition("=") for each in rest)}
        if "secure" in given and self._origin.scheme != "https" and not _is_loopback(self._origin.host):
            return
        place = name, given.get("path") or "/"
        if given.get("max-age", "1").lstrip("-").isdigit() and int(given.get("max-age", "1")) <= 0:
            self.cookies.pop(place, None)
        else:
            self.cookies[place] = value


def encode(pairs: Pairs) -> bytes:
    """A form's fields as a browser posts them: line breaks as CR LF."""
    return "&".join(
        f"{quote_plus(name)}={quote_plus(value.replace(chr(10), chr(13) + chr(10)) if chr(10) in value else value)}"
        for name, value in pairs
    ).encode()


def kind_of(path: str) -> str:
    """What sort of page an address leads to, for the table of times."""
    plain = path.partition("?")[0]
    if "/answer/" in plain:
        return "page of everything" if plain.endswith("/answer/all") else "section"
    if "/stop/" in plain:
        return "stop"
    last = plain.rpartition("/")[2]
    return last if last in ("answer", "check", "thanks", "receipt") else "front"


def _matches(path: str, cookie_path: str) -> bool:
    plain = path.partition("?")[0]
    if plain == cookie_path:
        return True
    return plain.startswith(cookie_path) and (cookie_path.endswith("/") or plain[len(cookie_path)] == "/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
