"""People to sign in as at the demonstration's desk: an account for each role, with a password made at random the first
time and kept in a file of the data folder that its owner alone can read.

They are made only where everything is sample data and nobody has an account, and only for a server that nobody else
can reach. What was made here is told by the trail, so that nobody's real account is ever taken for one.
"""

import ipaddress
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations.models import Consultation
from app.errors import OperatorError
from app.settings import Settings, derive_key
from app.staff import factors, passwords, service
from app.staff.models import Account, AuditEntry
from app.staff.permissions import Role

#: Who invited them, as the trail has it.
WHO = "demonstration"
FILE = "sign-ins.json"
#: Small letters and digits that nobody confuses; four groups of four are 79 random bits.
LETTERS = "23456789abcdefghjkmnpqrstvwxyz"
GROUPS, GROUP = 4, 4


@dataclass(frozen=True)
class Person:
    """`key` is the part of the address before the @."""

    key: str
    role: Role
    languages: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        return f"{self.key}@demo.example"

    @property
    def name(self) -> str:
        return f"{self.key.replace('-', ' ').capitalize()} (sample)"


PEOPLE = (
    Person("administrator", Role.ADMINISTRATOR),
    Person("moderator", Role.MODERATOR),
    Person("secretariat", Role.SECRETARIAT),
    Person("protection", Role.PROTECTION),
    Person("protection-deputy", Role.PROTECTION),
    Person("translator", Role.TRANSLATOR, ("ar",)),
    Person("member", Role.MEMBER),
    Person("partner", Role.PARTNER),
)


@dataclass(frozen=True)
class SignIn:
    """What somebody types to be in. `code`: and a code of the second factor."""

    email: str
    role: str
    password: str
    code: bool


def is_loopback(host: str) -> bool:
    """Whether a server on that address is reached from its own machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def may_be_made(session: AsyncSession) -> bool:
    """Whether everything here is sample data, and nobody has an account but those of the demonstration."""
    foreign = await session.scalar(
        select(Account.id).where(Account.email.not_in(each.email for each in PEOPLE)).limit(1)
    )
    return foreign is None and not await _has_real_ones(session)


async def are_open_beside_real_ones(session: AsyncSession) -> bool:
    """Whether people of the demonstration still have access where real people answer."""
    return bool(await accounts(session)) and await _has_real_ones(session)


async def _has_real_ones(session: AsyncSession) -> bool:
    return await session.scalar(select(Consultation.id).where(~Consultation.sample).limit(1)) is not None


async def ensure(session: AsyncSession, settings: Settings, now: datetime) -> tuple[SignIn, ...]:
    """The sign-ins as they stand in the file, made where there were none yet; nothing where none may be made.

    Somebody whose password is in no file any more gets another one. Whose access was ended at the desk stays out.
    """
    known = _read(settings)
    there = await accounts(session)
    if not there and not await may_be_made(session):
        return ()
    made = []
    for person in PEOPLE:
        account = there.get(person.key)
        if account is None and there:
            continue
        password = known.get(person.email, "")
        if account is None or not password:
            password = "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))
            account = account or await _make(session, person, now)
            account.password_hash = await passwords.hash_of(password)
        if service.needs_second_factor(account):
            key = derive_key(settings.master_secret(), "second factor")
            account.totp_secret = factors.seal(key, factors.new_secret(), account.id, "kept")
        made.append(SignIn(person.email, person.role.value, password, account.totp_secret is not None))
    _write(settings, made)
    return tuple(made)


async def accounts(session: AsyncSession) -> Mapping[str, Account]:
    """The demonstration's accounts that have access, by the key of their person."""
    found = await session.scalars(
        select(Account).where(Account.email.in_(each.email for each in PEOPLE), Account.ended_at.is_(None))
    )
    return {each.email.partition("@")[0]: each for each in found if await _is_ours(session, each.email)}


async def code_for(session: AsyncSession, settings: Settings, email: str, now: datetime) -> str:
    """A code of the second factor that works now. Raises OperatorError for whoever was not made by the demonstration:
    their codes come from their own phones."""
    account = await service.find(session, email)
    if account is None:
        raise OperatorError(f"{email} has no account here.")
    if not await _is_ours(session, account.email):
        raise OperatorError(
            f"{account.email} was not made by the demonstration: the code comes from the person’s phone."
        )
    key = derive_key(settings.master_secret(), "second factor")
    secret = factors.unseal(key, account.totp_secret or b"", account.id, "kept")
    if secret is None:
        raise OperatorError(f"{account.email} signs in with the password alone.")
    code = factors.unused_code(secret, now, account.totp_used_step)
    if code is None:
        raise OperatorError("The codes of this minute were used already: ask again in half a minute.")
    return code


async def _make(session: AsyncSession, person: Person, now: datetime) -> Account:
    account = await service.invite(
        session,
        email=person.email,
        name=person.name,
        role=person.role,
        languages=person.languages,
        language="en",
        who=WHO,
        now=now,
    )
    if account is None:
        raise OperatorError(f"{person.email} has an account already that is not the demonstration’s.")
    return account


async def _is_ours(session: AsyncSession, email: str) -> bool:
    """Whether the demonstration was the last to invite this address."""
    last = select(AuditEntry.who).where(AuditEntry.subject == email, AuditEntry.act.in_(("invited", "invited_again")))
    who: str | None = await session.scalar(last.order_by(AuditEntry.number.desc()).limit(1))
    return who == WHO


def _path(settings: Settings) -> Path:
    return settings.data / FILE


def _read(settings: Settings) -> dict[str, str]:
    """Passwords by address; none where the file is not there or not as we write it."""
    try:
        return {each["email"]: each["password"] for each in json.loads(_path(settings).read_text(encoding="utf-8"))}
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return {}


def _write(settings: Settings, made: list[SignIn]) -> None:
    """The file is whole or as before, and its owner's alone from its first byte on."""
    partial = _path(settings).with_name(f"{FILE}.part")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    partial.write_text(json.dumps([asdict(each) for each in made], indent=1) + "\n", encoding="utf-8")
    partial.replace(_path(settings))
