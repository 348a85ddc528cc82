"""The styles of the paper in Word: faces for each script, sizes, distances, and direction on every style.

Word takes the face of Arabic from `cs`, its size from `szCs` and its weight from `bCs`, and reads a run from the right
only if the run or its style says `rtl`; so each is set on the styles themselves, and text that somebody adds later is
right as well.
"""

from dataclasses import dataclass

from app.reporting.renderers.word_xml import INK, NAMESPACES, SOFT

#: Faces that come with Word on Windows and macOS. Sans for figures and captions, serif for reading.
SERIF = {"ascii": "Cambria", "cs": "Times New Roman", "eastAsia": "Microsoft YaHei"}
SANS = {"ascii": "Calibri", "cs": "Arial", "eastAsia": "Microsoft YaHei"}
TAGS = {"ar": "ar-SA", "zh": "zh-CN", "en": "en-GB", "fr": "fr-FR", "ru": "ru-RU", "es": "es-ES"}


#: Where the text after a number begins; and the answers after a dash.
TAB, CHOICES = 680, 860


@dataclass(frozen=True)
class Style:
    """One paragraph style. Sizes in half points, distances in twentieths of a point, `line` in 240ths of a line."""

    code: str
    name: str
    size: int
    before: int = 0
    after: int = 0
    line: int = 276
    sans: bool = False
    bold: bool = False
    centred: bool = False
    keep: bool = False
    level: int = -1
    boxed: bool = False
    color: str = INK
    left: int = 0
    right: int = 0
    hanging: int = 0


STYLES = (
    Style("Normal", "Normal", 22, after=160),
    Style("Title", "Title", 32, before=240, after=280, bold=True, centred=True, level=0),
    Style("Heading1", "heading 1", 26, before=360, after=140, bold=True, keep=True, level=0, left=TAB, hanging=TAB),
    Style("Heading2", "heading 2", 22, before=240, after=100, bold=True, keep=True, level=1),
    Style("Group", "Group", 26, bold=True, line=250),
    Style("Fact", "Fact", 19, sans=True, after=20, line=250),
    Style(
        "BoxHeading",
        "Box heading",
        24,
        before=60,
        after=60,
        bold=True,
        keep=True,
        level=1,
        boxed=True,
        left=170,
        right=170,
    ),
    Style("BoxText", "Box text", 22, after=80, boxed=True, left=170, right=170),
    Style("Caption", "caption", 19, before=200, after=80, sans=True, bold=True, keep=True, line=250),
    Style("Figures", "Figures", 18, sans=True, line=245),
    Style("Picture", "Picture", 18, after=120, sans=True, line=240),
    Style("Small", "Small", 17, after=160, sans=True, color=SOFT, line=245),
    Style("Asked", "Asked", 22, before=200, after=60, left=CHOICES, hanging=CHOICES),
    Style("Choice", "Choice", 20, sans=True, line=250, left=CHOICES, hanging=300),
    Style("FirstChoice", "First choice", 20, before=100, sans=True, line=250, left=CHOICES, hanging=300),
    Style("Manner", "Manner", 17, before=60, sans=True, color=SOFT, line=245, left=560),
    Style("Quote", "Quote", 22, after=80, left=900, right=340),
    Style("QuoteBy", "Quote by", 18, after=200, sans=True, left=900, right=340, color=SOFT, line=245),
    Style("Header", "header", 18, sans=True, bold=True, centred=True, line=240),
    Style("Mark", "Mark", 17, sans=True, centred=True, color=SOFT, line=240),
    Style("Footer", "footer", 18, sans=True, centred=True, line=240),
)


def styles_xml(language: str, *, right_to_left: bool) -> str:
    """The whole styles part."""
    tag = TAGS[language]
    defaults = (
        "<w:docDefaults><w:rPrDefault><w:rPr>"
        f'{_faces(SERIF)}<w:sz w:val="22"/><w:szCs w:val="22"/>{_language(tag)}</w:rPr></w:rPrDefault>'
        "<w:pPrDefault/></w:docDefaults>"
    )
    # Arabic letters are small for their size, and need room above and below for their marks.
    larger, looser = (2, 1.15) if right_to_left else (0, 1.0)
    body = "".join(_style(each, tag, right_to_left, larger, looser) for each in STYLES)
    return f"<w:styles {NAMESPACES}>{defaults}{body}</w:styles>"


def _style(style: Style, tag: str, right_to_left: bool, larger: int, looser: float) -> str:
    default = ' w:default="1"' if style.code == "Normal" else ""
    based = "" if style.code == "Normal" else '<w:basedOn w:val="Normal"/>'
    paragraph = "".join(
        (
            "<w:keepNext/>" if style.keep else "",
            _box() if style.boxed else "",
            _tabs(style),
            # Blanks beside figures are typed where they belong; there are none inside dates.
            '<w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/>' if tag == TAGS["zh"] else "",
            "<w:bidi/>" if right_to_left else "",
            f'<w:spacing w:before="{style.before}" w:after="{style.after}" w:line="{round(style.line * looser)}"'
            ' w:lineRule="auto"/>',
            _indents(style),
            '<w:jc w:val="center"/>' if style.centred else '<w:jc w:val="left"/>',
            f'<w:outlineLvl w:val="{style.level}"/>' if style.level >= 0 and style.code != "Title" else "",
        )
    )
    run = "".join(
        (
            # Chinese stands in one typeface without serifs, and so do the figures in it.
            _faces(SANS if style.sans or tag == TAGS["zh"] else SERIF),
            "<w:b/><w:bCs/>" if style.bold else "",
            f'<w:color w:val="{style.color}"/>',
            f'<w:sz w:val="{style.size}"/><w:szCs w:val="{style.size + larger}"/>',
            "<w:rtl/>" if right_to_left else "",
            _language(tag),
        )
    )
    return (
        f'<w:style w:type="paragraph"{default} w:styleId="{style.code}"><w:name w:val="{style.name}"/>{based}'
        f"<w:qFormat/><w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>"
    )


def _tabs(style: Style) -> str:
    """What follows a number or a dash begins where the other lines do."""
    if not style.hanging or style.left == TAB:
        return f'<w:tabs><w:tab w:val="left" w:pos="{TAB}"/></w:tabs>'
    return f'<w:tabs><w:tab w:val="clear" w:pos="{TAB}"/><w:tab w:val="left" w:pos="{style.left}"/></w:tabs>'


def _indents(style: Style) -> str:
    ends = (("left", style.left), ("right", style.right), ("hanging", style.hanging))
    said = "".join(f' w:{end}="{distance}"' for end, distance in ends if distance)
    return f"<w:ind{said}/>" if said else ""


def _faces(faces: dict[str, str]) -> str:
    latin = faces["ascii"]
    return f'<w:rFonts w:ascii="{latin}" w:hAnsi="{latin}" w:cs="{faces["cs"]}" w:eastAsia="{faces["eastAsia"]}"/>'


def _language(tag: str) -> str:
    """The language for each kind of script: spelling is checked, and read aloud, in the paper's."""
    latin = "en-GB" if tag in ("ar-SA", "zh-CN") else tag
    chinese = tag if tag == "zh-CN" else "zh-CN"
    arabic = tag if tag == "ar-SA" else "ar-SA"
    return f'<w:lang w:val="{latin}" w:eastAsia="{chinese}" w:bidi="{arabic}"/>'


def _box() -> str:
    edges = "".join(
        f'<w:{edge} w:val="single" w:sz="6" w:space="7" w:color="{INK}"/>'
        for edge in ("top", "left", "bottom", "right")
    )
    return f"<w:pBdr>{edges}</w:pBdr>"
