"""A class on shared tablets: the link stays on the device from pupil to pupil, and nothing of a pupil does."""

from datetime import timedelta

import pytest

from app.outreach.models import Link
from app.submissions.cookie import Journey
from tests.application import House, Reader
from tests.desk import at_the_desk
from tests.outreach.links import change, new_link, stored
from tests.outreach.test_following import YOUNG
from tests.submissions.test_journey_pages import BASE, EXPERIENCE, START, VIEWS, code_on

ABOUT = f"{BASE}?via="
HOURS = timedelta(hours=3)


async def set_up(browse: Reader, link: Link) -> None:
    """The tablet after somebody opened the address of the guide on it."""
    await browse.get(f"/o/{link.code}?class=1", status=303)
    assert browse.last is not None
    assert "set-cookie" not in browse.last.headers
    await browse.get(browse.led_to, status=303)


async def next_begins(browse: Reader, link: Link) -> None:
    """The next pupil is at the first page, by the page to which the last answer led."""
    assert browse.led_to == f"{ABOUT}{link.code}&class=1"
    page = await browse.follow()
    assert "This device is in class mode" in page
    await browse.get(f"{BASE}/answer?via={link.code}", status=303)
    page = await browse.follow()
    assert "checked" not in page


async def answer(browse: Reader, start: dict[str, str] = START) -> str:
    """Everything answered and sent; the page of thanks."""
    await browse.post(f"{BASE}/answer/start", start)
    await browse.post(f"{BASE}/answer/views", VIEWS)
    await browse.post(f"{BASE}/answer/experience", EXPERIENCE | {"B1": "B1.1"})
    await browse.post(f"{BASE}/answer/about_you", {"DM03": "DM03.KE", "go": "next"})
    await browse.post(f"{BASE}/send", {"go": "send"})
    return await browse.follow()


def on_device(house: House, browse: Reader) -> Journey:
    kept: Journey | None = house.application.api.state.sealer.open(
        browse.client.cookies["s"], browse.client.cookies.get("s2", "")
    )
    assert kept is not None
    return kept


def holds_nothing_but_the_link(house: House, browse: Reader, link: Link) -> bool:
    kept = on_device(house, browse)
    told = (kept.answers, kept.agreed, kept.parent_agreed, kept.code, kept.looked_up, kept.sent, kept.dropped)
    return kept.link == link.code and not any(told) and not kept.reached


async def test_pupil_after_pupil_comes_by_the_link_whatever_the_one_before_did(house: House, browse: Reader) -> None:
    link = await new_link(house, holds_consent=True)
    await set_up(browse, link)
    keys = set()
    for n, start in enumerate((START, {"agree": "no"}, YOUNG, START | {"DM01": "DM01.1"}, START | {"DM01": "DM01.6"})):
        assert holds_nothing_but_the_link(house, browse, link)
        await next_begins(browse, link)
        keys.add(on_device(house, browse).send_key)
        if n in (0, 2):
            page = await answer(browse, start)
        else:
            await browse.post(f"{BASE}/answer/start", start)
            assert "/stop/" in browse.led_to
            page = await browse.follow()
        assert f'href="{BASE}/another"' in page
        assert "End class mode" in page
        await browse.get(f"{BASE}/another", status=303)
    assert len(keys) == 5
    assert [row.link for row in await house.submissions()] == [link.code] * 2
    # Openings are what was opened, not how many pupils there are.
    assert [each.opened for each in await stored(house)] == [1]


async def test_a_page_that_was_left_for_half_an_hour_loses_the_answers_and_keeps_the_class(
    house: House, browse: Reader
) -> None:
    link = await new_link(house, holds_consent=True)
    await set_up(browse, link)
    await next_begins(browse, link)
    await browse.post(f"{BASE}/answer/start", YOUNG)
    await browse.post(f"{BASE}/answer/views", VIEWS)
    house.clock.forward(minutes=31)
    page = await browse.get(f"{BASE}/answer/experience", status=409)
    assert f'href="{BASE}"' in page
    assert holds_nothing_but_the_link(house, browse, link)
    # "Start again" leads to the page without any code in its address.
    await browse.get(f"{BASE}/answer", status=303)
    await answer(browse, YOUNG)
    house.clock.forward(minutes=31)
    await browse.get(f"{BASE}/another", status=303)
    await next_begins(browse, link)
    await answer(browse, YOUNG)
    assert [row.link for row in await house.submissions()] == [link.code] * 2


async def test_a_class_is_over_after_three_hours_however_busy_it_was(house: House, browse: Reader) -> None:
    link = await new_link(house, holds_consent=True)
    await set_up(browse, link)
    until = on_device(house, browse).class_until
    assert until == (house.clock() + HOURS).replace(second=0)
    for _ in range(8):
        await next_begins(browse, link)
        await answer(browse)
        house.clock.forward(minutes=22)
        await browse.get(f"{BASE}/another", status=303)
    await next_begins(browse, link)
    house.clock.forward(minutes=5)
    page = await answer(browse)
    assert "End class mode" not in page
    await browse.get(f"{BASE}/another", status=303)
    # As after any link: by the address, once, and nothing on the device.
    assert browse.led_to == f"{ABOUT}{link.code}"
    assert not browse.client.cookies
    assert "class mode" not in await browse.follow()


async def test_a_class_that_was_forgotten_lets_nobody_in_afterwards(house: House, browse: Reader) -> None:
    link = await new_link(house, holds_consent=True)
    await set_up(browse, link)
    house.clock.forward(hours=3)
    await browse.get(BASE)
    await browse.get(f"{BASE}/answer", status=303)
    await browse.post(f"{BASE}/answer/start", YOUNG)
    assert browse.led_to == f"{BASE}/stop/young"


@pytest.mark.parametrize("path", [f"{BASE}/class/end", "/en/exit"])
async def test_a_class_is_ended_by_its_own_link_and_by_quick_exit(house: House, browse: Reader, path: str) -> None:
    link = await new_link(house, holds_consent=True)
    await set_up(browse, link)
    await next_begins(browse, link)
    await answer(browse)
    await browse.get(path, status=303)
    assert not browse.client.cookies
    await browse.get(f"{BASE}/answer", status=303)
    await browse.post(f"{BASE}/answer/start", YOUNG)
    assert browse.led_to == f"{BASE}/stop/young"


async def test_a_link_that_was_ended_ends_its_classes(house: House, browse: Reader) -> None:
    link = await new_link(house, holds_consent=True)
    await set_up(browse, link)
    await change(house, link, ended_at=house.clock())
    await browse.get(f"{BASE}/answer", status=303)
    assert not browse.client.cookies


async def test_another_link_or_a_start_elsewhere_takes_the_place_of_the_class(house: House, browse: Reader) -> None:
    link, other = await new_link(house, "Class"), await new_link(house, "Other")
    await set_up(browse, link)
    await browse.get(f"{BASE}/answer?via={other.code}", status=303)
    kept = on_device(house, browse)
    assert (kept.link, kept.class_until) == (other.code, None)


async def test_whoever_looks_up_a_code_in_between_takes_nothing_of_the_class(house: House, browse: Reader) -> None:
    link = await new_link(house)
    await set_up(browse, link)
    await next_begins(browse, link)
    page = await answer(browse)
    await browse.post("/en/receipt", {"code": code_on(page)})
    await browse.post("/en/receipt/answers", {"go": "erase"})
    assert await house.submissions() == []
    assert holds_nothing_but_the_link(house, browse, link)
    await browse.get(f"{BASE}/another", status=303)
    await next_begins(browse, link)


async def test_every_pupil_is_counted_once_as_one_who_began(house: House, browse: Reader) -> None:
    link = await new_link(house)
    await set_up(browse, link)
    for _ in range(3):
        await next_begins(browse, link)
        await answer(browse)
        await browse.get(f"{BASE}/another", status=303)
    await next_begins(browse, link)
    assert house.application.api.state.inbox.funnel.take()["sample", "begun", ""] == 4


async def test_before_the_day_nothing_is_put_on_the_device(house: House, browse: Reader) -> None:
    link = await new_link(house)
    house.clock.now = house.consultation.opens_at - timedelta(days=1)
    await set_up(browse, link)
    assert browse.led_to == f"{ABOUT}{link.code}"
    assert not browse.client.cookies
    assert "class mode" not in await browse.get(f"{ABOUT}{link.code}&class=1")
    await browse.get(f"{BASE}/class?via=bcdfghjk", status=303)
    assert browse.led_to == BASE


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_in_arabic_the_class_goes_on_in_arabic(house: House, language: str) -> None:
    link = await new_link(house)
    async with house.reader(language) as browse:
        await set_up(browse, link)
        assert browse.led_to == f"/{language}/consultations/sample?via={link.code}&class=1"
        page = await browse.follow()
        assert f'href="/fr/consultations/sample?via={link.code}&amp;class=1"' in page
        await browse.get(f"/{language}/consultations/sample/answer?via={link.code}", status=303)
        await browse.post(f"/{language}/consultations/sample/answer/start", {"agree": "no"})
        assert "/class/end" in await browse.follow()


async def test_the_page_of_papers_tells_the_address_for_a_class(house: House) -> None:
    link = await new_link(house)
    async with at_the_desk(house) as desk:
        assert f"http://test/o/{link.code}?class=1</bdi>" in await desk.get(f"/staff/links/{link.code}")
