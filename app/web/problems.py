"""What a program is told when something cannot be done: problem details after RFC 9457, in English, which say what to
do next. No page is for a program, and none of its mistakes is an answer of somebody."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from starlette.responses import Response

#: Addresses below this are for programs.
API = "/api/"
MEDIA_TYPE = "application/problem+json"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
#: Programs on pages of other sites may read, and nothing else.
FROM_ANYWHERE = ((b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", b"ETag"))

ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "not_found": (
            "Nothing is published at this address. /api/v1/consultations lists what is, each consultation lists its"
            " tables, and /api/v1/openapi.json describes every address."
        ),
        "foreign": "Everything here is read with GET; nothing is taken from pages of other sites.",
        "too_large": "Everything here is read with GET, without a body.",
        "broken": "It is our fault. Try again in some minutes; if it stays so, tell the secretariat the reference.",
        "overloaded": "Wait a few seconds, then ask again.",
    }
)
NOT_READING = "Everything here is read with GET. /api/v1/openapi.json describes every address."
ELSE = "The request cannot be answered as it is. /api/v1/openapi.json describes every address."


def answer_problem(method: str, page: str, status: int, reference: str = "") -> Response:
    """The failure as JSON; `page` is its message id."""
    detail = NOT_READING if status == HTTPStatus.METHOD_NOT_ALLOWED else ADVICE.get(page, ELSE)
    told = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if reference:
        told["reference"] = reference
    response = Response(json.dumps(told), status, media_type=MEDIA_TYPE)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ", ".join(sorted(READING))
    if method in READING:
        response.raw_headers.extend(FROM_ANYWHERE)
    return response
