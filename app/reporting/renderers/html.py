"""The paper as a page: linked to our stylesheet where we serve it, with everything inside where it is a file.

The template is handed blocks of words and renders them through `render` (template name and values to HTML, in the
language of the paper), so this file knows no template engine.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from markupsafe import Markup

from app.reporting.release import Release
from app.reporting.renderers.compose import compose
from app.reporting.renderers.paper import Block, Paper, Section
from app.web.i18n import Translator

Render = Callable[[str, Mapping[str, Any]], str]

STATIC = Path(__file__).parents[3] / "static"
STYLES = ("tokens.css", "paper.css", "paper-additions.css")
TEMPLATE = "reporting/paper.html"


def render_page(release: Release, t: Translator, render: Render) -> str:
    """The paper as a page of ours, with a link to the stylesheet."""
    return render(TEMPLATE, _values(compose(release, t), t, Markup("")))


def render_file(release: Release, t: Translator, render: Render) -> str:
    """The paper as one file that needs no other. The same release gives the same bytes."""
    return render_paper(compose(release, t), t, render)


def render_paper(paper: Paper, t: Translator, render: Render) -> str:
    """Any paper as one file that needs no other."""
    return render(TEMPLATE, _values(paper, t, style_of(paper)))


def style_of(paper: Paper) -> Markup:
    """Our stylesheets in one; on paper, every page says that the data is a sample, in the paper's language."""
    parts = [(STATIC / name).read_text(encoding="utf-8") for name in STYLES]
    if paper.sample:
        words = "".join(f"\\{ord(letter):06x}" for letter in paper.sample)
        parts.append(f'@page{{@top-center{{content:"{words}"}}}}@page:first{{@top-center{{content:"{words}"}}}}')
    # Markup: our own files and escaped numbers, in which "<" cannot stand.
    return Markup("\n".join(parts).replace("<", ""))  # noqa: S704


def _values(paper: Paper, t: Translator, style: Markup) -> dict[str, Any]:
    return {
        "paper": paper,
        "style": style,
        "sections": [_section(section, section.title) for section in paper.sections],
        "annexes": [
            _section(annex, t.gettext("Annex %(number)s. %(title)s", number=annex.number, title=annex.title))
            for annex in paper.annexes
        ],
    }


def _section(section: Section, title: str) -> dict[str, Any]:
    return {
        "number": section.number,
        "title": title,
        "wide": section.wide,
        "blocks": [_block(each) for each in section.blocks],
    }


def _block(block: Block) -> dict[str, Any]:
    """The block as values, with its kind, and an id where it is a figure or a table."""
    values = {each.name: getattr(block, each.name) for each in fields(block)}
    return {"kind": type(block).__name__.lower(), "id": block_id(values.get("key", "")), **values}


def block_id(key: str) -> str:
    """The key of a figure or table as an id: `CB16.a choice region` is `CB16.a-choice-region`."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", key)
