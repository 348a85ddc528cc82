"""Heavy work in a process of its own: whoever sends answers meanwhile does not wait for it.

`python -m app.reporting.apart` is that process: a function and what it is given come in, what it gives goes out, and
nothing of it stays in memory.
"""

import asyncio
import os
import pickle
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

T = TypeVar("T")
#: Where `app` is found, wherever the service was started.
HOME = Path(__file__).parents[2]
#: What has not ended by then never will.
LONGEST_SECONDS = 3600.0
#: Behind everything that somebody waits for with a finger on the screen.
NICENESS = 5
#: So much of the other process's last words is told on.
LAST_WORDS = 2000
OURSELVES = (sys.executable, "-m", __name__)

#: Processes that go on without us are waited for, so that they are not left as zombies.
_begun: set[asyncio.Task[Any]] = set()


class NotDone(RuntimeError):
    """The other process broke; its last words are in the message."""


async def apart(work: Callable[..., T], *given: Any, seconds: float = LONGEST_SECONDS) -> T:
    """What `work`, a function of a module, gives; done by a new process that ends with us or after so many seconds.

    Raises NotDone when it broke, which stands in our own error output, too, and TimeoutError.
    """
    process = await asyncio.create_subprocess_exec(*OURSELVES, cwd=HOME, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(seconds):
            made, said = await process.communicate(pickle.dumps((work, given)))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        words = said.decode(errors="replace")
        sys.stderr.write(words)
        raise NotDone(f"{work.__name__} ended with {process.returncode}\n{words[-LAST_WORDS:]}")
    # What comes back is what our own process wrote.
    done: T = pickle.loads(made)  # noqa: S301
    return done


async def begin(work: Callable[..., object], *given: Any, holding: IO[str]) -> None:
    """A new process does `work`, and goes on whatever becomes of us. It has this file open until it ends, however it
    ends."""
    process = await asyncio.create_subprocess_exec(
        *OURSELVES, cwd=HOME, stdin=PIPE, stdout=DEVNULL, pass_fds=(holding.fileno(),), start_new_session=True
    )
    waiting = asyncio.create_task(process.communicate(pickle.dumps((work, given))))
    _begun.add(waiting)
    waiting.add_done_callback(_begun.discard)


def main() -> None:
    os.nice(NICENESS)
    work, given = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started us
    sys.stdout.buffer.write(pickle.dumps(work(*given)))


if __name__ == "__main__":
    main()
