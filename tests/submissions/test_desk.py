"""The live day: right to the last submission, silent regions first, where people leave, and who may set what."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.outreach.models import Link, RegionTarget
from app.staff.permissions import Role
from app.submissions.alike import Alike
from app.submissions.live import Numbers, picture
from tests.application import NOON, House, Reader
from tests.consultations.test_desk import trail
from tests.desk import at_the_desk
from tests.samples import SLUG, sample_document
from tests.submissions.test_inbox import row
from tests.submissions.test_journey_pages import BASE, START, VIEWS, answer_all, begin, code_on, send_all

ONE = f"/staff/consultations/{SLUG}"
LIVE = f"{ONE}/live"
HTMX: dict[str, Any] = {"hx-request": "true"}


async def send(house: House, n: int, country: str = "", **changed: object) -> None:
    """So many submissions more, all from that country."""
    answers = f'{{"DM01":"3","DM03":"{country}"}}' if country else "{}"
    inbox = house.application.api.state.inbox
    await asyncio.gather(*(inbox.send(row(house, **{"answers": answers} | changed)) for _ in range(n)))


async def add_link(house: House, code: str, name: str, **more: object) -> None:
    async with AsyncSession(house.engine) as session:
        session.add(
            Link(consultation_id=house.consultation.id, code=code, name=name, kind="school", made_at=NOON, **more)
        )
        await session.commit()


def regions_on(page: str) -> list[str]:
    """The regions in the order of the table, those to call with a mark."""
    table = page[page.index('id="regions"') : page.index('id="byhour"')]
    rows = re.findall(r'<tr( class="call")?><th scope="row">([^<]+)</th>', table)
    return ["! " + name if call else name for call, name in rows]


@contextmanager
def statements(engine: AsyncEngine) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine.sync_engine, "before_cursor_execute", note)


@pytest.mark.parametrize("language", ["en", "ar", "ru", "zh"])
async def test_the_day_stands_in_the_readers_language_with_and_without_answers(house: House, language: str) -> None:
    async with at_the_desk(house, language=language) as desk:
        assert "<rect" in await desk.get(LIVE)
        await send(house, 3, "KE")
        await add_link(house, "school", "مدرسة <b>")
        page = await desk.get(LIVE)
    assert 'hx-trigger="every 15s"' in page
    assert "<bdi>مدرسة &lt;b&gt;</bdi>" in page


async def test_the_number_is_right_to_the_last_submission_and_so_is_the_public_one(house: House) -> None:
    async with at_the_desk(house) as desk, house.reader() as child:
        for n in (1, 2, 3):
            await send_all(child)
            code = code_on(await child.follow())
            await child.get(f"{BASE}/another", status=303)
            assert f'<dd class="num">{n}</dd>' in await desk.get(LIVE)
        await child.post("/en/receipt", {"code": code})
        await child.post("/en/receipt/answers", {"go": "erase"})
        assert '<dd class="num">2</dd>' in await desk.get(LIVE)
        await send(house, 1_232, "FR")
        assert '<dd class="num">1,234</dd>' in await desk.get(LIVE)
    assert await house.application.api.state.count(house.consultation.id) == 1_234


async def test_htmx_gets_the_numbers_alone_as_long_as_anything_can_arrive(house: House) -> None:
    async with at_the_desk(house) as desk:
        part = await desk.get(LIVE, **HTMX)
        assert part.startswith("<title>Live day – Desk</title>")
        assert "<form" not in part
        assert "<html" not in part
        assert f'<div id="live" hx-get="{LIVE}" hx-trigger="every 15s"' in part
    house.clock.now = house.consultation.closes_at + timedelta(minutes=29)
    async with at_the_desk(house) as desk:
        assert "every 15s" in await desk.get(LIVE)
        house.clock.forward(minutes=1)
        assert "every 15s" not in await desk.get(LIVE)


async def test_a_refresh_asks_for_the_counters_once_and_never_for_submissions(house: House) -> None:
    async with at_the_desk(house) as desk:
        await send(house, 300, "KE")
        await desk.get(LIVE)
        with statements(house.engine) as asked:
            await desk.get(LIVE)
    assert sum("reach_counts" in each for each in asked) == 1
    assert not [each for each in asked if "submissions" in each]


async def test_without_targets_fewest_answers_come_first(house: House) -> None:
    await send(house, 3, "KE")
    await send(house, 1, "FR")
    await send(house, 2, "98")
    async with at_the_desk(house) as desk:
        page = await desk.get(LIVE)
    assert regions_on(page) == [
        "! Americas",
        "! Arab States",
        "! Asia-Pacific",
        "! Commonwealth of Independent States",
        "Europe",
        "Africa",
        "Country not told",
    ]
    assert '<dt>Countries</dt><dd class="num">2</dd>' in page


async def test_with_targets_the_furthest_from_its_own_comes_first(house: House) -> None:
    targets = {"africa": "1000", "europe": "20", "americas": "5"}
    async with at_the_desk(house) as desk:
        await send(house, 100, "KE")
        await send(house, 8, "FR")
        await send(house, 6, "BR")
        await desk.post(f"{ONE}/targets", {f"target_{region}": n for region, n in targets.items()})
        assert desk.led_to == LIVE
        page = await desk.follow()
        # 26.5 of 50 hours are gone, so that 27 per cent would be half of what could be expected.
        assert regions_on(page)[:3] == ["! Africa", "Europe", "Americas"]
        assert "120%" in page
        assert 'name="target_africa" inputmode="numeric" maxlength="20" value="1000"' in page
        await desk.post(f"{ONE}/targets", {"target_europe": "20"})
        await desk.post(f"{ONE}/targets", {"target_europe": "٢٠"})
    entries = await trail(house)
    assert [(each.act, each.after) for each in entries] == [
        ("targets_set", {region: int(n) for region, n in targets.items()}),
        ("targets_set", {"europe": 20}),
    ]
    assert entries[1].before == entries[0].after
    async with AsyncSession(house.engine) as session:
        assert [(each.region, each.n) for each in await session.scalars(select(RegionTarget))] == [("europe", 20)]


@pytest.mark.parametrize("words", ["0", "-5", "ten", "1.5", "10000001", "٣٠ x", "²"])
async def test_what_is_no_target_changes_nothing_and_stays_in_its_field(house: House, words: str) -> None:
    async with at_the_desk(house) as desk:
        page = await desk.post(f"{ONE}/targets", {"target_africa": "100", "target_europe": words}, status=422)
        assert 'href="#target_europe"' in page
        assert 'href="#target_africa"' not in page
        assert f'value="{words}"' in page
    assert await trail(house) == []


async def test_others_watch_and_set_nothing_and_partners_do_not_watch(house: House) -> None:
    for role in (Role.SECRETARIAT, Role.PROTECTION):
        async with at_the_desk(house, role) as desk:
            assert "<form method" not in (await desk.get(LIVE)).split("</main>")[0]
            await desk.post(f"{ONE}/targets", {"target_africa": "1"}, status=403)
    for role in (Role.PARTNER, Role.TRANSLATOR, Role.MEMBER):
        async with at_the_desk(house, role) as desk:
            await desk.get(LIVE, status=403)


async def test_partners_have_names_and_rounded_counts(house: House) -> None:
    await add_link(house, "nairobi", "Schools, Nairobi", country="KE", opened=50)
    await add_link(house, "almaty", "Youth council, Almaty", region="cis")
    await add_link(house, "old", "Gone before anybody came", ended_at=NOON)
    for code, n in (("nairobi", 14), ("nobodys", 3), (None, 27)):
        await send(house, n, "KE", link=code)
    async with at_the_desk(house) as desk:
        page = await desk.get(LIVE)
    lines = re.findall(
        r"<th scope=\"row\">(?:<bdi>)?([^<]+)(?:</bdi>)?</th><td class=\"n\">(about \d+|fewer[^<]+)</td>", page
    )
    assert lines == [
        ("Schools, Nairobi", "about 10"),
        ("Youth council, Almaty", "fewer than 10"),
        ("No link", "about 30"),
    ]
    assert "not opened" in page
    assert "Gone before" not in page
    silent = page[page.index("Commonwealth") :]
    assert silent.index("<bdi>Youth council, Almaty</bdi>") < silent.index("</tr>")


async def test_the_funnel_counts_each_page_of_a_journey_once_and_knows_where_people_leave(house: House) -> None:
    async with house.reader() as sends, house.reader() as leaves, house.reader() as refused:
        await answer_all(sends)
        await sends.post(f"{BASE}/send", {"change": "A1"})
        await sends.post(f"{BASE}/answer/views", VIEWS)
        await sends.post(f"{BASE}/answer/about_you", {"go": "back"})
        await sends.post(f"{BASE}/answer/about_you", {"DM03": "DM03.KE", "go": "next"})
        await sends.post(f"{BASE}/send", {"go": "send"})
        await sends.post("/en/receipt", {"code": code_on(await sends.follow())})
        await leaves.post(f"{BASE}/answer/start", {"go": "next"}, status=422)
        await begin(leaves)
        await leaves.get(f"{BASE}/answer/views")
        await leaves.get(f"{BASE}/answer/views")
        await refused.post(f"{BASE}/answer/start", START | {"agree": "no"})
    await house.application.api.state.inbox.empty_funnel()
    async with at_the_desk(house) as desk:
        page = await desk.get(LIVE)
    assert "Started: 2. Came to the check page: 1. Sent: 1." in page
    pages = re.findall(r'<th scope="row">([^<]+)</th><td class="n">(\d+)</td><td class="n">(\d+)</td>', page)
    assert pages == [
        ("Before you start (en)", "2", "0"),
        ("What you think (en)", "2", "1"),
        ("What happened (en)", "1", "0"),
        ("About you (en)", "1", "0"),
        ("Check page", "1", "0"),
    ]


async def test_whoever_answers_on_one_page_is_in_the_funnel_too(house: House, browse: Reader) -> None:
    await browse.get(f"{BASE}/answer?all=1", status=303)
    await browse.post(f"{BASE}/answer/all", START | VIEWS | {"go": "send"})
    await house.application.api.state.inbox.empty_funnel()
    async with at_the_desk(house) as desk:
        page = await desk.get(LIVE)
    assert "Started: 1. Came to the check page: 1. Sent: 1." in page
    assert '<th scope="row">Before you start (en)</th><td class="n">1</td><td class="n">0</td>' in page


async def test_many_equal_answers_are_told_and_few_are_not_judged(house: House) -> None:
    async with at_the_desk(house) as desk:
        await send(house, 19, "KE")
        assert "drawn by chance" not in await desk.get(LIVE)
        for n in range(20):
            await send(house, 1, answers=f'{{"A1":"{n}"}}')
        house.application.api.state.alike = Alike(house.engine)
        assert "Of 39 answers drawn by chance, 19 are exactly like another one." in await desk.get(LIVE)
        await send(house, 500, "KE")
        # Told for a minute, so that a refresh never waits for it.
        assert "Of 39 answers" in await desk.get(LIVE)


async def test_before_the_day_there_is_a_page_and_no_alarm(house: House) -> None:
    house.clock.now = house.consultation.opens_at - timedelta(days=2)
    async with at_the_desk(house) as desk:
        page = await desk.get(LIVE)
        assert 'class="call"' not in page
        assert "every 15s" not in page
        await house.change(scheduled_at=None)
        assert "Draft" in await desk.get(LIVE)


async def test_every_hour_of_the_day_has_its_bar_and_so_have_the_minutes_of_grace(house: House) -> None:
    seen = picture(
        Numbers({"hour": {"2026-11-20T05:00Z": 293, "2026-11-20T12:00Z": 1, "2026-11-21T12:00Z": 7}}),
        house.consultation,
        sample_document().sections,
        NOON,
    )
    assert len(seen.hours) == 51
    assert (seen.hours_left, seen.hours_in_all) == (24, 50)
    assert seen.busiest is not None
    assert (seen.busiest.key, seen.busiest.n, seen.busiest.size) == ("2026-11-20T05:00Z", 293, 100)
    states = [each.state for each in seen.hours]
    assert states == ["past"] * 26 + ["now"] + ["later"] * 24
    assert [each.size for each in seen.hours if each.n] == [100, 1, 2]


def lately_on(page: str) -> dict[str, tuple[str, str, str]]:
    """Region to what it gave in this hour and in the one before, and how long it has been silent."""
    table = page[page.index('id="regions"') : page.index('id="byhour"')]
    rows = re.findall(r'<tr[^>]*><th scope="row">([^<]+)</th>(.*?)</tr>', table, re.DOTALL)
    found = {}
    for name, cells in rows:
        numbers = re.findall(r'<td class="n">([\d,–]+)</td>', cells)
        silent = re.search(r"Silent for at least (\d+) hour", cells)
        found[name] = (numbers[-2], numbers[-1], silent[1] if silent else "")
    return found


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)
async def test_a_region_that_fell_silent_shows_and_is_to_be_called(house: House) -> None:
    hour = NOON.replace(minute=0, second=0)
    await send(house, 3, "KE", arrived_hour=hour)
    await send(house, 5, "KE", arrived_hour=hour - timedelta(hours=1))
    await send(house, 4, "FR", arrived_hour=hour - timedelta(hours=1))
    await send(house, 9, "BR", arrived_hour=hour - timedelta(hours=5))
    await send(house, 2, "98", arrived_hour=hour)
    async with at_the_desk(house) as desk:
        page = await desk.get(LIVE)
        assert lately_on(page) == {
            "Americas": ("0", "0", "4"),
            "Arab States": ("0", "0", ""),
            "Asia-Pacific": ("0", "0", ""),
            "Commonwealth of Independent States": ("0", "0", ""),
            "Europe": ("0", "4", ""),
            "Africa": ("3", "5", ""),
            "Country not told": ("2", "0", ""),
        }
        assert "! Americas" in regions_on(page)
        assert "! Europe" not in regions_on(page)
        house.clock.forward(hours=1, minutes=29)
        assert lately_on(await desk.get(LIVE))["Europe"] == ("0", "0", "1")
        # Whoever has reached the target may rest, and in a pause or after the day nobody can answer.
        await desk.post(f"{ONE}/targets", {"target_europe": "4", "target_americas": "10"})
        lately = lately_on(await desk.get(LIVE))
        assert (lately["Europe"][2], lately["Americas"][2]) == ("", "5")
        await house.change(paused_at=house.clock())
        assert {silent for _, _, silent in lately_on(await desk.get(LIVE)).values()} == {""}
    await house.change(paused_at=None)
    house.clock.now = house.consultation.closes_at
    async with at_the_desk(house) as desk:
        assert {silent for _, _, silent in lately_on(await desk.get(LIVE)).values()} == {""}


async def test_erasing_takes_an_answer_off_its_own_hour_and_region(house: House, browse: Reader) -> None:
    await send_all(browse)
    code = code_on(await browse.follow())
    house.clock.forward(minutes=45)
    await send(house, 1, "KE", arrived_hour=house.clock().replace(minute=0, second=0))
    async with at_the_desk(house) as desk:
        assert lately_on(await desk.get(LIVE))["Africa"] == ("1", "1", "")
        await browse.post("/en/receipt", {"code": code})
        await browse.post("/en/receipt/answers", {"go": "erase"})
        assert lately_on(await desk.get(LIVE))["Africa"] == ("1", "0", "")


async def test_counts_by_hour_and_region_are_on_no_public_page(house: House, browse: Reader) -> None:
    await send(house, 37, "KE")
    for path in ("/en/", BASE, f"{BASE}/answer/start", f"{BASE}/parents"):
        assert "37" not in await browse.get(path)
