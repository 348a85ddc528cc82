"""Tables of a release as grids of words, in one language: those of the annex, and those that say who took part."""

from collections.abc import Sequence
from dataclasses import replace

from app.reporting.groups import ALL, BREAKDOWNS
from app.reporting.release import Cell, Release, ReleaseColumn, Table
from app.reporting.renderers.labels import Labels
from app.reporting.renderers.paper import Grid, GridCell, GridRow

#: Breakdowns that stand side by side in one table of the annex.
SIDE_BY_SIDE = (("region",), ("age", "gender", "settlement"))


#: Answers that stand side by side in a table that has a row for each group.
MOST_SIDE_BY_SIDE = 6


def annex_grids(labels: Labels, table: Table, number: int) -> list[Grid]:
    """The table in full: people and shares, then the shares by region, then by the other breakdowns. Of a breakdown of
    which no answer is shown, a note says so."""
    t = labels.t
    shown = [name for name in table.breakdowns if any(any(column.cells) for column in table.by(name))]
    there = [[name for name in names if name in shown] for names in SIDE_BY_SIDE]
    grids = []
    parts = [names for names in there if names] or [[]]
    for place, names in enumerate(parts):
        columns = [column for name in names for column in table.by(name)]
        said = [labels.breakdown(name) for name in names] or [labels.breakdown(ALL)]
        what = t.list([said[0], *map(t.within, said[1:])])
        caption = t.gettext(
            "Table A.%(number)s. %(code)s: %(title)s (%(breakdowns)s)",
            number=t.number(number) + ("abc"[place] if len(parts) > 1 else ""),
            code=table.code,
            title=_title(labels, table),
            breakdowns=what,
        )
        grids.append(_grid(labels, table, columns, f"{table.key} {'+'.join(names) or ALL}", caption))
    missing = [name for name in table.breakdowns if name in BREAKDOWNS and name not in shown]
    if missing:
        told = t.semicolon.join(t.within(labels.breakdown(name)) for name in missing)
        note = t.gettext("Not shown for any group: %(breakdowns)s.", breakdowns=told)
        grids[-1] = replace(grids[-1], note=note)
    return grids


def _title(labels: Labels, table: Table) -> str:
    t = labels.t
    if table.question and labels.table_text(table) != labels.question_text(table.question):
        return labels.full_text(table)
    if table.measure == "first":
        return t.gettext("%(question)s First place", question=labels.table_text(table))
    if table.measure == "places":
        return t.gettext("%(question)s Any place", question=labels.table_text(table))
    if table.measure == "themes":
        return t.gettext("%(question)s Themes of the texts", question=labels.table_text(table))
    return labels.table_text(table)


def _grid(labels: Labels, table: Table, columns: Sequence[ReleaseColumn], key: str, caption: str) -> Grid:
    t = labels.t
    shown = [table.total, *columns]
    names = [labels.column(column.breakdown, column.group, of=columns) for column in columns]
    head = (t.gettext("Answer"), t.gettext("People"), labels.breakdown(ALL), *names)
    asked = [GridCell(labels.count(column.base), "hidden" if column.base is None else "figure") for column in shown]
    people = t.gettext("People who wrote a text") if table.measure == "themes" else t.gettext("People asked")
    rows = [GridRow(people, (asked[0], GridCell("", "word"), *asked[1:]), total=True)]
    for place, line in enumerate(table.lines):
        total = table.total.cells[place]
        count = GridCell(labels.count(total.count if total else None), "figure" if total else "hidden")
        cells = [column.cells[place] for column in shown]
        rows.append(GridRow(labels.line(table, line), (count, *(share_cell(labels, cell) for cell in cells))))
    return Grid(key, caption, head, tuple(rows))


def groups_grid(labels: Labels, table: Table, breakdown: str, caption: str) -> Grid:
    """The shares of everybody and of each group of one breakdown; a row for each group, unless there are more answers
    than fit side by side."""
    t, key = labels.t, f"{table.key} {breakdown}"
    if len(table.lines) > MOST_SIDE_BY_SIDE:
        return _grid(labels, table, table.by(breakdown), key, caption)
    columns = [table.total, *table.by(breakdown)]
    rows = [
        GridRow(
            labels.group(column.breakdown, column.group),
            (
                GridCell(labels.count(column.base), "hidden" if column.base is None else "figure"),
                *(share_cell(labels, cell) for cell in column.cells),
            ),
            total=column.breakdown == ALL,
        )
        for column in columns
    ]
    head = (labels.breakdown(breakdown), t.gettext("People"), *(labels.line(table, line) for line in table.lines))
    return Grid(key, caption, head, tuple(rows))


def rows_grid(labels: Labels, tables: Sequence[Table], breakdown: str, key: str, caption: str) -> Grid:
    """The rows of a matrix, each with the share of its two highest points, for everybody and for each group."""
    t, columns = labels.t, tables[0].by(breakdown)
    names = [labels.column(column.breakdown, column.group, of=columns) for column in columns]
    shown = [tables[0].total, *columns]
    asked = tuple(GridCell(labels.count(each.base), "hidden" if each.base is None else "figure") for each in shown)
    rows = [GridRow(t.gettext("People asked"), asked, total=True)]
    for table in tables:
        tops = [column.top for column in (table.total, *table.by(breakdown))]
        rows.append(GridRow(labels.table_text(table), tuple(share_cell(labels, cell) for cell in tops)))
    return Grid(key, caption, (t.pgettext("of a question", "Part"), labels.breakdown(ALL), *names), tuple(rows))


def share_cell(labels: Labels, cell: Cell | None) -> GridCell:
    return GridCell(labels.share(cell), "figure" if cell else "hidden")


def region_grid(labels: Labels, release: Release) -> Grid:
    """Who took part, by region: people, countries, under 18, rural. Empty rows where the questionnaire did not ask."""
    t = labels.t
    beside = [table for code in ("under_18", "rural") if (table := release.by_key.get(f"{code} share")) is not None]
    names = {"under_18": t.gettext("Under 18"), "rural": t.gettext("Rural")}
    head = (
        t.gettext("Region"),
        t.gettext("Answers"),
        t.gettext("Countries"),
        *(names[table.code] for table in beside),
    )
    rows = []
    for group, size in release.sizes.get("region", {}).items():
        countries = release.countries.get(group)
        cells = [_column_cell(table, group) for table in beside]
        rows.append(
            GridRow(
                labels.group("region", group),
                (
                    GridCell(labels.count(size.count)),
                    GridCell(t.number(countries)) if countries is not None else GridCell("–", "word"),
                    *(share_cell(labels, cell) if size.count else GridCell("–", "word") for cell in cells),
                ),
            )
        )
    totals = [share_cell(labels, table.total.cells[0]) for table in beside]
    everybody = (GridCell(t.number(release.n)), GridCell(t.number(release.countries.get(ALL, 0))), *totals)
    rows.append(GridRow(labels.breakdown(ALL), everybody, total=True))
    return Grid("participation region", "", head, tuple(rows))


def _column_cell(table: Table, region: str) -> Cell | None:
    return next((column.cells[0] for column in table.by("region") if column.group == region), None)


def people_grid(labels: Labels, release: Release) -> Grid:
    """Who took part, by age, gender, settlement and language of the form."""
    t = labels.t
    rows = []
    for breakdown in ("age", "gender", "settlement"):
        for group, size in release.sizes.get(breakdown, {}).items():
            if size.count:
                name = labels.group_in_full(breakdown, group)
                rows.append(GridRow(name, (GridCell(labels.count(size.count)), share_cell(labels, size))))
    languages = release.by_key["language choice"]
    cells = dict(zip(languages.lines, languages.total.cells, strict=True))
    for line in t.languages_in_order(release.facts.languages):
        if line in cells:
            cell = cells[line]
            name = t.gettext("Language: %(language)s", language=labels.line(languages, line))
            count = GridCell(labels.count(cell.count if cell else None), "figure" if cell else "hidden")
            rows.append(GridRow(name, (count, share_cell(labels, cell))))
    everybody = GridCell(t.percent(1)) if release.n else GridCell("–", "word")
    rows.append(GridRow(labels.breakdown(ALL), (GridCell(t.number(release.n)), everybody), total=True))
    return Grid("participation people", "", (t.gettext("Group"), t.gettext("Answers"), t.gettext("Share")), tuple(rows))
