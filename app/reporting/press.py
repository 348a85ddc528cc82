"""Files of releases for those who download: each made once and kept, one at a time, in a process of its own.

A document takes a fifth of a second of processor; in the process that takes answers, or in a thread of it, every Send
would wait for that. The other process, `printing`, ends when it was not needed for a minute.
"""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections import OrderedDict
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.reporting.models import KeptRelease
from app.reporting.terms import Terms

#: Digest of the release, language and format.
Key = tuple[str, str, str]

ROOT = Path(__file__).parents[2]
MOST_KEPT_BYTES = 32 * 1024 * 1024
IDLE_SECONDS = 60.0
LONGEST_SECONDS = 120.0


class NotPrinted(RuntimeError):
    """The other process made no file."""


class Press:
    """Makes files, and keeps those asked for last. `stop` after the last."""

    def __init__(self, engine: AsyncEngine, idle_seconds: float = IDLE_SECONDS, terms: Terms | None = None) -> None:
        self._engine = engine
        self._terms = asdict(terms or Terms())
        self._idle_seconds = idle_seconds
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._making: dict[Key, asyncio.Task[bytes]] = {}
        self._one_at_a_time = asyncio.Lock()
        self._process: Process | None = None
        self._resting: asyncio.TimerHandle | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None

    async def file(self, digest: str, language: str, form: str) -> bytes:
        """The file of the release with that digest, as `render_file` makes it. Whoever asks for one that is being made
        waits for that one. Raises NotPrinted."""
        key = (digest, language, form)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.create_task(self._make(key), name=f"press {language} {form}")
            making.add_done_callback(lambda _: self._making.pop(key, None))
        # Whoever goes away does not take the file from the others.
        return await asyncio.shield(making)

    async def stop(self) -> None:
        """Nothing is made any more, and the other process is gone."""
        making = list(self._making.values())
        for each in making:
            each.cancel()
        await asyncio.gather(*making, return_exceptions=True)
        process = self._process
        self._end()
        if process is not None:
            await process.wait()

    async def _make(self, key: Key) -> bytes:
        digest, language, form = key
        async with self._one_at_a_time:
            async with AsyncSession(self._engine) as session:
                wanted = select(KeptRelease.content).where(KeptRelease.digest == digest).limit(1)
                content = (await session.scalars(wanted)).one().encode()
            if self._resting is not None:
                self._resting.cancel()
            try:
                async with asyncio.timeout(LONGEST_SECONDS):
                    made = await self._print(content, language, form)
            except BaseException:
                # It may be in the middle of an answer that nobody reads.
                self._end()
                raise
            self._resting = asyncio.get_running_loop().call_later(self._idle_seconds, self._end)
        if not made:
            raise NotPrinted(f"{form} in {language}")
        self._kept[key] = made
        while sum(map(len, self._kept.values())) > MOST_KEPT_BYTES and len(self._kept) > 1:
            self._kept.popitem(last=False)
        return made

    async def _print(self, release: bytes, language: str, form: str) -> bytes:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "app.reporting.printing", cwd=ROOT, stdin=PIPE, stdout=PIPE
            )
        orders, answers = self._process.stdin, self._process.stdout
        assert orders is not None and answers is not None  # noqa: S101, PT018 - asked for as pipes
        order = {"language": language, "form": form, "bytes": len(release), "terms": self._terms}
        orders.write(json.dumps(order).encode() + b"\n" + release)
        try:
            await orders.drain()
            return await answers.readexactly(int(await answers.readline()))
        except (ValueError, EOFError, ConnectionError) as fault:
            raise NotPrinted(f"{form} in {language}: the other process ended") from fault

    def _end(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
