"""The audit trail to read: filter, pages, file, and whether its chain is whole."""

import csv
import io

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.staff.audit import BEGINNING, CHECKED_AT_ONCE, check_trail, record
from app.staff.permissions import Role
from tests.application import House
from tests.desk import at_the_desk
from tests.staff.newcomers import acts

EXPORT = "/staff/trail/export"


async def write(house: House, count: int = 1, **entry: str) -> None:
    async with AsyncSession(house.engine) as session:
        for number in range(count):
            told = {"who": "ana@example.org", "act": "day_pause", "subject": f"round-{number}", **entry}
            await record(session, now=house.clock(), before={"phase": "open"}, after={"phase": "paused"}, **told)
        await session.commit()


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_the_trail_shows_what_changed_and_that_it_is_whole(house: House, language: str) -> None:
    await write(house, reason="Power cut <b>")
    async with at_the_desk(house, Role.PROTECTION, language=language) as desk:
        page = await desk.get("/staff/trail")
    assert '<del dir="auto">open</del> <ins dir="auto">paused</ins>' in page
    assert "Power cut &lt;b&gt;" in page
    if language == "en":
        assert "The chain is whole: 1 row." in page


async def test_a_row_changed_or_taken_out_by_hand_shows_with_its_number(house: House) -> None:
    await write(house, 5)
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        async with house.engine.begin() as connection:
            await connection.execute(text("UPDATE audit_entries SET reason = 'nicer' WHERE number = 4"))
        assert "broken at number 4" in await desk.get("/staff/trail")
        async with house.engine.begin() as connection:
            await connection.execute(text("DELETE FROM audit_entries WHERE number = 2"))
        assert "broken at number 2" in await desk.get("/staff/trail")


async def test_the_check_counts_rows_over_several_readings(house: House) -> None:
    async with AsyncSession(house.engine) as session:
        assert await check_trail(session) == (0, BEGINNING, None)
    await write(house, CHECKED_AT_ONCE + 3)
    async with AsyncSession(house.engine) as session:
        rows, last, broken = await check_trail(session)
        assert (rows, broken) == (CHECKED_AT_ONCE + 3, None)
        assert last == await session.scalar(text("SELECT digest FROM audit_entries ORDER BY number DESC LIMIT 1"))
        await session.execute(text("DELETE FROM audit_entries WHERE number = 1"))
        assert (await check_trail(session))[2] == 1
        await session.execute(text(f"UPDATE audit_entries SET who = 'x' WHERE number > {CHECKED_AT_ONCE}"))
        assert (await check_trail(session))[2] == 1


async def test_a_filter_finds_by_who_act_subject_and_days(house: House) -> None:
    await write(house, subject="cyberbullying")
    house.clock.forward(days=2)
    await write(house, who="ben@example.org", act="day_close", subject="50%_skills")
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        for query, found in (
            ("who=BEN", ["2"]),
            ("act=day_pause", ["1"]),
            ("subject=%25_", ["2"]),
            ("subject=_", ["2"]),
            ("since=2026-11-21", ["2"]),
            ("until=2026-11-21", ["1"]),
            ("since=2026-11-20&until=2026-11-22", ["2", "1"]),
            ("who=ana&act=day_close", []),
            ("who=%00", ["2", "1"]),
            ("before=2", ["1"]),
            ("before=x", ["2", "1"]),
        ):
            page = await desk.get(f"/staff/trail?{query}")
            assert [part.split("<")[0] for part in page.split('<th scope="row" class="n">')[1:]] == found, query
        for query in ("since=yesterday", "until=2026-13-01", "since=0001-01-01", "until=9999-12-31"):
            await desk.get(f"/staff/trail?{query}", status=422)


async def test_a_hundred_rows_stand_on_a_page(house: House) -> None:
    await write(house, 101)
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        page = await desk.get("/staff/trail?who=ana")
        assert page.count('<th scope="row"') == 100
        assert 'href="/staff/trail?who=ana&amp;before=2"' in page
        page = await desk.get("/staff/trail?who=ana&before=2")
        assert page.count('<th scope="row"') == 1
        assert 'href="/staff/trail?who=ana"' in page


async def test_the_file_holds_what_the_filter_finds_disarmed_and_leaves_a_row(house: House) -> None:
    await write(house, 2)
    await write(house, who="=cmd|' /C calc'!A0", reason='+1, "quoted"\nnext line')
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        await desk.post(EXPORT, {"who": "cmd"}, status=200)
        assert desk.last is not None
        assert desk.last.headers["content-type"] == "text/csv; charset=utf-8"
        assert 'filename="trail-2026-11-20.csv"' in desk.last.headers["content-disposition"]
        (row,) = csv.DictReader(io.StringIO(desk.last.content.decode("utf-8-sig"), newline=""))
        assert row["who"] == "'=cmd|' /C calc'!A0"
        assert row["reason"] == '\'+1, "quoted"\nnext line'
        assert (row["number"], row["after"], row["at"]) == ("3", '{"phase": "paused"}', "2026-11-20T12:30:40+00:00")
        await desk.post(EXPORT, {}, status=200)
        assert desk.last.text.count("\r\n") == 5
    assert [act for act, *_ in await acts(house)][3:] == ["trail_exported", "trail_exported"]


async def test_a_moderator_does_not_read_the_trail(house: House) -> None:
    async with at_the_desk(house) as desk:
        await desk.get("/staff/trail", status=403)
        await desk.post(EXPORT, {}, status=403)
    assert await acts(house) == []
