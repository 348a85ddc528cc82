"""A scheduled consultation of which a change opens a line is a draft again, and nothing else takes it back."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations.models import Consultation
from app.consultations.phase import Phase
from app.outreach.service import aimed_at
from app.questionnaire import readiness, rehearsing
from app.questionnaire import service as questionnaires
from app.rehearsal.apart import Verdict
from app.staff.audit import OPERATOR, record
from app.staff.models import Account
from app.staff.permissions import Role
from tests.application import NOON, House
from tests.desk import at_the_desk
from tests.questionnaire.drafts import (
    GATE,
    PLAN,
    SLUG,
    acts,
    make_ready,
    name_guardians,
    open_lines,
    phase,
    prepare,
    rehearse,
    schedule,
)
from tests.questionnaire.test_translation_desk import form_of
from tests.questionnaire.test_translation_files_desk import bring_to, translated

BASE = f"/staff/consultations/{SLUG}"
ARABIC = f"{BASE}/translations/ar"
QUESTIONS = f"{BASE}/questionnaire"
#: Where the world's 9 February 2027 begins.
OPENS = datetime(2027, 2, 8, 10, tzinfo=UTC)


async def seen(house: House) -> str:
    async with AsyncSession(house.engine) as session:
        found = (await session.scalars(select(Consultation).where(Consultation.slug == SLUG))).one()
        return (await questionnaires.latest(session, found.id)).digest[:16]


async def test_a_text_that_is_missing_in_arabic_an_hour_before_the_day_keeps_it_shut(house: House) -> None:
    await schedule(house)
    house.clock.now = OPENS - timedelta(hours=1)
    async with at_the_desk(house, Role.TRANSLATOR, language="ar", languages=("ar",)) as translator:
        page = await translator.get(f"{ARABIC}?section=views")
        await translator.post(f"{ARABIC}/texts?section=views", {**form_of(page), "text.A1.label": ""})
        page = await translator.follow()
        assert 'class="note" role="status"><p><strong>' in page
        assert f'href="{GATE}"' in page
    (entry,) = [each for each in await acts(house) if each.act == "unscheduled"]
    assert (entry.who.partition("-")[0], entry.before) == ("translator", {"phase": "scheduled"})
    lines = (entry.after or {})["lines"]
    assert lines == {"languages": ["ar:missing"], "review": ["ar"], "rehearsal": ["changed since"]}
    house.clock.now = OPENS + timedelta(minutes=1)
    async with house.reader() as browse:
        await browse.get(f"/ar/consultations/{SLUG}", status=404)
        await browse.get(f"/ar/consultations/{SLUG}/answer", status=409)


async def test_it_is_scheduled_again_once_the_lines_are_mended(house: House) -> None:
    await schedule(house)
    async with (
        at_the_desk(house, Role.TRANSLATOR, languages=("ar",)) as layla,
        at_the_desk(house, Role.TRANSLATOR, languages=("ar",)) as omar,
        at_the_desk(house) as desk,
    ):
        page = await layla.get(f"{ARABIC}?section=views")
        await layla.post(f"{ARABIC}/texts?section=views", {**form_of(page), "text.A1.label": "سؤال آخر؟"})
        for where in (BASE, GATE, QUESTIONS, f"{BASE}/translations"):
            assert "It is a draft again" in await desk.get(where)
        assert open_lines(await desk.get(GATE)) == {"review", "rehearsal"}
        await desk.post(f"{GATE}/schedule", {}, status=422)
        await desk.post(f"{BASE}/day", {"go": "open"}, status=409)
        page = await omar.get(f"{ARABIC}?section=views")
        await omar.post(f"{ARABIC}/reviews?section=views", {**form_of(page), "review": "A1.label"})
        await rehearse(house)
        await desk.post(f"{GATE}/schedule", {})
        assert "It is a draft again" not in await desk.get(GATE)
    assert await phase(house) is Phase.SCHEDULED
    told = [each.act for each in await acts(house) if each.act in ("scheduled", "unscheduled")]
    assert told == ["scheduled", "unscheduled", "scheduled"]


async def test_a_step_of_the_editor_takes_it_back_and_so_does_undoing_one(house: House) -> None:
    await prepare(house)
    async with at_the_desk(house) as desk, at_the_desk(house, Role.ADMINISTRATOR) as administrator:
        await desk.post(f"{QUESTIONS}/B3", {"seen": await seen(house), "go": "up"})
        await make_ready(house, desk)
        await administrator.post(f"{GATE}/overrule", {"line": "helplines", "reason": "Agreed"})
        await desk.post(f"{GATE}/schedule", {})
        assert await phase(house) is Phase.SCHEDULED
        last = re.search(r'name="step" value="(\d+)"', await desk.get(QUESTIONS))
        assert last
        await desk.post(QUESTIONS, {"seen": await seen(house), "step": last[1], "go": "undo"})
        assert await phase(house) is Phase.DRAFT
        assert "It is a draft again" in await desk.follow()
        # Rehearsed and scheduled as it was before the step; then the step once more.
        await rehearse(house)
        await desk.post(f"{GATE}/schedule", {})
        await desk.post(f"{QUESTIONS}/B3", {"seen": await seen(house), "go": "up"})
    # The very questionnaire that was rehearsed at first.
    assert await phase(house) is Phase.SCHEDULED


async def test_a_file_of_translations_takes_it_back(house: House) -> None:
    await schedule(house)
    async with at_the_desk(house) as desk:
        await desk.get(f"{BASE}/translations/fr.po")
        assert desk.last is not None
        changed = translated(desk.last.content, A1__label="Une sur quatre")
        page = await bring_to(desk, f"{BASE}/translations/fr/file", changed)
        await desk.post(f"{BASE}/translations/fr/import", form_of(page))
    assert await phase(house) is Phase.DRAFT


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        ({"words_until": ""}, {"dates": ["words_until"]}),
        ({"lead": ""}, {"protection": ["lead"]}),
        ({"day": "2026-11-20"}, {"day": ["2026-11-19T10:00:00+00:00"]}),
        ({"feedback_on": "2027-09-02"}, None),
        ({"consent": "B"}, None),
    ],
)
async def test_a_plan_takes_it_back_only_where_it_opens_a_line(
    house: House, change: dict[str, str], lines: dict[str, list[str]] | None
) -> None:
    await prepare(house)
    async with at_the_desk(house) as desk, at_the_desk(house, Role.ADMINISTRATOR) as administrator:
        await make_ready(house, desk)
        await administrator.post(f"{GATE}/overrule", {"line": "helplines", "reason": "Agreed"})
        await desk.post(f"{GATE}/schedule", {})
        async with AsyncSession(house.engine) as session:
            rows = await session.execute(select(Account.name, Account.id).where(Account.role == "protection"))
            numbers = {name: str(number) for name, number in rows}
        named = {"lead": numbers["Amina"], "deputy": numbers["Pavel"]}
        await desk.post(f"{GATE}/plan", {**PLAN, **named, **change})
    assert await phase(house) is (Phase.SCHEDULED if lines is None else Phase.DRAFT)
    told = [(each.after or {})["lines"] for each in await acts(house) if each.act == "unscheduled"]
    assert told == ([] if lines is None else [lines])


async def test_what_was_open_before_the_change_does_not_take_it_back(house: House) -> None:
    await schedule(house)
    async with AsyncSession(house.engine) as session:
        pavel = await session.scalar(select(Account).where(Account.email == "pavel@example.org"))
        amina = await session.scalar(select(Account).where(Account.email == "amina@example.org"))
        assert pavel is not None
        assert amina is not None
        pavel.ended_at, lead = NOON, str(amina.id)
        await session.commit()
    async with at_the_desk(house) as desk:
        assert open_lines(await desk.get(GATE)) == {"protection"}
        await desk.post(f"{GATE}/plan", {**PLAN, "lead": lead, "deputy": "", "feedback_on": "2027-09-02"})
    assert await phase(house) is Phase.SCHEDULED


async def test_two_changes_at_once_take_it_back_once(house: House) -> None:
    await schedule(house)
    async with at_the_desk(house) as one, at_the_desk(house) as other:
        pages = [
            await desk.get(f"{BASE}/translations/{language}?section=views")
            for desk, language in ((one, "ar"), (other, "fr"))
        ]
        await asyncio.gather(
            *(
                desk.post(
                    f"{BASE}/translations/{language}/texts?section=views", {**form_of(page), "text.A1.label": "…?"}
                )
                for desk, language, page in ((one, "ar", pages[0]), (other, "fr", pages[1]))
            )
        )
    assert [each.act for each in await acts(house)].count("unscheduled") == 1


async def test_a_draft_is_not_opened_past_the_gate(house: House) -> None:
    await prepare(house)
    async with at_the_desk(house) as desk:
        await desk.post(f"{BASE}/day", {"go": "open"}, status=409)
    assert await phase(house) is Phase.DRAFT
    assert await acts(house) == []


async def test_lines_that_an_operator_overruled_are_shown_so_and_hold_until_more_is_wrong(house: House) -> None:
    await prepare(house, reviewed=False)
    async with AsyncSession(house.engine, expire_on_commit=False) as session:
        found = (await session.scalars(select(Consultation).where(Consultation.slug == SLUG))).one()
        lines = await readiness.lines_of(session, found, aimed_at, NOON)
        await readiness.schedule(session, found, lines, who=OPERATOR, now=NOON, reason="“consult import”")
        await session.commit()
    async with at_the_desk(house) as desk:
        page = await desk.get(GATE)
        assert open_lines(page) == set()
        assert "By consult, " in page
        arabic = await desk.get(f"{ARABIC}?section=views")
        # Not reviewed before, and not now; the rehearsal was overruled, too.
        await desk.post(f"{ARABIC}/texts?section=views", {**form_of(arabic), "text.A1.label": "سؤال آخر؟"})
        assert await phase(house) is Phase.SCHEDULED
        arabic = await desk.get(f"{ARABIC}?section=views")
        await desk.post(f"{ARABIC}/texts?section=views", {**form_of(arabic), "text.A1.label": ""})
    assert await phase(house) is Phase.DRAFT


async def test_what_was_done_for_a_draft_of_the_same_name_does_not_count(house: House) -> None:
    await prepare(house)
    async with at_the_desk(house) as desk, at_the_desk(house, Role.ADMINISTRATOR) as administrator:
        await desk.post(f"{GATE}/previews", {"languages": ["ar", "zh", "en", "fr", "ru", "es"]})
        await administrator.post(f"{GATE}/overrule", {"line": "dates", "reason": "Agreed"})
        assert not open_lines(await desk.get(GATE)) & {"previews", "dates"}
        async with AsyncSession(house.engine) as session:
            await record(session, who=OPERATOR, act="consultation_made", subject=SLUG, now=NOON)
            await session.commit()
        assert open_lines(await desk.get(GATE)) >= {"previews", "dates"}


async def test_a_rehearsal_counts_for_the_version_that_was_rehearsed(house: House) -> None:
    await prepare(house)
    async with at_the_desk(house, language="ar") as desk:
        await rehearse(house)
        assert "rehearsal" not in open_lines(await desk.get(GATE))
        await desk.post(f"{QUESTIONS}/B3", {"seen": await seen(house), "go": "up"})
        assert "rehearsal" in open_lines(await desk.get(GATE))
        await rehearse(house)
        assert "rehearsal" not in open_lines(await desk.get(GATE))


async def test_one_that_failed_leaves_the_line_open_and_says_why(house: House) -> None:
    await prepare(house)
    async with AsyncSession(house.engine) as session:
        found = (await session.scalars(select(Consultation).where(Consultation.slug == SLUG))).one()
        stored = await questionnaires.latest(session, found.id)
        failed = Verdict(200, 180, 9.5, silent=("ar",), faults=("B1 does not show what was typed (2 times)",))
        await rehearsing.end(session, SLUG, stored, failed, who=OPERATOR, now=NOON)
        await session.commit()
    async with at_the_desk(house) as desk:
        page = await desk.get(GATE)
    assert "rehearsal" in open_lines(page)
    assert "B1 does not show what was typed (2 times); nobody sent in ar" in page


async def test_guardians_are_gone_with_their_consultation(house: House) -> None:
    await prepare(house)
    async with at_the_desk(house) as desk:
        await desk.post(f"{GATE}/plan", {**PLAN, **await name_guardians(house)})
    async with AsyncSession(house.engine) as session:
        found = (await session.scalars(select(Consultation).where(Consultation.slug == SLUG))).one()
        assert set(await readiness.guardians_of(session, found.id)) == {"lead", "deputy"}
        id_ = found.id
        await session.delete(found)
        await session.commit()
        assert await readiness.guardians_of(session, id_) == {}
