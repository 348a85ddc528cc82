"""The workbook as ODS: OpenDocument 1.3, written by hand. The same release gives the same bytes."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from app.reporting.release import Release
from app.reporting.renderers.archive import write_archive
from app.reporting.renderers.book import Book, BookCell, Row, Sheet, book_of
from app.reporting.renderers.ods_xml import DECLARED, KIND, manifest, namespaces, words
from app.reporting.terms import Terms
from app.web.i18n import Translator

#: A character of the text's size, roughly.
CENTIMETRES_A_CHARACTER = 0.2
_SPACES = (
    namespaces("office", "table", "text", "style", "number", "fo", "meta", "config", "manifest")
    + ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def render(release: Release, t: Translator, terms: Terms) -> bytes:
    return write(book_of(release, t, terms))


def write(book: Book) -> bytes:
    parts = {
        "META-INF/manifest.xml": manifest(_SPACES, ("content.xml", "meta.xml", "settings.xml", "styles.xml")),
        "content.xml": "".join(_content(book)),
        "meta.xml": _meta(book),
        "settings.xml": "".join(_settings(book)),
        "styles.xml": _styles(book),
    }
    # The kind comes first and unpacked, so that it is found at a fixed place.
    return write_archive([("mimetype", KIND.encode(), False), *((k, v.encode(), True) for k, v in parts.items())])


def _meta(book: Book) -> str:
    return (
        f'{DECLARED}<office:document-meta {_SPACES} office:version="1.3"><office:meta>'
        f"<dc:title>{escape(book.title)}</dc:title><dc:creator>{escape(book.publisher)}</dc:creator>"
        f"<dc:language>{book.language}</dc:language><dc:date>{_instant(book.made_at)}</dc:date>"
        f"<meta:creation-date>{_instant(book.made_at)}</meta:creation-date>"
        "</office:meta></office:document-meta>"
    )


def _instant(at: datetime) -> str:
    return at.replace(tzinfo=None, microsecond=0).isoformat()


def _styles(book: Book) -> str:
    mode = "rl-tb" if book.right_to_left else "lr-tb"
    return (
        f'{DECLARED}<office:document-styles {_SPACES} office:version="1.3"><office:styles>'
        '<style:default-style style:family="table-cell">'
        f'<style:paragraph-properties style:writing-mode="{mode}"/>'
        f'<style:text-properties fo:language="{book.language}" fo:country="none"/></style:default-style>'
        '<style:style style:name="Default" style:family="table-cell"/>'
        "</office:styles></office:document-styles>"
    )


#: Automatic styles of cells by kind: properties of the cell, of the paragraph, of the text, and the style of numbers.
_LOOKS = {
    "text": ('fo:wrap-option="wrap"', "", "", ""),
    "strong": ("", "", 'fo:font-weight="bold"', ""),
    "head": ('fo:wrap-option="wrap" fo:border-bottom="0.5pt solid #000000"', "", 'fo:font-weight="bold"', ""),
    "count": ("", "", "", "whole"),
    "share": ("", "", "", "percent"),
    "hidden": ("", 'fo:text-align="end"', 'fo:font-style="italic" fo:color="#5b5b5b"', ""),
    "link": ("", "", 'fo:color="#0b5a6f"', ""),
}


def _content(book: Book) -> Iterator[str]:
    mode = "rl-tb" if book.right_to_left else "lr-tb"
    yield f'{DECLARED}<office:document-content {_SPACES} office:version="1.3"><office:automatic-styles>'
    yield (
        '<number:number-style style:name="whole"><number:number number:decimal-places="0"'
        ' number:min-integer-digits="1" number:grouping="true"/></number:number-style>'
        '<number:percentage-style style:name="percent"><number:number number:decimal-places="0"'
        ' number:min-integer-digits="1"/><number:text>%</number:text></number:percentage-style>'
    )
    for width in sorted({width for sheet in book.sheets for width in sheet.widths}):
        size = f"{width * CENTIMETRES_A_CHARACTER:.1f}cm"
        yield (
            f'<style:style style:name="width{width}" style:family="table-column">'
            f'<style:table-column-properties style:column-width="{size}"/></style:style>'
        )
    yield (
        '<style:style style:name="sheet" style:family="table">'
        f'<style:table-properties table:display="true" style:writing-mode="{mode}"/></style:style>'
    )
    for kind, (cell, paragraph, text, number) in _LOOKS.items():
        data = f' style:data-style-name="{number}"' if number else ""
        yield (
            f'<style:style style:name="{kind}" style:family="table-cell" style:parent-style-name="Default"{data}>'
            f'<style:table-cell-properties style:vertical-align="top" {cell}/>'
        )
        if paragraph:
            yield f"<style:paragraph-properties {paragraph}/>"
        if text:
            yield f"<style:text-properties {text}/>"
        yield "</style:style>"
    yield "</office:automatic-styles><office:body><office:spreadsheet>"
    for sheet in book.sheets:
        yield from _sheet(sheet)
    yield "</office:spreadsheet></office:body></office:document-content>"


def _sheet(sheet: Sheet) -> Iterator[str]:
    yield f'<table:table table:name={quoteattr(sheet.name)} table:style-name="sheet">'
    wide = max((len(row) for row in sheet.rows), default=1)
    for place in range(max(wide, 1)):
        width = f' table:style-name="width{sheet.widths[place]}"' if place < len(sheet.widths) else ""
        yield f"<table:table-column{width}/>"
    frozen = sheet.frozen[0]
    if frozen:
        yield "<table:table-header-rows>"
        yield from map(_row, sheet.rows[:frozen])
        yield "</table:table-header-rows>"
    yield from map(_row, sheet.rows[frozen:])
    yield "</table:table>"


def _row(row: Row) -> str:
    return f"<table:table-row>{''.join(map(_cell, row)) or '<table:table-cell/>'}</table:table-row>"


def _cell(cell: BookCell | None) -> str:
    if cell is None or cell.value == "":
        return "<table:table-cell/>"
    style = f'table:style-name="{cell.kind}"'
    if cell.kind == "count":
        value = f'office:value-type="float" office:value="{cell.value}"'
        return f"<table:table-cell {style} {value}><text:p>{cell.value}</text:p></table:table-cell>"
    if cell.kind == "share":
        value = f'office:value-type="percentage" office:value="{int(cell.value) / 100}"'
        return f"<table:table-cell {style} {value}><text:p>{cell.value}%</text:p></table:table-cell>"
    said = words(str(cell.value))
    if cell.kind == "link":
        target = quoteattr(f"#'{cell.target}'.A1")
        said = f'<text:a xlink:type="simple" xlink:href={target}>{said}</text:a>'
    return f'<table:table-cell {style} office:value-type="string"><text:p>{said}</text:p></table:table-cell>'


def _settings(book: Book) -> Iterator[str]:
    """What stays in sight when a sheet is scrolled."""
    yield (
        f'{DECLARED}<office:document-settings {_SPACES} office:version="1.3"><office:settings>'
        '<config:config-item-set config:name="ooo:view-settings"'
        ' xmlns:ooo="http://openoffice.org/2004/office"><config:config-item-map-indexed config:name="Views">'
        '<config:config-item-map-entry><config:config-item config:name="ViewId" config:type="string">view1'
        '</config:config-item><config:config-item-map-named config:name="Tables">'
    )
    for sheet in book.sheets:
        if any(sheet.frozen):
            yield f"<config:config-item-map-entry config:name={quoteattr(sheet.name)}>"
            yield "".join(_items(_split(sheet.frozen)))
            yield "</config:config-item-map-entry>"
    yield (
        "</config:config-item-map-named></config:config-item-map-entry></config:config-item-map-indexed>"
        "</config:config-item-set></office:settings></office:document-settings>"
    )


#: A split that does not move.
_FROZEN = 2


def _split(frozen: tuple[int, int]) -> Iterator[tuple[str, str, int]]:
    rows, columns = frozen
    if columns:
        yield "HorizontalSplitMode", "short", _FROZEN
        yield "HorizontalSplitPosition", "int", columns
        yield "PositionRight", "int", columns
    if rows:
        yield "VerticalSplitMode", "short", _FROZEN
        yield "VerticalSplitPosition", "int", rows
        yield "PositionBottom", "int", rows
    # The part that can be scrolled: below, and beside where there is something beside.
    yield "ActiveSplitRange", "short", 3 if columns else 2


def _items(values: Iterable[tuple[str, str, int]]) -> Iterator[str]:
    for name, kind, value in values:
        yield f'<config:config-item config:name="{name}" config:type="{kind}">{value}</config:config-item>'
