"""The paper as a Word document. The same release gives the same bytes: dates come from its facts, and nothing says on
which machine it was made."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime

from docx import Document
from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from app.reporting.release import Release
from app.reporting.renderers.compose import compose
from app.reporting.renderers.paper import Asked, Block, Figure, Grid, Heading, Paper, Paragraph, Section
from app.reporting.renderers.word_styles import TAGS, styles_xml
from app.reporting.renderers.word_xml import (
    BAR,
    INK,
    NAMESPACES,
    ON_ITS_SIDE,
    RULE,
    SOFT,
    UPRIGHT,
    Cell,
    Row,
    Run,
    Writer,
    page_number,
)
from app.web.i18n import Translator

#: A bar is drawn in so many columns of the table; Word knows at most 63.
BAR_COLUMNS = 50
#: A column of figures that is wide enough for "not shown", and the width of a broad bold letter at 9 points (dxa).
COMFORTABLE, LETTER = 1350, 126
#: Every part of the file bears this date, the earliest that the format knows.
FIXED = (1980, 1, 1, 0, 0, 0)


def render(release: Release, t: Translator) -> bytes:
    """The paper as a .docx file."""
    return write(compose(release, t), t, release.facts.snapshot_at)


def write(paper: Paper, t: Translator, made_at: datetime) -> bytes:
    """Any paper as a .docx file, which says that it was made at that instant."""
    document = Document()
    _drop_thumbnail(document)
    _set_styles(document, paper)
    _fill(document, paper, t)
    about = document.core_properties
    about.title, about.subject, about.keywords = paper.title, paper.group, paper.keywords
    about.author, about.last_modified_by, about.comments = t.gettext("Secretariat"), "", paper.sample
    about.language, about.category, about.revision = TAGS[paper.language], "", 1
    about.created = about.modified = made_at.replace(tzinfo=None)
    file = io.BytesIO()
    document.save(file)
    return _with_fixed_dates(file.getvalue())


def _drop_thumbnail(document: WordDocument) -> None:
    """The template's own picture of an empty page goes, with what points to it."""
    relations = document.part.package.rels
    for key in [key for key, relation in relations.items() if relation.reltype == RELATIONSHIP_TYPE.THUMBNAIL]:
        del relations[key]


def _set_styles(document: WordDocument, paper: Paper) -> None:
    # python-docx has no public way to replace all styles at once.
    styles = document.part._styles_part
    styles._element = parse_xml(styles_xml(paper.language, right_to_left=paper.direction == "rtl"))
    faces = document.settings.element.find(qn("w:themeFontLang"))
    if faces is not None:
        faces.set(qn("w:val"), TAGS[paper.language])
        faces.set(qn("w:eastAsia"), TAGS["zh"])
        faces.set(qn("w:bidi"), TAGS["ar"])


def _fill(document: WordDocument, paper: Paper, t: Translator) -> None:
    writer = Writer(right_to_left=paper.direction == "rtl", east_asian=paper.language == "zh")
    section = document.sections[0]
    header, footer = section.header, section.footer
    header.is_linked_to_previous = footer.is_linked_to_previous = False
    _replace(header._element, writer.paragraph("Header", [Run(paper.sample)]))
    number = writer.paragraph("Footer", []).replace("</w:p>", f"{page_number()}</w:p>")
    _replace(footer._element, number)
    relations = {part: _relation(document.part, part) for part in (header.part, footer.part)}
    edges = (relations[header.part], relations[footer.part])
    body = document.element.body
    for child in list(body):
        body.remove(child)
    pieces = "".join(_Pieces(paper, writer, edges, t).pieces())
    for element in parse_xml(f"<w:body {NAMESPACES}>{pieces}</w:body>"):
        body.append(element)


def _relation(main: Part, part: Part) -> str:
    return next(
        str(key) for key, relation in main.rels.items() if not relation.is_external and relation.target_part is part
    )


def _replace(element, paragraph: str) -> None:  # type: ignore[no-untyped-def]
    for child in list(element):
        element.remove(child)
    element.append(parse_xml(paragraph.replace("<w:p>", f"<w:p {NAMESPACES}>", 1)))


def _with_fixed_dates(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, FIXED), old.read(name), zipfile.ZIP_DEFLATED)
    return made.getvalue()


class _Pieces:
    """The body of the document, piece by piece."""

    def __init__(self, paper: Paper, writer: Writer, edges: tuple[str, str], t: Translator) -> None:
        self._paper = paper
        self._write = writer
        self._edges = edges
        self._t = t

    def pieces(self) -> Iterator[str]:
        paper, write = self._paper, self._write
        yield self._title_block()
        yield write.paragraph("Title", [Run(paper.title)])
        for box in paper.boxes:
            yield write.paragraph("BoxHeading", [Run(box.title)])
            for text in box.paragraphs:
                yield write.paragraph("BoxText", [Run(text)])
        for section in paper.sections:
            yield write.paragraph("Heading1", [Run(f"{section.number}\t{section.title}")])
            yield from self._blocks(section)
        for place, annex in enumerate(paper.annexes):
            before_wide = annex.wide
            after_wide = place > 0 and paper.annexes[place - 1].wide
            if before_wide or after_wide:
                yield self._write.section_end(on_its_side=after_wide, header=self._edges[0], footer=self._edges[1])
            title = self._t.gettext("Annex %(number)s. %(title)s", number=annex.number, title=annex.title)
            yield write.paragraph("Heading1", [Run(title)])
            yield from self._blocks(annex)
        yield write.section(False, *self._edges)

    def _title_block(self) -> str:
        thick = (("top", "single", 24, INK), ("bottom", "single", 24, INK))
        half = UPRIGHT // 2
        left = self._write.paragraph("Group", [Run(self._paper.group)])
        if self._paper.meeting:
            left += self._write.paragraph("Fact", [Run(self._paper.meeting)])
        right = "".join(
            self._write.paragraph(
                "Fact", [Run(f"{fact.term}  ", color=SOFT), Run(fact.value, bold=fact.tone != "plain")]
            )
            for fact in self._paper.facts
        )
        table = self._write.table(
            (half, UPRIGHT - half),
            [Row((Cell(borders=thick), Cell(borders=thick)))],
            style="Fact",
            name="",
            title="",
        )
        empty = self._write.paragraph("Fact", ())
        return table.replace(empty, left, 1).replace(empty, right, 1)

    def _blocks(self, section: Section) -> Iterator[str]:
        for block in section.blocks:
            yield from self._block(block, ON_ITS_SIDE if section.wide else UPRIGHT)

    def _block(self, block: Block, width: int) -> Iterator[str]:
        write = self._write
        match block:
            case Paragraph():
                runs = [Run(f"{block.number}\t")] if block.number else []
                blank = "" if self._paper.language == "zh" else " "
                runs += [Run(f"{block.lead}{blank}", bold=True)] if block.lead else []
                yield write.paragraph("Normal", [*runs, Run(block.text)])
            case Heading():
                yield write.paragraph("Heading2", [Run(block.text)])
            case Asked():
                yield from self._asked(block)
            case Figure():
                yield write.paragraph("Caption", [Run(block.caption)])
                yield self._figure(block)
                yield write.paragraph("Small", [Run(block.source)])
            case Grid():
                yield write.paragraph("Caption", [Run(block.caption)])
                yield self._grid(block, width)
                yield write.paragraph("Small", [Run(block.note)])

    def _asked(self, asked: Asked) -> Iterator[str]:
        write = self._write
        runs = [Run(f"{asked.code}\t", bold=True)] if asked.code else []
        yield write.paragraph("Normal", [*runs, Run(asked.text)], keep=bool(asked.choices or asked.note))
        for text in (asked.hint, *(f"–\t{row}" for row in asked.rows)):
            if text:
                yield write.paragraph("Choice", [Run(text)], keep=True)
        for choice in asked.choices:
            yield write.paragraph("Choice", [Run(f"\t{choice}")])
        yield write.paragraph("Small", [Run(asked.note)])

    def _figure(self, figure: Figure) -> str:
        """The chart as a table: words, share, and a bar of shaded cells."""
        narrow = (UPRIGHT - 3900 - 1000) // BAR_COLUMNS
        widths = (3900, 1000, *[narrow] * BAR_COLUMNS)
        head = (self._head(self._t.gettext("Answer")), self._head(self._t.gettext("Share"), end=True))
        rows = [Row((*head, Cell(span=BAR_COLUMNS)), header=True)]
        for bar in figure.bars:
            value = Run(bar.value, color=SOFT if bar.share is None else "")
            rows.append(Row((Cell((Run(bar.label),)), Cell((value,), end=True), *_bar(bar.share)), height=300))
        return self._write.table(widths, rows, style="Figures", name=figure.key, title=figure.caption, keep=True)

    def _grid(self, grid: Grid, width: int) -> str:
        texts = bool(grid.rows) and all(cell.kind == "text" for row in grid.rows for cell in row.cells)
        widths = (width // len(grid.head),) * len(grid.head) if texts else _widths(grid.head, width)
        head = tuple(self._head(name, end=place > 0 and not texts) for place, name in enumerate(grid.head))
        rows = [Row(head, header=True)]
        for row in grid.rows:
            cells = [Cell((Run(row.name, bold=row.total),), borders=_under(RULE))]
            for cell in row.cells:
                color = SOFT if cell.kind == "hidden" else ""
                other = cell.language == "ar" if cell.language else None
                words = Run(cell.text, bold=row.total, color=color, right_to_left=other)
                cells.append(Cell((words,), end=cell.kind != "text", borders=_under(RULE)))
            rows.append(Row(tuple(cells)))
        return self._write.table(widths, rows, style="Figures", name=grid.key, title=grid.caption, keep=len(rows) < 20)

    def _head(self, words: str, *, end: bool = False) -> Cell:
        return Cell((Run(words, bold=True),), end=end, borders=_under(INK))


def _widths(head: Sequence[str], width: int) -> tuple[int, ...]:
    """Column widths (dxa) in which no word of the head is broken; the names of the rows have what is left, and at least
    a quarter."""
    wide = min(COMFORTABLE, width * 16 // 25 // (len(head) - 1))
    wanted = [max(wide, LETTER * max(len(word) for word in name.split()) + LETTER) for name in head[1:]]
    room = width * 3 // 4
    if sum(wanted) > room:
        wanted = [each * room // sum(wanted) for each in wanted]
    return (width - sum(wanted), *wanted)


def _under(color: str) -> tuple[tuple[str, str, int, str], ...]:
    return (("bottom", "single", 4, color),)


def _bar(share: int | None) -> tuple[Cell, ...]:
    """The bar and the rest of its line; a line of dashes where nothing is shown."""
    axis = ("left", "single", 8, INK)
    if share is None:
        return (Cell(span=BAR_COLUMNS, borders=(axis, ("bottom", "dashed", 4, SOFT))),)
    # White edges part the bars.
    apart = (("top", "single", 24, "FFFFFF"), ("bottom", "single", 24, "FFFFFF"))
    long = (2 * share * BAR_COLUMNS + 100) // 200
    if not long:
        return (Cell(span=BAR_COLUMNS, borders=(axis,)),)
    drawn = Cell(span=long, fill=BAR, borders=(apart[0], axis, apart[1]))
    return (drawn, Cell(span=BAR_COLUMNS - long)) if long < BAR_COLUMNS else (drawn,)
