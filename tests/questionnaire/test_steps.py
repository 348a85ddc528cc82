"""Taking steps of the editor back, one after another, whoever did them; and where a step leads."""

import re
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.questionnaire.models import TextState
from app.staff.models import AuditEntry
from app.staff.permissions import Role
from tests.application import House
from tests.desk import at_the_desk
from tests.questionnaire.test_desk import made
from tests.questionnaire.test_edit_desk import DRAFT, digest, draft, step, undo
from tests.questionnaire.test_translation_desk import form_of
from tests.questionnaire.test_translation_files_desk import translated

FR = DRAFT.replace("/questionnaire", "/translations/fr")


async def states(house: House) -> list[dict[str, Any]]:
    """Every row that says where a text stands."""
    async with AsyncSession(house.engine) as session:
        rows = await session.scalars(select(TextState).order_by(TextState.key, TextState.language))
        return [{each.key: getattr(row, each.key) for each in TextState.__table__.columns} for row in rows]


def label_of_undo(page: str) -> str:
    found = re.search(r'value="undo"[^>]*>(.*?)</button>', page, re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[1]) if found else ""


async def test_undo_gives_the_version_before_and_no_code_again(house: House) -> None:
    async with at_the_desk(house) as desk:
        await draft(desk)
        before = await digest(house)
        await step(desk, house, "/views", go="add_question", kind="text", label="Why?")
        page = await undo(desk)
        assert label_of_undo(page) == ""
        assert await digest(house) == before
        await step(desk, house, "", status=409, go="undo")
        await step(desk, house, "/views", go="add_question", kind="text", label="Why not?")
        assert desk.last is not None
        assert desk.last.url.path == f"{DRAFT}/A07"


async def test_every_kind_of_step_is_taken_back_in_turn_and_named_before(house: House) -> None:
    taken: list[tuple[str, tuple[int, str], list[dict[str, Any]]]] = []

    async def stands(words: str) -> None:
        taken.append((words, await digest(house), await states(house)))

    async with at_the_desk(house) as desk:
        await draft(desk)
        await stands("")
        await step(desk, house, "/A1", go="down")
        await stands("Undo: question A1 moved")
        await step(desk, house, "/experience", go="up")
        await stands("Undo: section experience moved")
        await step(desk, house, "/A2", go="place", place="views")
        await stands("Undo: question A2 moved")
        await step(desk, house, "/A2", go="choice_down:1")
        await stands("Undo: choice A2.1 moved")
        await step(desk, house, "/A4", go="add_row", label="Another row")
        await stands("Undo: row added to A4")
        await step(desk, house, "/views", go="copy")
        await stands("Undo: section views copied")
        await step(desk, house, "/experience", go="add_question", kind="text", label="Why?")
        await stands("Undo: question B07 added")
        await step(desk, house, "/B4", go="delete")
        await stands("Undo: question B4 deleted")
        await step(desk, house, "", go="save", title="Another title", summary="")
        await stands("Undo: title and summary worded")
        page = await desk.get(f"{FR}?section=views")
        await desk.post(f"{FR}/texts", {**form_of(page), "text.A1.label": "Une sur quatre"})
        await stands("Undo: 1 text in French saved")
        content = (await desk.client.get(f"{FR}.po")).content
        texts = translated(content, A1__label="Une parmi quatre", A3__label="Combien")
        page = (await desk.client.post(f"{FR}/file", files={"file": ("fr.po", texts)})).text
        await desk.post(f"{FR}/import", form_of(page))
        await stands("Undo: file in French with 2 texts taken in")
        assert len({version for _, version, _ in taken}) == len(taken)
        while len(taken) > 1:
            words, version, rows = taken.pop()
            assert label_of_undo(await desk.get(DRAFT)) == words
            assert (await digest(house), await states(house)) == (version, rows)
            page = await undo(desk)
        assert (await digest(house), await states(house)) == taken[0][1:]
        assert label_of_undo(page) == ""
    consultation, _ = await made(house, "rights-2027")
    assert consultation.topic["en"] == "Sample topic (en)"
    assert consultation.summary
    async with AsyncSession(house.engine) as session:
        undone = await session.scalars(select(AuditEntry).where(AuditEntry.act == "questionnaire_undone"))
        told = [(entry.after or {})["undone"] for entry in undone]
    assert [each["act"] for each in told[:2]] == ["translation_import", "translation_save"]
    assert told[-1]["of"] == "A1"


async def test_the_step_of_somebody_else_is_said_to_be_theirs_and_never_taken_back_unseen(house: House) -> None:
    async with at_the_desk(house) as moderator, at_the_desk(house, Role.TRANSLATOR, languages=("fr",)) as translator:
        await draft(moderator)
        page = await step(moderator, house, "/A1", go="down")
        assert "Done by you" in page
        old = form_of_undo(page)
        page = await translator.get(f"{FR}?section=views")
        await translator.post(f"{FR}/texts", {**form_of(page), "text.A1.label": "Une sur quatre"})
        refused = await moderator.post(DRAFT, old, status=422)
        assert "Somebody changed the questionnaire" in refused
        assert label_of_undo(refused) == "Undo: 1 text in French saved"
        assert "Done by <bdi>Translator</bdi>, not by you" in refused
        await undo(moderator)
    _, document = await made(house, "rights-2027")
    assert document.questions["A1"].label["fr"] == "One of four (fr)"


async def test_a_review_is_a_step_too_and_comes_back_with_what_it_reviewed(house: House) -> None:
    async with at_the_desk(house) as first, at_the_desk(house) as second:
        await draft(first)
        page = await first.get(f"{FR}?section=views")
        await first.post(f"{FR}/texts", {**form_of(page), "text.A1.label": "Une sur quatre"})
        before = await states(house)
        page = await second.get(f"{FR}?section=views")
        await second.post(f"{FR}/reviews", {**form_of(page), "review": "A1.label"})
        reviewed = await states(house)
        assert reviewed != before
        page = await first.get(f"{FR}?section=views")
        await first.post(f"{FR}/texts", {**form_of(page), "text.A1.label": "Une autre"})
        await undo(first)
        assert await states(house) == reviewed
        page = await first.get(DRAFT)
        old = form_of_undo(page)
        assert label_of_undo(page) == "Undo: 1 text in French reviewed"
        await undo(first)
        assert await states(house) == before
        # The version is the same as before the review: the number of the step says that it is another one.
        await first.post(DRAFT, old, status=422)


def form_of_undo(page: str) -> dict[str, str]:
    found = re.search(r'name="seen" value="(\w+)"><input type="hidden" name="step" value="(\d+)"', page)
    assert found
    return {"seen": found[1], "step": found[2], "go": "undo"}


# Where a step leads --------------------------------------------------------------------------------------------------


async def test_every_step_leads_to_a_place_that_is_on_its_page(house: House) -> None:
    steps: list[tuple[str, dict[str, Any], str]] = [
        ("/A1", {"go": "down"}, "#down-A1"),
        ("/A1", {"go": "place", "place": "B1"}, "#q-A1"),
        ("/A2", {"go": "copy"}, "#q-A06"),
        ("/A3", {"go": "delete"}, "#s-views"),
        ("/about_you", {"go": "up"}, "#up-about_you"),
        ("/about_you", {"go": "place", "place": "experience"}, "#s-about_you"),
        ("/about_you", {"go": "copy"}, "#s-part5"),
        ("", {"go": "add_section", "title": "More", "kind": "text", "label": "Why?"}, "#s-part6"),
        ("/part6", {"go": "save", "title": "Even more"}, "/part6#last"),
        ("/part6", {"go": "add_question", "kind": "integer", "label": "How many?"}, "#last"),
        ("/A4", {"go": "add_row", "label": "Row"}, "/A4#new-row"),
        ("/A4", {"go": "row_up:b"}, "/A4#row_up-b"),
        ("/A4", {"go": "choice_copy:1"}, "/A4#choice-"),
        ("/A4", {"go": "row_delete:a"}, "/A4#row-h"),
        ("/B1", {"go": "type", "condition": "${A2} != ''"}, "/B1#condition-h"),
        ("/B2", {"go": "build", "about0": "B1=2", "operator0": "is"}, "/B2#condition-h"),
    ]
    async with at_the_desk(house) as desk:
        await draft(desk)
        for path, fields, place in steps:
            _, seen = await digest(house)
            await desk.post(f"{DRAFT}{path}", {"seen": seen[:16], **fields})
            address, page = desk.led_to, await desk.follow()
            assert place in address, (path, fields, address)
            anchor = address.partition("#")[2]
            found = re.search(rf'<(\w+)[^>]* id="{re.escape(anchor)}"[^>]*>', page)
            assert found, (path, fields, anchor)
            assert found[1] in ("button", "input", "textarea") or 'tabindex="-1"' in found[0], found[0]


async def test_htmx_is_given_the_part_that_changes_with_its_address_and_the_same_words(house: House) -> None:
    async with at_the_desk(house) as desk:
        await draft(desk)
        _, seen = await digest(house)
        part = await desk.post(f"{DRAFT}/A1", {"seen": seen[:16], "go": "down"}, status=200, **{"hx-request": "true"})
        assert desk.last is not None
        assert desk.last.headers["hx-push-url"] == f"{DRAFT}#down-A1"
        assert desk.last.headers["vary"] == "Accept-Encoding, HX-Request"
        assert "<html" not in part
        assert part.startswith("<title>")
        body = part.partition("</title>\n")[2].strip()
        assert body in await desk.get(DRAFT)
        _, seen = await digest(house)
        fields = {"seen": seen[:16], "go": "save", "label": "Other words", "max": "9"}
        part = await desk.post(f"{DRAFT}/A2", fields, status=422, **{"hx-request": "true"})
        assert 'id="errs"' in part
        assert "<html" not in part
        part = (await desk.client.get(f"{DRAFT}/A2/delete", headers={"hx-request": "true"})).text
        assert "<html" not in part
        assert part.partition("</title>\n")[2].strip() in await desk.get(f"{DRAFT}/A2/delete")


async def test_a_question_goes_after_any_other_in_one_step(house: House) -> None:
    async with at_the_desk(house) as desk:
        await draft(desk)
        await step(desk, house, "/B4", go="place", place="A2")
        await step(desk, house, "/A5", go="place", place="experience")
        await step(desk, house, "/B1", go="place", place="B5", status=422)
        await step(desk, house, "/about_you", go="place", place="start")
        await step(desk, house, "/A1", go="place", place="nowhere", status=404)
    _, document = await made(house, "rights-2027")
    assert [section.name for section in document.sections] == ["start", "about_you", "views", "experience"]
    codes = [question.code for question in document.sections_by_name["views"].questions]
    assert codes[codes.index("A2") + 1] == "B4"
    assert document.sections_by_name["experience"].questions[0].code == "A5"
