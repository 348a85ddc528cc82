"""Looks at pages of the desk in a real browser: barriers, width, the reach of the keyboard; with pictures on demand."""

import os
import re

from playwright.async_api import Page

from app.staff.door import COOKIE
from tests.browsers import axe

#: Where pictures are put for whoever wants to look; nowhere by default.
SHOTS = os.environ.get("SHOTS", "")
#: Everything that can be reached must show where the focus is, by a line that can be seen.
WITHIN_REACH = """() => {
  const faults = [];
  const wanted = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
  for (const each of document.querySelectorAll(wanted)) {
    if (!each.checkVisibility()) continue;
    const named = each.outerHTML.slice(0, 120);
    if (each.tabIndex !== 0) faults.push('out of order: ' + named);
    each.focus();
    if (document.activeElement !== each) { faults.push('cannot be reached: ' + named); continue; }
    const line = getComputedStyle(each);
    if (line.outlineStyle === 'none' || parseFloat(line.outlineWidth) < 2) faults.push('no focus seen: ' + named);
    const box = each.getBoundingClientRect();
    if (box.width < 12 || box.height < 12) faults.push('too small: ' + named);
  }
  document.activeElement.blur();
  return faults;
}"""


class Looker:
    """Goes from page to page in one window, and keeps what it found wrong until the end."""

    def __init__(self, page: Page, site: str, name: str) -> None:
        self.page, self.site, self.name = page, site, name
        self.faults: list[str] = []
        self.seen = 0

    async def sign_in(self, token: str) -> None:
        await self.page.context.clear_cookies()
        if token:
            await self.page.context.add_cookies([{"name": COOKIE, "value": token, "url": f"{self.site}/staff"}])

    async def go(self, path: str, name: str = "", *, must: bool = True) -> bool:
        """Looks at the page there, if there is one; where it `must` be, another answer is a fault."""
        response = await self.page.goto(self.site + path)
        assert response is not None
        if response.status >= 400:
            if must or response.status >= 500:
                self.faults.append(f"{path}: {response.status}")
            return False
        await self.look(name or re.sub(r"[^a-z0-9]+", "-", path.removeprefix("/staff/").lower()).strip("-") or "list")
        return True

    async def look(self, name: str) -> None:
        """At what is shown now."""
        self.seen += 1
        if SHOTS:
            await self.page.screenshot(path=f"{SHOTS}/{name}.{self.name}.png", full_page=True)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        if (too_wide := await self.page.evaluate(wide)) > 0:
            self.faults.append(f"{name}: {too_wide} px wider than the window")
        self.faults += [f"{name}: {fault}" for fault in await axe(self.page)]
        # One key, so that the browser shows the focus as to somebody who works with the keyboard.
        await self.page.keyboard.press("Tab")
        self.faults += [f"{name}: {fault}" for fault in await self.page.evaluate(WITHIN_REACH)]

    async def send(self, called: str, button: str = "main button.btn", /, **fields: str) -> None:
        """Fills the form, presses the button, and looks at what comes."""
        for field, value in fields.items():
            await self.page.locator(f"main #{field}").fill(value)
        async with self.page.expect_navigation():
            await self.page.locator(button).first.click()
        await self.look(called)
