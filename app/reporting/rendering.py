"""Documents of releases, made apart: no Send ever waits for one.

A file is made once for a release and a version of our own templates and words, and kept in the data folder; whoever
asks next is given the same bytes.
"""

import asyncio
import hashlib
import os
import shutil
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

from app.questionnaire.document import LANGUAGES
from app.reporting.apart import apart

ROOT = Path(__file__).parents[1]
#: What decides how a document looks besides its release.
MADE_FROM = ("reporting", "templates/reporting", "templates/layouts", "web", "questionnaire", "../locales", "../static")
#: What is made of a release; its "json" is the release itself.
FORMS = ("page", "results", "charts", "html", "docx", "pdf", "csv")
#: As many processes at the same time as there are processors on the smallest machine.
AT_ONCE = 2
PATIENCE_SECONDS = 300.0


class Documents:
    """Files of releases. `folder` is ours alone: what lies in it can be made again at any time. `content_of` gives the
    release with a digest. `stop` after the last."""

    def __init__(self, folder: Path, content_of: Callable[[str], Awaitable[str]]) -> None:
        self._folder, self._content_of, self._stamp = folder, content_of, stamp()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._under_way: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def file(self, digest: str, language: str, form: str) -> bytes:
        """One file of the release with that digest, as `render_file` makes it. Raises NotDone."""
        if form == "json":
            return (await self._content_of(digest)).encode()
        path = self._folder_of(digest) / f"{language}.{form}"
        if not path.exists():
            # Whoever goes away does not take the file from the others.
            await asyncio.shield(self._begin(digest, language))
        return await asyncio.to_thread(path.read_bytes)

    def make_all(self, digest: str, first: str = "en") -> None:
        """Every file in every language is being made, as many languages at once as may be, `first` among these."""
        for language in sorted(LANGUAGES, key=first.__ne__):
            self._begin(digest, language)

    async def stop(self) -> None:
        """Nothing is made any more, and no other process is there."""
        tasks = tuple(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, digest: str, language: str) -> asyncio.Task[None]:
        """When it is done, every file in that language is there: the process costs more than one of them."""
        key = (digest, language)
        if key not in self._under_way:
            task = self._under_way[key] = asyncio.create_task(self._make(digest, language), name=f"paper {language}")
            task.add_done_callback(lambda _: self._under_way.pop(key))
        return self._under_way[key]

    async def _make(self, digest: str, language: str) -> None:
        async with self._places:
            content, folder = await self._content_of(digest), self._folder_of(digest)
            await asyncio.to_thread(_make_room, folder)
            await apart(make, content.encode(), language, folder, seconds=PATIENCE_SECONDS)

    def _folder_of(self, digest: str) -> Path:
        return self._folder / digest / self._stamp


@cache
def stamp() -> str:
    """One word for how documents look now: another one as soon as a template, a catalogue or this code changes."""
    found = hashlib.sha256()
    for folder in MADE_FROM:
        for path in sorted((ROOT / folder).resolve().rglob("*")):
            if path.suffix in (".py", ".typ", ".html", ".css", ".json", ".mo"):
                found.update(path.read_bytes())
    return found.hexdigest()[:16]


def _make_room(folder: Path) -> None:
    """The folder is there, and those of the same release that an older version of ours made are not."""
    folder.mkdir(parents=True, exist_ok=True)
    for other in folder.parent.iterdir():
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)


def make(content: bytes, language: str, folder: Path) -> None:
    """The files of that release that were not there are, each whole."""
    # Only the other process has these libraries in memory.
    from app.reporting.release_file import from_bytes
    from app.reporting.renderers.files import render_file

    release = from_bytes(content)
    for form in FORMS:
        path = folder / f"{language}.{form}"
        if not path.exists():
            unfinished = path.with_name(f"{path.name}.{os.getpid()}")
            unfinished.write_bytes(render_file(release, language, form))
            unfinished.replace(path)
