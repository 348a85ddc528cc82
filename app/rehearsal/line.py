"""A keep-alive connection that speaks HTTP/1.1 for a browser, and the count of every byte that passes."""

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

import httptools

#: A server that has not answered by then has failed, whatever it is still doing.
ANSWER_SECONDS = 60.0


class LineBroken(ConnectionError):
    """The connection ended before the whole answer was there: nobody knows whether the request was carried out."""


@dataclass(frozen=True)
class Origin:
    """Where a server listens."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> "Origin":
        """Raises ValueError for what is no http or https address."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no address of a server: write it like http://127.0.0.1:8000")
        return cls(parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))

    @property
    def netloc(self) -> str:
        usual = 443 if self.scheme == "https" else 80
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == usual else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}"


@dataclass
class Reply:
    """An answer as it came: `body` still encoded, `wire_bytes` with the status line and all headers."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    wire_bytes: int = 0

    def header(self, name: str) -> str:
        """The first header of that name, in small letters, or ""."""
        return next((value for key, value in self.headers if key == name), "")


class Line(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Reply] | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._reply = Reply()
        self._body: list[bytes] = []
        self.open = False

    @classmethod
    async def connect(cls, origin: Origin) -> "Line":
        """Raises OSError when nobody listens."""
        secure = ssl.create_default_context() if origin.scheme == "https" else None
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(cls, origin.host, origin.port, ssl=secure)
        return line

    async def exchange(self, request: bytes) -> Reply:
        """The answer to a request. Raises LineBroken."""
        if self._transport is None or not self.open:
            raise LineBroken
        self._reply, self._body = Reply(), []
        self._parser = httptools.HttpResponseParser(self)
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._waiting
        except TimeoutError as late:
            self.close()
            raise LineBroken from late

    async def cut(self, request: bytes) -> None:
        """The bytes leave, and the line breaks before any answer."""
        if self._transport is not None:
            self._transport.write(request)
        self.close()
        await asyncio.sleep(0)

    def close(self) -> None:
        self.open = False
        if self._transport is not None:
            self._transport.close()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.open = True

    def data_received(self, data: bytes) -> None:
        self._reply.wire_bytes += len(data)
        if self._parser is None:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    def connection_lost(self, _fault: Exception | None) -> None:
        self.open = False
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(LineBroken())

    # What the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        self._reply.headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        if self._parser is None or self._waiting is None:
            return
        self._reply.status = self._parser.get_status_code()
        if self._reply.status < 200:
            return
        self._reply.body = b"".join(self._body)
        if not self._parser.should_keep_alive():
            self.close()
        if not self._waiting.done():
            self._waiting.set_result(self._reply)
