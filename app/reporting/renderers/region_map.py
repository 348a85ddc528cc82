"""The map of participation: the six regions of the ITU as shapes without a border between countries, each with its name
and its number. Shapes: data/README.md."""

import json
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from app.reporting.renderers.drawing import BAR, LINE, SIZE, SOFT, WIDTH, Disc, Line, Shape, Sheet
from app.reporting.renderers.paper import Spot
from app.reporting.renderers.typefaces import printable, width

SHAPES = Path(__file__).parents[1] / "data" / "regions.json"
#: Neighbours differ in lightness. Where a region's disc stands; where its name does, in the sea nearby, and its room.
TONES = {
    "africa": "#c4d3d8",
    "americas": "#d9e2e5",
    "arab_states": "#e6ecee",
    "asia_pacific": "#d3dde1",
    "cis": "#e6ecee",
    "europe": "#c4d3d8",
}
DISCS = {
    "africa": (336.0, 190.0),
    "americas": (120.0, 96.0),
    "arab_states": (378.0, 136.0),
    "asia_pacific": (486.0, 128.0),
    "cis": (440.0, 56.0),
    "europe": (316.0, 76.0),
}
NAMES = {
    "africa": (262.0, 226.0, 84.0),
    "americas": (62.0, 196.0, 120.0),
    "arab_states": (436.0, 218.0, 92.0),
    "asia_pacific": (586.0, 158.0, 104.0),
    "cis": (440.0, -20.0, 150.0),
    "europe": (248.0, 84.0, 66.0),
}
#: Room over the map for the name of the northernmost region; the radius of the largest disc.
NORTH, LARGEST = 40.0, 24.0
GAP = 3.0
#: The room for the names of regions that were taken together.
TOGETHER = 150.0


def draw_map(sheet: Sheet, spots: tuple[Spot, ...]) -> float:
    """The map is on the sheet; how high it is. The area of a disc is as the number shown."""
    drawn = _drawn()
    scale = WIDTH / drawn["width"]
    most = max((spot.count for spot in spots), default=0)
    # Every region is on the map, also one of which nothing is told; those taken together have one tone.
    tones = TONES | {region: TONES[spot.regions[0]] for spot in spots for region in spot.regions}
    for region, tone in tones.items():
        sheet.shapes.append(Shape(drawn["regions"][region], scale, NORTH, tone))
    height: float = drawn["height"] * scale
    return max([height + NORTH, *(_spot(sheet, spot, most) for spot in spots)])


def _spot(sheet: Sheet, spot: Spot, most: int) -> float:
    """The group is on the map; how far down its words go."""
    x, y, room = NAMES[spot.regions[0]]
    lines = sheet.broken(printable(spot.label), room if len(spot.regions) == 1 else TOGETHER)
    top = y + NORTH
    upper, lower = top - LINE + GAP, top + LINE * len(lines) + GAP + 4
    half = max(width(line, SIZE, language=sheet.language) for line in lines) / 2 + GAP
    for region in spot.regions:
        disc_x, disc_y = DISCS[region][0], DISCS[region][1] + NORTH
        # The line goes to the nearest edge of the words.
        end_x, end_y = (x, upper) if disc_y < upper else (x, lower)
        if upper <= disc_y <= lower:
            end_x, end_y = x + math.copysign(half, disc_x - x), top - GAP
        sheet.shapes.append(Line(disc_x, disc_y, end_x, end_y, SOFT, 0.8))
        sheet.shapes.append(Disc(disc_x, disc_y, 2.5, SOFT))
    if spot.count:
        radius = LARGEST * math.sqrt(spot.count / most)
        disc_x, disc_y = DISCS[spot.regions[0]]
        sheet.shapes.append(Disc(disc_x, disc_y + NORTH, max(radius, 2.5), BAR))
    for place, line in enumerate(lines):
        sheet.write(x, top + LINE * place, line, "middle")
    sheet.write(x, top + LINE * len(lines), printable(spot.value), "middle", bold=True)
    return top + LINE * (len(lines) + 1)


@cache
def _drawn() -> Mapping[str, Any]:
    drawn: Mapping[str, Any] = json.loads(SHAPES.read_text(encoding="utf-8"))
    return drawn
