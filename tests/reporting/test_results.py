"""The public pages of results: every figure is the release's, nothing else is told, and they are light."""

import gzip
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import brotli
import pytest

from app.reporting.comparison import compare
from app.reporting.narrative import DIFFERENCE, EQUAL_WEIGHT_FROM
from app.reporting.release import Release
from app.reporting.release_file import to_bytes
from app.reporting.renderers.results_file import FIRST, METHOD, PARTS, YOUNG, pack, unpack
from app.reporting.renderers.young import tenths
from app.web.i18n import LANGUAGES
from tests.application import running
from tests.audit import audit
from tests.reporting.people import CANARY, instrument
from tests.reporting.results_oracle import check_pages
from tests.reporting.told import keep, pages_of, told_release

MOST_BYTES = 60 * 1024


@pytest.fixture(scope="module")
def release() -> Release:
    return told_release(instrument(), 600)


@pytest.fixture(scope="module")
def english(release: Release) -> dict[str, str]:
    return pages_of(release, "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_on_every_page_is_the_releases_in_every_language(release: Release, language: str) -> None:
    compared, faults = check_pages(pages_of(release, language), json.loads(to_bytes(release)))
    assert faults == []
    assert compared > 4000


@pytest.mark.parametrize("name", ["digital-skills", "five-rights"])
@pytest.mark.parametrize("n", [0, 9, 60, 900])
def test_every_figure_is_the_releases_however_many_answered(name: str, n: int) -> None:
    made = told_release(instrument(name), n)
    assert check_pages(pages_of(made, "en"), json.loads(to_bytes(made)))[1] == []


@pytest.mark.parametrize(
    "pattern",
    [r"(<b>)(\d+)(%</b>)", r'(<rect width=")(\d+)(")', r"(<td>)(\d+)(%</td>)", r"()(\d+)( per cent of those asked)"],
)
def test_a_wrong_figure_on_a_page_is_found(release: Release, english: dict[str, str], pattern: str) -> None:
    plain, name = json.loads(to_bytes(release)), "sections/views?by=age"
    page = english[name]
    for place in list(re.finditer(pattern, page))[:3]:
        spoilt = page[: place.start(2)] + str(int(place[2]) + 77) + page[place.end(2) :]
        assert check_pages({name: spoilt}, plain)[1] != []


def test_a_dot_too_many_is_found(release: Release, english: dict[str, str]) -> None:
    spoilt = english[YOUNG].replace("<circle cx", '<circle class="on" cx', 1)
    assert spoilt != english[YOUNG]
    assert check_pages({YOUNG: spoilt}, json.loads(to_bytes(release)))[1] != []


def test_kinds_of_groups_are_named_within_a_sentence_as_such(release: Release) -> None:
    assert "только одного вида: регион, возраст, пол и тип местности" in pages_of(release, "ru")[METHOD]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_pages_are_right_by_the_rules_of_the_house(release: Release, language: str) -> None:
    for name, page in pages_of(release, language).items():
        if name not in PARTS:
            assert audit(page, path=f"/{language}/results/{name}", lang=language) == []


@pytest.mark.parametrize("name", ["cyberbullying", "digital-skills", "five-rights"])
def test_each_page_takes_at_most_60_kb(name: str) -> None:
    made = told_release(instrument(name), 2000)
    for page in pages_of(made, "ru").values():
        assert len(brotli.compress(page.encode(), quality=5)) < MOST_BYTES
        assert len(gzip.compress(page.encode(), 5)) < MOST_BYTES


def test_nothing_is_told_that_is_not_in_the_release(release: Release, english: dict[str, str]) -> None:
    assert pages_of(release, "en") == english
    assert not any(CANARY in page for page in english.values())


def test_every_question_that_was_counted_has_its_place_and_the_first_page_leads_there(
    release: Release, english: dict[str, str]
) -> None:
    base = f"/en/consultations/{release.facts.slug}/results/"
    for code in {table.question for table in release.tables}:
        links = re.findall(rf'href="{base}(sections/[a-z_]+)#{code}"', english[FIRST])
        assert links, code
        assert f'id="{code}"' in english[links[0]]


def test_a_variation_is_not_kept_by_search_engines_and_names_the_page_that_is(english: dict[str, str]) -> None:
    for name, page in english.items():
        if name in PARTS:
            continue
        canonical = re.search(r'<link rel="canonical" href="([^"]+)">', page)
        assert canonical is not None
        assert canonical[1] == f"/en/consultations/told/results/{name.partition('?')[0]}"
        assert ('content="noindex"' in page) is ("?by=" in name)


def test_a_language_is_changed_without_leaving_the_place(english: dict[str, str]) -> None:
    assert '"/ar/consultations/told/results/sections/views?by=region"' in english["sections/views?by=region"]


def test_what_is_not_shown_is_marked_and_explained_and_has_no_bar(english: dict[str, str]) -> None:
    page = english["sections/experience?by=region"]
    assert "not shown</td>" in page
    assert '/results/method#small"' in page
    assert 'id="small"' in english[METHOD]
    assert all("<svg" not in row for row in re.findall(r"<li>(.*?)</li>", page) if ">not shown<" in row)


def test_rounds_are_compared_with_both_numbers_and_no_arrow_under_ten_points(
    release: Release, english: dict[str, str]
) -> None:
    seen = {True: 0, False: 0}
    for table in release.tables:
        compared = compare(release, table)
        for line in compared.lines if compared else ():
            if line.now and line.before:
                far = abs(line.now.share - line.before.share) >= DIFFERENCE
                assert (line.difference is not None) is far
                seen[far] += 1
    assert seen[True] > 3
    assert seen[False] > 3
    page = english["sections/views"]
    assert "In the round before, 300 people answered." in page
    for points in re.findall(r"[↑↓] (\d+) points", page):
        assert int(points) >= DIFFERENCE
    alone = replace(release, previous=None)
    assert not any("-before" in each or "↑" in each for each in pages_of(alone, "en").values())


def test_only_the_same_lines_are_compared(release: Release) -> None:
    assert release.previous is not None
    table = release.tables[0]
    other = replace(release.previous, tables=(replace(table, lines=(*table.lines[1:], table.lines[0])),))
    assert compare(replace(release, previous=other), table) is None


def test_equal_weight_stands_beside_the_raw_share_where_they_differ(release: Release) -> None:
    def weighed(by: int) -> Release:
        table = release.by_key["CB14 choice"]
        equal = tuple(cell.share + by if cell else None for cell in table.total.cells)
        other = replace(table, equal=equal)
        return replace(release, tables=tuple(other if each is table else each for each in release.tables))

    for by, stands in ((EQUAL_WEIGHT_FROM, True), (EQUAL_WEIGHT_FROM - 1, False)):
        pages = pages_of(weighed(by), "en")
        assert ('id="table-CB14-equal"' in pages["sections/views"]) is stands
        assert check_pages(pages, json.loads(to_bytes(weighed(by))))[1] == []


@pytest.mark.parametrize(("share", "dots"), [(0, 0), (4, 0), (5, 1), (14, 1), (15, 2), (52, 5), (95, 10), (100, 10)])
def test_dots_are_the_nearest_tenth(share: int, dots: int) -> None:
    assert tenths(share) == dots


def test_the_page_for_young_readers_has_short_sentences_quotes_what_comes_next_and_help(
    english: dict[str, str],
) -> None:
    page = english[YOUNG]
    assert page.count('class="dots"') == 5
    assert '<p lang="ar" dir="auto">أريد أن يردّ عليّ إنسان' in page
    assert "Translated from Arabic." in page
    assert "&lt;b&gt;and&lt;/b&gt;" in page
    assert "3 June 2027" in page
    assert 'href="/en/help"' in page
    prose = re.findall(r"<(?:p|li|h2)[^>]*>([^<]+)", page)
    assert max(len(sentence.split()) for text in prose for sentence in re.split(r"[.?:”]", text)) <= 24


def test_nothing_sensitive_is_told_to_young_readers(release: Release, english: dict[str, str]) -> None:
    sensitive = {table.question for table in release.tables if table.sensitive}
    assert sensitive
    assert not [code for code in sensitive if f'#{code}"' in english[YOUNG]]


def test_pages_are_packed_and_found_by_name(english: dict[str, str]) -> None:
    packed = pack(iter(english.items()))
    assert packed == pack(iter(english.items()))
    assert (unpack(packed, "sections/views?by=age") or b"").decode() == english["sections/views?by=age"]
    assert unpack(packed, "sections/views?by=shoe-size") is None


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_the_pages_are_the_same_bytes_for_everybody(database_url: str, tmp_path: Path, release: Release) -> None:
    async with running(database_url, tmp_path, document=instrument(), slug="told") as house, house.reader() as anybody:
        house.settings.shelved_seconds = 60
        house.clock.now = house.consultation.closes_at + timedelta(hours=1)
        base = "/ar/consultations/told/results"
        await anybody.get(f"{base}/young", status=404)
        await keep(house, release, ("ar", "en"))
        for page in ("", "/young", "/method", "/sections/views", "/sections/views?by=region"):
            await anybody.get(f"{base}{page}")
            first = anybody.last
            again = await anybody.client.get(f"{base}{page}")
            assert first is not None
            assert (first.content, first.headers["etag"]) == (again.content, again.headers["etag"])
            assert again.headers["cache-control"].startswith("public")
            assert (first.headers.get("x-robots-tag") == "noindex, nofollow") is ("?" in page)
        for nowhere in ("/sections/nothing", "/sections/views?by=shoe-size", "/sections/start", "/first"):
            await anybody.get(f"{base}{nowhere}", status=404)
        await anybody.get("/en/consultations/told/results/young")
