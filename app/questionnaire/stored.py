"""The document as plain values, for storage and for the release file. What is read back is equal to what was stored."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from app.questionnaire.document import Document, Section
from app.questionnaire.kinds import (
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
from app.questionnaire.relevance import Expression, parse

KINDS: Mapping[str, type[Question]] = {
    each.kind: each for each in (Note, Single, Scale, Multiple, Ranking, Matrix, Text, Integer)
}

_EXPRESSIONS = ("relevant", "constraint")
_SEQUENCES = ("breakdowns", "exclusive")


def document_to_json(document: Document) -> dict[str, Any]:
    """The document as plain values."""
    return {
        "form_id": document.form_id,
        "version": document.version,
        "title": dict(document.title),
        "summary": dict(document.summary),
        "default_language": document.default_language,
        "languages": list(document.languages),
        "sections": [
            {
                "name": section.name,
                "title": dict(section.title),
                "relevant": section.relevant.source if section.relevant else None,
                "questions": [question_to_json(question) for question in section.questions],
            }
            for section in document.sections
        ],
    }


def document_from_json(stored: Mapping[str, Any]) -> Document:
    """The document that `document_to_json` stored. Raises KeyError or ExpressionFault if it was tampered with."""
    return Document(
        form_id=stored["form_id"],
        version=stored["version"],
        title=stored["title"],
        summary=stored["summary"],
        default_language=stored["default_language"],
        languages=tuple(stored["languages"]),
        sections=tuple(
            Section(
                name=section["name"],
                title=section["title"],
                relevant=parse(section["relevant"]) if section["relevant"] else None,
                questions=tuple(question_from_json(question) for question in section["questions"]),
            )
            for section in stored["sections"]
        ),
    )


def canonical(stored: Mapping[str, Any]) -> str:
    """The plain values of a document in the one form in which they are stored and hashed."""
    return json.dumps(stored, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def question_to_json(question: Question) -> dict[str, Any]:
    """The question as plain values; what equals its default is left out."""
    stored: dict[str, Any] = {"kind": question.kind}
    for each in fields(question):
        value = getattr(question, each.name)
        default = each.default_factory() if callable(each.default_factory) else each.default
        if value != default:
            stored[each.name] = _plain(value)
    return stored


def question_from_json(stored: Mapping[str, Any]) -> Question:
    """The question that `question_to_json` stored."""
    values = dict(stored)
    kind = KINDS[values.pop("kind")]
    for name in _EXPRESSIONS:
        if values.get(name) is not None:
            values[name] = parse(values[name])
    for name in _SEQUENCES:
        if name in values:
            values[name] = tuple(values[name])
    if "choices" in values:
        values["choices"] = tuple(Choice(**choice) for choice in values["choices"])
    if "rows" in values:
        values["rows"] = tuple(Row(**row) for row in values["rows"])
    return kind(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, Expression):
        return value.source
    if isinstance(value, Choice | Row):
        return {"name": value.name, "label": dict(value.label)}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return dict(value)
    return value
