"""The public pages of results as one file: what each is called, all packed, and one taken out. They are made by
`results.py`, which those who only take them out never load.
"""

import io
import zipfile
from collections.abc import Iterator

#: What is told on the first page, and how to read it. They are parts: what else stands there is in no release.
FIRST, READING = PARTS = ("first", "reading")
YOUNG, METHOD = "young", "method"


def section_name(section: str, by: str = "") -> str:
    """The name of a section's page, as it stands in its address."""
    return f"sections/{section}" + (f"?by={by}" if by else "")


def pack(pages: Iterator[tuple[str, str]]) -> bytes:
    """All pages in one file, each to be taken out by its name. The same pages give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as file:
        for name, page in pages:
            file.writestr(zipfile.ZipInfo(name), page)
    return packed.getvalue()


def unpack(packed: bytes, name: str) -> bytes | None:
    """One page of `pack`, None where there is none of that name."""
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        return file.read(name) if name in file.namelist() else None
