"""Extracts as files: releases as they are kept in, Word, PDF or a page out."""

from collections.abc import Sequence
from functools import partial

from app.reporting.release_file import digest, from_bytes
from app.reporting.renderers import docx, html, pdf
from app.reporting.renderers.extract import Round, compose_extract
from app.reporting.renderers.formats import EXTRACTS
from app.reporting.words import from_text, worded
from app.web.i18n import translator
from app.web.pages import render_template


def render_extract(releases: Sequence[bytes], words: Sequence[str], what: str, language: str) -> bytes:
    """The extract of one release or more, each with its words. `what` is a format, the first and the last year, as in
    "docx 2023 2026". Raises KeyError for a language or format that there is not."""
    form, first, last = what.split()
    t = translator(language)
    rounds = [
        Round(worded(from_bytes(content), from_text(own)), digest(content))
        for content, own in zip(releases, words, strict=True)
    ]
    paper = compose_extract(rounds, (int(first), int(last)), t)
    newest = max(each.release.facts.snapshot_at for each in rounds)
    if form == "docx":
        return docx.write(paper, t, newest)
    if form == "pdf":
        return pdf.write(paper, t, newest)
    if form not in EXTRACTS:
        raise KeyError(form)
    return html.render_paper(paper, t, partial(render_template, language)).encode()
