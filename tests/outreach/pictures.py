"""Reading what stands on a sheet: pixels of a PNG, the QR code in them, and what a font can show."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path


@dataclass(frozen=True)
class Picture:
    """Which pixels are dark, by row."""

    dark: list[list[bool]]

    @property
    def width(self) -> int:
        return len(self.dark[0])

    def holds_ink(self, left: int, top: int, right: int, bottom: int) -> bool:
        return any(any(row[left:right]) for row in self.dark[top:bottom])


def read_png(content: bytes) -> Picture:
    """A PNG of 8 bits and 3 or 4 channels (RFC 2083), as typst writes it."""
    place, packed = 8, b""
    width = height = channels = 0
    while place < len(content):
        size, kind = struct.unpack(">I4s", content[place : place + 8])
        body = content[place + 8 : place + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert depth == 8
            channels = {2: 3, 6: 4}[colour]
        elif kind == b"IDAT":
            packed += body
        place += size + 12
    raw, stride = zlib.decompress(packed), width * channels
    above = bytearray(stride)
    rows = []
    for start in range(0, height * (stride + 1), stride + 1):
        line = bytearray(raw[start + 1 : start + 1 + stride])
        _unfilter(raw[start], line, above, channels)
        rows.append([line[each] < 128 for each in range(0, stride, channels)])
        above = line
    return Picture(rows)


def _unfilter(kind: int, line: bytearray, above: bytearray, step: int) -> None:
    if kind == 2:
        line[:] = bytes((here + up) & 255 for here, up in zip(line, above, strict=True))
        return
    for place in range(len(line)) if kind else ():
        left, up = line[place - step] if place >= step else 0, above[place]
        corner = above[place - step] if place >= step else 0
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + up) // 2
        else:
            guess = min((left, up, corner), key=lambda each: abs(left + up - corner - each))
        line[place] = (line[place] + guess) & 255


def find_codes(picture: Picture, matrix: list[list[bool]], side: float) -> Iterator[tuple[int, int]]:
    """Left and top of every place where exactly these modules stand, `side` pixels wide without the quiet zone, with
    four white modules around them."""
    module = side / len(matrix)
    for top, row in enumerate(picture.dark):
        for left in range(len(row)):
            starts = row[left] and not row[left - 1] and not picture.dark[top - 1][left]
            # Where the edge falls inside of a pixel, the first dark one may stand half a pixel off.
            if starts and any(
                _stands_at(picture, matrix, left + across, top + down, module)
                for across, down in product((0.0, -0.5, 0.5), repeat=2)
            ):
                yield left, top


def _stands_at(picture: Picture, matrix: list[list[bool]], left: float, top: float, module: float) -> bool:
    size = len(matrix)
    for down in range(-4, size + 4):
        for across in range(-4, size + 4):
            y, x = int(top + (down + 0.5) * module), int(left + (across + 0.5) * module)
            if not (0 <= y < len(picture.dark) and 0 <= x < picture.width):
                return False
            wanted = 0 <= down < size and 0 <= across < size and matrix[down][across]
            if picture.dark[y][x] != wanted:
                return False
    return True


def characters_of(font: Path) -> set[int]:
    """Every character that the font has a glyph for: its table `cmap`, formats 4 and 12."""
    content = font.read_bytes()
    tables = struct.unpack(">H", content[4:6])[0]
    found = next(
        struct.unpack(">I", content[each + 8 : each + 12])[0]
        for each in range(12, 12 + 16 * tables, 16)
        if content[each : each + 4] == b"cmap"
    )
    known: set[int] = set()
    for each in range(struct.unpack(">H", content[found + 2 : found + 4])[0]):
        start = found + struct.unpack(">I", content[found + 8 + 8 * each : found + 12 + 8 * each])[0]
        kind = struct.unpack(">H", content[start : start + 2])[0]
        if kind == 12:
            groups = struct.unpack(">I", content[start + 12 : start + 16])[0]
            for group in range(start + 16, start + 16 + 12 * groups, 12):
                first, last, _ = struct.unpack(">III", content[group : group + 12])
                known.update(range(first, last + 1))
        elif kind == 4:
            half = struct.unpack(">H", content[start + 6 : start + 8])[0]
            lasts = struct.unpack(f">{half // 2}H", content[start + 14 : start + 14 + half])
            firsts = struct.unpack(f">{half // 2}H", content[start + 16 + half : start + 16 + 2 * half])
            for first, last in zip(firsts, lasts, strict=True):
                known.update(range(first, min(last, 0xFFFE) + 1))
    return known
