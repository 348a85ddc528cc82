"""What a browser carries on its way through a sign-in: sealed, of use for minutes, and once.

Nothing is written when a challenge or a state is made, so nobody fills the database by asking for them; when one comes
back, its hash is, so that it comes back once. That holds for all processes.
"""

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.staff.models import Spent

#: The way to a provider and back, where somebody may have to look for a phone; a passkey; a new one; recovery codes.
PROVIDER, PASSKEY, NEW_PASSKEY, CODES = "provider", "passkey", "new-passkey", "codes"
LASTS = {
    PROVIDER: timedelta(minutes=15),
    PASSKEY: timedelta(minutes=5),
    NEW_PASSKEY: timedelta(minutes=5),
    CODES: timedelta(minutes=5),
}
#: The processes may stand on several machines.
CLOCKS_DIFFER_SECONDS = 60
_NONCE = 12


def random_token() -> str:
    """256 random bits: a state, a nonce, a challenge."""
    return secrets.token_urlsafe(32)


def seal(key: bytes, purpose: str, told: Mapping[str, Any], now: datetime) -> str:
    """What is told, readable to the holder of the key only, and of use for that purpose."""
    plain = json.dumps({**told, "at": now.timestamp()}, ensure_ascii=False).encode()
    nonce = secrets.token_bytes(_NONCE)
    return base64.urlsafe_b64encode(nonce + AESGCM(key).encrypt(nonce, plain, purpose.encode())).decode()


def unseal(key: bytes, purpose: str, sealed: str, now: datetime) -> dict[str, Any] | None:
    """What was told, or None for what we did not seal for that purpose, or too long ago."""
    try:
        raw = base64.urlsafe_b64decode(sealed)
        told: dict[str, Any] = json.loads(AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], purpose.encode()))
    except (InvalidTag, binascii.Error, ValueError):
        return None
    age = now.timestamp() - told.pop("at")
    return told if -CLOCKS_DIFFER_SECONDS <= age < LASTS[purpose].total_seconds() else None


async def spend(session: AsyncSession, token: str, now: datetime) -> bool:
    """Whether the token had not come back before. From now on it has."""
    await session.execute(delete(Spent).where(Spent.ends_at <= now))
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    kept = insert(Spent).values(digest=hashlib.sha256(token.encode()).digest(), ends_at=now + 2 * max(LASTS.values()))
    return await session.scalar(kept.on_conflict_do_nothing().returning(Spent.digest)) is not None
