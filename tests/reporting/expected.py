"""Which charts and tables a paper must have, in order, and the figures in them: worked out from the file of the release
alone, by someone who has not read how papers are made."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: Points under which nothing is called a difference.
DIFFERENCE = 10
Figures = list[int | None]
Release = Mapping[str, Any]


@dataclass(frozen=True)
class Expected:
    """The figures of a chart's table by row; and by row the lengths of its bars, in per cent."""

    rows: list[Figures]
    bars: list[list[int]]


def keys_in_order(release: Release) -> Iterator[str]:
    """The ids of all tables of figures as they stand in the paper: who took part, the charts', the annex's."""
    annex = dict(expected_grids(release))
    yield from (key for key in annex if key.startswith("participation"))
    charts = dict(expected_figures(release))
    yield from (key for key in charts if key.startswith("DM"))
    yield from (key for key in charts if not key.startswith("DM"))
    yield from dict(expected_themes(release))
    yield from dict(expected_comparisons(release))
    yield from (key for key in annex if not key.startswith("participation"))


def expected_figures(release: Release) -> Iterator[tuple[str, Expected]]:
    """Id and figures of every chart that must be there, but the map, whose figures are those of its table."""
    for question in questions(release):
        written = ("texts", "themes")
        tables = [t for t in release["tables"] if t["question"] == question["code"] and t["measure"] not in written]
        if tables:
            yield from _expected_figure(question, tables)


def expected_themes(release: Release) -> Iterator[tuple[str, Expected]]:
    """Id and figures of the charts of what the texts are about."""
    for table in release["tables"]:
        cells = table["columns"][0]["cells"]
        if table["measure"] == "themes" and any(cells):
            yield f"{table['code']}-themes", _single(cells)


def expected_comparisons(release: Release) -> Iterator[tuple[str, list[Figures]]]:
    """Id and figures, row by row, of the tables that compare the results with the round before."""
    for question in questions(release):
        if not question["code"].startswith("DM"):
            yield from expected_comparison(release, question)


def expected_comparison(release: Release, question: Mapping[str, Any]) -> Iterator[tuple[str, list[Figures]]]:
    """Those of one question: nothing where no figure is shown in both rounds."""
    written = ("texts", "themes")
    tables = [t for t in release["tables"] if t["question"] == question["code"] and t["measure"] not in written]
    previous = {f"{t['code']} {t['measure']}": t for t in (release["previous"] or {}).get("tables", ())}
    is_matrix = question["kind"] == "matrix"
    pairs = []
    for table in tables if is_matrix else tables[:1]:
        before = previous.get(f"{table['code']} {table['measure']}")
        if before and before["lines"] == table["lines"]:
            pairs.append((table["columns"][0], before["columns"][0]))
    tops = [(now["top"], then["top"]) for now, then in pairs]
    lines = [pair for now, then in pairs for pair in zip(now["cells"], then["cells"], strict=True)]
    if not any(now and then for now, then in (*tops, *lines)):
        return
    rows: list[Figures] = [[pairs[0][0]["base"], pairs[0][1]["base"], None]]
    if is_matrix and any(any(pair) for pair in tops):
        compared = tops
    else:
        compared = []
        for (now, then), top in zip(pairs, tops, strict=True):
            compared += [*zip(now["cells"], then["cells"], strict=True), *([top] if any(top) else [])]
    rows += [[now and now[1], then and then[1], _difference(now, then)] for now, then in compared]
    yield f"{question['code']}-before", rows


def _difference(now: Any, then: Any) -> int | None:
    """What stands in the last column: the points, "under 10 points", or nothing. Fewer points are told with a minus."""
    if not now or not then:
        return None
    points: int = now[1] - then[1]
    return points if abs(points) >= DIFFERENCE else DIFFERENCE


def _expected_figure(question: Mapping[str, Any], tables: list[Any]) -> Iterator[tuple[str, Expected]]:
    totals = [table["columns"][0] for table in tables]
    if question["kind"] == "matrix":
        if any(None not in total["cells"] for total in totals):
            yield f"{question['code']}-rows", _divided(totals, with_base=False)
        elif any(total["top"] for total in totals):
            yield f"{question['code']}-top", _single([total["top"] for total in totals])
        return
    said = [cell for line, cell in zip(tables[0]["lines"], totals[0]["cells"], strict=True) if line != "none"]
    about_person = question["code"].startswith("DM")
    if not any(totals[0]["cells"] if about_person else said) and not totals[0]["top"]:
        return  # a chart in which nothing is shown is left out
    key = f"{tables[0]['code']}-{tables[0]['measure']}"
    if question["kind"] == "ranking" and not about_person:
        both = list(zip(*(total["cells"] for total in totals), strict=True))
        rows = [[cell[1] if cell else None for cell in pair] for pair in both]
        yield key, Expected(rows, [[share for share in row if share is not None] for row in rows])
    elif question["kind"] == "scale" and not about_person and None not in totals[0]["cells"]:
        regions = [c for c in tables[0]["columns"] if c["breakdown"] == "region" and c["group"] != "none"]
        compared = sum(None not in column["cells"] for column in regions) >= 2
        yield key, _divided([totals[0], *(regions if compared else [])], with_base=True)
    else:
        yield key, _single(totals[0]["cells"])


def _single(cells: list[Any]) -> Expected:
    return Expected(
        [list(cell) if cell else [None, None] for cell in cells], [[cell[1]] if cell else [] for cell in cells]
    )


def _divided(columns: list[Any], *, with_base: bool) -> Expected:
    rows, bars = [], []
    together = any(column["top"] for column in columns)
    for column in columns:
        shares = [cell[1] if cell else None for cell in column["cells"]]
        top = [column["top"][1] if column["top"] else None] if together else []
        rows.append([*([column["base"]] if with_base else []), *shares, *top])
        bars.append([share for share in shares if share] if None not in shares else [])
    return Expected(rows, bars)


def expected_grids(release: Release) -> Iterator[tuple[str, list[Figures]]]:
    """Id and figures, row by row, of every table that must be there."""
    for table in release["tables"]:
        total, *columns = table["columns"]
        names = [{"region"}, {"age", "gender", "settlement"}]
        told = {column["breakdown"] for column in columns if any(column["cells"])}
        parts = [[c for c in columns if c["breakdown"] in some & told] for some in names]
        parts = [part for part in parts if part] or [[]]
        for part in parts:
            shown = "-".join(dict.fromkeys(c["breakdown"] for c in part)) or "all"
            rows = [[total["base"], None, *(c["base"] for c in part)]]
            for place in range(len(table["lines"])):
                cells = [c["cells"][place] for c in (total, *part)]
                rows.append([cells[0][0] if cells[0] else None, *(cell[1] if cell else None for cell in cells)])
            yield as_id(f"{table['code']} {table['measure']} {shown}"), rows
    if "region" in release["sizes"]:
        yield "participation-region", _regions(release)
    yield "participation-people", _people(release)


def _regions(release: Release) -> list[Figures]:
    about = {f"{t['code']} {t['measure']}": t for t in release["about"]}
    beside = [about[key] for key in ("under_18 share", "rural share") if key in about]
    rows = []
    for group, count, _ in release["sizes"]["region"]:
        cells = [
            next((c["cells"][0] for c in t["columns"] if (c["breakdown"], c["group"]) == ("region", group)), None)
            for t in beside
        ]
        rows.append([count, release["countries"].get(group), *(cell[1] if cell else None for cell in cells)])
    totals = [t["columns"][0]["cells"][0] for t in beside]
    rows.append([release["n"], release["countries"]["all"], *(c[1] if c else None for c in totals)])
    return rows


def _people(release: Release) -> list[Figures]:
    about = {f"{t['code']} {t['measure']}": t for t in release["about"]}
    rows: list[Figures] = []
    for breakdown in ("age", "gender", "settlement"):
        rows += [[count, share] for _, count, share in release["sizes"].get(breakdown, []) if count]
    table, languages = about["language choice"], []
    for line, cell in zip(table["lines"], table["columns"][0]["cells"], strict=True):
        if line in release["facts"]["languages"]:
            languages.append(list(cell) if cell else [None, None])
    # Each paper has the languages in its own alphabetical order; which is which, the file of tables tells.
    rows += sorted(languages, key=str)
    return [*rows, [release["n"], 100 if release["n"] else None]]


def as_id(key: str) -> str:
    """The id of a table or chart: what parts its words is a hyphen."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", key)


def questions(release: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for section in release["questionnaire"]["sections"]:
        yield from section["questions"]
