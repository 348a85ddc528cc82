"""Whether a questionnaire that was edited can be asked: what `check.py` finds, and what a spreadsheet could not say.

Pure. A document without faults here is one that `xlsform` writes and reads back equal.
"""

from collections.abc import Iterator

from app.questionnaire.check import Finding, check, wordings
from app.questionnaire.document import Document, asks_age_first
from app.questionnaire.kinds import Integer, Matrix, Multiple, Question, Ranking, Scale, Single, Text
from app.questionnaire.xlsform.rows import BREAKDOWNS, CHOICE_NAME, MOST_CHARS, MOST_PLACES, NAME, RESERVED

#: Whole numbers have at most nine digits.
_MOST = 999_999_999
POINTS = ("1", "2", "3", "4", "5")


def faults_of(document: Document) -> tuple[Finding, ...]:
    """Everything because of which the questionnaire cannot be asked; empty for a good one."""
    return (
        *_whole(document),
        *(
            finding
            for section in document.sections
            for question in section.questions
            for finding in _question(question)
        ),
        *_names(document),
        *_indicators(document),
        *_texts(document),
        *(finding for finding in check(document) if finding.grave),
    )


def names_of(document: Document) -> frozenset[str]:
    """Every name that is taken: of sections, questions, form fields, and what the platform needs itself."""
    fields = (name for question in document.questions.values() for name in (question.code, *question.fields))
    return frozenset(RESERVED) | frozenset(document.sections_by_name) | frozenset(fields)


def codes_of(document: Document) -> frozenset[str]:
    """Every code that the document gives a meaning: sections, questions, choices and rows (`CB04.3`, `CB16.a`)."""
    codes = {*document.sections_by_name, *document.questions}
    for question in document.questions.values():
        if isinstance(question, Single | Multiple | Ranking | Matrix):
            codes.update(f"{question.code}.{choice.name}" for choice in question.choices)
        if isinstance(question, Matrix):
            codes.update(question.fields)
    return frozenset(codes)


def _whole(document: Document) -> Iterator[Finding]:
    if not asks_age_first(document):
        yield Finding("", "age", "age_first")
    for section in document.sections:
        if not section.questions:
            yield Finding(section.name, "questions", "section_empty")


def _question(question: Question) -> Iterator[Finding]:
    code = question.code
    if question.required and not question.answered:
        yield Finding(code, "required", "note_required")
    if question.constraint and (isinstance(question, Matrix) or not question.answered):
        yield Finding(code, "constraint", "constraint_misplaced")
    if isinstance(question, Single | Multiple | Ranking | Matrix) and not question.choices:
        yield Finding(code, "choices", "choices_missing")
    if isinstance(question, Scale) and sorted(each.name for each in question.points) != list(POINTS):
        yield Finding(code, "choices", "scale_points")
    if isinstance(question, Matrix) and not question.rows:
        yield Finding(code, "rows", "matrix_empty")
    if isinstance(question, Multiple):
        yield from _limit(code, question.max_choices, 0, len(question.choices))
        for name in set(question.exclusive) - question.names:
            yield Finding(code, "exclusive", "exclusive_unknown", found=name)
    if isinstance(question, Ranking):
        yield from _limit(code, question.places, 1, min(len(question.choices), MOST_PLACES))
    if isinstance(question, Text):
        yield from _limit(code, question.max_chars, 1, MOST_CHARS)
    if isinstance(question, Integer):
        yield from _numbers(question)
    if not set(question.breakdowns) <= set(BREAKDOWNS):
        yield Finding(code, "breakdowns", "breakdown_unknown")


def _numbers(question: Integer) -> Iterator[Finding]:
    low, high = question.minimum, question.maximum
    for name, bound in (("minimum", low), ("maximum", high), ("step", question.step)):
        if bound is not None and abs(bound) > _MOST:
            yield Finding(question.code, name, "number_wide", found=str(bound))
    if question.step < 1:
        yield Finding(question.code, "step", "step_wrong", found=str(question.step))
    if low is not None and high is not None and low > high:
        yield Finding(question.code, "maximum", "range_empty", found=str(high), other=str(low))


def _limit(code: str, value: int, least: int, most: int) -> Iterator[Finding]:
    if not least <= value <= most:
        yield Finding(code, "max", "max_wrong", found=str(value), other=str(most))


def _names(document: Document) -> Iterator[Finding]:
    owners: dict[str, str] = {section.name.casefold(): section.name for section in document.sections}
    if len(owners) < len(document.sections):
        yield Finding("", "name", "field_twice", found="")
    for section in document.sections:
        for question in section.questions:
            if not NAME.fullmatch(question.code):
                yield Finding(question.code, "name", "name_wrong", found=question.code)
            for name in dict.fromkeys((question.code, *question.fields)):
                if name.casefold() in RESERVED or name.casefold() in owners:
                    yield Finding(question.code, "name", "field_twice", found=name)
                owners[name.casefold()] = question.code


def _indicators(document: Document) -> Iterator[Finding]:
    owners: dict[str, str] = {}
    for question in document.questions.values():
        if question.indicator and not CHOICE_NAME.fullmatch(question.indicator):
            yield Finding(question.code, "indicator", "indicator_wrong", found=question.indicator)
        elif question.indicator and question.indicator in owners:
            other = owners[question.indicator]
            yield Finding(question.code, "indicator", "indicator_twice", found=question.indicator, other=other)
        owners.setdefault(question.indicator, question.code)


def _texts(document: Document) -> Iterator[Finding]:
    for wording in wordings(document):
        if any("${" in text for text in wording.texts.values()):
            yield Finding(wording.owner, wording.aspect, "text_dynamic", part=wording.part)
