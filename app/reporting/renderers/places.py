"""The place of one question on the pages of results: what is said, drawn and shown in tables, in one language.

Beside everybody it shows one breakdown, chosen by the address. No format here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.questionnaire.kinds import Matrix, Question, Ranking
from app.reporting.groups import NONE
from app.reporting.narrative import EQUAL_WEIGHT_FROM, Finding, Result, best, result_of
from app.reporting.release import Quote, Release, Table
from app.reporting.renderers.figures import bars_figure, chart_note, groups_figure, question_figure
from app.reporting.renderers.grids import groups_grid, rows_grid, share_cell
from app.reporting.renderers.labels import Labels
from app.reporting.renderers.paper import Figure, Grid, GridCell, GridRow, Quoted, Stacks
from app.reporting.renderers.previous import before_grid
from app.reporting.renderers.sentences import asked_sentence, ends, fewest_sentence, result_sentences
from app.reporting.renderers.written import quoted


@dataclass(frozen=True)
class Place:
    """One question. `grids` are all its tables, the first that of the figure; `hides` says that something in them is
    not shown, `breakdowns` are those that can be chosen, each with its name."""

    code: str
    text: str
    said: str
    figure: Figure | None
    grids: tuple[Grid, ...]
    breakdowns: tuple[tuple[str, str], ...]
    by: str
    equal: Grid | None
    before: Grid | None
    words: tuple[Quoted, ...]

    @property
    def hides(self) -> bool:
        return any(cell.kind == "hidden" for grid in self.grids for row in grid.rows for cell in row.cells)

    @property
    def is_divided(self) -> bool:
        return self.figure is not None and isinstance(self.figure.chart, Stacks)


def breakdowns_of(release: Release, code: str) -> tuple[str, ...]:
    """The breakdowns of a question's tables, in order."""
    tables = (table for table in release.tables if table.question == code)
    return tuple(dict.fromkeys(name for table in tables for name in table.breakdowns))


def place_of(labels: Labels, question: Question, by: str = "") -> Place | None:
    """The place of a question with that breakdown, or with everybody where it has none such; None where nothing of it
    was counted."""
    release = labels.release
    result = result_of(release, question)
    texts = tuple(each for each in release.tables if each.question == question.code and each.measure == "texts")
    if result is None and not texts:
        return None
    there = breakdowns_of(release, question.code) if result else ()
    by = by if by in there else ""
    figure, grids = (_counted(labels, result, by)) if result else _themes(labels, question.code)
    return Place(
        code=question.code,
        text=labels.text(question.label),
        said=labels.joined(result_sentences(labels, result) if result else _texts_sentences(labels, texts)),
        figure=figure,
        grids=grids,
        breakdowns=tuple((name, labels.breakdown(name)) for name in there),
        by=by,
        equal=_equal(labels, result) if result else None,
        before=before_grid(labels, result) if result else None,
        words=tuple(words_of(labels, release.quotes, question.code)),
    )


def words_of(labels: Labels, quotes: Sequence[Quote], code: str = "") -> Iterator[Quoted]:
    """Cleared texts in the order of the release; of one question, or of all."""
    for quote in quotes:
        if not code or quote.question == code:
            yield quoted(labels, quote)


def _counted(labels: Labels, result: Result, by: str) -> tuple[Figure | None, tuple[Grid, ...]]:
    if by:
        return _by_groups(labels, result, by)
    figure = question_figure(labels, result.tables, 0) if result.findings else None
    if figure is None or figure.table is None:
        return None, tuple(_alone(labels, table) for table in result.tables)
    said = labels.t.gettext("Shares of those who were asked.")
    finding = best(result.findings)
    if figure.key.endswith(" top") and finding is not None:
        high, highest = ends(labels, finding.table)[1]
        said = labels.t.gettext(
            "Answered “%(high)s” or “%(highest)s”: share of those who were asked.", high=high, highest=highest
        )
    grid = replace(figure.table, caption=_everybody(labels, result))
    return replace(figure, caption=said, source=chart_note(labels, figure.chart)), (grid,)


def _alone(labels: Labels, table: Table) -> Grid:
    """The table of which no chart is drawn, everybody together."""
    t = labels.t
    caption = t.gettext("%(code)s, everybody", code=table.code)
    if labels.table_text(table) != labels.question_text(table.question):
        caption = t.gettext("%(caption)s: %(part)s", caption=caption, part=labels.table_text(table))
    grid = bars_figure(labels, table, 0).table
    return replace(grid, caption=caption) if grid else Grid(table.key, caption, (), ())


def _everybody(labels: Labels, result: Result) -> str:
    return labels.t.gettext("%(code)s, everybody", code=result.question.code)


def _by_groups(labels: Labels, result: Result, by: str) -> tuple[Figure | None, tuple[Grid, ...]]:
    grids = tuple(_group_grids(labels, result, by))
    finding = best([each for each in result.findings if by in each.table.breakdowns])
    if finding is None:
        return None, grids
    figure = groups_figure(labels, finding, by, grids[0])
    is_divided = isinstance(figure.chart, Stacks)
    if is_divided and figure.table is not None:
        grids = (replace(figure.table, caption=grids[0].caption),)
    caption = _groups_caption(labels, finding, by, is_divided=is_divided)
    return replace(figure, caption=caption, source=chart_note(labels, figure.chart)), grids


def _group_grids(labels: Labels, result: Result, by: str) -> Iterator[Grid]:
    t, question = labels.t, result.question
    there = [table for table in result.tables if by in table.breakdowns]
    named = t.within(labels.breakdown(by))
    if isinstance(question, Matrix) and any(table.total.top for table in there):
        high, highest = ends(labels, there[0])[1]
        caption = t.gettext(
            "%(code)s by group (%(breakdown)s): “%(high)s” or “%(highest)s”",
            code=question.code,
            breakdown=named,
            high=high,
            highest=highest,
        )
        yield rows_grid(labels, there, by, f"{question.code} top {by}", caption)
        return
    for table in there:
        what = ""
        if isinstance(question, Ranking):
            what = t.gettext("First place") if table.measure == "first" else t.gettext("Any place")
        elif isinstance(question, Matrix):
            what = labels.table_text(table)
        caption = t.gettext("%(code)s by group (%(breakdown)s)", code=table.code, breakdown=named)
        if what:
            caption = t.gettext("%(caption)s: %(part)s", caption=caption, part=what)
        yield groups_grid(labels, table, by, caption)


def _groups_caption(labels: Labels, finding: Finding, by: str, *, is_divided: bool) -> str:
    t, table = labels.t, finding.table
    question = labels.question(table.question)
    if is_divided:
        return t.gettext(
            "By group (%(breakdown)s): shares of those who were asked there.", breakdown=t.within(labels.breakdown(by))
        )
    row = t.gettext("“%(choice)s”", choice=labels.table_text(table)) + t.colon if isinstance(question, Matrix) else ""
    if finding.kind == "top":
        high, highest = ends(labels, table)[1]
        return row + t.gettext(
            "Answered “%(high)s” or “%(highest)s”: share of those who were asked there.", high=high, highest=highest
        )
    choice = labels.line(table, finding.line)
    if finding.kind == "first":
        return t.gettext("Put “%(choice)s” first: share of those who were asked there.", choice=choice)
    return row + t.gettext("Answered “%(choice)s”: share of those who were asked there.", choice=choice)


def _texts_sentences(labels: Labels, texts: Sequence[Table]) -> Iterator[str]:
    t = labels.t
    yield asked_sentence(labels, texts[0])
    cell = texts[0].total.cells[0]
    if cell is None:
        yield t.gettext("The number of texts is not shown.")
    else:
        yield t.ngettext("About %(n)s text was written.", "About %(n)s texts were written.", cell.count)
    if f"{texts[0].code} themes" not in labels.release.by_key:
        yield t.gettext("A person reads every text before any of it is published.")


def _themes(labels: Labels, code: str) -> tuple[Figure | None, tuple[Grid, ...]]:
    table = labels.release.by_key.get(f"{code} themes")
    if table is None:
        return None, ()
    figure = bars_figure(labels, table, 0)
    said = labels.t.gettext("What the texts are about: shares of those who wrote one.")
    caption = labels.t.gettext("%(code)s, everybody", code=code)
    grids = (replace(figure.table, caption=caption),) if figure.table else ()
    return replace(figure, caption=said, source=""), grids


def _equal(labels: Labels, result: Result) -> Grid | None:
    """The shares with every region counting the same beside those of all who answered, where they differ enough."""
    t, rows = labels.t, []
    for table in result.tables if isinstance(result.question, Matrix) else result.tables[:1]:
        is_row = isinstance(result.question, Matrix)
        if table.equal_top is not None and table.total.top is not None:
            high, highest = ends(labels, table)[1]
            name = t.gettext("“%(high)s” or “%(highest)s”", high=high, highest=highest)
            rows.append((labels.table_text(table) if is_row else name, table.total.top, table.equal_top))
        if not is_row or table.equal_top is None:
            for line, cell, equal in zip(table.lines, table.total.cells, table.equal, strict=True):
                if cell is not None and equal is not None and line != NONE:
                    name = labels.line(table, line)
                    if is_row:
                        name = t.gettext("%(question)s – %(row)s", question=labels.table_text(table), row=name)
                    rows.append((name, cell, equal))
    far = [row for row in rows if abs(row[1].share - row[2]) >= EQUAL_WEIGHT_FROM]
    if not far:
        return None
    head = (t.gettext("Answer"), t.gettext("All who were asked"), t.gettext("If every region counted the same"))
    fewest = min((each.fewest for each in result.findings if each.fewest), key=lambda each: each.base, default=None)
    return Grid(
        f"{result.question.code} equal",
        t.gettext("Where it would make a difference of 5 points or more"),
        head,
        tuple(GridRow(name, (share_cell(labels, cell), GridCell(t.percent(equal / 100)))) for name, cell, equal in far),
        fewest_sentence(labels, fewest) if fewest else "",
    )
