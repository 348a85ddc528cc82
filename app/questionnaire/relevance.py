"""The conditions of a questionnaire: when a question is asked (`relevant`), which answer is accepted (`constraint`).

Here lives what a condition means; how one is written is `grammar.py`; whether it fits its questionnaire (unknown
questions, choices that nobody offers, questions never asked) is `check.py` and `reach.py`.

Understood is the part of XPath 1.0 that XLSForms use in practice: `${code}`, `.` (the answer itself), texts in quotes,
numbers, `= != < <= > >=`, `and`, `or`, `+`, `-`, parentheses, `not()`, `selected(${code}, 'n')`,
`count-selected(${code})`, `string-length(…)`, `true()`, `false()`.

Meaning, after XPath 1.0 and ODK: a question without an answer is the empty text. Two texts are compared as texts; if
one side is a number both are; `<` and its like always compare numbers. What is no number is NaN, which equals nothing.
Several choices are their names with a space between. A whole-number answer is a number.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from app.questionnaire.grammar import (
    Comparison,
    CountSelected,
    Every,
    ExpressionFault,
    Node,
    Not,
    Number,
    Reference,
    Selected,
    Some,
    StringLength,
    Sum,
    Text,
    Truth,
    read_tree,
    tokens,
    walk,
)

__all__ = [
    "Answer",
    "Answers",
    "Expression",
    "ExpressionFault",
    "Use",
    "both",
    "comparisons",
    "parse",
    "renamed",
    "uses",
]

Answer = str | int | tuple[str, ...]
Answers = Mapping[str, Answer]
Value = str | float | bool


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed condition. Equal to another with the same source; evaluated without looking at the source again."""

    source: str
    tree: Node = field(compare=False, repr=False)
    names: frozenset[str] = field(compare=False, repr=False)
    _test: Callable[[Answers], Value] = field(compare=False, repr=False)

    def holds(self, answers: Answers) -> bool:
        """Whether the condition is true for these answers. Never raises."""
        return _truth(self._test(answers))

    def __reduce__(self) -> tuple[Any, ...]:
        return parse, (self.source,)


@lru_cache(maxsize=4096)
def parse(source: str) -> Expression:
    """The condition written in `source`, without the blanks around it. Raises ExpressionFault at the first fault."""
    source = source.strip()
    tree = read_tree(source)
    codes = frozenset(node.code for node in walk(tree) if isinstance(node, Reference))
    return Expression(source, tree, codes - {"."}, _compile(tree))


def both(first: Expression | None, second: Expression | None) -> Expression | None:
    """The condition that holds when both hold; None holds always."""
    if first is None or second is None:
        return first or second
    return first if first == second else parse(f"({first.source}) and ({second.source})")


def renamed(expression: Expression, codes: Mapping[str, str]) -> Expression:
    """The same condition about questions under new codes; the rest of the source stays as typed."""
    if not expression.names & codes.keys():
        return expression
    source, done = "", 0
    for token in tokens(expression.source):
        if token.sort == "reference" and token.text in codes:
            source += expression.source[done : token.start] + f"${{{codes[token.text]}}}"
            done = token.end
    return parse(source + expression.source[done:])


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a condition looks at an answer.

    `how` is `compare` (with `literal` by `operator`, the answer standing on the left), `selected` (of `literal`),
    `count`, `length`, `truth` (there is one), `sum`, or `other` (compared with what is no literal).
    """

    code: str
    how: str
    operator: str = ""
    literal: str | float = ""


_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def uses(expression: Expression) -> Iterator[Use]:
    """Every place where the condition looks at an answer, `.` included, in order of writing."""
    yield from _uses(expression.tree)


def _uses(node: Node, how: str = "truth") -> Iterator[Use]:
    match node:
        case Reference(code):
            yield Use(code, how)
        case Comparison(operator, Reference(code), Text(value) | Number(value)):
            yield Use(code, "compare", operator, value)
        case Comparison(operator, Text(value) | Number(value), Reference(code)):
            yield Use(code, "compare", _TURNED.get(operator, operator), value)
        case Selected(Reference(code), Text(value) | Number(value)):
            yield Use(code, "selected", "=", as_text(value))
        case CountSelected(Reference(code)):
            yield Use(code, "count")
        case StringLength(part):
            yield from _uses(part, "length")
        case Sum(left, right):
            yield from _uses(left, "sum")
            yield from _uses(right, "sum")
        case Every(parts) | Some(parts):
            for part in parts:
                yield from _uses(part)
        case Not(part):
            yield from _uses(part)
        case Comparison(_, left, right) | Selected(left, right):
            yield from _uses(left, "other")
            yield from _uses(right, "other")


def comparisons(expression: Expression) -> Iterator[tuple[str, str | float]]:
    """Question code and the literal that it is compared with by =, != or selected(), in order of writing.

    A literal is a text or a number as written. The empty text, which asks whether there is an answer, is left out.
    """
    for use in uses(expression):
        if use.how in ("compare", "selected") and use.operator in ("=", "!=") and use.literal != "":
            yield use.code, use.literal


_XPATH_NUMBER = re.compile(r"\s*-?(\d+(\.\d*)?|\.\d+)\s*", re.ASCII)


def as_number(value: Value) -> float:
    """A value as XPath's number(): NaN for a text that is none (also for 1e3 and +1, which XPath does not know)."""
    if isinstance(value, str):
        return float(value) if _XPATH_NUMBER.fullmatch(value) else math.nan
    return float(value)


def as_text(value: Value) -> str:
    """A value as XPath's string(): 2 and not 2.0."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if math.isfinite(value):
        return str(int(value)) if value == int(value) else str(value)
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def _truth(value: Value) -> bool:
    return value == value and bool(value)  # NaN, alone in differing from itself, is false in XPath and true in Python


def _look_up(answers: Answers, code: str) -> Value:
    kept = answers.get(code, "")
    if isinstance(kept, tuple):
        return " ".join(name for name in kept if name)
    if isinstance(kept, int):
        try:
            return float(kept)
        except OverflowError:
            return math.copysign(math.inf, kept)
    return kept


def _chosen(answers: Answers, code: str) -> Sequence[str]:
    kept = answers.get(code, ())
    if isinstance(kept, tuple):
        return [name for name in kept if name]
    return kept.split() if isinstance(kept, str) else (str(kept),)


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    if isinstance(left, bool) or isinstance(right, bool):
        return _truth(left) == _truth(right)
    return as_number(left) == as_number(right)


_COMPARE: Mapping[str, Callable[[Value, Value], bool]] = {
    "=": _equal,
    # Not the opposite of = for NaN? It is: NaN equals nothing, so it differs from everything, as XPath says.
    "!=": lambda left, right: not _equal(left, right),
    "<": lambda left, right: as_number(left) < as_number(right),
    "<=": lambda left, right: as_number(left) <= as_number(right),
    ">": lambda left, right: as_number(left) > as_number(right),
    ">=": lambda left, right: as_number(left) >= as_number(right),
}


def _compile(node: Node) -> Callable[[Answers], Value]:
    """The tree as nested functions, so that a condition asked a million times is walked once."""
    match node:
        case Text(value) | Number(value) | Truth(value):
            return lambda answers: value
        case Reference(code):
            return lambda answers: _look_up(answers, code)
        case Comparison("=", Reference(code), Text(text)) if text:
            return lambda answers: _equal(_look_up(answers, code), text)
        case Comparison(operator, left_node, right_node):
            compare, left, right = _COMPARE[operator], _compile(left_node), _compile(right_node)
            return lambda answers: compare(left(answers), right(answers))
        case Every(parts):
            tests = tuple(_compile(part) for part in parts)
            return lambda answers: all(_truth(test(answers)) for test in tests)
        case Some(parts):
            tests = tuple(_compile(part) for part in parts)
            return lambda answers: any(_truth(test(answers)) for test in tests)
        case Not(part):
            test = _compile(part)
            return lambda answers: not _truth(test(answers))
        case Selected(Reference(code), name_node):
            name = _compile(name_node)
            return lambda answers: as_text(name(answers)) in _chosen(answers, code)
        case CountSelected(Reference(code)):
            return lambda answers: float(len(_chosen(answers, code)))
        case StringLength(part):
            measured = _compile(part)
            return lambda answers: float(len(as_text(measured(answers))))
        case Sum(left_node, right_node, negative):
            left, right, sign = _compile(left_node), _compile(right_node), -1.0 if negative else 1.0
            return lambda answers: as_number(left(answers)) + sign * as_number(right(answers))
