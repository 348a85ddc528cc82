"""What the paper says of texts, of the round before, and where little is shown or nobody was asked."""

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace

import pytest
from lxml import etree

from app.reporting.groups import NONE
from app.reporting.narrative import Result, narrate, result_of
from app.reporting.release import Cell, Release, ReleaseColumn
from app.reporting.renderers import docx
from app.reporting.renderers.charts import draw
from app.reporting.renderers.drawing import Shape
from app.reporting.renderers.figures import map_figure
from app.reporting.renderers.grids import annex_grids
from app.reporting.renderers.labels import Labels
from app.reporting.renderers.paper import Asked, Figure, Grid, Paragraph, Quoted
from app.reporting.renderers.sentences import result_sentences, summary_sentence
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
    assert ["".join(each.itertext()) for each in first] == [
        "–完全没有帮助 · 有一点帮助 · 有一些帮助 · 帮助比较大 · 帮助很大 · 不知道"
    ]
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


@pytest.fixture(scope="module")
def made() -> Release:
    return release_of(instrument(), list(invented(instrument(), 60)))


def told_of(release: Release, *shares: int, regions: Sequence[ReleaseColumn] = (), equal: int | None = None) -> Result:
    """What is told where so many gave each answer to a question with one answer; the last share is no answer."""
    table = next(each for each in release.tables if each.key == "CB14 choice")
    assert len(shares) == len(table.lines)
    assert table.lines[-1] == NONE
    total = replace(table.total, cells=tuple(Cell(5, share) for share in shares))
    told = replace(table, columns=(total, *regions), equal=(equal, *table.equal[1:]))
    result = result_of(replace(release, tables=(told,)), Labels(release, translator("en")).question("CB14"))
    assert result is not None
    return result


def sentences(release: Release, result: Result) -> str:
    return " ".join(result_sentences(Labels(release, translator("en")), result))


@pytest.mark.parametrize(("silent", "said"), [(30, False), (31, True)])
def test_what_most_answered_does_not_hide_that_more_gave_no_answer(made: Release, silent: int, said: bool) -> None:
    text = sentences(made, told_of(made, 30, 1, 1, silent))
    assert "30 per cent of those asked." in text
    assert ("“No answer” stands at 31 per cent." in text) is said


def test_what_comes_close_behind_is_told_with_it(made: Release) -> None:
    labels = Labels(made, translator("en"))
    names = [f"“{labels.choice('CB14', name)}”" for name in told_of(made, 34, 2, 1, 0).findings[0].table.lines[:3]]
    close = told_of(made, 34, 25, 1, 40)
    assert f"Next came {names[1]}: 25 per cent." in sentences(made, close)
    assert f"answered {names[0]}, 25 per cent {names[1]}." in summary_sentence(labels, close.findings[0])
    far = told_of(made, 34, 24, 1, 40)
    assert "Next " not in sentences(made, far)
    assert summary_sentence(labels, far.findings[0]).endswith(f"answered {names[0]}.")
    two = told_of(made, 34, 32, 32, 0)
    assert f"Next came {names[1]} and {names[2]}: 32 per cent each." in sentences(made, two)


def test_a_mean_of_regions_says_on_how_few_people_it_rests_too(made: Release) -> None:
    def regions(fewest: int) -> list[ReleaseColumn]:
        cells = tuple(Cell(5, 25) for _ in range(4))
        return [
            ReleaseColumn("region", "europe", 200, cells, None, None),
            ReleaseColumn("region", "cis", fewest, cells, None, None),
        ]

    few = sentences(made, told_of(made, 34, 2, 1, 0, regions=regions(45), equal=25))
    assert "it would be 25 per cent. Then Commonwealth of Independent States, where about 45 people were asked," in few
    many = sentences(made, told_of(made, 34, 2, 1, 0, regions=regions(50), equal=25))
    assert many.count("If every region counted the same") == 1
    assert "counts as much as" not in many


def test_a_breakdown_of_which_nothing_is_shown_is_named_and_has_no_table(made: Release) -> None:
    table = next(each for each in made.tables if each.key == "CB14 choice")
    hidden = tuple(replace(each, cells=(None,) * 4) if each.breakdown == "region" else each for each in table.columns)
    shown = tuple(replace(each, cells=(Cell(5, 25),) * 4) for each in table.columns)
    grids = annex_grids(Labels(made, translator("en")), replace(table, columns=hidden), 4)
    assert not any("Region" in grid.caption for grid in grids)
    assert grids[-1].note.startswith("Not shown for any group: Region")
    assert [grid.note for grid in annex_grids(Labels(made, translator("en")), replace(table, columns=shown), 4)] == [
        "",
        "",
    ]


def test_the_annex_says_of_whom_a_question_was_asked(made: Release) -> None:
    asked = {block.code: block.note for block in paper_of(made).annexes[0].blocks if isinstance(block, Asked)}
    assert asked["CB16"] == "One answer for each line."
    assert "led to it: the answer to CB01 was not “Never”." in asked["CB02"]
    assert "led to it: the answer to CB04 was one of these: “Once or twice”, “A few times”, “About" in asked["CB05"]
    assert not any("led to it" in asked[code] for code in ("CB01", "CB03", "CB04"))
    method = " ".join(block.text for block in paper_of(made).annexes[2].blocks if isinstance(block, Paragraph))
    assert "as urban: “In a city or large town” and “In a small town”; as rural: “In a village or the" in method
