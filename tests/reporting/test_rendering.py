"""Documents are made once, by another process, while this one goes on."""

import asyncio
import hashlib
import io
import json
import re
import time
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from app.reporting.apart import NotDone, apart
from app.reporting.release_file import from_bytes, to_bytes
from app.reporting.renderers import files, formats
from app.reporting.renderers.files import render_file
from app.reporting.rendering import DATA, PAPER, Documents, make, stamp
from app.reporting.terms import Terms
from tests.application import LONGEST_SECONDS, running
from tests.reporting.people import instrument, invented, release_of
from tests.reporting.test_results_pages import freeze, publish
from tests.submissions.test_journey_pages import BASE


@pytest.fixture(scope="module")
def content() -> str:
    document = instrument()
    return to_bytes(release_of(document, list(invented(document, 60)))).decode()


class Kept:
    """Releases by digest, and how often one was read."""

    def __init__(self, content: str) -> None:
        self.content, self.reads = content, 0
        self.digest = hashlib.sha256(content.encode()).hexdigest()

    async def read(self, digest: str) -> str:
        assert digest == self.digest
        self.reads += 1
        return self.content


@pytest.fixture
def kept(content: str) -> Kept:
    return Kept(content)


@pytest.fixture
async def documents(tmp_path: Path, kept: Kept) -> AsyncIterator[Documents]:
    made = Documents(tmp_path, kept.read)
    yield made
    await made.stop()


def test_what_can_be_made_is_what_has_a_name_and_a_content_type() -> None:
    assert files.PAPER_RENDERERS.keys() == formats.PAPERS.keys() | formats.PARTS.keys() == {*PAPER}
    assert files.EXPORT_RENDERERS.keys() == formats.EXPORTS.keys() == {*DATA, "json"}


def files_in(folder: Path) -> dict[str, Path]:
    """Every file, by its path below the folder."""
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}


def others() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "app.reporting.apart" in each.cmdline()]


async def test_a_file_is_made_once_while_the_loop_goes_on(documents: Documents, tmp_path: Path, kept: Kept) -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.005)
            beats += 1

    heart = asyncio.create_task(beat())
    asked = [documents.file(kept.digest, "ar", "docx") for _ in range(4)]
    first, *again = await asyncio.gather(*asked)
    heart.cancel()
    assert beats > 20
    assert again == [first] * 3
    assert kept.reads == 1
    with zipfile.ZipFile(io.BytesIO(first)) as file:
        assert "word/media/image1.png" in file.namelist()
    there = tmp_path / kept.digest / stamp() / "ar.docx"
    made = there.stat().st_mtime_ns
    assert await Documents(tmp_path, kept.read).file(kept.digest, "ar", "docx") == first
    assert there.stat().st_mtime_ns == made
    await documents.stop()
    assert not others()


async def test_whoever_goes_away_does_not_take_the_file_from_the_others(documents: Documents, kept: Kept) -> None:
    first = asyncio.create_task(documents.file(kept.digest, "en", "csv"))
    second = asyncio.create_task(documents.file(kept.digest, "en", "csv"))
    await asyncio.sleep(0)
    first.cancel()
    assert len(await second) > 100
    assert kept.reads == 1


async def test_after_a_freeze_every_file_of_a_language_is_made_and_the_page_leads_to_its_charts(
    documents: Documents, tmp_path: Path, kept: Kept
) -> None:
    documents.make_these(kept.digest, PAPER, "zh")
    assert (await documents.file(kept.digest, "zh", "pdf")).startswith(b"%PDF-")
    assert {f"zh.{form}" for form in PAPER} <= {path.name for path in files_in(tmp_path).values()}
    page = (await documents.file(kept.digest, "zh", "page")).decode()
    charts = json.loads(await documents.file(kept.digest, "zh", "charts"))
    assert re.findall(r'href="charts/([^"]+)\.svg"', page) == list(charts)
    assert len(charts) > 5
    assert all(chart.rstrip().endswith("</svg>") for chart in charts.values())


async def test_when_the_server_stops_no_process_stays(documents: Documents, tmp_path: Path, kept: Kept) -> None:
    documents.make_these(kept.digest, PAPER)
    waiting = asyncio.create_task(documents.file(kept.digest, "fr", "pdf"))
    async with asyncio.timeout(20):
        while not others():
            await asyncio.sleep(0.02)
    await documents.stop()
    assert not others()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not [path for path in files_in(tmp_path).values() if path.suffix.strip(".") not in PAPER]


async def test_the_release_itself_needs_no_other_process(documents: Documents, tmp_path: Path, kept: Kept) -> None:
    assert (await documents.file(kept.digest, "en", "json")).decode() == kept.content
    assert not files_in(tmp_path)


async def test_what_an_older_version_made_is_not_kept(documents: Documents, tmp_path: Path, kept: Kept) -> None:
    older = tmp_path / kept.digest / "older"
    older.mkdir(parents=True)
    (older / "en.csv").write_text("old")
    await documents.file(kept.digest, "fr", "csv")
    assert all(path.name.startswith("fr.") for path in files_in(tmp_path).values())
    assert not older.exists()


async def test_a_file_that_cannot_be_made_is_an_error_that_says_why_and_leaves_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    kept = Kept('{"format": "another"}')
    documents = Documents(tmp_path, kept.read)
    with pytest.raises(NotDone, match="not a release"):
        await documents.file(kept.digest, "en", "pdf")
    assert not files_in(tmp_path)
    assert "not a release" in capfd.readouterr().err
    kept.content = to_bytes(release_of(instrument(), [])).decode()
    assert len(await documents.file(kept.digest, "en", "csv")) > 100
    await documents.stop()


async def test_what_takes_too_long_is_ended() -> None:
    with pytest.raises(TimeoutError):
        await apart(time.sleep, LONGEST_SECONDS, seconds=0.05)
    assert not others()


def test_what_was_made_before_it_was_cut_off_stays_as_it_is(tmp_path: Path) -> None:
    content = to_bytes(release_of(instrument(), []))
    for form in DATA[1:]:
        (tmp_path / f"en.{form}").write_text("made before")
    make(content, {"en": ""}, DATA, Terms(), tmp_path)
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 2


@pytest.mark.parametrize(("language", "form"), [("en", "odt"), ("de", "csv")])
def test_a_format_or_language_that_there_is_not_is_refused(content: str, language: str, form: str) -> None:
    with pytest.raises(KeyError):
        render_file(from_bytes(content.encode()), language, form)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_published_files_are_the_same_bytes_for_everybody(database_url: str, tmp_path: Path) -> None:
    async with running(database_url, tmp_path) as house, house.reader() as anybody:
        house.settings.shelved_seconds = 60
        house.clock.now = house.consultation.closes_at + timedelta(hours=1)
        frozen = await freeze(house)
        await publish(house)
        documents: Documents = house.application.api.state.documents
        documents.make_all(frozen.digest, "ar")
        for language in ("ar", "en"):
            for file in ("", "/paper.html", "/paper.docx", "/paper.pdf", "/tables.csv", "/release.json"):
                path = f"/{language}/consultations/sample/results{file}"
                first = await anybody.client.get(path, headers={"accept-encoding": "br"})
                again = await anybody.client.get(path, headers={"accept-encoding": "br"})
                assert first.status_code == again.status_code == 200
                assert first.content == again.content
                assert first.headers == again.headers
                assert ("content-encoding" in first.headers) is not file.endswith(("docx", "pdf", "zip"))
                known = await anybody.client.get(path, headers={"if-none-match": first.headers["etag"]})
                assert (known.status_code, known.content) == (304, b"")
                plain = await anybody.client.get(path, headers={"accept-encoding": "identity"})
                assert plain.content == first.content
        response = await anybody.client.get(f"{BASE}/results/paper.docx")
        assert response.headers["content-disposition"] == 'attachment; filename="sample-en.docx"'
        assert response.headers["x-content-type-options"] == "nosniff"
