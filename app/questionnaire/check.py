"""What is wrong with a questionnaire as a whole: conditions that do not fit it, texts that are missing, answers that do
not fit into the journey cookie.

Pure, and independent of any file: a finding names a question or section and one aspect of it. `xlsform` says where
that stands in a workbook, and in words.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.questionnaire.document import LANGUAGES, Document
from app.questionnaire.kinds import ESCAPES, Integer, Matrix, Multiple, Question, Ranking, Single, Text, Texts
from app.questionnaire.reach import find_unreachable
from app.questionnaire.relevance import Expression, Use, as_number, uses

#: What the journey cookie holds of answers, in bytes.
COOKIE_BYTES = 5500

_LONGEST = {
    "label": 1000,
    "hint": 2000,
    "guidance_hint": 2000,
    "constraint_message": 500,
    "title": 300,
    "summary": 1000,
}


@dataclass(frozen=True)
class Finding:
    """`code` is a question code or a section name, "" for the whole; `aspect` the column that tells of it.

    `part` names a choice or row where the aspect has several. `found` and `other` are what the words need. A finding
    that is not `grave` does not stop an import.
    """

    code: str
    aspect: str
    reason: str
    found: str = ""
    other: str = ""
    part: str = ""
    grave: bool = True


def check(document: Document, broken: frozenset[str] = frozenset()) -> tuple[Finding, ...]:
    """Everything that is wrong with the document, in the order of asking. Empty for a good one.

    `broken`: codes that are known to be missing from the document because something else is wrong with them.
    """
    conditions = tuple(_check_conditions(document, broken))
    faulty = frozenset(finding.code for finding in conditions if finding.grave) | broken
    return (
        *conditions,
        *(
            Finding(never.code, never.aspect, _NEVER[never.aspect, never.section])
            for never in find_unreachable(document, faulty)
        ),
        *_check_texts(document),
        *_check_weight(document),
    )


_NEVER = {
    ("relevant", True): "section_never_asked",
    ("relevant", False): "never_asked",
    ("constraint", False): "never_accepted",
}


# Conditions ----------------------------------------------------------------------------------------------------------


def _check_conditions(document: Document, broken: frozenset[str]) -> Iterator[Finding]:
    everything = {code: question for section in document.sections for code, question in _codes(section.questions)}
    notes = {code for code, question in document.questions.items() if code not in everything}
    earlier: dict[str, Question] = {}

    def judge(expression: Expression | None, owner: str, aspect: str, judged: Question | None) -> Iterator[Finding]:
        for use in uses(expression) if expression else ():
            if use.code == ".":
                reason = "" if judged else "dot_in_relevant"
                question = judged
            elif use.code in broken:
                continue
            else:
                question = earlier.get(use.code)
                reason = "" if question else _absence(use.code, owner, everything, notes)
            if reason or question is None:
                yield Finding(owner, aspect, reason, found=use.code)
            else:
                yield from _judge_use(use, question, owner, aspect)

    for section in document.sections:
        yield from judge(section.relevant, section.name, "relevant", None)
        for question in section.questions:
            yield from judge(question.relevant, question.code, "relevant", None)
            own = dict(_codes((question,)))
            earlier.update(own)
            yield from judge(question.constraint, question.code, "constraint", question)


def _codes(questions: tuple[Question, ...]) -> Iterator[tuple[str, Question]]:
    for question in questions:
        if isinstance(question, Matrix):
            yield from ((code, question) for code in question.fields)
        elif question.answered:
            yield question.code, question


def _absence(code: str, owner: str, everything: Mapping[str, Question], notes: set[str]) -> str:
    if code == owner:
        return "own_question"
    if code in everything:
        return "later_question"
    if any(question.code == code for question in everything.values()):
        return "matrix_not_row"
    return "note_unanswered" if code in notes else "unknown_question"


def _judge_use(use: Use, question: Question, owner: str, aspect: str) -> Iterator[Finding]:
    """What is wrong with looking in this way at an answer of this kind."""
    code = question.code if use.code == "." else use.code
    literal = use.literal if isinstance(use.literal, str) else f"{use.literal:g}"
    if use.how in ("selected", "count") and isinstance(question, Integer | Text):
        yield Finding(owner, aspect, "no_choices", found=code)
    elif use.how == "sum" and not _is_numeric(question):
        yield Finding(owner, aspect, "no_number", found=code)
    elif use.how == "selected" or (use.how == "compare" and use.operator in ("=", "!=")):
        if use.literal == "":
            return
        if isinstance(question, Text) and isinstance(use.literal, float):
            yield Finding(owner, aspect, "text_with_number", found=code, other=literal)
        elif isinstance(question, Integer) and as_number(use.literal) != as_number(use.literal):
            yield Finding(owner, aspect, "number_with_text", found=code, other=literal)
        elif not _offers(question, use):
            yield Finding(owner, aspect, "unknown_choice", found=literal, other=code)
    elif use.how == "compare":
        if as_number(use.literal) != as_number(use.literal):
            yield Finding(owner, aspect, "number_with_text", found=code, other=literal)
        elif not _is_numeric(question):
            yield Finding(owner, aspect, "no_number", found=code)
        elif isinstance(question, Single | Matrix):
            caught = [
                choice.name for choice in question.choices if choice.name in ESCAPES and _reaches(choice.name, use)
            ]
            if caught:
                yield Finding(owner, aspect, "escape_compared", found=code, other=" ".join(caught), grave=False)


def _is_numeric(question: Question) -> bool:
    if isinstance(question, Single | Matrix):
        return all(as_number(choice.name) == as_number(choice.name) for choice in question.choices)
    return isinstance(question, Integer)


def _offers(question: Question, use: Use) -> bool:
    if not isinstance(question, Single | Multiple | Ranking | Matrix):
        return True
    names = [choice.name for choice in question.choices]
    if isinstance(use.literal, float):
        return any(as_number(name) == use.literal for name in names)
    several = isinstance(question, Multiple | Ranking) and use.how == "compare"
    return all(part in names for part in (use.literal.split() if several else [use.literal]))


def _reaches(name: str, use: Use) -> bool:
    if use.operator in (">", ">="):
        return as_number(name) >= as_number(use.literal)
    return as_number(name) <= as_number(use.literal)


# Texts ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wording:
    """One text of the document in all its languages. `owner`, `aspect` and `part` are as in a Finding."""

    owner: str
    aspect: str
    part: str
    texts: Texts
    needed: bool = True

    @property
    def is_shown(self) -> bool:
        """Whether respondents read it: a note to translators may stand in one language only."""
        return self.aspect != "guidance_hint"


def wordings(document: Document) -> Iterator[Wording]:
    """Every text of the document, in the order of asking. A text that may be absent comes only where there is one."""
    yield Wording("", "title", "", document.title)
    if document.summary:
        yield Wording("", "summary", "", document.summary)
    for section in document.sections:
        yield Wording(section.name, "label", "", section.title)
        for question in section.questions:
            yield Wording(question.code, "label", "", question.label)
            for aspect, texts in (
                ("hint", question.hint),
                ("guidance_hint", question.guidance),
                ("constraint_message", question.constraint_message),
            ):
                if texts:
                    yield Wording(question.code, aspect, "", texts, needed=False)
            if isinstance(question, Single | Multiple | Ranking | Matrix):
                for choice in question.choices:
                    yield Wording(question.code, "choice", choice.name, choice.label)
            if isinstance(question, Matrix):
                for row in question.rows:
                    yield Wording(f"{question.code}.{row.name}", "label", "", row.label)


def complete_languages(document: Document) -> tuple[str, ...]:
    """The languages in which no text is missing, in the usual order; the default language is always among them."""
    texts = [wording.texts for wording in wordings(document) if wording.is_shown]
    return tuple(
        language
        for language in LANGUAGES
        if language == document.default_language or all(text.get(language) for text in texts)
    )


def _check_texts(document: Document) -> Iterator[Finding]:
    missing: dict[str, list[Wording]] = {}
    present: set[str] = set()
    for wording in wordings(document):
        present.update(wording.texts)
        for language in LANGUAGES:
            if wording.is_shown and not wording.texts.get(language):
                missing.setdefault(language, []).append(wording)
        longest = max(wording.texts.items(), key=lambda text: len(text[1]), default=("", ""))
        limit = _LONGEST.get(wording.aspect, _LONGEST["label"])
        if len(longest[1]) > limit:
            finding = Finding(
                wording.owner, wording.aspect, "text_too_long", str(len(longest[1])), str(limit), wording.part
            )
            yield finding
    for wording in missing.pop(document.default_language, []):
        yield Finding(wording.owner, wording.aspect, "text_missing", other=document.default_language, part=wording.part)
    for language, absent in missing.items():
        if language in present:
            first = absent[0]
            yield Finding(
                first.owner, first.aspect, "language_incomplete", str(len(absent)), language, first.part, grave=False
            )


# Weight --------------------------------------------------------------------------------------------------------------


def answer_bytes(question: Question) -> int:
    """The most that an answer to the question can take in the journey cookie: code, quotes and commas included."""
    if isinstance(question, Text):
        return len(question.code) + 6 + 4 * question.max_chars
    if isinstance(question, Integer):
        return len(question.code) + 6 + 4 * question.MAX_DIGITS  # what is no number is kept as typed
    if isinstance(question, Matrix):
        longest = max((len(choice.name) for choice in question.choices), default=0)
        return sum(len(code) + 6 + longest for code in question.fields)
    if isinstance(question, Single):
        return len(question.code) + 6 + max((len(choice.name) for choice in question.choices), default=0)
    if isinstance(question, Multiple | Ranking):
        most = question.places if isinstance(question, Ranking) else question.max_choices or len(question.choices)
        heaviest = sorted((len(choice.name) + 3 for choice in question.choices), reverse=True)[:most]
        return len(question.code) + 6 + sum(heaviest)
    return 0


def worst_case_bytes(document: Document) -> int:
    """The most bytes that the answers of one respondent can take, before compression and encryption."""
    return sum(answer_bytes(question) for question in document.questions.values())


def _check_weight(document: Document) -> Iterator[Finding]:
    total = worst_case_bytes(document)
    if total > COOKIE_BYTES:
        heaviest = sorted(document.questions.values(), key=answer_bytes, reverse=True)[:5]
        named = ", ".join(f"{question.code} ({answer_bytes(question)})" for question in heaviest)
        yield Finding("", "weight", "too_heavy", found=str(total), other=named)
