"""The charts of the paper as drawings. Every length is that of a share as shown, rounded, and of nothing else; what is
not shown has no bar. Axes go from 0 to 100, and start at the right in Arabic.
"""

from app.reporting.renderers.drawing import (
    BAR,
    INK,
    LINE,
    PAPER,
    RAMP,
    RULE,
    SIZE,
    SMALL,
    SOFT,
    WIDTH,
    Drawing,
    Sheet,
)
from app.reporting.renderers.paper import Bar, Bars, Figure, Pairs, Spots, Stack, Stacks
from app.reporting.renderers.region_map import draw_map
from app.reporting.renderers.typefaces import printable
from app.reporting.renderers.typefaces import width as width_of
from app.web.i18n import Translator

#: The names of the rows, and where the axis begins and ends; after it there is room for a value.
NAMES, AXIS, LENGTH = 232.0, 246.0, 340.0
THICK, THIN, APART = 14.0, 11.0, 5.0
#: Stacks are as long, but thicker: their figures stand inside.
STACK, INSIDE_FROM = 22.0, 6
#: Divided bars have room for so many per cent, since rounded shares may add up to more than 100. So most figures have
#: the same scale.
ROOM = 106
#: How high words are that would not have room else.
TIGHT = 9.0
TOGETHER = 52.0


def draw(figure: Figure, t: Translator) -> Drawing:
    """The drawing of a figure, titled with its caption."""
    sheet = Sheet(t.language, t.direction == "rtl")
    match figure.chart:
        case Bars(bars=bars):
            height = _bars(sheet, bars, t)
        case Pairs():
            height = _pairs(sheet, figure.chart, t)
        case Stacks():
            height = _stacks(sheet, figure.chart, t)
        case Spots(spots=spots):
            # North stays above and east on the right, whatever is read from where.
            sheet.mirrored = False
            height = draw_map(sheet, spots)
    return sheet.finished(height, printable(figure.caption), printable(figure.values))


def _axis(sheet: Sheet, top: float, bottom: float, length: float, t: Translator) -> float:
    """Hairlines at each quarter, with the figures under them. They stand behind what is drawn."""
    lines = sheet.shapes
    sheet.shapes = []
    for quarter in range(1, 5):
        place = AXIS + length * quarter / 4
        sheet.line(place, top, place, bottom, RULE)
    sheet.line(AXIS, top, AXIS, bottom, INK, 1.5)
    sheet.shapes += lines
    for quarter in (0, 2, 4):
        sheet.write(
            AXIS + length * quarter / 4,
            bottom + LINE - 3,
            printable(t.percent(quarter / 4)),
            "middle",
            size=SMALL,
            color=SOFT,
        )
    return bottom + LINE + 2


def _name(sheet: Sheet, text: str, top: float, least: float) -> tuple[float, float]:
    """The name of a row in its lines; where its middle is, and how high the row is."""
    lines = sheet.broken(printable(text), NAMES)
    height = max(least, LINE * len(lines))
    first = top + (height - LINE * len(lines)) / 2 + LINE - 4
    for place, line in enumerate(lines):
        sheet.write(0, first + LINE * place, line)
    return top + height / 2, height


def _bars(sheet: Sheet, bars: tuple[Bar, ...], t: Translator) -> float:
    y = 4.0
    for bar in bars:
        middle, height = _name(sheet, bar.label, y, THICK)
        _bar(sheet, bar, middle, THICK, BAR)
        y += height + APART
    return _axis(sheet, 0, y, LENGTH, t)


def _bar(sheet: Sheet, bar: Bar, middle: float, thick: float, fill: str, *, edge: str = "") -> None:
    base = middle + SIZE * 0.36
    if bar.share is None:
        sheet.gap(AXIS, middle, LENGTH)
        sheet.write_over(AXIS + 8, base, printable(bar.value), color=SOFT)
        return
    long = LENGTH * bar.share / 100
    if long:
        sheet.rect(AXIS, middle - thick / 2, long, thick, fill, edge=edge)
    sheet.write_over(AXIS + long + 6, base, printable(bar.value), bold=True)


def _pairs(sheet: Sheet, pairs: Pairs, t: Translator) -> float:
    fills = ((BAR, ""), (RAMP[0], INK))
    y = _legend(sheet, list(zip(pairs.names, fills, strict=True)), 0.0) + 4
    top = y - 4
    for both in pairs.rows:
        middle, height = _name(sheet, both[0].label, y, 2 * THIN + 6)
        for place, bar in enumerate(both):
            _bar(sheet, bar, middle + (place - 0.5) * (THIN + 4), THIN, fills[place][0], edge=fills[place][1])
        y += height + APART + 2
    return _axis(sheet, top, y, LENGTH, t)


def _stacks(sheet: Sheet, chart: Stacks, t: Translator) -> float:
    fills = _fills(len(chart.points))
    y = _legend(sheet, list(zip(chart.points, [(fill, INK) for fill in fills], strict=True)), 0.0) + 6
    length = WIDTH - AXIS - TOGETHER
    if chart.together:
        lines = sheet.broken(printable(chart.together), WIDTH - AXIS, size=SMALL)
        for line in lines:
            sheet.write(WIDTH, y + LINE - 5, line, "end", size=SMALL, color=SOFT)
            y += LINE - 2
        y += 4
    top = y - 4
    longest = room(chart)
    for row in chart.rows:
        middle, height = _stack_name(sheet, row, y)
        _stack(sheet, row, chart, middle, length / longest, fills)
        y += height + APART
    return _axis(sheet, top, y, length * 100 / longest, t)


def _stack_name(sheet: Sheet, row: Stack, top: float) -> tuple[float, float]:
    if not row.people:
        return _name(sheet, row.label, top, STACK)
    lines = sheet.broken(printable(row.label), NAMES)
    height = max(STACK, LINE * (len(lines) + 1) - 2)
    for place, line in enumerate(lines):
        sheet.write(0, top + LINE * (place + 1) - 4, line)
    sheet.write(0, top + LINE * (len(lines) + 1) - 6, printable(row.people), size=SMALL, color=SOFT)
    return top + height / 2, height


def _stack(sheet: Sheet, row: Stack, chart: Stacks, middle: float, unit: float, fills: tuple[str, ...]) -> None:
    base = middle + SIZE * 0.36
    if row.shares is None:
        sheet.dashes(AXIS, middle - STACK / 2, 100 * unit, STACK)
        for size in (SMALL, TIGHT):
            lines = sheet.broken(printable(chart.instead), 100 * unit - 12, size=size)
            if len(lines) == 1:
                break
        for place, line in enumerate(lines):
            sheet.write(AXIS + 8, base + (place - (len(lines) - 1) / 2) * TIGHT, line, size=size, color=SOFT)
    else:
        start = AXIS
        for share, fill in zip(row.shares, fills, strict=True):
            if not share:
                continue
            sheet.rect(start, middle - STACK / 2, share * unit, STACK, fill, edge=INK)
            if share >= INSIDE_FROM:
                color = PAPER if fill in RAMP[3:] else INK
                sheet.write(start + share * unit / 2, base, str(share), "middle", size=SMALL, bold=True, color=color)
            start += share * unit
    if row.together:
        sheet.write(WIDTH, base, printable(row.together), "end", bold=True)


def room(chart: Stacks) -> int:
    """The per cent that the longest bar there can be stands for."""
    return max([ROOM, *(sum(row.shares) for row in chart.rows if row.shares)])


def ramp(points: int) -> tuple[int, ...]:
    """The steps of the ramp, 1 to 5, for all points from lowest to highest; 0, empty, for the last, "No answer"."""
    scale = points - 1
    return (*(1 + round(each * (len(RAMP) - 1) / max(1, scale - 1)) for each in range(scale)), 0)


def _fills(points: int) -> tuple[str, ...]:
    return tuple(RAMP[step - 1] if step else PAPER for step in ramp(points))


def _legend(sheet: Sheet, entries: list[tuple[str, tuple[str, str]]], y: float) -> float:
    """Each name after a square of its fill, in as many lines as it takes; where the last line ends."""
    x = 0.0
    for name, (fill, edge) in entries:
        text = printable(name)
        wide = 18 + width_of(text, SIZE, language=sheet.language) + 16
        if x and x + wide - 16 > WIDTH:
            x, y = 0.0, y + LINE + 2
        sheet.rect(x + 0.5, y + 2.5, 11, 11, fill, edge=edge or INK)
        for line in sheet.broken(text, WIDTH - 18)[:1]:
            sheet.write(x + 18, y + LINE - 4, line)
        x += wide
    return y + LINE + 4
