"""Passkeys (WebAuthn level 3): made on a device of somebody who works here, shown instead of password and code.

A passkey counts as both factors: the device must be there, and it must have asked for a finger, a face or its PIN.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from webauthn.helpers import parse_authentication_credential_json, structs

from app.staff import service
from app.staff.audit import record
from app.staff.factors import ISSUER
from app.staff.models import Account, Passkey

#: How long a browser waits for somebody to find the device.
TIMEOUT_MS = 120_000
LONGEST_ANSWER = 20_000
LONGEST_ID, LONGEST_KEY = 1023, 2000
MOST = 10


@dataclass(frozen=True)
class Place:
    """Where passkeys are of use: the name they are made for (relying party id), and the address of the pages."""

    name: str
    origin: str


def place_of(public_url: str, scheme: str, host: str) -> Place | None:
    """The place of the service: that of the settings, else this machine where the request came to localhost.

    None where browsers know no passkeys: without https, or at an address that is a number.
    """
    try:
        parts = urlsplit(public_url or f"{scheme}://{host}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    local = name == "localhost" or name.endswith(".localhost")
    if not name or _is_number(name) or not (local or (public_url and parts.scheme == "https")):
        return None
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    return Place(name, f"{parts.scheme}://{name}" + (f":{port}" if port and port != usual else ""))


def _is_number(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def known_as(key: bytes, account_id: int) -> bytes:
    """What a device calls the account: nothing that tells who it is."""
    return hmac.digest(key, f"passkey:{account_id}".encode(), "sha256")


async def of(session: AsyncSession, account_id: int) -> Sequence[Passkey]:
    """The account's passkeys, the oldest first."""
    rows = await session.scalars(
        select(Passkey).where(Passkey.account_id == account_id).order_by(Passkey.made_at, Passkey.id)
    )
    return rows.all()


def wish_for_new(place: Place, account: Account, kept: Sequence[Passkey], handle: bytes, challenge: str) -> str:
    """What a device is asked for to make a passkey, as JSON."""
    options = webauthn.generate_registration_options(
        rp_id=place.name,
        rp_name=ISSUER,
        user_name=account.email,
        user_display_name=account.name,
        user_id=handle,
        challenge=challenge.encode(),
        timeout=TIMEOUT_MS,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[_named(each) for each in kept],
    )
    return webauthn.options_to_json(options)


def wish_to_sign_in(place: Place, challenge: str) -> str:
    """What a device is asked for to sign in whoever holds it, as JSON."""
    options = webauthn.generate_authentication_options(
        rp_id=place.name,
        challenge=challenge.encode(),
        timeout=TIMEOUT_MS,
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def _named(passkey: Passkey) -> structs.PublicKeyCredentialDescriptor:
    return structs.PublicKeyCredentialDescriptor(id=passkey.credential_id)


async def add(
    session: AsyncSession, account: Account, place: Place, answer: str, challenge: str, name: str, now: datetime
) -> bool:
    """Whether the device's answer is a new passkey, made for this challenge here; the account, `locked`, has it now."""
    try:
        made = webauthn.verify_registration_response(
            credential=answer[:LONGEST_ANSWER],
            expected_challenge=challenge.encode(),
            expected_rp_id=place.name,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except Exception:
        # The library takes the bytes of strangers apart, and trips over them in many ways: each is a refusal.
        return False
    if len(made.credential_id) > LONGEST_ID or len(made.credential_public_key) > LONGEST_KEY:
        return False
    if len(await of(session, account.id)) >= MOST or await _find(session, made.credential_id) is not None:
        return False
    session.add(
        Passkey(
            account_id=account.id,
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            name=name,
            made_at=now,
        )
    )
    await record(session, who=account.email, act="passkey_added", subject=account.email, now=now, after={"name": name})
    return True


@dataclass(frozen=True)
class Refused:
    """Why a passkey did not sign in, and whose it is: `email` is nothing where the passkey is unknown."""

    why: str
    email: str = ""


async def recognize(session: AsyncSession, place: Place, answer: str, challenge: str, key: bytes) -> Account | Refused:
    """Whose passkey answered this challenge here: the account, `locked`, if it has access."""
    try:
        shown = parse_authentication_credential_json(answer[:LONGEST_ANSWER])
    except Exception:
        return Refused("unreadable")
    known = await _find(session, shown.raw_id)
    account = await service.locked(session, known.account_id) if known is not None else None
    # Read again, now that nobody else signs in with it.
    passkey = await _find(session, shown.raw_id) if account is not None else None
    if account is None or passkey is None:
        return Refused("unknown passkey")
    handle = shown.response.user_handle
    if handle is not None and not hmac.compare_digest(handle, known_as(key, account.id)):
        return Refused("another account's passkey", account.email)
    try:
        proved = webauthn.verify_authentication_response(
            credential=shown,
            expected_challenge=challenge.encode(),
            expected_rp_id=place.name,
            expected_origin=place.origin,
            credential_public_key=passkey.public_key,
            # Compared below: a counter says something only in an answer whose signature is right.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception:
        return Refused("wrong passkey", account.email)
    if proved.new_sign_count <= passkey.sign_count and (proved.new_sign_count or passkey.sign_count):
        return Refused("counter of the passkey went back: there may be a copy", account.email)
    passkey.sign_count = proved.new_sign_count
    return account


async def _find(session: AsyncSession, credential_id: bytes) -> Passkey | None:
    found: Passkey | None = await session.scalar(
        select(Passkey).where(Passkey.credential_id == credential_id).execution_options(populate_existing=True)
    )
    return found


async def remove(session: AsyncSession, account: Account, passkey_id: int, now: datetime) -> bool:
    """Whether the account had that passkey; it signs nobody in any more."""
    for passkey in await of(session, account.id):
        if passkey.id == passkey_id:
            await session.delete(passkey)
            await record(
                session,
                who=account.email,
                act="passkey_removed",
                subject=account.email,
                now=now,
                before={"name": passkey.name},
            )
            return True
    return False


async def remove_all(session: AsyncSession, account: Account, who: str, now: datetime) -> int:
    """How many passkeys the account had; it has none any more."""
    rows = await session.scalars(delete(Passkey).where(Passkey.account_id == account.id).returning(Passkey.name))
    names = sorted(rows)
    if names:
        await record(session, who=who, act="passkey_removed", subject=account.email, now=now, before={"names": names})
    return len(names)
