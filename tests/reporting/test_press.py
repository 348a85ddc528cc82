"""Files are made once, one at a time, in a process of their own that comes and goes."""

import asyncio
import os
import signal
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.reporting import service as reporting
from app.reporting.press import NotPrinted, Press
from app.reporting.renderers.files import render_file
from app.web.i18n import LANGUAGES
from tests.application import House, running
from tests.reporting.test_results_pages import freeze, publish
from tests.submissions.test_journey_pages import BASE


class CountingPress(Press):
    """Remembers what it printed, and how many files at once."""

    printed: tuple[tuple[str, str], ...] = ()
    at_once = most_at_once = 0

    async def _print(self, release: bytes, language: str, form: str, words: str) -> bytes:
        self.printed += ((language, form),)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        made = await super()._print(release, language, form, words)
        self.at_once -= 1
        return made

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid


async def frozen(house: House) -> str:
    house.clock.now = house.consultation.closes_at + timedelta(hours=1)
    return (await freeze(house)).digest


async def test_whoever_asks_at_once_gets_the_file_that_is_made_once(house: House) -> None:
    digest = await frozen(house)
    press = CountingPress(house.engine)
    asked = [(language, form) for language in ("ar", "en") for form in ("docx", "csv")] * 4
    made = await asyncio.gather(*(press.file(digest, *each) for each in asked))
    assert sorted(press.printed) == sorted(set(asked))
    assert press.most_at_once == 1
    async with AsyncSession(house.engine) as session:
        release = reporting.read_release(await reporting.kept_release(session, house.consultation.slug))
    for (language, form), content in zip(asked, made, strict=True):
        assert content == render_file(release, language, form)
    await press.stop()
    assert not press.is_running
    # Kept, without the other process.
    assert await press.file(digest, "ar", "docx") == made[0]
    assert not press.is_running


async def test_whoever_goes_away_does_not_take_the_file_from_the_others(house: House) -> None:
    digest = await frozen(house)
    press = CountingPress(house.engine)
    first = asyncio.create_task(press.file(digest, "en", "csv"))
    await asyncio.sleep(0)
    second = asyncio.create_task(press.file(digest, "en", "csv"))
    await asyncio.sleep(0)
    first.cancel()
    assert len(await second) > 100
    assert press.printed == (("en", "csv"),)
    await press.stop()


async def test_a_process_that_was_killed_is_started_anew(house: House) -> None:
    digest = await frozen(house)
    press = CountingPress(house.engine)
    await press.file(digest, "en", "csv")
    os.kill(press.pid, signal.SIGKILL)
    while psutil.pid_exists(press.pid) and psutil.Process(press.pid).status() != psutil.STATUS_ZOMBIE:
        await asyncio.sleep(0.01)
    try:
        await press.file(digest, "fr", "csv")
    except NotPrinted:
        # The loop had not heard of its end yet.
        await press.file(digest, "fr", "csv")
    with pytest.raises(NotPrinted):
        await press.file(digest, "fr", "stone")
    assert len(await press.file(digest, "es", "csv")) > 100
    await press.stop()


async def test_it_ends_when_nobody_needs_it(house: House) -> None:
    digest = await frozen(house)
    press = CountingPress(house.engine, idle_seconds=0.05)
    await press.file(digest, "en", "csv")
    pid = press.pid
    async with asyncio.timeout(20):
        while press.is_running or (psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE):
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_published_files_are_the_same_bytes_for_everybody(database_url: str, tmp_path: Path) -> None:
    async with running(database_url, tmp_path) as house, house.reader() as anybody:
        house.settings.shelved_seconds = 60
        await frozen(house)
        await publish(house)
        for language in LANGUAGES:
            for file in ("", "/paper.html", "/paper.docx", "/tables.csv", "/release.json"):
                path = f"/{language}/consultations/sample/results{file}"
                first = await anybody.client.get(path, headers={"accept-encoding": "br"})
                again = await anybody.client.get(path, headers={"accept-encoding": "br"})
                assert first.status_code == again.status_code == 200
                assert first.content == again.content
                assert first.headers == again.headers
                assert ("content-encoding" in first.headers) is not file.endswith("docx")
                known = await anybody.client.get(path, headers={"if-none-match": first.headers["etag"]})
                assert (known.status_code, known.content) == (304, b"")
                plain = await anybody.client.get(path, headers={"accept-encoding": "identity"})
                assert plain.content == first.content
        response = await anybody.client.get(f"{BASE}/results/paper.docx")
        assert response.headers["content-disposition"] == 'attachment; filename="sample-en.docx"'
        assert response.headers["x-content-type-options"] == "nosniff"
