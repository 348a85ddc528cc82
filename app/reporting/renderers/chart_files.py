"""The charts of a paper one by one, as SVG to take along."""

import json
from collections.abc import Mapping

from app.reporting.release import Release
from app.reporting.renderers.block_values import block_id
from app.reporting.renderers.charts import draw
from app.reporting.renderers.compose import compose
from app.reporting.renderers.paper import Figure
from app.reporting.renderers.svg import to_svg
from app.web.i18n import Translator


def figures_of(release: Release, t: Translator) -> Mapping[str, Figure]:
    """Every figure of the paper by its id, in order."""
    paper = compose(release, t)
    return {
        block_id(block.key): block
        for section in (*paper.sections, *paper.annexes)
        for block in section.blocks
        if isinstance(block, Figure)
    }


def render_chart(figure: Figure, t: Translator) -> str:
    """The chart as a file of its own, in one language."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{to_svg(draw(figure, t))}\n'


def render_charts(release: Release, t: Translator) -> bytes:
    """All charts in one language: a JSON object of SVG by id."""
    charts = {key: render_chart(figure, t) for key, figure in figures_of(release, t).items()}
    return json.dumps(charts, ensure_ascii=False).encode()
