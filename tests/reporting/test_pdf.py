"""The paper as PDF: valid for those who listen, in letters that are there, Arabic in the order of reading."""

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import page
import pikepdf
import pytest

from app.questionnaire.document import LANGUAGES
from app.reporting.release import Release
from app.reporting.renderers import pdf
from app.reporting.renderers.compose import compose
from app.reporting.renderers.paper import Figure, Paper
from app.reporting.renderers.pdf_tags import finished
from app.reporting.renderers.typefaces import UNKNOWN, printable
from app.web.i18n import translator
from tests.reporting.people import instrument, invented, release_of
from tests.reporting.tagged import page_texts, read_tagged
from tests.reporting.told import told_release


@pytest.fixture(scope="module")
def release() -> Release:
    document = instrument()
    return release_of(document, list(invented(document, 400)))


class Papers(dict[str, bytes]):
    """The paper by language, each made when a test first reads it."""

    def __init__(self, release: Release) -> None:
        self._release = release

    def __missing__(self, language: str) -> bytes:
        self[language] = made = pdf.render(self._release, translator(language))
        return made


@pytest.fixture(scope="module")
def papers(release: Release) -> Papers:
    return Papers(release)


def faults_of(content: bytes) -> list[str]:
    report = page.validate_pdf_bytes(content, profile=page.ValidationProfile.PDF_UA_1)
    return [f"{fault.rule_id}: {fault.message}" for fault in report.failures]


def figures_of(paper: Paper) -> Iterator[Figure]:
    for section in paper.sections:
        yield from (block for block in section.blocks if isinstance(block, Figure))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_validator_finds_nothing_against_pdf_ua(papers: Papers, language: str) -> None:
    assert faults_of(papers[language]) == []


def test_the_validator_would_find_a_picture_without_words(papers: Papers) -> None:
    with pikepdf.open(io.BytesIO(papers["en"])) as document:
        for each in document.objects:
            if isinstance(each, pikepdf.Dictionary) and each.get("/S") == "/Figure":
                del each["/Alt"]
        spoilt = io.BytesIO()
        document.save(spoilt)
    assert any("ALTERNATIVE" in fault for fault in faults_of(spoilt.getvalue()))


@pytest.mark.parametrize("n", [0, 1, 12])
def test_a_paper_in_which_next_to_nothing_is_shown_is_valid_too(n: int) -> None:
    document = instrument()
    made = pdf.render(release_of(document, list(invented(document, n))), translator("ar"))
    assert faults_of(made) == []


def test_quotes_and_the_round_before_are_valid_too() -> None:
    made = told_release(instrument(), 60)
    for language in ("en", "ar"):
        content = pdf.render(made, translator(language))
        assert faults_of(content) == []
        quotes = ["".join(part.read for part in each.every("P")) for each in read_tagged(content).every("BlockQuote")]
        assert any("أريد أن يردّ عليّ إنسان، لا رسالة آلية." in words for words in quotes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_title_and_language_are_told_and_every_page_says_sample_data(papers: Papers, language: str) -> None:
    paper = compose(release_of(instrument(), []), translator(language))
    with pikepdf.open(io.BytesIO(papers[language])) as document:
        assert str(document.Root.Lang).split("-")[0] == language
        assert str(document.docinfo["/Title"]) == paper.title
        assert document.Root.ViewerPreferences.DisplayDocTitle
    pages = page_texts(papers[language])
    assert len(pages) > 20
    for place, words in enumerate(pages, start=1):
        assert paper.sample.replace(" ", "") in re.sub(r"\s", "", words)
        # PDFium turns the order of what stands between Arabic words.
        assert {f"{place} / {len(pages)}", f"{len(pages)} / {place}"} & {line.strip() for line in words.splitlines()}


def test_real_data_does_not_say_sample() -> None:
    document = instrument()
    made = pdf.render(release_of(document, list(invented(document, 60)), sample=False), translator("en"))
    assert not any("Sample" in words for words in page_texts(made))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_face_is_in_the_file_and_every_sign_means_a_character(papers: Papers, language: str) -> None:
    found = 0
    with pikepdf.open(io.BytesIO(papers[language])) as document:
        for each in document.objects:
            if isinstance(each, pikepdf.Dictionary) and each.get("/Type") == "/FontDescriptor":
                found += 1
                assert "/FontFile2" in each or "/FontFile3" in each
            if isinstance(each, pikepdf.Dictionary) and each.get("/Subtype") == "/Type0":
                assert "/ToUnicode" in each
    assert found >= 2
    assert not any(sign in words for words in page_texts(papers[language]) for sign in ("\ufffd", UNKNOWN))


def test_a_sign_that_no_face_has_is_a_box_and_the_paper_is_still_made(release: Release) -> None:
    topic = {language: "Bullying 😀 \u2066online\u2069 漢 ሰላም" for language in LANGUAGES}
    made = pdf.render(replace(release, facts=replace(release.facts, title=topic)), translator("fr"))
    assert faults_of(made) == []
    assert printable(topic["fr"]) == f"Bullying {UNKNOWN} \u2066online\u2069 漢 {UNKNOWN * 3}"
    assert any(UNKNOWN in words for words in page_texts(made))


@pytest.mark.parametrize("language", ["en", "ar", "zh"])
def test_headings_charts_and_tables_are_told_as_what_they_are(release: Release, papers: Papers, language: str) -> None:
    paper, whole = compose(release, translator(language)), read_tagged(papers[language])
    headings = [part.read for part in whole.every("H1")]
    assert headings[:3] == [box.title for box in paper.boxes]
    assert [section.title for section in paper.sections] == [
        re.sub(r"^\d+ ?", "", heading) for heading in headings[3:-4]
    ]
    assert [part.told for part in whole.every("Figure")] == [figure.alt for figure in figures_of(paper)]
    tables = list(whole.every("Table"))
    for table in tables:
        head, *rows = table.every("TR")
        assert {cell.kind for cell in head.children} == {"TH"}
        assert all([cell.kind for cell in row.children] == ["TH", *["TD"] * (len(row.children) - 1)] for row in rows)
    captioned = [table for table in tables if any(table.every("Caption"))]
    assert len(captioned) == sum(len(annex.blocks) for annex in paper.annexes if annex.number == "2") + 2


def test_arabic_is_read_in_the_order_of_its_words(release: Release, papers: Papers) -> None:
    """On the sheet a line with a number stands piece by piece from the left; what is read is the text as written."""
    paper = compose(release, translator("ar"))
    parts = list(read_tagged(papers["ar"]).every("P", "H1", "H2", "TH", "TD", "LBody", "Title"))
    assert paper.boxes[0].paragraphs[0] in [part.read for part in parts]
    assert len(parts) > 3000
    for part in parts:
        assert figures_in(part.read) == figures_in(part.seen)
    scrambled = [part for part in parts if part.told and part.told not in part.seen]
    assert len(scrambled) > 100


def figures_in(words: str) -> Counter[str]:
    return Counter(re.findall(r"\d", words))


def test_words_that_are_not_those_of_the_parts_are_refused(papers: Papers) -> None:
    with pytest.raises(ValueError, match="pieces of words"):
        finished(papers["ar"], ["one", "two"])


def test_the_same_release_gives_the_same_bytes(release: Release, papers: Papers) -> None:
    assert pdf.render(release, translator("ar")) == papers["ar"]


def test_the_file_is_small(papers: Papers) -> None:
    assert max(len(papers["ar"]), len(papers["zh"])) < 700_000
