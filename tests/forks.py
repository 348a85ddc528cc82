"""Work apart, in tests, is done by processes forked from one that has imported everything: importing costs seconds, a
fork nothing. What goes in and out, and how such a process is ended, is the same."""

import importlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

#: What work apart needs.
IMPORTED = ("app.reporting.service", "app.reporting.versions", "app.reporting.renderers.files")
BETWEEN_LOOKS_SECONDS = 0.01
LONGEST_SECONDS = 60.0


def send(path: str) -> None:
    """Stands for the process that is asked for: hands its streams on, and ends as the fork does, which ends with it."""
    if os.path.samestat(os.fstat(1), Path(os.devnull).stat()):
        # Whoever asks for no answer wants a process that goes on without them.
        os.execv(sys.executable, [sys.executable, "-m", "app.reporting.apart"])
    until = time.monotonic() + LONGEST_SECONDS
    with socket.socket(socket.AF_UNIX) as asking:
        while asking.connect_ex(path) and time.monotonic() < until:
            time.sleep(BETWEEN_LOOKS_SECONDS)
        socket.send_fds(asking, [b"."], [0, 1, 2])
        code = asking.recv(1)
    os._exit(code[0] if code else 1)


def serve(path: str) -> None:
    """Forks for everybody who asks, until whoever started us is gone."""
    for name in IMPORTED:
        importlib.import_module(name)
    ours = os.getppid()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(32)
        while os.getppid() == ours:
            if not select.select([listening], [], [], 1)[0]:
                continue
            asking, _ = listening.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listening.close()
                look_after(asking)
            asking.close()


def look_after(asking: socket.socket) -> None:
    """The work is done, or given up as soon as nobody waits for it."""
    _, streams, _, _ = socket.recv_fds(asking, 1, 3)
    working = os.fork()
    if working == 0:
        asking.close()
        for place, stream in enumerate(streams):
            os.dup2(stream, place)
            os.close(stream)
        work()
    for stream in (*streams, 0, 1, 2):
        os.close(stream)
    while True:
        ended, status = os.waitpid(working, os.WNOHANG)
        if ended:
            asking.send(bytes([os.waitstatus_to_exitcode(status) & 0xFF]))
            os._exit(0)
        if select.select([asking], [], [], BETWEEN_LOOKS_SECONDS)[0]:
            os.kill(working, signal.SIGKILL)
            os._exit(0)


def work() -> None:
    from app.reporting.apart import main

    code = 0
    try:
        main()
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        code = 1
    os._exit(code)


if __name__ == "__main__":
    {"send": send, "serve": serve}[sys.argv[1]](sys.argv[2])
else:
    import pytest

    from app.reporting import apart

    @pytest.fixture(scope="session", autouse=True)
    def forked() -> Iterator[None]:
        """Work apart begins at once."""
        ourselves = apart.OURSELVES
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder, "forks"))
            server = subprocess.Popen([sys.executable, "-m", "tests.forks", "serve", path], cwd=apart.HOME)
            apart.OURSELVES = (sys.executable, "-I", "-S", __file__, "send", path, apart.__name__)  # type: ignore[assignment]
            yield
            apart.OURSELVES = ourselves
            server.kill()
            server.wait()
