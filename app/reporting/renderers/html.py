"""The paper as a page: linked to our stylesheet where we serve it, with everything inside where it is a file.

The template is handed blocks of words and renders them through `render` (template name and values to HTML, in the
language of the paper), so this file knows no template engine.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from markupsafe import Markup

from app.reporting.release import Release
from app.reporting.renderers.block_values import plain_values
from app.reporting.renderers.charts import INSIDE_FROM, draw, ramp, room
from app.reporting.renderers.compose import compose
from app.reporting.renderers.paper import Block, Figure, Paper, Section, Spots, Stack, Stacks
from app.reporting.renderers.svg import to_svg
from app.web.i18n import Translator

Render = Callable[[str, Mapping[str, Any]], str]

STATIC = Path(__file__).parents[3] / "static"
STYLES = ("tokens.css", "paper.css", "paper-additions.css")
TEMPLATE = "reporting/paper.html"


def render_page(release: Release, t: Translator, render: Render, charts: str = "") -> str:
    """The paper as a page of ours, with a link to the stylesheet, and to each chart where `charts` is their address."""
    # Markup: empty, since our own page links its stylesheet.
    return render(TEMPLATE, _values(compose(release, t), t, Markup(""), charts))


def render_file(release: Release, t: Translator, render: Render) -> str:
    """The paper as one file that needs no other. The same release gives the same bytes."""
    return render_paper(compose(release, t), t, render)


def render_paper(paper: Paper, t: Translator, render: Render) -> str:
    """Any paper as one file that needs no other."""
    return render(TEMPLATE, _values(paper, t, style_of(paper)))


def style_of(paper: Paper) -> Markup:
    """Our stylesheets in one; on paper, every page says that the data is a sample, in the paper's language."""
    parts = [(STATIC / name).read_text(encoding="utf-8") for name in STYLES]
    if paper.sample:
        words = "".join(f"\\{ord(letter):06x}" for letter in paper.sample)
        parts.append(f'@page{{@top-center{{content:"{words}"}}}}@page:first{{@top-center{{content:"{words}"}}}}')
    # Markup: files of ours, and one word of the paper as numbers of its letters. Without "<" nothing ends the style.
    return Markup("\n".join(parts).replace("<", ""))  # noqa: S704


def _values(paper: Paper, t: Translator, style: Markup, charts: str = "") -> dict[str, Any]:
    return {
        "paper": paper,
        "style": style,
        "charts": charts,
        "sections": [_section(section, section.title, t) for section in paper.sections],
        "annexes": [
            _section(annex, t.gettext("Annex %(number)s. %(title)s", number=annex.number, title=annex.title), t)
            for annex in paper.annexes
        ],
    }


def _section(section: Section, title: str, t: Translator) -> dict[str, Any]:
    return {
        "number": section.number,
        "title": title,
        "wide": section.wide,
        "blocks": [block_values(each, t) for each in section.blocks],
    }


def block_values(block: Block, t: Translator) -> dict[str, Any]:
    """The block as `plain_values` gives it, and the chart of a figure."""
    values = plain_values(block)
    return {**values, "chart": _chart(block, t)} if isinstance(block, Figure) else values


def _chart(figure: Figure, t: Translator) -> dict[str, Any]:
    """The chart as values. Words are HTML and only bars are SVG, so that words wrap; the map is a drawing."""
    chart = figure.chart
    values: dict[str, Any] = {"kind": type(chart).__name__.lower()}
    match chart:
        case Stacks():
            fills = ramp(len(chart.points))
            longest = room(chart)
            values["key"] = list(zip(chart.points, fills, strict=True))
            values["rows"] = [(row, _parts(row, fills, longest, t)) for row in chart.rows]
            values["together"], values["instead"] = chart.together, chart.instead
        case Spots():
            # Markup: `to_svg` escapes every word; the rest are numbers, colours and shapes of ours.
            values["svg"] = Markup(to_svg(draw(figure, t), alone=False))  # noqa: S704
        case _:
            values |= {each.name: getattr(chart, each.name) for each in fields(chart)}
    return values


def _parts(row: Stack, fills: Sequence[int], longest: int, t: Translator) -> list[dict[str, Any]]:
    """The parts of a divided bar, in hundredths of its length from the left. In Arabic they begin at the right."""
    parts, start = [], 0.0
    for share, fill in zip(row.shares or (), fills, strict=False):
        wide = 100 * share / longest
        left = 100 - start - wide if t.direction == "rtl" else start
        start += wide
        if share:
            inside = str(share) if share >= INSIDE_FROM else ""
            parts.append(
                {"x": left, "share": share, "wide": wide, "middle": left + wide / 2, "fill": fill, "inside": inside}
            )
    return parts
