"""A drawing as SVG: one file that needs no other, or the picture without words over which typst sets them.

Words have an explicit anchor and stand between isolates (U+2067, U+2066, U+2069), which is right everywhere; an
attribute for the direction is not.
"""

from xml.sax.saxutils import escape, quoteattr

from app.reporting.renderers.drawing import WIDTH, Disc, Drawing, Line, Rect, Shape, Words
from app.reporting.renderers.typefaces import faces

ISOLATE = {True: "\u2067", False: "\u2066"}
END = "\u2069"
MARGIN = 16.0


def to_svg(drawing: Drawing, *, alone: bool = True) -> str:
    """The drawing with its words, its title and what it says. `alone`: as a file; else as part of a page, whose own
    rules may give it other colours by class, and on which the caption is its title."""
    names = quoteattr(", ".join([*(f"'{face}'" for face in faces(drawing.language)), "sans-serif"]))
    told = (
        f'<title id="title">{escape(drawing.title)}</title><desc id="told">{escape(drawing.told)}</desc>'
        if alone
        else f"<desc>{escape(drawing.told)}</desc>"
    )
    labelled = ' role="img" aria-labelledby="title told"' if alone else ' role="img" class="drawing"'
    if not alone:
        labelled += f" aria-label={quoteattr(drawing.told)}"
    # A file of its own has white around it, and under it: who reads in the dark may lay it on black.
    edge = MARGIN if alone else 0.0
    wide, high = WIDTH + 2 * edge, drawing.height + 2 * edge
    ground = (
        f'<rect x="{_n(-edge)}" y="{_n(-edge)}" width="{_n(wide)}" height="{_n(high)}" fill="#ffffff"/>'
        if alone
        else ""
    )
    words = "".join(_words(each, drawing.right_to_left) for each in drawing.words)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{_n(-edge)} {_n(-edge)} {_n(wide)} {_n(high)}"'
        f' xml:lang="{drawing.language}" lang="{drawing.language}" font-family={names}{labelled}>{told}{ground}'
        f"{_shapes(drawing)}{words}</svg>"
    )


def without_words(drawing: Drawing) -> str:
    """The shapes alone."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(WIDTH)} {_n(drawing.height)}"'
        f' width="{_n(WIDTH)}" height="{_n(drawing.height)}">{_shapes(drawing)}</svg>'
    )


def _shapes(drawing: Drawing) -> str:
    return "".join(_shape(each) for each in drawing.shapes)


def _shape(shape: Rect | Line | Disc | Shape) -> str:
    match shape:
        case Rect():
            edge = f' stroke="{shape.edge}"' if shape.edge else ""
            dashes = ' stroke-dasharray="4 3"' if shape.dashed else ""
            return (
                f'<rect x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.width)}" height="{_n(shape.height)}"'
                f' fill="{shape.fill}"{edge}{dashes}/>'
            )
        case Line():
            dashes = ' stroke-dasharray="4 3"' if shape.dashed else ""
            return (
                f'<line x1="{_n(shape.x1)}" y1="{_n(shape.y1)}" x2="{_n(shape.x2)}" y2="{_n(shape.y2)}"'
                f' stroke="{shape.color}" stroke-width="{_n(shape.thickness)}"{dashes}/>'
            )
        case Disc():
            return (
                f'<circle cx="{_n(shape.x)}" cy="{_n(shape.y)}" r="{_n(shape.radius)}" fill="{shape.fill}"'
                ' stroke="#ffffff"/>'
            )
    return (
        f'<path transform="translate(0 {_n(shape.down)}) scale({shape.scale:.4f})" d="{shape.path}"'
        f' fill="{shape.fill}" stroke="#ffffff" stroke-width="2" fill-rule="evenodd"/>'
    )


def _words(words: Words, right_to_left: bool) -> str:
    anchor = f' text-anchor="{words.anchor}"' if words.anchor != "start" else ""
    bold = ' font-weight="700"' if words.bold else ""
    return (
        f'<text x="{_n(words.x)}" y="{_n(words.y)}" font-size="{_n(words.size)}"{anchor}{bold} fill="{words.color}">'
        f"{ISOLATE[right_to_left]}{escape(words.text)}{END}</text>"
    )


def _n(value: float) -> str:
    """A number with at most two places."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
