"""How often somebody tried to sign in, and how long the next attempt waits. Held in memory, in one process.

Two harms, one counter. Somebody guesses: a few attempts are free, then each waits twice as long as the one before.
Somebody wants to keep a colleague out by guessing wrong under the colleague's name: nothing is counted on an account
as such, only on an account as tried from one network, and a browser that has signed in to the account before has a
count of its own, which nobody else can raise. So an attacker delays the attacker's own network at most.

Kept are keyed hashes, whose key is made when the process starts and never leaves it: no address of anybody.
"""

import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.errors import TooManyAttempts

#: Attempts that nobody waits for: on one account from one network, and on all accounts from one network.
FREE = 5
FREE_FOR_A_NETWORK = 40
LONGEST_WAIT = timedelta(minutes=15)
#: After this time without an attempt, a count begins anew.
FORGOTTEN_AFTER = timedelta(hours=6)
#: A bound of memory against invented names and networks; the oldest counts go first.
MOST_COUNTS = 50_000


@dataclass
class _Count:
    attempts: int
    last: datetime


class Attempts:
    """Counts by what they are told of. An attempt is counted when it begins: at once or in turn is the same."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._counts: dict[bytes, _Count] = {}

    def count(self, *told: object, now: datetime, free: int = FREE) -> bytes:
        """The attempt is counted; the answer names its count. Raises TooManyAttempts, uncounted, if it is too soon."""
        name = hmac.digest(self._key, repr(told).encode(), "sha256")
        known = self._counts.pop(name, None)
        if known is None or now - known.last >= FORGOTTEN_AFTER:
            known = _Count(0, now)
        if now < known.last + wait_after(known.attempts, free):
            self._counts[name] = known
            raise TooManyAttempts
        self._counts[name] = _Count(known.attempts + 1, now)
        while len(self._counts) > MOST_COUNTS:
            del self._counts[next(iter(self._counts))]
        return name

    def forget(self, name: bytes) -> None:
        """The attempt was right: its count begins anew."""
        self._counts.pop(name, None)

    def take_back(self, name: bytes) -> None:
        """The attempt was right and is not counted; the others of that count are."""
        count = self._counts.get(name)
        if count is not None:
            count.attempts -= 1


def wait_after(attempts: int, free: int) -> timedelta:
    """How long after the last of so many attempts the next may begin: 0, then 2, 4, 8 seconds, at most 15 minutes."""
    if attempts < free:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(attempts - free + 1, 20)), LONGEST_WAIT)


def network_of(address: str) -> str:
    """The network of a client, as large as one customer of a provider commonly has: /24, or /56 of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ipaddress.ip_network((int(parsed), 56), strict=False))
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((int(parsed), 24), strict=False))
