"""Limits in the editor: each kind's own fields, what is wrong beside the field, and what the spreadsheet says."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.questionnaire.document import Document
from app.questionnaire.edit import StepRefused, tried
from app.questionnaire.edit_forms import Given, attempt
from app.questionnaire.kinds import Integer, Matrix, Multiple, Note, Question, Ranking, Text
from app.questionnaire.xlsform import read_xlsform, write_xlsform, written_cells
from tests.application import House
from tests.desk import at_the_desk
from tests.questionnaire.test_desk import made
from tests.questionnaire.test_edit import whole_documents
from tests.questionnaire.test_edit_desk import digest, draft, step
from tests.samples import sample_document


def cell(page: str, column: str) -> str:
    """What the page says that the spreadsheet has in that column."""
    found = re.search(rf'<th scope="row"><bdi[^>]*>{column}</bdi></th><td><code><bdi[^>]*>([^<]*)</bdi>', page)
    return found[1].replace("&#39;", "'").replace("&gt;", ">").replace("&lt;", "<") if found else ""


LIMITS: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, str]]] = [
    ("B3", {"minimum": "1", "maximum": "30", "step": "2"}, {"minimum": 1, "maximum": 30, "step": 2},
     {"type": "range", "parameters": "start=1 end=30 step=2"}),
    ("B3", {"minimum": "-5", "maximum": ""}, {"minimum": -5, "maximum": None, "step": 1},
     {"type": "integer", "parameters": "start=-5"}),
    ("B3", {"constraint": ". != 13", "constraint_message": "Not 13, please."}, {"minimum": None},
     {"type": "integer", "constraint": ". != 13"}),
    ("B4", {"max": "120"}, {"max_chars": 120, "lines": False}, {"type": "text", "max": "120"}),
    ("B6", {"max": "60", "lines": "yes", "constraint": "string-length(.) > 2", "constraint_message": "A few more."},
     {"max_chars": 60, "lines": True}, {"max": "60", "appearance": "multiline", "constraint": "string-length(.) > 2"}),
    ("A2", {"max": "2", "exclusive": ["3", "5"]}, {"max_choices": 2, "exclusive": ("3", "5")},
     {"type": "select_multiple A2", "max": "2", "exclusive": "3 5"}),
    ("A2", {"max": ""}, {"max_choices": 0, "exclusive": ()}, {"type": "select_multiple A2"}),
    ("A5", {"max": "5"}, {"places": 5}, {"type": "rank A5", "max": "5"}),
    ("A1", {"required": "yes"}, {"required": True}, {"type": "select_one A1", "required": "yes"}),
    ("A4", {"required": "yes"}, {"required": True}, {"type": "begin_group", "appearance": "table-list"}),
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_each_kind_has_its_limits_and_says_how_the_spreadsheet_writes_them(house: House, language: str) -> None:
    async with at_the_desk(house, language=language) as desk:
        await draft(desk)
        for code, fields, values, cells in LIMITS:
            said: dict[str, Any] = {"label": "Words", "breakdowns": ["age"], **fields}
            page = await step(desk, house, f"/{code}", go="save", **said)
            _, document = await made(house, "rights-2027")
            question = document.questions[code]
            assert {name: getattr(question, name) for name in values} == values, code
            assert {column: cell(page, column) for column in cells} == cells
            again = read_xlsform(write_xlsform(document)).document
            assert again == document
            for column in ("max", "exclusive", "parameters", "constraint"):
                if column not in cells:
                    assert cell(page, column) == "", (code, column)


WRONG: list[tuple[str, dict[str, str], str, str]] = [
    ("B3", {"minimum": "many"}, "minimum", "“many” is no whole number"),
    ("B3", {"minimum": "9", "maximum": "3"}, "maximum", "The largest number, 3, is smaller than the smallest, 9."),
    ("B3", {"maximum": "12345678901"}, "maximum", "write at most nine digits"),
    ("B3", {"step": "0"}, "step", "A step is a whole number from 1 up."),
    (
        "B3",
        {"step": "0", "constraint": ". >= 0", "constraint_message": "At least 0."},
        "step",
        "A step is a whole number from 1 up.",
    ),
    ("B3", {"constraint": ". >"}, "constraint", "This cannot be read at"),
    ("B3", {"maximum": "5", "constraint": ". > 5"}, "constraint", "No answer could ever be accepted here."),
    ("B4", {"max": "2001"}, "max", "write a whole number up to 2000"),
    ("A2", {"max": "8"}, "max", "write a whole number up to 7"),
    ("A5", {"max": "0"}, "max", "write a whole number up to 5"),
    ("A1", {"indicator": "two words"}, "indicator", "cannot be an indicator"),
    ("A1", {"label": ""}, "label", "it may not be empty"),
    ("A1", {"choices.1": "${B1}"}, "choices-1", "word it without ${…}"),
    ("A4", {"rows.a": ""}, "rows-a", "it may not be empty"),
]


async def test_what_is_wrong_stands_beside_its_field_with_what_was_typed(house: House) -> None:
    async with at_the_desk(house) as desk:
        await draft(desk)
        before = await digest(house)
        for code, fields, field, words in WRONG:
            page = await step(desk, house, f"/{code}", 422, **{"go": "save", "label": "Words", **fields})
            beside = re.search(rf'<p class="err" id="{field}-e"><span class="st do">(.*?)</span></p>', page, re.DOTALL)
            assert beside, (code, fields)
            assert words in beside[1]
            told = re.search(rf'<(?:input|textarea)[^>]* id="{field}"[^>]*>', page)
            assert told
            assert f'aria-invalid="true" aria-describedby="{field}-e"' in told[0]
            assert f'<a href="#{field}">' in page
            for name, typed in fields.items():
                if name in ("minimum", "maximum", "step", "max", "indicator"):
                    assert re.search(rf'name="{name}"[^>]*value="{typed}"', page), (name, typed)
        assert await digest(house) == before


def a_form(question: Question, draw: st.DrawFn) -> dict[str, list[str]]:
    """The question's own form with any limits in it."""
    number = st.sampled_from(["", "0", "1", "2", "3", "7", "-4", "500", "2000", "x", " 5 ", "٧", "99999999999999"])
    form = {"go": ["save"], "label": [question.label.get("en") or next(iter(question.label.values()))]}
    form |= {name: [draw(number)] for name in ("max", "minimum", "maximum", "step")}
    form["constraint"] = [
        draw(st.sampled_from(["", ". > 1", "string-length(.) > 1", ". = 'x", "count-selected(.) > 0"]))
    ]
    form["constraint_message"] = [draw(st.sampled_from(["", "Try once more."]))]
    form["exclusive"] = [choice.name for choice in getattr(question, "choices", ())[: draw(st.integers(0, 2))]]
    return form


@given(data=st.data(), document=whole_documents)
@settings(max_examples=40, deadline=None)
def test_any_limits_that_are_taken_come_back_from_the_spreadsheet(data: st.DataObject, document: Document) -> None:
    question = data.draw(st.sampled_from(list(document.questions.values())))

    @st.composite
    def forms(draw: st.DrawFn) -> dict[str, list[str]]:
        return a_form(question, draw)

    form = data.draw(forms())
    made_ = attempt(Given(document, question.code, "", form, frozenset(), ()), "save")
    if made_.findings:
        return
    try:
        changed = tried(made_.document)
    except StepRefused:
        return
    again = read_xlsform(write_xlsform(changed)).document
    assert again == changed
    cells = written_cells(changed, question.code)
    kept = changed.questions[question.code]
    match kept:
        case Text():
            assert cells["max"] == str(kept.max_chars)
        case Ranking():
            assert cells["max"] == str(kept.places)
        case Multiple():
            assert cells.get("max", "0") == str(kept.max_choices)
            assert cells.get("exclusive", "").split() == list(kept.exclusive)
        case Integer(minimum=low, maximum=high):
            assert (f"start={low}" in cells.get("parameters", "")) is (low is not None)
            assert (f"end={high}" in cells.get("parameters", "")) is (high is not None)
    if not isinstance(kept, Note | Matrix):
        assert cells.get("constraint", "") == (kept.constraint.source if kept.constraint else "")


def test_a_constraint_that_goes_takes_its_message_along() -> None:
    document = sample_document()
    form = {"label": ["Words"], "constraint": [". > 3"], "constraint_message": ["More than 3."], "step": ["1"]}
    with_it = tried(attempt(Given(document, "B3", "", form, frozenset(), ()), "save").document)
    assert with_it.questions["B3"].constraint_message == {"en": "More than 3."}
    without = attempt(Given(with_it, "B3", "", {**form, "constraint": [""]}, frozenset(), ()), "save").document
    assert (without.questions["B3"].constraint, without.questions["B3"].constraint_message) == (None, {})
