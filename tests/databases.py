"""Databases for tests: SQLite and a real PostgreSQL, built by the migrations, a new one for every test that asks.

A test that commits commits for good, as in production, so nothing is rolled back here: each test has a copy of a
migrated template of its own, and the copy is thrown away. One PostgreSQL serves all processes of a run (locked, in the
run's folder) and ends with it.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db import create_engine
from app.schema import upgrade
from tests.postgres import SUPERUSER, Server, clear_run, clear_stale_runs, locked, make_run_folder, name_run_folder

ROOT = Path(__file__).parents[1]
KINDS = ("sqlite", "postgresql")
TEMPLATE = "migrated"

T = TypeVar("T")

_run_folder = pytest.StashKey[Path]()
_numbers = count(1)


# One folder for a run, whichever of its processes asks


def pytest_configure(config: pytest.Config) -> None:
    told = getattr(config, "workerinput", {}).get("run_folder")
    folder = Path(told) if told else name_run_folder()
    config.stash[_run_folder] = folder
    if not told:
        clear_stale_runs(folder.parent)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Each worker of pytest-xdist is told the folder of the process that started it."""
    node.workerinput["run_folder"] = str(node.config.stash[_run_folder])


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        clear_run(config.stash[_run_folder])


# Migrated templates


def migrate(url: str) -> None:
    """The database at `url` has the newest schema. May be called with an event loop running."""

    async def run() -> None:
        engine = create_engine(url)
        try:
            await upgrade(engine)
        finally:
            await engine.dispose()

    _wait_for(run())


def _wait_for(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, run in a loop of its own in another thread: the tests' loop may be busy in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@dataclass(frozen=True)
class Databases:
    """Where new databases come from. `durable` ones are synced to the disk at every commit."""

    folder: Path

    def postgres(self, *, durable: bool) -> Server:
        """The server of this run, started by whoever asks first."""
        make_run_folder(self.folder)
        name = "durable" if durable else "quick"
        ready = self.folder / f"{name}.ready"
        with locked(self.folder):
            if not ready.exists():
                clear_run(self.folder / name)
                server = Server.start(self.folder / name, durable=durable)
                ready.write_text(f"{server.binaries}\n{server.port}\n{server.password}\n")
        binaries, port, password = ready.read_text().splitlines()
        return Server(self.folder / name, Path(binaries), int(port), password, durable)

    @contextmanager
    def new(self, kind: str, folder: Path, *, durable: bool = False, migrated: bool = True) -> Iterator[str]:
        """The address of a new database of `kind`, gone afterwards. An SQLite file lies in `folder`."""
        if kind == "sqlite":
            # Left behind, its file goes with the test's folder.
            path = folder / f"consult-{next(_numbers)}.db"
            if migrated:
                shutil.copyfile(self._sqlite_template(), path)
            yield f"sqlite+aiosqlite:///{path}"
            return
        server = self.postgres(durable=durable)
        template = self._postgres_template(server) if migrated else "template0"
        # One name for each test of each process: two workers may be here at once.
        name = f"test_{folder.parent.name}_{folder.name}_{next(_numbers)}".replace("-", "_")[-60:].lower()
        _wait_for(_execute(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        try:
            yield server.url(name)
        finally:
            _wait_for(_execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))

    def _sqlite_template(self) -> Path:
        make_run_folder(self.folder)
        ready = self.folder / "template.db"
        with locked(self.folder):
            if not ready.exists():
                unfinished = self.folder / "unfinished.db"
                unfinished.unlink(missing_ok=True)
                migrate(f"sqlite+aiosqlite:///{unfinished}")
                unfinished.rename(ready)
        return ready

    def _postgres_template(self, server: Server) -> str:
        ready = server.folder.with_suffix(".migrated")
        with locked(self.folder):
            if not ready.exists():
                _wait_for(
                    _execute(
                        server,
                        f'DROP DATABASE IF EXISTS "{TEMPLATE}" WITH (FORCE)',
                        f'CREATE DATABASE "{TEMPLATE}" TEMPLATE template0',
                    )
                )
                migrate(server.url(TEMPLATE))
                ready.touch()
        return TEMPLATE


async def _execute(server: Server, *statements: str) -> None:
    connection = await asyncpg.connect(
        user=SUPERUSER, database="postgres", host=str(server.folder), port=server.port, timeout=30
    )
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


# What tests ask for


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Databases:
    return Databases(pytestconfig.stash[_run_folder])


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """A test that asks for a database runs once for each kind. One that concerns a single kind says so:
    `@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)`."""
    kind: str = request.param
    return kind


@pytest.fixture
def database_url(databases: Databases, database_kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database of this test's own."""
    with databases.new(database_kind, tmp_path) as url:
        yield url


@pytest.fixture
def durable_database_url(databases: Databases, database_kind: str, tmp_path: Path) -> Iterator[str]:
    """The same, with every commit on the disk as in production: for tests that kill and for measurements."""
    with databases.new(database_kind, tmp_path, durable=True) as url:
        yield url


@pytest.fixture
def bare_database_url(databases: Databases, database_kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables: for tests of the migrations."""
    with databases.new(database_kind, tmp_path, migrated=False) as url:
        yield url


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on `database_url`, as the application makes it."""
    engine = create_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
def new_database(databases: Databases, tmp_path: Path) -> Callable[[str], Any]:
    """`with new_database("postgresql") as url`: for a test that needs more than one."""
    return lambda kind: databases.new(kind, tmp_path)
