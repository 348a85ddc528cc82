"""Unsent answers on the respondent's device: one encrypted session cookie, in two halves when texts are long.

Whoever finds the device can read nothing in it, whoever changes a byte has no journey. The server keeps no copy.
"""

import base64
import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.errors import AnswersDoNotFit
from app.questionnaire.kinds import Answer

#: Neutral names: the browser's list of cookies must not tell what was answered here.
NAMES = ("s", "s2")
#: Browsers keep at least 4,096 bytes of one cookie, its name and attributes included.
HALF_CHARS = 3900
_VERSION = b"\x01"
_NONCE_BYTES = 12


@dataclass(frozen=True)
class Journey:
    """One respondent's way so far. Instants are whole minutes.

    `send_key` is 16 random bytes, made at the start: sending twice with it stores once. `agreed` and `parent_agreed`
    are "yes", "no" or "". `whole` is True for everything on one page, `checking` from a Change of the check page until
    the way is back there. `sent` is True once the answers were stored: from
    then on there is no send key, `answers` holds at most the country, and the cookie only lets the thanks page show the
    receipt code, `code`, and the right helpline again if the line broke. `dropped` counts posted values that the
    questionnaire does not know. `looked_up` is a code that was typed on the receipt page, at `looked_at`; of a device
    with nothing else the `slug` is "". `reached` is the place of the furthest section so far; `version` the number of
    the questionnaire's version with which it began, 0 where that is not known. `class_until`: until then whoever
    answers next on this device comes by the same link.
    """

    slug: str
    send_key: bytes
    begun_at: datetime
    used_at: datetime
    answers: Mapping[str, Answer] = field(default_factory=dict)
    agreed: str = ""
    parent_agreed: str = ""
    link: str = ""
    whole: bool = False
    checking: bool = False
    sent: bool = False
    dropped: int = 0
    reached: int = 0
    version: int = 0
    code: str = ""
    looked_up: str = ""
    looked_at: datetime | None = None
    class_until: datetime | None = None


def begin(
    slug: str,
    now: datetime,
    *,
    version: int = 0,
    link: str = "",
    whole: bool = False,
    class_until: datetime | None = None,
) -> Journey:
    """A new journey, without answers, through that version of the questionnaire. `whole` asks for everything on one
    page."""
    minute = now.replace(second=0, microsecond=0)
    return Journey(
        slug, os.urandom(16), minute, minute, link=link, whole=whole, version=version, class_until=class_until
    )


def touch(journey: Journey, now: datetime) -> Journey:
    return replace(journey, used_at=now.replace(second=0, microsecond=0))


class Sealer:
    """Seals journeys into cookie values and opens them again, with a key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, journey: Journey) -> tuple[str, str]:
        """The two cookie values; the second is "" when one is enough. Raises AnswersDoNotFit when two are not."""
        nonce = os.urandom(_NONCE_BYTES)
        plain = zlib.compress(json.dumps(_pack(journey), ensure_ascii=False, separators=(",", ":")).encode(), 3)
        sealed = _VERSION + nonce + self._cipher.encrypt(nonce, plain, _VERSION)
        text = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
        if len(text) > 2 * HALF_CHARS:
            raise AnswersDoNotFit
        return text[:HALF_CHARS], text[HALF_CHARS:]

    def open(self, first: str, second: str = "") -> Journey | None:
        """The journey in the cookie values, or None when they are not ours, damaged or forged."""
        text = first + second
        if not text or len(text) > 2 * HALF_CHARS:
            return None
        try:
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            nonce, cipher = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
            plain = self._cipher.decrypt(nonce, cipher, sealed[:1])
            return _unpack(json.loads(zlib.decompress(plain)))
        except (ValueError, InvalidTag, zlib.error, KeyError, TypeError):
            return None


def _pack(journey: Journey) -> dict[str, Any]:
    packed: dict[str, Any] = {
        "c": journey.slug,
        "k": base64.b64encode(journey.send_key).decode(),
        "b": _minute(journey.begun_at),
        "u": _minute(journey.used_at),
    }
    optional = {
        "a": dict(journey.answers),
        "y": journey.agreed,
        "p": journey.parent_agreed,
        "l": journey.link,
        "w": journey.whole,
        "g": journey.checking,
        "s": journey.sent,
        "d": journey.dropped,
        "f": journey.reached,
        "v": journey.version,
        "r": journey.code,
        "t": journey.looked_up,
        "m": _minute(journey.looked_at) if journey.looked_at else 0,
        "h": _minute(journey.class_until) if journey.class_until else 0,
    }
    return packed | {name: value for name, value in optional.items() if value}


def _unpack(packed: Mapping[str, Any]) -> Journey:
    answers = packed.get("a", {})
    return Journey(
        slug=packed["c"],
        send_key=base64.b64decode(packed["k"]),
        begun_at=_instant(packed["b"]),
        used_at=_instant(packed["u"]),
        answers={code: tuple(kept) if isinstance(kept, list) else kept for code, kept in answers.items()},
        agreed=packed.get("y", ""),
        parent_agreed=packed.get("p", ""),
        link=packed.get("l", ""),
        whole=packed.get("w", False),
        checking=packed.get("g", False),
        sent=packed.get("s", False),
        dropped=packed.get("d", 0),
        reached=packed.get("f", 0),
        version=packed.get("v", 0),
        code=packed.get("r", ""),
        looked_up=packed.get("t", ""),
        looked_at=_instant(packed["m"]) if "m" in packed else None,
        class_until=_instant(packed["h"]) if "h" in packed else None,
    )


def _minute(instant: datetime) -> int:
    return int(instant.timestamp()) // 60


def _instant(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)
