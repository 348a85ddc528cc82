"""The codebook: what was asked, of whom, and what the codes in the tables stand for; in one language or in all six.

Plain values, from which the sheet, the files of the data package and the API are written.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.questionnaire.document import LANGUAGES, Section
from app.questionnaire.kinds import ESCAPES, Integer, Matrix, Multiple, Question, Ranking, Text
from app.questionnaire.relevance import both
from app.reporting.release import Release
from app.reporting.renderers.annexes import manner
from app.reporting.renderers.asked_if import condition_in_words
from app.reporting.renderers.labels import Labels
from app.web.i18n import translator

Words = Mapping[str, str]
"""Language to text."""


@dataclass(frozen=True)
class Entry:
    """One question, note or row of a matrix. `code` is that of the tables; `parent` is the matrix of a row.

    `asked_if` is the condition as it is written in an XLSForm, with that of its section; empty: everybody was asked.
    `asked_if_words` is the same in words, empty where it says more than our sentences can. `manner` says how it could
    be answered. `limits` are those of the kind.
    """

    code: str
    parent: str
    section: str
    kind: str
    label: Words
    hint: Words
    manner: Words
    asked_if: str
    asked_if_words: Words
    required: bool
    sensitive: bool
    indicator: str
    breakdowns: tuple[str, ...]
    limits: Mapping[str, int]


@dataclass(frozen=True)
class Option:
    """One choice. `no_answer`: it is counted with those who left the question blank. `alone`: it excludes others."""

    question: str
    name: str
    code: str
    label: Words
    no_answer: bool
    alone: bool


@dataclass(frozen=True)
class Codebook:
    """`sections` by name. A matrix stands before its rows, each question before its choices' questions."""

    sections: Mapping[str, Words]
    entries: tuple[Entry, ...]
    options: tuple[Option, ...]


def codebook_of(release: Release) -> Codebook:
    """The codebook of a release in the six languages."""
    spoken = [Labels(release, translator(language)) for language in LANGUAGES]
    document = spoken[0].document
    entries = [
        entry
        for section in document.sections
        for question in section.questions
        for entry in _entries(spoken, section, question)
    ]
    options = [option for question in document.questions.values() for option in _options(question)]
    return Codebook({section.name: section.title for section in document.sections}, tuple(entries), tuple(options))


def _entries(spoken: Sequence[Labels], section: Section, question: Question) -> Iterator[Entry]:
    condition = both(section.relevant, question.relevant)
    entry = Entry(
        code=question.code,
        parent="",
        section=section.name,
        kind=question.kind,
        label=question.label,
        hint=question.hint,
        manner={labels.t.language: labels.joined(list(manner(labels, question))) for labels in spoken},
        asked_if=condition.source if condition else "",
        asked_if_words={labels.t.language: condition_in_words(labels, condition) for labels in spoken},
        required=question.required,
        sensitive=question.sensitive,
        indicator=question.indicator,
        breakdowns=question.breakdowns if question.answered else (),
        limits=dict(_limits(question)),
    )
    yield entry
    if isinstance(question, Matrix):
        for row in question.rows:
            own = {"code": f"{question.code}.{row.name}", "parent": question.code, "kind": "row", "label": row.label}
            yield Entry(**{**vars(entry), **own, "hint": {}, "limits": {}})


def _limits(question: Question) -> Iterator[tuple[str, int]]:
    match question:
        case Multiple(max_choices=most) if most:
            yield "max_choices", most
        case Ranking(places=places):
            yield "places", places
        case Text(max_chars=most):
            yield "max_chars", most
        case Integer(minimum=minimum, maximum=maximum):
            yield from ((name, end) for name, end in (("minimum", minimum), ("maximum", maximum)) if end is not None)


def _options(question: Question) -> Iterator[Option]:
    alone = question.alone if isinstance(question, Multiple) else frozenset()
    for choice in getattr(question, "choices", ()):
        yield Option(
            question=question.code,
            name=choice.name,
            code=f"{question.code}.{choice.name}",
            label=choice.label,
            no_answer=choice.name in ESCAPES,
            alone=choice.name in alone,
        )


def as_plain(codebook: Codebook) -> dict[str, Any]:
    """The codebook as JSON: each question with its choices."""
    return {
        "sections": [{"name": name, "title": dict(title)} for name, title in codebook.sections.items()],
        "questions": [
            {
                **{name: _plain(value) for name, value in vars(entry).items() if name != "limits"},
                **entry.limits,
                "choices": [
                    {name: _plain(value) for name, value in vars(option).items() if name != "question"}
                    for option in codebook.options
                    if option.question == entry.code
                ],
            }
            for entry in codebook.entries
        ],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value
