"""Conditions built by choosing: some lines about earlier answers, joined by all or any. Pure.

What can be built is a small part of what can be written (`grammar.py`); a condition beyond it gives no lines.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from app.questionnaire.document import Document
from app.questionnaire.grammar import Comparison, Every, Node, Not, Number, Reference, Selected, Some, Text
from app.questionnaire.kinds import Choice, Matrix, Multiple, Question, Ranking, Single, Texts
from app.questionnaire.relevance import Expression, as_text

MOST_LINES = 3
OPERATORS = ("is", "is_not", "includes", "answered")


@dataclass(frozen=True)
class Line:
    """One thing said of the answer to `code` by one of OPERATORS. `choice` is empty where any answer does."""

    code: str
    operator: str
    choice: str = ""


@dataclass(frozen=True)
class Built:
    """The lines of a condition; `every` when all must be true, else one is enough."""

    lines: tuple[Line, ...]
    every: bool = True


@dataclass(frozen=True)
class Subject:
    """An answer that a condition may look at: its code, the words of its question, and its choices if it has any."""

    code: str
    label: Texts
    row: Texts | None
    choices: tuple[Choice, ...]


def subjects(document: Document, owner: str) -> Iterator[Subject]:
    """The answers given before `owner`, a question or a section, is reached, in the order of asking."""
    for section in document.sections:
        if section.name == owner:
            return
        for question in section.questions:
            if question.code == owner:
                return
            yield from _answers(question)


def _answers(question: Question) -> Iterator[Subject]:
    if isinstance(question, Matrix):
        for row in question.rows:
            yield Subject(f"{question.code}.{row.name}", question.label, row.label, question.choices)
    elif question.answered:
        choices = question.choices if isinstance(question, Single | Multiple | Ranking) else ()
        yield Subject(question.code, question.label, None, choices)


def written(built: Built, document: Document) -> str:
    """The condition as it is kept; empty without lines. Of several choices, “is” asks whether it is among them."""
    parts = [_part(line, document.questions.get(line.code)) for line in built.lines]
    return (" and " if built.every else " or ").join(parts)


def _part(line: Line, question: Question | None) -> str:
    reference = f"${{{line.code}}}"
    if line.operator == "answered" or not line.choice:
        return f"{reference} != ''"
    if line.operator == "includes" or isinstance(question, Multiple | Ranking):
        said = f"selected({reference}, '{line.choice}')"
        return f"not({said})" if line.operator == "is_not" else said
    return f"{reference} {'!=' if line.operator == 'is_not' else '='} '{line.choice}'"


def built(expression: Expression | None, document: Document, most: int = MOST_LINES) -> Built | None:
    """The lines that `written` makes this condition of, None where it says more than `most` lines can."""
    if expression is None:
        return Built(())
    tree = expression.tree
    parts = tree.parts if isinstance(tree, Every | Some) else (tree,)
    lines = [_line(part, document) for part in parts]
    found = tuple(line for line in lines if line is not None)
    return Built(found, not isinstance(tree, Some)) if len(found) == len(parts) <= most else None


def _line(node: Node, document: Document) -> Line | None:
    match node:
        case Comparison("!=", Reference(code), Text("")):
            return Line(code, "answered")
        case Comparison("=" | "!=" as operator, Reference(code), Text(value) | Number(value)):
            if value == "" or isinstance(document.questions.get(code), Multiple | Ranking):
                return None
            return Line(code, "is" if operator == "=" else "is_not", as_text(value))
        case Selected(Reference(code), Text(name)) if name:
            return Line(code, "includes", name)
        case Not(Selected(Reference(code), Text(name))) if name:
            several = isinstance(document.questions.get(code), Multiple | Ranking)
            return Line(code, "is_not", name) if several else None
    return None
