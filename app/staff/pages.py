"""What every page of the desk knows beside its own."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from app.staff.door import Visitor
from app.web.pages import Page, html, render, wants_fragment


@dataclass(frozen=True, kw_only=True)
class DeskPage(Page):
    """`visitor` is None before sign-in; templates ask `visitor.may("run_day")`. `here` is the entry of the navigation
    that the page belongs to."""

    visitor: Visitor | None
    here: str = ""


def show(request: Request, page: DeskPage, status: int = 200) -> Response:
    """The page, or the part of it that htmx asked for."""
    return html(request, render(page, fragment=wants_fragment(request)), status)
