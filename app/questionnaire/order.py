"""The order of sections, questions, choices and rows: steps of the editor that move something. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from app.questionnaire.document import Document, Section
from app.questionnaire.edit import change_parts, change_section, delete_question, place_of

Part = TypeVar("Part")


def move_section(document: Document, name: str, by: int) -> Document:
    """The section so many places later, or earlier; it stops at either end."""
    place = [section.name for section in document.sections].index(name)
    return replace(document, sections=_moved(document.sections, place, by))


def place_section(document: Document, name: str, after: str) -> Document:
    """The section after another one, or first of all where `after` is empty."""
    section = document.sections_by_name[name]
    if after == name:
        return document
    others = [each for each in document.sections if each.name != name]
    place = [each.name for each in others].index(after) + 1 if after else 0
    return replace(document, sections=(*others[:place], section, *others[place:]))


def move_question(document: Document, code: str, by: int) -> Document:
    """One place up or down; from the edge of its section to that of the next one."""
    section = document.section_of(code)
    codes = [question.code for question in section.questions]
    place = codes.index(code)
    if 0 <= place + by < len(codes):
        moved = _moved(section.questions, place, by)
        return change_section(document, section.name, lambda each: replace(each, questions=moved))
    beside = document.sections.index(section) + by
    if not 0 <= beside < len(document.sections):
        return document
    other = document.sections[beside]
    last = other.questions[-1].code if by < 0 and other.questions else ""
    return place_question(document, code, other.name, after=last)


def place_question(document: Document, code: str, section: str, after: str) -> Document:
    """The question in that section, after one of its questions, or first of all where `after` is empty."""
    question = document.questions[code]

    def put(each: Section) -> Section:
        codes = [other.code for other in each.questions]
        place = codes.index(after) + 1 if after else 0
        return replace(each, questions=(*each.questions[:place], question, *each.questions[place:]))

    return document if after == code else change_section(delete_question(document, code), section, put)


def move_part(document: Document, code: str, field: str, name: str, by: int) -> Document:
    """The choice (`field` is "choices") or row ("rows") so many places later, or earlier."""
    return change_parts(document, code, field, lambda _, parts: _moved(parts, place_of(parts, name), by))


def _moved(parts: Sequence[Part], place: int, by: int) -> tuple[Part, ...]:
    target = min(max(place + by, 0), len(parts) - 1)
    rest = [*parts[:place], *parts[place + 1 :]]
    rest.insert(target, parts[place])
    return tuple(rest)
