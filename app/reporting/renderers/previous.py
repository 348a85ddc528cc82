"""This round beside the one before: the table of a question, and what is said of it.

Only what was put in the same words with the same choices is compared; under 10 points nothing is called a difference.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.questionnaire.kinds import Matrix
from app.reporting.comparison import Compared, Comparison, compare
from app.reporting.groups import NONE
from app.reporting.narrative import Result
from app.reporting.renderers.grids import share_cell
from app.reporting.renderers.labels import Labels
from app.reporting.renderers.paper import Block, Grid, GridCell, GridRow, Paragraph
from app.reporting.renderers.sentences import ends


def previous_blocks(labels: Labels, results: Sequence[Result], tables: int) -> Iterator[Block]:
    """The section of the paper: both rounds with their numbers, then each question of both with its table. `tables`
    are there already."""
    t, release = labels.t, labels.release
    grids = [(result, grid) for result in results if (grid := before_grid(labels, result)) is not None]
    if release.previous is None or not grids:
        yield Paragraph(
            t.gettext("No comparison with an earlier round is made in this document."), id="comparison.none"
        )
        return
    said = [
        t.ngettext(
            "In the round before, on %(day)s, %(n)s person answered.",
            "In the round before, on %(day)s, %(n)s people answered.",
            release.previous.n,
            day=t.date(release.previous.day),
        ),
        t.ngettext("In this round, %(n)s person answered.", "In this round, %(n)s people answered.", release.n),
        t.gettext("Only questions that were put in the same words, with the same answers, are compared."),
        t.gettext("Different people answered in each round, and chose to, so that a difference need not be a change."),
        t.gettext("Differences under 10 points are not described as differences."),
    ]
    yield Paragraph(labels.joined(said), id="comparison.rounds")
    for number, (result, grid) in enumerate(grids, start=tables + 1):
        question = result.question
        lead = t.gettext("%(question)s (%(code)s)", question=labels.text(question.label), code=question.code)
        yield Paragraph(_largest(labels, result), lead=lead, id=f"comparison.{question.code}")
        caption = t.gettext("Table %(number)s. %(title)s", number=t.number(number), title=grid.caption)
        yield replace(grid, caption=caption)


def _largest(labels: Labels, result: Result) -> str:
    """The answer that differs most between the rounds, in a sentence."""
    t = labels.t
    compared = _compared(labels, result)
    together = isinstance(result.question, Matrix) and any(each.top for each in compared)
    found = [
        (line.now.share, line.before.share, each.table, line.line)
        for each in compared
        for line in (*(() if together else each.lines), each.top)
        if line and line.line != NONE and line.difference is not None and line.now and line.before
    ]
    if not found:
        return t.gettext("No share that is shown differed by 10 points or more.")
    now, before, table, line = max(found, key=lambda each: abs(each[0] - each[1]))
    if line:
        name = t.gettext("“%(choice)s”", choice=labels.line(table, line))
    else:
        high, highest = ends(labels, table)[1]
        name = t.gettext("“%(high)s” or “%(highest)s”", high=high, highest=highest)
    if isinstance(result.question, Matrix):
        row = t.gettext("“%(choice)s”", choice=labels.table_text(table))
        name = t.gettext("%(question)s – %(row)s", question=row, row=name)
    return t.gettext(
        "Of the shares that are shown, the largest difference was in %(answer)s: %(now)s per cent of those asked, and"
        " %(before)s per cent in the round before.",
        answer=name,
        now=t.number(now),
        before=t.number(before),
    )


def _compared(labels: Labels, result: Result) -> list[Comparison]:
    tables = result.tables if isinstance(result.question, Matrix) else result.tables[:1]
    return [found for table in tables if (found := compare(labels.release, table)) is not None]


def before_grid(labels: Labels, result: Result) -> Grid | None:
    """This round beside the one before, for what was put in the same words."""
    t, release = labels.t, labels.release
    compared = _compared(labels, result)
    both = [line for each in compared for line in (*each.lines, each.top) if line and line.now and line.before]
    if not both or release.previous is None:
        return None
    head = (
        t.gettext("Answer"),
        t.gettext("Round of %(day)s", day=t.date(release.facts.day)),
        t.gettext("Round of %(day)s", day=t.date(release.previous.day)),
        t.gettext("Difference"),
    )
    first = compared[0]
    asked = [
        GridCell(labels.count(each), "hidden" if each is None else "figure")
        for each in (first.asked_now, first.asked_before)
    ]
    rows, note = [GridRow(t.gettext("People asked"), (*asked, GridCell("", "word")), total=True)], ""
    if isinstance(result.question, Matrix) and any(each.top for each in compared):
        nothing = Compared("", None, None)
        rows += [_row(labels, labels.table_text(each.table), each.top or nothing) for each in compared]
        high, highest = ends(labels, first.table)[1]
        note = t.gettext("Share of “%(high)s” and “%(highest)s” together.", high=high, highest=highest)
    else:
        for each in compared:
            rows += _rows(labels, each, full=isinstance(result.question, Matrix))
    caption = t.gettext("%(code)s, compared with the round before", code=result.question.code)
    return Grid(f"{result.question.code} before", caption, head, tuple(rows), note)


def _rows(labels: Labels, compared: Comparison, *, full: bool) -> Iterator[GridRow]:
    t, table = labels.t, compared.table
    for each in compared.lines:
        name = labels.line(table, each.line)
        if full:
            name = t.gettext("%(question)s – %(row)s", question=labels.table_text(table), row=name)
        yield _row(labels, name, each)
    if compared.top:
        high, highest = ends(labels, table)[1]
        yield _row(labels, t.gettext("“%(high)s” or “%(highest)s”", high=high, highest=highest), compared.top)


def _row(labels: Labels, name: str, both: Compared) -> GridRow:
    return GridRow(name, (*(share_cell(labels, cell) for cell in (both.now, both.before)), _difference(labels, both)))


def _difference(labels: Labels, both: Compared) -> GridCell:
    t, points = labels.t, both.difference
    if both.now is None or both.before is None:
        return GridCell("–", "word")
    if points is None:
        return GridCell(t.gettext("under 10 points"), "word")
    if points > 0:
        return GridCell(t.ngettext("↑ %(n)s point more", "↑ %(n)s points more", points), "word")
    return GridCell(t.ngettext("↓ %(n)s point less", "↓ %(n)s points less", -points), "word")
