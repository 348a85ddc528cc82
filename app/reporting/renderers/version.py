"""One version of the paper: all its files in six languages, and its numbered paragraphs, which people comment on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.questionnaire.document import LANGUAGES
from app.reporting.release_file import from_bytes
from app.reporting.renderers.compose import compose
from app.reporting.renderers.files import PAPERS, render_file
from app.reporting.renderers.paper import Paper, Paragraph
from app.reporting.rounds import Numbered, Standing, standing_in
from app.web.i18n import translator


@dataclass(frozen=True)
class Rendered:
    """`files` by language and format, `paragraphs` by language."""

    files: Mapping[tuple[str, str], bytes]
    paragraphs: Mapping[str, tuple[Numbered, ...]]


def render_version(release: bytes, standing: Standing) -> Rendered:
    """Everything of a version, from the bytes of its release."""
    told = standing_in(from_bytes(release), standing)
    return Rendered(
        files={(language, form): render_file(told, language, form) for language in LANGUAGES for form in PAPERS},
        paragraphs={
            language: tuple(numbered(compose(told, translator(language)), translator(language).gap))
            for language in LANGUAGES
        },
    )


def numbered(paper: Paper, gap: str) -> Iterator[Numbered]:
    """The paragraphs that have a number, in order; `gap` stands between a lead and its text."""
    for section in paper.sections:
        for block in section.blocks:
            if isinstance(block, Paragraph) and block.number:
                words = gap.join(part for part in (block.lead, block.text) if part)
                yield Numbered(block.number, section.title, words)
