"""Whom a provider vouches for, as somebody who works here: bound at the first sign-in, known by the pair ever after."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.staff import service
from app.staff.audit import record
from app.staff.models import Account, Identity
from app.staff.oidc import Vouched


async def known(session: AsyncSession, vouched: Vouched) -> bool:
    """Whether an account is bound to that issuer and subject."""
    return await session.get(Identity, (vouched.issuer, vouched.subject)) is not None


async def account_of(session: AsyncSession, vouched: Vouched) -> Account | None:
    """The account that is bound to that issuer and subject, `locked`, if it has access."""
    identity = await session.get(Identity, (vouched.issuer, vouched.subject))
    return await service.locked(session, identity.account_id) if identity is not None else None


async def bind(session: AsyncSession, vouched: Vouched, email: str, now: datetime) -> Account | str:
    """The invited account with that verified address, from now on bound to issuer and subject; else why there is none.

    An account that the same issuer vouches for already is bound to nobody else: an address may be given to a new
    colleague when the old one has left.
    """
    if not email:
        return "no verified address, or access has ended"
    found = await service.find(session, email)
    account = await service.locked(session, found.id) if found is not None else None
    if account is None:
        return "nobody is invited with this address"
    if any(each.issuer == vouched.issuer for each in await bound(session, account.id)):
        return "the account is bound to another subject"
    session.add(Identity(issuer=vouched.issuer, subject=vouched.subject, account_id=account.id))
    await record(
        session,
        who=account.email,
        act="identity_bound",
        subject=account.email,
        now=now,
        after={"issuer": vouched.issuer, "subject": vouched.subject},
    )
    return account


async def bound(session: AsyncSession, account_id: int) -> Sequence[Identity]:
    rows = await session.scalars(
        select(Identity).where(Identity.account_id == account_id).order_by(Identity.issuer, Identity.subject)
    )
    return rows.all()


def key_of(identity: Identity) -> str:
    """What a form calls the identity."""
    return hashlib.sha256(f"{identity.issuer}\n{identity.subject}".encode()).hexdigest()


async def unbind(session: AsyncSession, account: Account, key: str, now: datetime) -> bool:
    """Whether the account was bound so; it is no more. A later sign-in there begins anew, with the e-mail address."""
    for identity in await bound(session, account.id):
        if key_of(identity) == key:
            await session.delete(identity)
            await record(
                session,
                who=account.email,
                act="identity_removed",
                subject=account.email,
                now=now,
                before={"issuer": identity.issuer, "subject": identity.subject},
            )
            return True
    return False
