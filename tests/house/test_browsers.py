"""The browser itself: it shows pages, obeys them, and tells what is wrong with them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.browsers import OpenPage, axe

pytestmark = pytest.mark.browser

PAGE = """<!DOCTYPE html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>Title</title>
<meta name="viewport" content="width=device-width"><script src="/script.js"></script></head>
<body><main><h1>Heading</h1><p id="p">Without script</p></main></body></html>"""
SCRIPT = "addEventListener('load', () => { document.querySelector('#p').textContent = 'With script' })"
POLICY = "default-src 'none'; script-src 'self'; img-src 'self' http://127.0.0.2"


@pytest.fixture
async def site() -> AsyncIterator[str]:
    """The address of a server with one page under a strict policy; `/barrier` is the same with an unlabelled field."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        body, kind = (SCRIPT, "text/javascript") if path == "/script.js" else (PAGE, "text/html")
        if path == "/barrier":
            body = body.replace("</main>", "<input name=field></main>")
        writer.write(
            f"HTTP/1.1 200 OK\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Security-Policy: {POLICY}\r\n"
            f"Content-Length: {len(body.encode())}\r\nConnection: close\r\n\r\n{body}".encode()
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


@pytest.mark.parametrize(("script", "words"), [(True, "With script"), (False, "Without script")])
async def test_script_runs_only_where_it_is_switched_on(
    open_page: OpenPage, site: str, script: bool, words: str
) -> None:
    page = await open_page(lang="ar", script=script)
    await page.goto(f"{site}/")
    assert await page.inner_text("#p") == words
    assert page.viewport_size == {"width": 320, "height": 640}


@pytest.mark.parametrize("script", [True, False])
async def test_axe_passes_a_sound_page_and_finds_a_barrier_under_a_strict_policy(
    open_page: OpenPage, site: str, script: bool
) -> None:
    page = await open_page(lang="ar", script=script)
    await page.goto(f"{site}/")
    assert await axe(page) == []
    assert (await page.inner_text("#p") == "With script") is script
    await page.goto(f"{site}/barrier")
    assert [line.split()[0] for line in await axe(page)] == ["label"]
