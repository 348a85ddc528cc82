"""Documents are made once, in another process, while this one goes on."""

import asyncio
import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from app.questionnaire.document import LANGUAGES
from app.reporting.release_file import to_bytes
from app.reporting.rendering import HEAVY, DocumentNotMade, Documents, Job, make, stamp
from tests.reporting.people import instrument, invented, release_of


@pytest.fixture(scope="module")
def content() -> str:
    document = instrument()
    return to_bytes(release_of(document, list(invented(document, 60)))).decode()


def files_in(folder: Path) -> dict[str, Path]:
    """Every file, by its path below the folder."""
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}


async def test_a_file_is_made_once_while_the_loop_goes_on(tmp_path: Path, content: str) -> None:
    documents, beats = Documents(tmp_path), 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.005)
            beats += 1

    heart = asyncio.create_task(beat())
    first, again = await asyncio.gather(documents.file(content, "ar", "docx"), documents.file(content, "ar", "docx"))
    heart.cancel()
    assert beats > 20
    assert first == again
    with zipfile.ZipFile(io.BytesIO(first)) as file:
        assert "word/media/image1.png" in file.namelist()
    ((name, kept),) = files_in(tmp_path).items()
    assert name.endswith(f"{stamp()}/ar.docx")
    made = kept.stat().st_mtime_ns
    assert await Documents(tmp_path).file(content, "ar", "docx") == first
    assert kept.stat().st_mtime_ns == made


async def test_after_a_freeze_every_document_is_there_in_every_language(tmp_path: Path, content: str) -> None:
    documents = Documents(tmp_path)
    await documents.make_all(content, ("en", "zh"))
    assert {path.name for path in files_in(tmp_path).values()} == {
        f"{language}.{form}" for language in ("en", "zh") for form in HEAVY
    }
    assert (await documents.file(content, "zh", "pdf")).startswith(b"%PDF-")


async def test_the_page_leads_to_each_of_its_charts(tmp_path: Path, content: str) -> None:
    documents = Documents(tmp_path)
    page = (await documents.file(content, "ru", "page")).decode()
    charts = json.loads(await documents.file(content, "ru", "charts"))
    assert re.findall(r'href="charts/([^"]+)\.svg"', page) == list(charts)
    assert len(charts) > 5
    assert all(chart.rstrip().endswith("</svg>") for chart in charts.values())


async def test_the_release_itself_needs_no_other_process(tmp_path: Path, content: str) -> None:
    assert (await Documents(tmp_path).file(content, "en", "json")).decode() == content
    assert not files_in(tmp_path)


async def test_what_an_older_version_made_is_not_kept(tmp_path: Path, content: str) -> None:
    documents = Documents(tmp_path)
    await documents.file(content, "en", "csv")
    (path,) = files_in(tmp_path).values()
    older = path.parents[1] / "older"
    older.mkdir()
    (older / "en.csv").write_text("old")
    await documents.file(content, "fr", "csv")
    assert [kept.name for kept in files_in(tmp_path).values()] == ["en.csv", "fr.csv"]
    assert not older.exists()


async def test_a_file_that_cannot_be_made_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DocumentNotMade, match="not a release"):
        await Documents(tmp_path).file('{"format": "another"}', "en", "pdf")
    assert not files_in(tmp_path)


def test_a_format_or_language_that_there_is_not_is_refused(tmp_path: Path, content: str) -> None:
    for language, form in (("en", "odt"), ("de", "pdf")):
        with pytest.raises(KeyError):
            make([Job(language, form, tmp_path / "x")], content.encode())
    assert "de" not in LANGUAGES
    assert not list(tmp_path.iterdir())
