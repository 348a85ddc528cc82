"""Documents of releases, made apart: no Send ever waits for one.

A file is made once for a release and a version of our own templates and words, and kept in the data folder; whoever
asks next is given the same bytes.
"""

import asyncio
import hashlib
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from app.questionnaire.document import LANGUAGES
from app.reporting import release_file
from app.reporting.apart import apart
from app.reporting.terms import Terms
from app.reporting.words import Words, from_text, to_text, worded

ROOT = Path(__file__).parents[1]
#: What decides how a document looks besides its release.
MADE_FROM = ("reporting", "templates/reporting", "templates/layouts", "web", "questionnaire", "../locales", "../static")
#: What is made of a release, in two goes; its "json" is the release itself. The words of the secretariat stand in the
#: first.
PAPER = ("page", "charts", "html", "paragraphs", "docx", "pdf")
DATA = ("results", "csv", "xlsx", "ods", "zip")
#: The same in every language, so made in one of them only.
ONCE, ONCE_IN = "zip", "en"
#: As many processes at the same time as there are processors on the smallest machine.
AT_ONCE = 2
PATIENCE_SECONDS = 300.0
LOOK_SECONDS = 0.1
#: So long after them, nobody is still given files with the words of before.
OTHER_WORDS_SECONDS = 3600

ContentOf = Callable[[str], Awaitable[str]]
#: Languages, each with the words of the secretariat in it as `words.to_text` writes them.
Spoken = Mapping[str, str]
#: What is made in one go: digest of the release, language, words of the secretariat, formats.
Key = tuple[str, str, str, tuple[str, ...]]


class Documents:
    """Files of releases. `folder` is ours alone: what lies in it can be made again at any time. `content_of` gives the
    release with a digest; `terms` are those of the platform. `stop` after the last."""

    def __init__(self, folder: Path, content_of: ContentOf, terms: Terms | None = None) -> None:
        self._folder, self._content_of, self._terms = folder, content_of, terms or Terms()
        self._stamp = stamp(self._terms)
        self._places = asyncio.Semaphore(AT_ONCE)
        self._under_way: dict[Key, asyncio.Task[None]] = {}

    async def file(self, digest: str, language: str, form: str, words: str = "") -> bytes:
        """One file of the release with that digest, as `render_file` makes it, with these words of the secretariat (as
        `words.to_text` writes them) where it is a paper. Raises NotDone."""
        if form == "json":
            return (await self._content_of(digest)).encode()
        language = ONCE_IN if form == ONCE else language
        forms, words = (PAPER, words) if form in PAPER else (DATA, "")
        path = self._path(digest, language, form, words)
        if not path.exists():
            self._begin(digest, {language: words}, forms, self._content_of)
            await self._made((digest, language, words, forms), path)
        return await asyncio.to_thread(path.read_bytes)

    async def ready(self, digest: str, language: str, form: str) -> bytes | None:
        """A file of data, or None while it is not made."""
        if form == "json":
            return (await self._content_of(digest)).encode()
        path = self._path(digest, ONCE_IN if form == ONCE else language, form, "")
        return await asyncio.to_thread(path.read_bytes) if path.exists() else None

    def make_all(self, digest: str, first: str = "en") -> None:
        """Every file in every language is being made, papers before data and those of `first` first."""
        for forms in (PAPER, DATA):
            self.make_these(digest, forms, first)

    def make_these(self, digest: str, forms: tuple[str, ...], first: str = "en") -> None:
        """The files of PAPER or DATA are being made in every language."""
        spoken = dict.fromkeys(sorted(LANGUAGES, key=first.__ne__), "")
        self._begin_all(digest, spoken, forms, self._content_of)

    async def all_of(self, content: str, forms: Sequence[str], words: Words) -> Mapping[tuple[str, str], bytes]:
        """These files of a release that is kept nowhere, with these words, by language and format. Raises NotDone."""
        digest, forms = release_file.digest(content.encode()), tuple(forms)

        async def itself(_: str) -> str:
            return content

        spoken = {language: to_text({language: words.get(language, {})}) for language in LANGUAGES}
        paths = {
            (language, form): self._path(digest, language, form, own)
            for language, own in spoken.items()
            for form in forms
        }
        missing = {language: spoken[language] for (language, _), path in paths.items() if not path.exists()}
        self._begin_all(digest, missing, forms, itself)
        for (language, _), path in paths.items():
            await self._made((digest, language, spoken[language], forms), path)
        return {key: await asyncio.to_thread(path.read_bytes) for key, path in paths.items()}

    async def extract(
        self, digests: Sequence[str], words: Sequence[str], years: tuple[int, int], language: str, form: str
    ) -> bytes:
        """The extract of these releases, each with its words, for the years from the first to the last. It is not kept.
        Raises NotDone."""
        contents = [(await self._content_of(digest)).encode() for digest in digests]
        async with self._places:
            what = f"{form} {years[0]} {years[1]}"
            return await apart(make_extract, contents, words, what, language, seconds=PATIENCE_SECONDS)

    async def stop(self) -> None:
        """Nothing is made any more, and no other process is there."""
        tasks = set(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin_all(self, digest: str, spoken: Spoken, forms: tuple[str, ...], content_of: ContentOf) -> None:
        for place in range(AT_ONCE):
            self._begin(digest, dict(list(spoken.items())[place::AT_ONCE]), forms, content_of)

    def _begin(self, digest: str, spoken: Spoken, forms: tuple[str, ...], content_of: ContentOf) -> None:
        """These files in these languages are being made: a process costs more than one of them."""
        keys: list[Key] = [
            key
            for language, words in spoken.items()
            if (key := (digest, language, words, forms)) not in self._under_way
        ]
        if keys:
            new = {language: words for _, language, words, _ in keys}
            task = asyncio.create_task(self._make(digest, new, forms, content_of), name=f"papers {' '.join(new)}")
            self._under_way |= dict.fromkeys(keys, task)
            task.add_done_callback(lambda _: [self._under_way.pop(key) for key in keys])

    async def _make(self, digest: str, spoken: Spoken, forms: tuple[str, ...], content_of: ContentOf) -> None:
        async with self._places:
            content, folder = await content_of(digest), self._folder / digest / self._stamp
            await asyncio.to_thread(_make_room, folder)
            given = (content.encode(), spoken, forms, self._terms, folder)
            await apart(make, *given, seconds=PATIENCE_SECONDS)

    async def _made(self, key: Key, path: Path) -> None:
        """The file is there. Whoever goes away meanwhile does not take it from the others."""
        task = self._under_way.get(key)
        done: set[asyncio.Task[None]] = set()
        while task is not None and not done and not path.exists():  # noqa: ASYNC240 - a look at a local folder
            done, _ = await asyncio.wait({task}, timeout=LOOK_SECONDS)
        for each in done:
            each.result()

    def _path(self, digest: str, language: str, form: str, words: str) -> Path:
        return self._folder / digest / self._stamp / name_of(language, form, words)


def name_of(language: str, form: str, words: str) -> str:
    """What a file is called: other words, another name."""
    mark = f"-{hashlib.sha256(words.encode()).hexdigest()[:16]}" if words else ""
    return f"{language}{mark}.{form}"


@cache
def stamp(terms: Terms = Terms()) -> str:  # noqa: B008 - is never changed
    """One word for how documents look now: another one as soon as a template, a catalogue, this code or the terms of
    the platform change."""
    found = hashlib.sha256(repr(terms).encode())
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


def make(content: bytes, spoken: Spoken, forms: Sequence[str], terms: Terms, folder: Path) -> None:
    """The files of that release that were not there are, each whole; those with words of long before are not."""
    # Only the other process has these libraries in memory.
    from app.reporting.renderers.files import render_file

    release = release_file.from_bytes(content)
    for language, words in spoken.items():
        told = worded(release, from_text(words))
        for form in forms:
            path = folder / name_of(language, form, words)
            if not path.exists() and (form != ONCE or language == ONCE_IN):
                unfinished = path.with_name(f"{path.name}.{os.getpid()}")
                unfinished.write_bytes(render_file(told, language, form, terms))
                unfinished.replace(path)
                _forget_other_words(path, f"{language}-*.{form}")


def _forget_other_words(path: Path, names: str) -> None:
    made_at = path.stat().st_mtime
    for other in path.parent.glob(names):
        if other != path and other.stat().st_mtime < made_at - OTHER_WORDS_SECONDS:
            other.unlink(missing_ok=True)


def make_extract(contents: Sequence[bytes], words: Sequence[str], what: str, language: str) -> bytes:
    """As `render_extract` makes it."""
    from app.reporting.renderers.extract_files import render_extract

    return render_extract(contents, words, what, language)
