"""Small workbooks for tests: a good questionnaire as rows, and a way to spoil one place of it."""

import io
from collections.abc import Mapping, Sequence

from openpyxl import Workbook

Cells = Sequence[Sequence[object]]

SURVEY: Cells = [
    ["type", "name", "label::English (en)", "label::French (fr)", "relevant", "constraint", "appearance", "max"],
    ["begin_group", "main", "Main questions", "Questions principales"],
    ["select_one often", "CB01", "How often?", "Combien de fois ?"],
    ["select_multiple where", "CB02", "Where?", "Où ?", "${CB01} != '5'"],
    ["integer", "CB03", "How many?", "Combien ?", None, ". >= 0 and . <= 20"],
    ["text", "CB04", "What else?", "Quoi encore ?", "selected(${CB02}, '7')", None, "multiline", 300],
    ["end_group"],
]
CHOICES: Cells = [
    ["list_name", "name", "label::English (en)", "label::French (fr)"],
    ["often", 1, "Every day", "Chaque jour"],
    ["often", 2, "Every week", "Chaque semaine"],
    ["often", 5, "Never", "Jamais"],
    ["where", 1, "Chat", "Messagerie"],
    ["where", 7, "Other", "Autre"],
]
SETTINGS: Cells = [
    ["form_id", "version", "default_language", "form_title", "form_title::French (fr)"],
    ["CB", "1", "English (en)", "A day", "Un jour"],
]


def workbook_of(sheets: Mapping[str, Cells]) -> bytes:
    """The bytes of a workbook with these sheets, written by openpyxl."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    return saved(book)


def saved(book: Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def book(
    survey: Cells = SURVEY,
    choices: Cells = CHOICES,
    settings: Cells = SETTINGS,
    changes: Mapping[str, object] | None = None,
) -> bytes:
    """The good questionnaire with some cells changed; a change is named like `survey!C3`."""
    made = Workbook()
    made.remove(made.worksheets[0])
    for name, rows in (("survey", survey), ("choices", choices), ("settings", settings)):
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    for where, value in (changes or {}).items():
        name, _, cell = where.partition("!")
        made[name][cell] = value
    return saved(made)


def asked(
    *rows: Sequence[object], header: Sequence[object] = ("type", "name", "label", "relevant", "constraint")
) -> Cells:
    """A survey sheet with these rows under a header."""
    return [list(header), *rows]
