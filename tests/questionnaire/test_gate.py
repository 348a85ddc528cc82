"""The readiness gate: what each line needs, who may overrule, and that nothing is scheduled past an open line."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations import service as consultations
from app.consultations.countries import countries
from app.consultations.models import Consultation
from app.consultations.phase import Phase, phase_at
from app.outreach.models import RegionTarget
from app.questionnaire import service as questionnaires
from app.questionnaire.document import LANGUAGES
from app.questionnaire.gate import (
    IDS,
    Facts,
    Overruled,
    Progress,
    checks,
    gate,
    is_ready,
    target_countries,
    unchecked,
)
from app.questionnaire.models import TextState
from app.questionnaire.texts import digest_of, to_translate
from app.staff.audit import record
from app.staff.models import Account, AuditEntry
from app.staff.permissions import Role
from tests.application import NOON, House, Reader
from tests.desk import at_the_desk
from tests.samples import sample_document

SLUG = "next"
GATE = f"/staff/consultations/{SLUG}/gate"
PLAN: dict[str, Any] = {
    "day": "2027-02-09",
    "results_on": "2027-03-10",
    "comments_until": "2027-04-10",
    "feedback_on": "2027-09-01",
    "consent": "A",
    "ages": ["3", "4", "5"],
}

GOOD = Facts(
    now=NOON,
    opens_at=NOON + timedelta(days=60),
    progress={language: Progress() for language in LANGUAGES if language != "en"},
    faulty=(),
    consent="A",
    age_bands=("3",),
    guardians=("Amina", "Pavel"),
    targets=2,
    unchecked=(),
    results_on=date(2027, 3, 10),
    comments_until=date(2027, 4, 10),
    feedback_on=date(2027, 9, 1),
    languages=LANGUAGES,
    previewed=frozenset(LANGUAGES),
    rehearsed_at=NOON,
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
    ("protection", {"guardians": ("Amina",)}),
    ("helplines", {"unchecked": ("KE",)}),
    ("dates", {"results_on": None}),
    ("dates", {"comments_until": None}),
    ("dates", {"feedback_on": None}),
    ("previews", {"previewed": frozenset(LANGUAGES) - {"ar"}}),
    ("rehearsal", {"rehearsed_at": None}),
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
    why = Overruled("a@example.org", NOON, "Agreed on the telephone")
    overruled = gate(replace(GOOD, **bad), {line.id: why for line in lines if line.state == "open"})
    assert is_ready(overruled)
    assert overruled[0].overruled == why


@given(st.lists(st.sampled_from(OPENING), min_size=1), st.sets(st.sampled_from(IDS)))
def test_open_lines_stand_first_and_one_is_enough_to_stop(
    opening: list[tuple[str, dict[str, Any]]], ruled: set[str]
) -> None:
    facts = GOOD
    for _, bad in opening:
        facts = replace(facts, **bad)
    lines = gate(facts, {id_: Overruled("a", NOON, "b") for id_ in ruled})
    states = [line.state for line in lines]
    assert states == sorted(states, key=["open", "overruled", "done"].index)
    assert Counter(line.id for line in lines) == Counter(IDS)
    assert is_ready(lines) == ({line.id for line in gate(facts, {}) if line.state == "open"} <= ruled)


def test_a_check_of_a_helpline_holds_for_twelve_months(tmp_path: Path) -> None:
    file = tmp_path / "helplines.csv"
    file.write_text(
        "iso2,name,phone,url,confidence,source,checked_on,lang,dial\n"
        "KE,Childline,116,,high,x,2026-01-01,en,116\n"
        "KE,Other,117,,high,x,2025-01-01,en,117\n"
        "FR,119,119,,confirmed,x,2025-11-20,en,119\n"
        "ES,116111,116111,,medium,x,2026-11-01,en,116111\n"
        "RU,8800,8800,,high,x,,en,8800\n",
        encoding="utf-8",
    )
    assert checks(file) == {"KE": date(2026, 1, 1), "FR": date(2025, 11, 20)}
    assert unchecked(("KE", "FR", "ES", "RU"), checks(file), date(2026, 11, 20)) == ("ES", "RU")
    assert unchecked(("KE", "FR"), checks(file), date(2026, 11, 21)) == ("FR",)


def test_without_an_aim_every_country_is_aimed_at() -> None:
    known = countries()
    assert target_countries(known, (), ()) == tuple(known)
    assert target_countries(known, ("KE",), ()) == ("KE",)
    assert set(target_countries(known, ("KE",), ("cis",))) == {"KE"} | {
        each.iso2 for each in known.values() if each.region == "cis"
    }


# The page


async def prepare(house: House, *, reviewed: bool = True) -> None:
    """A draft whose translations were made by one person and read by another, or not."""
    document = sample_document()
    async with AsyncSession(house.engine, expire_on_commit=False) as session:
        consultation = await consultations.create(
            session,
            slug=SLUG,
            topic=dict(document.title),
            summary={},
            day=date(2027, 2, 9),
            window="world",
        )
        await questionnaires.attach(session, consultation, document)
        for language in LANGUAGES:
            for text in to_translate(document) if reviewed and language != "en" else ():
                session.add(
                    TextState(
                        consultation_id=consultation.id,
                        key=text.key,
                        language=language,
                        source_digest=digest_of(text.in_language("en")),
                        source_text=text.in_language("en"),
                        translated_by="t@example.org",
                        translated_at=NOON,
                        reviewed_by="r@example.org",
                        reviewed_at=NOON,
                        text_digest=digest_of(text.in_language(language)),
                    )
                )
        await session.commit()


async def rehearse(house: House) -> None:
    async with AsyncSession(house.engine) as session:
        await record(session, who="consult", act="rehearsal_passed", subject=SLUG, now=NOON)
        await session.commit()


async def acts(house: House) -> list[AuditEntry]:
    async with AsyncSession(house.engine) as session:
        rows = await session.scalars(select(AuditEntry).where(AuditEntry.subject == SLUG).order_by(AuditEntry.number))
        return list(rows)


async def phase(house: House) -> Phase:
    async with AsyncSession(house.engine) as session:
        found = (await session.scalars(select(Consultation).where(Consultation.slug == SLUG))).one()
        return phase_at(found, NOON)


def open_lines(page: str) -> set[str]:
    """The lines that the page says must be mended."""
    parts = page.partition('<ol class="gate"')[2].partition("</ol>")[0].split('<li id="line-')[1:]
    return {part.partition('"')[0] for part in parts if 'class="st do"' in part}


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


async def make_ready(house: House, desk: Reader) -> None:
    """Every line but that of the helplines is done."""
    await desk.post(f"{GATE}/plan", PLAN)
    await desk.post(f"{GATE}/previews", {"languages": list(LANGUAGES)})
    await rehearse(house)


async def test_a_consultation_is_scheduled_when_every_line_is_done_or_overruled(house: House) -> None:
    await prepare(house)
    async with (
        at_the_desk(house, Role.PROTECTION),
        at_the_desk(house, Role.PROTECTION),
        at_the_desk(house) as desk,
        at_the_desk(house, Role.ADMINISTRATOR) as administrator,
    ):
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
    assert (entries[-2].after, entries[-2].reason) == ({"line": "helplines"}, "Directory shown instead")
    assert (entries[-1].after or {})["overruled"] == ["helplines"]
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


async def test_an_end_of_access_opens_the_line_of_protection(house: House) -> None:
    await prepare(house)
    async with at_the_desk(house, Role.PROTECTION), at_the_desk(house, Role.PROTECTION), at_the_desk(house) as desk:
        assert "protection" not in open_lines(await desk.get(GATE))
        async with AsyncSession(house.engine) as session:
            one = await session.scalar(select(Account).where(Account.role == "protection").limit(1))
            assert one is not None
            one.ended_at = NOON
            await session.commit()
        assert "protection" in open_lines(await desk.get(GATE))


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
