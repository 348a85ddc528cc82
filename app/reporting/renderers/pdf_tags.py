"""What typst leaves to be done on a tagged PDF: row heads of tables, Arabic in the order of reading, and a small file.

Typst tags the first cell of a row as any other, and a line of Arabic piece by piece from left to right, so that who
listens hears a sentence with a number in it in the wrong order. Each piece of the document is therefore given its words
as they are written. The same content gives the same bytes.
"""

import io
from collections.abc import Iterator, Sequence

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, ObjectStreamMode, String

#: The parts of the structure that hold words, and no others that do.
WORDED = frozenset({"/Title", "/H1", "/H2", "/P", "/TH", "/TD", "/LBody"})


def finished(content: bytes, words: Sequence[str] = ()) -> bytes:
    """The document with row heads, in a quarter of the room. `words` are those of its parts in the order of reading,
    where that is not the order on the sheet. Raises ValueError when they are not as many as the parts."""
    with pikepdf.open(io.BytesIO(content)) as document:
        root = document.Root.StructTreeRoot
        parts = list(_worded(root))
        for part in parts:
            _tell_row_head(part)
        if words:
            if len(words) != len(parts):
                raise ValueError(f"{len(words)} pieces of words for {len(parts)} parts")
            for part, said in zip(parts, words, strict=True):
                if said:
                    part.ActualText = String(said)
        made = io.BytesIO()
        document.save(made, object_stream_mode=ObjectStreamMode.generate, deterministic_id=True)
    return made.getvalue()


def _worded(element: Object) -> Iterator[Dictionary]:
    """The parts that hold words, in order; what lies within one is its own."""
    for child in _children(element):
        if str(child.S) in WORDED:
            yield child
        else:
            yield from _worded(child)


def _children(element: Object) -> list[Dictionary]:
    inside = element.get("/K", Array([]))
    each = list(inside) if isinstance(inside, Array) else [inside]
    return [child for child in each if isinstance(child, Dictionary) and "/S" in child]


def _tell_row_head(cell: Dictionary) -> None:
    """The first cell of a row in the body of a table is the head of that row."""
    if str(cell.S) == "/TD" and _children(cell.P)[0].objgen == cell.objgen:
        cell.S = Name.TH
        cell.A = Array([*cell.get("/A", []), Dictionary(O=Name.Table, Scope=Name.Row)])
