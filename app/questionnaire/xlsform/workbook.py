"""A workbook's cells as texts, read from any bytes: nothing here knows what a questionnaire is.

Read by our own hand and not by openpyxl, because three things must be known of one cell at once (its formula, the
value computed last, whether a date stands behind it) and because forms in the wild carry styles that openpyxl stops
at. Whatever the bytes are, the answer is cells or a `WorkbookFault`; sizes are bounded before anything is unpacked.
"""

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from xml.etree import ElementTree

MAX_FILE_BYTES = 5_000_000
MAX_PART_BYTES = 30_000_000
MAX_PARTS = 2_000
MAX_CELLS = 200_000
MAX_COLUMNS = 400
MAX_SHEETS = 100

#: What zipfile, zlib and the XML parser raise on damaged bytes.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,  # a part that is encrypted
    NotImplementedError,  # a way of packing that nobody uses
    ValueError,
    LookupError,
    OverflowError,
    ElementTree.ParseError,
)


class WorkbookFault(Exception):
    """The bytes are no workbook that can be read. `reason` is a key; `found` what stands there instead."""

    def __init__(self, reason: str, found: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.found = found


@dataclass(frozen=True, slots=True)
class Cell:
    """`text` as shown, whole numbers without `.0`. `sort` is text, number, boolean, date or error.

    `formula` says that the text is what the spreadsheet program computed last; it is empty where nothing was kept.
    """

    text: str
    sort: str = "text"
    formula: bool = False


@dataclass(frozen=True)
class Sheet:
    """The cells that are not empty, by row and column, both counted from 1; and merged areas as first and last."""

    name: str
    rows: Mapping[int, Mapping[int, Cell]]
    merged: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True)
class Workbook:
    """The sheets that were asked for, by their name in small letters, and the names of all others."""

    sheets: Mapping[str, Sheet]
    others: tuple[str, ...] = ()


def read_workbook(content: bytes, wanted: frozenset[str]) -> Workbook:
    """The sheets whose names, in small letters, are `wanted`. Raises WorkbookFault, and nothing else, on any bytes."""
    if len(content) > MAX_FILE_BYTES:
        raise WorkbookFault("file_too_large", f"{len(content):,} bytes")
    if not content:
        raise WorkbookFault("file_empty")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        encrypted = "EncryptedPackage".encode("utf-16-le") in content
        raise WorkbookFault("file_encrypted" if encrypted else "file_xls")
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise WorkbookFault("file_damaged" if content.startswith(b"PK") else "file_no_workbook", _first_bytes(content))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _Reader(archive).read(wanted)
    except _DAMAGE as error:
        raise WorkbookFault("file_damaged", str(error)[:100]) from error


def _first_bytes(content: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in content[:20])


def column_letter(column: int) -> str:
    """1 is A, 27 is AA."""
    letters = ""
    while column > 0:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return letters


_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")


def _place(reference: str) -> tuple[int, int] | None:
    """Row and column of a reference such as B12."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return None
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(found[2]), column


#: Characters that XML cannot hold are written by Excel as _x000D_; a text that looks so by itself as _x005F_x000D_.
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _unescaped(text: str) -> str:
    if "_x" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return text.replace("\r\n", "\n").replace("\r", "\n")


@dataclass
class _Reader:
    """One pass through an archive. Names of parts are compared without regard to case and slashes."""

    archive: zipfile.ZipFile
    parts: dict[str, zipfile.ZipInfo] = field(default_factory=dict)
    unpacked: int = 0
    cells: int = 0
    texts: list[str] = field(default_factory=list)
    dates: frozenset[int] = frozenset()
    from_1904: bool = False

    def read(self, wanted: frozenset[str]) -> Workbook:
        entries = self.archive.infolist()
        if len(entries) > MAX_PARTS:
            raise WorkbookFault("file_too_large", f"{len(entries):,} parts")
        self.parts = {entry.filename.replace("\\", "/").lstrip("/").lower(): entry for entry in entries}
        workbook = self._main_part()
        listed = self._list_sheets(workbook)
        chosen = {name.strip().lower(): (name, part) for name, part in reversed(listed)}
        chosen = {key: chosen[key] for key in chosen if key in wanted}
        others = tuple(name for name, _ in listed if name not in [name for name, _ in chosen.values()])
        folder = workbook.rpartition("/")[0]
        if f"{folder}/sharedstrings.xml" in self.parts:
            self.texts = [_rich_text(item) for item in self._elements(f"{folder}/sharedstrings.xml", "si")]
        if f"{folder}/styles.xml" in self.parts:
            self.dates = self._date_styles(f"{folder}/styles.xml")
        return Workbook({key: self._read_sheet(name, part) for key, (name, part) in chosen.items()}, others)

    def _main_part(self) -> str:
        if "xl/workbook.xml" in self.parts:
            return "xl/workbook.xml"
        if "mimetype" in self.parts or "content.xml" in self.parts:
            raise WorkbookFault("file_ods")
        if "xl/workbook.bin" in self.parts:
            raise WorkbookFault("file_xlsb")
        if "_rels/.rels" in self.parts:
            for relation in self._elements("_rels/.rels", "Relationship"):
                target = relation.get("Target", "").lstrip("/").lower()
                is_main = relation.get("Type", "").endswith("/officeDocument") and not target.startswith("word")
                if is_main and target in self.parts:
                    return target
        raise WorkbookFault("file_no_workbook", ", ".join(list(self.parts)[:3]))

    def _list_sheets(self, workbook: str) -> list[tuple[str, str]]:
        """Name and part of every sheet, in order."""
        folder, _, file = workbook.rpartition("/")
        relations = f"{folder}/_rels/{file}.rels"
        targets = {}
        for relation in self._elements(relations, "Relationship"):
            target = relation.get("Target", "").replace("\\", "/").lower()
            targets[relation.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}"
        listed: list[tuple[str, str]] = []
        for element in self._elements(workbook, "workbookPr", "sheet"):
            if _tag(element) == "workbookPr":
                self.from_1904 = element.get("date1904") in ("1", "true")
                continue
            key = next((value for name, value in element.items() if name.rpartition("}")[2] == "id"), "")
            if len(listed) < MAX_SHEETS:
                listed.append((element.get("name", ""), targets.get(key, "")))
        return listed

    def _elements(self, part: str, *tags: str) -> Iterator[ElementTree.Element]:
        """The elements with these names, namespaces aside, each emptied after use."""
        for _, element in _parsed(self._unpack(part)):
            if _tag(element) in tags:
                yield element
                element.clear()

    def _unpack(self, part: str) -> bytes:
        entry = self.parts.get(part)
        if entry is None:
            raise WorkbookFault("file_damaged", f"no {part}")
        with self.archive.open(entry) as stream:
            content = stream.read(MAX_PART_BYTES + 1 - self.unpacked)
        self.unpacked += len(content)
        if self.unpacked > MAX_PART_BYTES:
            raise WorkbookFault("file_too_large", f"more than {MAX_PART_BYTES:,} bytes unpacked")
        # No spreadsheet program declares entities; only an attack on XML parsers does.
        if b"<!DOCTYPE" in content or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise WorkbookFault("file_damaged", f"{part} is not plain XML")
        return content

    def _date_styles(self, part: str) -> frozenset[int]:
        """The style numbers that show a number as a date or a time."""
        custom: dict[str, str] = {}
        styles: list[str] = []
        for element in self._elements(part, "numFmt", "cellXfs"):
            if _tag(element) == "numFmt":
                custom[element.get("numFmtId", "")] = element.get("formatCode", "")
            else:
                styles = [style.get("numFmtId", "0") for style in element]
        return frozenset(number for number, style in enumerate(styles) if _is_date(style, custom.get(style)))

    def _read_sheet(self, name: str, part: str) -> Sheet:
        rows: dict[int, dict[int, Cell]] = {}
        merged = []
        row = column = 0
        for event, element in _parsed(self._unpack(part), "start", "end"):
            tag = _tag(element)
            if tag == "row" and event == "start":
                row, column = int(element.get("r") or row + 1), 0
            elif event == "start":
                continue
            elif tag == "c":
                row, column = _place(element.get("r", "")) or (row, column + 1)
                cell = self._cell(element)
                element.clear()
                if cell is not None:
                    self.cells += 1
                    if column > MAX_COLUMNS or self.cells > MAX_CELLS:
                        raise WorkbookFault("sheet_too_large", f"{name} {column_letter(column)}{row}")
                    rows.setdefault(row, {})[column] = cell
            elif tag == "row":
                element.clear()
            elif tag == "mergeCell":
                first, _, last = element.get("ref", "").partition(":")
                corners = _place(first), _place(last)
                if corners[0] and corners[1]:
                    merged.append((*corners[0], *corners[1]))
        return Sheet(name, {number: rows[number] for number in sorted(rows)}, tuple(merged))

    def _cell(self, element: ElementTree.Element) -> Cell | None:
        """What stands in a cell, or None where nothing does."""
        sort = element.get("t", "n")
        value, formula, text = "", False, ""
        for child in element:
            match _tag(child):
                case "v":
                    value = child.text or ""
                case "f":
                    formula = True
                case "is":
                    text = _rich_text(child)
        if sort == "s" and value:
            text = self.texts[int(value)]
        elif sort == "str":
            text = _unescaped(value)
        if sort in ("s", "str", "inlineStr"):
            return Cell(text, "text", formula) if text.strip() or formula else None
        if not value:
            return Cell("", "text", formula) if formula else None
        if sort == "b":
            return Cell("TRUE" if value == "1" else "FALSE", "boolean", formula)
        if sort == "e":
            return Cell(value, "error", formula)
        if sort == "d":
            return Cell(value[:10], "date", formula)
        return self._number(value, int(element.get("s") or 0), formula)

    def _number(self, value: str, style: int, formula: bool) -> Cell:
        number = float(value)
        if style in self.dates and 0 <= number < 2_958_466:
            first = datetime(1904, 1, 1) if self.from_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - a bare date
            return Cell((first + timedelta(days=number)).date().isoformat(), "date", formula)
        whole = number == int(number) if abs(number) < 1e15 else False
        return Cell(str(int(number)) if whole else repr(number), "number", formula)


def _parsed(content: bytes, *events: Literal["start", "end"]) -> Iterator[tuple[str, ElementTree.Element]]:
    """The events of a part. Safe on hostile XML: entities are refused before, and no parser here opens addresses."""
    yield from ElementTree.iterparse(io.BytesIO(content), events=events or ("end",))  # noqa: S314


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _rich_text(element: ElementTree.Element) -> str:
    """The text of a cell, its differently formatted runs joined; readings over Japanese characters are left out."""
    runs = []
    for child in element:
        if _tag(child) == "t":
            runs.append(child.text or "")
        elif _tag(child) == "r":
            runs.extend(below.text or "" for below in child if _tag(below) == "t")
    return _unescaped("".join(runs))


_DATE_NUMBERS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})


def _is_date(style: str, code: str | None) -> bool:
    if code is None:
        return style.isdigit() and int(style) in _DATE_NUMBERS
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', "", code)
    return bare.strip().lower() != "general" and re.search(r"[ymdhs]", bare.split(";")[0], re.IGNORECASE) is not None
