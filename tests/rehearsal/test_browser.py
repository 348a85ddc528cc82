"""The rehearsal's browser, against small servers that answer as told."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import brotli
import pytest

from app.rehearsal.browser import Browser, GaveUp, Journal, encode
from app.rehearsal.line import Origin

Script = Callable[[str, str, bytes], bytes | None]
"""Request line, headers and body to the bytes of the answer; None breaks the line."""


@asynccontextmanager
async def serving(script: Script) -> AsyncIterator[Origin]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                line, _, headers = head.partition("\r\n")
                lengths = [each for each in headers.split("\r\n") if each.startswith("Content-Length")]
                length = int(lengths[0][15:]) if lengths else 0
                answer = script(line, headers, await reader.readexactly(length))
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield Origin("http", "127.0.0.1", server.sockets[0].getsockname()[1])


def reply(status: int = 200, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Told", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def test_cookies_are_kept_by_path_sent_back_and_dropped() -> None:
    seen: list[str] = []

    def script(line: str, headers: str, _body: bytes) -> bytes:
        seen.append(next((each[8:] for each in headers.split("\r\n") if each.startswith("Cookie: ")), ""))
        if line.startswith("GET /set"):
            return reply(200, b"", "Set-Cookie: a=1; Path=/; HttpOnly", "Set-Cookie: b=2; Path=/deep")
        if line.startswith("GET /drop"):
            return reply(200, b"", "Set-Cookie: a=; Path=/; Max-Age=0")
        return reply()

    async with serving(script) as origin:
        browser = Browser(origin, Journal())
        for path in ("/set", "/deep/er", "/deeper", "/drop", "/deep"):
            await browser.visit(path, "front")
        browser.close()
    assert seen == ["", "a=1; b=2", "a=1", "a=1", "b=2"]


async def test_a_post_follows_its_303_with_a_get_and_the_anchor_stays_here() -> None:
    lines: list[str] = []

    def script(line: str, _headers: str, body: bytes) -> bytes:
        lines.append(f"{line} {body.decode()}".strip())
        return reply(303, b"", "Location: /next?x=1#CB04") if line.startswith("POST") else reply(200, b"here")

    async with serving(script) as origin:
        browser = Browser(origin, Journal())
        answer = await browser.post("/form", [("CB18", "a b\nü")], "section posted")
        browser.close()
    assert lines == ["POST /form HTTP/1.1 CB18=a+b%0D%0A%C3%BC", "GET /next?x=1 HTTP/1.1"]
    assert (answer.path, answer.text) == ("/next?x=1", "here")


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("br", brotli.compress)])
async def test_compressed_pages_are_read_and_counted_as_they_came(
    encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    body = "ما رأيك؟".encode() * 500
    whole = reply(200, pack(body), f"Content-Encoding: {encoding}")

    async with serving(lambda *_: whole) as origin:
        journal = Journal()
        browser = Browser(origin, journal)
        answer = await browser.visit("/", "front")
        browser.close()
    assert answer.text.encode() == body
    assert journal.bytes_received == len(whole)


async def test_a_broken_line_is_tried_again_with_the_very_same_bytes() -> None:
    bodies: list[bytes] = []

    def script(_line: str, _headers: str, body: bytes) -> bytes | None:
        bodies.append(body)
        return None if len(bodies) < 3 else reply(200, b"done")

    async with serving(script) as origin:
        journal = Journal()
        browser = Browser(origin, journal)
        answer = await browser.post("/send", [("go", "send")], "send")
        browser.close()
    assert answer.text == "done"
    assert bodies == [b"go=send"] * 3
    assert journal.faults == {"line broken at send": 2}


async def test_a_server_that_stays_busy_is_given_up() -> None:
    async with serving(lambda *_: reply(503, b"", "Retry-After: 5")) as origin:
        browser = Browser(origin, Journal(), patience_seconds=0.2)
        with pytest.raises(GaveUp):
            await browser.visit("/", "front")
        browser.close()


async def test_another_site_is_not_visited() -> None:
    async with serving(lambda *_: reply(303, b"", "Location: https://elsewhere.example/")) as origin:
        browser = Browser(origin, Journal())
        answer = await browser.visit("/en/exit", "exit")
        browser.close()
    assert (answer.status, answer.path) == (303, "https://elsewhere.example/")


def test_a_form_is_posted_in_the_order_of_the_page() -> None:
    assert encode([("b", "2"), ("a", ""), ("b", "1&1")]) == b"b=2&a=&b=1%261"
