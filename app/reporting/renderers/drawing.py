"""Drawings: shapes and words in lines, at places that are the same wherever they are shown.

A drawing is written down as SVG (`svg.py`) for the page and the download. In the PDF and in Word its words are set by
typst over the same SVG without them, since only what sets whole pages joins Arabic letters rightly everywhere.
"""

from dataclasses import dataclass, field
from typing import Literal

from app.reporting.renderers.typefaces import broken, width

#: Units from side to side; what is `SIZE` high is read like the tables beside.
WIDTH, SIZE, SMALL, LINE = 640.0, 12.0, 10.5, 15.0
#: Ink, soft ink, hairlines, paper, and the ramp of a scale from light to dark, each step to be told apart in grey.
INK, SOFT, RULE, PAPER = "#1f1b16", "#504940", "#d8d0c1", "#ffffff"
RAMP = ("#d3e3e8", "#a5c6d0", "#6fa3b3", "#2f6f86", "#0a4258")
BAR = RAMP[3]

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Rect:
    x: float
    y: float
    width: float
    height: float
    fill: str
    edge: str = ""
    dashed: bool = False


@dataclass(frozen=True)
class Line:
    x1: float
    y1: float
    x2: float
    y2: float
    color: str
    thickness: float = 1.0
    dashed: bool = False


@dataclass(frozen=True)
class Disc:
    x: float
    y: float
    radius: float
    fill: str


@dataclass(frozen=True)
class Shape:
    """A path of SVG, drawn `scale` times as large and moved down by `down`."""

    path: str
    scale: float
    down: float
    fill: str


@dataclass(frozen=True)
class Words:
    """One line. `x` is where it starts, has its middle or ends, from the left; `y` is what the letters stand on."""

    x: float
    y: float
    text: str
    anchor: Anchor = "start"
    size: float = SIZE
    bold: bool = False
    color: str = INK


@dataclass(frozen=True)
class Drawing:
    """A finished drawing. `title` and `told` are its words for those who do not see it."""

    language: str
    right_to_left: bool
    height: float
    title: str
    told: str
    shapes: tuple[Rect | Line | Disc | Shape, ...]
    words: tuple[Words, ...]


@dataclass
class Sheet:
    """A drawing being made. All places count from where reading starts: in Arabic from the right, where `mirrored`."""

    language: str
    mirrored: bool
    shapes: list[Rect | Line | Disc | Shape] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)

    def rect(self, x: float, y: float, wide: float, high: float, fill: str, *, edge: str = "") -> None:
        left = WIDTH - x - wide if self.mirrored else x
        self.shapes.append(Rect(left, y, wide, high, fill, edge))

    def dashes(self, x: float, y: float, wide: float, high: float) -> None:
        """An empty frame of dashes: nothing is shown here."""
        left = WIDTH - x - wide if self.mirrored else x
        self.shapes.append(Rect(left, y, wide, high, PAPER, SOFT, dashed=True))

    def gap(self, x: float, y: float, wide: float) -> None:
        """A line of dashes where a bar would be."""
        left = WIDTH - x - wide if self.mirrored else x
        self.shapes.append(Line(left, y, left + wide, y, SOFT, dashed=True))

    def line(self, x1: float, y1: float, x2: float, y2: float, color: str, thickness: float = 1.0) -> None:
        if self.mirrored:
            x1, x2 = WIDTH - x1, WIDTH - x2
        self.shapes.append(Line(x1, y1, x2, y2, color, thickness))

    def write(
        self,
        x: float,
        y: float,
        text: str,
        anchor: Anchor = "start",
        *,
        size: float = SIZE,
        bold: bool = False,
        color: str = INK,
    ) -> None:
        if self.mirrored:
            x = WIDTH - x
            anchor = {"start": "end", "end": "start", "middle": "middle"}[anchor]  # type: ignore[assignment]
        self.words.append(Words(x, y, text, anchor, size, bold, color))

    def write_over(self, x: float, y: float, text: str, *, bold: bool = False, color: str = INK) -> None:
        """Words on a ground of paper, so that no line runs through them."""
        wide = width(text, SIZE, language=self.language, bold=bold)
        self.rect(x - 2, y - SIZE * 0.9, wide + 4, SIZE * 1.2, PAPER)
        self.write(x, y, text, bold=bold, color=color)

    def broken(self, text: str, room: float, *, size: float = SIZE, bold: bool = False) -> list[str]:
        return broken(text, size, room, language=self.language, bold=bold)

    def finished(self, height: float, title: str, told: str) -> Drawing:
        return Drawing(
            self.language,
            self.language == "ar",
            height,
            title,
            told,
            tuple(self.shapes),
            tuple(self.words),
        )
