"""The editor's pages: every step is a version in the trail or is refused, and stops when the day opens."""

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations.models import Consultation
from app.questionnaire import edit_desk, edit_forms
from app.questionnaire import service as questionnaires
from app.questionnaire.kinds import Single
from app.staff.models import AuditEntry
from app.staff.permissions import Role
from tests.application import NOON, House, Reader
from tests.desk import at_the_desk
from tests.questionnaire.test_desk import NEW, WISH, made
from tests.samples import SLUG, sample_document

#: What these pages say does not depend on the database.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

DRAFT = "/staff/consultations/rights-2027/questionnaire"


async def draft(desk: Reader, slug: str = "rights-2027") -> None:
    """A draft of the sample's questionnaire."""
    await desk.post(NEW, {**WISH, "source": "earlier", "earlier": SLUG, "slug": slug})


async def digest(house: House, slug: str = "rights-2027") -> tuple[int, str]:
    async with AsyncSession(house.engine) as session:
        found = (await session.scalars(select(Consultation).where(Consultation.slug == slug))).one()
        stored = await questionnaires.latest(session, found.id)
        return stored.number, stored.digest


async def step(desk: Reader, house: House, path: str, status: int = 303, **fields: Any) -> str:
    """One step on the newest version."""
    _, seen = await digest(house)
    page = await desk.post(f"{DRAFT}{path}", {"seen": seen[:16], **fields}, status=status)
    return await desk.follow() if status == 303 else page


async def undo(desk: Reader, status: int = 303) -> str:
    """The last step is taken back by the form that the page has for it."""
    form = re.search(r'name="seen" value="(\w+)"><input type="hidden" name="step" value="(\d+)"', await desk.get(DRAFT))
    seen, number = form.groups() if form else ("", "")
    page = await desk.post(DRAFT, {"seen": seen, "step": number, "go": "undo"}, status=status)
    return await desk.follow() if status == 303 else page


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_every_page_of_the_editor_stands(house: House, language: str) -> None:
    async with at_the_desk(house, language=language) as desk:
        await draft(desk)
        document = sample_document()
        for owner in (*document.questions, *document.sections_by_name):
            await desk.get(f"{DRAFT}/{owner}")
            await desk.get(f"{DRAFT}/{owner}/delete")
        await desk.get(f"{DRAFT}/A4/delete?row=a")
        await desk.get(f"{DRAFT}/A4/delete?choice=97")
        await desk.get(f"{DRAFT}/A4/delete?choice=12", status=404)
        await desk.get(f"{DRAFT}/Z9", status=404)


async def test_a_question_is_added_changed_moved_and_each_step_is_a_version_in_the_trail(house: House) -> None:
    async with at_the_desk(house) as desk:
        await draft(desk)
        fields: dict[str, Any] = {
            "kind": "single",
            "label": "Who helps?",
            "choices": "Parents\r\nFriends\r\n\r\n",
            "escapes": "yes",
        }
        page = await step(desk, house, "/views", go="add_question", **fields)
        assert desk.last is not None
        assert desk.last.url.path == f"{DRAFT}/A06"
        assert "Who helps?" in page
        await step(desk, house, "/A06", go="add_choice", label="Teachers")
        await step(desk, house, "/A06", go="choice_up:3")
        await step(desk, house, "/A06", go="choice_copy:1")
        await step(desk, house, "/A06", go="choice_delete:2")
        saved: dict[str, Any] = {
            "go": "save",
            "label": "Who helps you?",
            "sensitive": "yes",
            "breakdowns": ["age"],
            "indicator": "X1",
        }
        await step(desk, house, "/A06", **{**saved, "choices.1": "Parents and carers"})
        await step(desk, house, "/A06", go="up")
    consultation, document = await made(house, "rights-2027")
    question = document.questions["A06"]
    assert isinstance(question, Single)
    assert [(choice.name, choice.label["en"]) for choice in question.choices] == [
        ("1", "Parents and carers"),
        ("4", "Parents"),
        ("3", "Teachers"),
        ("97", "I don’t know"),
        ("98", "I would rather not say"),
    ]
    assert (question.sensitive, question.breakdowns, question.indicator) == (True, ("age",), "X1")
    assert [each.code for each in document.sections[1].questions][-2:] == ["A06", "A5"]
    number, stored = await digest(house)
    assert number == 8
    async with AsyncSession(house.engine) as session:
        rows = await session.scalars(select(AuditEntry).where(AuditEntry.act == "questionnaire_edited"))
        entries = [entry.after or {} for entry in rows]
    assert [entry["step"] for entry in entries][:2] == ["add_question", "add_choice"]
    assert entries[-1]["digest"] == stored
    assert consultation.revision == 8


async def test_a_step_that_would_break_the_questionnaire_changes_nothing(house: House) -> None:
    async with at_the_desk(house) as desk:
        await draft(desk)
        before = await digest(house)
        page = await step(desk, house, "/B1", 422, go="delete")
        assert "which is no question" in page
        page = await step(desk, house, "/A2", 422, go="save", label="New words", max="9")
        assert "write a whole number up to 7" in page
        assert ">New words</textarea>" in page
        page = await step(desk, house, "/B4", 422, go="save", label="New words", max="many")
        assert "“many” is no whole number" in page
        page = await step(desk, house, "/A1", 422, go="type", condition="${B1} = '1")
        assert "Close the text with another" in page
        assert ">${B1} = &#39;1</textarea>" in page
        page = await step(desk, house, "/A1", 422, go="type", condition="${B1} = '1'")
        assert "which comes later" in page
        page = await step(desk, house, "", 422, go="add_section", kind="single", title="More", label="", choices="")
        assert "Write the text" in page
        assert await digest(house) == before


async def test_conditions_are_built_by_choosing(house: House) -> None:
    async with at_the_desk(house) as desk:
        await draft(desk)
        lines: dict[str, Any] = {
            "about0": "A1=2",
            "operator0": "is",
            "about1": "A2=1",
            "operator1": "includes",
            "about2": "",
        }
        page = await step(desk, house, "/B1", go="build", **lines, operator2="is", join="any")
        assert "${A1} = &#39;2&#39; or selected(${A2}, &#39;1&#39;)" in page
        assert '<option value="A1=2" selected>' in page
        page = await step(desk, house, "/B1", go="type", condition="count-selected(${A2}) > 1")
        assert "says more than the lines" in page
        page = await step(desk, house, "/experience", go="build", about0="A4.a", operator0="answered")
        assert "${A4.a} != &#39;&#39;" in page
        await step(desk, house, "/experience", go="type", condition="")
    _, document = await made(house, "rights-2027")
    assert document.sections_by_name["experience"].relevant is None


async def test_two_who_edit_at_once_do_not_undo_each_other(house: House) -> None:
    async with at_the_desk(house) as desk:
        await draft(desk)
        _, seen = await digest(house)
        await step(desk, house, "/A1", go="down")
        page = await desk.post(f"{DRAFT}/A2", {"seen": seen[:16], "go": "delete"}, status=422)
        assert "Somebody changed the questionnaire" in page
    _, document = await made(house, "rights-2027")
    assert "A2" in document.questions


async def test_sections_are_added_copied_worded_moved_and_deleted(house: House) -> None:
    async with at_the_desk(house) as desk:
        await draft(desk)
        await step(desk, house, "", go="add_section", title="More", kind="integer", label="How many?")
        await step(desk, house, "/part5", go="up")
        await step(desk, house, "/part5", go="save", title="Even more")
        await step(desk, house, "/views", go="copy")
        await step(desk, house, "/views", go="delete")
        await step(desk, house, "", go="save", title="Another topic", summary="")
    consultation, document = await made(house, "rights-2027")
    assert [section.name for section in document.sections] == ["start", "part6", "experience", "part5", "about_you"]
    assert document.sections_by_name["part5"].title == {"en": "Even more"}
    assert consultation.topic["en"] == "Another topic"
    assert consultation.summary == {}


def routes_of_the_editor() -> list[tuple[str, str]]:
    """Method and path of every route that the editor has."""
    routes = [route for route in edit_desk.router.routes if isinstance(route, APIRoute)]
    assert len(routes) == 5
    return sorted((method, route.path) for route in routes for method in route.methods or ())


#: Every step that a form of the editor can name.
STEPS = sorted({*edit_forms._WHOLE, *edit_forms._SECTION, *edit_forms._QUESTION, "save", "build", "type", "undo"})


@pytest.mark.parametrize("phase", ["open", "closed", "frozen"])
async def test_editing_stops_when_the_day_opens(house: House, phase: str) -> None:
    if phase != "open":
        await house.change(closes_at=NOON - timedelta(hours=2))
    if phase == "frozen":
        await house.change(frozen_at=NOON - timedelta(hours=1))
    whole = f"/staff/consultations/{SLUG}/questionnaire"
    before = await digest(house, SLUG)
    async with at_the_desk(house) as desk:
        page = await desk.get(whole)
        assert "questions stay as they are" in page
        assert "<form" not in page.partition("<main")[2].partition("</main>")[0]
        for method, path in routes_of_the_editor():
            for owner in ("A1", "views"):
                address = path.replace("{slug}", SLUG).replace("{owner}", owner)
                if method == "POST":
                    for go in STEPS:
                        fields = {"seen": before[1][:16], "go": go, "step": "1", "title": "Else", "place": "B1"}
                        await desk.post(address, fields, status=409)
                elif address != whole:
                    await desk.get(address, status=409)
    assert await digest(house, SLUG) == before
    async with AsyncSession(house.engine) as session:
        assert not (await session.scalars(select(AuditEntry))).all()


async def test_others_may_look_and_not_edit(house: House) -> None:
    async with at_the_desk(house) as desk:
        await draft(desk)
    async with at_the_desk(house, Role.TRANSLATOR, languages=("ar",)) as desk:
        await desk.get(DRAFT)
        await desk.get(f"{DRAFT}/A1", status=403)
        await desk.post(f"{DRAFT}/A1", {"go": "delete"}, status=403)
        await desk.post(DRAFT, {"go": "undo"}, status=403)
    async with at_the_desk(house, Role.MEMBER) as desk:
        await desk.get(DRAFT, status=403)
        await desk.get(f"{DRAFT}.xlsx", status=403)
