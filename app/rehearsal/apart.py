"""A rehearsal of a consultation that nobody can answer yet: what is rehearsed, what came of it, and the process of its
own in which it runs, so that neither the pages nor the answers of young people are touched.

That process is `stage.py`.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger(__name__)

ROOT = Path(__file__).parents[2]
STAGE = "app.rehearsal.stage"
#: A rehearsal that has not ended by then never will.
LONGEST_SECONDS = 600.0
#: Told to end, the process has removed what it wrote by then.
END_SECONDS = 10.0
ANSWERS = 200
SEED = 1
CONCURRENCY = 8


@dataclass(frozen=True)
class Piece:
    """What is rehearsed. `document` is the questionnaire as it is stored."""

    slug: str
    document: str
    consent: str
    age_bands: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Piece":
        return cls(told["slug"], told["document"], told["consent"], tuple(told["age_bands"]))


@dataclass(frozen=True)
class Verdict:
    """What came of it. `silent` are the languages in which nobody sent; `faults` says in words what the pages must
    answer for, and what is kept otherwise than it was sent."""

    answers: int
    sent: int
    seconds: float
    silent: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.faults and not self.silent

    @property
    def reason(self) -> str:
        """Why it was not passed."""
        silent = (f"nobody sent in {', '.join(self.silent)}",) if self.silent else ()
        return "; ".join((*self.faults, *silent))

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Verdict":
        return cls(told["answers"], told["sent"], told["seconds"], tuple(told["silent"]), tuple(told["faults"]))


Then = Callable[[Verdict], Awaitable[None]]


class Rehearsals:
    """The rehearsals of this server. Each runs in a process of its own and ends with it, with us, or after its time."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    async def start(self, slug: str, document: str, consent: str, age_bands: tuple[str, ...], then: Then) -> None:
        """Begun, not awaited. `then` is told the verdict, also where the process was cut off."""
        piece = Piece(slug, document, consent, age_bands)
        task = asyncio.create_task(self._run(piece, then), name=f"rehearsal {piece.slug}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def stop(self) -> None:
        """None is running any more, and each verdict was told."""
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _run(self, piece: Piece, then: Then) -> None:
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                verdict = await _in_a_process(piece)
        except asyncio.CancelledError:
            verdict = _cut_off("the server was stopped")
        except TimeoutError:
            verdict = _cut_off("it took too long")
        except (OSError, ValueError, KeyError) as fault:
            log.warning("rehearsal_broke", reason=type(fault).__name__)
            verdict = _cut_off("its process broke")
        await then(verdict)


def _cut_off(why: str) -> Verdict:
    return Verdict(ANSWERS, 0, 0.0, faults=(why,))


async def _in_a_process(piece: Piece) -> Verdict:
    """Raises ValueError when the process did not come to an end of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", STAGE, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None  # noqa: S101 - asked for a line ago
    assert process.stdout is not None  # noqa: S101 - asked for two lines ago
    try:
        # The pipe stays open: when it breaks, the other side knows that we are gone.
        process.stdin.write(json.dumps(piece.as_json()).encode() + b"\n")
        await process.stdin.drain()
        said = await process.stdout.read()
        return Verdict.read(json.loads(said.splitlines()[-1] if said else b""))
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(END_SECONDS):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
