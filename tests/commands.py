"""Runs `consult` as an operator does, in a process of its own with its own settings, folder and streams.

The process is forked from one that has imported the command line already: importing costs seconds, a fork nothing.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
LONGEST_SECONDS = 120.0

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["app.cli"])


def run_consult(words: tuple[str, ...], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """What the command said, and its exit code. Raises TimeoutError for one that does not end."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = _forks.Process(target=_consult, args=(words, dict(environment), out, err))
        process.start()
        process.join(LONGEST_SECONDS)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"consult {' '.join(words)} has not ended after {LONGEST_SECONDS:.0f} s")
        said = [path.read_text(encoding="utf-8") for path in (out, err)]
        return subprocess.CompletedProcess(words, process.exitcode, *said)


def _consult(words: tuple[str, ...], environment: Mapping[str, str], out: Path, err: Path) -> None:
    from app.cli import main

    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    for stream, path in ((sys.stdout, out), (sys.stderr, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), stream.fileno())
    sys.argv = ["consult", *words]
    main()
