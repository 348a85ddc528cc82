"""Workbooks with one thing wrong: each is refused with sheet, row, column, what was found and what to do."""
# ruff: noqa: E501 - a table is read across

from collections.abc import Mapping

import pytest

from app.questionnaire.xlsform import FileFault, read_xlsform
from tests.questionnaire.workbooks import CHOICES, SETTINGS, SURVEY, Cells, asked, book, workbook_of

MATRIX: Cells = [
    ["type", "name", "label", "appearance", "relevant"],
    ["begin_group", "CB16", "How much would it help?", "table-list"],
    ["select_one often", "CB16.a", "Lessons"],
    ["select_one often", "CB16.b", "Rules"],
    ["end_group"],
]


def test_the_workbook_that_is_spoiled_below_is_good() -> None:
    imported = read_xlsform(book())
    assert imported.document is not None
    assert imported.faults == ()
    assert imported.notices == ()


# What is changed, then: reason, sheet, row, column and header of the fault, what was found, words of the advice.
Expected = tuple[str, str, int, str, str, str]
BROKEN: list[tuple[str, Mapping[str, object], Expected, str, str]] = [
    ("a type nobody knows", {"survey!A3": "select_won often"}, ("list_not_named", "survey", 3, "A", "type", "select_won often"), "names no list", "select_one yes_no"),
    ("a type without meaning", {"survey!A5": "slider"}, ("type_unknown", "survey", 5, "A", "type", "slider"), "no type that is known", "select_multiple"),
    ("a calculation", {"survey!A5": "calculate"}, ("type_refused", "survey", 5, "A", "type", "calculate"), "not supported", "Remove the row"),
    ("a place on the map", {"survey!A5": "geopoint"}, ("type_refused", "survey", 5, "A", "type", "geopoint"), "not supported", "where"),
    ("a picture", {"survey!A5": "image"}, ("type_refused", "survey", 5, "A", "type", "image"), "not supported", "no pictures"),
    ("the time of the start", {"survey!A5": "start"}, ("type_refused", "survey", 5, "A", "type", "start"), "not supported", "never kept"),
    ("choices from a file", {"survey!A3": "select_one_from_file a.csv"}, ("type_refused", "survey", 3, "A", "type", "select_one_from_file a.csv"), "not supported", "sheet choices"),
    ("a choice that adds itself", {"survey!A3": "select_one often or_other"}, ("or_other", "survey", 3, "A", "type", "select_one often or_other"), "adds a choice", "Remove or_other"),
    ("a list that is not there", {"survey!A3": "select_one oftn"}, ("list_unknown", "survey", 3, "A", "type", "oftn"), "does not exist", "correct the name"),
    ("a repeated group", {"survey!A2": "begin_repeat"}, ("repeat", "survey", 2, "A", "type", "begin_repeat"), "not supported", "Ask the questions once"),
    ("a name with a blank", {"survey!B5": "how many"}, ("name_wrong", "survey", 5, "B", "name", "how many"), "cannot be used", "begin with a letter"),
    ("no name", {"survey!B5": None}, ("name_missing", "survey", 5, "B", "name", ""), "no name", "short name"),
    ("a name used twice", {"survey!B5": "CB01"}, ("name_twice", "survey", 5, "B", "name", "CB01"), "row 3 already", "its own name"),
    ("a name in other letters", {"survey!B5": "cb01"}, ("name_similar", "survey", 5, "B", "name", "cb01"), "capital letters", "Choose a name"),
    ("a reserved name", {"survey!B5": "agree"}, ("name_reserved", "survey", 5, "B", "name", "agree"), "reserved", "another name"),
    ("no text in the default language", {"survey!C5": None}, ("text_missing", "survey", 5, "C", "label::English (en)", ""), "missing in English", "Write it"),
    ("a text too long", {"survey!D5": "x" * 1001}, ("text_too_long", "survey", 5, "C", "label::English (en)", "1001"), "1001 characters", "within 1000"),
    ("an answer inside a text", {"survey!C5": "You said ${CB01}"}, ("text_dynamic", "survey", 5, "C", "label::English (en)", "${CB01}"), "puts an answer", "Word it without"),
    ("a condition that breaks off", {"survey!E4": "${CB01} != "}, ("expression", "survey", 4, "E", "relevant", "the end at character 11"), "cannot be read", "Something is missing"),
    ("a question nobody asks", {"survey!E4": "${CB99} = 1"}, ("unknown_question", "survey", 4, "E", "relevant", "CB99"), "no question “CB99”", "Correct the name"),
    ("a choice nobody offers", {"survey!E4": "${CB01} = '9'"}, ("unknown_choice", "survey", 4, "E", "relevant", "9"), "no choice of “CB01”", "not its label"),
    ("a label for a name", {"survey!E6": "selected(${CB02}, 'Other')"}, ("unknown_choice", "survey", 6, "E", "relevant", "Other"), "no choice of “CB02”", "not its label"),
    ("a later question", {"survey!E3": "${CB03} = 1"}, ("later_question", "survey", 3, "E", "relevant", "CB03"), "comes later", "Move it before"),
    ("itself", {"survey!E3": "${CB01} = '1'"}, ("own_question", "survey", 3, "E", "relevant", "CB01"), "its own answer", "use constraint"),
    ("the answer before it is there", {"survey!E3": ". = '1'"}, ("dot_in_relevant", "survey", 3, "E", "relevant", "."), "not there yet", "${CB04}"),
    ("a question never asked", {"survey!E4": "${CB01} = '1' and ${CB01} = '2'"}, ("never_asked", "survey", 4, "E", "relevant", ""), "no answers lead", "Correct the condition"),
    ("a section never asked", {"survey!E2": "1 = 2"}, ("section_never_asked", "survey", 2, "E", "relevant", ""), "no answers lead", "remove the section"),
    ("a constraint never met", {"survey!F5": ". > 5 and . < 5"}, ("never_accepted", "survey", 5, "F", "constraint", ""), "ever meet", "Correct it"),
    ("a number compared with a word", {"survey!F5": ". = 'five'"}, ("number_with_text", "survey", 5, "F", "constraint", "CB03"), "is a number", "with a number"),
    ("choices of a number", {"survey!F5": "selected(., '5')"}, ("no_choices", "survey", 5, "F", "constraint", "CB03"), "no choices", "Compare its answer"),
    ("several choices as a number", {"survey!E6": "${CB02} > 2"}, ("no_number", "survey", 6, "E", "relevant", "CB02"), "no number", "selected()"),
    ("required under a condition", {"survey!I1": "required", "survey!I3": "${CB01} = 1"}, ("required_wrong", "survey", 3, "I", "required", "${CB01} = 1"), "neither yes nor no", "Write yes or no"),
    ("a picture beside a question", {"survey!I1": "media::image", "survey!I3": "a.png"}, ("column_refused", "survey", 3, "I", "media::image", "media::image"), "not supported", "Empty the cell"),
    ("a filter of choices", {"survey!I1": "choice_filter", "survey!I3": "x = 1"}, ("column_refused", "survey", 3, "I", "choice_filter", "choice_filter"), "not supported", "shown whole"),
    ("an answer given in advance", {"survey!I1": "default", "survey!I3": "1"}, ("column_refused", "survey", 3, "I", "default", "default"), "not supported", "empty answers"),
    ("a column twice", {"survey!I1": "relevant"}, ("column_twice", "survey", 1, "I", "relevant", "relevant"), "other is E", "Keep one"),
    ("no column for types", {"survey!A1": "typ"}, ("column_missing", "survey", 1, "", "", "type"), "is missing", "first row"),
    ("a maximum too high", {"survey!H4": 3}, ("max_wrong", "survey", 4, "H", "max", "3"), "1 to 2", "in that range"),
    ("a maximum for a number", {"survey!H5": 3}, ("max_misplaced", "survey", 5, "H", "max", "integer"), "means nothing", "Empty the cell"),
    ("a text of a book's length", {"survey!H6": 1500}, ("too_heavy", "survey", 0, "", "", "6097"), "6097 bytes", "CB04 (6010)"),
    ("an exclusive choice nobody offers", {"survey!I1": "exclusive", "survey!I4": "7 9"}, ("exclusive_unknown", "survey", 4, "I", "exclusive", "9"), "list where", "Name choices"),
    ("a breakdown nobody makes", {"survey!I1": "breakdowns", "survey!I4": "age religion"}, ("breakdown_unknown", "survey", 4, "I", "breakdowns", "religion"), "no breakdown", "settlement"),
    ("parameters of another kind", {"survey!I1": "parameters", "survey!I5": "start=0 end=1.5"}, ("parameters_wrong", "survey", 5, "I", "parameters", "start=0 end=1.5"), "not understood", "whole numbers"),
    ("a scale of three points", {"survey!G3": "likert"}, ("scale_points", "survey", 3, "G", "appearance", "1, 2, 5"), "1, 2, 3, 4 and 5", "remove the appearance"),
    ("a search in the choices", {"survey!G3": "search('x')"}, ("appearance_refused", "survey", 3, "G", "appearance", "search('x')"), "not supported", "Empty the cell"),
    ("a group never closed", {"survey!A7": None}, ("begin_without_end", "survey", 2, "A", "type", "main"), "never closed", "end_group"),
    ("an end too many", {"survey!A8": "end_group"}, ("end_without_begin", "survey", 8, "A", "type", ""), "no group is open", "Remove the row"),
    ("a row without type", {"survey!A5": None}, ("type_missing", "survey", 5, "A", "type", ""), "has no type", "empty the row"),
    ("a choice twice", {"choices!B4": 1}, ("choice_twice", "choices", 4, "B", "name", "1"), "often has the choice name", "twice by mistake"),
    ("a choice without name", {"choices!B4": None}, ("choice_name_missing", "choices", 4, "B", "name", ""), "no name", "a number"),
    ("a choice name with blanks", {"choices!B4": "a b"}, ("choice_name_wrong", "choices", 4, "B", "name", "a b"), "cannot be used", "without blanks"),
    ("a choice without list", {"choices!A4": None}, ("list_missing", "choices", 4, "A", "list_name", ""), "names no list", "list_name"),
    ("a choice without text", {"choices!C4": None}, ("text_missing", "choices", 4, "C", "label::English (en)", ""), "missing in English", "Write it"),
    ("an error in a cell", {"choices!C4": "#REF!"}, ("error_cell", "choices", 4, "C", "label::English (en)", "#REF!"), "the error #REF!", "Write the text"),
    ("a formula without value", {"choices!C4": "=A1&B1"}, ("formula_empty", "choices", 4, "C", "label::English (en)", ""), "without a value", "instead of the formula"),
    ("a form name with blanks", {"settings!A2": "my form"}, ("setting_wrong", "settings", 2, "A", "form_id", "my form"), "cannot be the form_id", "at most 60"),
    ("a default language without texts", {"settings!C2": "Spanish (es)"}, ("language_unknown", "settings", 2, "C", "default_language", "Spanish (es)"), "has no texts", "Write one of"),
]  # fmt: skip


def said(faults: tuple[FileFault, ...]) -> list[Expected]:
    return [
        (each.reason, each.place.sheet, each.place.row, each.place.column, each.place.header, each.found)
        for each in faults
    ]


@pytest.mark.parametrize(
    ("changes", "expected", "problem", "advice"), [each[1:] for each in BROKEN], ids=[b[0] for b in BROKEN]
)
def test_one_thing_wrong_is_said_with_its_place(
    changes: Mapping[str, object], expected: Expected, problem: str, advice: str
) -> None:
    imported = read_xlsform(book(changes=changes))
    assert imported.document is None
    assert expected in said(imported.faults)
    fault = imported.faults[said(imported.faults).index(expected)]
    assert problem in fault.problem
    assert advice in fault.advice
    stored = fault.as_json()
    assert (stored["sheet"], stored["row"], stored["column"], stored["reason"]) == (
        expected[1],
        expected[2],
        expected[3],
        expected[0],
    )
    for shown in (f"row {expected[2]}" if expected[2] else "", expected[3] and f"column {expected[3]}"):
        assert shown in fault.sentence()


def test_one_thing_wrong_is_not_blamed_on_others() -> None:
    lonely = {case[0]: len(read_xlsform(book(changes=case[1])).faults) for case in BROKEN}
    # CB04 hangs on CB02, and without a column of types nothing is asked.
    several = {name for name, count in lonely.items() if count > 1}
    assert several <= {"a question never asked", "no column for types"}, several


def test_a_date_that_excel_made_of_a_choice_is_found() -> None:
    from datetime import date

    imported = read_xlsform(book(changes={"choices!C4": date(2024, 1, 2)}))
    assert said(imported.faults) == [("date_cell", "choices", 4, "C", "label::English (en)", "2024-01-02")]
    assert read_xlsform(book(changes={"settings!B2": date(2024, 1, 2)})).faults == ()


def test_merged_cells_are_refused() -> None:
    import io

    from openpyxl import load_workbook

    from tests.questionnaire.workbooks import saved

    made = load_workbook(io.BytesIO(book()))
    made["survey"].merge_cells("C3:C4")
    faults = read_xlsform(saved(made)).faults
    assert ("merged", "survey", 3, "C", "label::English (en)", "C3:C4") in said(faults)


def test_all_faults_of_a_file_are_said_at_once() -> None:
    changes = {"survey!A3": "geopoint", "survey!B5": "a b", "survey!E6": "(((", "choices!B4": 1, "settings!A2": "a b"}
    imported = read_xlsform(book(changes=changes))
    assert {fault.reason for fault in imported.faults} >= {
        "type_refused",
        "name_wrong",
        "expression",
        "choice_twice",
        "setting_wrong",
    }
    places = [(fault.place.sheet, fault.place.row) for fault in imported.faults]
    assert places == sorted(places, key=lambda place: (["settings", "survey", "choices"].index(place[0]), place[1]))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"survey!A3": "select_one where"}, ("matrix_lists", "survey", 3, "A", "type", "often")),
        ({"survey!A4": "text"}, ("matrix_type", "survey", 4, "A", "type", "text")),
        ({"survey!E4": "1 = 1"}, ("matrix_column", "survey", 4, "E", "relevant", "relevant")),
        ({"survey!A3": None, "survey!B3": None, "survey!C3": None, "survey!A4": None, "survey!B4": None, "survey!C4": None}, ("matrix_empty", "survey", 2, "A", "type", "CB16")),
    ],
)  # fmt: skip
def test_a_matrix_that_cannot_be_asked_is_refused(changes: Mapping[str, object], expected: Expected) -> None:
    found = said(read_xlsform(book(MATRIX, changes=changes)).faults)
    # With the lists exchanged it is the second row that differs from the first.
    if expected[0] == "matrix_lists":
        expected = ("matrix_lists", "survey", 4, "A", "type", "often")
    assert expected in found


def test_a_condition_on_a_whole_matrix_names_a_row_instead() -> None:
    survey = [*MATRIX, ["text", "CB17", "Why?", None, "${CB16} = 1"]]
    assert said(read_xlsform(book(survey)).faults) == [("matrix_not_row", "survey", 6, "E", "relevant", "CB16")]


def test_missing_sheets_are_named() -> None:
    assert said(read_xlsform(workbook_of({"Sheet1": [["x"]]})).faults) == [("sheet_missing", "", 0, "", "", "survey")]
    without_choices = read_xlsform(workbook_of({"survey": SURVEY, "settings": SETTINGS}))
    assert {fault.reason for fault in without_choices.faults} == {"list_unknown"}
    assert read_xlsform(workbook_of({"survey": [], "choices": CHOICES})).document is None


def test_a_questionnaire_that_asks_nothing_is_refused() -> None:
    imported = read_xlsform(book(asked(["note", "N1", "Hello"])))
    assert [fault.reason for fault in imported.faults] == ["nothing_asked"]


def test_places_of_a_ranking_are_no_names_for_other_questions() -> None:
    survey = asked(["rank often", "CB15", "Which first?"], ["text", "CB15.2", "Why?"])
    assert said(read_xlsform(book(survey)).faults) == [("field_twice", "survey", 3, "B", "name", "CB15.2")]


def test_nothing_that_a_cell_holds_can_break_a_line_of_the_report() -> None:
    fault = read_xlsform(book(changes={"survey!A5": "a\x07b".replace("\x07", "\n") * 300})).faults[0]
    assert "\n" not in fault.sentence()
    assert len(fault.sentence()) < 500
