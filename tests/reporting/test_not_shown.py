"""What is not shown, and what it would take: every number recounted from the file of the release, by someone who has
not read how the report is made."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reporting.disclosure import Parameters, merge_small_groups
from app.reporting.not_shown import Count, NotShown, not_shown
from app.reporting.release import Cell, Release, ReleaseColumn, Table
from app.reporting.release_file import from_bytes, to_bytes
from app.reporting.renderers.not_shown import tell_not_shown
from app.reporting.renderers.not_shown_text import WIDE, as_text
from app.staff.permissions import Role
from app.web.i18n import LANGUAGES, translator
from tests.application import House
from tests.desk import at_the_desk
from tests.reporting.people import CANARY, instrument, invented, release_of
from tests.reporting.public import publish_with, small_release
from tests.reporting.told import told_release
from tests.samples import SLUG, sample_document

INSTRUMENTS = ("cyberbullying", "digital-skills", "five-rights")
PAGE = f"/staff/consultations/{SLUG}/paper/not-shown"
Plain = Mapping[str, Any]


@cache
def certified() -> Release:
    """One in which everything hidden that must be is proved, and one question was asked of some only."""
    document = sample_document()
    return release_of(document, list(invented(document, 45, seed=4)), run=map, slug=SLUG)


@cache
def told(name: str, n: int) -> Release:
    return told_release(instrument(name), n)


def made(name: str, n: int) -> tuple[NotShown, Plain]:
    release = told(name, n)
    return not_shown(release), json.loads(to_bytes(release))


def recounted(plain: Plain, wanted: str = "", breakdown: str = "") -> list[int]:
    """Figures; not shown; of these where nobody was asked, and with a certificate: of a table, a breakdown, or all."""
    proved = [list(each.values()) for each in plain["certificates"]]
    found = [0, 0, 0, 0]
    for table in (*plain["about"], *plain["tables"]):
        key = f"{table['code']} {table['measure']}"
        for column in table["columns"] if wanted in ("", key) else ():
            if breakdown not in ("", column["breakdown"]):
                continue
            for line, cell in zip(table["lines"], column["cells"], strict=True):
                found[0] += 1
                found[1] += cell is None
                found[2] += cell is None and column["base"] == 0
                found[3] += any(
                    set(each) == {key, column["breakdown"], column["group"], line} for each in proved if cell is None
                )
    return found


def numbers(count: Count) -> list[int]:
    return [count.figures, count.hidden, count.nobody, count.proved]


@pytest.mark.parametrize("name", INSTRUMENTS)
@pytest.mark.parametrize("n", [0, 3, 60, 900])
def test_every_count_is_that_of_the_file_for_every_instrument_however_few_answered(name: str, n: int) -> None:
    found, plain = made(name, n)
    assert numbers(found.count) == recounted(plain)
    assert [each.table.key for each in found.tables] == [
        f"{table['code']} {table['measure']}" for table in (*plain["about"], *plain["tables"])
    ]
    for each in found.tables:
        assert numbers(each.count) == recounted(plain, each.table.key)
        for part in each.parts:
            assert numbers(part.count) == recounted(plain, each.table.key, part.breakdown)
    for breakdown, tables, whole, count in found.breakdowns():
        there = [[c for c in t["columns"] if c["breakdown"] == breakdown] for t in (*plain["about"], *plain["tables"])]
        assert tables == sum(bool(columns) for columns in there)
        assert numbers(count) == recounted(plain, breakdown=breakdown)
        assert whole == sum(
            bool(columns)
            and not any(cell for column in columns for cell in column["cells"])
            and any(column["base"] != 0 for column in columns)
            for columns in there
        )
    assert sum(count.figures for *_, count in found.breakdowns()) == found.count.figures


@pytest.mark.parametrize("name", INSTRUMENTS)
@pytest.mark.parametrize("n", [60, 900])
def test_lines_and_numbers_of_people_that_stand_nowhere_are_named(name: str, n: int) -> None:
    found, plain = made(name, n)
    seen = 0
    for table, each in zip((*plain["about"], *plain["tables"]), found.tables, strict=True):
        for part in each.parts:
            columns = [column for column in table["columns"] if column["breakdown"] == part.breakdown]
            assert list(part.groups) == [column["group"] for column in columns if column["base"] is None]
            asked = [column for column in columns if column["base"] != 0]
            nowhere = [
                line
                for place, line in enumerate(table["lines"])
                if asked and not any(column["cells"][place] for column in asked)
            ]
            assert list(part.lines) == ([] if part.count.whole else nowhere)
            seen += len(nowhere) + len(part.groups)
    assert seen > 0


@pytest.mark.parametrize("n", [3, 60, 900])
def test_groups_that_were_taken_together_and_empty_ones_are_those_of_the_file(n: int) -> None:
    found, plain = made("cyberbullying", n)
    bundles, empty = [], {}
    for breakdown in ("region", "age", "gender", "settlement"):
        groups = plain["sizes"].get(breakdown, [])
        bundles += [(breakdown, tuple(group.split("+")), people) for group, people, _ in groups if "+" in group]
        if nobody := tuple(group for group, people, _ in groups if not people):
            empty[breakdown] = nobody
    assert [(each.breakdown, each.groups, each.people) for each in found.together] == bundles
    assert dict(found.empty) == empty
    assert bool(bundles) is (n == 60)
    assert dict(found.smallest) == {
        breakdown: min(people for _, people, _ in groups if people)
        for breakdown, groups in plain["sizes"].items()
        if breakdown != "country"
    }


@given(st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 60), min_size=1), st.booleans())
def test_so_many_more_from_each_are_enough_for_all_to_stand_alone(sizes: dict[str, int], in_line: bool) -> None:
    rules = Parameters()
    enough = not_shown(certified()).alone_from
    names = merge_small_groups(sizes, rules.k_group, in_line=in_line)
    more = {group: size + (enough if "+" in names[group] else 0) for group, size in sizes.items()}
    alone = merge_small_groups(more, rules.k_group, in_line=in_line)
    if sum(map(bool, sizes.values())) > 1:
        assert not any("+" in name for name in alone.values())


def test_how_many_are_enough_is_worked_out_from_the_shares_of_everybody() -> None:
    """Of 200 asked 10 gave the rarest answer shown, so 100 people are expected to have 5 of them."""
    release = certified()
    table = next(each for each in release.tables if each.breakdowns and each.everybody)
    hidden = replace(table.columns[1], cells=(None,) * len(table.lines))

    def of(counts: tuple[int | None, ...]) -> int | None:
        cells = tuple(None if count is None else Cell(count, count // 2) for count in counts)
        total = replace(table.total, base=200, cells=cells[: len(table.lines)])
        other = replace(table, columns=(total, hidden, *table.columns[2:]))
        return not_shown(replace(release, about=(), tables=(other,))).tables[0].enough

    assert len(table.lines) >= 3
    rest = (None,) * len(table.lines)
    assert of((150, 10, 40, *rest)) == 100
    assert of((195, None, None, *rest)) == 200
    assert of((90, None, 0, *rest)) == 15
    assert of((100, None, 0, *rest)) == 10
    assert of((None, None, None, *rest)) is None
    assert of((0, 200, 0, *rest)) is None


def test_where_nothing_is_missing_nothing_is_needed() -> None:
    for each in not_shown(certified()).tables:
        if each.count.hidden == each.count.nobody:
            assert each.enough is None


def test_certificates_are_counted_those_of_numbers_asked_apart() -> None:
    release = certified()
    plain, found = json.loads(to_bytes(release)), not_shown(release)
    of_people = [each for each in plain["certificates"] if not each["line"]]
    assert of_people
    assert found.certified
    assert found.count.proved == len(plain["certificates"]) - len(of_people) > 0
    assert found.asked.proved == len(of_people)
    # Every question here that not everybody was asked has a condition of its own.
    columns = [column for table in plain["tables"] if not table["everybody"] for column in table["columns"]]
    assert found.asked.figures == len(columns)
    assert found.asked.hidden == sum(column["base"] is None for column in columns) > 0


@pytest.mark.parametrize("name", INSTRUMENTS)
@pytest.mark.parametrize("n", [60, 900])
def test_means_and_comparisons_are_those_of_the_file(name: str, n: int) -> None:
    found, plain = made(name, n)
    by_region = [
        question["code"]
        for section in plain["questionnaire"]["sections"]
        for question in section["questions"]
        if "region" in question.get("breakdowns", ("region",))
    ]
    lines = [equal for table in plain["tables"] if table["question"] in by_region for equal in table["equal"]]
    means = found.means
    assert means.given == sum(equal is not None for equal in lines)
    assert means.together + means.hidden + means.too_few == lines.count(None)
    before = {f"{table['code']} {table['measure']}": table for table in plain["previous"]["tables"]}
    pairs = [
        (now, then)
        for table in plain["tables"]
        if (other := before.get(f"{table['code']} {table['measure']}"))
        for now, then in zip(table["columns"][0]["cells"], other["columns"][0]["cells"], strict=True)
    ]
    assert found.before is not None
    assert found.before.both == sum(bool(now and then) for now, then in pairs)
    assert found.before.hidden_now == sum(now is None for now, _ in pairs)
    assert found.before.hidden_before == sum(bool(now and not then) for now, then in pairs)
    assert found.before.without == sum(f"{t['code']} {t['measure']}" not in before for t in plain["tables"])
    assert found.quotes == len(plain["quotes"])
    assert found.quotes_alone == sum(each["age"] is None for each in plain["quotes"])


def test_means_are_lost_by_merged_regions_or_by_a_hidden_share() -> None:
    release = told("cyberbullying", 900)
    known = release.by_key["CB14 choice"]
    cells = tuple(Cell(40, 20) for _ in known.lines)
    groups = [("all", "all"), ("region", "africa"), ("region", "cis"), ("region", "none")]
    columns = tuple(ReleaseColumn(*group, 200, cells) for group in groups)
    table = replace(known, columns=columns, equal=(20,) * len(cells))
    missing = (*columns[:1], replace(columns[1], cells=(None, *cells[1:])), *columns[2:])
    none = (None,) * len(table.lines)

    def means(other: Table) -> tuple[int, ...]:
        found = not_shown(replace(release, tables=(other,))).means
        return found.given, found.together, found.hidden, found.too_few

    rest = len(table.lines) - 1
    assert means(table) == (rest + 1, 0, 0, 0)
    assert means(replace(table, columns=missing, equal=(None, *table.equal[1:]))) == (rest, 0, 1, 0)
    merged = (*columns[:2], replace(columns[2], group="cis+none"))
    assert means(replace(table, columns=merged, equal=none)) == (0, rest + 1, 0, 0)
    assert means(replace(table, columns=table.columns[:1], equal=none)) == (0, 0, 0, rest + 1)


@pytest.mark.parametrize("n", [0, 3, 60, 900])
def test_the_report_says_the_same_numbers_in_every_language_and_nothing_anybody_wrote(n: int) -> None:
    release = told("digital-skills", n)
    texts = {
        language: as_text(tell_not_shown(release, translator(language)), translator(language)) for language in LANGUAGES
    }
    shares = {
        language: sorted(int(re.sub(r"\D", "", each)) for each in re.findall(r"\d+(?:[\u00a0\u202f,.]\d{3})*", text))
        for language, text in texts.items()
    }
    assert len({tuple(found) for found in shares.values()}) == 1
    assert not any(CANARY in text for text in texts.values())
    assert "ما لا يُعرض" in texts["ar"]
    prose = [line for line in texts["ar"].splitlines() if line.strip()]
    assert max(map(len, prose)) <= WIDE


def test_the_bytes_of_the_file_are_all_that_the_report_is_made_of() -> None:
    for release in (certified(), told("cyberbullying", 60)):
        report = tell_not_shown(release, translator("ar"))
        assert tell_not_shown(from_bytes(to_bytes(release)), translator("ar")) == report


def test_nobody_and_a_few_are_told_how_many_it_takes() -> None:
    for n in (0, 9):
        report = tell_not_shown(told("cyberbullying", n), translator("en"))
        assert report.chapters[0].listed[0] == "Answers of 10 people in all: with fewer, nothing is shown."
        assert not [each for each in report.chapters if each.id == "groups" and each.grid]


def test_a_release_with_certificates_says_what_they_say_and_one_without_that_nothing_is_proved() -> None:
    def said(release: Release) -> str:
        return next(each.said[0] for each in tell_not_shown(release, translator("en")).chapters if each.id == "rules")

    assert "by 5 people or more" in said(certified())
    assert "no certificates" in said(told("cyberbullying", 60))


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_the_page_stands_beside_the_paper_for_whoever_may_read_drafts(house: House) -> None:
    async with at_the_desk(house, Role.SECRETARIAT, language="ar") as desk:
        await desk.get(PAGE, status=404)
        await publish_with(house, certified())
    async with at_the_desk(house, Role.SECRETARIAT, language="ar") as desk:
        assert PAGE in await desk.get(f"/staff/consultations/{SLUG}/paper")
        page = await desk.get(PAGE)
        assert "<h1>ما لا يُعرض</h1>" in page
        for chapter in tell_not_shown(certified(), translator("ar")).chapters:
            for said in (*chapter.said, *chapter.listed):
                assert said in page
    async with at_the_desk(house, Role.MEMBER) as desk:
        page = await desk.get(PAGE)
        count = not_shown(certified()).count
        for number in (count.hidden, count.figures - count.hidden):
            assert f'<dd class="num">{number}</dd>' in page
            assert f'<dd class="num">{number}</dd>' in await desk.get(f"/staff/consultations/{SLUG}/paper")
    async with at_the_desk(house, Role.PARTNER) as desk:
        await desk.get(PAGE, status=403)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_release_of_few_answers_has_its_page_too(house: House) -> None:
    await publish_with(house, replace(small_release(), n=60))
    async with at_the_desk(house, Role.MODERATOR, language="zh") as desk:
        await desk.get(PAGE)
