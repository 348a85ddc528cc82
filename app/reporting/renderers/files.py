"""Every file that can be had of a release: its name, its content type, and its bytes in one language."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from app.reporting.release import Release
from app.reporting.release_file import to_bytes
from app.reporting.renderers import docx, html, pdf, tables
from app.reporting.renderers.chart_files import render_charts
from app.reporting.renderers.results import pack, render_results
from app.web.i18n import Translator, translator
from app.web.pages import render_template


def _html(release: Release, t: Translator) -> bytes:
    return html.render_file(release, t, partial(render_template, t.language)).encode()


def _page(release: Release, t: Translator) -> bytes:
    """The paper as a page of ours, with a link to each chart beside it."""
    return html.render_page(release, t, partial(render_template, t.language), CHARTS).encode()


def _results(release: Release, t: Translator) -> bytes:
    """The public pages of results, in one file."""
    return pack(render_results(release, t, partial(render_template, t.language)))


def _json(release: Release, t: Translator) -> bytes:
    """The release itself, the same in every language."""
    return to_bytes(release)


#: Where the charts stand, seen from the page.
CHARTS = "charts/"
#: The paper by format, and the tables and data by format: each with its content type.
PAPERS: Mapping[str, tuple[str, Callable[[Release, Translator], bytes]]] = MappingProxyType(
    {
        "html": ("text/html; charset=utf-8", _html),
        "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", docx.render),
        "pdf": ("application/pdf", pdf.render),
    }
)
EXPORTS: Mapping[str, tuple[str, Callable[[Release, Translator], bytes]]] = MappingProxyType(
    {
        "csv": ("text/csv; charset=utf-8", tables.render_csv),
        "json": ("application/json", _json),
    }
)
#: What our own pages are made of, and nobody takes along as it is.
PARTS: Mapping[str, tuple[str, Callable[[Release, Translator], bytes]]] = MappingProxyType(
    {
        "page": ("text/html; charset=utf-8", _page),
        "charts": ("application/json", render_charts),
        "results": ("application/zip", _results),
    }
)


def render_file(release: Release, language: str, form: str) -> bytes:
    """The bytes of one file. Raises KeyError for a format or language that there is not."""
    return {**PAPERS, **EXPORTS, **PARTS}[form][1](release, translator(language))


def content_type(form: str) -> str:
    """Raises KeyError for a format that there is not."""
    return {**PAPERS, **EXPORTS, **PARTS}[form][0]
