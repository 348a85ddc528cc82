"""The texts of a questionnaire document, each under a stable key: listed, put in, compared.

Pure. What is wrong with a text beside its source is `text_checks.py`; where a text stands (drafted, reviewed) is
`translations.py`.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from types import MappingProxyType
from typing import Literal

from app.questionnaire.check import complete_languages
from app.questionnaire.document import COUNTRY, Document, Section
from app.questionnaire.kinds import Choice, Matrix, Multiple, Question, Ranking, Single, Texts

Aspect = Literal["title", "summary", "label", "hint", "guidance", "constraint_message", "choice", "row"]

#: The most characters that a text may have, as `check` has it. Titles of sections are labels.
LONGEST = MappingProxyType({"title": 300, "hint": 2000, "guidance": 2000, "constraint_message": 500})
LONGEST_OTHERWISE = 1000


@dataclass(frozen=True, slots=True)
class DocumentText:
    """One text in all its languages. `owner` is a question's code, else the section's name, else empty; `part` the
    name of a choice or of a matrix row."""

    key: str
    section: str
    owner: str
    aspect: Aspect
    part: str
    texts: Texts

    @property
    def is_shown(self) -> bool:
        """Whether respondents read it. Guidance is a note to translators and may stand in one language only."""
        return self.aspect != "guidance"

    @property
    def is_name(self) -> bool:
        """Whether it is the name of a country, which may be the same in several languages."""
        return self.owner == COUNTRY and self.aspect == "choice"

    @property
    def longest(self) -> int:
        """The most characters that it may have."""
        return LONGEST_OTHERWISE if self.key.startswith("section.") else LONGEST.get(self.aspect, LONGEST_OTHERWISE)

    def in_language(self, language: str) -> str:
        """The text in that language, empty where there is none."""
        return self.texts.get(language, "")


def texts_of(document: Document) -> tuple[DocumentText, ...]:
    """Every text of the document in the order of asking, under keys that are unique and that outlive any translation.

    Keys: `title`, `summary`, `section.NAME.title`, `CB04.label`, `CB04.hint`, `CB04.guidance`,
    `CB04.constraint_message`, of a choice `CB04.3.label`, of a matrix row `CB16.a.label`. An aspect that has no text
    in any language has no key. Where names with dots would give one key twice, the later one ends in `+`.
    """
    found: list[DocumentText] = []

    def keep(text: DocumentText) -> Texts:
        found.append(text)
        return text.texts

    _rebuilt(document, keep)
    return tuple(found)


def to_translate(document: Document) -> tuple[DocumentText, ...]:
    """The texts that respondents read and that have a source to translate from."""
    return tuple(text for text in texts_of(document) if text.is_shown and text.in_language(document.default_language))


def with_texts(document: Document, language: str, given: Mapping[str, str]) -> Document:
    """The document with these texts, by key, in that language; an empty one takes the text away.

    All else stays, and `languages` are those that are complete afterwards. Raises KeyError for a key that the document
    does not have.
    """
    unused = set(given)

    def put(text: DocumentText) -> Texts:
        if text.key not in given:
            return text.texts
        unused.discard(text.key)
        others = {each: words for each, words in text.texts.items() if each != language}
        return {**others, language: given[text.key]} if given[text.key] else others

    made = _rebuilt(document, put)
    if unused:
        raise KeyError(min(unused))
    return replace(made, languages=complete_languages(made))


def _rebuilt(document: Document, change: Callable[[DocumentText], Texts]) -> Document:
    """The document with each text that there is replaced by what `change` makes of it, in the order of asking."""
    seen: set[str] = set()

    def visit(key: str, section: str, owner: str, aspect: Aspect, texts: Texts, part: str = "") -> Texts:
        if not texts and aspect in ("summary", "hint", "guidance", "constraint_message"):
            return texts
        while key in seen:
            key += "+"
        seen.add(key)
        return change(DocumentText(key, section, owner, aspect, part, texts))

    def section_of(each: Section) -> Section:
        title = visit(f"section.{each.name}.title", each.name, each.name, "title", each.title)
        return replace(each, title=title, questions=tuple(question_of(each.name, asked) for asked in each.questions))

    def question_of(section: str, asked: Question) -> Question:
        code = asked.code
        changed = replace(
            asked,
            label=visit(f"{code}.label", section, code, "label", asked.label),
            hint=visit(f"{code}.hint", section, code, "hint", asked.hint),
            guidance=visit(f"{code}.guidance", section, code, "guidance", asked.guidance),
            constraint_message=visit(
                f"{code}.constraint_message", section, code, "constraint_message", asked.constraint_message
            ),
        )
        if isinstance(changed, Matrix):
            rows = tuple(
                replace(row, label=visit(f"{code}.{row.name}.label", section, code, "row", row.label, row.name))
                for row in changed.rows
            )
            changed = replace(changed, rows=rows)
        if isinstance(changed, Single | Multiple | Ranking | Matrix):
            changed = replace(changed, choices=choices_of(section, code, changed.choices))
        return changed

    def choices_of(section: str, code: str, choices: Iterable[Choice]) -> tuple[Choice, ...]:
        return tuple(
            replace(each, label=visit(f"{code}.{each.name}.label", section, code, "choice", each.label, each.name))
            for each in choices
        )

    return replace(
        document,
        title=visit("title", "", "", "title", document.title),
        summary=visit("summary", "", "", "summary", document.summary),
        sections=tuple(section_of(each) for each in document.sections),
    )


def same_as(texts: Iterable[DocumentText], source: str) -> Mapping[str, str]:
    """Key of a choice to the key of the first choice that has the same name and the same words in the language
    `source`. A list of choices that several questions share is kept with each of them; this finds it again."""
    first: dict[tuple[str, str], str] = {}
    same = {}
    for text in texts:
        if text.aspect == "choice" and text.in_language(source):
            leader = first.setdefault((text.part, text.in_language(source)), text.key)
            if leader != text.key:
                same[text.key] = leader
    return same


#: Control characters but the line feed, halves of characters, and what XML cannot hold.
_UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


def tidy(typed: str) -> str:
    """A text as it is kept: line feeds only, no control characters, no blanks around it."""
    return _UNSEEN.sub("", _BREAKS.sub("\n", typed).replace("\t", " ")).strip()


def digest_of(text: str) -> str:
    """The SHA-256 of a text in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text that was changed: kept, taken out or put in."""

    change: Literal["same", "out", "in"]
    words: str


#: Words with what hangs on them, the blanks between them; each Han character stands alone.
_WORDS = re.compile("\\s+|[\u3400-\u9fff\uf900-\ufaff]|[^\\s\u3400-\u9fff\uf900-\ufaff]+")


def difference(old: str, new: str) -> tuple[Piece, ...]:
    """How `old` became `new`, word by word. What is kept and put in is `new`; what is kept and taken out is `old`."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(before[i1:i2])))
            continue
        if i1 < i2:
            pieces.append(Piece("out", "".join(before[i1:i2])))
        if j1 < j2:
            pieces.append(Piece("in", "".join(after[j1:j2])))
    return tuple(pieces)
