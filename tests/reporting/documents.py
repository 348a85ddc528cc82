"""Reads the figures back out of a paper or a file of tables, as a reader sees them, and compares them with the release.

Knows how our documents are laid out (which table stands where), and nothing of how they are made.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree, html

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
Rows = list[list[str]]
#: Word's names of the paragraphs that we look at.
STYLES = {"Normal": "prose", "BoxText": "boxed"}
#: Numbers of resolutions and sections.
CITED = {1306, 179, 7}


@dataclass
class Found:
    """What stands in a document: charts and tables by id, paragraphs, and those of the box on the first page."""

    figures: dict[str, Rows] = field(default_factory=dict)
    widths: dict[str, list[int | None]] = field(default_factory=dict)
    grids: dict[str, Rows] = field(default_factory=dict)
    prose: list[str] = field(default_factory=list)
    boxed: list[str] = field(default_factory=list)


def check_document(name: str, content: bytes, release: Mapping[str, Any]) -> tuple[int, list[str]]:
    """How many figures were compared, and in words each that is not the release's, or missing. By the name's ending."""
    if name.endswith(".csv"):
        return check_csv(content, release)
    found = read_html(content) if name.endswith(".html") else read_docx(content)
    return _Check(found, release).run()


def read_html(content: bytes) -> Found:
    page = html.fromstring(content.decode())
    found = Found()
    for figure in page.iter("figure"):
        rows, widths = [], []
        for item in figure.iter("li"):
            value = item.find("b") if item.find("b") is not None else item.find("span")
            rows.append([value.tail or "", value.text_content()])
            rect = item.find(".//rect")
            widths.append(int(rect.get("width")) if rect is not None else None)
        found.figures[figure.get("id").removeprefix("figure-")] = rows
        found.widths[figure.get("id").removeprefix("figure-")] = widths
    for table in page.iter("table"):
        rows = [[cell.text_content() for cell in row if cell.tag in ("th", "td")] for row in table.iter("tr")]
        found.grids[table.get("id").removeprefix("table-")] = rows
    found.prose = [each.text_content() for each in page.find_class("p")]
    found.boxed = [each.text_content() for box in page.find_class("box") for each in box.iter("p")]
    return found


def read_docx(content: bytes) -> Found:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        body = etree.fromstring(file.read("word/document.xml"))
    found = Found()
    for table in body.iter(f"{WORD}tbl"):
        name = table.find(f"{WORD}tblPr/{WORD}tblDescription")
        if name is None:
            continue
        rows = [[_text(cell) for cell in row.iter(f"{WORD}tc")] for row in table.iter(f"{WORD}tr")]
        key = _id(name.get(f"{WORD}val"))
        bars = table.findall(f"{WORD}tblGrid/{WORD}gridCol")
        if len(bars) > 40:
            found.figures[key] = [row[:2] for row in rows[1:]]
        else:
            found.grids[key] = rows
    for paragraph in body.findall(f"{WORD}body/{WORD}p"):
        style = paragraph.find(f"{WORD}pPr/{WORD}pStyle")
        if style is not None and style.get(f"{WORD}val") in STYLES:
            getattr(found, STYLES[style.get(f"{WORD}val")]).append(_text(paragraph))
    return found


def _text(element: Any) -> str:
    return "".join(
        each.text or "" if each.tag == f"{WORD}t" else "\t" for each in element.iter(f"{WORD}t", f"{WORD}tab")
    )


def _parts(day: str) -> list[int]:
    return [int(part) for part in day.split("-")]


def _id(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "-", key)


def number(text: str) -> int | None:
    """The one whole number in a cell, None when it has no digits."""
    digits = re.sub(r"\D", "", text)
    return int(digits) if digits else None


def numbers(text: str) -> list[int]:
    """The whole numbers of a sentence, whatever parts their thousands."""
    return [int(re.sub(r"\D", "", each)) for each in re.findall(r"\d+(?:[.,\u00a0\u202f ]\d{3}(?!\d))*", text)]


class _Check:
    def __init__(self, found: Found, release: Mapping[str, Any]) -> None:
        self.found = found
        self.release = release
        self.faults: list[str] = []
        self.compared = 0
        self.tables = {f"{t['code']} {t['measure']}": t for t in (*release["about"], *release["tables"])}
        texts = {text for question in questions(release) for text in _texts(question)}
        self.quotable = sorted(texts | set(release["facts"]["title"].values()), key=len, reverse=True)

    def run(self) -> tuple[int, list[str]]:
        for key, expected in self._expected_figures():
            self._figure(key, expected)
        for key, rows in self._expected_grids():
            self._grid(key, rows)
        self.faults += [f"{key}: in no release" for key in (*self.found.figures, *self.found.grids)]
        self._prose()
        return self.compared, self.faults

    def _expected_figures(self) -> Iterator[tuple[str, list[int | None]]]:
        """Id and shares of every chart that must be there."""
        for question in questions(self.release):
            tables = [
                t for t in self.release["tables"] if t["question"] == question["code"] and t["measure"] != "texts"
            ]
            if not tables:
                continue
            if question["kind"] == "matrix":
                tops = [t["columns"][0]["top"] for t in tables]
                if any(tops):
                    yield f"{question['code']}-top", [top[1] if top else None for top in tops]
            else:
                cells = tables[0]["columns"][0]["cells"]
                said = [cell for line, cell in zip(tables[0]["lines"], cells, strict=True) if line != "none"]
                if not any(said) and not question["code"].startswith("DM"):
                    continue  # a chart in which nothing is shown is left out
                yield f"{tables[0]['code']}-{tables[0]['measure']}", [cell[1] if cell else None for cell in cells]

    def _figure(self, key: str, expected: Sequence[int | None]) -> None:
        rows = self.found.figures.pop(key, None)
        if rows is None:
            self.faults.append(f"figure {key}: missing")
            return
        shown = [number(value) for _, value in rows]
        self.compared += len(shown)
        if shown != list(expected):
            self.faults.append(f"figure {key}: {shown} instead of {list(expected)}")
        drawn = self.found.widths.get(key, list(expected))
        if drawn != list(expected):
            self.faults.append(f"figure {key}: bars of {drawn} instead of {list(expected)}")

    def _expected_grids(self) -> Iterator[tuple[str, list[list[int | None]]]]:
        """Id and figures, row by row, of every table that must be there."""
        for table in self.release["tables"]:
            total, *columns = table["columns"]
            names = [{"region"}, {"age", "gender", "settlement"}]
            parts = [[c for c in columns if c["breakdown"] in some] for some in names]
            parts = [part for part in parts if part] or [[]]
            for part in parts:
                shown = "-".join(dict.fromkeys(c["breakdown"] for c in part)) or "all"
                rows = [[total["base"], None, *(c["base"] for c in part)]]
                for place in range(len(table["lines"])):
                    cells = [c["cells"][place] for c in (total, *part)]
                    rows.append([cells[0][0] if cells[0] else None, *(cell[1] if cell else None for cell in cells)])
                yield _id(f"{table['code']} {table['measure']} {shown}"), rows
        if "region" in self.release["sizes"]:
            yield "participation-region", self._regions()
        yield "participation-people", self._people()

    def _regions(self) -> list[list[int | None]]:
        beside = [self.tables[key] for key in ("under_18 share", "rural share") if key in self.tables]
        rows = []
        for group, count, _ in self.release["sizes"]["region"]:
            cells = [
                next((c["cells"][0] for c in t["columns"] if (c["breakdown"], c["group"]) == ("region", group)), None)
                for t in beside
            ]
            rows.append([count, self.release["countries"].get(group), *(cell[1] if cell else None for cell in cells)])
        totals = [t["columns"][0]["cells"][0] for t in beside]
        rows.append([self.release["n"], self.release["countries"]["all"], *(c[1] if c else None for c in totals)])
        return rows

    def _people(self) -> list[list[int | None]]:
        rows: list[list[int | None]] = []
        for breakdown in ("age", "gender", "settlement"):
            rows += [[count, share] for _, count, share in self.release["sizes"].get(breakdown, []) if count]
        table, languages = self.tables["language choice"], []
        for line, cell in zip(table["lines"], table["columns"][0]["cells"], strict=True):
            if line in self.release["facts"]["languages"]:
                languages.append(list(cell) if cell else [None, None])
        # Each paper has the languages in its own alphabetical order; which is which, the file of tables tells.
        rows += sorted(languages, key=str)
        return [*rows, [self.release["n"], 100]]

    def _grid(self, key: str, expected: list[list[int | None]]) -> None:
        rows = self.found.grids.pop(key, None)
        if rows is None:
            self.faults.append(f"table {key}: missing")
            return
        shown = [[number(cell) for cell in row[1:]] for row in rows[1:]]
        if key == "participation-people":
            languages = slice(-1 - len(self.release["facts"]["languages"]), -1)
            shown[languages] = sorted(shown[languages], key=str)
        self.compared += sum(len(row) for row in shown)
        if len(shown) != len(expected):
            self.faults.append(f"table {key}: {len(shown)} rows instead of {len(expected)}")
        for row, (found, wanted) in enumerate(zip(shown, expected, strict=False), start=1):
            if found != wanted:
                self.faults.append(f"table {key}, row {row}: {found} instead of {wanted}")

    def _prose(self) -> None:
        """Every number in a sentence about a question is one of that question's in the release; those on the first page
        are some question's, or of the day, the countries, or the region with the fewest answers."""
        codes = [question["code"] for question in questions(self.release)]
        for paragraph in self.found.prose:
            about = [code for code in codes if f"({code})" in paragraph or f"（{code}）" in paragraph]
            if re.match(r"\s*\d+\.\d+", paragraph) and about:
                words = re.sub(r"^\s*\d+\.\d+", "", paragraph).replace(about[0], "")
                self._sentence(about[0], words, self._figures_of(about[0]))
        facts = self.release["facts"]
        allowed = set(CITED).union(*(self._figures_of(code) for code in codes), self.release["countries"].values())
        allowed |= {each for name in ("day", "comment_until") if facts[name] for each in _parts(facts[name])}
        allowed |= {count for _, count, _ in self.release["sizes"].get("region", [])}
        for paragraph in self.found.boxed:
            self._sentence("box", paragraph, allowed)

    def _sentence(self, where: str, words: str, allowed: set[int]) -> None:
        for text in self.quotable:
            words = words.replace(text, " ")
        for each in numbers(words):
            self.compared += 1
            if each not in allowed:
                self.faults.append(f"{where}: {each} in a sentence is none of its figures")

    def _figures_of(self, code: str) -> set[int]:
        found = {self.release["n"]}
        for table in self.release["tables"]:
            if table["question"] == code:
                if table["measure"] == "values":
                    found |= {each for band in table["lines"] for each in numbers(band)}
                found |= {share for share in (*table["equal"], table["equal_top"]) if share is not None}
                for column in table["columns"]:
                    found |= {column["base"]} - {None}
                    for cell in (*column["cells"], column["top"], column["bottom"]):
                        found |= set(cell or ())
        places = [q.get("places", 3) for q in questions(self.release) if q["code"] == code and q["kind"] == "ranking"]
        return found | set(places)


def questions(release: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for section in release["questionnaire"]["sections"]:
        yield from section["questions"]


def _texts(question: Mapping[str, Any]) -> Iterator[str]:
    for each in (question, *question.get("choices", ()), *question.get("rows", ())):
        for text in each["label"].values():
            yield text
            yield text.rstrip("。.")


def check_csv(content: bytes, release: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Every line of the file against the release, and every cell of the release once in the file."""
    faults = []
    expected: dict[tuple[str, ...], tuple[str, str, str, str]] = {}
    for breakdown, groups in release["sizes"].items():
        for group, count, share in groups:
            expected[breakdown, "size", group, "all", "all"] = (str(release["n"]), str(count), str(share), "shown")
    for table in (*release["about"], *release["tables"]):
        for column in table["columns"]:
            asked = "" if column["base"] is None else str(column["base"])
            for line, cell in zip(table["lines"], column["cells"], strict=True):
                count, share, status = (str(cell[0]), str(cell[1]), "shown") if cell else ("", "", "not shown")
                where = (table["code"], table["measure"], line, column["breakdown"], column["group"])
                expected[where] = (asked, count, share, status)
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    for row in rows:
        key = tuple(row[name] for name in ("question_code", "measure", "answer_code", "breakdown", "group_code"))
        figures = tuple(row[name] for name in ("asked", "count", "share_percent", "status"))
        wanted = expected.pop(key, None)
        if figures != wanted:
            faults.append(f"{' '.join(key)}: {figures} instead of {wanted}")
    faults += [f"{' '.join(key)}: missing" for key in expected]
    return 3 * len(rows), faults
