"""Compares every figure on the pages of results with the release: what must stand on each page is worked out from the
file of the release alone, by someone who has not read how the pages are made."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import html

from tests.reporting.documents import figures_of, number, numbers, texts_of, without
from tests.reporting.expected import (
    DIFFERENCE,
    Figures,
    Release,
    as_id,
    expected_comparison,
    expected_figures,
    expected_grids,
    questions,
)

#: Lines of a table that still stand side by side, a row for each group.
MOST_SIDE_BY_SIDE = 6
#: Points from which equal weight is told.
EQUAL = 5
#: Of so many answers some figure is shown.
MANY = 300
Tables = dict[str, list[Figures]]


def check_pages(pages: Mapping[str, str], release: Release) -> tuple[int, list[str]]:
    """How many figures were compared, and in words each that is not the release's, or missing."""
    check = _Check(release)
    for name, page in pages.items():
        check.page(name, html.fromstring(page))
    return check.compared, check.faults


#: The dots of a finding on the page for young readers.
TEN = 10


class _Check:
    def __init__(self, release: Release) -> None:
        self.release = release
        self.faults: list[str] = []
        self.compared = 0
        self.questions = {question["code"]: question for question in questions(release)}
        self.charts = dict(expected_figures(release))
        texts = {text for each in self.questions.values() for text in texts_of(each)}
        texts |= {text for each in release["quotes"] for text in each["words"].values()}
        texts |= {
            text for themes in release["codebooks"].values() for each in themes for text in each["label"].values()
        }
        self.quotable = sorted(texts | set(release["facts"]["title"].values()), key=len, reverse=True)

    def page(self, name: str, page: Any) -> None:
        if name == "first":
            self._first(page)
        elif name == "young":
            self._young(page)
        elif name.startswith("sections/"):
            section, _, by = name.removeprefix("sections/").partition("?by=")
            found = next(each for each in self.release["questionnaire"]["sections"] if each["name"] == section)
            for question in found["questions"]:
                if self._tables(question["code"]) or f"{question['code']} texts" in self._by_key():
                    self._place(f"{name}, {question['code']}", page, question, by)

    def _by_key(self) -> dict[str, Any]:
        return {f"{table['code']} {table['measure']}": table for table in self.release["tables"]}

    def _tables(self, code: str) -> list[Any]:
        texts = ("texts", "themes")
        return [t for t in self.release["tables"] if t["question"] == code and t["measure"] not in texts]

    def _place(self, where: str, page: Any, question: Mapping[str, Any], by: str) -> None:
        code = question["code"]
        places = page.xpath("//section[@id=$id]", id=as_id(code))
        if len(places) != 1:
            self.faults.append(f"{where}: {len(places)} places")
            return
        tables, bars = self._expected(question, by)
        tables |= dict(self._equal(question)) | dict(expected_comparison(self.release, question))
        self._compare(where, places[0], tables, bars)
        allowed = figures_of(self.release, code) | {DIFFERENCE, EQUAL}
        if self.release["previous"]:
            allowed |= {self.release["previous"]["n"]}
        for unseen in places[0].find_class("vh"):
            unseen.text = ""
            for each in unseen:
                each.text = ""
        for paragraph in places[0].iterfind("p"):
            self._sentence(where, paragraph.text_content(), allowed)

    def _expected(self, question: Mapping[str, Any], by: str) -> tuple[Tables, dict[str, list[list[int]]]]:
        """The tables of a place, and the lengths of the bars in its chart."""
        code, tables = question["code"], self._tables(question["code"])
        if not tables:
            themes = self._by_key().get(f"{code} themes")
            if themes is None:
                return {}, {}
            cells = themes["columns"][0]["cells"]
            key = as_id(f"{code} themes")
            return {key: _counts(themes)}, {key: [[cell[1]] if cell else [] for cell in cells]}
        there = [table for table in tables if any(column["breakdown"] == by for column in table["columns"])]
        if by and there:
            return self._by_groups(question, there, by)
        chart = next((each for each in self.charts.items() if each[0].rpartition("-")[0] in _names(tables, code)), None)
        if chart is None or not any(figure is not None for row in chart[1].rows for figure in row):
            return {as_id(f"{t['code']} {t['measure']}"): _counts(t) for t in tables}, {}
        return {chart[0]: chart[1].rows}, {chart[0]: chart[1].bars}

    def _by_groups(
        self, question: Mapping[str, Any], tables: list[Any], by: str
    ) -> tuple[Tables, dict[str, list[list[int]]]]:
        found, expected = _largest(tables if question["kind"] == "matrix" else tables[:1]), {}
        if question["kind"] == "matrix" and any(table["columns"][0]["top"] for table in tables):
            rows = [[column["base"] for column in _shown(tables[0], by)]]
            rows += [[_share(column["top"]) for column in _shown(table, by)] for table in tables]
            expected[as_id(f"{question['code']} top {by}")] = rows
        else:
            for table in tables:
                expected[as_id(f"{table['code']} {table['measure']} {by}")] = _group_rows(table, by)
        if found is None:
            return expected, {}
        table, place = found
        columns = _shown(table, by)
        key = as_id(f"{table['code']} {table['measure']} {by}")
        whole = [column for column in columns if None not in column["cells"]]
        if question["kind"] == "scale" and len(whole) >= 2:
            together = any(column["top"] for column in columns)
            rows = [[c["base"], *map(_share, c["cells"]), *([_share(c["top"])] if together else [])] for c in columns]
            bars = [[cell[1] for cell in c["cells"] if cell[1]] if c in whole else [] for c in columns]
            return {key: rows}, {key: bars}
        cells = [column["top"] if place is None else column["cells"][place] for column in columns]
        return expected, {key: [[cell[1]] if cell else [] for cell in cells]}

    def _equal(self, question: Mapping[str, Any]) -> Iterator[tuple[str, list[Figures]]]:
        tables, rows = self._tables(question["code"]), []
        is_matrix = question["kind"] == "matrix"
        for table in tables if is_matrix else tables[:1]:
            total = table["columns"][0]
            if table["equal_top"] is not None and total["top"]:
                rows.append([total["top"][1], table["equal_top"]])
                if is_matrix:
                    continue
            for line, cell, equal in zip(table["lines"], total["cells"], table["equal"], strict=True):
                if cell and equal is not None and line != "none":
                    rows.append([cell[1], equal])
        far = [row for row in rows if abs(row[0] - row[1]) >= EQUAL]
        if far:
            yield f"{question['code']}-equal", far

    def _first(self, page: Any) -> None:
        grids = {key: rows for key, rows in expected_grids(self.release) if key.startswith("participation")}
        shown = {each.get("id").removeprefix("figure-") for each in page.iter("figure")} - {"participation-map"}
        if not shown and self.release["n"] >= MANY:
            self.faults.append("first: no finding has a chart")
        self._compare("first", page, grids, {key: self.charts[key].bars for key in shown})
        allowed = {DIFFERENCE, 50, self.release["n"], *self.release["countries"].values()}
        for code in self.questions:
            allowed |= figures_of(self.release, code)
        for words in (*page.iter("h3"), *page.find_class("deck")):
            self._sentence("first", words.text_content(), allowed)

    def _young(self, page: Any) -> None:
        for told in page.find_class("tell")[0] if page.find_class("tell") else ():
            code = told.find_class("vh")[0].text_content().strip()
            exactly = numbers(without(told.findall("p")[1].text_content().replace(code, ""), self.quotable))
            self.compared += 1 + len(exactly)
            allowed = figures_of(self.release, code)
            if not set(exactly) <= allowed:
                self.faults.append(f"young, {code}: {exactly} are not its figures")
            dots = len([each for each in told.iter("circle") if each.get("class") == "on"])
            said = numbers(without(told.find("h2").text_content(), self.quotable))
            # Which number stands first differs between languages; Arabic says one and two in words.
            in_words = dots in (1, 2) and said == [TEN]
            if not any(dots == (share + 5) // 10 for share in exactly) or not (in_words or sorted(said) == [dots, TEN]):
                self.faults.append(f"young, {code}: {dots} dots and {said} for {exactly}")

    def _compare(self, where: str, part: Any, tables: Tables, bars: Mapping[str, list[list[int]]]) -> None:
        """Every table and every chart in this part of a page is one that must be there, and has its figures."""
        found = {each.get("id").removeprefix("table-"): each for each in part.iter("table")}
        if found.keys() != tables.keys():
            self.faults.append(f"{where}: tables {sorted(found)} instead of {sorted(tables)}")
        for key in found.keys() & tables.keys():
            rows = [[_read(cell) for cell in row.iter("td")] for row in found[key].find("tbody")]
            self.compared += sum(map(len, rows))
            wanted = tables[key]
            if key == "participation-people":
                rows, wanted = sorted(rows, key=str), sorted(wanted, key=str)
            if rows != wanted:
                self.faults.append(f"{where}, table {key}: {rows} instead of {wanted}")
        drawn = {
            each.get("id").removeprefix("figure-"): [[_width(rect) for rect in item.iter("rect")] for item in chart]
            for each in part.iter("figure")
            for chart in each.find_class("bars")
        }
        for chart in part.find_class("bars"):
            for item in chart:
                said = [number(value.text_content()) for value in item.iter("b")]
                if said and said != [_width(rect) for rect in item.iter("rect")]:
                    self.faults.append(f"{where}: {said} stand at bars of other lengths")
        if drawn != dict(bars):
            self.faults.append(f"{where}: bars {drawn} instead of {dict(bars)}")
        self.compared += sum(len(row) for chart in drawn.values() for row in chart)

    def _sentence(self, where: str, words: str, allowed: set[int]) -> None:
        for each in numbers(without(words, self.quotable)):
            self.compared += 1
            if each not in allowed:
                self.faults.append(f"{where}: {each} in a sentence is none of its figures")


def _counts(table: Mapping[str, Any]) -> list[Figures]:
    return [list(cell) if cell else [None, None] for cell in table["columns"][0]["cells"]]


def _names(tables: list[Any], code: str) -> set[str]:
    return {code, tables[0]["code"]}


def _shown(table: Mapping[str, Any], by: str) -> list[Any]:
    return [column for column in table["columns"] if column["breakdown"] in ("all", by)]


def _group_rows(table: Mapping[str, Any], by: str) -> list[Figures]:
    columns = _shown(table, by)
    if len(table["lines"]) <= MOST_SIDE_BY_SIDE:
        return [[column["base"], *map(_share, column["cells"])] for column in columns]
    rows: list[Figures] = [[columns[0]["base"], None, *(column["base"] for column in columns[1:])]]
    for place in range(len(table["lines"])):
        cells = [column["cells"][place] for column in columns]
        rows.append([cells[0][0] if cells[0] else None, *map(_share, cells)])
    return rows


def _largest(tables: list[Any]) -> tuple[Any, int | None] | None:
    """The table with the largest share of all who answered, and the place of that line: None for the two highest
    points of a scale."""
    found: list[tuple[int, Any, int | None]] = []
    for table in tables:
        total = table["columns"][0]
        if total["top"]:
            found.append((total["top"][1], table, None))
            continue
        cells = [
            (cell[1], place)
            for place, (line, cell) in enumerate(zip(table["lines"], total["cells"], strict=True))
            if cell and line != "none"
        ]
        if cells:
            share, place = max(cells, key=lambda each: each[0])
            found.append((share, table, place))
    return max(found, key=lambda each: (each[2] is None, each[0]))[1:] if found else None


def _share(cell: Any) -> int | None:
    return cell[1] if cell else None


def _read(cell: Any) -> int | None:
    """The whole number in a cell; below zero after a downward arrow."""
    text = cell.text_content()
    found = number(text)
    return -found if found is not None and re.match(r"\s*↓", text) else found


def _width(rect: Any) -> int:
    return int(rect.get("data-share") or rect.get("width"))
