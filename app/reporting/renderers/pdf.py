"""The paper as PDF/UA-1 through typst: tagged headings, tables with header rows, alternative texts, fonts embedded.

What is said comes from the same blocks as the page and the Word document; where it stands on the sheet, from
`paper.typ`. The same release gives the same bytes.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import typst

from app.reporting.release import Release
from app.reporting.renderers.charts import draw
from app.reporting.renderers.compose import compose
from app.reporting.renderers.paper import Asked, Block, Figure, Grid, Heading, Paper, Paragraph, Section
from app.reporting.renderers.pdf_tags import finished
from app.reporting.renderers.pictures import values_of
from app.reporting.renderers.typefaces import broken, faces, printable, typst_fonts, width
from app.web.i18n import Translator

SOURCE = Path(__file__).with_name("paper.typ")
#: Millimetres between the margins of A4, upright and on its side.
UPRIGHT, ON_ITS_SIDE = 166.0, 253.0
#: Sizes of the words in tables (points), the first in which all have room; room at both sides of a cell (millimetres);
#: millimetres in a point, and what is left to spare.
SIZES, CELL_ROOM, POINT, SPARE = (8.0, 7.5, 7.0), 2.4, 0.3528, 1.02
#: A column of figures is at least so wide (millimetres), and the names of the rows have at least so much of the width
#: if they need it.
LEAST, NAMES_SHARE = 11.0, 0.22
HEAD_LINES = 3
#: What a word may be wider than its column by our reckoning (millimetres), and still be tried whole.
SLACK = 0.3


def render(release: Release, t: Translator) -> bytes:
    """The paper as a .pdf file."""
    values = _plain(_values(compose(release, t), release, t))
    made: bytes = typst.compile(
        SOURCE,
        root=SOURCE.parent,
        font_paths=typst_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards="ua-1",
        timestamp=release.facts.snapshot_at,
        sys_inputs={"said": json.dumps(values, ensure_ascii=False)},
    )
    return finished(made, list(_words(values)) if values["rtl"] else ())


def _words(values: dict[str, Any]) -> Iterator[str]:
    """Every piece of words as `paper.typ` sets them, in the order of reading."""
    yield values["group"]
    if values["meeting"]:
        yield values["meeting"]
    for fact in values["facts"]:
        yield f"{fact['term']} {fact['value']}"
    yield values["title"]
    for box in values["boxes"]:
        yield box["title"]
        yield from box["paragraphs"]
    for section in (*values["sections"], *values["annexes"]):
        yield f"{section['number']} {section['title']}".strip()
        for block in section["blocks"]:
            yield from _words_of(block)


def _words_of(block: dict[str, Any]) -> Iterator[str]:
    match block["kind"]:
        case "paragraph":
            yield " ".join(block[part] for part in ("number", "lead", "text") if block[part])
        case "heading":
            yield block["text"]
        case "asked":
            yield f"{block['code']} {block['text']}".strip()
            yield from (words for words in (block["hint"], *block["rows"], *block["choices"], block["note"]) if words)
        case "figure" | "grid":
            yield block["caption"]
            if block["table"]:
                yield from block["table"]["head"]
                for row in block["table"]["rows"]:
                    yield row["name"]
                    yield from (cell["text"] for cell in row["cells"])
            note = block["source"] if block["kind"] == "figure" else block["note"]
            if note:
                yield note


def _values(paper: Paper, release: Release, t: Translator) -> dict[str, Any]:
    instant = release.facts.snapshot_at
    return {
        "lang": paper.language,
        "rtl": paper.direction == "rtl",
        "sans": faces(paper.language),
        "serif": faces(paper.language) if paper.language in ("ar", "zh") else ("Noto Serif", *faces(paper.language)),
        "title": paper.title,
        "group": paper.group,
        "meeting": paper.meeting,
        "keywords": [paper.keywords],
        "author": t.gettext("Secretariat"),
        "made": [instant.year, instant.month, instant.day],
        "facts": [{"term": fact.term, "value": fact.value, "tone": fact.tone} for fact in paper.facts],
        "document": release.facts.document_number,
        "sample": paper.sample,
        "boxes": [{"title": box.title, "paragraphs": box.paragraphs} for box in paper.boxes],
        "sections": [_section(each, f"{each.number}", each.title, t) for each in paper.sections],
        "annexes": [
            _section(each, "", t.gettext("Annex %(number)s. %(title)s", number=each.number, title=each.title), t)
            for each in paper.annexes
        ],
    }


def _section(section: Section, number: str, title: str, t: Translator) -> dict[str, Any]:
    room = ON_ITS_SIDE if section.wide else UPRIGHT
    blocks = [_block(block, room, t) for block in section.blocks]
    # What leads to a chart or table stands on its page.
    for before, after in pairwise(blocks):
        before["leads"] = after["kind"] in ("figure", "grid") and before["kind"] == "paragraph"
    return {"number": number, "title": title, "wide": section.wide, "blocks": blocks}


def _block(block: Block, room: float, t: Translator) -> dict[str, Any]:
    match block:
        case Paragraph():
            return {"kind": "paragraph", "number": block.number, "lead": block.lead, "text": block.text}
        case Heading():
            return {"kind": "heading", "text": block.text}
        case Asked():
            return {
                "kind": "asked",
                "code": block.code,
                "text": block.text,
                "hint": block.hint,
                "choices": block.choices,
                "rows": block.rows,
                "note": block.note,
            }
        case Figure():
            return {
                "kind": "figure",
                "caption": block.caption,
                "alt": block.alt,
                "drawing": values_of(draw(block, t)),
                "table": _grid(block.table, room, t) if block.table else None,
                "source": block.source,
            }
        case Grid():
            return {"kind": "grid", "caption": block.caption, "table": _grid(block, room, t), "note": block.note}


def _grid(grid: Grid, room: float, t: Translator) -> dict[str, Any]:
    sized = next((made for size in SIZES if (made := _Widths(grid, room, t.language, size)).fits), None)
    chosen = sized or _Widths(grid, room, t.language, SIZES[-1])
    return {
        "size": chosen.size,
        "widths": chosen.widths,
        "narrow": chosen.narrow,
        "head": grid.head,
        "rows": [
            {
                "name": row.name,
                "total": row.total,
                "cells": [{"text": cell.text, "hidden": cell.kind == "hidden"} for cell in row.cells],
            }
            for row in grid.rows
        ],
    }


class _Widths:
    """The columns of a table in words of one size (points). `widths` are in millimetres, `narrow` says over which
    columns a word of the head must be divided, and `fits` that there is no such column.

    In no column a figure is broken where that can be, and a head has at most three lines. The names of the rows have
    what they need of the rest.
    """

    def __init__(self, grid: Grid, room: float, language: str, size: float) -> None:
        self.size, self._language = size, language
        columns = zip(*([(cell.text, row.total) for cell in row.cells] for row in grid.rows), strict=True)
        wanted = [
            max(LEAST, self._head(name), *(self._wide([text], bold=bold) for text, bold in column))
            for name, column in zip(grid.head[1:], columns, strict=True)
        ]
        names = max(self._wide([row.name], bold=row.total) for row in grid.rows)
        most = room - min(names, room * NAMES_SHARE)
        self.fits = sum(wanted) <= most
        cut = wanted if self.fits else _cut(wanted, most)
        self.widths = [min(names, room - sum(cut)), *cut]
        longest = [self._wide(name.split(), bold=True) for name in grid.head]
        self.narrow = [need > wide + SLACK for need, wide in zip(longest, self.widths, strict=True)]

    def _head(self, name: str) -> float:
        """The least width in which no word of the head is broken, and it has at most three lines."""
        points = max(self._points(word, bold=True) for word in name.split())
        while len(broken(name, self.size, points, language=self._language, bold=True)) > HEAD_LINES:
            points += self.size
        return points * POINT * SPARE + CELL_ROOM

    def _wide(self, words: Sequence[str], *, bold: bool = False) -> float:
        """The width of the widest of these words, with the room around it."""
        return max((self._points(word, bold=bold) for word in words), default=0.0) * POINT * SPARE + CELL_ROOM

    def _points(self, word: str, *, bold: bool) -> float:
        return width(word, self.size, language=self._language, bold=bold)


def _cut(widths: Sequence[float], most: float) -> list[float]:
    """The widths with the widest cut alike, so that they are `most` together and the others keep theirs."""
    left, columns = most, len(widths)
    for wide in sorted(widths):
        if wide * columns > left:
            return [min(each, left / columns) for each in widths]
        left, columns = left - wide, columns - 1
    return list(widths)


def _plain(value: Any) -> Any:
    """The same values, in characters that our faces have."""
    match value:
        case str():
            return printable(value) if not value.startswith("<svg") else value
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
    return value
