"""Paragraphs that the secretariat writes over or after generated ones, in one language each. Pure.

They are no figures: the release is not touched by them, and they travel beside it to whoever renders.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from app.reporting.release import Release

#: Longest own text of a paragraph.
MOST_CHARS = 4000
#: Longest summary, in words, where a language parts its words by blanks.
SUMMARY_WORDS = 120


@dataclass(frozen=True)
class Own:
    """Words of the secretariat: instead of the generated paragraph, or after it. A blank line parts paragraphs."""

    text: str
    after: bool = False

    @property
    def paragraphs(self) -> tuple[str, ...]:
        return tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", self.text) if part.strip())


Words = Mapping[str, Mapping[str, Own]]
"""Language to the id of a paragraph to the words."""


@dataclass(frozen=True)
class Worded(Release):
    """A release on its way to a renderer, with the words that stand in its paper beside the generated ones."""

    words: Words = field(default_factory=dict)


def worded(release: Release, words: Words) -> Release:
    """The release with these words; itself where there are none."""
    if not words:
        return release
    return Worded(**{each.name: getattr(release, each.name) for each in fields(Release)}, words=words)


def own_in(release: Release, language: str) -> Mapping[str, Own]:
    """The words in one language, by id of paragraph."""
    return release.words.get(language, {}) if isinstance(release, Worded) else {}


def to_text(words: Words) -> str:
    """The words in one canonical line of text; nothing for none."""
    plain = {
        language: {id_: [own.text, own.after] for id_, own in owned.items()}
        for language, owned in words.items()
        if owned
    }
    return json.dumps(plain, ensure_ascii=False, sort_keys=True) if plain else ""


def from_text(text: str) -> Words:
    plain = json.loads(text) if text else {}
    return {language: {id_: Own(*own) for id_, own in owned.items()} for language, owned in plain.items()}


def figures_in(text: str) -> frozenset[str]:
    """The numbers in a text, in plain digits whatever parts their thousands and whatever digits the language has."""
    plain = "".join(str(unicodedata.digit(letter)) if letter.isdecimal() else letter for letter in text)
    found = re.findall(r"\d+(?:[.,\u00a0\u202f\u066c ]\d{3}(?!\d))*(?:[.,\u066b]\d+)?", plain)
    return frozenset(re.sub(r"[\u00a0\u202f\u066c ]|[.,](?=\d{3}(?!\d))", "", each) for each in found)


def new_figures(text: str, generated: str) -> tuple[str, ...]:
    """Numbers in the text that do not occur in the generated paragraph."""
    return tuple(sorted(figures_in(text) - figures_in(generated), key=lambda each: (len(each), each)))
