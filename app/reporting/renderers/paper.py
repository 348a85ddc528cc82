"""The paper as blocks of words, in one language: what HTML and Word both write down. No format here."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Paragraph:
    """A paragraph with its typed number (empty in annexes), and a lead in bold. `id` is its stable name, the same in
    every language and version, such as `results.CB04`: by it the secretariat puts its own words there."""

    text: str
    number: str = ""
    lead: str = ""
    id: str = ""


@dataclass(frozen=True)
class Bar:
    """One row of a chart. `share` in per cent draws the bar; None draws none. `value` and `count` are its words."""

    label: str
    share: int | None
    value: str
    count: str


@dataclass(frozen=True)
class Bars:
    """A bar for each answer."""

    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Pairs:
    """Two bars for each answer: how many put it first, and how many gave it any place. `names` are those of the two."""

    names: tuple[str, str]
    rows: tuple[tuple[Bar, Bar], ...]


@dataclass(frozen=True)
class Stack:
    """A bar divided into `shares`, which follow the points of its chart; None where one of them is not shown. `people`
    says how many were asked, or nothing; `together` is the share of the two highest points in words."""

    label: str
    people: str
    shares: tuple[int, ...] | None
    together: str


@dataclass(frozen=True)
class Stacks:
    """Divided bars. `points` are the names of the parts from lowest to highest, and last "No answer"; `together` says
    what the share at the end of each bar is of; `instead` stands where there is no bar."""

    points: tuple[str, ...]
    rows: tuple[Stack, ...]
    together: str
    instead: str


@dataclass(frozen=True)
class Spot:
    """A group of regions on the map: its codes, its name, its number of answers and that number in words."""

    regions: tuple[str, ...]
    label: str
    count: int
    value: str


@dataclass(frozen=True)
class Spots:
    spots: tuple[Spot, ...]


Chart = Bars | Pairs | Stacks | Spots


@dataclass(frozen=True)
class GridCell:
    """A figure, what stands for one that is not shown, a word in its place; or a text of whole sentences, in `language`
    where it is not that of the paper."""

    text: str
    kind: Literal["figure", "hidden", "word", "text"] = "figure"
    language: str = ""


@dataclass(frozen=True)
class GridRow:
    name: str
    cells: tuple[GridCell, ...]
    total: bool = False


@dataclass(frozen=True)
class Grid:
    """A table of figures: `head` names the columns, the first being that of the rows' names."""

    key: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[GridRow, ...]
    note: str = ""

    @property
    def of_texts(self) -> bool:
        """Whether whole sentences stand in it."""
        return bool(self.rows) and all(cell.kind == "text" for row in self.rows for cell in row.cells)


@dataclass(frozen=True)
class Figure:
    """A chart and the table of the same figures; without one where the table stands before it. `key` names the table of
    the release, `number` stands in the caption, `alt` says what is drawn to those who do not see it, `values` every
    figure in it."""

    key: str
    number: int
    caption: str
    chart: Chart
    table: Grid | None
    source: str
    alt: str
    values: str


@dataclass(frozen=True)
class Heading:
    text: str


@dataclass(frozen=True)
class Asked:
    """One question of the questionnaire, as it was put. `note`: when it was asked, how it could be answered."""

    code: str
    text: str
    hint: str
    choices: tuple[str, ...]
    rows: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Quoted:
    """A text that somebody wrote, with what may be said of its author; `translation` "" where it is in our language."""

    text: str
    language: str
    translation: str
    by: str


Block = Paragraph | Figure | Grid | Heading | Asked | Quoted


@dataclass(frozen=True)
class Section:
    number: str
    title: str
    blocks: tuple[Block, ...]
    wide: bool = False


@dataclass(frozen=True)
class Fact:
    """One line of the title block; `tone` says how it stands out."""

    term: str
    value: str
    tone: Literal["plain", "strong", "framed"] = "plain"


@dataclass(frozen=True)
class Boxed:
    title: str
    paragraphs: tuple[str, ...]
    id: str = ""


@dataclass(frozen=True)
class Paper:
    """The whole paper. `sample` is what every page says when no young person gave the answers, else empty."""

    language: str
    direction: str
    title: str
    group: str
    meeting: str
    facts: tuple[Fact, ...]
    boxes: tuple[Boxed, ...]
    sections: tuple[Section, ...]
    annexes: tuple[Section, ...] = field(default=())
    sample: str = ""
    keywords: str = ""
    #: What every sheet says of the document: its number; its version and day.
    marks: tuple[str, str] = ("", "")
