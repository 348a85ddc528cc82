"""The pieces of WordprocessingML that a paper is made of, as XML text. Arabic is right to left down to each run.

Written directly, since python-docx looks every cell up anew, and knows nothing of right to left.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

PICTURE = "http://schemas.openxmlformats.org/drawingml/2006/picture"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    f' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="{PICTURE}" xmlns:r="{RELATIONS}"'
)

INK, SOFT, RULE = "1F1B16", "504940", "B8B0A1"
#: Twentieths of a point (dxa): the width of A4 without our margins of 22 mm, upright and on its side.
UPRIGHT, ON_ITS_SIDE = 9410, 14340


@dataclass(frozen=True)
class Run:
    """Words of one look: `size` in points where it is not that of the style, `right_to_left` where they have another
    direction than the paper."""

    text: str
    bold: bool = False
    color: str = ""
    right_to_left: bool | None = None
    size: float = 0.0


@dataclass(frozen=True)
class Cell:
    """A cell of a table: `span` columns of the grid, `fill` its shade; of each border the edge, style, width in eighths
    of a point and colour."""

    runs: tuple[Run, ...] = ()
    end: bool = False
    span: int = 1
    fill: str = ""
    borders: tuple[tuple[str, str, int, str], ...] = ()


@dataclass(frozen=True)
class Row:
    cells: tuple[Cell, ...]
    header: bool = False
    height: int = 0


class Writer:
    """Writes pieces in one direction of script. `east_asian`: characters that Chinese shares with others, such as
    curved quotation marks, are Chinese, and as wide as its letters."""

    def __init__(self, *, right_to_left: bool, east_asian: bool = False) -> None:
        self._hint = '<w:rFonts w:hint="eastAsia"/>' if east_asian else ""
        self._rtl = "<w:rtl/>" if right_to_left else ""
        self._bidi = "<w:bidi/>" if right_to_left else ""
        self._visual = "<w:bidiVisual/>" if right_to_left else ""

    def run(self, run: Run) -> str:
        bold = "<w:b/><w:bCs/>" if run.bold else ""
        color = f'<w:color w:val="{run.color}"/>' if run.color else ""
        if run.size:
            color += f'<w:sz w:val="{round(2 * run.size)}"/><w:szCs w:val="{round(2 * run.size)}"/>'
        rtl = self._rtl if run.right_to_left is None else "<w:rtl/>" * run.right_to_left
        parts = '</w:t><w:tab/><w:t xml:space="preserve">'.join(escape(part) for part in run.text.split("\t"))
        return f'<w:r><w:rPr>{self._hint}{bold}{color}{rtl}</w:rPr><w:t xml:space="preserve">{parts}</w:t></w:r>'

    def paragraph(
        self,
        style: str,
        runs: Iterable[Run],
        *,
        end: bool = False,
        keep: bool = False,
        page: bool = False,
        right_to_left: bool | None = None,
    ) -> str:
        """A paragraph in a style. `end` sets it to the far edge; `keep` keeps it on the page of what follows; `page`
        begins a new one with it. `right_to_left` where its direction is another than that of the paper."""
        # Ones stand under ones in every language: what is read from the right begins at that edge.
        jc = '<w:jc w:val="right"/>' if end and not self._bidi else ""
        next_ = ("<w:keepNext/>" if keep else "") + ("<w:pageBreakBefore/>" if page else "")
        words = "".join(self.run(run) for run in runs)
        bidi = self._bidi if right_to_left is None else f'<w:bidi w:val="{int(right_to_left)}"/>'
        return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{next_}{bidi}{jc}</w:pPr>{words}</w:p>'

    def caption(self, text: str, sequence: str, number: int | None = None) -> str:
        """A caption whose first number Word counts itself, in a sequence of its own; `number` sets it. Letters at the
        number, as in A.18b, are read with it from the left; marks of direction hold them together around the field."""
        found = re.search(r"(?P<first>(?:[A-Z]\.)?)(?P<number>\d+)(?P<last>[a-z]?)", text)
        if found is None:
            return self.paragraph("Caption", [Run(text)])
        before, after = text[: found.start()], text[found.end() :]
        counted = f" SEQ {sequence} \\* ARABIC " if number is None else f" SEQ {sequence} \\* ARABIC \\r {number} "
        lettered = bool(found["first"] or found["last"])
        mark = "\u200e" if self._rtl and lettered else ""
        first, last = f"{found['first']}{mark}", f"{mark}{found['last']}"
        around = [self.run(Run(each, right_to_left=False)) if each else "" for each in (first, last)]
        properties = f"<w:rPr>{self._hint}{'' if lettered else self._rtl}</w:rPr>"
        parts = (
            '<w:fldChar w:fldCharType="begin"/>',
            f'<w:instrText xml:space="preserve">{counted}</w:instrText>',
            '<w:fldChar w:fldCharType="separate"/>',
            f"<w:t>{found['number']}</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
        )
        field = "".join(f"<w:r>{properties}{part}</w:r>" for part in parts)
        words = f"{self.run(Run(before))}{around[0]}{field}{around[1]}{self.run(Run(after))}"
        return f'<w:p><w:pPr><w:pStyle w:val="Caption"/>{self._bidi}</w:pPr>{words}</w:p>'

    def picture(self, relation: str, number: int, size: tuple[int, int], told: str, *, keep: bool) -> str:
        """A picture in a paragraph of its own. `size` is in EMU (360,000 to a centimetre), `told` its words for those
        who do not see it; `keep` keeps it on the page of what follows."""
        wide, high = size
        next_ = "<w:keepNext/>" if keep else ""
        named = f'id="{number}" name="Figure {number}" descr={quoteattr(told)}'
        drawn = (
            f"<pic:pic><pic:nvPicPr><pic:cNvPr {named}/><pic:cNvPicPr/></pic:nvPicPr>"
            f'<pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
            f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{wide}" cy="{high}"/></a:xfrm>'
            '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
        )
        return (
            f'<w:p><w:pPr><w:pStyle w:val="Picture"/>{next_}{self._bidi}</w:pPr><w:r><w:rPr>{self._rtl}</w:rPr>'
            f'<w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{wide}" cy="{high}"/>'
            f'<wp:docPr {named}/><a:graphic><a:graphicData uri="{PICTURE}">{drawn}</a:graphicData></a:graphic>'
            "</wp:inline></w:drawing></w:r></w:p>"
        )

    def table(
        self,
        widths: Sequence[int],
        rows: Sequence[Row],
        *,
        style: str,
        name: str,
        title: str,
        keep: bool = False,
        leads: bool = False,
    ) -> str:
        """A table of fixed widths (dxa). `name` and `title` are its texts for those who do not see it; `keep` tries to
        hold all rows on one page, and `leads` what follows as well."""
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        told = f"<w:tblCaption w:val={quoteattr(title)}/><w:tblDescription w:val={quoteattr(name)}/>" if name else ""
        last = len(rows) - 1
        body = "".join(
            self._row(row, widths, style, keep=(keep and (leads or place < last)) or row.header)
            for place, row in enumerate(rows)
        )
        margins = "".join(
            f'<w:{edge} w:w="{width}" w:type="dxa"/>'
            for edge, width in (("top", 20), ("left", 50), ("bottom", 20), ("right", 50))
        )
        return (
            f'<w:tbl><w:tblPr>{self._visual}<w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
            f'<w:tblLayout w:type="fixed"/><w:tblCellMar>{margins}</w:tblCellMar>{told}</w:tblPr>'
            f"<w:tblGrid>{grid}</w:tblGrid>{body}</w:tbl>"
        )

    def _row(self, row: Row, widths: Sequence[int], style: str, *, keep: bool) -> str:
        header = "<w:tblHeader/>" if row.header else ""
        height = f'<w:trHeight w:val="{row.height}" w:hRule="atLeast"/>' if row.height else ""
        cells, place = [], 0
        for cell in row.cells:
            width = sum(widths[place : place + cell.span])
            place += cell.span
            cells.append(self._cell(cell, width, style, keep=keep))
        return f"<w:tr><w:trPr><w:cantSplit/>{height}{header}</w:trPr>{''.join(cells)}</w:tr>"

    def _cell(self, cell: Cell, width: int, style: str, *, keep: bool) -> str:
        span = f'<w:gridSpan w:val="{cell.span}"/>' if cell.span > 1 else ""
        edges = "".join(
            f'<w:{edge} w:val="{line}" w:sz="{size}" w:space="0" w:color="{color}"/>'
            for edge, line, size, color in cell.borders
        )
        borders = f"<w:tcBorders>{edges}</w:tcBorders>" if edges else ""
        fill = f'<w:shd w:val="clear" w:color="auto" w:fill="{cell.fill}"/>' if cell.fill else ""
        words = self.paragraph(style, cell.runs, end=cell.end, keep=keep)
        return (
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}{borders}{fill}<w:vAlign w:val="center"/></w:tcPr>'
            f"{words}</w:tc>"
        )

    def section_end(self, *, on_its_side: bool, header: str, footer: str) -> str:
        """An A4 section ends here, in no room; the pages before were upright, or on their side."""
        measures = '<w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>'
        section = self.section(on_its_side, header, footer)
        return f'<w:p><w:pPr><w:pStyle w:val="Small"/>{measures}{section}</w:pPr></w:p>'

    def section(self, on_its_side: bool, header: str, footer: str) -> str:
        """The measures of a section: A4 with margins of 22 mm, its header and footer by relation."""
        size = (
            '<w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/>'
            if on_its_side
            else '<w:pgSz w:w="11906" w:h="16838"/>'
        )
        return (
            f'<w:sectPr><w:headerReference w:type="default" r:id="{header}"/>'
            f'<w:footerReference w:type="default" r:id="{footer}"/><w:type w:val="nextPage"/>{size}'
            '<w:pgMar w:top="1247" w:right="1247" w:bottom="1134" w:left="1247" w:header="567" w:footer="567"'
            f' w:gutter="0"/>{self._bidi}</w:sectPr>'
        )


def page_number() -> str:
    """A field that says the number of the page."""
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
