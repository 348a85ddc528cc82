"""Which tables hang together: who is asked a question depends on what was said to earlier ones. Pure.

A block has the tables of questions that are tied by conditions. What is said to the questions that conditions look at
(its roots) falls into classes between which no condition distinguishes; a combination of one class of each root, as far
as the questionnaire allows it, says for every question of the block whether it is asked.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import product

from app.questionnaire.document import Document
from app.questionnaire.kinds import ESCAPES, Answer, Multiple, Single, Text
from app.questionnaire.relevance import Expression, Use, as_text, parse, uses
from app.reporting.counts import TEXTS, YES, CountTable
from app.reporting.groups import BEHIND, NONE, SETTLEMENTS

#: Blocks with more combinations are not worked through: what depends on their conditions is not published.
MOST_COMBINATIONS = 200


@dataclass(frozen=True)
class Class:
    """What may be said to a root, without a difference to any condition. `answer` stands for all of it, None for not
    asked or not answered; `lines` are the lines of the root's table in which such a person stands."""

    answer: Answer | None
    lines: tuple[str, ...]
    asked: bool = True


@dataclass(frozen=True)
class Root:
    """A question that conditions look at. `table` is the key of its table, "" when the profile itself says the answer:
    then `lines` of a class are groups of `breakdown`. `dividing`: each person stands in exactly one line of a class."""

    name: str
    table: str
    classes: tuple[Class, ...]
    breakdown: str = ""


@dataclass(frozen=True)
class Block:
    """`combinations` name the class of each root by its place; `asked` says in which a condition holds. `dark` are
    conditions that could not be worked through."""

    tables: tuple[CountTable, ...]
    roots: tuple[Root, ...]
    combinations: tuple[tuple[int, ...], ...]
    asked: Mapping[str, tuple[bool, ...]]
    dark: frozenset[str]


Look = Use | Expression
"""A place where a condition looks at an answer, or the condition as a whole where it looks at nothing else."""


class Unclear(Exception):
    """A condition looks at an answer in a way that no table shows."""


def blocks_of(tables: Sequence[CountTable], document: Document) -> tuple[Block, ...]:
    """The tables in bundles that share no question, in order."""
    by_condition = {table.condition: parse(table.condition) for table in tables if table.condition}
    keys = {table.key: table for table in tables}
    leader: dict[str, str] = {}

    def lead(key: str) -> str:
        while leader.setdefault(key, key) != key:
            key = leader[key]
        return key

    for table in tables:
        near = [table.key, *(each.key for each in tables if table.condition and each.condition == table.condition)]
        for name in by_condition[table.condition].names if table.condition else ():
            near += [key for key in _keys_of(name) if key in keys]
        if table.measure in ("first", "places"):
            near += [key for key in (f"{table.code} first", f"{table.code} places") if key in keys]
        for other in near[1:]:
            leader[lead(other)] = lead(near[0])
    bundles: dict[str, list[CountTable]] = {}
    for table in tables:
        bundles.setdefault(lead(table.key), []).append(table)
    return tuple(_block(tuple(bundle), document) for bundle in bundles.values())


def _block(tables: tuple[CountTable, ...], document: Document) -> Block:
    conditions = {table.condition: parse(table.condition) for table in tables if table.condition}
    keys = {table.key: table for table in tables}
    dark: set[str] = set()
    roots: dict[str, Root] = {}
    while True:
        light = {source: each for source, each in conditions.items() if source not in dark}
        roots, unclear = {}, set()
        for name in dict.fromkeys(name for each in light.values() for name in sorted(each.names)):
            try:
                roots[name] = _root(name, light.values(), keys, document, dark)
            except Unclear:
                unclear |= {source for source, each in light.items() if name in each.names}
        if not unclear:
            break
        dark |= unclear
    combinations = tuple(_combinations(tuple(roots.values()), keys, light))
    if len(combinations) > MOST_COMBINATIONS:
        return Block(tables, (), ((),), {}, frozenset(conditions))
    asked = {
        source: tuple(each.holds(_answers(tuple(roots.values()), combination)) for combination in combinations)
        for source, each in light.items()
    }
    return Block(tables, tuple(roots.values()), combinations, asked, frozenset(dark))


def _keys_of(name: str) -> tuple[str, ...]:
    return f"{name} choice", f"{name} options", f"{name} {TEXTS}"


def _root(
    name: str,
    conditions: Collection[Expression],
    keys: Mapping[str, CountTable],
    document: Document,
    dark: AbstractSet[str],
) -> Root:
    looks: list[Look] = []
    for each in conditions:
        if each.names == {name}:
            looks.append(each)
        elif name in each.names:
            looks += [use for use in uses(each) if use.code == name]
    breakdown = next((each for each, code in BEHIND.items() if code == name), "")
    if breakdown:
        return Root(name, "", _classes(name, _said_by_group(breakdown, document), looks), breakdown)
    table = next((keys[key] for key in _keys_of(name) if key in keys), None)
    if table is None or table.condition in dark:
        raise Unclear(name)
    question = document.questions.get(table.question)
    if isinstance(question, Multiple):
        classes = _flags(table, [use for each in conditions for use in uses(each) if use.code == name])
    elif isinstance(question, Text):
        classes = _classes(name, {YES: ("x",), "": (None,)}, looks)
        classes = tuple(Class(each.answer, tuple(line for line in each.lines if line)) for each in classes)
    else:
        escapes = [choice.name for choice in getattr(question, "choices", ()) if choice.name in ESCAPES]
        said: dict[str, tuple[Answer | None, ...]] = {line: (line,) for line in table.lines if line != NONE}
        classes = _classes(name, {**said, NONE: (*escapes, None)}, looks)
    not_asked = (Class(None, (), asked=False),) if table.condition else ()
    return Root(name, table.key, (*classes, *not_asked))


def _said_by_group(breakdown: str, document: Document) -> Mapping[str, tuple[Answer | None, ...]]:
    """What people of each group may have said to the question behind it. Raises Unclear for countries."""
    question = document.questions.get(BEHIND[breakdown])
    if breakdown == "region" or not isinstance(question, Single):
        raise Unclear(breakdown)
    names = [choice.name for choice in question.choices]
    groups: dict[str, list[Answer | None]] = {NONE: [None]}
    for name in names:
        group = NONE if name in ESCAPES else SETTLEMENTS.get(name, NONE) if breakdown == "settlement" else name
        groups.setdefault(group, []).append(name)
    return {group: tuple(said) for group, said in groups.items()}


def _classes(name: str, said: Mapping[str, Sequence[Answer | None]], looks: Sequence[Look]) -> tuple[Class, ...]:
    """Lines taken together that all looks see alike. Raises Unclear when a look tells people of one line apart."""
    together: dict[tuple[bool, ...], list[str]] = {}
    answers: dict[tuple[bool, ...], Answer | None] = {}
    for line, each in said.items():
        seen = {tuple(_sees(look, name, answer) for look in looks) for answer in each}
        if len(seen) > 1:
            raise Unclear(line)
        (how,) = seen
        together.setdefault(how, []).append(line)
        answers.setdefault(how, each[0])
    return tuple(Class(answers[how], tuple(lines)) for how, lines in together.items())


def _flags(table: CountTable, looks: Sequence[Use]) -> tuple[Class, ...]:
    """One class for each way of having chosen some of the choices that conditions look at."""
    names = sorted({str(use.literal) for use in looks})
    if any(use.how != "selected" for use in looks) or not set(names) <= set(table.lines) - {NONE}:
        raise Unclear(table.code)
    return tuple(
        Class(chosen, chosen)
        for pattern in product((True, False), repeat=len(names))
        for chosen in [tuple(name for name, yes in zip(names, pattern, strict=True) if yes)]
    )


def _sees(look: Look, name: str, answer: Answer | None) -> bool:
    """Whether this look at the answer is true."""
    answers: dict[str, Answer] = {} if answer is None else {name: answer}
    if isinstance(look, Expression):
        return look.holds(answers)
    if look.how not in ("compare", "selected"):
        raise Unclear(name)
    quote = '"' if "'" in str(look.literal) else "'"
    literal = f"{quote}{look.literal}{quote}" if isinstance(look.literal, str) else as_text(look.literal)
    source = f"selected(${{{name}}}, {literal})" if look.how == "selected" else f"${{{name}}} {look.operator} {literal}"
    return parse(source).holds(answers)


def _combinations(
    roots: tuple[Root, ...], keys: Mapping[str, CountTable], conditions: Mapping[str, Expression]
) -> Iterator[tuple[int, ...]]:
    """One class of each root, where every root is asked exactly when its own condition holds."""
    size = 1
    for root in roots:
        size *= len(root.classes)
    if size > MOST_COMBINATIONS**2:
        yield from ((0,) * len(roots) for _ in range(MOST_COMBINATIONS + 1))
        return
    for combination in product(*(range(len(root.classes)) for root in roots)):
        answers = _answers(roots, combination)
        if all(
            root.classes[place].asked == conditions[keys[root.table].condition].holds(answers)
            for root, place in zip(roots, combination, strict=True)
            if root.table and keys[root.table].condition
        ):
            yield combination


def _answers(roots: tuple[Root, ...], combination: tuple[int, ...]) -> dict[str, Answer]:
    said = {root.name: root.classes[place].answer for root, place in zip(roots, combination, strict=True)}
    return {name: answer for name, answer in said.items() if answer is not None}
