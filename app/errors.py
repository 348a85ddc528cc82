"""What cannot be done now, said once: a status and a message id for the page, no HTML.

A form that needs changing is a returned value, not an error; what we broke is any other exception.
"""


class AppError(Exception):
    """A request that is refused. `status` is the HTTP status, `page` the id of the page that says so."""

    status = 400
    page = "bad_request"


class NotFound(AppError):
    status = 404
    page = "not_found"


class JourneyNotBegun(AppError):
    """There is no journey cookie: it ended, it never began, or it was forged."""

    status = 409
    page = "not_begun"


class JourneyExpired(AppError):
    """The unsent answers were not touched for too long."""

    status = 409
    page = "expired"


class ConsultationNotOpen(AppError):
    """The day has not begun yet."""

    status = 409
    page = "not_open"


class ConsultationClosed(AppError):
    """The day is over, and for this journey so are the minutes of grace."""

    status = 410
    page = "closed"


class ConsultationPaused(AppError):
    """The day is interrupted for a while; what was answered so far stays on the device."""

    status = 503
    page = "paused"


class BodyTooLarge(AppError):
    status = 413
    page = "too_large"


class BodyUnreadable(AppError):
    """The body is no form, or its text is no UTF-8."""

    status = 400
    page = "unreadable"


class ForeignForm(AppError):
    """The form was sent by a page of another site."""

    status = 403
    page = "foreign"


class AnswersDoNotFit(AppError):
    """The unsent answers are too long for the journey cookie."""

    status = 413
    page = "too_large"


class Overloaded(AppError):
    """The inbox is full; trying again in a few seconds is harmless."""

    status = 503
    page = "overloaded"


class SignInNeeded(AppError):
    """The page is for people who work here, and nobody is signed in. Answered with a way to the sign-in page."""

    status = 401
    page = "sign_in"


class NotAllowed(AppError):
    """Somebody is signed in whose role may not do this."""

    status = 403
    page = "not_allowed"


class TooManyAttempts(AppError):
    """Signing in was tried too often from there; waiting helps. Nobody's account is closed by it."""

    status = 429
    page = "too_many"


class OperatorError(Exception):
    """Something that the operator must change. Its text is one line that says what to do."""
