"""The paper as PDF/UA-1 through typst: tagged headings, tables with header rows, alternative texts, fonts embedded.

What is said comes from the same blocks as the page and the Word document; where it stands on the sheet, from
`paper.typ`. The same release gives the same bytes.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import typst

from app.reporting.release import Release
from app.reporting.renderers.charts import draw
from app.reporting.renderers.columns import fitted
from app.reporting.renderers.compose import compose
from app.reporting.renderers.paper import Asked, Block, Figure, Grid, Heading, Paper, Paragraph, Quoted, Section
from app.reporting.renderers.pdf_tags import finished
from app.reporting.renderers.pictures import values_of
from app.reporting.renderers.typefaces import faces, printable, typst_fonts
from app.web.i18n import Translator

SOURCE = Path(__file__).with_name("paper.typ")
#: Millimetres between the margins of A4, upright and on its side.
UPRIGHT, ON_ITS_SIDE = 166.0, 253.0
#: Sizes of the words in tables (points), the first in which all have room.
SIZES = (8.0, 7.5, 7.0)
#: Such words may stand in a paper of any language, as what was corrected.
ARABIC = re.compile("[\u0600-\u08ff]")


def render(release: Release, t: Translator) -> bytes:
    """The paper as a .pdf file."""
    return write(compose(release, t), t, release.facts.snapshot_at)


def write(paper: Paper, t: Translator, made_at: datetime) -> bytes:
    """Any paper as a .pdf file, which says that it was made at that instant."""
    values = _plain(_values(paper, made_at, t))
    made: bytes = typst.compile(
        SOURCE,
        root=SOURCE.parent,
        font_paths=typst_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards="ua-1",
        timestamp=made_at.replace(microsecond=0),
        sys_inputs={"said": json.dumps(values, ensure_ascii=False)},
    )
    words = list(_words(values))
    return finished(made, words if any(map(ARABIC.search, words)) else ())


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
        case "quoted":
            yield from (words for words in (block["text"], block["translation"], block["by"]) if words)
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


def _values(paper: Paper, made_at: datetime, t: Translator) -> dict[str, Any]:
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
        "made": [made_at.year, made_at.month, made_at.day],
        "facts": [{"term": fact.term, "value": fact.value, "tone": fact.tone} for fact in paper.facts],
        "document": paper.marks[0],
        "version": paper.marks[1],
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
        case Quoted():
            return {
                "kind": "quoted",
                "text": block.text,
                "lang": block.language,
                "translation": block.translation,
                "by": block.by,
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
    columns = fitted(grid, room, t.language, SIZES)
    return {
        "size": columns.size,
        "widths": columns.widths,
        "narrow": columns.narrow,
        "texts": grid.of_texts,
        "head": grid.head,
        "rows": [
            {
                "name": row.name,
                "total": row.total,
                "cells": [
                    {"text": cell.text, "hidden": cell.kind == "hidden", "lang": cell.language or t.language}
                    for cell in row.cells
                ],
            }
            for row in grid.rows
        ],
    }


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
