"""Who can sign in at the demonstration: made once, only among sample data, and really able to sign in."""

import json
import stat
from datetime import timedelta

import pytest
from pyotp import TOTP
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.demonstration import people
from app.demonstration.people import PEOPLE, SignIn, is_loopback
from app.errors import OperatorError
from app.staff import service
from app.staff.models import Account
from app.staff.permissions import Role
from tests.application import House
from tests.desk import at_the_desk
from tests.staff.newcomers import sign_in


async def ensure(house: House) -> tuple[SignIn, ...]:
    async with AsyncSession(house.engine) as session:
        made = await people.ensure(session, house.settings, house.clock())
        await session.commit()
    return made


async def code_for(house: House, email: str) -> str:
    async with AsyncSession(house.engine) as session:
        return await people.code_for(session, house.settings, email, house.clock())


async def test_everybody_of_the_demonstration_can_really_sign_in(house: House) -> None:
    await house.change(sample=True)
    made = await ensure(house)
    assert [each.email for each in made] == [each.email for each in PEOPLE]
    assert {each.role for each in made} == set(Role)
    # What production asks of these roles is asked of them, too.
    assert {each.role for each in made if each.code} == service.SECOND_FACTOR_ROLES
    for each in made:
        async with house.reader() as reader:
            await sign_in(reader, each.email, each.password)
            if each.code:
                assert reader.led_to == "/staff/second-factor"
                await reader.get("/staff/", status=303)
                await reader.post("/staff/second-factor", {"code": await code_for(house, each.email)})
            await reader.follow()
            await reader.get("/staff/account")


async def test_a_second_start_tells_the_same_and_its_file_is_its_owners_alone(house: House) -> None:
    await house.change(sample=True)
    made = await ensure(house)
    assert await ensure(house) == made
    file = house.settings.data / people.FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each["password"] for each in json.loads(file.read_text())] == [each.password for each in made]
    assert len({each.password for each in made}) == len(PEOPLE)
    file.write_text("{")
    again = await ensure(house)
    assert not {each.password for each in again} & {each.password for each in made}
    async with house.reader() as reader:
        await sign_in(reader, again[1].email, again[1].password)
        assert reader.led_to == "/staff/"


async def test_nobody_is_made_beside_a_real_consultation_or_a_real_account(house: House) -> None:
    assert await ensure(house) == ()
    await house.change(sample=True)
    async with at_the_desk(house):
        assert await ensure(house) == ()
    async with AsyncSession(house.engine) as session:
        assert len((await session.scalars(select(Account))).all()) == 1
    assert not (house.settings.data / people.FILE).exists()


async def test_whose_access_was_ended_stays_out_and_gets_no_code(house: House) -> None:
    await house.change(sample=True)
    made = await ensure(house)
    administrator = made[0].email
    async with AsyncSession(house.engine) as session:
        secretary = await service.find(session, "secretariat@demo.example")
        assert secretary is not None
        await service.end_access(session, secretary, administrator, house.clock())
        await session.commit()
    again = await ensure(house)
    assert [each.email for each in again] == [each.email for each in made if each.role != "secretariat"]
    with pytest.raises(OperatorError, match="has no account"):
        await code_for(house, "secretariat@demo.example")
    # Invited anew by a person, it is that person's.
    async with AsyncSession(house.engine) as session:
        await service.invite(
            session,
            email="secretariat@demo.example",
            name="Somebody",
            role=Role.SECRETARIAT,
            languages=(),
            language="en",
            who=administrator,
            now=house.clock(),
        )
        await session.commit()
    with pytest.raises(OperatorError, match="not made by the demonstration"):
        await code_for(house, "secretariat@demo.example")
    assert [each.email for each in await ensure(house)] == [each.email for each in again]


async def test_codes_are_for_the_demonstrations_people_alone_and_work_once(house: House) -> None:
    await house.change(sample=True)
    made = await ensure(house)
    administrator = made[0].email
    async with at_the_desk(house, Role.ADMINISTRATOR):
        async with AsyncSession(house.engine) as session:
            others = select(Account.email).where(Account.email.startswith("administrator-"))
            (other,) = await session.scalars(others)
        for email in (other, "moderator@demo.example", "nobody@demo.example"):
            with pytest.raises(OperatorError):
                await code_for(house, email)
    codes = set()
    for status in (303, 303, 0):
        if not status:
            with pytest.raises(OperatorError, match="half a minute"):
                await code_for(house, administrator)
            break
        async with house.reader() as reader:
            await sign_in(reader, administrator, made[0].password)
            codes.add(code := await code_for(house, administrator))
            await reader.post("/staff/second-factor", {"code": code})
            assert reader.led_to == "/staff/"
    assert len(codes) == 2
    house.clock.forward(seconds=30)
    assert await code_for(house, administrator) not in codes


async def test_the_doctor_tells_when_real_people_answer_beside_them(house: House) -> None:
    await house.change(sample=True)
    await ensure(house)
    for sample, told in ((True, False), (False, True)):
        await house.change(sample=sample)
        async with AsyncSession(house.engine) as session:
            assert await people.are_open_beside_real_ones(session) is told


def test_a_loopback_address_is_one_and_others_are_not() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.8.0.1", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.1.4", "consult.example", "", "localhost.example")))


def test_the_code_is_that_of_an_app(house: House) -> None:
    from app.staff.factors import new_secret, unused_code

    secret, now = new_secret(), house.clock()
    step = TOTP(secret).timecode(now)
    assert unused_code(secret, now, 0) == TOTP(secret).at(now)
    assert unused_code(secret, now, step) == TOTP(secret).at(now + timedelta(seconds=30))
    assert unused_code(secret, now, step + 1) is None
