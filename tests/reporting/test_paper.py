"""The paper: its outline, its words, and its two forms."""

import csv
import io
import re
import zipfile
from dataclasses import replace
from functools import partial
from typing import Any

import docx as python_docx
import pytest
from lxml import etree
from lxml import html as lxml_html

from app.consultations.countries import region_of
from app.questionnaire.document import LANGUAGES
from app.reporting.narrative import DIFFERENCE, QUOTED_WORDS, narrate, quoted_words
from app.reporting.release import Release
from app.reporting.renderers import docx, html, tables
from app.reporting.renderers.columns import CELL_ROOM, POINT, fitted
from app.reporting.renderers.compose import compose
from app.reporting.renderers.labels import Labels
from app.reporting.renderers.paper import Figure, Grid, Paper, Paragraph
from app.reporting.renderers.sentences import main_sentence
from app.reporting.renderers.tables import disarmed
from app.reporting.renderers.typefaces import broken
from app.reporting.renderers.word_xml import RELATIONS
from app.web.i18n import translator
from app.web.pages import render_template
from tests.audit import audit
from tests.reporting.documents import WORD
from tests.reporting.people import instrument, invented, release_of

W = WORD
DRAWN = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"


@pytest.fixture(scope="module")
def release() -> Release:
    document = instrument()
    return release_of(document, list(invented(document, 400)))


def paper_of(release: Release, language: str = "en") -> Paper:
    return compose(release, translator(language))


def page_of(release: Release, language: str = "en") -> str:
    return html.render_file(release, translator(language), partial(render_template, language))


def body_of(release: Release, language: str) -> Any:
    with zipfile.ZipFile(io.BytesIO(docx.render(release, translator(language)))) as file:
        return etree.fromstring(file.read("word/document.xml"))


def words_of(paper: Paper) -> list[str]:
    said = [text for box in paper.boxes for text in box.paragraphs]
    blocks = [block for section in (*paper.sections, *paper.annexes) for block in section.blocks]
    return said + [block.text for block in blocks if isinstance(block, Paragraph)]


def test_the_parts_stand_in_the_order_of_the_groups_own_documents(release: Release) -> None:
    paper = paper_of(release)
    assert [box.title for box in paper.boxes] == ["Summary", "Action required", "References"]
    assert [section.title for section in paper.sections] == [
        "Introduction",
        "How young people were consulted",
        "Who took part",
        "How to read the figures",
        "Main results",
        "In their own words",
        "What young people propose, and points for the Group",
        "Comparison with the previous round",
        "Next steps",
    ]
    assert [annex.number for annex in paper.annexes] == ["1", "2", "3", "4"]


def test_paragraphs_are_numbered_through_each_section(release: Release) -> None:
    for section in paper_of(release).sections:
        numbers = [block.number for block in section.blocks if isinstance(block, Paragraph)]
        assert numbers == [f"{section.number}.{place}" for place in range(1, len(numbers) + 1)]
        assert numbers


@pytest.mark.parametrize("name", ["cyberbullying", "digital-skills", "five-rights"])
@pytest.mark.parametrize("n", [0, 20, 600])
def test_the_summary_has_less_than_120_words(name: str, n: int) -> None:
    document = instrument(name)
    made = release_of(document, list(invented(document, n)))
    summary = paper_of(made).boxes[0].paragraphs[0]
    assert len(summary.split()) < 120
    assert "not for all young people" in summary
    assert sum(quoted_words(finding, document) for finding in narrate(made).summary) <= QUOTED_WORDS


def test_shares_are_never_of_young_people(release: Release) -> None:
    for text in words_of(paper_of(release)):
        assert not re.search(r"per cent of (all )?young people", text)


def test_regions_are_compared_only_where_they_differ_by_ten_points() -> None:
    document = instrument()
    made = release_of(document, list(invented(document, 1500)))
    contrasts = [f.contrast for result in narrate(made).results for f in result.findings if f.contrast]
    for high, low in contrasts:
        assert high.share - low.share >= DIFFERENCE
        assert min(high.base, low.base) >= 100


def test_no_sensitive_question_stands_in_the_summary(release: Release) -> None:
    assert not any(finding.table.sensitive for finding in narrate(release).summary)
    assert len(narrate(release).summary) >= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_right_in_every_language(release: Release, language: str) -> None:
    page = page_of(release, language)
    # One file that needs no other carries its style inside; everything else is held to the rules of our pages.
    outside = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert audit(outside, path=f"/{language}/paper", lang=language) == []
    assert "http" not in re.sub(r"http://www\.w3\.org/\S+", "", outside)


def test_the_page_that_we_serve_has_no_style_of_its_own(release: Release) -> None:
    page = html.render_page(release, translator("ar"), partial(render_template, "ar"))
    assert "<style" not in page
    assert audit(page, path="/ar/paper", lang="ar") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_sample_data_says_so_on_every_page(release: Release, language: str) -> None:
    paper = paper_of(release, language)
    assert paper.sample
    page = page_of(release, language)
    escaped = "".join(f"\\{ord(letter):06x}" for letter in paper.sample)
    assert page.count(f'content:"{escaped}"') == 2
    assert f"<strong>{paper.sample}</strong>" in page
    document = python_docx.Document(io.BytesIO(docx.render(release, translator(language))))
    assert [section.header.paragraphs[0].text for section in document.sections] == [paper.sample] * 3
    assert "sample data" in tables.render_csv(release, translator(language)).decode("utf-8-sig").splitlines()[1]


def test_real_data_does_not_say_sample() -> None:
    document = instrument()
    real = release_of(document, list(invented(document, 60)), sample=False)
    assert 'class="plain"' in page_of(real)
    assert "Sample data" not in re.sub(r"<style>.*?</style>", "", page_of(real), flags=re.DOTALL)
    word = python_docx.Document(io.BytesIO(docx.render(real, translator("en"))))
    assert all(not section.header.paragraphs[0].text for section in word.sections)
    assert "sample" not in tables.render_csv(real, translator("en")).decode().lower()


def test_a_final_paper_asks_for_no_comments() -> None:
    document = instrument()
    final = release_of(document, list(invented(document, 30)), comment_until=None, window="Africa/Nairobi", consent="B")
    words = " ".join(words_of(paper_of(final)))
    assert "comments" not in words
    assert "time zone: Nairobi" in words
    assert "a parent or carer knew" in words


def test_the_same_release_gives_the_same_bytes(release: Release) -> None:
    t = translator("zh")
    assert docx.render(release, t) == docx.render(release, t)
    assert tables.render_csv(release, t) == tables.render_csv(release, t)


def test_the_word_file_tells_its_title_and_language_and_no_machine(release: Release) -> None:
    content = docx.render(release, translator("fr"))
    about = python_docx.Document(io.BytesIO(content)).core_properties
    assert about.title == paper_of(release, "fr").title
    assert about.language == "fr-FR"
    assert about.created == release.facts.snapshot_at.replace(tzinfo=about.created.tzinfo)
    assert about.last_modified_by == ""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert b"python-docx" not in b"".join(file.read(name) for name in file.namelist())


def test_arabic_word_is_right_to_left_down_to_each_run(release: Release) -> None:
    body = body_of(release, "ar")
    paragraphs, runs, made = (list(body.iter(f"{W}{tag}")) for tag in ("p", "r", "tbl"))
    assert len(paragraphs) > 1000
    for paragraph in paragraphs:
        properties = paragraph.find(f"{W}pPr")
        assert properties.find(f"{W}bidi") is not None or properties.find(f"{W}sectPr") is not None
    # But for the number of a table of the annex: “A.19” would read “19.A”.
    others = [run for run in runs if run.find(f"{W}rPr/{W}rtl") is None]
    assert others
    assert all(
        re.fullmatch(r"(A\.\u200e|\d+|\u200e[a-z]?)?", "".join(each.text for each in run.iter(f"{W}t")))
        for run in others
    )
    assert all(table.find(f"{W}tblPr/{W}bidiVisual") is not None for table in made)
    assert all(section.find(f"{W}bidi") is not None for section in body.iter(f"{W}sectPr"))


def test_arabic_styles_carry_faces_sizes_and_language_for_arabic(release: Release) -> None:
    with zipfile.ZipFile(io.BytesIO(docx.render(release, translator("ar")))) as file:
        styles = etree.fromstring(file.read("word/styles.xml"))
    for style in styles.iter(f"{W}style"):
        run = style.find(f"{W}rPr")
        assert run.find(f"{W}rFonts").get(f"{W}cs")
        assert run.find(f"{W}szCs") is not None
        assert run.find(f"{W}rtl") is not None
        assert run.find(f"{W}lang").get(f"{W}bidi") == "ar-SA"
        assert style.find(f"{W}pPr/{W}bidi") is not None


@pytest.mark.parametrize("language", ["en", "zh", "ru"])
def test_other_languages_are_left_to_right_with_their_own_faces(release: Release, language: str) -> None:
    body = body_of(release, language)
    assert next(body.iter(f"{W}bidi", f"{W}rtl", f"{W}bidiVisual"), None) is None
    with zipfile.ZipFile(io.BytesIO(docx.render(release, translator(language)))) as file:
        styles = etree.fromstring(file.read("word/styles.xml"))
    assert all(faces.get(f"{W}eastAsia") for faces in styles.iter(f"{W}rFonts"))


def test_chinese_quotation_marks_are_chinese(release: Release) -> None:
    quoted = [run for run in body_of(release, "zh").iter(f"{W}r") if "“" in "".join(run.itertext())]
    assert quoted
    assert all(run.find(f"{W}rPr/{W}rFonts").get(f"{W}hint") == "eastAsia" for run in quoted)


def test_every_table_of_figures_repeats_its_head_and_is_told_in_words(release: Release) -> None:
    for table in body_of(release, "en").iter(f"{W}tbl"):
        told = table.find(f"{W}tblPr/{W}tblCaption")
        if told is None:
            continue  # The title block is a table only to the eye.
        assert told.get(f"{W}val")
        assert table.find(f"{W}tr/{W}trPr/{W}tblHeader") is not None


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_chart_is_a_picture_with_words_and_its_table(release: Release, language: str) -> None:
    paper, body = paper_of(release, language), body_of(release, language)
    figures = [block for section in paper.sections for block in section.blocks if isinstance(block, Figure)]
    told = [each.get("descr") for each in body.iter(f"{DRAWN}docPr")]
    assert told == [figure.alt for figure in figures]
    assert len(set(body.xpath("//@r:embed", namespaces={"r": RELATIONS}))) == len(figures)
    captions = [p for p in body.iter(f"{W}p") if "".join(p.xpath(".//@w:val", namespaces={"w": W[1:-1]})) == "Caption"]
    counted = [
        (re.search(r"SEQ (\w+)", "".join(field))[1], "".join(p.itertext()))  # type: ignore[index]
        for p in captions
        if (field := [each.text for each in p.iter(f"{W}instrText")])
    ]
    assert [name for name, _ in counted].count("Figure") == len(figures)
    assert [name for name, _ in counted].count("Table") == 2
    assert [name for name, _ in counted].count("Table_A") > 20


def test_parts_of_a_paragraph_stand_in_the_order_of_the_standard(release: Release) -> None:
    """Word refuses a file in which the properties of a paragraph or run are out of order."""
    order = {
        "pPr": [
            "pStyle",
            "keepNext",
            "pageBreakBefore",
            "pBdr",
            "tabs",
            "bidi",
            "spacing",
            "ind",
            "jc",
            "outlineLvl",
            "sectPr",
        ],
        "rPr": ["rFonts", "b", "bCs", "color", "sz", "szCs", "rtl", "lang"],
        "tcPr": ["tcW", "gridSpan", "tcBorders", "shd", "vAlign"],
        "tblPr": ["bidiVisual", "tblW", "tblLayout", "tblCellMar", "tblCaption", "tblDescription"],
        "sectPr": ["headerReference", "footerReference", "type", "pgSz", "pgMar", "bidi"],
    }
    with zipfile.ZipFile(io.BytesIO(docx.render(release, translator("ar")))) as file:
        parts = [etree.fromstring(file.read(f"word/{name}.xml")) for name in ("document", "styles")]
    for part in parts:
        for tag, names in order.items():
            for element in part.iter(f"{W}{tag}"):
                places = [names.index(etree.QName(child).localname) for child in element]
                assert places == sorted(places)


def test_a_bar_is_drawn_only_where_a_share_is_shown() -> None:
    document = instrument()
    made = release_of(document, list(invented(document, 60)))
    page = lxml_html.fromstring(page_of(made))
    hidden = [mark.getparent() for bars in page.find_class("bars") for mark in bars.find_class("none")]
    assert hidden
    assert all(row.find("svg") is None for row in hidden)


@pytest.mark.parametrize("language", LANGUAGES)
def test_heads_of_tables_are_whole_and_have_room(release: Release, language: str) -> None:
    """No word of a head is divided, and a Chinese one leaves no single character in a line of its own."""
    for section in paper_of(release, language).sections:
        for block in section.blocks:
            grid = block.table if isinstance(block, Figure) else block
            if isinstance(grid, Grid):
                columns = fitted(grid, 166.0, language, (8.0, 7.5, 7.0))
                assert columns.fits
                assert language == "zh" or not any(columns.narrow)
                for name, wide in zip(grid.head, columns.widths, strict=True):
                    room = (wide - CELL_ROOM) / POINT
                    lines = broken(name, columns.size, room, language=language, bold=True)
                    assert len(lines) <= 3
                    assert language != "zh" or len(lines) == 1 or min(map(len, lines)) > 1, name


def test_cells_that_a_spreadsheet_would_calculate_are_disarmed() -> None:
    for cell in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"):
        assert disarmed(cell) == f"'{cell}"
    assert disarmed("1-2") == "1-2"


def test_the_file_of_tables_opens_in_a_spreadsheet(release: Release) -> None:
    content = tables.render_csv(release, translator("ar"))
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert {row["status"] for row in rows} == {"shown", "not shown"}
    assert all(not row["count"] and not row["share_percent"] for row in rows if row["status"] == "not shown")
    assert any(re.search(r"[\u0600-\u06ff]", row["answer"]) for row in rows)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_of_equal_answers_none_is_named_alone_and_hidden_ones_are_not_forgotten(release: Release) -> None:
    labels = Labels(release, translator("en"))
    found = next(f for r in narrate(release).results for f in r.findings if f.kind == "options")
    first, second = found.table.lines[:2]
    one = main_sentence(labels, replace(found, lines=(first,), among_shown=False))
    assert "The answer given most often was “" in one
    both = main_sentence(labels, replace(found, lines=(first, second), among_shown=False))
    assert labels.line(found.table, first) in both
    assert labels.line(found.table, second) in both
    assert "Of the answers shown" in main_sentence(labels, replace(found, lines=(first,), among_shown=True))


def test_a_region_without_an_answer_is_named_on_the_first_page() -> None:
    document = instrument()
    people = [person for person in invented(document, 400) if region_of(str(person.answers.get("DM03"))) != "africa"]
    summary = paper_of(release_of(document, people)).boxes[0].paragraphs[0]
    assert "No answer came from: Africa" in summary
