"""How a condition is written: its words, its tree, and what to write instead where it is wrong.

Pure text to tree; what a tree means is `relevance.py`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

#: Nobody writes longer or deeper conditions by hand; a machine that does is an attack on the parser.
MAX_CHARS = 4000
MAX_DEPTH = 40
MAX_LINKS = 60


class ExpressionFault(ValueError):
    """A condition that cannot be understood. `position` counts characters from 1; `advice` says what to write."""

    def __init__(self, position: int, found: str, advice: str) -> None:
        super().__init__(f"at character {position}, found {found}. {advice}")
        self.position = position
        self.found = found
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class Truth:
    value: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """The answer to a question; the code `.` is the answer that a constraint judges."""

    code: str


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


@dataclass(frozen=True, slots=True)
class Selected:
    question: Reference
    name: "Node"


@dataclass(frozen=True, slots=True)
class CountSelected:
    question: Reference


@dataclass(frozen=True, slots=True)
class StringLength:
    part: "Node"


@dataclass(frozen=True, slots=True)
class Sum:
    """left + right, or left - right where `negative`."""

    left: "Node"
    right: "Node"
    negative: bool


Node = (
    Text | Number | Truth | Reference | Comparison | Every | Some | Not | Selected | CountSelected | StringLength | Sum
)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for below in _below(node):
        yield from walk(below)


def _below(node: Node) -> tuple[Node, ...]:
    match node:
        case Comparison(left=left, right=right) | Sum(left=left, right=right):
            return (left, right)
        case Every(parts=parts) | Some(parts=parts):
            return parts
        case Not(part=part) | StringLength(part=part):
            return (part,)
        case Selected(question=question, name=name):
            return (question, name)
        case CountSelected(question=question):
            return (question,)
    return ()


@dataclass(frozen=True, slots=True)
class Token:
    sort: str
    text: str
    start: int
    end: int


#: Excel turns straight quotes into typographic ones while people type; in a condition they mean the same.
_TOKEN = re.compile(
    r"""(?P<blank>\s+)
      | \$\{\s*(?P<reference>[A-Za-z_][A-Za-z0-9_.\-]*)\s*\}
      | '(?P<t1>[^']*)' | "(?P<t2>[^"]*)" | [‘’‚](?P<t3>[^‘’]*)[‘’] | [“”„](?P<t4>[^“”]*)[“”]
      | (?P<number>[0-9]+(\.[0-9]*)?|\.[0-9]+)
      | (?P<dot>\.(?!\.))
      | (?P<operator>!=|<=|>=|=(?!=)|<(?!>)|>|\+|-)
      | (?P<mark>[(),])
      | (?P<word>[A-Za-z_][A-Za-z0-9_\-.:]*)""",
    re.VERBOSE,
)

_ADVICE = (
    ("==", "Write a single =."),
    ("<>", "Write != for “is not”."),
    ("≠", "Write != for “is not”."),
    ("≥", "Write >=."),
    ("≤", "Write <=."),
    ("&&", "Write and."),
    ("||", "Write or."),
    ("!", "Write not(…), or != for “is not”."),
    ("${last-saved#", "Answers of an earlier respondent are never kept; remove this condition."),
    ("${", "Write the question's name between ${ and }, as in ${CB04}."),
    ("$", "Write the question's name between ${ and }, as in ${CB04}."),
    ("{", "Write the question's name between ${ and }, as in ${CB04}."),
    ("'", "Close the text with another '."),
    ('"', 'Close the text with another ".'),
    ("–", "Write the minus sign -."),
    ("*", "Only + and - are understood in sums."),
    ("/", "Write ${name} for a question; paths such as /data/name are not understood."),
    ("..", "Write ${name} for a question; paths are not understood."),
)


def tokens(source: str) -> Iterator[Token]:
    """The words of a condition, blanks left out. Raises ExpressionFault at the first that is none."""
    place = 0
    while place < len(source):
        found = _TOKEN.match(source, place)
        if found is None:
            advice = next((text for start, text in _ADVICE if source.startswith(start, place)), "Remove it.")
            raise ExpressionFault(place + 1, f"“{source[place : place + 12]}”", advice)
        sort = found.lastgroup or ""
        if sort != "blank":
            text = found[sort]
            yield Token("text" if sort in ("t1", "t2", "t3", "t4") else sort, text, place, found.end())
        place = found.end()


_FUNCTIONS = ("not", "selected", "count-selected", "string-length", "true", "false")
_UNKNOWN = {
    "regex": "regex() is left out because a pattern can stall the service; use string-length(.) or a hint.",
    "AND": "Write and in small letters.",
    "OR": "Write or in small letters.",
    "NOT": "Write not(…) in small letters.",
    "div": "Only + and - are understood in sums.",
    "mod": "Only + and - are understood in sums.",
}
_STRENGTH = {"or": 1, "and": 2, "=": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "+": 5, "-": 5}


def read_tree(source: str) -> Node:
    """The tree of a condition. Raises ExpressionFault at the first fault."""
    if len(source) > MAX_CHARS:
        raise ExpressionFault(MAX_CHARS, f"{len(source)} characters", f"Use at most {MAX_CHARS} characters.")
    return _Parser(source).read()


class _Parser:
    """Operator precedence, by hand: three frames a level, so that the depth limit bounds the stack."""

    def __init__(self, source: str) -> None:
        self.end = len(source)
        self.tokens = list(tokens(source))
        self.place = 0
        self.depth = 0
        self.links = 0

    def read(self) -> Node:
        if not self.tokens:
            raise ExpressionFault(1, "nothing", "Write a condition, or leave the cell empty.")
        tree = self.expression(1)
        if self.place < len(self.tokens):
            raise self.fault("Join two conditions with and, or.")
        return tree

    def fault(self, advice: str, back: int = 0) -> ExpressionFault:
        place = self.place - back
        if place >= len(self.tokens):
            return ExpressionFault(self.end + 1, "the end", advice)
        token = self.tokens[place]
        return ExpressionFault(token.start + 1, f"“{token.text}”", advice)

    def operator(self) -> str:
        """The operator that stands here, or nothing."""
        if self.place < len(self.tokens):
            token = self.tokens[self.place]
            if token.sort == "operator" or (token.sort == "word" and token.text in ("and", "or")):
                return token.text
        return ""

    def expression(self, weakest: int) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fault(f"Use at most {MAX_DEPTH} levels of parentheses.")
        left, deepening = self.operand(), False
        while (operator := self.operator()) and (strength := _STRENGTH[operator]) >= weakest:
            if strength > _STRENGTH["and"]:
                self.links += deepening
                deepening = True
                if self.links > MAX_LINKS:
                    raise self.fault("Use fewer sums in one condition.")
            self.place += 1
            left = _join(operator, left, self.expression(strength + 1))
        self.depth -= 1
        return left

    def operand(self) -> Node:
        if self.place >= len(self.tokens):
            raise self.fault("Something is missing at the end: a question, a text or a number.")
        token = self.tokens[self.place]
        self.place += 1
        match token.sort:
            case "text":
                return Text(token.text)
            case "number":
                return Number(float(token.text))
            case "reference":
                return Reference(token.text)
            case "dot":
                return Reference(".")
            case "word":
                return self.call(token.text)
        if token.text == "-":
            positive = self.expression(_STRENGTH["-"] + 1)
            if isinstance(positive, Number):
                return Number(-positive.value)
            return Sum(Number(0.0), positive, negative=True)
        if token.text == "(":
            inner = self.expression(1)
            self.expect(")")
            return inner
        raise self.fault("A question, a text or a number is expected here.", back=1)

    def call(self, name: str) -> Node:
        if name in ("and", "or"):
            raise self.fault(f"Write a condition before and after {name}.", back=1)
        following = self.tokens[self.place].text if self.place < len(self.tokens) else ""
        if name not in _FUNCTIONS or following != "(":
            known = f"Write ${{{name}}} for a question, '{name}' for a text."
            if following == "(":
                known = f"The functions are {', '.join(_FUNCTIONS)}."
            raise self.fault(_UNKNOWN.get(name, known), back=1)
        self.expect("(")
        node = self.arguments(name)
        self.expect(")")
        return node

    def arguments(self, name: str) -> Node:
        match name:
            case "not":
                return Not(self.expression(1))
            case "string-length":
                return StringLength(self.expression(1))
            case "count-selected":
                return CountSelected(self.question(name))
            case "selected":
                question = self.question(name)
                self.expect(",")
                return Selected(question, self.expression(1))
        return Truth(name == "true")

    def question(self, name: str) -> Reference:
        node = self.operand()
        if not isinstance(node, Reference):
            raise self.fault(f"{name}() asks about a question: write {name}(${{…}}).", back=1)
        return node

    def expect(self, mark: str) -> None:
        if self.place >= len(self.tokens) or self.tokens[self.place].text != mark:
            raise self.fault(f"“{mark}” is expected here.")
        self.place += 1


def _join(operator: str, left: Node, right: Node) -> Node:
    """Chains of and, or become one flat node, so that a long list of conditions is not a deep one."""
    if operator == "and":
        return Every((*left.parts, right) if isinstance(left, Every) else (left, right))
    if operator == "or":
        return Some((*left.parts, right) if isinstance(left, Some) else (left, right))
    if operator in ("+", "-"):
        return Sum(left, right, negative=operator == "-")
    return Comparison(operator, left, right)
