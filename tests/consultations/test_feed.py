"""The list of all consultations and its feeds: what stands in them phase by phase, in six languages."""

from datetime import timedelta

import feedparser
import pytest
from lxml import etree

from app.web.i18n import LANGUAGES
from tests.application import House, Reader

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

ATOM = "{http://www.w3.org/2005/Atom}"
NAME = "tag:127.0.0.1,2026:consultations/sample"


async def read(browse: Reader, language: str = "en") -> feedparser.FeedParserDict:
    response = await browse.client.get(f"/{language}/feed.xml")
    assert response.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = feedparser.parse(response.content)
    assert not feed.bozo
    assert feed.version == "atom10"
    return feed


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_feed_has_what_the_standard_asks_for_in_each_language(browse: Reader, language: str) -> None:
    response = await browse.client.get(f"/{language}/feed.xml")
    root = etree.fromstring(response.content)
    assert root.tag == f"{ATOM}feed"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == language
    for each in (root, *root.iter(f"{ATOM}entry")):
        assert [len(each.findall(f"{ATOM}{name}")) for name in ("id", "title", "updated")] == [1, 1, 1]
        links = [(link.get("rel"), link.get("type"), link.get("hreflang")) for link in each.iter(f"{ATOM}link")]
        assert all(rel in ("self", "alternate") for rel, _, _ in links)
        # No two alternates of one type in one language, as RFC 4287 has it.
        own = [link for link in each.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
        assert len({(link.get("type"), link.get("hreflang")) for link in own}) == len(own) == len(LANGUAGES)
    assert root.find(f"{ATOM}author/{ATOM}name").text
    feed = await read(browse, language)
    assert [link.href for link in feed.feed.links if link.rel == "self"] == [
        f"http://127.0.0.1:8000/{language}/feed.xml"
    ]
    assert feed.entries[0].title == f"Sample topic ({language})"


async def test_an_entry_keeps_its_name_and_is_renewed_when_the_day_opens_and_closes(
    house: House, browse: Reader
) -> None:
    consultation = house.consultation
    seen = []
    for at in (
        consultation.opens_at - timedelta(days=1),
        consultation.opens_at + timedelta(hours=1),
        consultation.closes_at + timedelta(hours=1),
    ):
        house.clock.now = at
        (entry,) = (await read(browse)).entries
        assert entry.id == NAME
        seen.append((entry.tags[0].term, entry.updated))
    assert [term for term, _ in seen] == ["coming", "open", "closed"]
    assert seen[1][1] == "2026-11-19T10:00:00Z"
    assert seen[2][1] == "2026-11-21T12:00:00Z"
    assert len({updated for _, updated in seen}) == 3
    published_at = consultation.closes_at + timedelta(days=9)
    house.clock.now = published_at + timedelta(hours=1)
    await house.change(frozen_at=published_at, published_at=published_at)
    results, entry = (await read(browse)).entries
    assert (results.id, entry.id) == (f"{NAME}/results", NAME)
    assert results.links[2].href.endswith("/consultations/sample/results")
    assert (await read(browse)).feed.updated == results.updated == "2026-11-30T12:00:00Z"


async def test_a_draft_is_in_no_list_and_an_empty_feed_is_a_feed(house: House, browse: Reader) -> None:
    await house.change(scheduled_at=None)
    assert (await read(browse)).entries == []
    page = await browse.get("/en/consultations")
    assert "There is no consultation yet." in page
    assert "Sample topic" not in page


async def test_a_title_with_signs_of_markup_stays_a_title(house: House, browse: Reader) -> None:
    await house.change(topic={"en": 'Games & <b>friends</b> "online"', "ar": "ألعاب & <b>"})
    assert (
        etree.fromstring((await browse.client.get("/en/feed.xml")).content).findtext(f"{ATOM}entry/{ATOM}title")
        == 'Games & <b>friends</b> "online"'
    )


async def test_the_list_shows_how_far_each_is_and_leads_to_its_feed(house: House, browse: Reader) -> None:
    consultation = house.consultation
    for at, heading in (
        (consultation.opens_at - timedelta(days=1), "soon"),
        (consultation.opens_at + timedelta(hours=1), "open"),
        (consultation.closes_at + timedelta(hours=1), "closed"),
    ):
        house.clock.now = at
        for language in ("en", "ar"):
            page = await browse.get(f"/{language}/consultations")
            assert page.count('<h2 class="sect"') == 1
            assert f'id="{heading}"' in page
    await house.change(frozen_at=house.clock.now, published_at=house.clock.now)
    for language in LANGUAGES:
        page = await browse.get(f"/{language}/consultations")
        assert 'id="published"' in page
        assert f'href="/{language}/consultations/sample/results"' in page
    for path in ("/", "/consultations", "/consultations/sample"):
        assert 'rel="alternate" type="application/atom+xml"' in await browse.get(f"/fr{path}")
    assert 'href="/fr/consultations"' in await browse.get("/fr/")


async def test_a_feed_that_has_not_changed_is_304(browse: Reader) -> None:
    first = await browse.client.get("/ar/feed.xml")
    again = await browse.client.get("/ar/feed.xml", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
