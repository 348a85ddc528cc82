"""Helplines at the desk: who checked which, what young people see therefore, and what the gate counts."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations import service
from app.consultations.countries import all_helplines, countries
from app.consultations.helplines import checked_countries, lines_of
from app.consultations.models import HelplineCheck
from app.outreach.models import RegionTarget
from app.questionnaire.kinds import Choice, Single
from app.staff.models import AuditEntry
from app.staff.permissions import Role
from tests.application import NOON, House, Reader, running
from tests.desk import at_the_desk
from tests.questionnaire.drafts import GATE, SLUG, open_lines, prepare
from tests.samples import sample_document, texts
from tests.submissions.test_journey_pages import BASE, answer_all

PAGE = "/staff/helplines"
#: One that is not sure, so that nobody saw it so far, and one that is; and a country of which we know no number.
HIDDEN, SURE, NONE = "AD/175", "KE/116", "AF/"


def rows_of(page: str) -> set[str]:
    """The ids of the rows of the table."""
    return {part.partition('"')[0] for part in page.partition("<tbody>")[2].split('<tr id="')[1:]}


async def entries(house: House) -> list[AuditEntry]:
    async with AsyncSession(house.engine) as session:
        acts = ("helpline_checked", "helpline_check_taken_back")
        rows = await session.scalars(select(AuditEntry).where(AuditEntry.act.in_(acts)).order_by(AuditEntry.number))
        return list(rows)


def test_every_line_can_be_named_and_every_country_has_one() -> None:
    for iso2 in countries():
        dials = [line.dial for line in lines_of(iso2)]
        assert dials
        assert len(set(dials)) == len(dials)
    assert lines_of("AF")[0].dial == ""
    assert any(not line.sure for line in all_helplines() if line.dial)


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_a_number_that_is_not_sure_is_hidden_until_somebody_checked_it(house: House, language: str) -> None:
    async with house.reader() as young, at_the_desk(house, Role.PROTECTION, language=language) as desk:
        assert "tel:175" not in await young.get(f"/{language}/help?country=AD")
        await desk.post(PAGE, {"go": f"checked:{HIDDEN}"})
        assert "tel:175" in await young.get(f"/{language}/help?country=AD")
        assert "tel:175" in await young.get(f"/{language}/help")
        page = await desk.follow()
        assert 'value="back:AD/175"' in page
        await desk.post(PAGE, {"go": f"back:{HIDDEN}"})
        assert "tel:175" not in await young.get(f"/{language}/help?country=AD")
        assert 'value="back:AD/175"' not in await desk.follow()
    checked, back = await entries(house)
    told = {"checked_on": "2026-11-20", "checked_by": checked.who}
    assert (checked.subject, checked.before, checked.after) == ("AD 175", None, told)
    assert (back.act, back.before, back.after) == ("helpline_check_taken_back", told, None)


async def test_a_sure_number_is_shown_whoever_checks_it_or_takes_it_back(house: House, browse: Reader) -> None:
    async with at_the_desk(house) as desk:
        for go in (f"checked:{SURE}", f"back:{SURE}", f"back:{SURE}"):
            await desk.post(PAGE, {"go": go})
            assert "tel:116" in await browse.get("/en/help?country=KE")
    # There was nothing more to take back.
    assert [each.act for each in await entries(house)] == ["helpline_checked", "helpline_check_taken_back"]


async def test_the_page_after_sending_is_made_anew_when_a_number_was_checked(database_url: str, tmp_path: Path) -> None:
    """It is kept as bytes for everybody of that country."""
    document = sample_document()
    about_you = document.sections[-1]
    country = document.questions["DM03"]
    assert isinstance(country, Single)
    andorra = replace(country, choices=(*country.choices, Choice("AD", texts("Andorra"))))
    document = replace(
        document,
        sections=(*document.sections[:-1], replace(about_you, questions=(about_you.questions[0], andorra))),
    )
    async with running(database_url, tmp_path, document=document) as house, at_the_desk(house) as desk:
        pages = []
        for go in (None, f"checked:{HIDDEN}", f"back:{HIDDEN}"):
            async with house.reader() as young:
                if go:
                    await desk.post(PAGE, {"go": go})
                await answer_all(young)
                await young.post(f"{BASE}/answer/about_you", {"DM03": "DM03.AD", "go": "next"})
                await young.post(f"{BASE}/send", {"go": "send"})
                pages.append(await young.get(f"{BASE}/thanks"))
    assert ["tel:175" in page for page in pages] == [False, True, False]


async def test_what_is_no_line_of_ours_cannot_be_checked(house: House) -> None:
    async with at_the_desk(house) as desk:
        for go in ("checked:AD/999", "checked:XX/175", "checked:KE/", "called:AD/175", "checked", "", "back:AD/999"):
            await desk.post(PAGE, {"go": go}, status=404)
    assert await entries(house) == []


async def test_only_those_who_keep_young_people_safe_check_them(house: House) -> None:
    for role in (Role.SECRETARIAT, Role.TRANSLATOR, Role.MEMBER, Role.PARTNER):
        async with at_the_desk(house, role) as desk:
            await desk.get(PAGE, status=403)
            await desk.post(PAGE, {"go": f"checked:{HIDDEN}"}, status=403)


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_lines_are_found_by_country_state_and_consultation(house: House, language: str) -> None:
    await prepare(house)
    async with AsyncSession(house.engine) as session:
        session.add(RegionTarget(consultation_id=house.consultation.id, region="cis", n=100))
        await session.commit()
    async with at_the_desk(house, language=language) as desk:
        everything = rows_of(await desk.get(PAGE))
        assert {"AD-175", "KE-116", "AF-"} <= everything
        assert {each.partition("-")[0] for each in everything} == set(countries())
        assert rows_of(await desk.get(f"{PAGE}?country=KE")) == {f"KE-{line.dial}" for line in lines_of("KE")}
        hidden = rows_of(await desk.get(f"{PAGE}?state=hidden"))
        assert "AD-175" in hidden
        assert "KE-116" not in hidden
        cis = rows_of(await desk.get(f"{PAGE}?consultation=sample"))
        assert {each.partition("-")[0] for each in cis} == {
            each.iso2 for each in countries().values() if each.region == "cis"
        }
        await desk.post(PAGE, {"go": f"checked:{HIDDEN}", "state": "due", "country": "AD", "consultation": "nothing"})
        assert desk.led_to == f"{PAGE}?country=AD&state=due#AD-175"
        assert "AD-175" not in rows_of(await desk.get(f"{PAGE}?state=due"))
        assert rows_of(await desk.get(f"{PAGE}?state=checked")) == {"AD-175"}
        house.clock.now = NOON + timedelta(days=366)
    async with at_the_desk(house, language=language) as desk:
        assert "AD-175" in rows_of(await desk.get(f"{PAGE}?state=due"))


async def test_the_gate_counts_checks_of_the_countries_aimed_at_within_twelve_months(house: House) -> None:
    await prepare(house)
    async with AsyncSession(house.engine) as session:
        found = await service.find(session, SLUG)
        session.add(RegionTarget(consultation_id=found.id, region="cis", n=100))
        await session.commit()
    wanted = [each.iso2 for each in countries().values() if each.region == "cis"]
    async with at_the_desk(house) as desk:
        page = await desk.get(GATE)
        assert "helplines" in open_lines(page)
        assert f'href="{PAGE}?consultation={SLUG}&amp;state=due"' in page
        for iso2 in wanted:
            await desk.post(PAGE, {"go": f"checked:{iso2}/{lines_of(iso2)[0].dial}"})
        assert "helplines" not in open_lines(await desk.get(GATE))
    house.clock.now = NOON + timedelta(days=366)
    async with at_the_desk(house) as desk:
        assert "helplines" in open_lines(await desk.get(GATE))


async def test_a_check_holds_for_a_year_and_only_for_lines_that_we_have(house: House) -> None:
    async with AsyncSession(house.engine) as session:
        today = NOON.date()
        for country, dial, days in (("KE", "116", 365), ("FR", "119", 366), ("AD", "", 1), ("AF", "", 1)):
            session.add(
                HelplineCheck(country=country, dial=dial, checked_on=today - timedelta(days=days), checked_by="x")
            )
        await session.flush()
        # Of Andorra we know a number: that nobody found one does not count.
        assert await checked_countries(session, today) == {"KE", "AF"}


async def test_two_who_check_a_line_at_once_are_both_in_the_trail(house: House) -> None:
    async with at_the_desk(house) as one, at_the_desk(house) as other:
        await asyncio.gather(*(desk.post(PAGE, {"go": f"checked:{HIDDEN}"}) for desk in (one, other)))
    assert len(await entries(house)) == 2
    async with AsyncSession(house.engine) as session:
        assert len((await session.scalars(select(HelplineCheck))).all()) == 1
