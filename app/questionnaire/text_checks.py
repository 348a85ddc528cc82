"""What may be wrong with a translated text beside its source: remarks with a code, for which a template has the words.

Pure. A grave remark keeps a text from being reviewed; the others are for the eye of whoever translates.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remark:
    """`code` is a key, `found` what the words need."""

    code: str
    found: str = ""
    grave: bool = False


#: Longer than its source by this factor, and by more characters than a short word may grow by.
LONG_FACTOR = 1.6
LONG_SLACK = 10

_PLACEHOLDER = re.compile(r"\$?\{[^{}]*\}|%\([^)]*\)[sd]|[{}]")
_QUESTION_MARKS = {"ar": "؟", "zh": "？"}
_ANY_QUESTION_MARK = re.compile("[?？؟]")
_LATIN = "A-Za-zÀ-ÖØ-öø-ɏ"
_CYRILLIC = "\u0400-\u052f"
_MIXED = re.compile(f"[{_LATIN}{_CYRILLIC}]*(?:[{_LATIN}][{_CYRILLIC}]|[{_CYRILLIC}][{_LATIN}])[{_LATIN}{_CYRILLIC}]*")
_LATIN_WORD = re.compile(f"[{_LATIN}][{_LATIN}0-9'’_]*")
_FOREIGN_TO_LATIN = re.compile(f"[{_CYRILLIC}\u0600-\u06ff\u3400-\u9fff]+")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|\b[a-z0-9-]+\.(?:org|com|net|int)\b\S*", re.IGNORECASE)
_DOUBLE = re.compile(r"[ \u00a0\u202f]{2,}")
_BLANK_BEFORE = re.compile(r"[ \u00a0\u202f]+([?!])")
_NO_BLANK_BEFORE = re.compile(r"[^\s\u00a0\u202f?!…(«“]([?!])")


def remarks(
    source: str, target: str, language: str, source_language: str = "en", *, is_name: bool = False
) -> tuple[Remark, ...]:
    """Everything to look at in `target`, a text in `language` made from `source`. Empty for a text that is missing.

    is_name: the text is the name of a country or the like, which may be the same in several languages.
    Codes: placeholder, mixed_word (both grave); long, question_mark, copy, latin_word, foreign_script, straight_quote,
    double_blank, blank_before, blank_missing.
    """
    if not target:
        return ()
    return tuple(
        remark for check in _CHECKS for remark in check(_Beside(source, target, language, source_language, is_name))
    )


@dataclass(frozen=True, slots=True)
class _Beside:
    source: str
    target: str
    language: str
    source_language: str
    is_name: bool


def _placeholders(text: _Beside) -> Iterator[Remark]:
    """Braces and what stands in them must be the same, as often as in the source."""
    wanted, there = Counter(_PLACEHOLDER.findall(text.source)), Counter(_PLACEHOLDER.findall(text.target))
    if wanted != there:
        different = (wanted - there) or (there - wanted)
        yield Remark("placeholder", next(iter(different)), grave=True)


def _length(text: _Beside) -> Iterator[Remark]:
    if "zh" in (text.language, text.source_language):
        return
    most = max(LONG_FACTOR * len(text.source), len(text.source) + LONG_SLACK)
    if len(text.target) > most:
        yield Remark("long", str(round(100 * len(text.target) / max(1, len(text.source)))))


def _question_mark(text: _Beside) -> Iterator[Remark]:
    """A question stays one, with the mark of its own language; in Spanish it has one at either end."""
    if not _ANY_QUESTION_MARK.search(text.source):
        return
    mark = _QUESTION_MARKS.get(text.language, "?")
    if mark not in text.target:
        yield Remark("question_mark", mark)
    elif text.language == "es" and "¿" not in text.target:
        yield Remark("question_mark", "¿")


def _copy(text: _Beside) -> Iterator[Remark]:
    """The source word for word. Names in capitals or with digits, and words of three letters, may well be the same."""
    words = re.findall(r"[^\W\d_]+", text.target)
    if text.is_name:
        return
    if text.target.casefold() == text.source.casefold() and any(len(word) > 3 and not word.isupper() for word in words):
        yield Remark("copy")


def _scripts(text: _Beside) -> Iterator[Remark]:
    plain = _PLACEHOLDER.sub(" ", _ADDRESS.sub(" ", text.target))
    mixed = _MIXED.search(plain)
    if mixed:
        yield Remark("mixed_word", mixed[0], grave=True)
    if text.language in ("ru", "ar", "zh"):
        known = {word.casefold() for word in _LATIN_WORD.findall(text.source)}
        for word in _LATIN_WORD.findall(_MIXED.sub(" ", plain)):
            if not _is_name(word, known):
                yield Remark("latin_word", word)
                return
    elif foreign := _FOREIGN_TO_LATIN.search(_MIXED.sub(" ", plain)):
        yield Remark("foreign_script", foreign[0])


def _is_name(word: str, known: set[str]) -> bool:
    """Codes and short names in capitals; and proper names, which have a capital and stand in the source, too."""
    if any(letter.isdigit() for letter in word) or (word.isupper() and len(word) <= 6):
        return True
    return any(letter.isupper() for letter in word) and word.casefold() in known


def _quotes(text: _Beside) -> Iterator[Remark]:
    straight = re.search("[\"']", text.target)
    if straight:
        yield Remark("straight_quote", straight[0])


def _blanks(text: _Beside) -> Iterator[Remark]:
    if _DOUBLE.search(text.target):
        yield Remark("double_blank")
    if text.language == "fr":
        if missing := _NO_BLANK_BEFORE.search(_ADDRESS.sub(" ", text.target)):
            yield Remark("blank_missing", missing[1])
    elif extra := _BLANK_BEFORE.search(text.target):
        yield Remark("blank_before", extra[1])


_CHECKS: tuple[Callable[[_Beside], Iterator[Remark]], ...] = (
    _placeholders,
    _scripts,
    _question_mark,
    _copy,
    _length,
    _quotes,
    _blanks,
)
