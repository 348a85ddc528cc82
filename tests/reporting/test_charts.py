"""Charts: lengths are shares as shown, hidden figures have no bar, right in Arabic and in grey."""

import json
import re
import struct
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from lxml import etree

from app.questionnaire.document import LANGUAGES
from app.reporting.groups import REGIONS
from app.reporting.release import Cell, Release
from app.reporting.renderers.chart_files import figures_of, render_chart
from app.reporting.renderers.charts import AXIS, LENGTH, draw
from app.reporting.renderers.drawing import BAR, RAMP, WIDTH, Disc, Drawing, Line, Rect, Shape
from app.reporting.renderers.paper import Bar, Bars, Figure, Pairs, Spot, Spots, Stack, Stacks
from app.reporting.renderers.pictures import to_png
from app.reporting.renderers.region_map import LARGEST, SHAPES, TONES
from app.reporting.renderers.svg import without_words
from app.reporting.renderers.typefaces import broken, width
from app.web.i18n import translator
from tests.reporting.people import instrument, invented, release_of

COUNTS = (400, 100, 0, 5, 25, 10)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def release() -> Release:
    document = instrument()
    return release_of(document, list(invented(document, 400)))


def figure_of(chart: Any) -> Figure:
    return Figure("X choice", 1, "Figure 1. What?", chart, None, "", "bars", "A: 1%")


def bar(share: int | None) -> Bar:
    return Bar("A", share, "not shown" if share is None else f"{share}%", "5")


def bars_in(drawing: Drawing, fill: str = BAR) -> list[Rect]:
    return [shape for shape in drawing.shapes if isinstance(shape, Rect) and shape.fill == fill]


def stacks(*rows: tuple[int, ...] | None) -> Figure:
    made = tuple(Stack("Row", "", shares, "") for shares in rows)
    return figure_of(Stacks(("Never", "Seldom", "Often", "Always", "No answer"), made, "", "no bar here"))


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_bar_is_as_long_as_its_share_and_begins_where_reading_begins(language: str) -> None:
    drawing = draw(figure_of(Bars(tuple(bar(share) for share in (0, 1, 50, 100)))), translator(language))
    drawn = bars_in(drawing)
    assert [round(each.width / LENGTH * 100) for each in drawn] == [1, 50, 100]
    starts = {round(each.x + each.width if language == "ar" else each.x, 3) for each in drawn}
    assert starts == {WIDTH - AXIS if language == "ar" else AXIS}


def test_what_is_not_shown_has_words_and_dashes_and_no_bar() -> None:
    drawing = draw(figure_of(Bars((bar(None), bar(30)))), translator("en"))
    assert len(bars_in(drawing)) == 1
    assert "not shown" in [words.text for words in drawing.words]
    assert sum(isinstance(shape, Line) and shape.dashed for shape in drawing.shapes) == 1


def test_a_row_with_a_hidden_part_has_no_bar_at_all() -> None:
    drawing = draw(stacks((20, 20, 20, 20, 20), None), translator("en"))
    parts = [shape for shape in drawing.shapes if isinstance(shape, Rect) and shape.height == 22]
    assert len([each for each in parts if not each.dashed]) == 5
    assert len([each for each in parts if each.dashed]) == 1
    assert "no bar here" in [words.text for words in drawing.words]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_rounded_shares_of_more_than_100_stay_on_the_sheet_and_in_proportion(language: str) -> None:
    drawing = draw(stacks((25, 25, 25, 25, 15), (20, 20, 20, 20, 20)), translator(language))
    parts = [shape for shape in drawing.shapes if isinstance(shape, Rect) and shape.height == 22]
    assert all(each.x >= 0 and each.x + each.width <= WIDTH for each in parts)
    unit = {round(each.width / share, 3) for each, share in zip(parts, (25, 25, 25, 25, 15, *[20] * 5), strict=True)}
    assert len(unit) == 1


def test_first_places_and_any_place_stand_under_each_other() -> None:
    drawing = draw(figure_of(Pairs(("First", "Any"), ((bar(10), bar(40)),))), translator("en"))
    first, places = bars_in(drawing)[-1], bars_in(drawing, RAMP[0])[-1]
    assert round(places.width / first.width, 3) == 4
    assert first.y < places.y


def test_the_ramp_is_an_order_of_lightness_that_reads_in_grey() -> None:
    """Contrast (WCAG 2.2) between neighbours; an edge of ink parts them besides."""
    light = [luminance(color) for color in RAMP]
    assert all((a + 0.05) / (b + 0.05) >= 1.35 for a, b in pairwise(light))


def luminance(color: str) -> float:
    parts = [each / 255 for each in struct.unpack("3B", bytes.fromhex(color[1:]))]
    linear: list[float] = [each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_every_chart_stands_on_its_sheet(release: Release, language: str) -> None:
    t = translator(language)
    for figure in figures_of(release, t).values():
        drawing = draw(figure, t)
        for words in drawing.words:
            wide = width(words.text, words.size, language=language, bold=words.bold)
            left = words.x - {"start": 0.0, "middle": wide / 2, "end": wide}[words.anchor]
            assert left > -1, words.text
            assert left + wide < WIDTH + 1, words.text
            assert 0 < words.y <= drawing.height


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chart_is_a_file_that_needs_no_other(release: Release, language: str) -> None:
    t = translator(language)
    for figure in figures_of(release, t).values():
        text = render_chart(figure, t)
        root = etree.fromstring(text.encode())
        assert root.find(f"{SVG}title").text == figure.caption
        assert root.find(f"{SVG}desc").text
        assert root.get("aria-labelledby") == "title told"
        assert "direction" not in text
        assert "style" not in text
        assert "href" not in text
        for words in root.iter(f"{SVG}text"):
            assert words.text[0] == ("\u2067" if language == "ar" else "\u2066")
            assert words.text[-1] == "\u2069"


def test_every_figure_of_a_chart_is_in_its_words(release: Release) -> None:
    t = translator("en")
    for key, figure in figures_of(release, t).items():
        if isinstance(figure.chart, Bars):
            assert [each.value for each in figure.chart.bars] == re.findall(r"Share (\d+%|not shown)", figure.values), (
                key
            )
        if isinstance(figure.chart, Spots):
            assert [each.value for each in figure.chart.spots] == re.findall(r": ([\d,]+)", figure.values)


def test_the_map_shows_regions_and_no_country() -> None:
    spots = tuple(Spot((region,), region, count, str(count)) for region, count in zip(REGIONS, COUNTS, strict=True))
    drawing = draw(figure_of(Spots(spots)), translator("ar"))
    shapes = [shape for shape in drawing.shapes if isinstance(shape, Shape)]
    assert len(shapes) == len(REGIONS)
    discs = [shape for shape in drawing.shapes if isinstance(shape, Disc) and shape.fill == BAR]
    assert [round((each.radius / LARGEST) ** 2 * 400) for each in discs] == [400, 100, 5, 25, 10]
    assert {words.text for words in drawing.words} == {*REGIONS, "400", "100", "0", "5", "25", "10"}


def test_regions_that_were_taken_together_have_one_tone_and_one_number() -> None:
    drawing = draw(figure_of(Spots((Spot(("cis", "europe"), "both", 12, "10"),))), translator("en"))
    regions = json.loads(SHAPES.read_text(encoding="utf-8"))["regions"]
    tones = {shape.path: shape.fill for shape in drawing.shapes if isinstance(shape, Shape)}
    assert tones == {regions[name]: tone for name, tone in (TONES | {"europe": TONES["cis"]}).items()}
    assert [words.text for words in drawing.words] == ["both", "10"]


def test_lines_are_broken_where_a_language_breaks_them() -> None:
    lines = broken("社交媒体上的“网络欺凌”，您是否同意以下说法？（请选择）", 12, 100, language="zh")
    assert len(lines) > 2
    assert not any(line[0] in "，。？）”" or line[-1] in "（“" for line in lines)
    for language, text in (("ru", "Совершеннонесогласенсовсем и никогда"), ("en", "a word/another-word and more")):
        lines = broken(text, 12, 90, language=language)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(width(line, 12, language=language) <= 90 for line in lines)


def test_a_picture_for_word_is_as_large_as_its_drawing_and_always_the_same(release: Release) -> None:
    t = translator("zh")
    drawings = [draw(figure, t) for figure in figures_of(release, t).values()][:3]
    pictures = to_png(drawings, "zh", 150)
    assert pictures == to_png(drawings, "zh", 150)
    for drawing, picture in zip(drawings, pictures, strict=True):
        wide, high = struct.unpack(">II", picture[16:24])
        assert abs(high / wide - drawing.height / WIDTH) < 0.01
        assert wide >= 1100
    assert to_png([], "zh", 150) == []
    assert "<text" not in without_words(drawings[0])


def test_a_scale_with_a_hidden_total_falls_back_to_single_bars(release: Release) -> None:
    table = next(table for table in release.tables if table.code == "DS10")
    hidden = replace(table.total, cells=(None, *table.total.cells[1:]))
    shown = replace(table.total, cells=tuple(Cell(5, 20) for _ in table.total.cells))
    t = translator("en")
    for total, kind in ((hidden, Bars), (shown, Stacks)):
        tables = tuple(
            replace(each, columns=(total, *each.columns[1:])) if each is table else each for each in release.tables
        )
        assert isinstance(figures_of(replace(release, tables=tables), t)["DS10-choice"].chart, kind)


@pytest.mark.parametrize(("share", "note"), [(20, False), (21, True), (19, True)])
def test_bars_whose_rounded_shares_do_not_add_up_say_so(release: Release, share: int, note: bool) -> None:
    table = next(table for table in release.tables if table.code == "DS10")
    total = replace(table.total, cells=tuple(Cell(5, each) for each in (share, 20, 20, 20, 20, 0)))
    alone = replace(table, columns=(total,))
    tables = tuple(alone if each is table else each for each in release.tables)
    source = figures_of(replace(release, tables=tables), translator("en"))["DS10-choice"].source
    assert source.startswith("Shares are rounded, so those in one bar may not add up to 100. ") is note
    assert source.endswith(" in Annex 2.")


def test_divided_bars_have_one_scale_unless_they_would_not_fit() -> None:
    units = []
    for shares in ((20, 20, 20, 20, 16), (25, 20, 20, 20, 19), (26, 26, 26, 26, 26)):
        drawing = draw(stacks(shares), translator("en"))
        parts = [shape for shape in drawing.shapes if isinstance(shape, Rect) and shape.height == 22]
        units.append(sum(each.width for each in parts) / sum(shares))
    assert units[0] == pytest.approx(units[1])
    assert units[2] < units[1]
