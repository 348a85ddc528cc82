"""What search engines are told: results may be found, nobody's way through the questions may."""

import struct

import pytest

from app.web.robots import ROBOTS, is_unlisted
from tests.application import House, Reader
from tests.desk import at_the_desk
from tests.outreach.links import new_link
from tests.submissions.test_journey_pages import BASE, send_all

OPEN = ("/en/", "/ar/", BASE, f"{BASE}/parents", "/en/about", "/en/privacy", "/en/help")


def disallowed(address: str) -> bool:
    """As RFC 9309 reads our file: * is anything, each rule from the beginning of the address."""
    rules = [line.partition(": ")[2] for line in ROBOTS.splitlines() if line.startswith("Disallow")]
    return any(_matches(rule, address) for rule in rules)


def _matches(rule: str, address: str) -> bool:
    first, *rest = rule.split("*")
    place = len(first)
    if not address.startswith(first):
        return False
    for part in rest:
        found = address.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return True


async def test_the_file_is_there_and_lets_public_pages_be_found(browse: Reader) -> None:
    assert await browse.get("/robots.txt") == ROBOTS
    assert browse.last is not None
    assert browse.last.headers["content-type"] == "text/plain; charset=utf-8"
    for path in (*OPEN, f"{BASE}/results", f"{BASE}/results/paper.html", f"{BASE}/what-happened"):
        assert not disallowed(path), path
        assert not is_unlisted(path.encode(), b""), path
    for path in OPEN:
        await browse.get(path)
        assert "x-robots-tag" not in browse.last.headers, path


async def test_journeys_receipts_links_and_the_desk_are_not_found(house: House, browse: Reader) -> None:
    link = await new_link(house)
    house.settings.shelved_seconds = 60
    seen = []

    async def look(path: str, status: int = 200) -> None:
        await browse.get(path, status=status)
        assert browse.last is not None
        assert browse.last.headers["x-robots-tag"] == "noindex, nofollow", path
        assert disallowed(path), path
        seen.append(path)

    for _ in range(2):
        # The second time from the shelf.
        await look(f"{BASE}/answer/start")
        await look(f"{BASE}?via={link.code}")
    await look(f"/o/{link.code}", 303)
    await look(f"{BASE}/answer", 303)
    await look(f"{BASE}/check", 409)
    await look(f"{BASE}/stop/no")
    await look(f"{BASE}/class?via={link.code}", 303)
    await look(f"{BASE}/class/end", 303)
    await send_all(browse)
    await look(f"{BASE}/thanks")
    await look(f"{BASE}/another", 303)
    await look("/ar/receipt")
    await look("/en/receipt/answers", 303)
    await look("/en/exit", 303)
    await look("/staff/sign-in")
    await look("/staff/", 303)
    async with at_the_desk(house) as desk:
        await desk.get("/staff/")
        assert desk.last is not None
        assert desk.last.headers["x-robots-tag"] == "noindex, nofollow"


@pytest.mark.parametrize(
    "path", ["/english/", "/en/consultations/answer", "/en/officers", "/open/", "/en/consultations/o"]
)
def test_what_only_looks_like_it_may_be_found(path: str) -> None:
    assert not is_unlisted(path.encode(), b"")


async def test_the_icon_that_browsers_ask_for_is_there(browse: Reader) -> None:
    response = await browse.client.get("/favicon.ico")
    assert (response.status_code, response.headers["content-type"]) == (200, "image/x-icon")
    reserved, kind, images = struct.unpack("<HHH", response.content[:6])
    assert (reserved, kind, images) == (0, 1, 2)
    assert len(response.content) < 600
