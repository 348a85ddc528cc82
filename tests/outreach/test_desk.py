"""The desk's links: made, changed, ended, each act in the trail; and what a partner sees of them."""

import asyncio
import re

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.outreach.service import told_to_partners
from app.staff.audit import broken_at
from app.staff.models import AuditEntry
from app.staff.permissions import Role
from app.submissions.retention import erase_what_is_due
from tests.application import NOON, House, Reader
from tests.desk import at_the_desk
from tests.outreach.links import change, last_account, new_link, stored
from tests.outreach.test_following import send_by
from tests.samples import SLUG
from tests.submissions.test_inbox import row

LINKS = f"/staff/consultations/{SLUG}/links"
FILLED = {
    "name": "Lycée de Dakar",
    "kind": "school",
    "country": "SN",
    "region": "europe",
    "target": "٢٠٠",
    "consent": "yes",
    "partner": "",
}


async def trail(house: House) -> list[AuditEntry]:
    async with AsyncSession(house.engine) as session:
        return list(await session.scalars(select(AuditEntry).order_by(AuditEntry.number)))


def in_words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


async def test_a_link_is_made_changed_and_ended_and_every_act_stands_in_the_trail(house: House) -> None:
    async with at_the_desk(house) as desk:
        assert "There is none yet." in await desk.get(LINKS)
        await desk.post(LINKS, FILLED)
        (link,) = await stored(house)
        assert desk.led_to == f"{LINKS}/{link.code}"
        page = await desk.follow()
        assert 'value="Lycée de Dakar"' in page
        # The country decides the region.
        assert (link.country, link.region, link.target, link.holds_consent) == ("SN", "africa", 200, True)
        # Saving what is there already is no act.
        await desk.post(f"{LINKS}/{link.code}", FILLED | {"go": "change"})
        await desk.post(
            f"{LINKS}/{link.code}", {"name": "Dakar", "kind": "ngo", "region": "africa", "target": "", "go": "change"}
        )
        (changed,) = await stored(house)
        assert (changed.code, changed.name, changed.country, changed.target) == (link.code, "Dakar", None, None)
        assert not changed.holds_consent
        await desk.post(f"{LINKS}/{link.code}", {"go": "again"}, status=409)
        await desk.post(f"{LINKS}/{link.code}", {"go": "end"})
        assert "Ended" in await desk.follow()
        await desk.post(f"{LINKS}/{link.code}", {"go": "end"}, status=409)
        (ended,) = await stored(house)
        assert ended.ended_at == NOON
        # A wrong name is mended, and a partner may see the counts, also afterwards.
        await desk.post(f"{LINKS}/{link.code}", {"name": "Dakar, Lycée", "kind": "ngo", "go": "change"})
        (renamed,) = await stored(house)
        assert (renamed.name, renamed.ended_at) == ("Dakar, Lycée", NOON)
        await desk.post(f"{LINKS}/{link.code}", {"go": "again"})
        assert "Ended" not in await desk.follow()
    (again,) = await stored(house)
    assert (again.ended_at, again.code) == (None, link.code)
    entries = await trail(house)
    acts = ("link_made", "link_changed", "link_ended", "link_changed", "link_begun_again")
    assert [(each.act, each.subject) for each in entries] == [(act, f"{SLUG}/{link.code}") for act in acts]
    assert entries[1].before is not None
    assert entries[1].after is not None
    assert (entries[1].before["holds_consent"], entries[1].after["holds_consent"]) == (True, False)
    assert broken_at(entries) is None


@pytest.mark.parametrize("language", ["en", "ar", "zh"])
async def test_the_pages_stand_in_the_readers_language(house: House, language: str) -> None:
    link = await new_link(house, "مدرسة", country="JO", target=30)
    async with at_the_desk(house, language=language) as desk:
        for path in (LINKS, f"{LINKS}/{link.code}", "/staff/links", f"/staff/links/{link.code}"):
            assert "مدرسة" in await desk.get(path)


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"name": " "}, ["name"]),
        ({"name": "x" * 121, "target": "0"}, ["name", "target"]),
        ({"kind": "club", "country": "XX", "region": "moon"}, ["kind", "country", "region"]),
        ({"target": "many"}, ["target"]),
        ({"target": "-3"}, ["target"]),
        ({"target": "1000001"}, ["target"]),
        ({"partner": "nobody@example.org"}, ["partner"]),
    ],
)
async def test_what_must_be_mended_is_named_and_what_was_typed_stays(
    house: House, fields: dict[str, str], faults: list[str]
) -> None:
    link = await new_link(house)
    async with at_the_desk(house) as desk:
        for path in (LINKS, f"{LINKS}/{link.code}"):
            page = await desk.post(path, FILLED | {"name": "Kept"} | fields, status=422)
            assert re.findall(r'<li><a href="#(\w+)">', page) == faults
            if "name" not in fields:
                assert 'value="Kept"' in page
            assert 'value="yes" aria-describedby="consent-h" checked' in page
    assert [each.name for each in await stored(house)] == ["School"]
    assert await trail(house) == []


async def test_only_the_account_of_a_partner_can_be_attached(house: House) -> None:
    async with at_the_desk(house, Role.SECRETARIAT), at_the_desk(house, Role.PARTNER), at_the_desk(house) as desk:
        secretary, partner = await last_account(house, Role.SECRETARIAT), await last_account(house, Role.PARTNER)
        await desk.post(LINKS, FILLED | {"partner": secretary.email}, status=422)
        await desk.post(LINKS, FILLED | {"partner": partner.email.upper()})
        assert f'value="{partner.email}"' in await desk.follow()
        (link,) = await stored(house)
        assert link.account_id == partner.id
        await desk.post(f"{LINKS}/{link.code}", FILLED | {"go": "change"})
    entries = await trail(house)
    told = [(each.act, (each.before or {}).get("partner"), (each.after or {}).get("partner")) for each in entries]
    assert told == [("link_made", None, partner.email), ("link_changed", partner.email, "")]


async def test_the_list_counts_openings_and_answers_by_link_and_without(house: House, browse: Reader) -> None:
    link = await new_link(house, "Counted")
    await new_link(house, "Silent", ended=True)
    for _ in range(2):
        await send_by(browse, link)
    async with at_the_desk(house) as desk:
        words = in_words(await desk.get(LINKS))
        assert f"Counted {link.code} School – not held 2 2 – Posters and texts" in words
        assert re.search(r"Silent Ended \w{8} School – not held 0 0 –", words)
        assert "No link – – – – – 0 –" in words
        await house.change(frozen_at=house.clock())
        for _ in range(2):
            words = in_words(await desk.get(LINKS))
            assert f"Counted {link.code} School – not held 2 2 –" in words
            assert "No link – – – – – 0 –" in words
            assert "The counts are final." in words
            await erase_due(house)
        assert {each.link for each in await house.submissions()} == {None}
        assert ">2</dd>" in await desk.get(f"{LINKS}/{link.code}")


async def erase_due(house: House) -> None:
    async with AsyncSession(house.engine) as session:
        await erase_what_is_due(session, house.clock())
        await session.commit()


async def test_after_the_freeze_a_partner_still_sees_the_final_rounded_count(house: House) -> None:
    async with at_the_desk(house, Role.PARTNER) as mine:
        me = await last_account(house, Role.PARTNER)
        many, few = [await new_link(house, name, account_id=me.id) for name in ("Many", "Few")]
        inbox = house.application.api.state.inbox
        for link, n in ((many, 17), (few, 9)):
            await asyncio.gather(*(inbox.send(row(house, link=link.code)) for _ in range(n)))
        await house.change(frozen_at=house.clock())
        for _ in range(3):
            words = in_words(await mine.get("/staff/links"))
            assert re.search(r"Many .* fewer than 10 about 15 Final –", words)
            assert re.search(r"Few .* fewer than 10 fewer than 10 Final –", words)
            await erase_due(house)
    async with at_the_desk(house) as desk:
        live = await desk.get(f"/staff/consultations/{SLUG}/live")
        assert re.search(r"<bdi>Many</bdi></th><td class=\"n\">about 15<", live)


async def test_a_partner_sees_own_links_only_and_rounded_counts(house: House) -> None:
    async with at_the_desk(house, Role.PARTNER) as mine:
        me = await last_account(house, Role.PARTNER)
        async with at_the_desk(house, Role.PARTNER) as other:
            you = await last_account(house, Role.PARTNER)
            link = await new_link(house, "Mine", account_id=me.id, country="KE")
            theirs = await new_link(house, "Theirs", account_id=you.id)
            nobodys = await new_link(house, "Nobodys")
            words = in_words(await other.get("/staff/links"))
            assert "Theirs" in words
            assert "Mine" not in words
        for opened, told in ((0, "fewer than 10"), (9, "fewer than 10"), (10, "about 10"), (29, "about 25")):
            await change(house, link, opened=opened)
            words = in_words(await mine.get("/staff/links"))
            assert f"Kenya {told} fewer than 10 –" in words
        assert "Theirs" not in words
        assert "Nobodys" not in words
        await mine.get(f"/staff/links/{link.code}")
        for foreign in (theirs, nobodys):
            await mine.get(f"/staff/links/{foreign.code}", status=404)
            await mine.get(f"/staff/links/{foreign.code}/poster-en.pdf", status=404)
        await mine.get(LINKS, status=403)
        await mine.get(f"{LINKS}/{link.code}", status=403)
        await mine.post(f"{LINKS}/{link.code}", {"go": "end"}, status=403)
    assert (await stored(house))[0].ended_at is None


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.ADMINISTRATOR])
async def test_those_who_manage_links_see_all_of_them_exactly(house: House, role: Role) -> None:
    link = await new_link(house, "One", region="cis")
    await new_link(house, "Two")
    await change(house, link, opened=7)
    async with at_the_desk(house, role) as desk:
        words = in_words(await desk.get("/staff/links"))
        assert "Commonwealth of Independent States 7 0 –" in words
        assert "Two" in words


@pytest.mark.parametrize("role", [Role.SECRETARIAT, Role.PROTECTION, Role.TRANSLATOR, Role.MEMBER])
async def test_others_see_no_links(house: House, role: Role) -> None:
    link = await new_link(house)
    async with at_the_desk(house, role) as desk:
        for path in (LINKS, f"{LINKS}/{link.code}", "/staff/links", f"/staff/links/{link.code}"):
            await desk.get(path, status=403)
        await desk.post(LINKS, FILLED, status=403)


async def test_a_link_of_another_consultation_is_not_found(house: House) -> None:
    link = await new_link(house)
    async with at_the_desk(house) as desk:
        await desk.get(f"/staff/consultations/none/links/{link.code}", status=404)
        await desk.get(f"{LINKS}/bcdfghjk", status=404)
        await desk.get(f"/staff/links/{link.code}/flyer-en.pdf", status=404)
        await desk.get(f"/staff/links/{link.code}/poster-de.pdf", status=404)
        await desk.get(f"/staff/links/{link.code}/guide-en.svg", status=404)


async def test_the_papers_page_has_texts_to_copy_in_six_languages(house: House) -> None:
    link = await new_link(house)
    async with at_the_desk(house) as desk:
        page = await desk.get(f"/staff/links/{link.code}")
        texts = dict(re.findall(r'<textarea id="text-(\w\w)"[^>]*>([^<]*)</textarea>', page))
        assert set(texts) == {"ar", "zh", "en", "fr", "ru", "es"}
        for language, text in texts.items():
            assert f"Sample topic ({language})" in text
            assert f"\nhttp://test/o/{link.code}\n" in text
        assert "Open on 20 November 2026, wherever you are" in texts["en"]
        house.settings.public_url = "https://consult.example/"
        assert f"https://consult.example/o/{link.code}" in await desk.get(f"/staff/links/{link.code}")


def test_partners_are_told_steps() -> None:
    assert [told_to_partners(n) for n in (0, 9, 10, 14, 15, 29, 1004)] == [None, None, 10, 10, 15, 25, 1000]
