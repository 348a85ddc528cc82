"""In their own words, for the paper in one language: how many wrote, what about, and the texts that were cleared."""

from collections.abc import Iterator, Sequence

from app.reporting.release import Table
from app.reporting.renderers.labels import Labels
from app.reporting.renderers.paper import Block, Grid, GridCell, GridRow, Paragraph
from app.reporting.renderers.places import Words, words_of


def own_words(labels: Labels, texts: Sequence[Table]) -> Iterator[Block]:
    """For each open question, in order: the number of texts, their themes, and those that are quoted, the original
    beside its translation. Then who has read them."""
    t, release = labels.t, labels.release
    for table in texts:
        lead = t.gettext("%(question)s (%(code)s)", question=labels.table_text(table), code=table.code)
        said = labels.joined([_number(labels, table), *_themes(labels, table)])
        yield Paragraph(said, lead=lead, id=f"words.{table.code}")
        if quoted := list(words_of(labels, release.quotes, table.code)):
            yield _quotes(labels, table, quoted)
    if release.codebooks:
        yield Paragraph(
            t.gettext(
                "A person read every text before any of it was published, and chose those that are quoted: at most one"
                " of each person, with age and region only where %(people)s people or more of that age and region"
                " answered.",
                people=t.number(release.parameters.k_quote),
            ),
            id="words.read",
        )
        return
    yield Paragraph(
        t.gettext(
            "A person reads every text before any of it is published. What the texts are about will"
            " follow in a later version of this document; no text is quoted in this one."
        ),
        id="words.reading",
    )


def _number(labels: Labels, table: Table) -> str:
    cell = table.total.cells[0]
    if cell is None:
        return labels.t.gettext("The number of texts is not shown.")
    return labels.t.ngettext("About %(n)s text was written.", "About %(n)s texts were written.", cell.count)


def _themes(labels: Labels, table: Table) -> Iterator[str]:
    t = labels.t
    themes = labels.release.by_key.get(f"{table.code} themes")
    if themes is None:
        return
    if not any(themes.total.cells):
        yield t.gettext("How many are about which theme is not shown.")
        return
    shares = zip(themes.lines, themes.total.cells, strict=True)
    yield t.gettext(
        "What they are about, as shares of those who wrote one: %(themes)s.",
        themes=t.semicolon.join(labels.line(themes, line) + t.colon + labels.share(cell) for line, cell in shares),
    )


def _quotes(labels: Labels, table: Table, quoted: Sequence[Words]) -> Grid:
    t = labels.t
    translated = any(each.translation for each in quoted)
    rows = []
    for each in quoted:
        cells = [GridCell(each.text, "text", each.language)]
        if translated:
            cells.append(GridCell(each.translation or "–", "text"))
        unnamed = [] if each.named else [t.gettext("Age and region not named.")]
        rows.append(GridRow(labels.joined(said for said in (*unnamed, each.by) if said), tuple(cells)))
    head = (t.gettext("Who wrote it"), t.gettext("Text"), *([t.gettext("Translation")] if translated else []))
    caption = t.gettext("Quoted from the texts (%(code)s)", code=table.code)
    return Grid(f"{table.code} quotes all", caption, head, tuple(rows))
