"""From what a form of the editor says to the step that it means. Pure: the form is field names with their values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.questionnaire import edit, order
from app.questionnaire.check import Finding
from app.questionnaire.conditions import MOST_LINES, OPERATORS, Built, Line, subjects, written
from app.questionnaire.document import Document
from app.questionnaire.edit import NewQuestion
from app.questionnaire.kinds import Choice, Integer, Matrix, Multiple, Note, Question, Ranking, Scale, Single, Text
from app.questionnaire.relevance import Expression, ExpressionFault, parse
from app.questionnaire.xlsform.rows import BREAKDOWNS

Form = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Attempt:
    """What a step would lead to, and what of the form could not be read. `condition` is one that was typed, `typed`
    what stood in the fields of limits."""

    document: Document
    findings: tuple[Finding, ...] = ()
    condition: str | None = None
    typed: Mapping[str, str] = field(default_factory=dict)


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


#: Steps after which the reader goes on with the whole questionnaire.
_TO_THE_WHOLE = frozenset({"up", "down", "place", "copy", "delete"})


def landing(go: str, owner: str, part: str, before: Document, after: Document) -> tuple[str, str]:
    """Whose page follows the step, "" for that of the whole, and the id on it where the reader goes on: the button that
    was pressed, what was added, or the line that says what was done."""
    question = owner in before.questions
    if go == "add_question":
        (owner,) = after.questions.keys() - before.questions.keys()
        return owner, "last"
    if go == "add_section":
        return "", f"s-{after.sections[-1].name}"
    if not owner or go in _TO_THE_WHOLE:
        kind, names = ("q", (before.questions, after.questions)) if question else ("s", _sections(before, after))
        new = [name for name in names[1] if name not in names[0]]
        if go in ("up", "down"):
            return "", f"{go}-{owner}"
        if go == "delete" and question:
            return "", f"s-{before.section_of(owner).name}"
        return "", "last" if not owner or go == "delete" else f"{kind}-{new[0] if new else owner}"
    if go in ("build", "type"):
        return owner, "condition-h"
    if go in ("add_choice", "add_row"):
        return owner, f"new-{go.removeprefix('add_')}"
    what, _, act = go.partition("_")
    if act == "copy":
        added = (each for each in _parts(after, owner, what) if each not in _parts(before, owner, what))
        return owner, f"{what}-{next(added, part)}"
    if act in ("up", "down"):
        return owner, f"{go}-{part}"
    return owner, f"{what}-h" if act == "delete" else "last"


def _sections(*documents: Document) -> tuple[Sequence[str], ...]:
    return tuple([section.name for section in each.sections] for each in documents)


def _parts(document: Document, code: str, what: str) -> Sequence[str]:
    return [each.name for each in getattr(document.questions[code], f"{what}s", ())]


def _place_question(given: Given) -> Document:
    """To the beginning of the section that the form names, or after the question. Raises KeyError."""
    chosen = given.last("place")
    if chosen in given.document.sections_by_name:
        return order.place_question(given.document, given.owner, chosen, after="")
    return order.place_question(given.document, given.owner, given.document.section_of(chosen).name, after=chosen)


def _place_section(given: Given) -> Document:
    """After the section that the form names. Raises KeyError."""
    return order.place_section(given.document, given.owner, given.document.sections_by_name[given.last("place")].name)


_WHOLE: Mapping[str, Step] = {
    "save": lambda g: edit.word_whole(g.document, g.last("title"), g.last("summary")),
    "add_section": lambda g: edit.add_section(g.document, g.last("title"), g.new_question(), g.used),
}
_SECTION: Mapping[str, Step] = {
    "save": lambda g: edit.word_section(g.document, g.owner, g.last("title")),
    "up": lambda g: order.move_section(g.document, g.owner, -1),
    "down": lambda g: order.move_section(g.document, g.owner, 1),
    "place": _place_section,
    "copy": lambda g: edit.copy_section(g.document, g.owner, g.used),
    "delete": lambda g: edit.delete_section(g.document, g.owner),
    "add_question": lambda g: edit.add_question(g.document, g.owner, g.new_question(), g.used),
}
_QUESTION: Mapping[str, Step] = {
    "up": lambda g: order.move_question(g.document, g.owner, -1),
    "down": lambda g: order.move_question(g.document, g.owner, 1),
    "place": _place_question,
    "copy": lambda g: edit.copy_question(g.document, g.owner, g.used),
    "delete": lambda g: edit.delete_question(g.document, g.owner),
    "add_choice": lambda g: edit.add_choice(g.document, g.owner, g.last("label"), g.used),
    "add_row": lambda g: edit.add_row(g.document, g.owner, g.last("label"), g.used),
    "choice_up": lambda g: order.move_part(g.document, g.owner, "choices", _part(g, "choices"), -1),
    "choice_down": lambda g: order.move_part(g.document, g.owner, "choices", _part(g, "choices"), 1),
    "choice_copy": lambda g: edit.copy_part(g.document, g.owner, "choices", _part(g, "choices"), g.used),
    "choice_delete": lambda g: edit.delete_part(g.document, g.owner, "choices", _part(g, "choices")),
    "row_up": lambda g: order.move_part(g.document, g.owner, "rows", _part(g, "rows"), -1),
    "row_down": lambda g: order.move_part(g.document, g.owner, "rows", _part(g, "rows"), 1),
    "row_copy": lambda g: edit.copy_part(g.document, g.owner, "rows", _part(g, "rows"), g.used),
    "row_delete": lambda g: edit.delete_part(g.document, g.owner, "rows", _part(g, "rows")),
}


def _part(given: Given, field: str) -> str:
    """The name of the choice or row, if the question has it. Raises KeyError."""
    parts: Sequence[Any] = getattr(given.document.questions[given.owner], field, ())
    if given.part not in [each.name for each in parts]:
        raise KeyError(given.part)
    return given.part


# What one question's form holds --------------------------------------------------------------------------------------

#: Fields of limits that are shown again as typed where the step was refused.
_TYPED = ("max", "minimum", "maximum", "step", "indicator", "constraint")
#: More digits than any limit has.
_MOST_DIGITS = 12


def _save(given: Given) -> Attempt:
    """The question's words and limits, and the words of its choices and rows."""
    document, code = given.document, given.owner
    language = document.default_language
    findings: list[Finding] = []

    def number(name: str, otherwise: int | None) -> int | None:
        """What was typed as a whole number; `otherwise` where nothing was. What is none is a finding."""
        typed = given.last(name).strip()
        if not typed:
            return otherwise
        if not typed.removeprefix("-").isdecimal() or len(typed) > _MOST_DIGITS:
            findings.append(Finding(code, name, "number_wrong", found=typed[:40]))
            return otherwise
        return int(typed)

    def constraint(before: Expression | None) -> Expression | None:
        """The condition on the answer itself as it was typed. What cannot be read is a finding."""
        typed = given.last("constraint").strip()
        try:
            return parse(typed) if typed else None
        except ExpressionFault as fault:
            findings.append(_unread(code, "constraint", fault))
            return before

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
        if question.answered and not isinstance(question, Matrix | Ranking):
            kept = constraint(question.constraint)
            message = edit.worded(question.constraint_message, language, given.last("constraint_message"))
            changed |= {"constraint": kept, "constraint_message": message if kept else {}}
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
    return Attempt(document, tuple(findings), typed={name: given.last(name) for name in _TYPED if name in given.form})


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
        return Attempt(document, (_unread(given.owner, "relevant", fault),), condition=source)


def _unread(owner: str, aspect: str, fault: ExpressionFault) -> Finding:
    return Finding(owner, aspect, "expression", found=f"{fault.found} ({fault.position})", other=fault.advice)


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
