"""The names of every file that can be had of a release, with their content types. How each is made is `files.py`, which
only what makes them loads.
"""

from collections.abc import Mapping
from types import MappingProxyType

_PAGE = "text/html; charset=utf-8"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#: The paper by format, and the tables and data by format: each with its content type.
PAPERS: Mapping[str, str] = MappingProxyType({"html": _PAGE, "docx": _WORD, "pdf": "application/pdf"})
EXPORTS: Mapping[str, str] = MappingProxyType(
    {
        "csv": "text/csv; charset=utf-8",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "ods": "application/vnd.oasis.opendocument.spreadsheet",
        "json": "application/json",
        "zip": "application/zip",
        "results": "application/zip",
    }
)
#: What our own pages are made of, and nobody takes along as it is.
PARTS: Mapping[str, str] = MappingProxyType(
    {"page": _PAGE, "charts": "application/json", "paragraphs": "application/json"}
)
#: Exports that are the same in every language.
OF_ALL_LANGUAGES = frozenset({"json", "zip"})
#: Extracts for the Group's reports, which are of several releases.
EXTRACTS: Mapping[str, str] = MappingProxyType({"pdf": "application/pdf", "docx": _WORD, "html": _PAGE})


def content_type(form: str) -> str:
    """Raises KeyError for a format that there is not."""
    # A detached signature is a line of text (RFC 7515).
    return "application/jose" if form == "sig" else {**PAPERS, **EXPORTS, **PARTS}[form]
