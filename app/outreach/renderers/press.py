"""Printing the papers that spread a link. Fonts are those of our own packages, so that a sheet looks the same wherever
it is made.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast

import typst

SOURCE = Path(__file__).with_name("papers.typ")
#: Package to the folder of the fonts in it that we use.
FONTS = MappingProxyType(
    {
        "fontpkg_noto_sans": "files",
        "fontpkg_noto_sans_arabic": "files",
        # The file of simplified characters only: the others are 30 MB that nobody reads.
        "justmytype_intl_cjk": "fonts/ofl/notosanssc",
    }
)


def print_sheet(said: Mapping[str, Any], form: str) -> bytes:
    """The one sheet that says this, as pdf (tagged, PDF/UA-1), svg or png."""
    return typst.compile(
        SOURCE,
        root=SOURCE.parent,
        font_paths=fonts_of_papers(),
        ignore_system_fonts=True,
        format=cast(Literal["pdf", "svg", "png"], form),
        ppi=72,
        pdf_standards="ua-1" if form == "pdf" else [],
        sys_inputs={"said": json.dumps(said, ensure_ascii=False)},
    )


@cache
def fonts_of_papers() -> typst.Fonts:
    folders = []
    for package, folder in FONTS.items():
        found = find_spec(package)
        if found is None or found.origin is None:
            raise ModuleNotFoundError(package)
        folders.append(Path(found.origin).parent / folder)
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
