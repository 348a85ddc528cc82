"""Every template, read before it is ever shown."""

import re
from pathlib import Path

import pytest
from jinja2 import StrictUndefined

from app.web.pages import TEMPLATES, environment
from tests.house.sources import ROOT

FILES = sorted(TEMPLATES.rglob("*.html"))

#: What must not stand in a template, and why.
BANNED = {
    r"\|\s*safe\b": "words of people must stay escaped",
    r"\bMarkup\b": "words of people must stay escaped",
    r"{%-?\s*autoescape\s+false": "words of people must stay escaped",
    r"<style\b": "the content security policy refuses it",
    r"<script\b(?![^>]*\bsrc=)": "the content security policy refuses it",
    r"<[a-z][^>]*\sstyle\s*=": "the content security policy refuses it",
    r"<[a-z][^>]*\son[a-z]+\s*=": "the content security policy refuses it",
    r"\bhx-on\b|\bjs:": "it needs eval, which the content security policy refuses",
    r"javascript:": "the content security policy refuses it",
    r"<(?:script|img|link|iframe)\b[^>]*(?:src|href)\s*=\s*[\"']?(?:https?:)?//": "nothing is fetched from elsewhere",
    r"\bt\.(?:n|p|np)?gettext\b": "messages marked like this are not gathered: use _(), ngettext() or pgettext()",
}


def _name(path: Path) -> str:
    return str(path.relative_to(TEMPLATES))


def test_there_are_templates_to_look_at() -> None:
    assert len(FILES) >= 10


def test_a_name_that_is_not_there_is_an_error_and_everything_is_escaped() -> None:
    jinja = environment("ar")
    assert jinja.undefined is StrictUndefined
    assert jinja.autoescape is True
    assert "jinja2.ext.InternationalizationExtension" in jinja.extensions


#: The paper as a file that needs no other carries its style inside; no page that we serve does.
OWN_STYLE = {"reporting/paper.html": "<style>{{ style }}</style>"}


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_a_template_compiles(path: Path) -> None:
    environment("ar").get_template(_name(path))


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_a_template_holds_nothing_that_is_banned(path: Path) -> None:
    text = re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = text.replace(OWN_STYLE.get(_name(path), "\0"), "")
    found = [
        f"{match.group()!r}: {why}" for what, why in BANNED.items() for match in re.finditer(what, text, re.IGNORECASE)
    ]
    assert not found


def test_every_template_that_a_template_names_is_there() -> None:
    named = {
        (name, match)
        for path in FILES
        for name in [_name(path)]
        for match in re.findall(r"{%-?\s*(?:extends|include|import|from)\s+[\"']([^\"']+)", path.read_text("utf-8"))
    }
    assert named
    assert not [f"{name} names {other}" for name, other in named if not (TEMPLATES / other).is_file()]


def test_templates_stand_in_rooms() -> None:
    rooms = {path.name for path in (ROOT / "app").iterdir() if path.is_dir()}
    folders = {path.relative_to(TEMPLATES).parts[0] for path in FILES}
    assert folders <= rooms | {"layouts", "macros"}
