"""What changed between two versions, when a window closes, and what a version says of itself. Pure."""

import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime

import docx as python_docx
from hypothesis import given
from hypothesis import strategies as st

from app.reporting.release import Cell
from app.reporting.release_file import from_bytes, to_bytes
from app.reporting.renderers import docx, pdf
from app.reporting.rounds import Numbered, Standing, changed_figures, closes_at, compare, standing_in
from app.reporting.versions import after, closed_early, newest, takes_comments
from app.web.i18n import translator
from tests.reporting.people import instrument, invented, release_of
from tests.reporting.tagged import page_texts
from tests.reporting.test_paper import paper_of
from tests.reporting.versions import version


def numbered(*sections: str) -> list[Numbered]:
    """Each string is a section, each letter of it a paragraph."""
    return [
        Numbered(f"{section}.{place}", f"Section {section}", words)
        for section, letters in enumerate(sections, 1)
        for place, words in enumerate(letters, 1)
    ]


def test_a_window_closes_when_its_last_day_is_over_everywhere() -> None:
    assert closes_at(date(2027, 1, 9)) == datetime(2027, 1, 10, 12, tzinfo=UTC)


def test_a_paragraph_that_only_got_another_number_has_not_changed() -> None:
    changes = compare(numbered("abc", "de"), numbered("axbc", "de"))
    assert (changes.changed, changes.added, changes.removed) == ((), ("1.2",), ())
    changes = compare(numbered("abc", "de"), numbered("ac", "dEf"))
    assert (changes.changed, changes.added, changes.removed) == (("2.2",), ("2.3",), ("1.2",))


def test_a_section_that_came_or_went_counts_with_all_its_paragraphs() -> None:
    assert compare(numbered("a"), numbered("a", "bc")).added == ("2.1", "2.2")
    assert compare(numbered("a", "bc"), numbered("a")).removed == ("2.1", "2.2")


@given(st.lists(st.text("abcde", max_size=8), max_size=4), st.lists(st.text("abcde", max_size=8), max_size=4))
def test_every_difference_is_named_once_and_nothing_else_is(before: list[str], then: list[str]) -> None:
    was, now = numbered(*before), numbered(*then)
    changes = compare(was, now)
    named = [*changes.changed, *changes.added]
    assert len(named) == len(set(named))
    assert len(now) - len(was) == len(changes.added) - len(changes.removed)
    assert {each.number for each in was} >= set(changes.removed)
    stayed = [(each.number.partition(".")[0], each.text) for each in now if each.number not in named]
    assert all(each in [(old.number.partition(".")[0], old.text) for old in was] for each in stayed)
    assert bool(changes) is (was != now)


def test_the_numbers_of_figures_that_differ_are_counted_hidden_ones_too() -> None:
    document = instrument()
    release = release_of(document, list(invented(document, 300)))
    assert changed_figures(release, release) == 0
    table = release.tables[0]
    total = table.total
    shown = next(place for place, cell in enumerate(total.cells) if cell is not None)
    for other in (Cell(1, 1), None):
        cells = (*total.cells[:shown], other, *total.cells[shown + 1 :])
        changed = replace(table, columns=(replace(total, cells=cells), *table.columns[1:]))
        assert changed_figures(release, replace(release, tables=(changed, *release.tables[1:]))) == 1
    assert changed_figures(release, replace(release, n=release.n + 1)) == 1


def test_a_draft_and_a_final_say_in_their_title_block_what_they_are() -> None:
    document = instrument()
    release = release_of(document, list(invented(document, 60)), comment_until=date(2026, 1, 1))
    t = translator("en")
    draft = paper_of(standing_in(release, Standing(False, date(2027, 1, 9), date(2027, 1, 20), "WG-CP/18/5")))
    assert ("Status", f"Draft for comments until {t.date(date(2027, 1, 9))}") in [
        (fact.term, fact.value) for fact in draft.facts
    ]
    assert "The final version follows on 20 January 2027." in draft.sections[-1].blocks[0].text  # type: ignore[union-attr]
    final = paper_of(standing_in(release, Standing(True, final_on=date(2027, 1, 20), document_number="WG-CP/18/6")))
    assert {("Status", "Final"), ("Document", "WG-CP/18/6")} <= {(fact.term, fact.value) for fact in final.facts}
    words = final.sections[-1].blocks[0].text  # type: ignore[union-attr]
    assert "follows on" not in words
    assert "Comments may be sent" not in words


def test_a_version_says_on_every_sheet_which_one_it_is_and_the_release_says_nothing_of_versions() -> None:
    release = release_of(instrument(), list(invented(instrument(), 20)))
    told = standing_in(release, Standing(True, number=2, posted_on=date(2027, 1, 20), document_number="WG-CP/18/6"))
    paper = paper_of(told)
    assert {("Version", "2"), ("Date", "20 January 2027")} <= {(fact.term, fact.value) for fact in paper.facts}
    assert paper.marks == ("WG-CP/18/6", "Version 2 · 20 January 2027")
    for words in page_texts(pdf.render(told, translator("en"))):
        assert all(mark in words for mark in paper.marks)
    word = python_docx.Document(io.BytesIO(docx.render(told, translator("ar"))))
    assert {section.header.paragraphs[1].text for section in word.sections} == {"WG-CP/18/6 · الصيغة 2 · 20 يناير 2027"}
    assert from_bytes(to_bytes(told)) == told
    assert from_bytes(to_bytes(release)) == release
    assert not {"version", "posted_on"} & json.loads(to_bytes(release))["facts"].keys()
    assert "Version" not in [fact.term for fact in paper_of(release).facts]


def test_the_newest_version_is_the_last_that_still_stands() -> None:
    withdrawn = datetime(2027, 1, 1, tzinfo=UTC)
    first, second, third = version(1), version(2, withdrawn_at=withdrawn), version(3)
    assert newest([third, second, first]) is third
    assert after([third, second, first], second) is third
    third.withdrawn_at = withdrawn
    assert newest([third, second, first]) is first
    assert after([third, second, first], second) is first
    first.withdrawn_at = withdrawn
    assert newest([third, second, first]) is third
    assert after([third, second, first], second) is None


def test_comments_are_taken_until_the_window_closes_or_the_final_is_posted() -> None:
    draft, final = version(1, comments_until=date(2027, 1, 9)), version(3, final=True)
    final.posted_at = datetime(2027, 1, 5, tzinfo=UTC)
    just_open = datetime(2027, 1, 10, 11, 59, 59, tzinfo=UTC)
    assert takes_comments(draft, [draft], just_open)
    assert not takes_comments(draft, [draft], datetime(2027, 1, 10, 12, tzinfo=UTC))
    assert takes_comments(draft, [version(2), draft], just_open)
    assert not takes_comments(draft, [final, version(2), draft], just_open)
    assert closed_early(draft, [final, draft]) == final.posted_at
    assert closed_early(draft, [version(2), draft]) is None
    assert not takes_comments(version(1), [version(1)], just_open)
    draft.withdrawn_at = just_open
    assert not takes_comments(draft, [draft], just_open)
