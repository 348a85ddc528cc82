"""Heavy work in a process of its own: whoever sends answers meanwhile does not wait for it.

`python -m app.reporting.apart` is that process: a function and what it is given come in, what it gives goes out.
"""

import asyncio
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
#: Where `app` is found, wherever the service was started.
HOME = Path(__file__).parents[2]


async def apart(work: Callable[..., T], *given: Any) -> T:
    """What `work`, a function of a module, gives; done by a new process that ends afterwards, whatever becomes of us.

    Raises RuntimeError when it broke; why stands in our own error output.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=HOME,
    )
    try:
        out, _ = await process.communicate(pickle.dumps((work, given)))
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        raise RuntimeError(f"{work.__name__} ended with {process.returncode}")
    # What comes back is what our own process wrote.
    made: T = pickle.loads(out)  # noqa: S301
    return made


def main() -> None:
    work, given = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started us
    sys.stdout.buffer.write(pickle.dumps(work(*given)))


if __name__ == "__main__":
    main()
