"""What search engines may keep: public pages and results. Nothing of anybody's way through the questions, of receipts,
partners' links or the desk."""

import re

#: Addresses that nobody should find by searching: the first part of the path, or what follows a language.
_UNLISTED = re.compile(
    rb"/(?:staff|o|metrics|healthz|readyz)(?:/|$)"
    rb"|/[a-z]{2}/(?:receipt|exit)(?:/|$)"
    rb"|/[a-z]{2}/consultations/[^/]+/(?:answer|check|send|thanks|another|class|stop)(?:/|$)"
)
NO_INDEX = (b"x-robots-tag", b"noindex, nofollow")
ROBOTS = """\
User-agent: *
Disallow: /staff
Disallow: /o/
Disallow: /*/receipt
Disallow: /*/exit
Disallow: /*/consultations/*/answer
Disallow: /*/consultations/*/check
Disallow: /*/consultations/*/send
Disallow: /*/consultations/*/thanks
Disallow: /*/consultations/*/another
Disallow: /*/consultations/*/class
Disallow: /*/consultations/*/stop/
Disallow: /*?*via=
"""


def is_unlisted(path: bytes, query: bytes) -> bool:
    """Whether search engines are told not to keep the page at that address."""
    return _UNLISTED.match(path) is not None or b"via=" in query
