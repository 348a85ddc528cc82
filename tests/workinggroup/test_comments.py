"""Comments on a draft: who may, until when, what everybody sees, how they are answered, and what the trail keeps."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.reporting.rounds import Standing
from app.staff.models import AuditEntry
from app.staff.permissions import Role
from app.workinggroup.comments import names_an_address, place_of
from app.workinggroup.models import Comment
from tests.application import House, Reader
from tests.consultations.test_desk import trail
from tests.desk import at_the_desk
from tests.reporting.versions import CLOSES, PUBLIC, VERSIONS, days_pass, drafted, frozen, post_final
from tests.samples import SLUG

DESK = f"{VERSIONS}/1/comments"
MAILED = f"{VERSIONS}/1/mailed-comments"
SECRET = "canary words of a comment"
COMMENT = {
    "paragraph": "4.1",
    "text": f"Say <more>\r\nabout {SECRET}",
    "name": "Amina Diallo",
    "organization": "Senegal",
    "agrees": "yes",
}
MAIL = COMMENT | {"paragraph": "whole", "received_on": "2026-11-23", "language": "fr", "organization": "Réseau"}


@pytest.fixture
async def draft(house: House) -> House:
    await frozen(house)
    await drafted(house)
    return house


@pytest.fixture
async def member(draft: House) -> AsyncIterator[Reader]:
    async with at_the_desk(draft, Role.MEMBER) as desk:
        yield desk


@pytest.fixture
async def secretariat(draft: House) -> AsyncIterator[Reader]:
    async with at_the_desk(draft, Role.SECRETARIAT) as desk:
        yield desk


async def made(house: House) -> Sequence[Comment]:
    async with AsyncSession(house.engine) as session:
        return list(await session.scalars(select(Comment).order_by(Comment.id)))


async def test_a_member_comments_on_a_paragraph_and_everybody_reads_it(
    draft: House, member: Reader, browse: Reader
) -> None:
    page = await member.get(DESK)
    assert page.count('class="para"') > 20
    assert f'href="{DESK}?on=4.1#form"' in page
    assert 'id="form"' not in page
    form = await member.get(f"{DESK}?on=4.1")
    assert form.count('id="form"') == 1
    assert form.index('id="p-4.1"') < form.index('id="form"') < form.index('id="p-4.2"')
    assert 'value="Member"' in form
    await member.post(DESK, COMMENT)
    assert re.fullmatch(re.escape(DESK) + r"#c-\d+", member.led_to)
    public = await browse.get(f"{PUBLIC}/1/comments")
    for words in ("Amina Diallo", "Senegal", "Say &lt;more&gt;\nabout", "Paragraph 4.1", "No answer yet"):
        assert words in public
    assert "The respondents chose to answer" in public
    assert 'lang="en" dir="auto">Say' in await browse.get(f"/ar/consultations/{SLUG}/paper/1/comments")
    # For whom somebody spoke last need not be typed again.
    assert 'value="Senegal"' in await member.get(f"{DESK}?on=whole")


async def test_a_comment_is_kept_with_the_language_in_which_the_paper_was_read(draft: House) -> None:
    async with at_the_desk(draft, Role.MEMBER, language="ar") as desk:
        page = await desk.get(f"{DESK}?on=4.1")
        assert "لم يُختر" in page or "المجيبون" in page or 'dir="rtl"' in page
        await desk.post(DESK, COMMENT | {"text": "تعليق"})
    (comment,) = await made(draft)
    assert (comment.language, comment.paragraph) == ("ar", "4.1")


async def test_without_agreement_words_or_name_nothing_is_kept(draft: House, member: Reader) -> None:
    for change, wrong in (
        ({"agrees": ""}, "agrees"),
        ({"text": "  "}, "text"),
        ({"text": "x" * 4001}, "text"),
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"organization": ""}, "organization"),
        ({"organization": "x" * 161}, "organization"),
        ({"name": "amina@example.org"}, "name"),
    ):
        page = await member.post(DESK, COMMENT | change, status=422)
        assert f'href="#{wrong}"' in page
        assert f'id="{wrong}-e"' in page
    page = await member.post(DESK, COMMENT | {"text": "Write to amina.d@mail.example.org now"}, status=422)
    assert 'id="address-e"' in page
    assert 'href="#text"' in page
    await member.post(DESK, COMMENT | {"paragraph": "77.1"}, status=404)
    await member.get(f"{DESK}?on=77.1", status=404)
    assert await made(draft) == []
    assert await trail(draft) == []


async def test_the_window_is_open_until_noon_utc_after_its_last_day(draft: House, browse: Reader) -> None:
    await days_pass(draft, (CLOSES - draft.clock() - timedelta(seconds=1)) / timedelta(days=1))
    async with at_the_desk(draft, Role.MEMBER) as desk:
        await desk.post(DESK, COMMENT)
        draft.clock.forward(seconds=1)
        page = await desk.post(DESK, COMMENT | {"text": "Too late, and still here"}, status=422)
        assert "The window is closed" in page
        assert "Too late, and still here" in page
        assert "?on=" not in await desk.get(DESK)
        assert 'id="form"' not in await desk.get(f"{DESK}?on=4.1")
    assert len(await made(draft)) == 1
    assert "Comments were taken until" in await browse.get(f"{PUBLIC}/1")


async def test_a_later_draft_leaves_a_promised_window_open_and_the_final_closes_it(
    draft: House, member: Reader, secretariat: Reader, browse: Reader
) -> None:
    await drafted(draft, 2, Standing(False, CLOSES.date() + timedelta(days=20)))
    await member.post(DESK, COMMENT)
    await member.post(f"{VERSIONS}/2/comments", COMMENT)
    first, second = await made(draft)
    assert first.version_id != second.version_id
    assert (await secretariat.get(VERSIONS)).count("Posting the final closes it") == 2
    await drafted(draft, 3, Standing(True, final_on=draft.clock().date()))
    for number in (1, 2):
        await member.post(f"{VERSIONS}/{number}/comments", COMMENT, status=422)
        page = await browse.get(f"{PUBLIC}/{number}/comments")
        assert "Comments were taken until the final version was posted, on 23 November 2026." in page
    assert len(await made(draft)) == 2


async def test_an_e_mail_is_typed_in_with_its_date_and_without_its_address(
    draft: House, secretariat: Reader, browse: Reader
) -> None:
    form = await secretariat.get(f"{DESK}?on=whole&by=mail")
    assert "The e-mail address is not kept." in form
    await secretariat.post(MAILED, MAIL)
    public = await browse.get(f"{PUBLIC}/1/comments")
    assert "by e-mail, received on 23 November 2026" in public
    assert "The whole paper" in public
    # Also after the window, when it came within.
    await days_pass(draft, 40)
    await secretariat.post(MAILED, MAIL | {"received_on": "2026-12-10"})
    for day in ("2026-11-22", "2026-12-11", "2027-02-01", "", "soon"):
        page = await secretariat.post(MAILED, MAIL | {"received_on": day}, status=422)
        assert 'id="received_on-e"' in page
    assert 'href="#language"' in await secretariat.post(MAILED, MAIL | {"language": "de"}, status=422)
    assert 'id="address-e"' in await secretariat.post(MAILED, MAIL | {"text": "from a@b.example"}, status=422)
    assert [each.received_on.isoformat() for each in await made(draft) if each.received_on] == [
        "2026-11-23",
        "2026-12-10",
    ]


async def test_a_mail_dated_tomorrow_is_not_kept(draft: House, secretariat: Reader) -> None:
    await secretariat.post(MAILED, MAIL | {"received_on": "2026-11-24"}, status=422)
    assert await made(draft) == []


async def test_a_writer_who_does_not_want_to_be_shown_is_read_at_the_desk_only(
    draft: House, secretariat: Reader, browse: Reader
) -> None:
    assert 'id="agrees-e"' in await secretariat.post(MAILED, MAIL | {"agrees": ""}, status=422)
    await secretariat.post(MAILED, MAIL | {"agrees": "no"})
    public = await browse.get(f"{PUBLIC}/1/comments")
    assert SECRET not in public
    assert "Amina" not in public
    assert "1 comment is not shown here" in public
    desk = await secretariat.get(DESK)
    assert SECRET in desk
    assert "read at the desk only" in desk


async def test_every_comment_is_answered_and_marked_as_taken_or_not(
    draft: House, member: Reader, secretariat: Reader, browse: Reader
) -> None:
    for paragraph in ("4.2", "4.1"):
        await member.post(DESK, COMMENT | {"paragraph": paragraph})
    first, second = await made(draft)
    assert f"?answer={first.id}#form" in await secretariat.get(DESK)
    assert "?answer=" not in await member.get(DESK)
    assert 'id="form"' not in await member.get(f"{DESK}?answer={first.id}")
    assert 'id="form"' in await secretariat.get(f"{DESK}?answer={first.id}")
    answer = f"{DESK}/{first.id}/answer"
    for fields, wrong in (
        ({"text": "Words"}, "taken"),
        ({"taken": "maybe", "text": "Words"}, "taken"),
        ({"taken": "yes", "text": ""}, "text"),
        ({"taken": "yes", "text": "Ask x@y.example"}, "address"),
    ):
        assert f'id="{wrong}-e"' in await secretariat.post(answer, fields, status=422)
    await secretariat.post(answer, {"taken": "no", "text": "It is said <already> in 4.3."})
    public = await browse.get(f"{PUBLIC}/1/comments")
    assert '<span class="tag no">Not taken</span>' in public
    assert "It is said &lt;already&gt; in 4.3." in public
    # Paragraphs stand in the order of the paper.
    assert public.index("Paragraph 4.1") < public.index("Paragraph 4.2")
    only = await secretariat.get(f"{DESK}?show=open")
    assert f'id="c-{second.id}"' in only
    assert f'id="c-{first.id}"' not in only
    await secretariat.post(answer, {"taken": "yes", "text": "It is in 4.3 now."})
    assert '<span class="tag yes">Taken</span>' in await browse.get(f"{PUBLIC}/1/comments")
    await member.post(answer, {"taken": "yes", "text": "Mine"}, status=403)
    for number in ("999999", "99999999999999999999"):
        await secretariat.post(f"{DESK}/{number}/answer", {"taken": "yes", "text": "Words"}, status=404)


async def test_comments_without_an_answer_are_listed_before_the_final_and_stop_nothing(
    draft: House, member: Reader, secretariat: Reader
) -> None:
    assert "without an answer" not in await secretariat.get(VERSIONS)
    await member.post(DESK, COMMENT)
    await member.post(DESK, COMMENT)
    page = await secretariat.get(VERSIONS)
    assert "2 comments have no answer yet." in page
    assert f'href="{DESK}?show=open"' in page
    await post_final(secretariat, 2)
    assert "Final" in await secretariat.get(VERSIONS)


async def test_one_takes_back_an_own_unanswered_comment_while_the_window_is_open(
    draft: House, member: Reader, secretariat: Reader
) -> None:
    for _ in range(3):
        await member.post(DESK, COMMENT)
    await secretariat.post(MAILED, MAIL)
    first, second, third, mail = await made(draft)
    assert (await member.get(DESK)).count("/take-back") == 3
    assert "/take-back" not in await secretariat.get(DESK)
    await secretariat.post(f"{DESK}/{first.id}/take-back", {}, status=409)
    await secretariat.post(f"{DESK}/{mail.id}/take-back", {}, status=409)
    await member.post(f"{DESK}/{first.id}/take-back", {})
    await secretariat.post(f"{DESK}/{second.id}/answer", {"taken": "yes", "text": "Yes"})
    await member.post(f"{DESK}/{second.id}/take-back", {}, status=409)
    draft.clock.now = CLOSES
    async with at_the_desk(draft, Role.MEMBER) as other:
        await other.post(f"{DESK}/{third.id}/take-back", {}, status=409)
    await days_pass(draft, 0)
    await member.post(f"{DESK}/{third.id}/take-back", {}, status=409)
    assert [each.id for each in await made(draft)] == [second.id, third.id, mail.id]


async def test_who_may_comment_and_who_may_answer(draft: House) -> None:
    for role, comments, answers in (
        (Role.ADMINISTRATOR, 403, 422),
        (Role.MODERATOR, 303, 403),
        (Role.SECRETARIAT, 303, 422),
        (Role.MEMBER, 303, 403),
        (Role.PARTNER, 403, 403),
    ):
        async with at_the_desk(draft, role) as desk:
            await desk.post(DESK, COMMENT, status=comments)
            await desk.post(MAILED, {**MAIL, "text": ""}, status=answers)


async def test_the_trail_keeps_lengths_and_paragraphs_and_never_the_words(
    draft: House, member: Reader, secretariat: Reader
) -> None:
    await member.post(DESK, COMMENT)
    (comment,) = await made(draft)
    await secretariat.post(f"{DESK}/{comment.id}/answer", {"taken": "no", "text": f"Not {SECRET}"})
    await secretariat.post(MAILED, MAIL)
    await member.post(DESK, COMMENT)
    *_, last = await made(draft)
    await member.post(f"{DESK}/{last.id}/take-back", {})
    entries = await trail(draft)
    assert [each.act for each in entries] == [
        "comment_made",
        "comment_answered",
        "comment_typed_in",
        "comment_made",
        "comment_taken_back",
    ]
    assert entries[0].after is not None
    assert (entries[0].after["paragraph"], entries[0].after["chars"]) == ("4.1", len(comment.text))
    assert entries[1].after is not None
    assert (entries[1].after["taken"], entries[1].after["answer_chars"]) == (False, len(f"Not {SECRET}"))
    assert not any(SECRET in told(each) for each in entries)


def told(entry: AuditEntry) -> str:
    return f"{entry.before} {entry.after} {entry.reason} {entry.subject}"


async def test_the_final_takes_no_comments(house: House) -> None:
    await frozen(house)
    await drafted(house, 1, Standing(True, final_on=house.clock().date()))
    async with at_the_desk(house, Role.MEMBER) as desk:
        await desk.get(DESK, status=404)
        await desk.post(DESK, COMMENT, status=404)


def test_paragraphs_are_ordered_by_number_and_not_by_letter() -> None:
    assert sorted(["3.10", "", "3.9", "10.1", "3.1"], key=place_of) == ["", "3.1", "3.9", "3.10", "10.1"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("a@b.example", True),
        ("(Amina <amina.d+x@sub.example.org>)", True),
        ("علي@مثال.عرب", True),
        ("at 5 @ noon", False),
        ("50 @ 2.5", False),
        ("@handle", False),
    ],
)
def test_an_e_mail_address_is_seen_in_what_was_typed(words: str, found: bool) -> None:
    assert names_an_address(words) is found
