"""Reads a tagged PDF as those do who listen to it: its parts in order, with the words that stand on the sheet.

The structure is read by pikepdf, the words by PDFium; typst, which made the file, has no part in either.
"""

import ctypes
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as raw


@dataclass
class Part:
    """A part of the document, such as P, TH or Figure. `words` are those on the sheet within it, `told` what is read
    instead of them where the file says so."""

    kind: str
    words: str = ""
    told: str = ""
    children: list["Part"] = field(default_factory=list)

    def every(self, *kinds: str) -> Iterator["Part"]:
        """All parts of these kinds, in order."""
        for child in self.children:
            if child.kind in kinds:
                yield child
            yield from child.every(*kinds)

    @property
    def read(self) -> str:
        """What is heard."""
        return self.told or "".join([self.words, *(child.read for child in self.children)])

    @property
    def seen(self) -> str:
        """Everything on the sheet within the part, in the order in which it was put there."""
        return "".join([self.words, *(child.seen for child in self.children)])


def read_tagged(content: bytes) -> Part:
    """The whole document."""
    words = _words(content)
    with pikepdf.open(io.BytesIO(content)) as document:
        pages = {page.obj.objgen: place for place, page in enumerate(document.pages)}
        whole = Part("Document")
        whole.children = list(_children(document.Root.StructTreeRoot, 0, pages, words)[0])
    return whole


def _children(
    element: Any, page: int, pages: dict[Any, int], words: dict[tuple[int, int], str]
) -> tuple[list[Part], str]:
    if "/Pg" in element:
        page = pages[element.Pg.objgen]
    inside = element.get("/K", pikepdf.Array([]))
    parts, said = [], ""
    for child in inside if isinstance(inside, pikepdf.Array) else [inside]:
        if isinstance(child, int):
            said += words.get((page, child), "")
        elif "/MCID" in child:
            said += words.get((pages[child.Pg.objgen] if "/Pg" in child else page, int(child.MCID)), "")
        elif "/S" in child:
            part = Part(str(child.S)[1:], told=str(child.get("/ActualText", child.get("/Alt", ""))))
            part.children, part.words = _children(child, page, pages, words)
            parts.append(part)
    return parts, said


def _words(content: bytes) -> dict[tuple[int, int], str]:
    """The words of each piece of marked content, by page and number."""
    found: dict[tuple[int, int], str] = {}
    document = pdfium.PdfDocument(content)
    for place, page in enumerate(document):
        text = page.get_textpage()
        for each in page.get_objects(max_depth=8):
            if each.type != raw.FPDF_PAGEOBJ_TEXT:
                continue
            number = raw.FPDFPageObj_GetMarkedContentID(each.raw)
            if number >= 0:
                found[place, number] = found.get((place, number), "") + _text(each, text)
    return found


def _text(each: Any, page: Any) -> str:
    length = raw.FPDFTextObj_GetText(each.raw, page.raw, None, 0)
    buffer = ctypes.create_string_buffer(length)
    raw.FPDFTextObj_GetText(each.raw, page.raw, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length)
    return buffer.raw.decode("utf-16-le").rstrip("\0")


def page_texts(content: bytes) -> list[str]:
    """Everything that stands on each page."""
    return [page.get_textpage().get_text_range() for page in pdfium.PdfDocument(content)]
