"""The secretariat's words in their places: over or after generated paragraphs, with a small mark that the annex on
method explains."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

from app.reporting.release import Release
from app.reporting.renderers.paper import Block, Boxed, Paper, Paragraph, Section
from app.reporting.words import Own, own_in
from app.web.i18n import Translator

#: Stands after a paragraph that was not generated; a sign that every typeface has.
MARK = "\u00a0*"
METHOD = "method."


def with_words(paper: Paper, release: Release, t: Translator) -> Paper:
    """The paper with the words of its language in their places, paragraphs numbered anew."""
    own = own_in(release, t.language)
    there = {id_ for id_, _, _ in generated_paragraphs(paper)}
    own = {id_: words for id_, words in own.items() if id_ in there}
    if not own:
        return paper
    return replace(
        paper,
        boxes=tuple(_box(box, own) for box in paper.boxes),
        sections=tuple(
            replace(section, blocks=tuple(numbered(section.number, _blocks(section.blocks, own))))
            for section in paper.sections
        ),
        annexes=tuple(_annex(annex, own, t) for annex in paper.annexes),
    )


def in_place(generated: str, id_: str, release: Release, t: Translator) -> tuple[str, ...]:
    """What stands in the place of one generated text, without marks."""
    own = own_in(release, t.language).get(id_)
    if own is None:
        return (generated,)
    return (generated, *own.paragraphs) if own.after else own.paragraphs


def named(section: str, names: Sequence[str], texts: Iterable[str]) -> Iterator[Paragraph]:
    """Paragraphs with stable ids; one that has no name yet has none."""
    for name, text in zip_longest(names, texts):
        if text is not None:
            yield Paragraph(text, id=f"{section}.{name}" if name else "")


def numbered(section: str, blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, with their paragraphs numbered 1.1, 1.2, …"""
    place = 0
    for block in blocks:
        if isinstance(block, Paragraph):
            place += 1
            yield replace(block, number=f"{section}.{place}")
        else:
            yield block


def generated_paragraphs(paper: Paper) -> Iterator[tuple[str, str, Paragraph]]:
    """Id, title of the part, and paragraph, of every paragraph that has an id, in order."""
    for box in paper.boxes:
        if box.id:
            yield box.id, box.title, Paragraph(" ".join(box.paragraphs), id=box.id)
    for section in (*paper.sections, *paper.annexes):
        for block in section.blocks:
            if isinstance(block, Paragraph) and block.id:
                yield block.id, section.title, block


def _box(box: Boxed, own: Mapping[str, Own]) -> Boxed:
    words = own.get(box.id)
    if words is None:
        return box
    written = tuple(f"{text}{MARK}" for text in words.paragraphs)
    return replace(box, paragraphs=(*box.paragraphs, *written) if words.after else written)


def _blocks(blocks: Iterable[Block], own: Mapping[str, Own]) -> Iterator[Block]:
    for block in blocks:
        words = own.get(block.id) if isinstance(block, Paragraph) else None
        if words is None or not isinstance(block, Paragraph):
            yield block
            continue
        if words.after:
            yield block
        for place, text in enumerate(words.paragraphs):
            # The question that a paragraph is about stays before it.
            lead = block.lead if place == 0 and not words.after else ""
            yield replace(block, text=f"{text}{MARK}", lead=lead)


def _annex(annex: Section, own: Mapping[str, Own], t: Translator) -> Section:
    blocks = tuple(_blocks(annex.blocks, own))
    if any(isinstance(block, Paragraph) and block.id.startswith(METHOD) for block in annex.blocks):
        told = t.gettext(
            "Paragraphs that end with * were written by the Secretariat. All others, and every chart and table, were"
            " made from the release alone."
        )
        blocks = (*blocks, Paragraph(told))
    return replace(annex, blocks=blocks)
