"""The readiness gate: what each line needs, who may overrule, and that nothing is scheduled past an open line."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations.countries import countries, target_countries
from app.consultations.models import Consultation
from app.consultations.phase import Phase
from app.outreach.models import RegionTarget
from app.questionnaire import service as questionnaires
from app.questionnaire.document import LANGUAGES
from app.questionnaire.gate import IDS, Facts, Overruled, Progress, Rehearsed, gate, is_ready
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
)

DATES = {
    "freeze_on": date(2027, 2, 20),
    "results_on": date(2027, 3, 10),
    "comments_until": date(2027, 4, 10),
    "feedback_on": date(2027, 9, 1),
    "words_until": date(2028, 3, 10),
}
GOOD = Facts(
    now=NOON,
    version=3,
    opens_at=NOON + timedelta(days=60),
    progress={language: Progress() for language in LANGUAGES if language != "en"},
    faulty=(),
    consent="A",
    age_bands=("3",),
    guardians={"lead": "Amina", "deputy": "Pavel"},
    gone={},
    targets=2,
    unchecked=(),
    dates=DATES,
    languages=LANGUAGES,
    previewed=frozenset(LANGUAGES),
    rehearsed=Rehearsed(NOON, 3, 190, of_this=True),
)
#: A line, and the facts that open it.
OPENING: list[tuple[str, dict[str, Any]]] = [
    ("day", {"opens_at": NOON}),
    ("conditions", {"faulty": ("CB04",)}),
    ("languages", {"progress": {"ar": Progress(missing=1)}}),
    ("languages", {"progress": {"ar": Progress(stale=1)}}),
    ("review", {"progress": {"ar": Progress(unread=1)}}),
    ("consent", {"consent": ""}),
    ("consent", {"age_bands": ()}),
    ("protection", {"guardians": {"lead": "Amina"}}),
    ("protection", {"guardians": {"deputy": "Pavel"}, "gone": {"lead": "Amina"}}),
    ("helplines", {"unchecked": ("KE",)}),
    *(("dates", {"dates": {**DATES, name: None}}) for name in DATES),
    ("previews", {"previewed": frozenset(LANGUAGES) - {"ar"}}),
    ("rehearsal", {"rehearsed": None}),
    ("rehearsal", {"rehearsed": Rehearsed(NOON, 2, 190, of_this=False)}),
]


def test_a_good_consultation_has_every_line_done() -> None:
    lines = gate(GOOD, {})
    assert tuple(line.id for line in lines) == IDS
    assert is_ready(lines)


@pytest.mark.parametrize(("id_", "bad"), OPENING)
def test_each_line_opens_by_what_it_asks_for_and_can_be_overruled(id_: str, bad: dict[str, Any]) -> None:
    lines = gate(replace(GOOD, **bad), {})
    assert (lines[0].id, lines[0].state) == (id_, "open")
    assert not is_ready(lines)
    why = Overruled("a@example.org", NOON, "Agreed on the telephone", frozenset(lines[0].troubles))
    overruled = gate(
        replace(GOOD, **bad),
        {line.id: replace(why, covers=frozenset(line.troubles)) for line in lines if line.troubles},
    )
    assert is_ready(overruled)
    assert overruled[0].overruled == why


def test_what_was_overruled_does_not_cover_what_comes_later() -> None:
    bad = replace(GOOD, progress={"zh": Progress(missing=1)})
    why = Overruled("a@example.org", NOON, "No Chinese this time", frozenset({"zh:missing", "zh"}))
    rules = {"languages": why, "review": why}
    assert is_ready(gate(bad, rules))
    assert is_ready(gate(replace(bad, progress={"zh": Progress(missing=9)}), rules))
    for progress in ({"zh": Progress(missing=1), "ar": Progress(missing=1)}, {"zh": Progress(missing=1, stale=1)}):
        assert not is_ready(gate(replace(bad, progress=progress), rules))


@given(st.lists(st.sampled_from(OPENING), min_size=1), st.sets(st.sampled_from(IDS)))
def test_open_lines_stand_first_and_one_is_enough_to_stop(
    opening: list[tuple[str, dict[str, Any]]], ruled: set[str]
) -> None:
    facts = GOOD
    for _, bad in opening:
        facts = replace(facts, **bad)
    troubles = {line.id: frozenset(line.troubles) for line in gate(facts, {})}
    lines = gate(facts, {id_: Overruled("a", NOON, "b", troubles[id_]) for id_ in ruled})
    states = [line.state for line in lines]
    assert states == sorted(states, key=["open", "overruled", "done"].index)
    assert Counter(line.id for line in lines) == Counter(IDS)
    assert is_ready(lines) == ({line.id for line in gate(facts, {}) if line.state == "open"} <= ruled)


def test_without_an_aim_every_country_is_aimed_at() -> None:
    known = countries()
    assert target_countries((), ()) == tuple(known)
    assert target_countries(("KE",), ()) == ("KE",)
    assert set(target_countries(("KE",), ("cis",))) == {"KE"} | {
        each.iso2 for each in known.values() if each.region == "cis"
    }


# The page


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_a_new_draft_has_its_open_lines_first(house: House, language: str) -> None:
    await prepare(house, reviewed=False)
    async with at_the_desk(house, language=language) as desk:
        page = await desk.get(GATE)
    assert open_lines(page) == {"review", "dates", "protection", "helplines", "previews", "rehearsal"}
    assert page.index('id="line-rehearsal"') < page.index('id="line-day"')


async def test_nothing_is_scheduled_while_a_line_is_open(house: House) -> None:
    await prepare(house)
    async with at_the_desk(house) as desk:
        page = await desk.post(f"{GATE}/schedule", {}, status=422)
        assert "Nothing was scheduled" in page
    assert await phase(house) is Phase.DRAFT
    assert await acts(house) == []


async def test_a_consultation_is_scheduled_when_every_line_is_done_or_overruled(house: House) -> None:
    await prepare(house)
    async with at_the_desk(house) as desk, at_the_desk(house, Role.ADMINISTRATOR) as administrator:
        await make_ready(house, desk)
        assert open_lines(await desk.get(GATE)) == {"helplines"}
        await desk.post(f"{GATE}/overrule", {"line": "helplines", "reason": "Agreed"}, status=403)
        page = await administrator.post(f"{GATE}/overrule", {"line": "helplines", "reason": " "}, status=422)
        assert 'href="#reason"' in page
        await administrator.post(f"{GATE}/overrule", {"line": "day", "reason": "Not open"}, status=404)
        await administrator.post(f"{GATE}/overrule", {"line": "helplines", "reason": "Directory shown instead"})
        page = await administrator.follow()
        assert "Directory shown instead" in page
        assert open_lines(page) == set()
        await desk.post(f"{GATE}/schedule", {})
        assert await phase(house) is Phase.SCHEDULED
        await desk.post(f"{GATE}/schedule", {}, status=409)
        assert "It is scheduled" in await desk.get(GATE)
    entries = await acts(house)
    assert [entry.act for entry in entries] == [
        "plan_changed",
        *["preview"] * 6,
        "rehearsal_passed",
        "gate_overruled",
        "scheduled",
    ]
    told = {"line": "helplines", "covers": list(countries())}
    assert (entries[-2].after, entries[-2].reason) == (told, "Directory shown instead")
    assert list((entries[-1].after or {})["overruled"]) == ["helplines"]
    async with house.reader() as browse:
        assert "Sample topic" in await browse.get(f"/en/consultations/{SLUG}")


async def test_a_changed_question_opens_the_lines_again(house: House) -> None:
    await prepare(house)
    questions = f"/staff/consultations/{SLUG}/questionnaire"
    async with at_the_desk(house) as desk:
        assert not open_lines(await desk.get(GATE)) & {"languages", "review"}
        async with AsyncSession(house.engine) as session:
            found = (await session.scalars(select(Consultation).where(Consultation.slug == SLUG))).one()
            seen = (await questionnaires.latest(session, found.id)).digest[:16]
        await desk.post(f"{questions}/A1", {"seen": seen, "go": "save", "label": "Another", "choices.1": "One"})
        page = await desk.get(GATE)
        assert open_lines(page) >= {"languages", "review"}
        assert "2 out of date" in page


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_an_end_of_access_opens_the_line_of_protection_and_says_who_is_missing(
    house: House, language: str
) -> None:
    await prepare(house)
    async with at_the_desk(house, language=language) as desk:
        await desk.post(f"{GATE}/plan", {**PLAN, **await name_guardians(house)})
        page = await desk.get(GATE)
        assert "protection" not in open_lines(page)
        assert "Amina" in page.partition('id="line-protection"')[2].partition("</li>")[0]
        async with AsyncSession(house.engine) as session:
            one = await session.scalar(select(Account).where(Account.email == "pavel@example.org"))
            assert one is not None
            one.ended_at = NOON
            await session.commit()
        page = await desk.get(GATE)
        assert "protection" in open_lines(page)
        line = page.partition('id="line-protection"')[2].partition("</li>")[0]
        assert "Pavel" in line
        assert "Amina" not in line
        assert "pavel@example.org" not in page.partition('<select id="deputy"')[2]


async def test_lead_and_deputy_are_two_people_who_have_the_role(house: House) -> None:
    await prepare(house)
    named = await name_guardians(house)
    async with at_the_desk(house, Role.SECRETARIAT), at_the_desk(house) as desk:
        async with AsyncSession(house.engine) as session:
            other = await session.scalar(select(Account.id).where(Account.role == "secretariat"))
        wrong = [({"deputy": named["lead"]}, "deputy"), ({"lead": str(other)}, "lead"), ({"lead": "x"}, "lead")]
        for change, part in wrong:
            page = await desk.post(f"{GATE}/plan", {**PLAN, **named, **change}, status=422)
            assert f'href="#{part}"' in page
        assert await acts(house) == []
        await desk.post(f"{GATE}/plan", {**PLAN, **named})
        await desk.post(f"{GATE}/plan", {**PLAN, **named})
    (entry,) = await acts(house)
    assert (entry.after or {})["lead"] == "amina@example.org"
    assert (entry.before or {})["deputy"] == ""


async def test_aims_choose_the_countries_whose_helplines_count(house: House) -> None:
    await prepare(house)
    async with AsyncSession(house.engine) as session:
        found = (await session.scalars(select(Consultation).where(Consultation.slug == SLUG))).one()
        session.add(RegionTarget(consultation_id=found.id, region="cis", n=100))
        await session.commit()
    many = sum(each.region == "cis" for each in countries().values())
    async with at_the_desk(house) as desk:
        assert f"for {many} countries" in await desk.get(GATE)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"day": ""}, "Choose a day that is not over"),
        ({"day": "2026-11-01"}, "Choose a day that is not over"),
        ({"results_on": "2027-02-09"}, "Choose a date after the day"),
        ({"feedback_on": "2027-03-01"}, "not before the results"),
        ({"comments_until": "soon"}, "Choose a date after the day"),
        ({"freeze_on": "2027-02-09"}, "Choose a date after the day, and not after the results"),
        ({"freeze_on": "2027-03-11"}, "Choose a date after the day, and not after the results"),
        ({"words_until": "2027-02-20"}, "Choose a date after the freeze"),
        ({"words_until": "2028-03-11"}, "at most 12 months after the results"),
        ({"consent": "D"}, "Choose how young people agree"),
        ({"ages": ["2"]}, "10 to 12 only where a partner holds consent"),
    ],
)
async def test_a_plan_with_a_wrong_part_is_refused_as_a_whole(house: House, wrong: dict[str, Any], words: str) -> None:
    await prepare(house)
    async with at_the_desk(house) as desk:
        assert words in await desk.post(f"{GATE}/plan", {**PLAN, **wrong}, status=422)
    assert await acts(house) == []


async def test_another_day_moves_the_hours(house: House) -> None:
    await prepare(house)
    async with at_the_desk(house) as desk:
        await desk.post(f"{GATE}/plan", {**PLAN, "day": "2027-02-10", "consent": "C", "ages": ["2", "3"]})
        await desk.post(f"{GATE}/plan", {**PLAN, "day": "2027-02-10", "consent": "C", "ages": ["2", "3"]})
    async with AsyncSession(house.engine) as session:
        found = (await session.scalars(select(Consultation).where(Consultation.slug == SLUG))).one()
    assert found.opens_at == datetime(2027, 2, 9, 10, tzinfo=UTC)
    assert (found.consent, found.age_bands, found.results_on) == ("C", ["2", "3"], date(2027, 3, 10))
    (entry,) = await acts(house)
    assert (entry.before or {})["day"] == "2027-02-09"


async def test_after_the_opening_the_gate_is_shut(house: House) -> None:
    shut = f"/staff/consultations/{house.consultation.slug}/gate"
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        page = await desk.get(shut)
        assert f'action="{shut}/plan"' not in page
        assert f'action="{shut}/overrule"' not in page
        await desk.post(f"{shut}/plan", PLAN, status=409)
        await desk.post(f"{shut}/overrule", {"line": "dates", "reason": "x"}, status=409)
        await desk.post(f"{shut}/schedule", {}, status=409)


async def test_each_role_does_only_its_own(house: House) -> None:
    await prepare(house)
    async with at_the_desk(house, Role.SECRETARIAT) as desk:
        await desk.get(GATE)
        await desk.post(f"{GATE}/previews", {"languages": ["ar", "xx"]})
        await desk.post(f"{GATE}/plan", PLAN, status=403)
        await desk.post(f"{GATE}/schedule", {}, status=403)
        await desk.post(f"{GATE}/overrule", {"line": "dates", "reason": "x"}, status=403)
    for role in (Role.MEMBER, Role.PARTNER):
        async with at_the_desk(house, role) as desk:
            await desk.get(GATE, status=403)
    assert [entry.act for entry in await acts(house)] == ["preview"]
