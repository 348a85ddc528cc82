"""Documents of releases, made apart: no Send ever waits for one.

A file is made once for a release and a version of our own templates and words, and kept in the data folder; whoever
asks next is given the same bytes.
"""

import asyncio
import hashlib
import os
import shutil
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from app.questionnaire.document import LANGUAGES
from app.reporting.apart import apart

ROOT = Path(__file__).parents[1]
#: What decides how a document looks besides its release.
MADE_FROM = ("reporting", "templates/reporting", "web", "questionnaire", "../locales", "../static")
#: What is made of a release; its "json" is the release itself.
FORMS = ("page", "charts", "html", "paragraphs", "csv", "docx", "pdf")
#: As many processes at the same time as there are processors on the smallest machine.
AT_ONCE = 2
PATIENCE_SECONDS = 300.0
LOOK_SECONDS = 0.1

ContentOf = Callable[[str], Awaitable[str]]


class Documents:
    """Files of releases. `folder` is ours alone: what lies in it can be made again at any time. `content_of` gives the
    release with a digest. `stop` after the last."""

    def __init__(self, folder: Path, content_of: ContentOf) -> None:
        self._folder, self._content_of, self._stamp = folder, content_of, stamp()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._under_way: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def file(self, digest: str, language: str, form: str) -> bytes:
        """One file of the release with that digest, as `render_file` makes it. Raises NotDone."""
        if form == "json":
            return (await self._content_of(digest)).encode()
        path = self._path(digest, language, form)
        if not path.exists():
            self._begin(digest, [language], self._content_of)
            await self._made(digest, path)
        return await asyncio.to_thread(path.read_bytes)

    def make_all(self, digest: str, first: str = "en") -> None:
        """Every file in every language is being made, those of `first` first."""
        self._begin_all(digest, sorted(LANGUAGES, key=first.__ne__), self._content_of)

    async def all_of(self, content: str, forms: Sequence[str]) -> Mapping[tuple[str, str], bytes]:
        """These files of a release that is kept nowhere, by language and format. Raises NotDone."""
        digest = hashlib.sha256(content.encode()).hexdigest()

        async def itself(_: str) -> str:
            return content

        paths = {(language, form): self._path(digest, language, form) for language in LANGUAGES for form in forms}
        self._begin_all(digest, [language for (language, _), path in paths.items() if not path.exists()], itself)
        for path in paths.values():
            await self._made(digest, path)
        return {key: await asyncio.to_thread(path.read_bytes) for key, path in paths.items()}

    async def stop(self) -> None:
        """Nothing is made any more, and no other process is there."""
        tasks = set(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin_all(self, digest: str, languages: Sequence[str], content_of: ContentOf) -> None:
        different = list(dict.fromkeys(languages))
        for place in range(AT_ONCE):
            self._begin(digest, different[place::AT_ONCE], content_of)

    def _begin(self, digest: str, languages: Sequence[str], content_of: ContentOf) -> None:
        """Every file in these languages is being made: a process costs more than one of them."""
        new = [language for language in languages if (digest, language) not in self._under_way]
        if new:
            task = asyncio.create_task(self._make(digest, new, content_of), name=f"papers {' '.join(new)}")
            self._under_way |= {(digest, language): task for language in new}
            task.add_done_callback(lambda _: [self._under_way.pop((digest, language)) for language in new])

    async def _make(self, digest: str, languages: Sequence[str], content_of: ContentOf) -> None:
        async with self._places:
            content, folder = await content_of(digest), self._folder / digest / self._stamp
            await asyncio.to_thread(_make_room, folder)
            await apart(make, content.encode(), languages, folder, seconds=PATIENCE_SECONDS)

    async def _made(self, digest: str, path: Path) -> None:
        """The file is there. Whoever goes away meanwhile does not take it from the others."""
        task = self._under_way.get((digest, path.stem))
        done: set[asyncio.Task[None]] = set()
        while task is not None and not done and not path.exists():  # noqa: ASYNC240 - a look at a local folder
            done, _ = await asyncio.wait({task}, timeout=LOOK_SECONDS)
        for each in done:
            each.result()

    def _path(self, digest: str, language: str, form: str) -> Path:
        return self._folder / digest / self._stamp / f"{language}.{form}"


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


def make(content: bytes, languages: Iterable[str], folder: Path) -> None:
    """The files of that release that were not there are, each whole."""
    # Only the other process has these libraries in memory.
    from app.reporting.release_file import from_bytes
    from app.reporting.renderers.files import render_file

    release = from_bytes(content)
    for path in (folder / f"{language}.{form}" for language in languages for form in FORMS):
        if not path.exists():
            unfinished = path.with_name(f"{path.name}.{os.getpid()}")
            unfinished.write_bytes(render_file(release, path.stem, path.suffix.removeprefix(".")))
            unfinished.replace(path)
