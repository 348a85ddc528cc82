"""The numbered paragraphs of a paper, which people comment on."""

import json
from collections.abc import Iterator

from app.reporting.release import Release
from app.reporting.renderers.compose import compose
from app.reporting.renderers.paper import Paper, Paragraph
from app.reporting.rounds import Numbered
from app.web.i18n import Translator


def render_paragraphs(release: Release, t: Translator) -> bytes:
    """Number, title of the section and words of each, as JSON."""
    paragraphs = numbered(compose(release, t), t.gap)
    return json.dumps([[each.number, each.section, each.text] for each in paragraphs], ensure_ascii=False).encode()


def numbered(paper: Paper, gap: str) -> Iterator[Numbered]:
    """The paragraphs that have a number, in order; `gap` stands between a lead and its text."""
    for section in paper.sections:
        for block in section.blocks:
            if isinstance(block, Paragraph) and block.number:
                words = gap.join(part for part in (block.lead, block.text) if part)
                yield Numbered(block.number, section.title, words)
