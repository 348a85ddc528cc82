"""The public front in six languages: every page audited, the same for everybody, kept as bytes."""

from datetime import UTC, date, datetime
from html import unescape

import pytest

from app.consultations.countries import countries, helplines, region_of
from app.web.i18n import LANGUAGES, negotiate, translator
from tests.application import House, Reader, running

PUBLIC = (
    "/",
    "/consultations/sample",
    "/consultations/sample/parents",
    "/help",
    "/help?country=KE",
    "/privacy",
    "/about",
    "/receipt",
    "/consultations/sample/stop/no",
    "/consultations/sample/stop/young",
    "/consultations/sample/stop/old",
)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_public_page_is_well_made_in_every_language(browse: Reader, language: str) -> None:
    for path in PUBLIC:
        await browse.get(f"/{language}{path}")
    await browse.get(f"/{language}/nowhere", status=404)
    await browse.get(f"/{language}/consultations/nowhere", status=404)


async def test_the_root_leads_to_the_language_that_the_browser_likes(browse: Reader) -> None:
    await browse.get("/", status=303, **{"accept-language": "de, es-MX;q=0.8, en;q=0.5"})
    assert browse.led_to == "/es/"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9", "zh"),
        ("zh-Hant-TW", "zh"),
        ("ar-EG", "ar"),
        ("de", "en"),
        ("", "en"),
        ("fr;q=0,ru", "ru"),
        (";;q=x,,", "en"),
    ],
)
def test_any_variety_of_our_languages_is_ours(header: str, language: str) -> None:
    assert negotiate(header) == language


async def test_the_public_number_is_rounded_down_to_ten(house: House, browse: Reader) -> None:
    from tests.submissions.test_inbox import row

    inbox = house.application.api.state.inbox
    for _ in range(27):
        await inbox.send(row(house))
    assert "At least 20 answers so far" in await browse.get("/en/")


async def test_a_second_visit_costs_no_body(database_url: str, tmp_path: object) -> None:
    async with running(database_url, tmp_path) as house, house.reader() as browse:  # type: ignore[arg-type]
        house.settings.shelved_seconds = 60
        await browse.get("/fr/about")
        first = await browse.client.get("/fr/about")
        again = await browse.client.get("/fr/about", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_the_closing_time_stands_in_words_and_for_the_readers_clock(browse: Reader) -> None:
    page = await browse.get("/en/consultations/sample")
    assert "Saturday 21 November 2026, 12:00 UTC" in page
    assert 'datetime="2026-11-21T12:00:00+00:00"' in page


async def test_after_the_day_the_page_thanks_and_does_not_ask(house: House, browse: Reader) -> None:
    house.clock.now = datetime(2026, 11, 22, tzinfo=UTC)
    page = await browse.get("/en/consultations/sample")
    assert "This consultation is over" in page
    assert "/answer" not in page


def test_every_country_has_a_region_and_a_name_in_every_language() -> None:
    assert len(countries()) >= 193
    for country in countries().values():
        assert country.region in {"africa", "americas", "arab_states", "asia_pacific", "cis", "europe"}
        assert all(country.names[language].strip() for language in LANGUAGES)
    for language in LANGUAGES:
        assert len({country.places[language] for country in countries().values()}) == len(countries())
    assert region_of("KE") == "africa"
    assert region_of("98") is None


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_last_day_of_texts_is_told_before_anybody_answers(
    house: House, browse: Reader, language: str
) -> None:
    base = f"/{language}/consultations/sample"
    # A date as this language writes it.
    day = date(2027, 12, 3)
    await house.change(words_until=day)
    for page in (base, f"{base}/parents"):
        said = unescape(await browse.get(page))
        assert translator(language).date(day) in said
        assert "%(day)s" not in said
    await house.change(words_until=None)
    assert translator(language).date(day) not in unescape(await browse.get(base))


def test_a_number_of_which_we_are_not_sure_is_shown_once_it_was_checked() -> None:
    assert [line.dial for line in helplines({("AD", "175")})["AD"]] == ["175"]
    assert helplines({("AD", "176"), ("KE", "175")}) == helplines()


def test_only_numbers_of_which_we_are_sure_are_shown_to_a_child() -> None:
    assert "AD" not in helplines()
    assert [line.dial for line in helplines()["KE"]] == ["116"]
