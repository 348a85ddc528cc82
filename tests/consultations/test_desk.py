"""The desk's list, and the acts of the day: who may, what they leave in the trail, what young people see."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.staff.audit import broken_at
from app.staff.models import AuditEntry
from app.staff.permissions import Role
from tests.application import House, Reader
from tests.desk import at_the_desk
from tests.samples import SLUG
from tests.submissions.test_journey_pages import BASE, answer_all

ONE = f"/staff/consultations/{SLUG}"


async def trail(house: House) -> list[AuditEntry]:
    async with AsyncSession(house.engine) as session:
        return list(await session.scalars(select(AuditEntry).order_by(AuditEntry.number)))


@pytest.mark.parametrize("language", ["en", "ar", "ru"])
async def test_the_list_and_one_consultation_stand_in_the_readers_language(house: House, language: str) -> None:
    async with at_the_desk(house, language=language) as desk:
        assert f'href="{ONE}"' in await desk.get("/staff/")
        assert f'lang="{language}"' in await desk.get(ONE)


async def test_strangers_are_led_to_the_sign_in_page(browse: Reader) -> None:
    await browse.get("/staff/", status=303)
    assert browse.led_to == "/staff/sign-in"


async def test_a_pause_needs_a_reason_and_keeps_what_was_answered(house: House, browse: Reader) -> None:
    await answer_all(browse)
    async with at_the_desk(house) as desk:
        page = await desk.post(f"{ONE}/day", {"go": "pause"}, status=422)
        assert 'href="#reason"' in page
        await desk.post(f"{ONE}/day", {"go": "pause", "reason": "Power cut"})
        assert "Paused" in await desk.follow()
        await browse.post(f"{BASE}/send", {"go": "send"}, status=503)
        assert await house.submissions() == []
        await desk.post(f"{ONE}/day", {"go": "resume", "reason": "Power is back"})
        await browse.post(f"{BASE}/send", {"go": "send"})
        assert len(await house.submissions()) == 1
    entries = await trail(house)
    assert [(each.act, each.reason) for each in entries] == [
        ("day_pause", "Power cut"),
        ("day_resume", "Power is back"),
    ]
    assert broken_at(entries) is None


async def test_the_day_is_made_longer_with_a_reason(house: House) -> None:
    async with at_the_desk(house) as desk:
        for hours in ("", "0", "73", "ten", "٣"):
            await desk.post(f"{ONE}/day", {"go": "extend", "hours": hours, "reason": "late"}, status=422)
        await desk.post(f"{ONE}/day", {"go": "extend", "hours": "5", "reason": "Storm in two countries"})
    (entry,) = await trail(house)
    assert entry.before is not None
    assert entry.after is not None
    assert entry.before["closes_at"] < entry.after["closes_at"]


async def test_what_does_not_fit_the_phase_changes_nothing(house: House) -> None:
    async with at_the_desk(house) as desk:
        await desk.post(f"{ONE}/day", {"go": "resume", "reason": "?"}, status=409)
        await desk.post(f"{ONE}/day", {"go": "explode"}, status=404)
    assert await trail(house) == []


async def test_a_row_that_was_changed_or_taken_out_shows(house: House) -> None:
    async with at_the_desk(house) as desk:
        for go in ("pause", "resume", "pause"):
            await desk.post(f"{ONE}/day", {"go": go, "reason": go})
    entries = await trail(house)
    assert broken_at(entries) is None
    assert broken_at([entries[0], entries[2]]) == 2
    entries[1].reason = "another"
    assert broken_at(entries) == 2


async def test_others_may_look_and_not_touch(house: House) -> None:
    async with at_the_desk(house, Role.SECRETARIAT) as desk:
        await desk.get(ONE)
        await desk.post(f"{ONE}/day", {"go": "close"}, status=403)
    async with at_the_desk(house, Role.PARTNER) as desk:
        await desk.get("/staff/", status=403)
