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

from tests.reporting.expected import (
    DIFFERENCE,
    Expected,
    as_id,
    expected_comparisons,
    expected_figures,
    expected_grids,
    expected_themes,
    keys_in_order,
    questions,
)
from tests.reporting.tagged import read_tagged

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
Rows = list[list[str]]
#: Word's names of the paragraphs that we look at.
STYLES = {"Normal": "prose", "BoxText": "boxed"}
#: Numbers of resolutions and sections.
CITED = {1306, 179, 7}


@dataclass
class Found:
    """What stands in a document: the figures of charts and of tables by id, paragraphs, and those of the box on the
    first page. `widths` are those of the bars of a chart, where they can be read."""

    figures: dict[str, Rows] = field(default_factory=dict)
    widths: dict[str, list[list[int]]] = field(default_factory=dict)
    grids: dict[str, Rows] = field(default_factory=dict)
    prose: list[str] = field(default_factory=list)
    boxed: list[str] = field(default_factory=list)


def check_document(name: str, content: bytes, release: Mapping[str, Any]) -> tuple[int, list[str]]:
    """How many figures were compared, and in words each that is not the release's, or missing. By the name's ending."""
    if name.endswith(".csv"):
        return check_csv(content, release)
    if name.endswith(".pdf"):
        found = read_pdf(content, release)
    else:
        found = read_html(content) if name.endswith(".html") else read_docx(content)
    return _Check(found, release).run()


def read_html(content: bytes) -> Found:
    page = html.fromstring(content.decode())
    found = Found()
    for figure in page.iter("figure"):
        key = figure.get("id").removeprefix("figure-")
        same = figure.find_class("same")
        if same:
            found.figures[key] = [[cell.text_content() for cell in row] for row in same[0].iterfind("tbody/tr")]
        elif (bars := figure.find_class("bars")) and bars[0].tag == "ul":
            values = [[*item.iter("b"), *item.find_class("none")] for item in bars[0]]
            found.figures[key] = [["", *(value.text_content() for value in row)] for row in values]
        for bars in figure.find_class("bars"):
            found.widths[key] = [[_width(rect) for rect in item.iter("rect")] for item in bars]
    for table in page.iter("table"):
        if not table.get("id").startswith("table-"):
            continue
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
        key = as_id(name.get(f"{WORD}val"))
        found.grids[key] = rows
    _part_figures(found)
    for paragraph in body.findall(f"{WORD}body/{WORD}p"):
        style = paragraph.find(f"{WORD}pPr/{WORD}pStyle")
        if style is not None and style.get(f"{WORD}val") in STYLES:
            getattr(found, STYLES[style.get(f"{WORD}val")]).append(_text(paragraph))
    return found


def read_pdf(content: bytes, release: Mapping[str, Any]) -> Found:
    """Tables of a PDF have no names: they are taken in the order in which they must stand."""
    whole, found = read_tagged(content), Found()
    tables = [[[cell.seen for cell in row.children] for row in table.every("TR")] for table in whole.every("Table")]
    keys = list(keys_in_order(release))
    if len(keys) != len(tables):
        raise ValueError(f"{len(tables)} tables instead of {len(keys)}")
    found.grids = dict(zip(keys, tables, strict=True))
    _part_figures(found)
    found.prose = [part.read for part in whole.every("P")]
    parts = whole.children[0].children
    first = next(place for place, part in enumerate(parts) if part.kind == "H1")
    found.boxed = [part.read for part in parts[first : first + 6] if part.kind == "P"]
    return found


def _part_figures(found: Found) -> None:
    """The tables that stand under a chart are those of figures: their ids name no breakdown and no round."""
    others = re.compile("participation-|.*-before$")
    for key in [key for key in found.grids if key.count("-") == 1 and not others.match(key)]:
        found.figures[key] = found.grids.pop(key)[1:]


def _width(rect: Any) -> int:
    """The share that a bar, or a part of one, is drawn for."""
    return int(rect.get("data-share") or rect.get("width"))


def _text(element: Any) -> str:
    return "".join(
        each.text or "" if each.tag == f"{WORD}t" else "\t" for each in element.iter(f"{WORD}t", f"{WORD}tab")
    )


def _parts(day: str) -> list[int]:
    return [int(part) for part in day.split("-")]


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
        texts = {text for question in questions(release) for text in texts_of(question)}
        texts |= {
            each for themes in release["codebooks"].values() for theme in themes for each in theme["label"].values()
        }
        self.quotable = sorted(texts | set(release["facts"]["title"].values()), key=len, reverse=True)

    def run(self) -> tuple[int, list[str]]:
        for key, expected in (*expected_figures(self.release), *expected_themes(self.release)):
            self._figure(key, expected)
        for key, rows in (*expected_grids(self.release), *expected_comparisons(self.release)):
            # An arrow and a word say which way a difference goes.
            self._grid(key, [[None if each is None else abs(each) for each in row] for row in rows])
        self.faults += [f"{key}: in no release" for key in (*self.found.figures, *self.found.grids)]
        self._prose()
        return self.compared, self.faults

    def _figure(self, key: str, expected: Expected) -> None:
        rows = self.found.figures.pop(key, None)
        if rows is None:
            self.faults.append(f"figure {key}: missing")
            return
        shown = [[number(value) for value in row[1:]] for row in rows]
        # A page has the share beside the bar and no count.
        wanted = [row[-len(found) :] for row, found in zip(expected.rows, shown, strict=False)]
        self.compared += sum(map(len, shown))
        if shown != wanted or len(shown) != len(expected.rows):
            self.faults.append(f"figure {key}: {shown} instead of {expected.rows}")
        drawn = self.found.widths.get(key, expected.bars)
        if drawn != expected.bars:
            self.faults.append(f"figure {key}: bars of {drawn} instead of {expected.bars}")

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
                self._sentence(about[0], words, figures_of(self.release, about[0]))
        facts = self.release["facts"]
        allowed = set(CITED).union(
            *(figures_of(self.release, code) for code in codes), self.release["countries"].values()
        )
        days = [facts[name] for name in ("day", "comment_until") if facts[name]]
        days += [self.release["previous"]["day"]] if self.release["previous"] else []
        allowed |= {each for day in days for each in _parts(day)}
        allowed |= {count for _, count, _ in self.release["sizes"].get("region", [])}
        for paragraph in self.found.boxed:
            self._sentence("box", paragraph, allowed)

    def _sentence(self, where: str, words: str, allowed: set[int]) -> None:
        for each in numbers(without(words, self.quotable)):
            self.compared += 1
            if each not in allowed:
                self.faults.append(f"{where}: {each} in a sentence is none of its figures")


def without(words: str, quotable: Sequence[str]) -> str:
    """The sentence without what it quotes of the questionnaire, whose numbers are no figures."""
    for text in quotable:
        words = words.replace(text, " ")
    return words


def figures_of(release: Mapping[str, Any], code: str) -> set[int]:
    """Every number that a sentence about this question may have."""
    previous = release["previous"]
    found = {release["n"], *([DIFFERENCE] if previous else [])}
    for table in (*release["tables"], *(previous["tables"] if previous else ())):
        if table["question"] == code:
            if table["measure"] == "values":
                found |= {each for band in table["lines"] for each in numbers(band)}
            found |= {share for share in (*table["equal"], table["equal_top"]) if share is not None}
            for column in table["columns"]:
                found |= {column["base"]} - {None}
                for cell in (*column["cells"], column["top"], column["bottom"]):
                    found |= set(cell or ())
    places = [q.get("places", 3) for q in questions(release) if q["code"] == code and q["kind"] == "ranking"]
    most = [q["max_choices"] for q in questions(release) if q["code"] == code and q.get("max_choices")]
    return found | set(places) | set(most)


def texts_of(question: Mapping[str, Any]) -> Iterator[str]:
    """All words of a question, also as they stand before another full stop."""
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
