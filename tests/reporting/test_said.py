"""What the paper says of texts, of the round before, and where little is shown or nobody was asked."""

import io
import re
import zipfile
from dataclasses import replace

import pytest
from lxml import etree

from app.reporting.groups import NONE
from app.reporting.narrative import narrate, result_of
from app.reporting.release import Cell
from app.reporting.renderers import docx
from app.reporting.renderers.charts import draw
from app.reporting.renderers.drawing import Shape
from app.reporting.renderers.figures import map_figure
from app.reporting.renderers.labels import Labels
from app.reporting.renderers.paper import Figure, Grid, Paragraph, Quoted
from app.reporting.renderers.sentences import result_sentences
from app.web.i18n import translator
from tests.reporting.people import instrument, invented, release_of
from tests.reporting.test_paper import W, body_of, page_of, paper_of, words_of
from tests.reporting.told import told_release


def test_quotes_stand_in_the_language_and_direction_in_which_they_were_written() -> None:
    made = told_release(instrument(), 60)
    english = "".join(etree.tostring(each, encoding="unicode") for each in body_of(made, "en").iter(f"{W}p"))
    quoted = english[: english.index("أريد أن")].rpartition("<w:pPr>")[2]
    assert '<w:bidi w:val="1"/>' in quoted
    assert "<w:rtl/>" in quoted
    assert '<blockquote><p lang="ar" dir="auto">أريد أن' in page_of(made)
    section = paper_of(made).sections[5]
    by = [block.by for block in section.blocks if isinstance(block, Quoted)]
    assert by == ["13 to 15, Arab States. Translated from Arabic.", ""]
    assert "at least 20 people" in section.blocks[-1].text  # type: ignore[union-attr]
    assert "no text is quoted" not in " ".join(words_of(paper_of(made)))


def test_the_round_before_is_compared_with_both_numbers_of_people() -> None:
    made = told_release(instrument(), 60)
    section = paper_of(made).sections[7]
    first, *others = [block.text for block in section.blocks if isinstance(block, Paragraph)]
    assert first.startswith("In the round before, on 20 November 2025, 30 people answered. In this round, 60 people")
    tables = [block.caption for block in section.blocks if isinstance(block, Grid)]
    assert len(tables) == len(others) > 5
    assert tables[0] == "Table 3. CB01, compared with the round before"
    assert "Results of the round before on this topic, of 20 November 2025." in paper_of(made).boxes[2].paragraphs


def test_where_nobody_was_asked_no_number_and_no_empty_chart_stands_for_them() -> None:
    paper = paper_of(release_of(instrument(), []))
    blocks = [block for section in paper.sections for block in section.blocks]
    assert not any(isinstance(block, Figure) for block in blocks)
    results = [block.text for block in paper.sections[4].blocks if isinstance(block, Paragraph)]
    assert set(results) == {"Nobody was asked this question. The answers are not shown."}
    who = next(block for block in blocks if isinstance(block, Grid))
    assert [cell.text for cell in who.rows[-1].cells] == ["0", "–"]


def test_an_answer_that_nobody_gave_is_never_the_one_given_most_often() -> None:
    paper = paper_of(release_of(instrument(), list(invented(instrument(), 12))))
    said = words_of(paper)
    assert not any(re.search(r"(?<!\d)0 per cent of those asked", text) for text in said[:1])
    assert not any("most often" in text and re.search(r": 0 per cent", text) for text in said)
    assert any("Nobody gave any of the answers that are shown." in text for text in said)


def test_a_matrix_of_which_some_rows_are_shown_together_names_whole_answers() -> None:
    document = instrument()
    made = release_of(document, list(invented(document, 60)))
    matrix = next(each for each in narrate(made).results if each.question.code == "CB16")
    assert {finding.kind for finding in matrix.findings} == {"top", "choice"}
    said = words_of(paper_of(made))
    assert any(text.startswith("It was asked of all 60 people who answered. Each part") for text in said)
    assert not any("“”" in text for text in said)


def test_regions_taken_together_are_named_among_those_with_few_answers_and_stay_on_the_map() -> None:
    made = release_of(instrument(), list(invented(instrument(), 60)))
    together = next(group for group in made.sizes["region"] if "africa+" in group)
    assert "none" in together
    assert {"africa", "europe"} <= set(narrate(made).scarce)
    drawing = draw(map_figure(Labels(made, translator("en")), made, 1), translator("en"))
    assert len([shape for shape in drawing.shapes if isinstance(shape, Shape)]) == 6
    assert any(each.text.startswith("Africa") for each in drawing.words)
    assert max(each.y for each in drawing.words) < drawing.height


def test_in_word_the_answers_of_a_matrix_stand_apart_from_its_rows_and_chinese_dates_are_not_spaced() -> None:
    release = release_of(instrument(), [])
    first = [
        p
        for p in body_of(release, "zh").iter(f"{W}p")
        if p.find(f"{W}pPr/{W}pStyle[@{W}val='FirstChoice']") is not None
    ]
    assert ["".join(each.itertext()) for each in first] == ["–完全没有帮助"]
    for language, wanted in (("zh", 1), ("ru", 0)):
        with zipfile.ZipFile(io.BytesIO(docx.render(release, translator(language)))) as file:
            styles = etree.fromstring(file.read("word/styles.xml"))
        for style in styles.iter(f"{W}style"):
            assert len(style.findall(f"{W}pPr/{W}autoSpaceDN")) == wanted


def test_what_is_true_or_false_is_no_proposal_and_a_date_stays_on_one_line_of_the_title() -> None:
    document = instrument("digital-skills")
    paper = paper_of(release_of(document, list(invented(document, 900))))
    proposed = [block.id for block in paper.sections[6].blocks if isinstance(block, Paragraph)]
    assert "proposals.DS05" not in proposed
    assert {"proposals.DS12", "proposals.consider"} <= set(proposed)
    assert "(20\u00a0November\u00a02026)" in paper.title


def test_no_sheet_of_the_word_file_holds_only_the_end_of_a_section() -> None:
    body = body_of(release_of(instrument(), list(invented(instrument(), 60))), "en")
    ends = [p for p in body.iter(f"{W}p") if p.find(f"{W}pPr/{W}sectPr") is not None]
    assert len(ends) == 2
    for end in ends:
        assert end.find(f"{W}pPr/{W}spacing").get(f"{W}line") == "20"
        before = end.getprevious()
        assert before.tag == f"{W}tbl" or "".join(before.itertext())


@pytest.mark.parametrize(("silent", "said"), [(30, False), (31, True)])
def test_what_most_answered_does_not_hide_that_more_gave_no_answer(silent: int, said: bool) -> None:
    document = instrument()
    release = release_of(document, list(invented(document, 60)))
    table = next(each for each in release.tables if each.key == "CB01 choice")
    shares = [30, *(1 for _ in table.lines[2:]), silent]
    assert table.lines[-1] == NONE
    total = replace(table.total, cells=tuple(Cell(5, share) for share in shares))
    result = result_of(replace(release, tables=(replace(table, columns=(total,)),)), document.questions["CB01"])
    assert result is not None
    text = " ".join(result_sentences(Labels(release, translator("en")), result))
    assert "30 per cent of those asked." in text
    assert ("“No answer” has a larger share: 31 per cent." in text) is said
