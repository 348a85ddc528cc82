"""What real forms are like: other spellings, other habits, spreadsheet accidents. Read if the meaning is plain."""

import io
import re
import zipfile

import pytest
from openpyxl import load_workbook

from app.questionnaire.document import Document
from app.questionnaire.kinds import Integer, Matrix, Multiple, Note, Ranking, Single, Text
from app.questionnaire.xlsform import Imported, read_xlsform, write_xlsform
from tests.questionnaire.workbooks import CHOICES, SETTINGS, SURVEY, Cells, asked, book, saved, workbook_of


def read(content: bytes) -> Document:
    imported = read_xlsform(content, "form.xlsx")
    assert [fault.sentence() for fault in imported.faults] == []
    assert imported.document is not None
    assert read_xlsform(write_xlsform(imported.document)).document == imported.document
    return imported.document


def noticed(imported: Imported) -> list[str]:
    return [notice.reason for notice in imported.notices]


def test_the_good_workbook_is_the_questionnaire_it_says() -> None:
    document = read(book())
    assert (document.form_id, document.version, document.default_language) == ("CB", "1", "en")
    assert document.languages == ("en", "fr")
    assert document.title == {"en": "A day", "fr": "Un jour"}
    (section,) = document.sections
    assert (section.name, section.title["fr"]) == ("main", "Questions principales")
    often, where, many, what = section.questions
    assert isinstance(often, Single)
    assert [choice.name for choice in often.choices] == ["1", "2", "5"]
    assert isinstance(where, Multiple)
    assert where.relevant is not None
    assert where.relevant.source == "${CB01} != '5'"
    assert isinstance(many, Integer)
    assert many.constraint is not None
    assert isinstance(what, Text)
    assert (what.max_chars, what.lines) == (300, True)


@pytest.mark.parametrize(
    ("where", "spelling"),
    [
        ("survey!A2", "begin group"),
        ("survey!A2", "Begin_Group"),
        ("survey!A7", "end group"),
        ("survey!A3", "select one often"),
        ("survey!A3", "select1 often"),
        ("survey!A3", "select one from often"),
        ("survey!A3", " select_one\u00a0 often "),
        ("survey!A4", "select multiple where"),
        ("survey!A4", "select all that apply from where"),
        ("survey!A5", "int"),
        ("survey!E1", "relevance"),
        ("survey!E1", "bind::relevant"),
        ("survey!E1", "Relevant "),
        ("survey!C1", "label:English"),
        ("survey!C1", "Label :: english (EN)"),
        ("survey!C1", "label::en"),
        ("survey!C1", "label"),
        ("survey!D1", "label::Français (fr)"),
        ("survey!D1", "label::fr-FR"),
        ("survey!B5", "\ufeffCB03\u200b"),
        ("choices!A1", "list name"),
        ("choices!B1", "value"),
        ("choices!B2", "1"),
        ("choices!B2", 1.0),
        ("settings!A1", "id_string"),
        ("settings!D1", "title"),
        ("settings!C2", "English"),
        ("settings!C2", "en"),
    ],
)
def test_other_spellings_mean_the_same(where: str, spelling: object) -> None:
    assert read(book(changes={where: spelling})) == read(book())


def test_sheets_are_found_whatever_their_capitals_and_blanks() -> None:
    assert read(workbook_of({"Survey ": SURVEY, "CHOICES": CHOICES, "Settings": SETTINGS})) == read(book())


def test_texts_are_kept_as_typed() -> None:
    label = "How “often” – l’été, «да»\nsecond line  with two blanks"
    assert read(book(changes={"survey!C3": f"  {label}\r\n"})).questions["CB01"].label["en"] == label


def test_a_number_as_a_text_is_shown_as_the_sheet_shows_it() -> None:
    document = read(book(changes={"choices!C2": 2024, "choices!C3": 1.5, "choices!C4": True}))
    question = document.questions["CB01"]
    assert isinstance(question, Single)
    assert [choice.label["en"] for choice in question.choices] == ["2024", "1.5", "TRUE"]


def test_formulas_give_the_value_that_was_computed_last() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(write_xlsform(read(book())))) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/worksheets/sheet2.xml":
                computed = b'<c r="C2" t="str"><f>A1</f><v>Each day</v></c>'
                part, changed = re.subn(rb'<c r="C2"[^>]*>.*?</c>', computed, part)
                assert changed == 1
            new.writestr(name, part)
    imported = read_xlsform(target.getvalue())
    assert imported.document is not None
    question = imported.document.questions["CB01"]
    assert isinstance(question, Single)
    assert question.choices[0].label["en"] == "Each day"
    assert [(notice.reason, notice.place.sheet, notice.place.row) for notice in imported.notices] == [
        ("formula_used", "choices", 2)
    ]


def test_one_language_without_a_name_is_taken_to_be_english_and_said_so() -> None:
    survey = asked(["text", "Q1", "Your wish?"])
    imported = read_xlsform(workbook_of({"survey": survey}), "my form.xlsx")
    assert imported.document is not None
    assert imported.document.form_id == "my_form"
    assert imported.document.languages == ("en",)
    assert {"language_assumed", "setting_assumed", "section_added"} <= set(noticed(imported))


def test_columns_without_a_language_hold_the_default_one() -> None:
    settings = [["form_id", "version", "default_language", "form_title"], ["F", "1", "French (fr)", "Un jour"]]
    document = read(book(asked(["text", "Q1", "Ton souhait ?"]), CHOICES[:1], settings))
    assert document.default_language == "fr"
    assert document.questions["Q1"].label == {"fr": "Ton souhait ?"}


def test_languages_that_we_do_not_speak_are_left_out_and_named() -> None:
    survey: Cells = [
        ["type", "name", "label::Deutsch (de)", "label::English (en)"],
        ["text", "Q1", "Dein Wunsch?", "Your wish?"],
    ]
    settings = [["form_id", "version", "default_language", "form_title::English (en)"], ["F", "1", "Deutsch (de)", "A"]]
    imported = read_xlsform(book(survey, CHOICES[:1], settings))
    assert imported.document is not None
    assert imported.document.questions["Q1"].label == {"en": "Your wish?"}
    assert {"language_replaced", "language_ignored"} <= set(noticed(imported))


def test_an_unfinished_translation_is_kept_and_not_offered() -> None:
    imported = read_xlsform(book(changes={"survey!D4": None, "choices!D2": None}))
    assert imported.document is not None
    assert imported.document.languages == ("en",)
    assert imported.document.questions["CB01"].label["fr"] == "Combien de fois ?"
    (notice,) = imported.notices
    assert notice.sentence() == (
        "Sheet choices, row 2, column D (label::French (fr)): French is not offered yet; "
        "missing texts: 2, of which this is the first."
    )


def test_questions_outside_groups_are_put_into_sections_of_their_own() -> None:
    survey = asked(
        ["text", "Q1", "One"],
        ["begin_group", "middle", "Middle"],
        ["text", "Q2", "Two"],
        ["end_group"],
        ["note", "N1", "Thanks"],
        header=("type", "name", "label", "max"),
    )
    document = read(book(survey, CHOICES[:1]))
    assert [(section.name, [question.code for question in section.questions]) for section in document.sections] == [
        ("part1", ["Q1"]),
        ("middle", ["Q2"]),
        ("part2", ["N1"]),
    ]


def test_groups_inside_a_section_are_dissolved_and_their_conditions_kept() -> None:
    survey = asked(
        ["begin_group", "main", "Main"],
        ["select_one often", "CB01", "How often?"],
        ["begin_group", "inner", None, "${CB01} = '1'"],
        ["text", "CB02", "Why?", "${CB01} != '2'"],
        ["begin_group", "deeper", "About you"],
        ["text", "CB03", "And?"],
        ["end_group"],
        ["end_group"],
        ["end_group"],
    )
    document = read(book(survey))
    questions = document.sections[0].questions
    assert [question.code for question in questions] == ["CB01", "CB02", "deeper", "CB03"]
    assert isinstance(questions[2], Note)
    sources = [question.relevant.source if question.relevant else None for question in questions]
    assert sources == [None, "(${CB01} = '1') and (${CB01} != '2')", "${CB01} = '1'", "${CB01} = '1'"]


def test_a_fault_in_a_dissolved_group_is_said_of_the_row_of_the_group() -> None:
    survey = asked(
        ["begin_group", "main", "Main"],
        ["select_one often", "CB01", "How often?"],
        ["begin_group", "inner", None, "${CB01} = '9'"],
        ["text", "CB02", "Why?", "${CB01} != '2'"],
        ["text", "CB03", "Why not?"],
        ["end_group"],
        ["end_group"],
    )
    faults = read_xlsform(book(survey)).faults
    assert [(fault.reason, fault.place.row, fault.place.column) for fault in faults] == [("unknown_choice", 4, "D")]


def test_a_table_list_is_a_matrix_whatever_its_rows_are_called() -> None:
    survey: Cells = [
        ["type", "name", "label", "appearance", "relevant", "required"],
        ["begin_group", "trust", "How much do you trust?", "table-list field-list"],
        ["select_one often", "schools", "Schools", None, None, "yes"],
        ["select_one often", "trust.police", "Police", None, None, "yes"],
        ["end_group"],
        ["text", "why", "Why?", None, "${schools} = '1' and ${trust.police} = 2"],
    ]
    imported = read_xlsform(book(survey))
    document = read(book(survey))
    matrix = document.questions["trust"]
    assert isinstance(matrix, Matrix)
    assert matrix.required
    assert [row.name for row in matrix.rows] == ["schools", "police"]
    why = document.questions["why"].relevant
    assert why is not None
    assert why.source == "${trust.schools} = '1' and ${trust.police} = 2"
    assert "matrix_row_named" in noticed(imported)


def test_own_columns_are_read() -> None:
    survey: Cells = [
        ["type", "name", "label", "max", "exclusive", "indicator", "sensitive", "breakdowns", "parameters"],
        ["select_multiple where", "CB10", "Why?", 2, 7, "CO01", "yes", "region, age"],
        ["rank often", "CB15", "Who first?", 2, None, None, None, "-"],
        ["range", "CB20", "How much?", None, None, None, None, None, "start=0 end=10 step=2"],
        ["rank often", "CB21", "All of them?"],
    ]
    document = read(book(survey))
    several, ranked, number, whole = document.questions.values()
    assert isinstance(several, Multiple)
    assert (several.max_choices, several.exclusive) == (2, ("7",))
    assert (several.indicator, several.sensitive, several.breakdowns) == ("CO01", True, ("region", "age"))
    assert isinstance(ranked, Ranking)
    assert isinstance(whole, Ranking)
    assert (ranked.places, ranked.breakdowns, whole.places) == (2, (), 3)
    assert isinstance(number, Integer)
    assert (number.minimum, number.maximum, number.step) == (0, 10, 2)


def test_what_is_left_out_is_said_once_for_many_rows() -> None:
    imported = read_xlsform(
        book(
            changes={
                **{f"survey!G{row}": "w4" for row in (3, 4, 5)},
                "survey!I1": "$kuid",
                "survey!I3": "abc",
                "settings!F1": "style",
                "settings!F2": "pages",
                "survey!C5": "**How** many?",
                "survey!E6": None,
                "choices!A6": None,
                "choices!B6": None,
                "choices!C6": None,
                "choices!D6": None,
                **dict(
                    zip(("choices!A7", "choices!B7", "choices!C7", "choices!D7"), ("idle", 1, "A", "B"), strict=True)
                ),
            }
        )
    )
    assert imported.document is not None
    assert [notice.sentence() for notice in imported.notices] == [
        "Sheet settings, row 1: settings that mean nothing here are left out (style).",
        "Sheet survey, column G (appearance): the appearance “w4” means nothing here and is left out "
        "(rows 3, 4 and 5).",
        "Sheet survey, row 1: columns that mean nothing here are left out ($kuid).",
        "Sheet survey, row 5, column C (label::English (en)): texts hold formatting signs (row 5). "
        "They are shown as typed.",
        "Sheet choices, row 7, column A (list_name): the list of choices “idle” is not used.",
    ]


def test_empty_rows_and_notes_of_the_author_do_no_harm() -> None:
    made = load_workbook(io.BytesIO(book()))
    made["survey"].insert_rows(4)
    made["survey"]["Z4"] = "ask Ana about this"
    made["choices"].insert_rows(1, 2)
    assert read(saved(made)) == read(book())
