"""Passwords: what may be one, its hash, and whether it is the right one.

A hash takes 64 MiB and a tenth of a second: it is computed in a thread, two at once at most, and more than some dozens
that wait are turned away, so that whoever floods the sign-in page does not stop the young people's pages.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from unicodedata import normalize

from pwdlib import PasswordHash

from app.errors import Overloaded

SHORTEST = 12
LONGEST = 200
AT_ONCE = 2
MOST_WAITING = 40

T = TypeVar("T")

_hasher = PasswordHash.recommended()
_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")
_waiting = 0
#: The hash of a random password that was thrown away: who does not exist takes as long as who does.
NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$Q4xI6iAWJR+9ApbRfRqXLQ$AkGiSxfMbaBcmkIz2XKLTe6ZUh5BWmP/memQE3NZ848"


def fault_of(password: str, email: str) -> str | None:
    """Why this cannot be the password of that account: "short", "long" or "email". None when it can."""
    written = _same_on_every_keyboard(password)
    if len(written) < SHORTEST:
        return "short"
    if len(written) > LONGEST:
        return "long"
    return "email" if written.casefold().strip() == email.casefold() else None


async def hash_of(password: str) -> str:
    """What is kept of a password. Raises Overloaded when too many wait."""
    return await _in_a_thread(lambda: _hasher.hash(_same_on_every_keyboard(password)))


async def verify(password: str, kept: str | None) -> tuple[bool, str | None]:
    """Whether it is the password, and its new hash where the kept one is of an older kind.

    Without a kept hash it is not, after the same time. Raises Overloaded when too many wait.
    """
    written = _same_on_every_keyboard(password)[: LONGEST + 1]
    right, newer = await _in_a_thread(lambda: _hasher.verify_and_update(written, kept or NOBODYS))
    return (right, newer) if kept else (False, None)


def _same_on_every_keyboard(password: str) -> str:
    return normalize("NFKC", password)


async def _in_a_thread(work: Callable[[], T]) -> T:
    global _waiting  # noqa: PLW0603 - one number for the process, as there is one pool
    if _waiting >= MOST_WAITING:
        raise Overloaded
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        _waiting -= 1
