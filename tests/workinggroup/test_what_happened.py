"""What young people were promised to be told: the page before, late and after; entries whole in six languages."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.questionnaire.document import LANGUAGES
from app.staff.permissions import Role
from app.workinggroup.models import Outcome
from app.workinggroup.outcomes import TEXTS
from tests.application import House, Reader
from tests.consultations.test_desk import trail
from tests.desk import at_the_desk
from tests.reporting.versions import days_pass, frozen
from tests.samples import SLUG
from tests.submissions.test_journey_pages import BASE, code_on, send_all

DESK = f"/staff/consultations/{SLUG}/what-happened"
PUBLIC = f"/en/consultations/{SLUG}/what-happened"
PROMISED = date(2027, 6, 3)


def entry(**others: str) -> dict[str, str]:
    """An entry that is complete in six languages."""
    texts = {f"{name}-{lang}": f"{name.capitalize()} <{lang}>" for name in TEXTS for lang in LANGUAGES}
    return {"kind": "decided", "day": "2027-01-28", "go": "publish", **texts, **others}


@pytest.fixture
async def secretariat(house: House) -> AsyncIterator[Reader]:
    async with at_the_desk(house, Role.SECRETARIAT) as desk:
        yield desk


async def kept(house: House) -> Sequence[Outcome]:
    async with AsyncSession(house.engine) as session:
        return list(await session.scalars(select(Outcome).order_by(Outcome.id)))


async def test_before_the_first_entry_the_page_says_what_was_promised_and_by_when(house: House, browse: Reader) -> None:
    page = await browse.get(PUBLIC)
    assert "The day is not fixed yet." in page
    await house.change(feedback_on=PROMISED)
    page = await browse.get(PUBLIC)
    assert "We promised to tell you here by 3 June 2027." in page
    assert "What did not happen, and why." in page
    assert "We are late." not in page
    await browse.get(f"/ar/consultations/{SLUG}/what-happened")


async def test_a_promise_that_was_not_kept_is_called_late_once_its_day_is_over_everywhere(
    house: House, browse: Reader, secretariat: Reader
) -> None:
    await house.change(feedback_on=PROMISED)
    house.clock.now = datetime(2027, 6, 4, 11, 59, tzinfo=UTC)
    assert "We are late." not in await browse.get(PUBLIC)
    house.clock.now = datetime(2027, 6, 4, 12, 0, tzinfo=UTC)
    page = await browse.get(PUBLIC)
    assert "We are late." in page
    assert "by 3 June 2027" in page
    await days_pass(house, 0)
    assert "That day has passed, and the public page says so." in await secretariat.get(DESK)
    # An entry that is not public keeps no promise.
    await secretariat.post(f"{DESK}/new", entry(go="save"))
    assert "We are late." in await browse.get(PUBLIC)
    await secretariat.post(f"{DESK}/new", entry())
    assert "We are late." not in await browse.get(PUBLIC)


async def test_there_is_no_page_of_a_draft(house: House, browse: Reader) -> None:
    await house.change(scheduled_at=None)
    await browse.get(PUBLIC, status=404)
    await browse.get("/en/consultations/nowhere/what-happened", status=404)


async def test_entries_stand_in_the_order_of_their_days_in_every_language(
    house: House, browse: Reader, secretariat: Reader
) -> None:
    await secretariat.post(f"{DESK}/new", entry(kind="not_done", day="2027-03-01"))
    await secretariat.post(f"{DESK}/new", entry(kind="done", day="2027-01-28", expected_on="2027-12-15"))
    await secretariat.post(f"{DESK}/new", entry(kind="told", day="2027-02-01"))
    await secretariat.post(f"{DESK}/new", entry(kind="decided", day="2027-02-02"))
    for language in LANGUAGES:
        page = await browse.get(f"/{language}/consultations/{SLUG}/what-happened")
        for name in TEXTS:
            assert page.count(f"{name.capitalize()} &lt;{language}&gt;") == 4
    page = await browse.get(PUBLIC)
    places = [page.index(day) for day in ("28 January 2027", "1 February 2027", "2 February 2027", "1 March 2027")]
    assert places == sorted(places)
    for words in ("Told to the Group", "Decided", "Done", "Not done", "The Group, and why not"):
        assert words in page
    assert "More is expected by 15 December 2027." in page
    assert "Last change: 20 November 2026." in page


async def test_an_entry_is_published_only_when_it_is_complete_in_six_languages(
    house: House, browse: Reader, secretariat: Reader
) -> None:
    page = await secretariat.post(f"{DESK}/new", entry(**{"said-ar": " ", "response-zh": ""}), status=422)
    assert 'href="#said-ar"' in page
    assert 'href="#response-zh"' in page
    assert 'href="#said-en"' not in page
    assert await kept(house) == []
    await secretariat.post(f"{DESK}/new", entry(**{"said-ar": "", "go": "save"}))
    (outcome,) = await kept(house)
    listed = await secretariat.get(DESK)
    assert '<span lang="ar">العربية</span></td>' in listed
    assert "not public" in listed
    one = f"{DESK}/{outcome.id}"
    assert "Response &lt;fr&gt;" in await secretariat.get(one)
    await secretariat.post(one, entry(**{"said-ar": ""}), status=422)
    assert "Title" not in await browse.get(PUBLIC)
    await secretariat.post(one, entry(**{"said-ar": "قلتم"}))
    assert "قلتم" in await browse.get(f"/ar/consultations/{SLUG}/what-happened")
    # One that is public stays complete.
    await secretariat.post(one, entry(**{"title-ru": "", "go": "save"}), status=422)
    assert "Title &lt;ru&gt;" in await browse.get(f"/ru/consultations/{SLUG}/what-happened")


async def test_what_was_only_told_to_the_group_needs_no_answer_of_the_group(
    house: House, browse: Reader, secretariat: Reader
) -> None:
    empty = {f"response-{language}": "" for language in LANGUAGES}
    await secretariat.post(f"{DESK}/new", entry(kind="decided", **empty), status=422)
    await secretariat.post(f"{DESK}/new", entry(kind="told", **empty))
    page = await browse.get(PUBLIC)
    assert "<dt>You said</dt>" in page
    assert "<dt>The Group</dt>" not in page


async def test_what_cannot_be_read_is_said_beside_its_field(house: House, secretariat: Reader) -> None:
    for change, wrong in (
        ({"kind": "promised"}, "kind"),
        ({"day": "soon"}, "day"),
        ({"day": ""}, "day"),
        ({"expected_on": "later"}, "expected_on"),
    ):
        page = await secretariat.post(f"{DESK}/new", entry(**change), status=422)
        assert f'href="#{wrong}"' in page
        assert f'id="{wrong}-e"' in page
        assert "Said &lt;ru&gt;" in page
    nothing = {f"{name}-{language}": "" for name in TEXTS for language in LANGUAGES}
    assert 'href="#title-en"' in await secretariat.post(f"{DESK}/new", entry(go="save", **nothing), status=422)
    assert await kept(house) == []


async def test_an_entry_is_taken_back_with_a_reason(house: House, browse: Reader, secretariat: Reader) -> None:
    await secretariat.post(f"{DESK}/new", entry())
    (outcome,) = await kept(house)
    one = f"{DESK}/{outcome.id}"
    assert 'href="#reason"' in await secretariat.post(one, entry(go="take_back"), status=422)
    assert "Title" in await browse.get(PUBLIC)
    await secretariat.post(one, entry(go="take_back", reason="It was the wrong meeting"))
    assert "Title" not in await browse.get(PUBLIC)
    await secretariat.post(one, entry(go="take_back", reason="Again"), status=409)
    assert [(each.act, each.subject, each.reason) for each in await trail(house)] == [
        ("outcome_published", f"{SLUG}/{outcome.id}", ""),
        ("outcome_taken_back", f"{SLUG}/{outcome.id}", "It was the wrong meeting"),
    ]


async def test_a_change_of_what_is_public_shows_its_day_and_stands_in_the_trail(
    house: House, browse: Reader, secretariat: Reader
) -> None:
    await secretariat.post(f"{DESK}/new", entry())
    (outcome,) = await kept(house)
    await days_pass(house, 10)
    await secretariat.post(f"{DESK}/{outcome.id}", entry(**{"title-en": "Another title", "go": "save"}))
    page = await browse.get(PUBLIC)
    assert "Another title" in page
    assert "Last change: 30 November 2026." in page
    *_, last = await trail(house)
    assert (last.act, last.after and last.after["public"]) == ("outcome_saved", True)
    assert last.before is not None
    assert last.before["chars"] != (last.after or {})["chars"]


async def test_only_the_secretariat_and_administrators_report_back(house: House, secretariat: Reader) -> None:
    await secretariat.post(f"{DESK}/new", entry())
    (outcome,) = await kept(house)
    for role in (Role.MEMBER, Role.MODERATOR, Role.TRANSLATOR, Role.PARTNER, Role.PROTECTION):
        async with at_the_desk(house, role) as desk:
            await desk.get(DESK, status=403)
            await desk.post(f"{DESK}/{outcome.id}", entry(go="take_back", reason="No"), status=403)
    for number in ("999999", "99999999999999999999"):
        await secretariat.get(f"{DESK}/{number}", status=404)
    async with at_the_desk(house, Role.ADMINISTRATOR, language="ar") as desk:
        await desk.get(f"{DESK}/{outcome.id}")


async def test_the_page_is_linked_where_young_people_look_for_it(house: House, browse: Reader) -> None:
    about, link = BASE, f'href="{PUBLIC}"'
    assert link not in await browse.get(about)
    await send_all(browse)
    thanks = await browse.follow()
    assert link in thanks
    await browse.post("/en/receipt", {"code": code_on(thanks), "go": "see"})
    assert link not in await browse.follow()
    await frozen(house)
    assert link in await browse.get(about)
    await browse.post("/en/receipt", {"code": code_on(thanks), "go": "see"})
    assert link in await browse.follow()
