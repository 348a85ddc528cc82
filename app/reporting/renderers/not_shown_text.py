"""What is not shown, as lines for a terminal."""

import textwrap
from collections.abc import Iterator

from app.reporting.renderers.not_shown import Told
from app.web.i18n import Translator

WIDE = 78


def as_text(told: Told, t: Translator) -> str:
    """The report for a terminal: no line is longer than it must be."""
    return "\n".join(_lines(told, t)) + "\n"


def _lines(told: Told, t: Translator) -> Iterator[str]:
    yield from (told.title, "=" * len(told.title))
    yield from _wrapped(told.lead)
    yield ""
    yield from (name + t.colon + t.number(number) for name, number in told.figures)
    for chapter in told.chapters:
        yield from ("", chapter.title, "-" * len(chapter.title))
        for paragraph in chapter.said:
            yield from _wrapped(paragraph)
        for each in chapter.listed:
            yield from _wrapped(each, "- ")
        if chapter.grid:
            for row in chapter.grid.rows:
                cells = zip(chapter.grid.head[1:], row.cells, strict=True)
                told_cells = t.semicolon.join(name + t.colon + cell.text for name, cell in cells if cell.kind != "word")
                yield from _wrapped(row.name, "- ")
                yield from _wrapped(told_cells, "    ")
        for table in chapter.tables:
            yield from _wrapped(table.title)
            for note in table.notes:
                yield from _wrapped(note, "  - ")


def _wrapped(words: str, first: str = "") -> Iterator[str]:
    yield from textwrap.wrap(
        words, WIDE, initial_indent=first, subsequent_indent=" " * len(first), break_on_hyphens=False
    )
