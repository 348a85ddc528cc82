"""The three sheets of an XLSForm as tables: what each column means, in which language, and the rows below.

The names of columns are taken in every spelling that ODK, Kobo and older tools know. What a cell as such can have
wrong (an error, a date, a formula without a value) is reported here, once for all columns that mean something.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.questionnaire.document import LANGUAGES
from app.questionnaire.xlsform.faults import Place, Report
from app.questionnaire.xlsform.wording import REFUSED_COLUMNS
from app.questionnaire.xlsform.workbook import Cell, Sheet, column_letter

LANGUAGE_NAMES: Mapping[str, str] = {
    "ar": "Arabic",
    "zh": "Chinese",
    "en": "English",
    "fr": "French",
    "ru": "Russian",
    "es": "Spanish",
}
_OTHER_NAMES: Mapping[str, str] = {
    **{name.lower(): code for code, name in LANGUAGE_NAMES.items()},
    **{code: code for code in LANGUAGES},
    "العربية": "ar",
    "عربي": "ar",
    "中文": "zh",
    "简体中文": "zh",
    "mandarin": "zh",
    "français": "fr",
    "francais": "fr",
    "русский": "ru",
    "español": "es",
    "espanol": "es",
    "castellano": "es",
    "anglais": "en",
    "inglés": "en",
}

#: Columns with a text in each language.
TEXTS = frozenset({"label", "hint", "guidance_hint", "constraint_message", "form_title", "summary"})
_MEDIA = frozenset({"media", "image", "audio", "video", "big-image"})

_SURVEY = """
    type name label hint guidance_hint relevant required constraint constraint_message appearance parameters
    indicator sensitive breakdowns exclusive max
"""
SURVEY = frozenset(_SURVEY.split())
CHOICES = frozenset({"list_name", "name", "label"})
SETTINGS = frozenset({"form_id", "version", "form_title", "default_language", "summary"})

_ALIASES: Mapping[str, str] = {
    "relevance": "relevant",
    "skippattern": "relevant",
    "bind::relevant": "relevant",
    "bind::required": "required",
    "bind::constraint": "constraint",
    "bind::jr:constraintmsg": "constraint_message",
    "jr:constraintmsg": "constraint_message",
    "constraint_msg": "constraint_message",
    "constraining_message": "constraint_message",
    "control::appearance": "appearance",
    "caption": "label",
    "command": "type",
    "tag": "name",
    "calculate": "calculation",
    "bind::calculate": "calculation",
    "readonly": "read_only",
    "bind::readonly": "read_only",
    "count": "repeat_count",
    "jr:count": "repeat_count",
    "value": "name",
    "list": "list_name",
    "listname": "list_name",
    "title": "form_title",
    "set_form_title": "form_title",
    "display_title": "form_title",
    "id_string": "form_id",
    "set_form_id": "form_id",
}


@dataclass(frozen=True, slots=True)
class Column:
    """What a column means: `key`, and for a text its language, "" where none is named."""

    number: int
    header: str
    key: str
    language: str = ""


@dataclass
class Row:
    """One row of a table. Structural cells come trimmed; texts as typed, without blanks around them."""

    table: "Table"
    number: int
    cells: Mapping[int, Cell]

    def text(self, key: str) -> str:
        """The cell of a column without languages; "" where nothing stands."""
        return next((text for cell in self._cells_of(key) if (text := trimmed(cell.text))), "")

    def source(self, key: str) -> str:
        """A condition as typed, without blanks around it."""
        return next((cell.text.strip() for cell in self._cells_of(key) if cell.text.strip()), "")

    def texts(self, key: str, plain: str) -> dict[str, str]:
        """Language to text, for a column that has them.

        plain: the language of a column that names none; "" leaves such a column out.
        """
        found: dict[str, str] = {}
        columns = sorted(self.table.columns_of(key), key=lambda column: not column.language)
        for column in columns:
            cell = self.cells.get(column.number)
            if cell is not None:
                text = self.table.shown(cell.text, self.place(column))
                if text:
                    found.setdefault(column.language or plain, text)
        return {language: found[language] for language in LANGUAGES if language in found}

    def place(self, key: "str | Column" = "") -> Place:
        """The place of a column in this row; of the whole row where there is no such column."""
        column = key if isinstance(key, Column) else self._column(key)
        if column is None:
            return Place(self.table.name, self.number, "", key if isinstance(key, str) else "")
        return Place(self.table.name, self.number, column_letter(column.number), column.header)

    def _cells_of(self, key: str) -> Iterator[Cell]:
        columns = self.table.columns_of(key)
        return (self.cells[column.number] for column in columns if column.number in self.cells)

    def _column(self, key: str) -> Column | None:
        columns = self.table.columns_of(key)
        filled = (column for column in columns if column.number in self.cells)
        return next(filled, columns[0] if columns else None)

    def place_in(self, key: str, language: str) -> Place:
        """The place of a text in one language, or where it would be expected."""
        for column in self.table.columns_of(key):
            if column.language == language:
                return self.place(column)
        return self.place(key)


class Table:
    """A sheet with known columns. Raises nothing; what is wrong with columns and cells is in the report."""

    def __init__(self, sheet: Sheet, known: frozenset[str], report: Report) -> None:
        self.name = sheet.name
        self.report = report
        self.columns: list[Column] = []
        self.refused: list[Column] = []
        self.header_row = min(sheet.rows, default=0)
        self._by_key: dict[str, list[Column]] = {}
        if sheet.rows:
            self._read_header(sheet.rows[self.header_row], known)
        else:
            report.add(Place(sheet.name), "sheet_empty")
        for column in self.columns:
            self._by_key.setdefault(column.key, []).append(column)
        numbers = {column.number for column in self.columns}
        self.rows = [
            Row(self, number, {place: cell for place, cell in cells.items() if place in numbers})
            for number, cells in sheet.rows.items()
            if number > self.header_row and any(place in numbers for place in cells)
        ]
        self._check_cells(sheet)

    def columns_of(self, key: str) -> list[Column]:
        return self._by_key.get(key, [])

    def has(self, key: str) -> bool:
        return key in self._by_key

    def _read_header(self, cells: Mapping[int, Cell], known: frozenset[str]) -> None:
        seen: dict[tuple[str, str], Column] = {}
        ignored = []
        for number, cell in sorted(cells.items()):
            header = trimmed(cell.text)
            if not header:
                continue
            column = read_header(number, header, known)
            place = Place(self.name, self.header_row, column_letter(number), header)
            if column.key in REFUSED_COLUMNS and column.key not in known:
                self.refused.append(column)
                continue
            if column.key not in known:
                ignored.append(header)
                continue
            if column.language == "?":
                self.report.gather(place, "language_ignored", header.partition(":")[2].strip(": "))
                continue
            earlier = seen.setdefault((column.key, column.language), column)
            if earlier is not column:
                if earlier.header == header:
                    self.report.add(place, "column_twice", header, column_letter(earlier.number))
                    continue
                self.report.add(place, "columns_merged", earlier.header, header)
            self.columns.append(column)
        if ignored:
            reason = "settings_ignored" if known is SETTINGS else "columns_ignored"
            self.report.add(Place(self.name, self.header_row), reason, ", ".join(ignored))

    def _check_cells(self, sheet: Sheet) -> None:
        by_number = {column.number: column for column in self.columns}
        for row in self.rows:
            for number, cell in row.cells.items():
                place = row.place(by_number[number])
                if cell.sort == "error":
                    self.report.add(place, "error_cell", cell.text)
                elif cell.sort == "date" and by_number[number].key not in ("version", "form_id"):
                    self.report.add(place, "date_cell", cell.text)
                elif cell.formula and not cell.text:
                    self.report.add(place, "formula_empty")
                elif cell.formula:
                    self.report.gather(place, "formula_used")
            for column in self.refused:
                cells = sheet.rows[row.number]
                refused = cells.get(column.number)
                said_already = column.key == "calculation" and row.text("type").casefold() == "calculate"
                if refused is None or said_already or (column.key == "read_only" and not is_yes(refused.text)):
                    continue
                self.report.add(row.place(column), "column_refused", column.header, REFUSED_COLUMNS[column.key])
        for top, left, bottom, right in sheet.merged:
            columns = [column for column in self.columns if left <= column.number <= right]
            filled = sheet.rows.get(top, {}).get(left)
            if columns and filled and filled.text.strip() and (bottom > top or len(columns) > 1):
                area = f"{column_letter(left)}{top}:{column_letter(right)}{bottom}"
                self.report.add(Place(self.name, top, column_letter(left), columns[0].header), "merged", area)

    def shown(self, text: str, place: Place) -> str:
        """A text as it will be shown: as typed, without blanks around it and characters that cannot be shown."""
        shown = "".join(ch for ch in text if ch in "\n\t" or unicodedata.category(ch) not in ("Cc", "Cs"))
        if len(shown) != len(text):
            self.report.gather(place, "controls_removed")
        if found := _DYNAMIC.search(shown):
            self.report.add(place, "text_dynamic", found[0])
        elif _FORMATTING.search(shown):
            self.report.gather(place, "formatting_shown")
        return shown.strip()


_DYNAMIC = re.compile(r"\$\{[^}]{0,60}\}")
_FORMATTING = re.compile(
    r"</?(?:span|br|b|i|u|font|p|div|strong|em|a|img|hr|center)\b|\*\*(?=\S)|^#{1,6} ", re.MULTILINE
)
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad]")


def trimmed(text: str) -> str:
    """A structural cell: without invisible characters, one blank where there were several."""
    return " ".join(_INVISIBLE.sub("", text).split())


def is_yes(text: str) -> bool:
    return trimmed(text).casefold() in ("yes", "true", "true()", "1", "y", "x")


def is_no(text: str) -> bool:
    return trimmed(text).casefold() in ("", "no", "false", "false()", "0", "n")


def read_header(number: int, header: str, known: frozenset[str]) -> Column:
    """What a column named `header` means. Its language is "?" when it is none of ours."""
    plain = re.sub(r"\s*(::?)\s*", r"\1", header)
    key = re.sub(r"[\s_]+", "_", plain.casefold())
    key = _ALIASES.get(key, key)
    if key == "name" and "list_name" not in known and "type" not in known:
        key = "form_id"
    if key in known or key in REFUSED_COLUMNS:
        return Column(number, header, key)
    base, mark, language = plain.partition(":")
    base = re.sub(r"[\s_]+", "_", base.casefold())
    if base in ("bind", "body", "control") and plain.count("::") == 2:
        base, mark, language = plain.rpartition("::")
        base = base.casefold()
    base = _ALIASES.get(base, base)
    if base in _MEDIA:
        return Column(number, header, "media")
    if mark and base in TEXTS and base in known:
        return Column(number, header, base, language_code(language.strip(": ")) or "?")
    return Column(number, header, key)


def language_code(named: str) -> str:
    """The code of a language named as in `Arabic (ar)`, `English`, `zh-Hans` or `русский`; "" for any other."""
    name, _, code = named.replace("（", "(").partition("(")
    for candidate in (name, code.strip(" )）"), re.split(r"[-_]", name)[0], re.split(r"[-_]", code)[0]):
        if known := _OTHER_NAMES.get(candidate.strip().casefold()):
            return known
    return ""


def languages_named(tables: list[Table]) -> Iterator[str]:
    """The languages that any column names, in the usual order."""
    named = {column.language for table in tables for column in table.columns}
    yield from (language for language in LANGUAGES if language in named)
