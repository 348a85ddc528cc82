"""The journey through the real pages, without script, on both databases."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.questionnaire import edit
from app.questionnaire.document import LANGUAGES
from app.questionnaire.kinds import Ranking
from app.questionnaire.sound import faults_of
from app.questionnaire.xlsform import read_xlsform, write_xlsform
from app.questionnaire.xlsform.rows import MOST_PLACES
from tests.application import NOON, House, Reader, running
from tests.samples import choices, sample_document

BASE = "/en/consultations/sample"
START = {"DM01": "DM01.3", "agree": "yes", "go": "next"}
VIEWS = {
    "A1": "A1.2",
    "A2": ["A2.1", "A2.3"],
    "A3": "A3.4",
    "A4.a": "A4.a.5",
    "A5.1": "A5.2",
    "A5.3": "A5.4",
    "go": "next",
}
EXPERIENCE = {"B1": "B1.2", "B3": "٧", "B4": "Ask <them> & me", "B6": "one", "go": "next"}


async def begin(browse: Reader, base: str = BASE) -> None:
    await browse.get(f"{base}/answer/start")
    await browse.post(f"{base}/answer/start", START)


async def answer_all(browse: Reader) -> None:
    """Everything answered, up to the check page."""
    await begin(browse)
    await browse.post(f"{BASE}/answer/views", VIEWS)
    await browse.post(f"{BASE}/answer/experience", EXPERIENCE)
    await browse.post(f"{BASE}/answer/experience", EXPERIENCE | {"B2": ["B2.1", "B2.3"]})
    await browse.post(f"{BASE}/answer/experience", EXPERIENCE | {"B2": ["B2.1", "B2.3"], "B5": "B5.1"})
    await browse.post(f"{BASE}/answer/about_you", {"DM03": "DM03.KE", "go": "next"})


async def send_all(browse: Reader) -> None:
    """Everything answered and sent, up to the receipt page's address."""
    await answer_all(browse)
    await browse.post(f"{BASE}/send", {"go": "send"})


def code_on(page: str) -> str:
    found = re.search(r'translate="no">([^<]+)<', page)
    assert found is not None
    return found[1]


async def test_a_whole_journey_is_stored_once_as_it_was_answered(house: House, browse: Reader) -> None:
    await answer_all(browse)
    page = await browse.follow()
    assert "Choice 1 (en); Choice 3 (en)" in page
    assert "Ask &lt;them&gt; &amp; me" in page
    assert await house.submissions() == []
    await browse.post(f"{BASE}/send", {"go": "send"})
    assert browse.led_to == f"{BASE}/thanks"
    code = code_on(await browse.follow())
    assert re.fullmatch(r"([2-9A-HJKMNP-TV-Z]{4} ){3}[2-9A-HJKMNP-TV-Z]{4}", code)
    (row,) = await house.submissions()
    assert json.loads(row.answers) == {
        "DM01": "3",
        "A1": "2",
        "A2": ["1", "3"],
        "A3": "4",
        "A4.a": "5",
        "A5": ["2", "", "4"],
        "B1": "2",
        "B2": ["1", "3"],
        "B5": "1",
        "B3": 7,
        "DM03": "KE",
    }
    assert json.loads(row.open_answers or "") == {"B4": "Ask <them> & me", "B6": "one"}
    assert (row.language, row.dropped, row.link) == ("en", 0, None)
    assert row.arrived_hour == NOON.replace(minute=0, second=0)
    assert code.replace(" ", "").encode() not in row.receipt_hash


async def test_a_second_send_shows_the_first_receipt_page(house: House, browse: Reader) -> None:
    await answer_all(browse)
    before = dict(browse.client.cookies)
    await browse.post(f"{BASE}/send", {"go": "send"})
    first = await browse.follow()
    browse.client.cookies.clear()
    for name, value in before.items():
        browse.client.cookies.set(name, value)
    await browse.post(f"{BASE}/send", {"go": "send"})
    assert code_on(await browse.follow()) == code_on(first)
    await browse.post(f"{BASE}/send", {"go": "send"})
    assert code_on(await browse.follow()) == code_on(first)
    assert len(await house.submissions()) == 1


async def test_the_last_of_several_sends_is_kept_and_the_first_code_finds_nothing(house: House, browse: Reader) -> None:
    """The line broke after Send: the respondent takes something out and sends again."""
    await answer_all(browse)
    before = dict(browse.client.cookies)
    await browse.post(f"{BASE}/send", {"go": "send"})
    first = code_on(await browse.follow())
    browse.client.cookies.clear()
    browse.client.cookies.update(before)
    await browse.post(f"{BASE}/answer/experience", EXPERIENCE | {"B4": "nothing"})
    await browse.post(f"{BASE}/send", {"go": "send"})
    second = code_on(await browse.follow())
    assert first != second
    (kept,) = await house.submissions()
    assert "nothing" in (kept.open_answers or "")
    assert "them" not in (kept.open_answers or "")
    await browse.post("/en/receipt", {"code": first}, status=422)
    await browse.post("/en/receipt", {"code": second})


async def test_a_copy_of_the_cookie_made_before_never_learns_the_code(house: House, browse: Reader) -> None:
    await begin(browse)
    copied = dict(browse.client.cookies)
    await answer_all(browse)
    await browse.post(f"{BASE}/send", {"go": "send"})
    code = code_on(await browse.follow())
    async with house.reader() as observer:
        observer.client.cookies.update(copied)
        await observer.post(f"{BASE}/send", {"go": "send"})
        assert code_on(await observer.follow()) != code


async def test_going_back_to_the_first_page_keeps_what_was_answered(browse: Reader) -> None:
    await browse.get(f"{BASE}/answer", status=303)
    first = browse.led_to
    await browse.follow()
    await browse.post(first, START)
    await browse.post(f"{BASE}/answer/views", VIEWS)
    assert " checked" in await browse.get(first)
    assert " checked" in await browse.get(f"{BASE}/answer/views")


async def test_two_sends_at_the_same_moment_store_one_submission(house: House, browse: Reader) -> None:
    await answer_all(browse)
    cookie = "; ".join(f"{name}={value}" for name, value in browse.client.cookies.items())
    async with house.reader() as one, house.reader() as other:
        await asyncio.gather(
            *(each.post(f"{BASE}/send", {"go": "send"}, cookie=cookie) for each in (one, other, one, other))
        )
    assert len(await house.submissions()) == 1


async def test_follow_up_questions_appear_in_their_section_and_keep_what_was_answered(browse: Reader) -> None:
    await begin(browse)
    page = await browse.get(f"{BASE}/answer/experience")
    assert 'name="B2"' not in page
    await browse.post(f"{BASE}/answer/experience", EXPERIENCE)
    assert browse.led_to == f"{BASE}/answer/experience#B2"
    page = await browse.follow()
    assert 'name="B1" value="B1.2" checked' in page
    assert "Ask &lt;them&gt; &amp; me</textarea>" in page
    await browse.post(f"{BASE}/answer/experience", EXPERIENCE)
    assert browse.led_to == f"{BASE}/answer/about_you"


async def test_back_and_a_changed_mind_keep_answers_but_only_relevant_ones_are_sent(
    house: House, browse: Reader
) -> None:
    await answer_all(browse)
    await browse.post(f"{BASE}/send", {"change": "B1"})
    assert browse.led_to == f"{BASE}/answer/experience#B1"
    await browse.post(f"{BASE}/answer/experience", EXPERIENCE | {"B1": "B1.1", "B2": "B2.1", "B5": "B5.1"})
    await browse.post(f"{BASE}/answer/about_you", {"DM03": "DM03.KE", "go": "back"})
    assert browse.led_to == f"{BASE}/answer/experience"
    await browse.post(f"{BASE}/send", {"go": "send"})
    (row,) = await house.submissions()
    kept = json.loads(row.answers)
    assert kept["B1"] == "1"
    assert "B2" not in kept
    assert "B5" not in kept
    assert row.dropped == 2


async def test_a_language_switch_anywhere_loses_nothing(house: House, browse: Reader) -> None:
    await begin(browse)
    await browse.post(f"{BASE}/answer/views", {**VIEWS, "go": "", "language": "ar"})
    assert browse.led_to == "/ar/consultations/sample/answer/views"
    page = await browse.follow()
    assert 'name="A3" value="A3.4" checked' in page
    await browse.post("/ar/consultations/sample/send", {"language": "ru"})
    assert browse.led_to == "/ru/consultations/sample/check"
    await browse.post("/ru/consultations/sample/send", {"go": "send"})
    assert [row.language for row in await house.submissions()] == ["ru"]


async def test_faults_are_named_beside_the_field_and_what_was_typed_stays(house: House, browse: Reader) -> None:
    await begin(browse)
    wrong = VIEWS | {"A2": ["A2.1", "A2.5"], "A5.2": "A5.2"}
    page = await browse.post(f"{BASE}/answer/views", wrong, status=422)
    assert "2 answers need a change" in page
    assert "You chose “Choice 5 (en)” and others" in page
    assert 'name="A2" value="A2.5" checked' in page
    assert "<title>Error:" in page
    page = await browse.get(f"{BASE}/check")
    assert "2 answers need a change" in page
    await browse.post(f"{BASE}/send", {"go": "send"}, status=422)
    assert await house.submissions() == []


async def test_a_text_that_is_too_long_is_shown_again_and_not_cut(browse: Reader) -> None:
    await begin(browse)
    page = await browse.post(f"{BASE}/answer/experience", EXPERIENCE | {"B4": "ж" * 501}, status=422)
    assert "ж" * 501 in page
    assert "at most 500 characters" in page
    endless = "".join(map(chr, range(0x4E00, 0x4E00 + 6000)))
    page = await browse.post(f"{BASE}/answer/experience", EXPERIENCE | {"B4": endless}, status=422)
    assert "at most 500 characters" in page


async def test_everything_on_one_page_is_sent_with_one_form(house: House, browse: Reader) -> None:
    await browse.get(f"{BASE}/answer?all=1", status=303)
    assert 'name="B5"' in await browse.follow()
    await browse.post(f"{BASE}/answer/all", START | VIEWS | {"B1": "B1.1", "B2": "B2.1", "go": "send"})
    code_on(await browse.follow())
    (row,) = await house.submissions()
    assert json.loads(row.answers)["A2"] == ["1", "3"]
    assert "B2" not in json.loads(row.answers)


@pytest.mark.parametrize(
    ("fields", "ending"),
    [
        ({"DM01": "DM01.1", "agree": "yes"}, "young"),
        ({"DM01": "DM01.2", "agree": "yes"}, "young"),
        ({"DM01": "DM01.6", "agree": "yes"}, "old"),
        ({"agree": "no"}, "no"),
        ({"DM01": "DM01.4", "agree": "no"}, "no"),
    ],
)
async def test_endings_are_kind_and_nothing_stays(browse: Reader, fields: dict[str, str], ending: str) -> None:
    await browse.get(f"{BASE}/answer/start")
    await browse.post(f"{BASE}/answer/start", {**fields, "go": "next"})
    assert browse.led_to == f"{BASE}/stop/{ending}"
    assert not dict(browse.client.cookies)
    await browse.follow()


async def test_without_age_and_agreement_nobody_goes_on(browse: Reader) -> None:
    await browse.get(f"{BASE}/answer/start")
    page = await browse.post(f"{BASE}/answer/start", {"go": "next"}, status=422)
    assert "2 answers need a change" in page
    await browse.get(f"{BASE}/answer/views", status=303)
    assert browse.led_to == f"{BASE}/answer/start"
    await browse.post(f"{BASE}/send", {"go": "send"})
    assert browse.led_to == f"{BASE}/answer/start"


async def test_policy_b_asks_those_under_sixteen_whether_a_parent_knows(database_url: str, tmp_path: object) -> None:
    async with running(database_url, tmp_path, consent="B") as house, house.reader() as browse:  # type: ignore[arg-type]
        assert 'name="parent"' in await browse.get(f"{BASE}/answer/start")
        await browse.post(f"{BASE}/answer/start", START, status=422)
        await browse.post(f"{BASE}/answer/start", START | {"parent": "no"}, status=422)
        await browse.post(f"{BASE}/answer/start", START | {"DM01": "DM01.4"})
        await browse.post(f"{BASE}/answer/start", START | {"parent": "yes"})
        assert browse.led_to == f"{BASE}/answer/views"


async def test_answers_begun_before_closing_may_be_sent_for_thirty_minutes_more(house: House, browse: Reader) -> None:
    closes = datetime(2026, 11, 21, 12, tzinfo=UTC)
    house.clock.now = closes - timedelta(minutes=5)
    await answer_all(browse)
    house.clock.now = closes + timedelta(minutes=20)
    async with house.reader() as late:
        await late.get(f"{BASE}/answer", status=410)
    await browse.post(f"{BASE}/send", {"go": "send"})
    assert len(await house.submissions()) == 1
    async with house.reader() as slow:
        house.clock.now = closes - timedelta(minutes=5)
        await answer_all(slow)
        house.clock.now = closes + timedelta(minutes=24)
        await slow.post(f"{BASE}/answer/about_you", {"go": "next"})
        house.clock.now = closes + timedelta(minutes=31)
        assert "nothing was sent" in await slow.post(f"{BASE}/send", {"go": "send"}, status=410)


async def test_unsent_answers_are_forgotten_after_thirty_minutes_without_use(house: House, browse: Reader) -> None:
    await begin(browse)
    house.clock.forward(minutes=29)
    await browse.get(f"{BASE}/answer/views")
    house.clock.forward(minutes=29)
    await browse.get(f"{BASE}/answer/views")
    house.clock.forward(minutes=31)
    page = await browse.get(f"{BASE}/answer/views", status=409)
    assert "Start again" in page


async def test_start_always_starts_clean_and_another_person_finds_nothing(browse: Reader) -> None:
    await answer_all(browse)
    await browse.get(f"{BASE}/answer", status=303)
    assert not browse.client.cookies
    assert "checked" not in await browse.follow()
    await answer_all(browse)
    await browse.post(f"{BASE}/send", {"go": "send"})
    await browse.follow()
    await browse.get(f"{BASE}/another", status=303)
    await browse.get(f"{BASE}/thanks", status=409)


async def test_quick_exit_drops_the_answers_and_leads_elsewhere(browse: Reader) -> None:
    await answer_all(browse)
    await browse.get("/en/exit", status=303)
    assert browse.last is not None
    assert browse.led_to == "https://www.wikipedia.org/"
    assert '"cookies"' in browse.last.headers["clear-site-data"]
    assert not dict(browse.client.cookies)


async def test_a_forged_cookie_is_no_journey(browse: Reader) -> None:
    await begin(browse)
    sealed = browse.client.cookies["s"]
    for forged in (sealed[:-2] + ("AA" if sealed[-2:] != "AA" else "BB"), "x", "ü".encode().hex(), sealed[10:]):
        browse.client.cookies.clear()
        await browse.get(f"{BASE}/answer/views", status=409, cookie=f"s={forged}")


async def test_a_draft_is_not_there_and_a_scheduled_day_is_not_open(house: House, browse: Reader) -> None:
    house.clock.now = datetime(2026, 11, 18, tzinfo=UTC)
    assert "Friday 20 November 2026" in await browse.get("/en/")
    assert "Until then there is nothing to do" in await browse.get(BASE)
    await browse.get(f"{BASE}/answer", status=409)
    await house.change(scheduled_at=None)
    await browse.get(BASE, status=404)
    await browse.get(f"{BASE}/answer", status=409)


async def test_with_htmx_a_post_answers_with_the_next_part_and_its_address(browse: Reader) -> None:
    await begin(browse)
    part = await browse.post(f"{BASE}/answer/views", VIEWS, status=200, **{"HX-Request": "true"})
    assert browse.last is not None
    assert browse.last.headers["hx-push-url"] == f"{BASE}/answer/experience"
    assert "<html" not in part
    assert '<main id="main"' in part
    await browse.post(f"{BASE}/answer/views", {"language": "ar"}, status=200, **{"HX-Request": "true"})
    assert browse.last.headers["hx-redirect"] == "/ar/consultations/sample/answer/views"


async def test_a_ranking_of_ten_places_is_asked_answered_and_told(database_url: str, tmp_path: Path) -> None:
    """There are words for nine places; from the tenth on a figure stands there."""
    sample = sample_document()
    asked = sample.questions["A5"]
    assert isinstance(asked, Ranking)
    many = replace(asked, choices=choices(12, escapes=False), places=MOST_PLACES)
    document = edit.change_question(sample, "A5", lambda _: many)
    assert faults_of(document) == ()
    assert read_xlsform(write_xlsform(document)).document == document
    async with running(database_url, tmp_path, document=document) as house:
        for language in LANGUAGES:
            async with house.reader(language) as reader:
                base = f"/{language}/consultations/sample"
                await begin(reader, base)
                page = await reader.get(f"{base}/answer/views")
                assert page.count('name="A5.10"') == 13
                assert re.search(r'name="A5.10" value="A5.1"><span>10<', page)
                await reader.post(f"{base}/answer/views", {"A5.1": "A5.2", "A5.10": "A5.12", "go": "next"})
                await reader.get(f"{base}/check")
                await reader.get(f"{base}/parents")
                await reader.get(f"{base}/answer/all")
                await reader.post(f"{base}/send", {"go": "send"})
        assert {json.loads(row.answers)["A5"][9] for row in await house.submissions()} == {"12"}
