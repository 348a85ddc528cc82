"""Every file that can be had of a release: its name, its content type, and its bytes in one language."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from app.reporting.release import Release
from app.reporting.release_file import to_bytes
from app.reporting.renderers import docx, html, ods, package, pdf, tables, xlsx
from app.reporting.renderers.chart_files import render_charts
from app.reporting.renderers.paragraphs import render_paragraphs
from app.reporting.renderers.results import pack, render_results
from app.reporting.terms import Terms
from app.web.i18n import Translator, translator
from app.web.pages import render_template


def _html(release: Release, t: Translator) -> bytes:
    return html.render_file(release, t, partial(render_template, t.language)).encode()


def _page(release: Release, t: Translator) -> bytes:
    """The paper as a page of ours, with a link to each chart beside it."""
    return html.render_page(release, t, partial(render_template, t.language), CHARTS).encode()


def _csv(release: Release, t: Translator, terms: Terms) -> bytes:
    return tables.render_csv(release, t)


def _results(release: Release, t: Translator, terms: Terms) -> bytes:
    """The public pages of results, in one file."""
    return pack(render_results(release, t, partial(render_template, t.language)))


def _json(release: Release, t: Translator, terms: Terms) -> bytes:
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
EXPORTS: Mapping[str, tuple[str, Callable[[Release, Translator, Terms], bytes]]] = MappingProxyType(
    {
        "csv": ("text/csv; charset=utf-8", _csv),
        "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx.render),
        "ods": (ods.KIND, ods.render),
        "json": ("application/json", _json),
        "zip": ("application/zip", package.render),
        "results": ("application/zip", _results),
    }
)
#: What our own pages are made of, and nobody takes along as it is.
PARTS: Mapping[str, tuple[str, Callable[[Release, Translator], bytes]]] = MappingProxyType(
    {
        "page": ("text/html; charset=utf-8", _page),
        "charts": ("application/json", render_charts),
        "paragraphs": ("application/json", render_paragraphs),
    }
)


#: Exports that are the same in every language.
OF_ALL_LANGUAGES = frozenset({"json", "zip"})


def render_file(release: Release, language: str, form: str, terms: Terms | None = None) -> bytes:
    """The bytes of one file. Raises KeyError for a format or language that there is not. `terms` are those of the
    platform; without, those that its settings have until somebody chooses others."""
    if form in EXPORTS:
        return EXPORTS[form][1](release, translator(language), terms or Terms())
    return {**PAPERS, **PARTS}[form][1](release, translator(language))


def content_type(form: str) -> str:
    """Raises KeyError for a format that there is not."""
    # A detached signature is a line of text (RFC 7515).
    return "application/jose" if form == "sig" else (EXPORTS.get(form) or {**PAPERS, **PARTS}[form])[0]
