"""The paper as a Word document. The same release gives the same bytes: dates come from its facts, and nothing says on
which machine it was made."""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime

from docx import Document
from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from app.reporting.release import Release
from app.reporting.renderers.charts import draw
from app.reporting.renderers.columns import fitted
from app.reporting.renderers.compose import compose
from app.reporting.renderers.drawing import WIDTH
from app.reporting.renderers.paper import Asked, Block, Figure, Grid, Heading, Paper, Paragraph, Quoted, Section
from app.reporting.renderers.pictures import to_png
from app.reporting.renderers.word_styles import TAGS, styles_xml
from app.reporting.renderers.word_xml import (
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

#: The width of a chart (millimetres), and the units of Word's pictures in one.
PICTURE_WIDTH, EMU = 150.0, 36_000
#: Sizes of the words in tables (points), the first, that of the style, where they have room; dxa in a millimetre.
SIZES, MILLIMETRE = (9.0, 8.5, 8.0, 7.5, 7.0), 56.7
#: Arabic is larger in Word, and its faces there are wider than ours by so much.
WIDER = 1.25
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
    # The number of a document is read from the left, also among Arabic words.
    document_number, version = (
        Run(mark, right_to_left=None if place else False) for place, mark in enumerate(paper.marks)
    )
    marks = [document_number, Run(" · "), version] if all(paper.marks) else [document_number, version]
    _replace(header._element, writer.paragraph("Header", [Run(paper.sample)]), writer.paragraph("Mark", marks))
    number = writer.paragraph("Footer", []).replace("</w:p>", f"{page_number()}</w:p>")
    _replace(footer._element, number)
    relations = {part: _relation(document.part, part) for part in (header.part, footer.part)}
    edges = (relations[header.part], relations[footer.part])
    body = document.element.body
    for child in list(body):
        body.remove(child)
    pieces = "".join(_Pieces(paper, writer, edges, _pictures(document, paper, t), t).pieces())
    for element in parse_xml(f"<w:body {NAMESPACES}>{pieces}</w:body>"):
        body.append(element)


def _pictures(document: WordDocument, paper: Paper, t: Translator) -> Mapping[str, tuple[str, tuple[int, int]]]:
    """The charts are in the file. By key of the figure, each one's relation and size (EMU)."""
    figures = [block for section in paper.sections for block in section.blocks if isinstance(block, Figure)]
    drawings = [draw(figure, t) for figure in figures]
    unit = PICTURE_WIDTH * EMU / WIDTH
    found = {}
    for figure, drawing, png in zip(figures, drawings, to_png(drawings, paper.language, PICTURE_WIDTH), strict=True):
        relation, _ = document.part.get_or_add_image(io.BytesIO(png))
        found[figure.key] = (relation, (round(WIDTH * unit), round(drawing.height * unit)))
    return found


def _relation(main: Part, part: Part) -> str:
    return next(
        str(key) for key, relation in main.rels.items() if not relation.is_external and relation.target_part is part
    )


def _replace(element, *paragraphs: str) -> None:  # type: ignore[no-untyped-def]
    for child in list(element):
        element.remove(child)
    for paragraph in paragraphs:
        element.append(parse_xml(paragraph.replace("<w:p>", f"<w:p {NAMESPACES}>", 1)))


def _with_fixed_dates(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, FIXED), old.read(name), zipfile.ZIP_DEFLATED)
    return made.getvalue()


class _Pieces:
    """The body of the document, piece by piece."""

    def __init__(
        self,
        paper: Paper,
        writer: Writer,
        edges: tuple[str, str],
        pictures: Mapping[str, tuple[str, tuple[int, int]]],
        t: Translator,
    ) -> None:
        self._paper = paper
        self._write = writer
        self._edges = edges
        self._pictures = pictures
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
        yield from self._annexes()
        yield write.section(False, *self._edges)

    def _annexes(self) -> list[str]:
        """The annexes, in sections of their own where the sheet is turned."""
        paper, write, made = self._paper, self._write, list[str]()
        for place, annex in enumerate(paper.annexes):
            before_wide = annex.wide
            after_wide = place > 0 and paper.annexes[place - 1].wide
            if before_wide or after_wide:
                # What ends a section is a paragraph, and two of them would fill a sheet alone where the last is full.
                if made and made[-1] == write.paragraph("Small", [Run("")]):
                    made.pop()
                made.append(write.section_end(on_its_side=after_wide, header=self._edges[0], footer=self._edges[1]))
            title = self._t.gettext("Annex %(number)s. %(title)s", number=annex.number, title=annex.title)
            made.append(write.paragraph("Heading1", [Run(title)], page=place == 0))
            made.extend(self._blocks(annex))
        return made

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
        for block, following in zip(section.blocks, (*section.blocks[1:], None), strict=True):
            # What leads to a chart or table stands on its page.
            leads = isinstance(following, Figure | Grid)
            yield from self._block(block, ON_ITS_SIDE if section.wide else UPRIGHT, leads=leads)

    def _block(self, block: Block, width: int, *, leads: bool) -> Iterator[str]:
        write = self._write
        match block:
            case Paragraph():
                runs = [Run(f"{block.number}\t")] if block.number else []
                blank = "" if self._paper.language == "zh" else " "
                runs += [Run(f"{block.lead}{blank}", bold=True)] if block.lead else []
                yield write.paragraph("Normal", [*runs, Run(block.text)], keep=leads)
            case Heading():
                yield write.paragraph("Heading2", [Run(block.text)])
            case Asked():
                yield from self._asked(block)
            case Quoted():
                other = block.language == "ar"
                yield write.paragraph("Quote", [Run(block.text, right_to_left=other)], keep=True, right_to_left=other)
                if block.translation:
                    yield write.paragraph("Quote", [Run(block.translation)], keep=bool(block.by))
                yield write.paragraph("QuoteBy", [Run(block.by)])
            case Figure():
                relation, size = self._pictures[block.key]
                yield write.caption(block.caption, "Figure")
                yield write.picture(relation, block.number, size, block.alt, keep=block.table is not None)
                if block.table is not None:
                    yield self._grid(block.table, width, leads=bool(block.source))
                yield write.paragraph("Small", [Run(block.source)])
            case Grid():
                yield self._grid_caption(block)
                yield self._grid(block, width, leads=bool(block.note))
                yield write.paragraph("Small", [Run(block.note)])

    def _grid_caption(self, grid: Grid) -> str:
        """Tables of the annex have the numbers of the release's tables, several of them the same one."""
        found = re.search(r"\d+", grid.caption)
        if grid.key.startswith("participation") or grid.key.endswith(" before") or found is None:
            return self._write.caption(grid.caption, "Table")
        return self._write.caption(grid.caption, "Table_A", int(found.group()))

    def _asked(self, asked: Asked) -> Iterator[str]:
        write = self._write
        runs = [Run(f"{asked.code}\t", bold=True)] if asked.code else []
        style = "Asked" if asked.code or asked.choices else "Normal"
        yield write.paragraph(style, [*runs, Run(asked.text)], keep=bool(asked.choices or asked.note))
        if asked.hint:
            yield write.paragraph("Choice", [Run(f"\t{asked.hint}", color=SOFT)], keep=True)
        for row in asked.rows:
            yield write.paragraph("Choice", [Run(f"–\t{row}")], keep=True)
        for place, choice in enumerate(asked.choices, start=1):
            last = place == len(asked.choices)
            style = "FirstChoice" if asked.rows and place == 1 else "Choice"
            yield write.paragraph(style, [Run(f"–\t{choice}")], keep=not last or bool(asked.note))
        if asked.note:
            yield write.paragraph("Manner", [Run(asked.note)])

    def _grid(self, grid: Grid, width: int, *, leads: bool = False) -> str:
        unit = MILLIMETRE * (WIDER if self._paper.language == "ar" else 1.0)
        columns = fitted(grid, width / unit, self._paper.language, SIZES)
        size = columns.size if columns.size != SIZES[0] else 0.0
        widths = [round(each * unit) for each in columns.widths]
        # Where a narrow table stands that is read from the right, every program decides for itself.
        if self._paper.direction == "rtl":
            widths[0] = width - sum(widths[1:])
        head = tuple(
            self._head(name, size, end=place > 0 and not grid.of_texts) for place, name in enumerate(grid.head)
        )
        rows = [Row(head, header=True)]
        for row in grid.rows:
            cells = [Cell((Run(row.name, bold=row.total, size=size),), borders=_under(RULE))]
            for cell in row.cells:
                color = SOFT if cell.kind == "hidden" else ""
                other = cell.language == "ar" if cell.language else None
                words = Run(cell.text, bold=row.total, color=color, size=size, right_to_left=other)
                cells.append(Cell((words,), end=cell.kind != "text", borders=_under(RULE)))
            rows.append(Row(tuple(cells)))
        return self._write.table(
            widths, rows, style="Figures", name=grid.key, title=grid.caption, keep=len(rows) < 20, leads=leads
        )

    def _head(self, words: str, size: float, *, end: bool = False) -> Cell:
        return Cell((Run(words, bold=True, size=size),), end=end, borders=_under(INK))


def _under(color: str) -> tuple[tuple[str, str, int, str], ...]:
    return (("bottom", "single", 4, color),)
