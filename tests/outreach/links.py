"""Links for tests: made as the desk makes them, and answers that come by way of them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.outreach.models import Link
from app.outreach.service import Wanted, end, make
from app.staff.models import Account
from app.staff.permissions import Role
from tests.application import House


async def new_link(house: House, name: str = "School", *, ended: bool = False, **values: object) -> Link:
    """A link to the sample consultation, or to `consultation_id`."""
    consultation_id = values.pop("consultation_id", house.consultation.id)
    assert isinstance(consultation_id, int)
    async with AsyncSession(house.engine, expire_on_commit=False) as session:
        link = await make(session, consultation_id, Wanted(name, "school", **values), house.clock())  # type: ignore[arg-type]
        if ended:
            end(link, house.clock())
        await session.commit()
    return link


async def stored(house: House) -> list[Link]:
    """Every link, in the order of making."""
    async with AsyncSession(house.engine, expire_on_commit=False) as session:
        return list(await session.scalars(select(Link).order_by(Link.id)))


async def change(house: House, link: Link, **values: object) -> None:
    async with AsyncSession(house.engine) as session:
        found = await session.get_one(Link, link.id)
        for name, value in values.items():
            setattr(found, name, value)
        await session.commit()


async def last_account(house: House, role: Role) -> Account:
    """The account that was made last with that role."""
    async with AsyncSession(house.engine, expire_on_commit=False) as session:
        wanted = select(Account).where(Account.role == role.value).order_by(Account.id.desc()).limit(1)
        return (await session.scalars(wanted)).one()
