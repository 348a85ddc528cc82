"""Accounts: invited, given a password and a second factor, changed, ended. Every act stands in the trail."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.staff import factors, sessions
from app.staff.audit import record
from app.staff.models import Account, Identity, Passkey, Ticket
from app.staff.permissions import Role
from app.staff.sessions import token_hash

INVITATION, PASSWORD = "invitation", "password"
LASTS = {INVITATION: timedelta(days=7), PASSWORD: timedelta(hours=1)}
#: Links for a new password that one account may have at a time: nobody fills a mailbox by asking.
MOST_PASSWORD_TICKETS = 3
#: Whoever did it had not signed in.
STRANGER = "unknown"
#: These see accounts, texts of danger or papers before their day: a password alone does not open them.
SECOND_FACTOR_ROLES = frozenset({Role.ADMINISTRATOR, Role.PROTECTION, Role.SECRETARIAT})
#: As browsers understand an input of type email.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_EMAIL = re.compile(rf"[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})+")


def address_as_typed(typed: str) -> str:
    """The e-mail address as accounts have it: without blanks around it, in small letters."""
    return typed.strip().lower()


def is_address(email: str) -> bool:
    return len(email) <= 254 and _EMAIL.fullmatch(email) is not None


def needs_second_factor(account: Account) -> bool:
    """Whether this person must set one up before anything else."""
    return account.totp_secret is None and Role(account.role) in SECOND_FACTOR_ROLES


async def find(session: AsyncSession, email: str) -> Account | None:
    """The account of that address, if it has access."""
    email = address_as_typed(email)
    if not is_address(email):
        return None
    found: Account | None = await session.scalar(
        select(Account).where(Account.email == email, Account.ended_at.is_(None))
    )
    return found


async def with_other_ways(session: AsyncSession) -> frozenset[int]:
    """The accounts that sign in without a password: with a passkey, or at a provider."""
    rows = await session.scalars(select(Passkey.account_id).union(select(Identity.account_id)))
    return frozenset(rows)


async def locked(session: AsyncSession, account_id: int, *, with_administrators: bool = False) -> Account | None:
    """The account, if it has access, as it is once nobody else changes it until this transaction ends.

    with_administrators: nor any administrator's; two who put each other out at once stand one after the other.
    """
    rows = Account.id == account_id
    if with_administrators:
        rows |= Account.role == Role.ADMINISTRATOR.value
    # A write that changes nothing locks the rows in PostgreSQL and the file in SQLite.
    await session.execute(
        update(Account).where(rows).values(email=Account.email).execution_options(synchronize_session=False)
    )
    found: Account | None = await session.scalar(
        select(Account)
        .where(Account.id == account_id, Account.ended_at.is_(None))
        .execution_options(populate_existing=True)
    )
    return found


async def invite(
    session: AsyncSession,
    *,
    email: str,
    name: str,
    role: Role,
    languages: Sequence[str],
    language: str,
    who: str,
    now: datetime,
) -> Account | None:
    """A new account without a password, or one whose access had ended, as new. None when the address has access."""
    email = address_as_typed(email)
    account: Account | None = await session.scalar(select(Account).where(Account.email == email))
    if account is not None and account.ended_at is None:
        return None
    before = _told(account) if account is not None else None
    if account is None:
        account = Account(email=email, totp_used_step=0)
        session.add(account)
    account.name, account.role, account.language = name, role.value, language
    account.languages = list(languages) if role is Role.TRANSLATOR else []
    account.invited_at, account.ended_at = now, None
    account.password_hash, account.totp_secret, account.recovery_hashes = None, None, []
    await session.flush()
    await record(session, who=who, act="invited", subject=email, now=now, before=before, after=_told(account))
    return account


async def invite_again(session: AsyncSession, account: Account, who: str, now: datetime) -> None:
    """The links that were sent before work no more; the caller issues a new one."""
    await session.execute(delete(Ticket).where(Ticket.account_id == account.id))
    account.invited_at = now
    await record(session, who=who, act="invited_again", subject=account.email, now=now)


async def issue_ticket(session: AsyncSession, account: Account, purpose: str, now: datetime) -> tuple[str, datetime]:
    """The token of a new link for this account, and when it ends."""
    await session.execute(delete(Ticket).where(Ticket.ends_at <= now))
    token, ends_at = secrets.token_urlsafe(32), now + LASTS[purpose]
    session.add(Ticket(token_hash=token_hash(token), account_id=account.id, purpose=purpose, ends_at=ends_at))
    await session.flush()
    return token, ends_at


async def may_ask_for_password(session: AsyncSession, account: Account, now: datetime) -> bool:
    """Whether fewer links than allowed are on their way to this account."""
    count = await session.scalar(
        select(func.count())
        .select_from(Ticket)
        .where(Ticket.account_id == account.id, Ticket.purpose == PASSWORD, Ticket.ends_at > now)
    )
    return (count or 0) < MOST_PASSWORD_TICKETS


async def holder(session: AsyncSession, token: str, now: datetime) -> Account | None:
    """Whose link it is, if it still works. Consumes nothing."""
    found: Account | None = await session.scalar(
        select(Account)
        .join(Ticket, Ticket.account_id == Account.id)
        .where(Ticket.token_hash == token_hash(token), Ticket.ends_at > now, Account.ended_at.is_(None))
    )
    return found


async def redeem(session: AsyncSession, token: str, password_hash: str, now: datetime) -> Account | None:
    """The account has that password, no link and no session of it works any more. None when the link does not work."""
    # Deleting and reading are one statement: of two that use the link at once, one finds it.
    account_id = await session.scalar(
        delete(Ticket).where(Ticket.token_hash == token_hash(token), Ticket.ends_at > now).returning(Ticket.account_id)
    )
    account = await locked(session, account_id) if account_id is not None else None
    if account is None:
        return None
    await session.execute(delete(Ticket).where(Ticket.account_id == account.id))
    await set_password(session, account, password_hash, now)
    return account


async def set_password(
    session: AsyncSession, account: Account, password_hash: str, now: datetime, *, stays: bytes = b""
) -> None:
    """The account has that password; its sessions are over, but for the one that `stays`."""
    account.password_hash = password_hash
    ended = await sessions.end(session, account.id, but=stays)
    await record(
        session,
        who=account.email,
        act="password_set",
        subject=account.email,
        now=now,
        after={"sessions_ended": ended},
    )


async def set_second_factor(
    session: AsyncSession, account: Account, sealed: bytes, step: int, key: bytes, now: datetime
) -> tuple[str, ...]:
    """The account asks for codes of that secret from now on. Gives the recovery codes; only hashes are kept."""
    account.totp_secret, account.totp_used_step = sealed, step
    await record(session, who=account.email, act="second_factor_set", subject=account.email, now=now)
    return _recovery_codes(account, key)


async def make_recovery_codes(session: AsyncSession, account: Account, key: bytes, now: datetime) -> tuple[str, ...]:
    """Ten new codes; those before work no more."""
    await record(session, who=account.email, act="recovery_codes_made", subject=account.email, now=now)
    return _recovery_codes(account, key)


def _recovery_codes(account: Account, key: bytes) -> tuple[str, ...]:
    codes = factors.new_recovery_codes()
    account.recovery_hashes = [factors.kept_hash(key, account.id, code) for code in codes]
    return codes


async def remove_second_factor(session: AsyncSession, account: Account, who: str, now: datetime) -> None:
    """A password alone opens the account. Where the role does not allow that, its sessions are over, and the next
    sign-in leads to a new second factor."""
    account.totp_secret, account.recovery_hashes = None, []
    if needs_second_factor(account):
        await sessions.end(session, account.id)
    await record(session, who=who, act="second_factor_removed", subject=account.email, now=now)


async def prove(
    session: AsyncSession, account: Account, code: str, totp_key: bytes, hash_key: bytes, now: datetime
) -> bool:
    """Whether the code is the second factor of this account, which the caller has `locked`. A code proves it once."""
    typed = factors.as_typed(code)
    if len(typed) == factors.LENGTH:
        kept = factors.kept_hash(hash_key, account.id, typed)
        if kept not in account.recovery_hashes:
            return False
        account.recovery_hashes = [each for each in account.recovery_hashes if each != kept]
        left = {"left": len(account.recovery_hashes)}
        await record(session, who=account.email, act="recovery_code_used", subject=account.email, now=now, after=left)
        return True
    secret = factors.unseal(totp_key, account.totp_secret or b"", account.id, "kept")
    step = factors.step_of(secret, typed, now, account.totp_used_step) if secret else None
    if step is None:
        return False
    account.totp_used_step = step
    return True


async def change_role(
    session: AsyncSession, account: Account, role: Role, languages: Sequence[str], who: str, now: datetime
) -> bool:
    """The person, `locked` with the administrators, has that role. False, and nothing changed, when nobody else could
    then manage accounts."""
    if role is not Role.ADMINISTRATOR and await _is_last_administrator(session, account):
        return False
    before = _told(account)
    account.role = role.value
    account.languages = list(languages) if role is Role.TRANSLATOR else []
    if needs_second_factor(account):
        await sessions.end(session, account.id)
    await record(
        session, who=who, act="role_changed", subject=account.email, now=now, before=before, after=_told(account)
    )
    return True


async def end_access(session: AsyncSession, account: Account, who: str, now: datetime) -> bool:
    """The person, `locked` with the administrators, is out at once, in every browser. False, and nothing changed, for
    the last administrator."""
    if await _is_last_administrator(session, account):
        return False
    account.ended_at = now
    account.password_hash, account.totp_secret, account.recovery_hashes = None, None, []
    for way in (Ticket, Passkey, Identity):
        await session.execute(delete(way).where(way.account_id == account.id))
    ended = await sessions.end(session, account.id)
    await record(
        session,
        who=who,
        act="access_ended",
        subject=account.email,
        now=now,
        before=_told(account),
        after={"sessions_ended": ended},
    )
    return True


async def _is_last_administrator(session: AsyncSession, account: Account) -> bool:
    if account.role != Role.ADMINISTRATOR.value:
        return False
    others = await session.scalar(
        select(func.count())
        .select_from(Account)
        .where(
            Account.role == Role.ADMINISTRATOR.value,
            Account.id != account.id,
            Account.ended_at.is_(None),
            Account.password_hash.is_not(None),
        )
    )
    return not others


def _told(account: Account) -> dict[str, object]:
    return {"name": account.name, "role": account.role, "languages": list(account.languages)}
