"""The journey cookie in requests and answers: found, refreshed, dropped."""

from dataclasses import replace
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from app.errors import JourneyExpired, JourneyNotBegun
from app.settings import Settings
from app.submissions.cookie import NAMES, Journey, Sealer, touch

#: A page that is only read renews the cookie when it is this old: fewer bytes on the line.
RENEW_AFTER = timedelta(minutes=5)


def find_journey(request: Request, slug: str | None = None) -> Journey:
    """The respondent's journey, through this consultation where `slug` is given.

    Raises JourneyNotBegun when there is none, and JourneyExpired when it was not used for too long.
    """
    journey = peek(request)
    if journey is None or (slug is not None and journey.slug != slug):
        raise JourneyNotBegun
    settings: Settings = request.app.state.settings
    now: datetime = request.app.state.clock()
    if now - journey.used_at >= timedelta(minutes=settings.idle_minutes):
        raise JourneyExpired
    return journey


def peek(request: Request) -> Journey | None:
    """The journey in the cookies, however old, or None."""
    sealer: Sealer = request.app.state.sealer
    first, second = (request.cookies.get(name, "") for name in NAMES)
    return sealer.open(first, second) if first else None


def keep_journey(request: Request, response: Response, journey: Journey, now: datetime) -> None:
    """The answer carries the journey in its cookies, used now. Raises AnswersDoNotFit."""
    sealer: Sealer = request.app.state.sealer
    first, second = sealer.seal(touch(journey, now))
    _set(request, response, NAMES[0], first)
    if second:
        _set(request, response, NAMES[1], second)
    elif NAMES[1] in request.cookies:
        _drop(request, response, NAMES[1])


def renew(request: Request, response: Response, journey: Journey, now: datetime) -> None:
    """Reading counts as use, too."""
    if now - journey.used_at >= RENEW_AFTER:
        keep_journey(request, response, replace(journey), now)


def drop_journey(request: Request, response: Response) -> None:
    """Nothing of the journey stays on the device."""
    for name in NAMES:
        if name in request.cookies:
            _drop(request, response, name)


def _attributes(request: Request) -> str:
    settings: Settings = request.app.state.settings
    return "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if settings.secure_cookies else "")


def _set(request: Request, response: Response, name: str, value: str) -> None:
    response.headers.append("set-cookie", f"{name}={value}{_attributes(request)}")


def _drop(request: Request, response: Response, name: str) -> None:
    response.headers.append("set-cookie", f"{name}={_attributes(request)}; Max-Age=0")
