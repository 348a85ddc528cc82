"""How wide the columns of a table are, and how large its words, so that nothing in it is broken that need not be."""

from collections.abc import Sequence
from math import ceil

from app.reporting.renderers.paper import Grid
from app.reporting.renderers.typefaces import broken, is_wide, width

#: Room at both sides of a cell (millimetres); millimetres in a point, and what is left to spare.
CELL_ROOM, POINT, SPARE = 2.4, 0.3528, 1.02
#: A column of figures is at least so wide (millimetres), and the names of the rows have at least so much of the width
#: if they need it.
LEAST, NAMES_SHARE = 11.0, 0.18
HEAD_LINES = 3
#: Where there is room, a head has as few lines as it can without being wider than this (millimetres). A head without
#: blanks, as Chinese ones are, is parted from so many characters on.
COMFORT, UNPARTED = 30.0, 6
#: What a word may be wider than its column by our reckoning (millimetres), and still be tried whole.
SLACK = 0.3


def fitted(grid: Grid, room: float, language: str, sizes: Sequence[float]) -> "Columns":
    """The columns in the first of these sizes (points) in which they fit into `room` millimetres; where there is none,
    in the first in which they do with the words for what is not shown in several lines; else in the last."""
    for whole in (True, False):
        for size in sizes:
            columns = Columns(grid, room, language, size, whole=whole)
            if columns.fits:
                return columns
    return columns


class Columns:
    """The columns of a table in words of one size (points). `widths` are in millimetres, `narrow` says over which
    columns a word of the head must be divided, and `fits` that there is no such column.

    In no column a figure is broken where that can be, and a head has at most three lines. The names of the rows have
    what they need of the rest. Columns of whole sentences are of one width.
    """

    def __init__(self, grid: Grid, room: float, language: str, size: float, *, whole: bool = True) -> None:
        self.size, self._language = size, language
        longest = [self._wide(name.split(), bold=True) for name in grid.head]
        if grid.of_texts:
            self.widths, self.fits = [room / len(grid.head)] * len(grid.head), True
        else:
            self._fit(grid, room, whole=whole)
        self.narrow = [need > wide + SLACK for need, wide in zip(longest, self.widths, strict=True)]

    def _fit(self, grid: Grid, room: float, *, whole: bool) -> None:
        columns = zip(
            *(
                [
                    ([cell.text] if whole or cell.kind == "figure" else cell.text.split(), row.total)
                    for cell in row.cells
                ]
                for row in grid.rows
            ),
            strict=True,
        )
        wanted = [
            max(LEAST, self._head(name), *(self._wide(words, bold=bold) for words, bold in column))
            for name, column in zip(grid.head[1:], columns, strict=True)
        ]
        names = max(self._head(grid.head[0]), *(self._wide([row.name], bold=row.total) for row in grid.rows))
        most = room - min(names, room * NAMES_SHARE)
        self.fits = sum(wanted) <= most
        cut = wanted if self.fits else _cut(wanted, most)
        for fewest in (1, 2):
            heads = [self._easy_head(name, fewest) for name in grid.head[1:]]
            easy = list(map(max, wanted, heads))
            if sum(easy) + names <= room:
                cut = easy
                break
        self.widths = [min(names, room - sum(cut)), *cut]

    def _head(self, name: str, lines: int = HEAD_LINES) -> float:
        """The least width in which no word of the head is broken, and it has at most so many lines."""
        points = max(self._unbroken(word) for word in name.split())
        while len(broken(name, self.size, points, language=self._language, bold=True)) > lines:
            points += self.size / 2
        return points * POINT * SPARE + CELL_ROOM

    def _easy_head(self, name: str, fewest: int) -> float:
        """The width in which the head has so many lines or one more, none of them wider than is comfortable; else 0."""
        lines = (fewest, fewest + 1)
        return next((wide for each in lines if (wide := self._head(name, each)) <= COMFORT), 0.0)

    def _unbroken(self, word: str) -> float:
        """What a word of a head needs at least (points)."""
        if any(map(is_wide, word)):
            # Lines of one length: none of a single character.
            lines = ceil(len(word) / UNPARTED)
            word = word[: ceil(len(word) / lines)]
        return self._points(word, bold=True)

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
