"""Tables of a release as charts, in one language, each with the table of the same figures.

A row of divided bars in which a figure is not shown has no bar, since a gap could be measured. Regions stand in the
order of the list and are never ranked.
"""

from collections.abc import Iterator, Sequence

from app.questionnaire.kinds import Matrix, Ranking, Scale
from app.reporting.groups import ALL, NONE
from app.reporting.narrative import Finding
from app.reporting.release import Cell, Release, ReleaseColumn, Table
from app.reporting.renderers.grids import share_cell
from app.reporting.renderers.labels import Labels
from app.reporting.renderers.paper import (
    Bar,
    Bars,
    Chart,
    Figure,
    Grid,
    GridCell,
    GridRow,
    Pairs,
    Spot,
    Spots,
    Stack,
    Stacks,
)
from app.reporting.renderers.sentences import ends

#: Regions stand under everybody where at least so many of them have a bar.
COMPARED_ROWS = 2


def question_figure(labels: Labels, tables: Sequence[Table], number: int) -> Figure | None:
    """The chart of a question, from all its tables; None where nothing may be drawn."""
    question = labels.question(tables[0].question)
    if isinstance(question, Matrix):
        return _matrix_figure(labels, question, tables, number)
    if isinstance(question, Ranking) and len(tables) > 1:
        return _ranking_figure(labels, tables, number)
    if isinstance(question, Scale) and _is_whole(tables[0].total):
        return _scale_figure(labels, tables[0], number)
    return bars_figure(labels, tables[0], number)


def bars_figure(labels: Labels, table: Table, number: int) -> Figure:
    """One bar for each line of a table, everybody together."""
    bars = tuple(
        _bar(labels, labels.line(table, line), cell) for line, cell in zip(table.lines, table.total.cells, strict=True)
    )
    caption = _caption(labels, number, labels.table_text(table))
    return _figure(
        labels, table.key, number, caption, Bars(bars), _bars_grid(labels, table.key, caption, bars), [table]
    )


def map_figure(labels: Labels, release: Release, number: int) -> Figure:
    """The map of the regions with their numbers of answers. Its table is that of the regions."""
    t = labels.t
    spots = tuple(
        Spot(regions, labels.group("region", group), cell.count, labels.count(cell.count))
        for group, cell in release.sizes["region"].items()
        if (regions := tuple(region for region in group.split("+") if region != NONE))
    )
    source = [t.gettext("Schematic map. It says nothing about the legal status of any area, or about borders.")]
    if any(group == NONE and cell.count for group, cell in release.sizes["region"].items()):
        source.append(t.gettext("Whoever named no country is counted in the table only."))
    return Figure(
        "participation map",
        number,
        _caption(labels, number, t.gettext("Answers by region")),
        Spots(spots),
        None,
        labels.joined(source),
        t.gettext(
            "A map of the world with the number of answers from each region. The same figures stand in the table."
        ),
        _told(labels, [(spot.label, [spot.value]) for spot in spots]),
    )


def _matrix_figure(labels: Labels, question: Matrix, tables: Sequence[Table], number: int) -> Figure | None:
    t = labels.t
    caption = _caption(labels, number, labels.text(question.label))
    if any(_is_whole(table.total) for table in tables):
        rows = [(labels.table_text(table), table.total) for table in tables]
        return _stacks_figure(labels, f"{question.code} rows", number, caption, tables, rows, people=False)
    if not any(table.total.top for table in tables):
        return None
    high, highest = ends(labels, tables[0])[1]
    bars = tuple(_bar(labels, labels.table_text(table), table.total.top) for table in tables)
    key = f"{question.code} top"
    source = t.gettext("Share of “%(high)s” and “%(highest)s” together.", high=high, highest=highest)
    grid = _bars_grid(labels, key, caption, bars, t.pgettext("of a question", "Part"))
    return _figure(labels, key, number, caption, Bars(bars), grid, tables, source)


def _scale_figure(labels: Labels, table: Table, number: int) -> Figure:
    rows, source = [(labels.breakdown(ALL), table.total)], ""
    regions = [column for column in table.by("region") if column.group != NONE]
    if sum(_is_whole(column) for column in regions) >= COMPARED_ROWS:
        rows += [(labels.group("region", column.group), column) for column in regions]
        if any(column.group == NONE and column.base != 0 for column in table.by("region")):
            source = labels.t.gettext("Whoever named no country is counted in the row of all only.")
    caption = _caption(labels, number, labels.table_text(table))
    return _stacks_figure(labels, table.key, number, caption, [table], rows, people=True, source=source)


def _stacks_figure(
    labels: Labels,
    key: str,
    number: int,
    caption: str,
    tables: Sequence[Table],
    rows: Sequence[tuple[str, ReleaseColumn]],
    *,
    people: bool,
    groups: str = "region",
    source: str = "",
) -> Figure:
    t, table = labels.t, tables[0]
    points = tuple(labels.line(table, line) for line in table.lines)
    together = ""
    if any(column.top for _, column in rows):
        high, highest = ends(labels, table)[1]
        together = t.gettext("“%(high)s” or “%(highest)s”", high=high, highest=highest)
    stacks = tuple(
        Stack(
            name,
            _people(labels, column.base) if people else "",
            tuple(cell.share for cell in column.cells if cell) if _is_whole(column) else None,
            labels.share(column.top) if together and column.top else "",
        )
        for name, column in rows
    )
    chart = Stacks(points, stacks, together, t.gettext("Not shown as a bar. What may be shown is in the table."))
    alone = t.gettext("Group") if len(rows) == 1 else labels.breakdown(groups)
    head = (
        alone if people else t.pgettext("of a question", "Part"),
        *([t.gettext("People")] if people else []),
        *points,
        *([together] if together else []),
    )
    grid = Grid(
        key,
        caption,
        head,
        tuple(
            GridRow(
                name,
                (
                    *([_count_cell(labels, column.base)] if people else []),
                    *(share_cell(labels, cell) for cell in column.cells),
                    *([share_cell(labels, column.top)] if together else []),
                ),
                total=column.breakdown == ALL and len(rows) > 1 and people,
            )
            for name, column in rows
        ),
    )
    return _figure(labels, key, number, caption, chart, grid, tables, source)


def groups_figure(labels: Labels, finding: Finding, breakdown: str, grid: Grid) -> Figure:
    """What was found, for everybody and for each group of a breakdown, in their order. A scale shows its points where
    some groups have a bar; else one bar for each group is drawn, and `grid` is the table of all their figures."""
    table = finding.table
    columns = [table.total, *table.by(breakdown)]
    rows = [(labels.group(column.breakdown, column.group), column) for column in columns]
    key = f"{table.key} {breakdown}"
    if isinstance(labels.question(table.question), Scale) and sum(map(_is_whole, columns)) >= COMPARED_ROWS:
        return _stacks_figure(labels, key, 0, "", [table], rows, people=True, groups=breakdown)
    place = table.lines.index(finding.line) if finding.line else None
    bars = tuple(_bar(labels, name, column.top if place is None else column.cells[place]) for name, column in rows)
    return _figure(labels, key, 0, "", Bars(bars), grid, [table])


def _ranking_figure(labels: Labels, tables: Sequence[Table], number: int) -> Figure:
    t = labels.t
    first, places = tables
    names = (t.gettext("First place"), t.gettext("Any place"))
    pairs = tuple(
        (_bar(labels, labels.line(first, line), one), _bar(labels, labels.line(first, line), any_place))
        for line, one, any_place in zip(first.lines, first.total.cells, places.total.cells, strict=True)
    )
    caption = _caption(labels, number, labels.table_text(first))
    cells = zip(first.total.cells, places.total.cells, strict=True)
    grid = Grid(
        first.key,
        caption,
        (t.gettext("Answer"), *names),
        tuple(
            GridRow(both[0].label, tuple(share_cell(labels, cell) for cell in shares))
            for both, shares in zip(pairs, cells, strict=True)
        ),
    )
    return _figure(labels, first.key, number, caption, Pairs(names, pairs), grid, tables)


def _figure(
    labels: Labels,
    key: str,
    number: int,
    caption: str,
    chart: Chart,
    grid: Grid,
    tables: Sequence[Table],
    source: str = "",
) -> Figure:
    said = [each for each in (source, chart_note(labels, chart), annex_place(labels, tables)) if each]
    alt = {
        Bars: labels.t.gettext(
            "A bar for each answer, as long as its share of those asked. The same figures stand in the table."
        ),
        Pairs: labels.t.gettext(
            "Two bars for each answer: how many put it first, and how many gave it any place. The same figures stand in"
            " the table."
        ),
        Stacks: labels.t.gettext(
            "A bar for each row, divided into the shares of the answers. The same figures stand in the table."
        ),
    }[type(chart)]
    values = _told(labels, [(row.name, list(_values(grid, row))) for row in grid.rows])
    return Figure(key, number, caption, chart, grid, labels.joined(said), alt, values)


def chart_note(labels: Labels, chart: Chart) -> str:
    """What a chart does not tell by itself: that bars are longer or shorter than 100 per cent, what no answer means."""
    t = labels.t
    match chart:
        case Pairs():
            return t.gettext(
                "“No answer” is, for the first place, that it was left open; for any place, that all of them were."
            )
        case Stacks(rows=rows) if any(row.shares and sum(row.shares) != 100 for row in rows):
            said = [t.gettext("Shares are rounded, so those in one bar may not add up to 100.")]
            if chart.together:
                said.append(t.gettext("The share of two answers together is rounded by itself."))
            return labels.joined(said)
    return ""


def _values(grid: Grid, row: GridRow) -> Iterator[str]:
    """The figures of a row, each with the head of its column where there are several."""
    for name, cell in zip(grid.head[1:], row.cells, strict=True):
        yield f"{name} {cell.text}"


def _told(labels: Labels, rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    t = labels.t
    return t.semicolon.join(f"{name}{t.colon}{t.list(values)}" for name, values in rows)


def _caption(labels: Labels, number: int, title: str) -> str:
    t = labels.t
    return t.gettext("Figure %(number)s. %(title)s", number=t.number(number), title=title)


def _bars_grid(labels: Labels, key: str, caption: str, bars: Sequence[Bar], of: str = "") -> Grid:
    t = labels.t
    rows = [
        GridRow(
            bar.label,
            tuple(GridCell(text, "hidden" if bar.share is None else "figure") for text in (bar.count, bar.value)),
        )
        for bar in bars
    ]
    head = (of or t.gettext("Answer"), t.gettext("People"), t.gettext("Share"))
    return Grid(key, caption, head, tuple(rows))


def _people(labels: Labels, base: int | None) -> str:
    if base is None:
        return labels.not_shown()
    return labels.t.ngettext("%(n)s person", "%(n)s people", base)


def _count_cell(labels: Labels, count: int | None) -> GridCell:
    return GridCell(labels.count(count), "hidden" if count is None else "figure")


def _is_whole(column: ReleaseColumn) -> bool:
    """Whether every figure of the column is shown."""
    return all(cell is not None for cell in column.cells)


def annex_place(labels: Labels, tables: Sequence[Table]) -> str:
    """Where the tables stand in full."""
    t = labels.t
    places = [place for place, table in enumerate(labels.release.tables, start=1) if table in tables]
    if len(places) == 1:
        return t.gettext("Table A.%(number)s in Annex 2.", number=t.number(places[0]))
    if len(places) == 2:
        return t.gettext(
            "Tables A.%(first)s and A.%(last)s in Annex 2.", first=t.number(places[0]), last=t.number(places[1])
        )
    return t.gettext(
        "Tables A.%(first)s to A.%(last)s in Annex 2.", first=t.number(places[0]), last=t.number(places[-1])
    )


def _bar(labels: Labels, name: str, cell: Cell | None) -> Bar:
    return Bar(name, cell.share if cell else None, labels.share(cell), labels.count(cell.count if cell else None))
