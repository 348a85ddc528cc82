"""People who come to the desk by the front: invited, with a password, with an app on their phone."""

import email
import re
import secrets
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from pyotp import TOTP
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.staff import passwords
from app.staff.models import Account, AuditEntry, DeskSession
from app.staff.permissions import Role
from tests.application import House, Reader

PASSWORD = "seven quiet herons"


async def employ(house: House, role: Role = Role.MODERATOR, *, password: str = PASSWORD, language: str = "en") -> str:
    """The address of a new account with that password."""
    address = f"{role}-{secrets.token_hex(4)}@example.org"
    async with AsyncSession(house.engine) as session:
        session.add(
            Account(
                email=address,
                name=role.capitalize(),
                role=role.value,
                language=language,
                password_hash=await passwords.hash_of(password),
                invited_at=house.clock(),
            )
        )
        await session.commit()
    return address


async def account_of(house: House, address: str) -> Account:
    async with AsyncSession(house.engine, expire_on_commit=False) as session:
        found = await session.scalar(select(Account).where(Account.email == address))
        assert found is not None
        return found


async def sessions_of(house: House, address: str) -> list[DeskSession]:
    async with AsyncSession(house.engine, expire_on_commit=False) as session:
        rows = await session.scalars(
            select(DeskSession).join(Account).where(Account.email == address).order_by(DeskSession.begun_at)
        )
        return list(rows)


async def acts(house: House) -> list[tuple[str, str, str]]:
    """Act, who and subject of each row of the trail, in order."""
    async with AsyncSession(house.engine) as session:
        rows = await session.scalars(select(AuditEntry).order_by(AuditEntry.number))
        return [(each.act, each.who, each.subject) for each in rows]


def mails(folder: Path) -> list[EmailMessage]:
    """The mails that were kept as files."""
    return [email.message_from_bytes(file.read_bytes(), policy=default) for file in sorted(folder.glob("*.eml"))]


def link_in(mail: EmailMessage) -> str:
    """The path of the link in a mail."""
    found = re.search(r"https?://[^/\s]+(/staff/ticket/[\w-]+)", mail.get_content())
    assert found is not None, mail.get_content()
    return found[1]


async def sign_in(reader: Reader, address: str, password: str = PASSWORD, *, status: int = 303) -> str:
    return await reader.post("/staff/sign-in", {"email": address, "password": password}, status=status)


def secret_on(page: str) -> str:
    found = re.search(r'<bdi class="code"[^>]*>([A-Z2-7 ]+)</bdi>', page)
    assert found is not None
    return found[1].replace(" ", "")


def sealed_on(page: str) -> str:
    found = re.search(r'name="sealed" value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


def codes_on(page: str) -> list[str]:
    return re.findall(r'<li><bdi class="code"[^>]*>([^<]+)</bdi>', page)


async def set_up(house: House, reader: Reader, **more: str) -> tuple[TOTP, list[str]]:
    """The reader, who is at its door, sets up the second factor: the app, and the recovery codes."""
    page = await reader.get("/staff/account/second-factor")
    app = TOTP(secret_on(page))
    fields = {"sealed": sealed_on(page), "code": app.at(house.clock()), **more}
    await reader.post("/staff/account/second-factor", fields)
    return app, codes_on(await reader.follow())
