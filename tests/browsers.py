"""A real Chromium, windows of the size of a small phone, and axe-core to look for barriers in what it shows."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    *(["--no-sandbox", "--disable-dev-shm-usage"] if os.getuid() == 0 else []),
)
LOCALES = {"ar": "ar", "zh": "zh-CN", "en": "en-GB", "fr": "fr-FR", "ru": "ru-RU", "es": "es-ES"}
AXE_SECONDS = 60
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

_copying_pages: WeakKeyDictionary[Browser, Page] = WeakKeyDictionary()

OpenPage = Callable[..., Awaitable[Page]]
#: In Arabic on a small phone at every run: what holds there seldom breaks in English on a desk.
on_narrow_and_wide = pytest.mark.parametrize(
    ("lang", "width"), [pytest.param("en", 1280, marks=pytest.mark.drill), ("ar", 320)]
)


def find_chromium() -> str | None:
    """An installed Chromium that starts; on some systems the name on the PATH is only a signpost."""
    for name in NAMES:
        path = shutil.which(name)
        if path and subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0:
            return path
    return None


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One Chromium for all tests of a process."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def open_page(chromium: Browser) -> AsyncIterator[OpenPage]:
    """`await open_page(lang="ar", script=False, width=320, height=640)`: a page in a context of its own, as on a new
    phone. Further keywords go to Playwright's new_context (`forced_colors`, `color_scheme`, `base_url` ...).

    At the end of the test it fails if a page threw an error, broke its content security policy, did not get what it
    needs, or asked any address but this machine's for anything.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    async def open_one(
        *, lang: str = "en", script: bool = True, width: int = 320, height: int = 640, **options: object
    ) -> Page:
        context = await chromium.new_context(
            java_script_enabled=script,
            locale=LOCALES[lang],
            viewport={"width": width, "height": height},
            timezone_id="UTC",
            **options,  # type: ignore[arg-type]
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = await context.new_page()
        _watch(page, faults)
        return page

    yield open_one
    for context in contexts:
        await context.close()
    assert not faults, "\n".join(faults)


def _watch(page: Page, faults: list[str]) -> None:
    def note_request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in LOOPBACK:
            faults.append(f"{page.url} asked {request.url}")

    def note_message(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(f"{page.url}: {message.text}")

    def note_response(response: Response) -> None:
        # Pages may say that something is not here, and forms that something must be mended; what pages need is there.
        if response.status >= 400 and response.request.resource_type not in ("document", "fetch", "xhr"):
            faults.append(f"{page.url} got {response.status} for {response.url}")

    page.on("request", note_request)
    page.on("response", note_response)
    page.on("console", note_message)
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))


async def axe(page: Page) -> list[str]:
    """What axe-core finds wrong with what `page` shows, one line for each place; empty when nothing.

    Evaluated by the debugger, since the page's own policy would refuse a script tag, and rightly. axe waits for
    promises, which never come where script is switched off: there it examines a copy, the same elements under the same
    address and style sheets in a window of the same size, without the page's own scripts.
    """
    if not await page.evaluate("matchMedia('(scripting: none)').matches"):
        return await _examine(page)
    elements = re.sub(r"<script\b.*?</script>", "", await page.content(), flags=re.DOTALL)
    address = page.url.partition("#")[0]
    copy = await _copying_page(page)
    await copy.unroute_all()
    await copy.route(
        lambda asked: asked == address,
        lambda route: route.fulfill(body=elements, content_type="text/html; charset=utf-8"),
    )
    await copy.goto(address)
    return await _examine(copy)


async def _copying_page(page: Page) -> Page:
    """A page with script for copies of `page`, in a window of the same size. One serves all tests of a browser, since
    a new one for each copy takes longer than the examination."""
    browser = page.context.browser
    assert browser is not None
    if browser not in _copying_pages:
        _copying_pages[browser] = await (await browser.new_context()).new_page()
    if page.viewport_size:
        await _copying_pages[browser].set_viewport_size(page.viewport_size)
    return _copying_pages[browser]


async def _examine(page: Page) -> list[str]:
    await page.evaluate(_axe_source())
    async with asyncio.timeout(AXE_SECONDS):
        found = await page.evaluate(
            "async () => JSON.stringify((await axe.run(document, {resultTypes: ['violations']})).violations)"
        )
    violations = json.loads(found)
    return [
        f"{violation['id']} ({violation['impact']}): {violation['help']}: {' '.join(map(str, node['target']))}"
        for violation in violations
        for node in violation["nodes"]
    ]


async def tab_to(page: Page, selector: str) -> None:
    """What the selector names has the focus, by the keyboard alone."""
    for _ in range(200):
        await page.keyboard.press("Tab")
        if await page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} is out of the keyboard's reach")


def _axe_source() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


async def _ask_playwright() -> str:
    async with async_playwright() as playwright:
        return playwright.chromium.executable_path


def main() -> int:
    """Prints which Chromium the tests will start; 1 when there is none."""
    found = find_chromium() or asyncio.run(_ask_playwright())
    there = Path(found).exists()
    print(found if there else "none")
    return 0 if there else 1


if __name__ == "__main__":
    sys.exit(main())
