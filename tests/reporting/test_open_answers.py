"""Themes and quotes in a release: counted and hidden like everything else, and nobody is quoted twice."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from app.consultations.countries import region_of
from app.questionnaire.document import Document
from app.reporting.disclosure import Parameters
from app.reporting.making import make_release
from app.reporting.not_shown import not_shown
from app.reporting.open_answers import Candidate, OpenAnswers, WordsRefused, take_in
from app.reporting.release import Release
from app.reporting.release_file import from_bytes, to_bytes
from app.reporting.renderers import files
from app.reporting.renderers.results import render_results
from app.reporting.snapshot import Sent, snapshot_of
from app.reporting.tally import Tally, tally
from app.reporting.verify import check_release
from app.web.i18n import translator
from app.web.pages import render_template
from tests.reporting.documents import check_document
from tests.reporting.oracle import half_up
from tests.reporting.people import CANARY, as_records, facts_of, instrument, invented, unproved
from tests.reporting.respondents import Person, people_of, stands_in
from tests.reporting.results_oracle import check_pages
from tests.reporting.written import NAMES, QUOTED, Written, candidates, codebooks_of, coded, read
from tests.samples import sample_document

RULES = Parameters()
SCHEMA = Path(__file__).parents[2] / "docs" / "release.schema.json"


@cache
def world(n: int, seed: int = 1, name: str = "cyberbullying") -> tuple[Document, list[Sent], Tally, list[Written]]:
    document = instrument(name)
    people = list(invented(document, n, seed))
    return document, people, tally(snapshot_of(people, document, region_of), document), read(document, people, seed)


def made(n: int, most: int = 8, **others: Any) -> tuple[OpenAnswers, Release, list[Sent], list[Written]]:
    """A release with themes and quotes, in which small counts and what obviously goes with them are hidden."""
    document, people, counted, written = world(n, **others)
    taken = take_in(
        counted,
        document,
        codebooks_of(document),
        coded(counted, people, written),
        candidates(counted, people, written, most),
    )
    release = make_release(counted, document, facts_of(document), run=unproved, open_answers=taken)
    return taken, release, people, written


@pytest.mark.parametrize(("n", "name"), [(0, "cyberbullying"), (30, "five-rights"), (700, "cyberbullying")])
def test_every_shown_count_of_a_theme_is_that_of_those_who_wrote_about_it(n: int, name: str) -> None:
    _, release, sent, written = made(n, name=name)
    document = instrument(name)
    people = people_of(as_records(sent), document)
    plain = json.loads(to_bytes(release))
    tables = [table for table in plain["tables"] if table["measure"] == "themes"]
    assert [table["code"] for table in tables] == list(codebooks_of(document))
    shown = 0
    for table in tables:
        assert table["lines"] == [*NAMES, "none"]
        assert not table["everybody"]
        texts = next(t for t in plain["tables"] if (t["code"], t["measure"]) == (table["code"], "texts"))
        assert plain["tables"].index(table) == plain["tables"].index(texts) + 1
        assert [(c["breakdown"], c["group"]) for c in table["columns"]] == [
            (c["breakdown"], c["group"]) for c in texts["columns"] if c["breakdown"] != "country"
        ]
        for column in table["columns"]:
            shown += _agrees(table, column, people, written)
    assert bool(shown) is (n == 700)


def _agrees(table: Any, column: Any, people: Sequence[Person], written: Sequence[Written]) -> int:
    """How many figures are shown, all of them recounted text by text."""
    there = [
        each.themes for each in written if each.question == table["code"] and stands_in(people[each.person], column)
    ]
    size = sum(stands_in(person, column) for person in people)
    nearly = size >= RULES.k_nearly and size - len(there) <= RULES.width
    asked = half_up(size if nearly else len(there), 5) * 5
    if 0 < len(there) < RULES.k_group or (0 < size - len(there) < RULES.k_cell and not nearly):
        assert column["base"] is None
    if column["base"] is None:
        assert not any(column["cells"])
        return 0
    assert column["base"] == asked
    shown = 0
    for line, cell in zip(table["lines"], column["cells"], strict=True):
        count = sum(line in themes if line != "none" else not themes for themes in there)
        if 0 < count < RULES.k_cell or 0 < len(there) - count < RULES.k_cell:
            # What the total says of everybody is no secret of any group.
            assert cell is None
        if cell is not None:
            printed = asked if count == len(there) else min(half_up(count, 5) * 5, asked)
            step = 1 if asked >= RULES.large_group else 5
            assert cell == [printed, half_up(100 * printed, asked * step) * step if asked else 0]
            shown += 1
    return shown


def test_a_release_with_themes_and_quotes_keeps_its_schema_and_is_read_back_equal() -> None:
    _, release, *_ = made(700)
    content = to_bytes(release)
    assert release.quotes
    assert from_bytes(content) == release
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(schema).validate(json.loads(content))
    assert {each.name: each.wrong for each in check_release(content) if each.wrong} == {}


def test_no_text_that_is_not_quoted_is_anywhere_and_none_is_in_the_counts() -> None:
    taken, release, sent, _ = made(700)
    content = to_bytes(release).decode()
    assert CANARY not in content
    assert content.count(QUOTED) == sum(len(each.words) for each in release.quotes)
    assert QUOTED not in repr(taken.tally)
    assert QUOTED not in repr(taken.tally.parts)
    frame = snapshot_of(sent, instrument(), region_of)
    assert not any(CANARY in str(value) for value in frame.unique().head(50).rows())


def test_all_texts_must_be_read_and_none_more() -> None:
    document, people, counted, written = world(60)
    books = codebooks_of(document)
    all_of_them = coded(counted, people, written)
    for wrong in (
        all_of_them[1:],
        [*all_of_them, all_of_them[0]],
        [replace(all_of_them[0], number=2), *all_of_them[1:]],
    ):
        with pytest.raises(WordsRefused, match="texts_differ"):
            take_in(counted, document, books, wrong)
    twice = [*all_of_them[1:], replace(all_of_them[0], number=1)]
    assert take_in(counted, document, books, twice).quotes == ()


@pytest.mark.parametrize(
    ("reason", "wrong"),
    [
        ("theme_unknown", {"themes": frozenset({"nothing"})}),
        ("theme_unknown", {"themes": frozenset({"none"})}),
        ("question_unknown", {"question": "CB04"}),
        ("profile_unknown", {"profile": ("nowhere",)}),
    ],
)
def test_what_is_in_no_codebook_is_refused(reason: str, wrong: Mapping[str, Any]) -> None:
    document, people, counted, written = world(60)
    first, *others = coded(counted, people, written)
    with pytest.raises(WordsRefused, match=reason):
        take_in(counted, document, codebooks_of(document), [replace(first, **wrong), *others])
    with pytest.raises(WordsRefused, match="question_unknown"):
        take_in(counted, document, {"CB04": codebooks_of(document)["CB18"]}, [])


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"theme": "nothing"}, "no theme"),
        ({"language": "de"}, "original"),
        ({"age": "4", "region": None}, "one of age and region"),
        ({"age": "4", "region": "nowhere"}, "nowhere"),
    ],
)
def test_a_quote_that_breaks_the_rules_is_found_in_the_file(wrong: Mapping[str, Any], word: str) -> None:
    release = certified()
    spoilt = to_bytes(replace(release, quotes=(replace(release.quotes[0], **wrong), *release.quotes[1:])))
    assert [word in place for each in check_release(spoilt) if each.name == "quotes" for place in each.wrong] == [True]


# Rendered ------------------------------------------------------------------------------------------------------------


@cache
def certified() -> Release:
    """One that is proved, with themes of which some are hidden, and quotes with age and region and without."""
    document = sample_document()
    people = list(invented(document, 160, seed=2))
    counted = tally(snapshot_of(people, document, region_of), document)
    written = read(document, people)
    wanted = candidates(counted, people, written, 12)
    taken = take_in(counted, document, codebooks_of(document), coded(counted, people, written), wanted)
    return make_release(counted, document, facts_of(document), open_answers=taken)


def test_hidden_counts_of_themes_bear_certificates() -> None:
    release = certified()
    themes = [table for table in release.tables if table.measure == "themes"]
    proved = {(each.table, each.breakdown, each.group, each.line) for each in release.certificates}
    for table in themes:
        for column in table.columns:
            if column.base != 0 and not any(column.cells):
                known = {(table.key, column.breakdown, column.group, line) for line in table.lines}
                assert known & proved
    assert any(key.endswith(" themes") for key, *_ in proved)
    assert any(None in column.cells and any(column.cells) for table in themes for column in table.columns)
    assert {each.name: each.wrong for each in check_release(to_bytes(release)) if each.wrong} == {}
    named = [(each.age, each.region) for each in release.quotes]
    assert (None, None) in named
    assert any(age and region for age, region in named)


def test_what_is_not_shown_of_themes_is_in_the_secretariats_report() -> None:
    found, plain = not_shown(certified()), json.loads(to_bytes(certified()))
    of_people = [each for each in plain["certificates"] if not each["line"]]
    assert any(each["table"].endswith("!= ''") for each in of_people)
    assert found.asked.proved == len(of_people)
    assert found.count.proved == len(plain["certificates"]) - len(of_people)
    assert (found.quotes, found.quotes_alone) == (
        len(plain["quotes"]),
        sum(each["age"] is None for each in plain["quotes"]),
    )


@pytest.mark.parametrize(
    ("form", "language"), [("html", "en"), ("html", "ar"), ("docx", "zh"), ("docx", "ar"), ("pdf", "fr"), ("csv", "es")]
)
def test_papers_have_every_figure_of_the_themes(form: str, language: str) -> None:
    content = files.render_file(certified(), language, form)
    compared, faults = check_document(f"x.{form}", content, json.loads(to_bytes(certified())))
    assert faults == []
    assert compared > 300


@pytest.mark.parametrize("language", ["en", "ar"])
def test_pages_of_results_have_them_too(language: str) -> None:
    pages = dict(render_results(certified(), translator(language), partial(render_template, language)))
    compared, faults = check_pages(pages, json.loads(to_bytes(certified())))
    assert faults == []
    assert compared > 300
    for quote in certified().quotes:
        assert any(quote.words[quote.language] in page for page in pages.values())


# Quotes --------------------------------------------------------------------------------------------------------------


def few(sizes: Mapping[tuple[str, str], int]) -> tuple[Document, list[Sent], Tally, list[Written]]:
    """So many people of each age band and country, who all wrote a text about being heard."""
    document = sample_document()
    people = [
        Sent("ar", {"DM01": age, "DM03": country, "B4": "A text."})
        for (age, country), number in sizes.items()
        for _ in range(number)
    ]
    counted = tally(snapshot_of(people, document, region_of), document)
    about = [Written(place, "B4", frozenset({"heard"})) for place in range(len(people))]
    return document, people, counted, about


def take(of: tuple[Document, list[Sent], Tally, list[Written]], wanted: Sequence[Candidate]) -> OpenAnswers:
    document, people, counted, written = of
    books = {"B4": codebooks_of(document)["B4"]}
    return take_in(counted, document, books, coded(counted, people, written), wanted)


def candidate(of: tuple[Document, list[Sent], Tally, list[Written]], person: int, **others: Any) -> Candidate:
    _, people, counted, written = of
    return replace(candidates(counted, people, [written[person]], 1)[0], **others)


def test_a_quote_names_age_and_region_from_twenty_people_on_and_the_caller_is_told() -> None:
    of = few({("4", "KE"): 20, ("4", "FR"): 19, ("5", "FR"): 30})
    found = take(of, [candidate(of, 0), candidate(of, 20), candidate(of, 39)])
    quotes = {each.words["en"]: (each.age, each.region) for each in found.quotes}
    assert quotes == {
        f"{QUOTED} 0": ("4", "africa"),
        f"{QUOTED} 20": (None, None),
        f"{QUOTED} 39": ("5", "europe"),
    }
    assert (found.alone, found.kept_back) == ((1,), ())


def test_groups_that_are_published_as_one_count_as_one_and_the_quote_names_them() -> None:
    """Of 12 people in one region and 9 who named none, who are published together, 21 have this age."""
    of = few({("4", "KE"): 40, ("4", "FR"): 12, ("4", ""): 9})
    found = take(of, [candidate(of, 40), candidate(of, 52)])
    assert {(each.age, each.region) for each in found.quotes} == {("4", "europe+none")}
    release = make_release(of[2], of[0], facts_of(of[0]), run=unproved, open_answers=found)
    assert "europe+none" in release.sizes["region"]
    apart = few({("4", "KE"): 40, ("4", "FR"): 12, ("5", ""): 9, ("5", "KE"): 30})
    assert take(apart, [candidate(apart, 40)]).alone == (0,)


def test_who_told_no_country_or_age_is_quoted_without_both() -> None:
    of = few({("4", "KE"): 40, ("4", ""): 40})
    found = take(of, [candidate(of, 0), candidate(of, 40)])
    assert sorted((each.age or "", each.region or "") for each in found.quotes) == [("", ""), ("4", "africa")]


def test_two_quotes_of_one_person_are_refused() -> None:
    of = few({("4", "KE"): 60})
    with pytest.raises(WordsRefused, match="same_person") as refused:
        take(of, [candidate(of, 0), candidate(of, 1), replace(candidate(of, 2), person="0")])
    assert refused.value.places == (2,)
    assert QUOTED not in str(refused.value)


def test_what_nobody_cleared_is_refused_and_so_is_a_theme_that_the_text_is_not_about() -> None:
    of = few({("4", "KE"): 60})
    with pytest.raises(WordsRefused, match="not_cleared") as refused:
        take(of, [candidate(of, 0), candidate(of, 1, cleared=False)])
    assert refused.value.places == (1,)
    for theme, reason in (("money", "not_coded"), ("nothing", "theme_unknown"), ("none", "theme_unknown")):
        with pytest.raises(WordsRefused, match=reason):
            take(of, [candidate(of, 0, theme=theme)])


def test_of_few_people_nothing_is_quoted_and_of_many_one_in_five_at_most() -> None:
    of = few({("4", "KE"): 19})
    assert take(of, [candidate(of, 0)]).kept_back == (0,)
    of = few({("4", "KE"): 20, ("5", "KE"): 25})
    found = take(of, [candidate(of, person) for person in range(12)])
    # Nine of 45 people in all, four of the twenty of one age in a region with both named.
    assert (found.alone, found.kept_back) == ((4, 5, 6, 7, 8), (9, 10, 11))
    assert sum(each.age is not None for each in found.quotes) == 4


def test_quotes_stand_in_no_order_that_tells_of_their_writers() -> None:
    document, people, counted, written = world(700)
    wanted = candidates(counted, people, written, 30)
    books, texts = codebooks_of(document), coded(counted, people, written)
    assert len(wanted) == 30
    forwards = take_in(counted, document, books, texts, wanted)
    assert take_in(counted, document, books, texts, wanted[::-1]).quotes == forwards.quotes
