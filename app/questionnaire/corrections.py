"""Corrections of words since the day opened: what they are, found in the versions of a questionnaire. Pure.

They change texts only: never codes, conditions, limits or the number of choices.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.questionnaire.document import LANGUAGES, Document
from app.questionnaire.texts import DocumentText, texts_of


@dataclass(frozen=True)
class Correction:
    """One text that was put in other words: since version `version`, on that day. `before` is empty where there was no
    text in that language."""

    version: int
    day: date
    language: str
    key: str
    before: str
    after: str
    reason: str


@dataclass(frozen=True)
class Version:
    """A version of a questionnaire; `day` and `reason` where it holds corrections."""

    number: int
    document: Document
    day: date | None = None
    reason: str = ""


def corrections(versions: Sequence[Version]) -> Iterator[Correction]:
    """Every text that a correction changed, in the order of the versions."""
    for before, after in itertools.pairwise(versions):
        if after.day is not None:
            for language, key, old, new in changed_words(before.document, after.document):
                yield Correction(after.number, after.day, language, key, old, new, after.reason)


def changed_words(before: Document, after: Document) -> Iterator[tuple[str, str, str, str]]:
    """Language, key, old text and new text, of every text that is not the same in both."""
    old = {text.key: text for text in texts_of(before)}
    for text in texts_of(after):
        for language in LANGUAGES:
            was = old[text.key].in_language(language) if text.key in old else ""
            if text.in_language(language) != was:
                yield language, text.key, was, text.in_language(language)


def alike(document: Document, language: str, text: DocumentText) -> tuple[str, ...]:
    """Keys of the choices elsewhere that have the same name, the same source and the same words in that language: a
    list that several questions share is kept with each of them."""
    if text.aspect != "choice":
        return ()
    own = document.default_language
    mine = (text.part, text.in_language(own), text.in_language(language))
    return tuple(
        each.key
        for each in texts_of(document)
        if each.aspect == "choice"
        and each.key != text.key
        and (each.part, each.in_language(own), each.in_language(language)) == mine
    )
