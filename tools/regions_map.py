"""The six regions of the ITU as shapes: `regions_map.py countries-110m.json` writes app/reporting/data/regions.json.

The input is a file of the npm package world-atlas. Countries of one region are dissolved, so that no border between
them is left; the result is projected (Natural Earth), simplified and rounded. Run once; what it wrote is
kept in the repository.
"""

import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from babel.core import get_global

from app.consultations.countries import region_of
from app.reporting.groups import REGIONS

Point = tuple[float, float]

TARGET = Path(__file__).resolve().parents[1] / "app" / "reporting" / "data" / "regions.json"
#: The drawing is so many units wide. A bend of less than `FINE` units is drawn straight, and an island of less than
#: `SMALLEST` square units is left out.
WIDE, FINE, SMALLEST = 1400, 0.8, 12.0
#: The meridian in the middle: the opposite one runs between Asia and America and through no land.
MIDDLE = 11.4
#: South of this is no land of any region.
SOUTHERN_END = -56.0
#: Areas that the list of countries does not have, with the region around them, so that they leave no hole and no line.
#: Nothing is said by this about any of them. Antarctica and the islands around it are in no region.
OTHERS = {
    "W. Sahara": "arab_states",
    "Somaliland": "arab_states",
    "Kosovo": "europe",
    "N. Cyprus": "europe",
    "Taiwan": "asia_pacific",
    "New Caledonia": "asia_pacific",
    "Greenland": "americas",
    "Falkland Is.": "americas",
    "Puerto Rico": "americas",
    "Antarctica": "",
    "Fr. S. Antarctic Lands": "",
}
#: Parts of a country that are drawn with another region: of which country, the box that holds them (west, south, east,
#: north, degrees), and the region. The Crimea goes with Ukraine (General Assembly resolution 68/262).
PARTS = (
    ("France", (-62.0, 1.0, -50.0, 20.0), "americas"),
    ("Russia", (32.0, 44.0, 37.0, 46.6), "europe"),
)


def main(source: Path) -> None:
    """The file of shapes is written."""
    world = json.loads(source.read_text(encoding="utf-8"))
    arcs = [_simplified([_projected(point) for point in arc]) for arc in _degrees(world)]
    uses: dict[str, list[int]] = defaultdict(list)
    for country in world["objects"]["countries"]["geometries"]:
        name = country["properties"]["name"]
        polygons = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
        for polygon in polygons:
            region = _region(name, country.get("id", ""), _box(world, polygon[0]))
            if region:
                uses[region] += [arc for ring in polygon for arc in ring]
    rings = {region: list(_rings(uses[region], arcs)) for region in REGIONS}
    kept = {region: [ring for ring in found if abs(_area(ring)) >= SMALLEST] for region, found in rings.items()}
    every = [point for found in kept.values() for ring in found for point in ring]
    left, top = min(x for x, _ in every), min(y for _, y in every)
    drawn = {
        "width": math.ceil(max(x for x, _ in every) - left),
        "height": math.ceil(max(y for _, y in every) - top),
        "regions": {
            region: "".join(_path([(x - left, y - top) for x, y in ring]) for ring in found)
            for region, found in kept.items()
        },
    }
    TARGET.write_text(json.dumps(drawn, indent=0) + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes, {drawn['width']} by {drawn['height']}")


def _degrees(world: Any) -> Iterator[list[Point]]:
    """The arcs of a topology, in degrees: its numbers are steps from point to point (TopoJSON 2.1.3, 2.1.4)."""
    (wide, high), (west, south) = world["transform"]["scale"], world["transform"]["translate"]
    for arc in world["arcs"]:
        x = y = 0
        points = []
        for across, up in arc:
            x, y = x + across, y + up
            points.append((x * wide + west, y * high + south))
        yield points


def _box(world: Any, ring: Sequence[int]) -> tuple[float, float, float, float]:
    arcs = list(_degrees({**world, "arcs": [world["arcs"][arc if arc >= 0 else ~arc] for arc in ring]}))
    xs, ys = [x for arc in arcs for x, _ in arc], [y for arc in arcs for _, y in arc]
    return min(xs), min(ys), max(xs), max(ys)


def _region(name: str, numeric: str, box: tuple[float, float, float, float]) -> str:
    """The region of a polygon, "" for none. Raises KeyError for a country that nobody has told us about."""
    west, south, east, north = box
    if north < SOUTHERN_END:
        return ""
    for country, (left, low, right, high), region in PARTS:
        if name == country and left <= west and east <= right and low <= south and north <= high:
            return region
    if name in OTHERS:
        return OTHERS[name]
    return region_of(get_global("territory_aliases")[numeric][0]) or OTHERS[name]


def _projected(point: Point) -> Point:
    """Natural Earth (Šavrič, Jenny, Patterson 2011), in our units, y downwards."""
    across, up = math.radians(point[0] - MIDDLE), math.radians(point[1])
    if across < -math.pi:
        across += 2 * math.pi
    p2, p4 = up**2, up**4
    x = across * (0.8707 - 0.131979 * p2 + p4 * (-0.013791 + p4 * (0.003971 * p2 - 0.001529 * p4)))
    y = up * (1.007226 + p2 * (0.015085 + p4 * (-0.044475 + 0.028874 * p2 - 0.005916 * p4)))
    scale = WIDE / (2 * math.pi * 0.8707)
    return x * scale, -y * scale


def _simplified(points: list[Point]) -> list[Point]:
    """Douglas and Peucker: no point that is left out lies further than `FINE` from the line. The ends stay, so that
    neighbours still meet."""
    if len(points) < 3:
        return points
    (x1, y1), (x2, y2) = points[0], points[-1]
    length = math.hypot(x2 - x1, y2 - y1)

    def away(point: Point) -> float:
        if not length:
            return math.hypot(point[0] - x1, point[1] - y1)
        return abs((x2 - x1) * (y1 - point[1]) - (x1 - point[0]) * (y2 - y1)) / length

    place = max(range(1, len(points) - 1), key=lambda each: away(points[each]))
    if away(points[place]) <= FINE:
        return [points[0], points[-1]]
    return _simplified(points[: place + 1])[:-1] + _simplified(points[place:])


def _rings(used: Iterable[int], arcs: Sequence[list[Point]]) -> Iterator[list[Point]]:
    """The outlines of what these arcs enclose together: an arc that two polygons share lies inside."""
    times: dict[int, int] = defaultdict(int)
    outer = list(used)
    for arc in outer:
        times[max(arc, ~arc)] += 1
    lines = [arcs[arc] if arc >= 0 else arcs[~arc][::-1] for arc in outer if times[max(arc, ~arc)] == 1]
    starts: dict[Point, list[list[Point]]] = defaultdict(list)
    for line in lines:
        starts[line[0]].append(line)
    while starts:
        ring = next(iter(next(iter(starts.values()))))
        starts[ring[0]].remove(ring)
        ring = list(ring)
        while ring[0] != ring[-1]:
            following = starts[ring[-1]].pop()
            ring += following[1:]
        yield ring
        starts = defaultdict(list, {start: left for start, left in starts.items() if left})


def _area(ring: Sequence[Point]) -> float:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring)) / 2


def _path(ring: Sequence[Point]) -> str:
    """The ring as a closed path in steps of whole units."""
    points = [(round(x), round(y)) for x, y in ring[:-1]]
    points = [point for place, point in enumerate(points) if point != points[place - 1]] or points[:1]
    x, y = points[0]
    steps = [f"M{x} {y}l"]
    for across, down in points[1:]:
        steps.append(f"{across - x} {down - y}")
        x, y = across, down
    return f"{steps[0]}{' '.join(steps[1:]).replace(' -', '-')}z"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
