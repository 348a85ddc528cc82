"""What every OpenDocument file begins with, and a text in a paragraph of one."""

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape

from app.reporting.renderers.formats import EXPORTS

KIND = EXPORTS["ods"]
DECLARED = '<?xml version="1.0" encoding="UTF-8"?>\n'
#: Prefixes that do not call their namespace by its own name.
_NAMES = {"number": "datastyle", "fo": "xsl-fo-compatible"}
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BLANKS = re.compile("^ | (?= )|\t|\r\n?|\n")


def namespaces(*prefixes: str) -> str:
    """The namespaces of OpenDocument that go by these prefixes, as attributes."""
    return " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{_NAMES.get(prefix, prefix)}:1.0"'
        for prefix in prefixes
    )


def manifest(declared: str, names: Iterable[str]) -> str:
    """The list of the files in a spreadsheet. `declared` as `namespaces` gives them."""
    files = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>' for name in names
    )
    return (
        f'{DECLARED}<manifest:manifest {declared} manifest:version="1.3">'
        f'<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{KIND}"/>'
        f"{files}</manifest:manifest>"
    )


def words(text: str) -> str:
    """A text in a paragraph, where only the first of several blanks counts and a line feed is an element."""

    def marked(found: re.Match[str]) -> str:
        return {" ": "<text:s/>", "\t": "<text:tab/>"}.get(found[0], "<text:line-break/>")

    return _BLANKS.sub(marked, escape(_NO_XML.sub("", text)))
