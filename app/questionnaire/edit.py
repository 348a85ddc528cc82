"""What an editor can do to a questionnaire: each step gives a new document; moving is `order.py`. Pure.

A step never looks whether the result is good; `tried` does, and refuses it with everything that is wrong (`sound.py`).
Codes of new questions, sections, choices and rows are the next free ones: `used` holds every code that the
consultation's questionnaire ever had, so that none comes to mean something else.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Any

from app.questionnaire.check import Finding, complete_languages
from app.questionnaire.document import Document, Section
from app.questionnaire.kinds import (
    ESCAPES,
    Choice,
    Integer,
    Matrix,
    Multiple,
    Note,
    Question,
    Ranking,
    Row,
    Scale,
    Single,
    Text,
)
from app.questionnaire.relevance import Expression, parse, renamed
from app.questionnaire.sound import faults_of, names_of
from app.questionnaire.texts import tidy

WithChoices = Single | Multiple | Ranking | Matrix

#: What can be added, in the order in which it is offered.
KINDS = ("single", "scale", "multiple", "ranking", "matrix", "text", "integer", "note")
#: Choices from this number on have a meaning of their own in every question, such as 97.
_FIRST_SPECIAL = 90


class StepRefused(Exception):
    """The step would leave a questionnaire that cannot be asked. `findings` says why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(", ".join(f"{finding.code} {finding.reason}" for finding in findings))
        self.findings = tuple(findings)


@dataclass(frozen=True)
class NewQuestion:
    """What is asked about a question that does not exist yet. Texts are in the source language."""

    kind: str
    label: str
    choices: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    escapes: tuple[Choice, ...] = ()


def tried(document: Document) -> Document:
    """The document with its complete languages named. Raises StepRefused for one that cannot be asked."""
    findings = faults_of(document)
    if findings:
        raise StepRefused(findings)
    return replace(document, languages=complete_languages(document))


# Codes ---------------------------------------------------------------------------------------------------------------


def next_code(document: Document, section: Section | None, used: frozenset[str]) -> str:
    """The next free question code with the prefix that the section's codes have, or those of the whole."""
    codes = [question.code for question in section.questions] if section else []
    prefixes = Counter(found[1] for code in codes or document.questions if (found := re.match(r"([A-Za-z_]+)\d", code)))
    prefix = prefixes.most_common(1)[0][0][:30] if prefixes else "Q"
    pattern = re.compile(rf"{re.escape(prefix)}(\d{{1,6}})", re.IGNORECASE)
    numbers = [int(found[1]) for code in used | document.questions.keys() if (found := pattern.match(code))]
    taken = {name.casefold() for name in used | names_of(document)}
    number = max(numbers, default=0) + 1
    while f"{prefix}{number:02}".casefold() in taken:
        number += 1
    return f"{prefix}{number:02}"


def next_section(document: Document, used: frozenset[str]) -> str:
    """The next free section name."""
    taken = {name.casefold() for name in used | names_of(document)}
    number = len(document.sections) + 1
    while f"part{number}" in taken:
        number += 1
    return f"part{number}"


def _next_choice(question: WithChoices, used: frozenset[str]) -> str:
    names = {code.rpartition(".")[2] for code in used if code.rpartition(".")[0] == question.code} | question.names
    number = max((int(name) for name in names if name.isdecimal() and int(name) < _FIRST_SPECIAL), default=0) + 1
    while str(number) in names or number in range(_FIRST_SPECIAL, 100):
        number += 1
    return str(number)


def _next_row(question: Matrix, used: frozenset[str]) -> str:
    names = {code.rpartition(".")[2] for code in used if code.rpartition(".")[0] == question.code}
    taken = names | {row.name for row in question.rows} | question.names
    letters = "abcdefghijklmnopqrstuvwxyz"
    return next(name for name in chain(letters, (f"r{n}" for n in count(1))) if name not in taken)


# The whole and its sections ------------------------------------------------------------------------------------------


def word_whole(document: Document, title: str, summary: str) -> Document:
    """The title and the summary in the source language."""
    language = document.default_language
    return replace(
        document,
        title=worded(document.title, language, title, needed=True),
        summary=worded(document.summary, language, summary),
    )


def worded(texts: Mapping[str, str], language: str, typed: str, needed: bool = False) -> dict[str, str]:
    """The texts with another one in the source language; a text that may be absent goes in all languages with it."""
    text = tidy(typed)
    return {**texts, language: text} if text or needed else {}


def add_section(document: Document, title: str, first: NewQuestion, used: frozenset[str]) -> Document:
    """A section at the end, with its first question: a page that asks nothing is none."""
    section = Section(next_section(document, used), {document.default_language: tidy(title)}, ())
    code = next_code(document, None, used)
    section = replace(section, questions=(_made(document, code, first),))
    return replace(document, sections=(*document.sections, section))


def change_section(document: Document, name: str, change: Callable[[Section], Section]) -> Document:
    sections = tuple(change(section) if section.name == name else section for section in document.sections)
    return replace(document, sections=sections)


def word_section(document: Document, name: str, title: str) -> Document:
    language = document.default_language
    return change_section(
        document, name, lambda section: replace(section, title=worded(section.title, language, title, needed=True))
    )


def copy_section(document: Document, name: str, used: frozenset[str]) -> Document:
    """A copy right after the section, under new codes; conditions among its questions speak of the copies."""
    section = document.sections_by_name[name]
    codes: dict[str, str] = {}
    grown = document
    for question in section.questions:
        codes[question.code] = next_code(grown, section, used | set(codes.values()))
    fields = {
        old: f"{codes[question.code]}{old.removeprefix(question.code)}"
        for question in section.questions
        if isinstance(question, Matrix)
        for old in question.fields
    }
    everything = {**codes, **fields}
    copies = tuple(
        replace(
            question,
            code=codes[question.code],
            indicator="",
            relevant=renamed(question.relevant, everything) if question.relevant else None,
            constraint=renamed(question.constraint, everything) if question.constraint else None,
        )
        for question in section.questions
    )
    copy = replace(section, name=next_section(document, used), questions=copies)
    place = document.sections.index(section) + 1
    return replace(document, sections=(*document.sections[:place], copy, *document.sections[place:]))


def delete_section(document: Document, name: str) -> Document:
    return replace(document, sections=tuple(section for section in document.sections if section.name != name))


# Questions -----------------------------------------------------------------------------------------------------------


def add_question(document: Document, section: str, new: NewQuestion, used: frozenset[str]) -> Document:
    """The question at the end of the section."""
    code = next_code(document, document.sections_by_name[section], used)
    question = _made(document, code, new)
    return change_section(document, section, lambda each: replace(each, questions=(*each.questions, question)))


def _made(document: Document, code: str, new: NewQuestion) -> Question:
    language = document.default_language
    common: dict[str, Any] = {"code": code, "label": {language: tidy(new.label)}}
    if new.kind == "note":
        return Note(**common)
    if new.kind == "text":
        return Text(**common)
    if new.kind == "integer":
        return Integer(**common)
    words = [text for text in map(tidy, new.choices) if text]
    common["choices"] = (
        *(Choice(str(number), {language: text}) for number, text in enumerate(words, start=1)),
        *(() if new.kind == "ranking" else new.escapes),
    )
    if new.kind == "matrix":
        rows = [text for text in map(tidy, new.rows) if text]
        made = Matrix(**common, rows=())
        for text in rows:
            made = replace(made, rows=(*made.rows, Row(_next_row(made, frozenset()), {language: text})))
        return made
    if new.kind == "ranking":
        return Ranking(**common, places=max(min(3, len(words)), 1))
    if new.kind == "multiple":
        return Multiple(**common)
    return Scale(**common) if new.kind == "scale" else Single(**common)


def change_question(document: Document, code: str, change: Callable[[Question], Question]) -> Document:
    sections = tuple(
        replace(section, questions=tuple(change(each) if each.code == code else each for each in section.questions))
        for section in document.sections
    )
    return replace(document, sections=sections)


def copy_question(document: Document, code: str, used: frozenset[str]) -> Document:
    """A copy right after the question under the next free code; an indicator stays with the first."""
    section = document.section_of(code)
    question = document.questions[code]
    copy = replace(question, code=next_code(document, section, used), indicator="")
    place = section.questions.index(question) + 1
    questions = (*section.questions[:place], copy, *section.questions[place:])
    return change_section(document, section.name, lambda each: replace(each, questions=questions))


def delete_question(document: Document, code: str) -> Document:
    sections = tuple(
        replace(section, questions=tuple(question for question in section.questions if question.code != code))
        for section in document.sections
    )
    return replace(document, sections=sections)


def set_condition(document: Document, owner: str, source: str) -> Document:
    """The condition of a question or section; none when `source` is empty. Raises ExpressionFault."""
    relevant: Expression | None = parse(source) if source.strip() else None
    if owner in document.sections_by_name:
        return change_section(document, owner, lambda section: replace(section, relevant=relevant))
    return change_question(document, owner, lambda question: replace(question, relevant=relevant))


# Choices and rows ----------------------------------------------------------------------------------------------------


def add_choice(document: Document, code: str, label: str, used: frozenset[str]) -> Document:
    """Another choice, before those that mean no answer."""
    texts = {document.default_language: tidy(label)}

    def add(question: Question) -> Question:
        if not isinstance(question, WithChoices):
            return question
        place = next((n for n, each in enumerate(question.choices) if each.name in ESCAPES), len(question.choices))
        choice = Choice(_next_choice(question, used), texts)
        return replace(question, choices=(*question.choices[:place], choice, *question.choices[place:]))

    return change_question(document, code, add)


def add_row(document: Document, code: str, label: str, used: frozenset[str]) -> Document:
    texts = {document.default_language: tidy(label)}

    def add(question: Question) -> Question:
        if not isinstance(question, Matrix):
            return question
        return replace(question, rows=(*question.rows, Row(_next_row(question, used), texts)))

    return change_question(document, code, add)


def copy_part(document: Document, code: str, field: str, name: str, used: frozenset[str]) -> Document:
    """A copy of a choice (`field` is "choices") or row ("rows") right after it, under the next free name."""

    def copied(question: Question, parts: tuple[Any, ...]) -> tuple[Any, ...]:
        if isinstance(question, Matrix) and field == "rows":
            new = _next_row(question, used)
        elif isinstance(question, WithChoices):
            new = _next_choice(question, used)
        place = place_of(parts, name) + 1
        return (*parts[:place], replace(parts[place - 1], name=new), *parts[place:])

    return change_parts(document, code, field, copied)


def change_parts(
    document: Document, code: str, field: str, change: Callable[[Question, tuple[Any, ...]], tuple[Any, ...]]
) -> Document:
    def changed(question: Question) -> Question:
        parts: Any = {field: change(question, getattr(question, field))}
        return replace(question, **parts)

    return change_question(document, code, changed)


def place_of(parts: Sequence[Any], name: str) -> int:
    """Where among the choices or rows the one of that name stands. Raises ValueError."""
    return [each.name for each in parts].index(name)


def delete_part(document: Document, code: str, field: str, name: str) -> Document:
    """Without the choice or row; a choice that stood alone no longer does."""

    def delete(question: Question) -> Question:
        kept: dict[str, Any] = {field: tuple(each for each in getattr(question, field) if each.name != name)}
        if isinstance(question, Multiple):
            kept["exclusive"] = tuple(each for each in question.exclusive if each != name)
        return replace(question, **kept)

    return change_question(document, code, delete)


def word_parts(document: Document, code: str, field: str, words: Mapping[str, str]) -> Document:
    """Other texts, in the source language, for the choices or rows that `words` names."""
    language = document.default_language

    def reworded(_: Question, parts: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(
            replace(each, label=worded(each.label, language, words[each.name], needed=True))
            if each.name in words
            else each
            for each in parts
        )

    return change_parts(document, code, field, reworded)
