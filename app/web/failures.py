"""What a person sees when something cannot be done: a page in their language that says what to do next."""

import secrets
from dataclasses import dataclass
from typing import Any, ClassVar

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from app.errors import AppError, JourneyExpired, OperatorError, Overloaded, SignInNeeded
from app.web.i18n import LANGUAGES, Translator, negotiate, translator
from app.web.pages import Page, html, render
from app.web.problems import API, answer_problem

log = structlog.get_logger(__name__)

RETRY_SECONDS = "5"
#: The cookie of the language that somebody chose for the desk before signing in.
DESK_LANGUAGE = "desk-language"


@dataclass(frozen=True, kw_only=True)
class FailurePage(Page):
    template: ClassVar[str] = "layouts/failure.html"

    heading: str
    advice: str
    reference: str = ""
    link: str = ""
    link_words: str = ""


@dataclass(frozen=True, kw_only=True)
class DeskFailurePage(FailurePage):
    """The same among the pages of the desk. `visitor` is whom the door let in, None before sign-in."""

    template: ClassVar[str] = "layouts/desk_failure.html"

    visitor: Any
    here: str = ""


def words(t: Translator, page: str) -> tuple[str, str]:
    """Heading and advice of a failure."""
    known = {
        "not_found": (
            t.gettext("This page is not here"),
            t.gettext("Look at the address once more, or begin at the front page."),
        ),
        "not_begun": (
            t.gettext("Start from the beginning"),
            t.gettext(
                "There are no unsent answers on this device. They are gone once the browser is closed or"
                " somebody presses Quick exit."
            ),
        ),
        "expired": (
            t.gettext("Your answers were cleared"),
            t.gettext(
                "For 30 minutes nothing happened here. So that nobody else can see your answers, "
                "this device forgot them. Nothing was sent."
            ),
        ),
        "not_open": (t.gettext("It is not open yet"), t.gettext("You can answer on the day itself.")),
        "closed": (
            t.gettext("This consultation is over"),
            t.gettext("The time to send answers has passed, so nothing was sent. Thank you for wanting to answer."),
        ),
        "too_large": (
            t.gettext("That was too much text"),
            t.gettext("Go back and make your texts shorter. Nothing was sent."),
        ),
        "unreadable": (
            t.gettext("We could not read that"),
            t.gettext("Go back and send the form once more. Nothing was sent."),
        ),
        "foreign": (
            t.gettext("This came from another site"),
            t.gettext("We only take answers from our own pages. Begin at the front page."),
        ),
        "overloaded": (
            t.gettext("Many people are sending right now"),
            t.gettext("Nothing is lost. Wait a few seconds, then load this page again."),
        ),
        "paused": (
            t.gettext("There is a short break"),
            t.gettext("Nothing is lost: what you answered stays on this device. Load this page again in some minutes."),
        ),
        "not_allowed": (
            t.gettext("This is not for your role"),
            t.gettext("Ask an administrator if you need it."),
        ),
        "too_many": (
            t.gettext("Too many attempts from here"),
            t.gettext("Wait some minutes, then try once more. A wait grows with every attempt and ends by itself."),
        ),
        "not_possible": (
            t.gettext("This cannot be done now"),
            t.gettext("Nothing was changed. Load the page again to see how things stand."),
        ),
        "broken": (
            t.gettext("Something went wrong here"),
            t.gettext(
                "It is our fault. If you were answering, what you had done before is still on this"
                " device: go back and do this page once more."
            ),
        ),
    }
    return known.get(page, known["unreadable"])


def answer_failure(request: Request, page: str, status: int, reference: str = "") -> Response:
    """The failure's page, in the language of the reader; a program is told as JSON."""
    if request.url.path.startswith(API):
        return answer_problem(request.scope["method"], page, status, reference)
    language = _language_of(request)
    t = translator(language)
    heading, advice = words(t, page)
    slug = request.path_params.get("slug", "")
    begin_again = page in ("not_begun", "expired") and slug
    made = FailurePage(
        language=language,
        path="/",
        heading=heading,
        advice=advice,
        reference=reference,
        link=f"/{language}/consultations/{slug}" if begin_again else "",
        link_words=t.gettext("Start again") if begin_again else "",
    )
    if request.url.path.startswith("/staff/"):
        visitor = getattr(request.state, "visitor", None)
        made = DeskFailurePage(**{**vars(made), "path": "/staff/", "visitor": visitor})
    response = html(request, render(made), status)
    if status == Overloaded.status:
        response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _language_of(request: Request) -> str:
    """That of the path; at the desk, that of who is signed in or the one that was chosen here; else what the browser
    likes."""
    visitor = getattr(request.state, "visitor", None)
    for chosen in (
        request.url.path.split("/", 2)[1] if "/" in request.url.path else "",
        visitor.language if visitor is not None else "",
        request.cookies.get(DESK_LANGUAGE, "") if request.url.path.startswith("/staff/") else "",
    ):
        if chosen in LANGUAGES:
            return chosen
    return negotiate(request.headers.get("accept-language", ""))


def _to_the_door(request: Request) -> Response:
    """To the sign-in page, whole also where htmx asked for a part."""
    if "hx-request" in request.headers:
        return Response(status_code=200, headers={"HX-Redirect": "/staff/sign-in"})
    return RedirectResponse("/staff/sign-in", 303)


def install(app: FastAPI) -> None:
    """Every failure of `app` is answered with a page."""

    def shown(request: Request, page: str, status: int, reference: str = "") -> Response:
        app.state.metrics.failures.labels(page).inc()
        return answer_failure(request, page, status, reference)

    async def refused(request: Request, fault: AppError) -> Response:
        if isinstance(fault, SignInNeeded):
            return _to_the_door(request)
        if isinstance(fault, JourneyExpired):
            response = shown(request, fault.page, fault.status)
            app.state.clear(request, response)
            return response
        return shown(request, fault.page, fault.status)

    async def not_now(request: Request, fault: OperatorError) -> Response:
        return shown(request, "not_possible", 409)

    async def by_framework(request: Request, fault: HTTPException) -> Response:
        page = "not_found" if fault.status_code in (404, 405) else "unreadable"
        return shown(request, page, fault.status_code)

    async def invalid(request: Request, fault: Exception) -> Response:
        return shown(request, "not_found", 404)

    async def gone(request: Request, fault: Exception) -> Response:
        return Response(status_code=400)  # nobody reads it: the line broke in the middle of the form

    async def broken(request: Request, fault: Exception) -> Response:
        reference = secrets.token_hex(4)
        # Never the message: it may quote what a young person wrote.
        log.error("broken", reference=reference, kind=type(fault).__name__, where=_where(fault))
        return shown(request, "broken", 500, reference)

    app.add_exception_handler(AppError, refused)  # type: ignore[arg-type]
    app.add_exception_handler(OperatorError, not_now)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, by_framework)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(ClientDisconnect, gone)
    app.add_exception_handler(Exception, broken)


def _where(fault: BaseException) -> str:
    """File and line of the innermost frame of ours."""
    place, trace = "", fault.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if "/app/" in name:
            place = f"{name.rpartition('/app/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
