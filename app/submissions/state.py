"""The journey cookie in requests and answers: found, refreshed, dropped."""

from dataclasses import replace
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from app.errors import JourneyExpired, JourneyNotBegun
from app.settings import Settings
from app.submissions.cookie import NAMES, Journey, Sealer, begin, touch

#: A page that is only read renews the cookie when it is this old: fewer bytes on the line.
RENEW_AFTER = timedelta(minutes=5)
#: A device that was set up for a class is nobody's any more after so long.
CLASS_LASTS = timedelta(hours=3)
#: The answers of a receipt code can be looked at again, without typing it, for so long.
LOOK_FOR = timedelta(minutes=5)


def find_journey(request: Request, slug: str | None = None) -> Journey:
    """The respondent's journey, through this consultation where `slug` is given.

    Raises JourneyNotBegun when there is none, and JourneyExpired when it was not used for too long.
    """
    journey = peek(request)
    if journey is None or (slug is not None and journey.slug != slug):
        raise JourneyNotBegun
    if is_expired(request, journey):
        raise JourneyExpired
    return journey


def is_expired(request: Request, journey: Journey) -> bool:
    settings: Settings = request.app.state.settings
    now: datetime = request.app.state.clock()
    return now - journey.used_at >= timedelta(minutes=settings.idle_minutes)


def peek(request: Request) -> Journey | None:
    """The journey in the cookies, however old, or None."""
    sealer: Sealer = request.app.state.sealer
    first, second = (request.cookies.get(name, "") for name in NAMES)
    return sealer.open(first, second) if first else None


def class_on(request: Request, slug: str) -> Journey | None:
    """What is on a device that was set up for a class to answer this consultation, or None: never, or too long ago."""
    journey = peek(request)
    return journey if journey is not None and journey.slug == slug and _class_until(request, journey) else None


def _class_until(request: Request, journey: Journey) -> datetime | None:
    now: datetime = request.app.state.clock()
    return journey.class_until if journey.class_until is not None and now < journey.class_until else None


def begin_journey(request: Request, response: Response, journey: Journey, now: datetime) -> None:
    """Somebody begins, whatever was on the device before, and is counted as one who began."""
    request.app.state.inbox.funnel.enter(journey.slug)
    put_journey(request, response, journey, now)


def keep_journey(request: Request, response: Response, journey: Journey, now: datetime) -> None:
    """The answer carries the journey in its cookies, used now. Raises AnswersDoNotFit."""
    if journey.slug and NAMES[0] not in request.cookies:
        begin_journey(request, response, journey, now)
    else:
        put_journey(request, response, journey, now)


def put_journey(request: Request, response: Response, journey: Journey, now: datetime) -> None:
    """The same for a device on which nobody has begun."""
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


def clear_journey(request: Request, response: Response, *, keeps_link: bool = False) -> None:
    """Nothing that somebody typed or got stays on the device: of a class its link alone.

    keeps_link: the link of anybody. Whoever changes a No into a Yes by going back is still here by that link.
    """
    now: datetime = request.app.state.clock()
    journey = peek(request)
    left = _without_person(request, journey, now, keeps_link=keeps_link) if journey is not None else None
    if left is None:
        drop_journey(request, response)
    else:
        put_journey(request, response, left, now)


def _without_person(request: Request, journey: Journey, now: datetime, *, keeps_link: bool = False) -> Journey | None:
    """A journey that nobody has begun, with the link of this one, where the link stays."""
    until = _class_until(request, journey)
    if not journey.slug or not journey.link or not (until or keeps_link):
        return None
    whole = keeps_link and journey.whole
    return begin(journey.slug, now, version=journey.version, link=journey.link, whole=whole, class_until=until)


def remember_code(request: Request, response: Response, code: str, now: datetime) -> None:
    """The receipt page can show the answers of `code` for some minutes, whatever else is on the device. "" ends it."""
    journey = peek(request)
    if journey is not None and is_expired(request, journey):
        journey = _without_person(request, journey, now)
    journey = journey or begin("", now)
    if not code and not journey.slug:
        drop_journey(request, response)
        return
    keep_journey(request, response, replace(journey, looked_up=code, looked_at=now if code else None), now)


def remembered_code(request: Request, now: datetime) -> str:
    """The code that was typed on this device some minutes ago, or ""."""
    journey = peek(request)
    if journey is None or journey.looked_at is None or now - journey.looked_at >= LOOK_FOR:
        return ""
    return journey.looked_up


def _attributes(request: Request) -> str:
    settings: Settings = request.app.state.settings
    secure = settings.secure_cookies or request.url.scheme == "https"
    return "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")


def _set(request: Request, response: Response, name: str, value: str) -> None:
    response.headers.append("set-cookie", f"{name}={value}{_attributes(request)}")


def _drop(request: Request, response: Response, name: str) -> None:
    response.headers.append("set-cookie", f"{name}={_attributes(request)}; Max-Age=0")
