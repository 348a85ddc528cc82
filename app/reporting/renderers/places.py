"""The place of one question on the pages of results: what is said, drawn and shown in tables, in one language.

Beside everybody it shows one breakdown, chosen by the address. No format here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.questionnaire.kinds import Matrix, Question, Ranking
from app.reporting.comparison import Compared, Comparison, compare
from app.reporting.groups import NONE
from app.reporting.narrative import EQUAL_WEIGHT_FROM, Finding, Result, best, result_of
from app.reporting.release import Quote, Release, Table
from app.reporting.renderers.figures import bars_figure, groups_figure, question_figure
from app.reporting.renderers.grids import groups_grid, rows_grid, share_cell
from app.reporting.renderers.labels import Labels
from app.reporting.renderers.paper import Figure, Grid, GridCell, GridRow, Stacks
from app.reporting.renderers.sentences import asked_sentence, ends, result_sentences


@dataclass(frozen=True)
class Words:
    """A text that somebody wrote, with what may be said of its author; `translation` "" where it is in our language."""

    text: str
    language: str
    translation: str
    by: str


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
    words: tuple[Words, ...]

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
        before=_before(labels, result) if result else None,
        words=tuple(words_of(labels, release.quotes, question.code)),
    )


def words_of(labels: Labels, quotes: Sequence[Quote], code: str = "") -> Iterator[Words]:
    """Cleared texts in the order of the release; of one question, or of all."""
    t = labels.t
    for quote in quotes:
        if code and quote.question != code:
            continue
        translated = quote.words.get(t.language, "") if quote.language != t.language else ""
        said = _author(labels, quote)
        if translated:
            said.append(t.gettext("Translated from %(language)s.", language=t.language_name(quote.language)))
        yield Words(quote.words[quote.language], quote.language, translated, labels.joined(said))


def _author(labels: Labels, quote: Quote) -> list[str]:
    t = labels.t
    age = labels.group("age", quote.age) if quote.age else ""
    region = labels.group("region", quote.region) if quote.region else ""
    if age and region:
        return [t.gettext("%(age)s, %(region)s.", age=age, region=region)]
    return [t.gettext("%(who)s.", who=age or region)] if age or region else []


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
    return replace(figure, caption=said, source=""), (grid,)


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
    return replace(figure, caption=_groups_caption(labels, finding, by, is_divided=is_divided), source=""), grids


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
    return Grid(
        f"{result.question.code} equal",
        t.gettext("Where it would make a difference of 5 points or more"),
        head,
        tuple(GridRow(name, (share_cell(labels, cell), GridCell(t.percent(equal / 100)))) for name, cell, equal in far),
    )


def _before(labels: Labels, result: Result) -> Grid | None:
    """This round beside the one before, for what was put in the same words."""
    t, release = labels.t, labels.release
    tables = result.tables if isinstance(result.question, Matrix) else result.tables[:1]
    compared = [found for table in tables if (found := compare(release, table)) is not None]
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
    rows = [GridRow(t.gettext("People asked"), (*asked, GridCell("", "word")), total=True)]
    if isinstance(result.question, Matrix) and all(each.top for each in compared):
        rows += [_row(labels, labels.table_text(each.table), each.top) for each in compared if each.top]
    else:
        for each in compared:
            rows += _rows(labels, each, full=isinstance(result.question, Matrix))
    caption = t.gettext("%(code)s, compared with the round before", code=result.question.code)
    return Grid(f"{result.question.code} before", caption, head, tuple(rows))


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
        return GridCell(t.ngettext("↑ %(n)s point more", "↑ %(n)s points more", points))
    return GridCell(t.ngettext("↓ %(n)s point less", "↓ %(n)s points less", -points))
