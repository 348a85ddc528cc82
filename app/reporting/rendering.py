"""Documents of a release, made in processes of their own: no Send ever waits for one.

A file is made once for a release and a version of our own templates and words, and kept in the data folder; whoever
asks next is given the same bytes. `python -m app.reporting.rendering` is that other process: it reads what to make and
the release from its standard input, writes the files, and ends, so that nothing stays in memory.
"""

import asyncio
import hashlib
import json
import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.questionnaire.document import LANGUAGES

ROOT = Path(__file__).parents[1]
#: What decides how a document looks besides its release.
MADE_FROM = ("reporting", "templates/reporting", "web", "questionnaire", "../locales", "../static")
#: The formats of which every language is made after a freeze. Both are heavy; pages and tables are made when asked for.
HEAVY = ("docx", "pdf")
#: As many at the same time as there are processors on the smallest machine; a document takes some seconds.
AT_ONCE = 2
PATIENCE_SECONDS = 300.0


class DocumentNotMade(RuntimeError):
    """The other process failed; its words are in the message."""


@dataclass(frozen=True)
class Job:
    """One file: its language, its format, and where it goes."""

    language: str
    form: str
    path: Path


class Documents:
    """Files of releases. `folder` is ours alone; what lies in it can be made again at any time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places = asyncio.Semaphore(AT_ONCE)
        self._under_way: defaultdict[Path, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def file(self, content: str, language: str, form: str) -> bytes:
        """One file of the release that this text is: a format of `renderers.files`, "page" or "charts". Raises
        DocumentNotMade."""
        if form == "json":
            return content.encode()
        job = self._job(content, language, form)
        async with self._under_way[job.path]:
            if not job.path.exists():
                await self._make(content, [job])
        return await asyncio.to_thread(job.path.read_bytes)

    async def make_all(self, content: str, languages: Sequence[str] = LANGUAGES) -> None:
        """Every heavy document in every language is there, made by as many processes as may run at once. A repeat makes
        nothing. Raises DocumentNotMade."""
        jobs = [self._job(content, language, form) for language in languages for form in HEAVY]
        missing = [job for job in jobs if not job.path.exists()]
        parts = [missing[first::AT_ONCE] for first in range(AT_ONCE)]
        await asyncio.gather(*(self._make(content, part) for part in parts if part))

    def _job(self, content: str, language: str, form: str) -> Job:
        digest = hashlib.sha256(content.encode()).hexdigest()
        return Job(language, form, self._folder / digest / stamp() / f"{language}.{form}")

    async def _make(self, content: str, jobs: Sequence[Job]) -> None:
        await asyncio.to_thread(_make_room, {job.path.parent for job in jobs})
        wanted = json.dumps([[job.language, job.form, str(job.path)] for job in jobs])
        async with self._places:
            other = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "app.reporting.rendering",
                cwd=ROOT.parent,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    _, said = await other.communicate(f"{wanted}\n{content}".encode())
            except BaseException:
                if other.returncode is None:
                    other.kill()
                    await other.wait()
                raise
        if other.returncode:
            raise DocumentNotMade(said.decode(errors="replace")[-2000:])


@cache
def stamp() -> str:
    """One word for how documents look now: another one as soon as a template, a catalogue or this code changes."""
    found = hashlib.sha256()
    for folder in MADE_FROM:
        for path in sorted((ROOT / folder).resolve().rglob("*")):
            if path.suffix in (".py", ".typ", ".html", ".css", ".json", ".mo"):
                found.update(path.read_bytes())
    return found.hexdigest()[:16]


def _make_room(folders: Iterable[Path]) -> None:
    """The folders are there, and those of the same release that an older version of ours made are not."""
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        for other in folder.parent.iterdir():
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)


def make(jobs: Iterable[Job], content: bytes) -> None:
    """The files are there, each whole."""
    # Only the other process has these libraries in memory.
    from app.reporting.release_file import from_bytes
    from app.reporting.renderers.files import render_file

    release = from_bytes(content)
    for job in jobs:
        unfinished = job.path.with_name(f"{job.path.name}.{os.getpid()}")
        unfinished.write_bytes(render_file(release, job.language, job.form))
        unfinished.replace(job.path)


def main() -> None:
    """What the other process does. It yields to whoever serves people."""
    os.nice(10)
    wanted, _, content = sys.stdin.buffer.read().partition(b"\n")
    make([Job(language, form, Path(path)) for language, form, path in json.loads(wanted)], content)


if __name__ == "__main__":
    main()
