"""The second factor: codes of an app on a phone (TOTP, RFC 6238), and the ten codes for the day it is lost."""

import hmac
import secrets
from datetime import datetime

import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyotp import TOTP, random_base32
from pyotp.exceptions import OTPVerificationError

ISSUER = "Youth consultations"
#: Without 0 and O, 1 and I and L, U (for V): 12 of these are 58 random bits.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12
GROUP = 4
RECOVERY_CODES = 10
_NONCE = 12


def new_secret() -> str:
    """160 random bits in base 32, as apps take them."""
    return random_base32()


def seal(key: bytes, secret: str, account_id: int, purpose: str) -> bytes:
    """The secret as it may be kept or shown: of use for that account and purpose only, and to the holder of the key."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, secret.encode(), _bound(account_id, purpose))


def unseal(key: bytes, sealed: bytes, account_id: int, purpose: str) -> str | None:
    """The secret, or None for what we did not seal for that account and purpose."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(account_id, purpose)).decode()
    except (InvalidTag, ValueError):
        return None


def _bound(account_id: int, purpose: str) -> bytes:
    return f"{purpose}:{account_id}".encode()


def step_of(secret: str, code: str, now: datetime, used_step: int) -> int | None:
    """The step of a code that is right now, half a minute ago or in half a minute; None when wrong or used before."""
    try:
        step = TOTP(secret).verify_and_get_timecode(code, for_time=now, valid_window=1)
    except OTPVerificationError:
        return None
    return step if step > used_step else None


def unused_code(secret: str, now: datetime, used_step: int) -> str | None:
    """A code that is right now and was not used before; None when all that could be were."""
    app = TOTP(secret)
    step = max(app.timecode(now), used_step + 1)
    return app.generate_otp(step) if step <= app.timecode(now) + 1 else None


def address_of(secret: str, email: str) -> str:
    """What an app reads from the QR code."""
    return TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def qr_path(words: str) -> tuple[int, str]:
    """The QR code of `words`, four modules of margin around it: its side, and its dark modules as an SVG path."""
    rows = [list(row) for row in segno.make(words, micro=False).matrix_iter(border=4)]
    parts = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end]:
                end += 1
            if end > x:
                parts.append(f"M{x} {y}h{end - x}v1h-{end - x}z")
            x = end + 1
    return len(rows), "".join(parts)


def new_recovery_codes() -> tuple[str, ...]:
    return tuple("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(RECOVERY_CODES))


def in_groups(text: str) -> str:
    """Codes and secrets as people read them: groups of four with blanks between."""
    return " ".join(text[place : place + GROUP] for place in range(0, len(text), GROUP))


def as_typed(code: str) -> str:
    """A typed code without blanks and hyphens, in capitals and Western digits; Arabic digits are read as these."""
    kept = "".join(letter for letter in code.upper() if letter.isalnum())[: 4 * LENGTH]
    return "".join(str(int(letter)) if letter.isdecimal() else letter for letter in kept)


def kept_hash(key: bytes, account_id: int, code: str) -> str:
    """What is kept of a recovery code: a keyed hash in hexadecimal, another for each account."""
    return hmac.digest(key, f"recovery:{account_id}:{code}".encode(), "sha256").hex()
