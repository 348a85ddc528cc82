"""What the paper says of the texts that people wrote: how many, what they are about, and some of them in their own
words with age band and region only. In one language."""

from collections.abc import Iterator
from dataclasses import replace

from app.reporting.groups import NONE
from app.reporting.narrative import Narrative
from app.reporting.release import Quote, Table
from app.reporting.renderers.figures import bars_figure
from app.reporting.renderers.labels import Labels
from app.reporting.renderers.paper import Block, Figure, Paragraph, Quoted


def written_blocks(labels: Labels, told: Narrative, figures: int) -> Iterator[Block]:
    """Each open question with its themes and quotes, then how texts are read. `figures` are there already."""
    t, release = labels.t, labels.release
    for table in told.texts:
        lead = t.gettext("%(question)s (%(code)s)", question=labels.table_text(table), code=table.code)
        themes = release.by_key.get(f"{table.code} themes")
        said = [_how_many(labels, table), *(_most_found(labels, themes) if themes else ())]
        yield Paragraph(labels.joined(said), lead=lead, id=f"words.{table.code}")
        if themes is not None and any(themes.total.cells):
            figures += 1
            yield _themes_figure(labels, themes, figures)
        yield from (quoted(labels, quote) for quote in release.quotes if quote.question == table.code)
    yield Paragraph(labels.joined(_reading(labels)), id="words.reading")


def _how_many(labels: Labels, table: Table) -> str:
    t, cell = labels.t, table.total.cells[0]
    if cell is None:
        return t.gettext("The number of texts is not shown.")
    return t.ngettext("About %(n)s text was written.", "About %(n)s texts were written.", cell.count)


def _most_found(labels: Labels, themes: Table) -> Iterator[str]:
    shares = {line: cell.share for line, cell in zip(themes.lines, themes.total.cells, strict=True) if cell}
    shares.pop(NONE, None)
    if shares:
        line = max(shares, key=lambda each: shares[each])
        yield labels.t.gettext(
            "Of the themes shown, “%(theme)s” was found most often: in %(share)s per cent of the texts.",
            theme=labels.theme(themes.question, line),
            share=labels.t.number(shares[line]),
        )


def _themes_figure(labels: Labels, themes: Table, number: int) -> Figure:
    t = labels.t
    title = t.gettext("What the texts are about: shares of those who wrote one.")
    caption = t.gettext("Figure %(number)s. %(title)s", number=t.number(number), title=title.rstrip("。."))
    return replace(bars_figure(labels, themes, number), caption=caption)


def _reading(labels: Labels) -> Iterator[str]:
    t, release = labels.t, labels.release
    if release.quotes:
        yield t.gettext("A person read every text that is quoted here and made sure that nobody can be recognized.")
        yield t.gettext(
            "Age and region are given only where at least %(people)s people of that age in that region answered.",
            people=t.number(release.parameters.k_quote),
        )
    elif release.codebooks:
        yield t.gettext("A person reads every text before any of it is published. No text is quoted in this document.")
    else:
        yield t.gettext(
            "A person reads every text before any of it is published. What the texts are about will"
            " follow in a later version of this document; no text is quoted in this one."
        )


def quoted(labels: Labels, quote: Quote) -> Quoted:
    """A cleared text, with its translation where it is in another language and there is one."""
    t = labels.t
    translated = quote.words.get(t.language, "") if quote.language != t.language else ""
    said = author(labels, quote)
    if translated:
        said.append(t.gettext("Translated from %(language)s.", language=t.language_name(quote.language)))
    elif quote.language != t.language:
        said.append(t.gettext("Language: %(language)s", language=t.language_name(quote.language)))
    return Quoted(quote.words[quote.language], quote.language, translated, labels.joined(said))


def author(labels: Labels, quote: Quote) -> list[str]:
    """What may be said of who wrote it: age band and region, or nothing."""
    t = labels.t
    age = labels.group("age", quote.age) if quote.age else ""
    region = labels.group("region", quote.region) if quote.region else ""
    if age and region:
        return [t.gettext("%(age)s, %(region)s.", age=age, region=region)]
    return [t.gettext("%(who)s.", who=age or region)] if age or region else []
