"""The round before on the same topic, as far as it can be compared with this one. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.questionnaire.document import Document
from app.questionnaire.stored import document_to_json
from app.reporting.release import Previous, Release


def previous_of(earlier: Release, digest: str, document: Document) -> Previous | None:
    """What the paper of `document` tells of this earlier release: everybody's answers to the questions that are put to
    the same people in the same words, in every language, with the same choices. None for another questionnaire, or
    where there is no such question."""
    if earlier.questionnaire["form_id"] != document.form_id:
        return None
    before, now = _questions(earlier.questionnaire), _questions(document_to_json(document))
    same = {code for code, question in now.items() if before.get(code) == question}
    tables = tuple(
        replace(table, columns=table.columns[:1], equal=(None,) * len(table.lines), equal_top=None)
        for table in earlier.tables
        if table.question in same and table.measure != "themes"
    )
    return Previous(earlier.facts.slug, earlier.facts.day, earlier.n, digest, tables) if tables else None


def _questions(questionnaire: Mapping[str, Any]) -> dict[str, Any]:
    """Each question by its code, with what decides of whom it is asked."""
    return {
        question["code"]: (section.get("relevant"), question)
        for section in questionnaire["sections"]
        for question in section["questions"]
    }
