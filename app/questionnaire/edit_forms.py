"""From what a form of the editor says to the step that it means. Pure: the form is field names with their values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.questionnaire import edit
from app.questionnaire.check import Finding
from app.questionnaire.conditions import MOST_LINES, OPERATORS, Built, Line, subjects, written
from app.questionnaire.document import Document
from app.questionnaire.edit import NewQuestion
from app.questionnaire.kinds import Choice, Integer, Matrix, Multiple, Note, Question, Ranking, Scale, Single, Text
from app.questionnaire.relevance import ExpressionFault
from app.questionnaire.xlsform.rows import BREAKDOWNS

Form = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Attempt:
    """What a step would lead to, and what of the form could not be read. `condition` is one that was typed."""

    document: Document
    findings: tuple[Finding, ...] = ()
    condition: str | None = None


@dataclass(frozen=True)
class Given:
    """What a step works on. `owner` is a question code, a section name or empty; `part` the name of a choice or row."""

    document: Document
    owner: str
    part: str
    form: Form
    used: frozenset[str]
    escapes: tuple[Choice, ...]

    def last(self, name: str) -> str:
        return (self.form.get(name) or [""])[-1]

    def new_question(self) -> NewQuestion:
        """Raises KeyError for a kind that there is not."""
        if self.last("kind") not in edit.KINDS:
            raise KeyError("kind")
        return NewQuestion(
            self.last("kind"),
            self.last("label"),
            tuple(self.last("choices").splitlines()),
            tuple(self.last("rows").splitlines()),
            self.escapes if self.last("escapes") == "yes" else (),
        )


Step = Callable[[Given], Document]


def attempt(given: Given, go: str) -> Attempt:
    """What the step `go` of this form would lead to. Raises KeyError for a step or a part that there is not."""
    if go in ("build", "type"):
        return _condition(given, go)
    if given.owner in given.document.questions:
        if go == "save":
            return _save(given)
        return Attempt(_QUESTION[go](given))
    if given.owner:
        return Attempt(_SECTION[go](given))
    return Attempt(_WHOLE[go](given))


_WHOLE: Mapping[str, Step] = {
    "save": lambda g: edit.word_whole(g.document, g.last("title"), g.last("summary")),
    "add_section": lambda g: edit.add_section(g.document, g.last("title"), g.new_question(), g.used),
}
_SECTION: Mapping[str, Step] = {
    "save": lambda g: edit.word_section(g.document, g.owner, g.last("title")),
    "up": lambda g: edit.move_section(g.document, g.owner, -1),
    "down": lambda g: edit.move_section(g.document, g.owner, 1),
    "copy": lambda g: edit.copy_section(g.document, g.owner, g.used),
    "delete": lambda g: edit.delete_section(g.document, g.owner),
    "add_question": lambda g: edit.add_question(g.document, g.owner, g.new_question(), g.used),
}
_QUESTION: Mapping[str, Step] = {
    "up": lambda g: edit.move_question(g.document, g.owner, -1),
    "down": lambda g: edit.move_question(g.document, g.owner, 1),
    "place": lambda g: edit.place_question(g.document, g.owner, _known_section(g)),
    "copy": lambda g: edit.copy_question(g.document, g.owner, g.used),
    "delete": lambda g: edit.delete_question(g.document, g.owner),
    "add_choice": lambda g: edit.add_choice(g.document, g.owner, g.last("label"), g.used),
    "add_row": lambda g: edit.add_row(g.document, g.owner, g.last("label"), g.used),
    "choice_up": lambda g: edit.move_part(g.document, g.owner, "choices", _part(g, "choices"), -1),
    "choice_down": lambda g: edit.move_part(g.document, g.owner, "choices", _part(g, "choices"), 1),
    "choice_copy": lambda g: edit.copy_part(g.document, g.owner, "choices", _part(g, "choices"), g.used),
    "choice_delete": lambda g: edit.delete_part(g.document, g.owner, "choices", _part(g, "choices")),
    "row_up": lambda g: edit.move_part(g.document, g.owner, "rows", _part(g, "rows"), -1),
    "row_down": lambda g: edit.move_part(g.document, g.owner, "rows", _part(g, "rows"), 1),
    "row_copy": lambda g: edit.copy_part(g.document, g.owner, "rows", _part(g, "rows"), g.used),
    "row_delete": lambda g: edit.delete_part(g.document, g.owner, "rows", _part(g, "rows")),
}


def _known_section(given: Given) -> str:
    return given.document.sections_by_name[given.last("section")].name


def _part(given: Given, field: str) -> str:
    """The name of the choice or row, if the question has it. Raises KeyError."""
    parts: Sequence[Any] = getattr(given.document.questions[given.owner], field, ())
    if given.part not in [each.name for each in parts]:
        raise KeyError(given.part)
    return given.part


# What one question's form holds --------------------------------------------------------------------------------------


def _save(given: Given) -> Attempt:
    """The question's words and limits, and the words of its choices and rows."""
    document, code = given.document, given.owner
    language = document.default_language
    findings: list[Finding] = []

    def number(field: str, otherwise: int | None) -> int | None:
        """What was typed as a whole number; `otherwise` where nothing was. What is none is a finding."""
        typed = given.last(field).strip()
        if not typed:
            return otherwise
        if not typed.removeprefix("-").isdecimal() or len(typed) > 12:
            findings.append(Finding(code, field, "number_wrong", found=typed[:40]))
            return otherwise
        return int(typed)

    def change(question: Question) -> Question:
        changed: Any = {
            "label": edit.worded(question.label, language, given.last("label"), needed=True),
            "hint": edit.worded(question.hint, language, given.last("hint")),
            "guidance": edit.worded(question.guidance, language, given.last("guidance")),
        }
        if not isinstance(question, Note):
            changed |= {
                "required": given.last("required") == "yes",
                "sensitive": given.last("sensitive") == "yes",
                "indicator": given.last("indicator").strip(),
                "breakdowns": tuple(name for name in BREAKDOWNS if name in given.form.get("breakdowns", ())),
            }
        match question:
            case Multiple():
                chosen = given.form.get("exclusive", ())
                alone = tuple(choice.name for choice in question.choices if choice.name in chosen)
                # The order in which they were named says nothing; the same ones stay as they are.
                changed["exclusive"] = question.exclusive if set(alone) == set(question.exclusive) else alone
                changed["max_choices"] = number("max", 0)
            case Ranking():
                changed["places"] = number("max", question.places)
            case Text():
                changed |= {"max_chars": number("max", question.max_chars), "lines": given.last("lines") == "yes"}
            case Integer():
                changed |= {"minimum": number("minimum", None), "maximum": number("maximum", None)}
                changed["step"] = number("step", 1)
            case Scale():
                pass
            case Single():
                changed["dropdown"] = given.last("dropdown") == "yes"
        return replace(question, **changed)

    document = edit.change_question(document, code, change)
    question = document.questions[code]
    if isinstance(question, edit.WithChoices):
        document = edit.word_parts(document, code, "choices", _words(given, "choices"))
    if isinstance(question, Matrix):
        document = edit.word_parts(document, code, "rows", _words(given, "rows"))
    return Attempt(document, tuple(findings))


def _words(given: Given, field: str) -> dict[str, str]:
    begin = f"{field}."
    return {name.removeprefix(begin): given.last(name) for name in given.form if name.startswith(begin)}


def _condition(given: Given, go: str) -> Attempt:
    """Another condition of the question or section: chosen in lines, or typed."""
    document = given.document
    if given.owner not in document.questions and given.owner not in document.sections_by_name:
        raise KeyError(given.owner)
    source = given.last("condition").strip() if go == "type" else written(_chosen(given), document)
    try:
        return Attempt(edit.set_condition(document, given.owner, source), condition=source)
    except ExpressionFault as fault:
        found = f"{fault.found} ({fault.position})"
        finding = Finding(given.owner, "relevant", "expression", found=found, other=fault.advice)
        return Attempt(document, (finding,), condition=source)


def _chosen(given: Given) -> Built:
    """The lines that were chosen; a line about nothing is none."""
    answers = {subject.code: {choice.name for choice in subject.choices} for subject in _subjects(given)}
    lines = []
    for number in range(MOST_LINES):
        code, _, choice = given.last(f"about{number}").partition("=")
        operator = given.last(f"operator{number}")
        if code in answers and operator in OPERATORS:
            lines.append(Line(code, operator, choice if choice in answers[code] else ""))
    return Built(tuple(lines), given.last("join") != "any")


def _subjects(given: Given) -> Sequence[Any]:
    return tuple(subjects(given.document, given.owner))
