"""A partner's link, from the short address to the answers: counted, carried along, and nothing on the device before."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations import service as consultations
from app.outreach.models import Link
from app.outreach.service import CODE, Links, new_code
from app.settings import Settings
from app.web import cached
from app.web.cached import Shelf
from tests.application import DAY, House, Reader, running
from tests.outreach.links import change, new_link, stored
from tests.submissions.test_journey_pages import BASE, EXPERIENCE, START, VIEWS

YOUNG = START | {"DM01": "DM01.2"}


async def begin_by(browse: Reader, link: Link, *, whole: bool = False) -> None:
    """At the first page, by the Start of the about page."""
    await browse.get(f"/o/{link.code}", status=303)
    page = await browse.follow()
    address = f"{BASE}/answer?{'all=1&amp;' if whole else ''}via={link.code}"
    assert f'href="{address}"' in page
    await browse.get(address.replace("&amp;", "&"), status=303)
    await browse.follow()


async def send_by(browse: Reader, link: Link, start: dict[str, str] = START) -> None:
    await begin_by(browse, link)
    await browse.post(f"{BASE}/answer/start", start)
    await browse.post(f"{BASE}/answer/views", VIEWS)
    await browse.post(f"{BASE}/answer/experience", {"B1": "B1.1", "go": "next"})
    await browse.post(f"{BASE}/answer/about_you", {"DM03": "DM03.KE", "go": "next"})
    await browse.post(f"{BASE}/send", {"go": "send"})
    assert browse.led_to == f"{BASE}/thanks"


def test_codes_are_random_and_easy_to_type() -> None:
    codes = {new_code() for _ in range(2000)}
    assert len(codes) == 2000
    assert all(CODE.fullmatch(code) for code in codes)
    assert not set("".join(codes)) & set("01iloau")


@pytest.mark.parametrize(
    ("accept", "language"), [("ar-EG,ar;q=0.9", "ar"), ("zh-TW", "zh"), ("de", "en"), ("ru", "ru")]
)
async def test_a_link_leads_to_the_consultation_in_the_readers_language(
    house: House, browse: Reader, accept: str, language: str
) -> None:
    link = await new_link(house)
    await browse.get(f"/o/{link.code.upper()}", status=303, **{"accept-language": accept})
    assert browse.led_to == f"/{language}/consultations/sample?via={link.code}"
    page = await browse.follow()
    assert f"/{language}/consultations/sample/answer?via={link.code}" in page
    # Choosing another language keeps the link.
    assert f'href="/fr/consultations/sample?via={link.code}"' in page
    assert not browse.client.cookies


async def test_an_opening_is_counted_and_nothing_is_stored_on_the_device(house: House, browse: Reader) -> None:
    link, other = await new_link(house), await new_link(house, "Other")
    for _ in range(3):
        await browse.get(f"/o/{link.code}", status=303)
        assert browse.last is not None
        assert "set-cookie" not in browse.last.headers
    assert [each.opened for each in await stored(house)] == [3, 0]
    await browse.get(f"/o/{other.code}", status=303)
    assert [each.opened for each in await stored(house)] == [3, 1]


async def test_what_is_sent_by_a_link_carries_its_code(house: House, browse: Reader) -> None:
    link = await new_link(house)
    await send_by(browse, link)
    async with house.reader() as whole:
        await begin_by(whole, link, whole=True)
        await whole.post(f"{BASE}/answer/all", START | VIEWS | EXPERIENCE | {"go": "send"})
    assert [row.link for row in await house.submissions()] == [link.code] * 2


async def test_after_thanks_another_person_goes_on_with_the_same_link(house: House, browse: Reader) -> None:
    link = await new_link(house)
    await send_by(browse, link)
    await browse.get(f"{BASE}/another", status=303)
    assert browse.led_to == f"{BASE}?via={link.code}"
    assert not browse.client.cookies
    await send_by(browse, link)
    assert [row.link for row in await house.submissions()] == [link.code] * 2


async def test_another_person_without_a_link_begins_without_one(house: House, browse: Reader) -> None:
    await browse.get(f"{BASE}/another", status=303)
    assert browse.led_to == BASE
    link = await new_link(house)
    await begin_by(browse, link)
    # Nothing was sent: whoever presses this did not come from the receipt page.
    await browse.get(f"{BASE}/another", status=303)
    assert browse.led_to == BASE


async def test_a_tablet_made_ready_long_before_keeps_its_link(house: House, browse: Reader) -> None:
    link = await new_link(house, holds_consent=True)
    await begin_by(browse, link)
    house.clock.forward(minutes=45)
    await browse.post(f"{BASE}/answer/start", YOUNG)
    assert browse.led_to == f"{BASE}/answer/views"


async def test_codes_that_lead_nowhere_are_left_out_quietly(house: House, browse: Reader) -> None:
    async with AsyncSession(house.engine, expire_on_commit=False) as session:
        elsewhere = await consultations.create(
            session, slug="other", topic={"en": "Other"}, summary={}, day=DAY, window="utc", consent="A"
        )
        await session.commit()
    ended = await new_link(house, ended=True)
    foreign = await new_link(house, consultation_id=elsewhere.id)
    for code in (ended.code, foreign.code, "bcdfghjk", "x", "%22%3E%3Cb%3E", ended.code + "2"):
        page = await browse.get(f"{BASE}?via={code}")
        assert f'href="{BASE}/answer"' in page
        assert "via=" not in page
        await browse.get(f"{BASE}/answer?via={code}", status=303)
        assert not browse.client.cookies
    for code in ("bcdfghjk", "x", "bcdfghjkm"):
        await browse.get(f"/o/{code}", status=303)
        assert browse.led_to == "/en/"
    await browse.get(f"/o/{ended.code}", status=303)
    assert browse.led_to == BASE
    # Its consultation is a draft.
    await browse.get(f"/o/{foreign.code}", status=303)
    assert browse.led_to == "/en/"
    assert [each.opened for each in await stored(house)] == [0, 0]


@pytest.mark.parametrize("consent", ["A", "B", "C"])
async def test_those_of_ten_to_twelve_come_in_by_a_link_whose_partner_holds_the_consent(
    house: House, browse: Reader, consent: str
) -> None:
    await house.change(consent=consent)
    link, without = await new_link(house, holds_consent=True), await new_link(house)
    fields = YOUNG | {"parent": "yes"}
    await send_by(browse, link, fields)
    (row,) = await house.submissions()
    assert json.loads(row.answers)["DM01"] == "2"
    async with house.reader() as other:
        await begin_by(other, without)
        await other.post(f"{BASE}/answer/start", fields)
        assert other.led_to == f"{BASE}/stop/young"
    async with house.reader() as alone:
        await alone.get(f"{BASE}/answer/start")
        await alone.post(f"{BASE}/answer/start", fields)
        assert alone.led_to == f"{BASE}/stop/young"
    async with house.reader() as younger:
        await begin_by(younger, link)
        await younger.post(f"{BASE}/answer/start", fields | {"DM01": "DM01.1"})
        assert younger.led_to == f"{BASE}/stop/young"
    assert len(await house.submissions()) == 1


async def test_under_policy_c_the_ages_chosen_alone_let_nobody_of_ten_to_twelve_in(
    house: House, browse: Reader
) -> None:
    await house.change(consent="C", age_bands=["2", "3", "4", "5"])
    link = await new_link(house, holds_consent=True)
    await browse.get(f"{BASE}/answer/start")
    await browse.post(f"{BASE}/answer/start", YOUNG)
    assert browse.led_to == f"{BASE}/stop/young"
    async with house.reader() as older:
        await older.get(f"{BASE}/answer/start")
        await older.post(f"{BASE}/answer/start", START)
        assert older.led_to == f"{BASE}/answer/views"
    async with house.reader() as invited:
        await begin_by(invited, link)
        await invited.post(f"{BASE}/answer/start", YOUNG)
        assert invited.led_to == f"{BASE}/answer/views"


async def test_a_consent_that_is_taken_back_counts_at_once(house: House, browse: Reader) -> None:
    link = await new_link(house, holds_consent=True)
    await begin_by(browse, link)
    await browse.post(f"{BASE}/answer/start", YOUNG)
    await change(house, link, holds_consent=False)
    await browse.get(f"{BASE}/answer/views", status=303)
    assert browse.led_to == f"{BASE}/answer/start"
    await browse.post(f"{BASE}/send", {"go": "send"})
    assert browse.led_to == f"{BASE}/stop/young"
    assert await house.submissions() == []


async def test_pages_kept_as_bytes_do_not_mix_links_up(database_url: str, tmp_path: Path) -> None:
    async with running(database_url, tmp_path) as house, house.reader() as browse:
        settings: Settings = house.application.api.state.settings
        settings.shelved_seconds = 60
        one, two = await new_link(house, "One"), await new_link(house, "Two")
        for _ in range(2):
            assert "via=" not in await browse.get(BASE)
            for link, other in ((one, two), (two, one)):
                page = await browse.get(f"{BASE}?via={link.code}")
                assert f"answer?via={link.code}" in page
                assert other.code not in page
            assert "via=" not in await browse.get(f"{BASE}?via=nonsense")
        kept = {address.decode() for address in house.application.api.state.shelf._pages}
        assert {BASE, f"{BASE}?via={one.code}", f"{BASE}?via={two.code}"} <= kept
        assert f"{BASE}?via=nonsense" not in kept


def test_old_pages_of_links_do_not_keep_new_pages_off_the_shelf() -> None:
    shelf = Shelf(())
    for n in range(cached.MOST_PAGES):
        shelf._pages[b"/en/consultations/sample?via=%d" % n] = cached.shelve(b"", "text/html", "", 0.0, quality=1)
    shelf.put("/en/", "front", 60)
    assert list(shelf._pages) == [b"/en/"]


async def test_links_are_read_again_when_they_are_old(house: House) -> None:
    known = Links(house.engine, 3600)
    assert await known.find(new_code()) is None
    link = await new_link(house)
    assert await known.find(link.code) is None
    fresh = Links(house.engine, 0)
    assert await fresh.leads_to(link.code, house.consultation.id)
    assert not await fresh.leads_to(link.code, house.consultation.id + 1)
    assert not await fresh.holds_consent(link.code, house.consultation.id)


async def test_before_the_day_a_link_leads_to_the_page_that_says_when(house: House, browse: Reader) -> None:
    link = await new_link(house)
    house.clock.now -= timedelta(days=3)
    await browse.get(f"/o/{link.code}", status=303)
    assert "Until then there is nothing to do" in await browse.follow()
    await browse.get(f"{BASE}/answer?via={link.code}", status=409)


async def test_whoever_says_no_by_a_link_and_goes_back_still_comes_by_it(house: House, browse: Reader) -> None:
    link = await new_link(house, holds_consent=True)
    for wrong in ({"agree": "no"}, START | {"DM01": "DM01.6"}, START | {"DM01": "DM01.1"}):
        await begin_by(browse, link)
        await browse.post(f"{BASE}/answer/start", wrong)
        assert "/stop/" in browse.led_to
        assert "Another person" not in await browse.follow()
        # Back: the page asks anew, and nothing is chosen.
        assert "checked" not in await browse.get(f"{BASE}/answer/start")
        await browse.post(f"{BASE}/answer/start", YOUNG)
        assert browse.led_to == f"{BASE}/answer/views"
    await browse.post(f"{BASE}/send", {"go": "stop"})
    await browse.get(f"{BASE}/check", status=303)
    assert browse.led_to == f"{BASE}/answer/start"
    await begin_by(browse, link, whole=True)
    await browse.post(f"{BASE}/answer/all", START | {"agree": "no"})
    await browse.post(f"{BASE}/answer/all", START | VIEWS | {"go": "send"})
    assert [row.link for row in await house.submissions()] == [link.code]


async def test_whoever_starts_after_a_strangers_no_comes_by_no_link(house: House, browse: Reader) -> None:
    link = await new_link(house, holds_consent=True)
    await begin_by(browse, link)
    await browse.post(f"{BASE}/answer/start", {"agree": "no"})
    await browse.get(f"{BASE}/answer", status=303)
    assert not browse.client.cookies
    await browse.post(f"{BASE}/answer/start", YOUNG)
    assert browse.led_to == f"{BASE}/stop/young"
