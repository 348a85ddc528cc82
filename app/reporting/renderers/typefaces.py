"""The faces in which our papers and pictures are set: which characters they have, and how much room words take.

Faces come from packages, so that a paper looks the same wherever it is made. Arabic is set in one that draws each
letter as a whole: one that sets dots by themselves shows the same, but gives every such letter twice to who reads
aloud.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import typst
from fontTools.ttLib import TTFont

#: Name of a face to the package and the folder in it. Of the Chinese only the simplified characters: 30 MB less.
FACES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "Noto Sans": ("fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf"),
        "IBM Plex Sans Arabic": ("fontpkg_ibm_plex_sans_arabic", "files/IBMPlexSansArabic-Regular.ttf"),
        "Noto Sans SC": ("justmytype_intl_cjk", "fonts/ofl/notosanssc/NotoSansSC[wght].ttf"),
        "Noto Serif": ("fontpkg_noto_serif", "files/NotoSerif[wdth,wght].ttf"),
    }
)
#: The faces of a language, the first that has a character is taken: Chinese quotation marks are as wide as its
#: characters, and figures among Arabic words belong to them.
SANS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ar": ("IBM Plex Sans Arabic", "Noto Sans", "Noto Sans SC"),
        "zh": ("Noto Sans SC", "Noto Sans", "IBM Plex Sans Arabic"),
    }
)
OTHERWISE = ("Noto Sans", "IBM Plex Sans Arabic", "Noto Sans SC")
#: Bold words are so much wider than others.
BOLDER = 1.08
#: What stands for a character that none of our faces has, such as a picture of a face.
UNKNOWN = "\u25a1"
#: Chinese lines do not begin or end with these.
NEVER_FIRST = frozenset("，。、；：？！）》〉」』”’…—％%·")
NEVER_LAST = frozenset("（《〈「『“‘")


@cache
def typst_fonts() -> typst.Fonts:
    """Our faces and no others."""
    folders = list(dict.fromkeys(_file(face).parent for face in FACES))
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


def faces(language: str) -> tuple[str, ...]:
    return SANS.get(language, OTHERWISE)


def printable(text: str) -> str:
    """The text in characters that our faces have. What directs words without being seen goes; any other is a box."""
    if text.isascii():
        return text
    return "".join(_shown(each) for each in text)


@lru_cache(maxsize=20_000)
def _shown(character: str) -> str:
    if any(ord(character) in _characters(face) for face in OTHERWISE):
        return character
    return "" if unicodedata.category(character) in ("Cf", "Mn", "Cc") else UNKNOWN


def width(text: str, size: float, *, language: str, bold: bool = False) -> float:
    """The room that the words take in one line. Arabic letters are counted as if they stood alone: never less."""
    units = sum(_advance(each, language) for each in text)
    return units * size * (BOLDER if bold else 1)


def broken(text: str, size: float, room: float, *, language: str, bold: bool = False) -> list[str]:
    """The words in lines, none of them wider than `room` where that can be. A word too long for a line is divided."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text, size, room, language, bold):
        if line and width((line + piece).rstrip(), size, language=language, bold=bold) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines or [""]


def _pieces(text: str, size: float, room: float, language: str, bold: bool) -> Iterator[str]:
    """What stays together in a line: words with the blank after them, single Chinese characters with their marks."""
    for word in re.findall(r"\S+\s*|\s+", text):
        for part in _parts(word):
            left = part
            while width(left.rstrip(), size, language=language, bold=bold) > room and len(left) > 1:
                ends = range(1, len(left))
                fits = max(1, sum(width(left[:end], size, language=language, bold=bold) <= room for end in ends))
                yield left[:fits]
                left = left[fits:]
            yield left


def _parts(word: str) -> Iterator[str]:
    part = ""
    for place, character in enumerate(word):
        before = word[place - 1] if place else ""
        may_part = bool(before) and (
            (is_wide(character) or is_wide(before) or before in "/-\u2010")
            and character not in NEVER_FIRST
            and before not in NEVER_LAST
            and not character.isspace()
        )
        if may_part and part:
            yield part
            part = ""
        part += character
    if part:
        yield part


def is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")


@lru_cache(maxsize=20_000)
def _advance(character: str, language: str) -> float:
    """The width of one character, in parts of the size."""
    if unicodedata.category(character) in ("Mn", "Cf"):
        return 0.0
    if is_wide(character):
        return 1.0
    for face in faces(language):
        name = _characters(face).get(ord(character))
        if name is not None:
            font = _font(face)
            return float(font["hmtx"][name][0]) / float(font["head"].unitsPerEm)
    return 1.0


@cache
def _characters(face: str) -> Mapping[int, str]:
    characters: dict[int, str] = _font(face).getBestCmap()
    return characters


@cache
def _font(face: str) -> TTFont:
    return TTFont(_file(face), lazy=True)


def _file(face: str) -> Path:
    package, name = FACES[face]
    found = find_spec(package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(package)
    return Path(found.origin).parent / name
