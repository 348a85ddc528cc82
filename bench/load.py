"""A light load generator: many keep-alive connections in one thread, requests made beforehand, cookies passed on.

It shares the processors with the server that it measures, so it does as little as it can: a request is two pieces of
bytes with the cookies between them, an answer is read up to its Content-Length.
"""

import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.serving import LOOPBACK

Cookies = dict[bytes, bytes]
_READ_BYTES = 262_144


@dataclass(frozen=True)
class Ask:
    """One request: `before` up to the place of the Cookie header, `after` from there. `expect` is its status."""

    before: bytes
    after: bytes
    expect: int

    def with_cookies(self, cookies: Cookies) -> bytes:
        if not cookies:
            return self.before + self.after
        pairs = b"; ".join(name + b"=" + value for name, value in cookies.items())
        return b"%sCookie: %s\r\n%s" % (self.before, pairs, self.after)


@dataclass(frozen=True)
class Script:
    """Requests that one client makes one after the other, beginning with `cookies`. `fresh` asks for a new line."""

    asks: tuple[Ask, ...]
    cookies: Cookies = field(default_factory=dict)
    fresh: bool = False


@dataclass
class Counted:
    """What came of a load. `latencies` are seconds of single requests."""

    scripts: int = 0
    requests: int = 0
    seconds: float = 0.0
    received_bytes: int = 0
    latencies: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)

    @property
    def scripts_per_second(self) -> float:
        return self.scripts / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """Milliseconds that this share of requests did not exceed."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[round((len(ordered) - 1) * share)] if ordered else 0.0


class _Client:
    __slots__ = ("ask", "began", "buffer", "cookies", "line", "needed", "script", "step")

    ask: Ask
    began: float
    cookies: Cookies
    script: Script
    step: int

    def __init__(self) -> None:
        self.line: socket.socket | None = None
        self.buffer = b""
        self.needed = 0


def load(port: int, scripts: Iterator[Script], clients: int, seconds: float) -> Counted:
    """`clients` at once have done scripts for `seconds`, or until there were no more. Each finishes what it began."""
    counted = Counted()
    began = time.perf_counter()
    until = began + seconds
    selector = selectors.DefaultSelector()
    busy = 0

    def begin(client: _Client) -> bool:
        script = next(scripts, None) if time.perf_counter() < until else None
        if script is None:
            if client.line is not None:
                selector.unregister(client.line)
                client.line.close()
                client.line = None
            return False
        client.script, client.step, client.cookies = script, 0, dict(script.cookies)
        if client.line is None or script.fresh:
            connect(client)
        ask(client)
        return True

    def connect(client: _Client) -> None:
        if client.line is not None:
            selector.unregister(client.line)
            client.line.close()
        client.line = socket.create_connection((LOOPBACK, port))
        client.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(client.line, selectors.EVENT_READ, client)

    def ask(client: _Client) -> None:
        client.ask = client.script.asks[client.step]
        client.buffer, client.needed = b"", 0
        client.began = time.perf_counter()
        if client.line is not None:
            client.line.sendall(client.ask.with_cookies(client.cookies))

    def hear(client: _Client) -> None:
        nonlocal busy
        data = client.line.recv(_READ_BYTES) if client.line is not None else b""
        if not data:
            counted.wrong["line broken"] += 1
            connect(client)
            busy += begin(client) - 1
            return
        client.buffer = client.buffer + data if client.buffer else data
        if not client.needed:
            client.needed = _length(client.buffer)
        if not client.needed or len(client.buffer) < client.needed:
            return
        counted.latencies.append(time.perf_counter() - client.began)
        counted.requests += 1
        counted.received_bytes += client.needed
        status = int(client.buffer[9:12])
        if status != client.ask.expect:
            counted.wrong[f"{status} instead of {client.ask.expect}"] += 1
            busy += begin(client) - 1
            return
        _pass_on(client.buffer, client.cookies)
        client.step += 1
        if client.step < len(client.script.asks):
            ask(client)
            return
        counted.scripts += 1
        busy += begin(client) - 1

    busy = sum(begin(_Client()) for _ in range(clients))
    while busy:
        for key, _ in selector.select(30):
            hear(key.data)
    counted.seconds = time.perf_counter() - began
    selector.close()
    return counted


def _length(buffer: bytes) -> int:
    """Bytes of the whole answer, or 0 while its head is not complete. Our server always tells the length."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return 0
    place = buffer.find(b"content-length: ", 0, end)
    length = int(buffer[place + 16 : buffer.find(b"\r\n", place)]) if place >= 0 else 0
    return end + 4 + length


def _pass_on(answer: bytes, cookies: Cookies) -> None:
    """The client's cookies are what the answer set and dropped."""
    place = answer.find(b"set-cookie: ")
    while place >= 0:
        name, _, value = answer[place + 12 : answer.find(b";", place)].partition(b"=")
        if value:
            cookies[name] = value
        else:
            cookies.pop(name, None)
        place = answer.find(b"set-cookie: ", place + 12)
