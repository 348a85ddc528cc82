"""Every file that can be had of a release: its bytes in one language. What they are called is `formats.py`."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from app.reporting.release import Release
from app.reporting.release_file import to_bytes
from app.reporting.renderers import docx, html, ods, package, pdf, tables, xlsx
from app.reporting.renderers.chart_files import render_charts
from app.reporting.renderers.paragraphs import render_paragraphs
from app.reporting.renderers.results import render_results
from app.reporting.renderers.results_file import pack
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
PAPER_RENDERERS: Mapping[str, Callable[[Release, Translator], bytes]] = MappingProxyType(
    {
        "html": _html,
        "docx": docx.render,
        "pdf": pdf.render,
        "page": _page,
        "charts": render_charts,
        "paragraphs": render_paragraphs,
    }
)
EXPORT_RENDERERS: Mapping[str, Callable[[Release, Translator, Terms], bytes]] = MappingProxyType(
    {
        "csv": _csv,
        "xlsx": xlsx.render,
        "ods": ods.render,
        "json": _json,
        "zip": package.render,
        "results": _results,
    }
)


def render_file(release: Release, language: str, form: str, terms: Terms | None = None) -> bytes:
    """The bytes of one file. Raises KeyError for a format or language that there is not. `terms` are those of the
    platform; without, those that its settings have until somebody chooses others."""
    if form in EXPORT_RENDERERS:
        return EXPORT_RENDERERS[form](release, translator(language), terms or Terms())
    return PAPER_RENDERERS[form](release, translator(language))
