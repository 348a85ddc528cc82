"""Who works here: invited, changed, ended; never without an administrator."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.staff.models import Account, AuditEntry
from app.staff.permissions import Role
from tests.application import House, Reader
from tests.desk import at_the_desk
from tests.staff.newcomers import PASSWORD, account_of, acts, employ, link_in, mails, sessions_of, set_up, sign_in

#: What these pages say does not depend on the database.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

INVITED = {"email": "ana@example.org", "name": "Ana", "role": "translator", "languages": ["fr", "ar"], "language": "fr"}


async def test_a_translator_is_invited_in_the_own_language_with_languages(house: House) -> None:
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        await desk.post("/staff/people", INVITED)
        assert "mail folder" in await desk.follow()
    account = await account_of(house, "ana@example.org")
    assert (account.languages, account.language, account.password_hash) == (["ar", "fr"], "fr", None)
    (mail,) = mails(house.settings.mail_folder())
    assert mail["content-language"] == "fr"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": "a@example.org\r\nBcc: b@example.org"}, "email"),
        ({"email": "x" * 250 + "@example.org"}, "email"),
        ({"name": " \0 "}, "name"),
        ({"role": "king"}, "role"),
        ({"languages": ["de"]}, "languages"),
        ({"language": "de"}, "language"),
    ],
)
async def test_an_invitation_that_is_refused_keeps_what_was_typed_and_sends_nothing(
    house: House, change: dict[str, str | list[str]], field: str
) -> None:
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        page = await desk.post("/staff/people", {**INVITED, **change}, status=422)
    assert f'href="#{field}"' in page
    assert mails(house.settings.mail_folder()) == []
    assert await acts(house) == []


async def test_an_address_is_invited_once_and_again_by_its_page(house: House, browse: Reader) -> None:
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        await desk.post("/staff/people", INVITED)
        assert "works here already" in await desk.post("/staff/people", INVITED, status=422)
        account = await account_of(house, "ana@example.org")
        await desk.post(f"/staff/people/{account.id}", {"go": "invite"})
        assert "A new link" in await desk.follow()
    answers = [await browse.client.get(link_in(mail)) for mail in mails(house.settings.mail_folder())]
    assert sorted(answer.status_code for answer in answers) == [200, 410]
    assert [act for act, *_ in await acts(house)] == ["invited", "invited_again"]


async def test_ending_access_ends_every_session_at_once_and_an_invitation_gives_it_back(
    house: House, browse: Reader
) -> None:
    address = await employ(house)
    await sign_in(browse, address)
    account = await account_of(house, address)
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        await desk.post(f"/staff/people/{account.id}", {"go": "end"})
        assert "no access any more" in await desk.follow()
        await browse.get("/staff/", status=303)
        assert await sessions_of(house, address) == []
        await desk.post(f"/staff/people/{account.id}", {"go": "invite"}, status=404)
        await desk.post("/staff/people", {**INVITED, "email": address, "role": "member"})
    await sign_in(browse, address, PASSWORD, status=422)
    await browse.post(link_in(mails(house.settings.mail_folder())[0]), {"password": PASSWORD, "again": PASSWORD})
    browse.desk_language = "fr"
    await browse.follow()
    assert (await account_of(house, address)).id == account.id


async def test_a_role_that_must_have_a_second_factor_takes_effect_at_once(house: House, browse: Reader) -> None:
    address = await employ(house)
    await sign_in(browse, address)
    account = await account_of(house, address)
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        await desk.post(f"/staff/people/{account.id}", {"go": "role", "role": "translator"}, status=422)
        await desk.post(f"/staff/people/{account.id}", {"go": "role", "role": "translator", "languages": "ru"})
        await browse.get("/staff/people", status=403)
        await desk.post(f"/staff/people/{account.id}", {"go": "role", "role": "administrator"})
    await browse.get("/staff/people", status=303)
    await sign_in(browse, address)
    await set_up(house, browse)
    await browse.get("/staff/people")
    async with AsyncSession(house.engine) as session:
        changed = list(await session.scalars(select(AuditEntry).where(AuditEntry.act == "role_changed")))
    assert [(each.before or {})["role"] for each in changed] == ["moderator", "translator"]
    assert (changed[0].after or {})["languages"] == ["ru"]


async def test_the_last_administrator_stays(house: House, browse: Reader) -> None:
    address = await employ(house, Role.ADMINISTRATOR)
    await sign_in(browse, address)
    await set_up(house, browse)
    own = f"/staff/people/{(await account_of(house, address)).id}"
    # One who never came does not count: nobody could sign in as administrator.
    await browse.post("/staff/people", {**INVITED, "role": "administrator", "language": "en"})
    for fields in ({"go": "end"}, {"go": "role", "role": "moderator"}):
        assert "last administrator" in await browse.post(own, fields, status=422)
    assert (await account_of(house, address)).ended_at is None
    await employ(house, Role.ADMINISTRATOR)
    await browse.post(own, {"go": "role", "role": "moderator"})
    await browse.get("/staff/people", status=403)


async def test_what_is_not_there_or_cannot_be_done_is_not_found(house: House) -> None:
    async with at_the_desk(house, Role.ADMINISTRATOR) as desk:
        for path in ("/staff/people/999999", "/staff/people/0", "/staff/people/99999999999999", "/staff/people/x"):
            await desk.get(path, status=404)
            await desk.post(path, {"go": "end"}, status=404)
        account = await account_of(house, await employ(house))
        await desk.post(f"/staff/people/{account.id}", {"go": "explode"}, status=404)
        async with AsyncSession(house.engine) as session:
            assert len(list(await session.scalars(select(Account)))) == 2
