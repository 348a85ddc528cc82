"""Drawings set by typst: as values for a template, and as pictures of dots for Word."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typst

from app.reporting.renderers.drawing import WIDTH, Drawing
from app.reporting.renderers.svg import without_words
from app.reporting.renderers.typefaces import faces, typst_fonts

SOURCE = Path(__file__).with_name("pictures.typ")
#: Dots an inch: sharp on paper, and a tenth of the file that photographs need.
DOTS = 200.0


def values_of(drawing: Drawing) -> dict[str, Any]:
    """The drawing as `drawing.typ` takes it."""
    return {
        "svg": without_words(drawing),
        "width": WIDTH,
        "height": drawing.height,
        "rtl": drawing.right_to_left,
        "words": [
            {"x": w.x, "y": w.y, "text": w.text, "anchor": w.anchor, "size": w.size, "bold": w.bold, "color": w.color}
            for w in drawing.words
        ],
    }


def to_png(drawings: Sequence[Drawing], language: str, millimetres: float) -> list[bytes]:
    """Each drawing as a PNG of that width. The same drawing gives the same bytes."""
    if not drawings:
        return []
    said = {
        "drawings": [values_of(each) for each in drawings],
        "faces": faces(language),
        "lang": language,
        "width": millimetres,
    }
    made: bytes | list[bytes] = typst.compile(
        SOURCE,
        root=SOURCE.parent,
        font_paths=typst_fonts(),
        ignore_system_fonts=True,
        format="png",
        ppi=DOTS,
        sys_inputs={"said": json.dumps(said, ensure_ascii=False)},
    )
    return made if isinstance(made, list) else [made]
