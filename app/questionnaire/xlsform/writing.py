"""A questionnaire document as an XLSForm that reads back equal, and that other XLSForm tools accept."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from app.questionnaire.check import wordings
from app.questionnaire.document import LANGUAGES, Document, Section
from app.questionnaire.kinds import (
    DEFAULT_BREAKDOWNS,
    Choice,
    Integer,
    Matrix,
    Multiple,
    Question,
    Ranking,
    Scale,
    Single,
    Text,
    Texts,
)
from app.questionnaire.xlsform.tables import LANGUAGE_NAMES

_Cells = dict[str, str]

_BEFORE_TEXTS = ("type", "name")
_TEXTS = ("label", "hint", "guidance_hint", "constraint_message")
_AFTER_TEXTS = ("required", "relevant", "constraint", "appearance", "parameters", "max", "exclusive")
_OWN = ("indicator", "sensitive", "breakdowns")
#: Stands in every file as its date, so that the same document gives the same bytes.
_DATE = datetime(2000, 1, 1)  # noqa: DTZ001 - written without a zone


def write_xlsform(document: Document) -> bytes:
    """The workbook: sheets survey, choices, settings. Equal documents give equal bytes."""
    languages = [language for language in LANGUAGES if any(language in each.texts for each in wordings(document))]
    lists = _name_lists(document)

    def list_of(choices: Sequence[Choice]) -> str:
        return lists[_key(choices)][0]

    survey = [row for section in document.sections for row in _section_rows(section, list_of)]
    choices = [
        {"list_name": name, "name": choice.name, **_texts("label", choice.label)}
        for name, listed in lists.values()
        for choice in listed
    ]
    default = f"{LANGUAGE_NAMES[document.default_language]} ({document.default_language})"
    settings = {
        "form_id": document.form_id,
        "version": document.version,
        "default_language": default,
        "form_title": document.title.get(document.default_language, ""),
        # Under a name of its own: pyxform breaks on a form_title in several languages.
        **_texts("display_title", document.title),
        **_texts("summary", document.summary),
    }
    texts = {key: [_header(key, language) for language in languages] for key in (*_TEXTS, "display_title", "summary")}
    used = {header for row in survey for header in row}
    survey_columns = [
        *_BEFORE_TEXTS,
        *(header for key in _TEXTS for header in texts[key] if header in used or key == "label"),
        *(header for header in (*_AFTER_TEXTS, *_OWN) if header in used),
    ]
    settings_columns = [
        "form_id",
        "version",
        "default_language",
        "form_title",
        *texts["display_title"],
        *texts["summary"],
    ]
    return _workbook(
        {
            "survey": (survey_columns, survey),
            "choices": (["list_name", "name", *texts["label"]], choices),
            "settings": ([header for header in settings_columns if header in settings], [settings]),
        },
        right_to_left=document.default_language == "ar",
    )


def written_cells(document: Document, code: str) -> Mapping[str, str]:
    """What stands in the survey sheet about how the question is answered, column to cell: all but its texts."""
    question = document.questions[code]
    lists = _name_lists(document)
    if isinstance(question, Matrix):
        cells = {**_common(question), "type": "begin_group", "appearance": "table-list"}
    else:
        cells = {**_common(question), **_own(question, lambda choices: lists[_key(choices)][0])}
    return {header: cells[header] for header in ("type", *_AFTER_TEXTS) if header in cells}


def _header(key: str, language: str) -> str:
    return f"{key}::{LANGUAGE_NAMES[language]} ({language})"


def _texts(key: str, texts: Texts) -> _Cells:
    return {_header(key, language): text for language, text in texts.items()}


_Key = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def _key(choices: Sequence[Choice]) -> _Key:
    """Choices as a value that equal ones share, the order of languages aside."""
    return tuple((choice.name, tuple(sorted(choice.label.items()))) for choice in choices)


def _name_lists(document: Document) -> Mapping[_Key, tuple[str, Sequence[Choice]]]:
    """Each different list of choices once, named after the first question that offers it."""
    named: dict[_Key, tuple[str, Sequence[Choice]]] = {}
    for question in document.questions.values():
        if isinstance(question, Single | Multiple | Ranking | Matrix):
            named.setdefault(_key(question.choices), (question.code, question.choices))
    return named


def _section_rows(section: Section, list_of: Callable[[Sequence[Choice]], str]) -> Iterator[_Cells]:
    yield {
        "type": "begin_group",
        "name": section.name,
        **_texts("label", section.title),
        **({"relevant": section.relevant.source} if section.relevant else {}),
    }
    for question in section.questions:
        if isinstance(question, Matrix):
            yield {**_common(question), "type": "begin_group", "appearance": "table-list"}
            for row in question.rows:
                yield {
                    "type": f"select_one {list_of(question.choices)}",
                    "name": f"{question.code}.{row.name}",
                    **_texts("label", row.label),
                    **({"required": "yes"} if question.required else {}),
                }
            yield {"type": "end_group"}
        else:
            yield {**_common(question), **_own(question, list_of)}
    yield {"type": "end_group"}


def _common(question: Question) -> _Cells:
    """What all kinds have; a cell that would say the default is left out."""
    cells = {
        "name": question.code,
        **_texts("label", question.label),
        **_texts("hint", question.hint),
        **_texts("guidance_hint", question.guidance),
        **_texts("constraint_message", question.constraint_message),
        "required": "yes" if question.required else "",
        "relevant": question.relevant.source if question.relevant else "",
        "constraint": question.constraint.source if question.constraint else "",
        "indicator": question.indicator,
        "sensitive": "yes" if question.sensitive else "",
        "breakdowns": "" if question.breakdowns == DEFAULT_BREAKDOWNS else " ".join(question.breakdowns) or "-",
    }
    return {header: cell for header, cell in cells.items() if cell}


def _own(question: Question, list_of: Callable[[Sequence[Choice]], str]) -> _Cells:
    """What only this kind of question has; its type first of all."""
    match question:
        case Text():
            lines = {"appearance": "multiline"} if question.lines else {}
            return {"type": "text", "max": str(question.max_chars), **lines}
        case Integer():
            return _number(question)
        case Scale():
            return {"type": f"select_one {list_of(question.choices)}", "appearance": "likert"}
        case Single():
            dropdown = {"appearance": "minimal"} if question.dropdown else {}
            return {"type": f"select_one {list_of(question.choices)}", **dropdown}
        case Multiple():
            most = {"max": str(question.max_choices)} if question.max_choices else {}
            alone = {"exclusive": " ".join(question.exclusive)} if question.exclusive else {}
            return {"type": f"select_multiple {list_of(question.choices)}", **most, **alone}
        case Ranking():
            return {"type": f"rank {list_of(question.choices)}", "max": str(question.places)}
    return {"type": "note"}


def _number(question: Integer) -> _Cells:
    """A range where both ends are set and whole steps lie between them, as other tools demand; else an integer."""
    low, high, step = question.minimum, question.maximum, question.step
    bounds = {"start": low, "end": high, "step": step if step != 1 else None}
    if low is not None and high is not None and step <= high - low:
        bounds["step"] = step
        return {"type": "range", "parameters": _parameters(bounds)}
    written = _parameters(bounds)
    return {"type": "integer", "parameters": written} if written else {"type": "integer"}


def _parameters(values: Mapping[str, int | None]) -> str:
    return " ".join(f"{key}={value}" for key, value in values.items() if value is not None)


def _workbook(sheets: Mapping[str, tuple[Sequence[str], Sequence[_Cells]]], right_to_left: bool) -> bytes:
    """The bytes of a workbook of texts only: nothing in it is a formula, a link or a number."""
    # Only who takes a workbook along needs the library in memory.
    import xlsxwriter

    target = io.BytesIO()
    workbook = xlsxwriter.Workbook(
        target,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    workbook.set_properties({"created": _DATE})
    # Cells are formatted as text, so that a choice name typed later as 1-2 does not become the second of January.
    head = workbook.add_format({"bold": True, "num_format": "@", "valign": "top"})
    body = workbook.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    for name, (headers, rows) in sheets.items():
        sheet = workbook.add_worksheet(name)
        sheet.freeze_panes(1, 2)
        if right_to_left:
            sheet.right_to_left()
        for column, header in enumerate(headers):
            sheet.set_column(column, column, 40 if "::" in header else 18, body)
            sheet.write_string(0, column, header, head)
            for number, row in enumerate(rows, start=1):
                if row.get(header):
                    sheet.write_string(number, column, row[header], body)
    workbook.close()
    return target.getvalue()
