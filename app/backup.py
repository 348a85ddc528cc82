"""One file that holds everything: every row of every table, the snapshots, and the secret where we keep it ourselves.

It is a ZIP of JSON lines, the same for SQLite and PostgreSQL, so a backup of one can be restored into the other.
Whoever has it has all answers and, with the secret, could recognize a receipt code: it is as secret as the service.
Answers that were erased since live on in it, so it is kept no longer than it is needed.
"""

import base64
import hashlib
import hmac
import json
import os
import zipfile
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy import JSON, Connection, Date, DateTime, LargeBinary, MetaData, Table, func, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.errors import OperatorError
from app.schema import VERSION_TABLE, upgrade, version_of, versions
from app.settings import Settings

FORMAT = 1
MANIFEST = "manifest.json"
ROWS_AT_A_TIME = 2000
KEPT_FILES = "snapshots"
SECRET = "secret"  # noqa: S105 - the name of a file


async def back_up(engine: AsyncEngine, settings: Settings, out: Path) -> Mapping[str, int]:
    """`out` holds everything as it is at one instant, whole or not at all, readable by its owner only.

    Gives back table to number of rows. Raises OperatorError when the tables are not there.
    """
    partial = out.with_name(out.name + ".part")
    partial.touch(mode=0o600)
    partial.chmod(0o600)
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            manifest = await _write(engine, settings, archive)
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    return dict(manifest["tables"])


async def _write(engine: AsyncEngine, settings: Settings, archive: zipfile.ZipFile) -> dict[str, Any]:
    async with engine.connect() as connection:
        await _begin_reading(connection)
        tables = await connection.run_sync(_reflect)
        version = await connection.run_sync(version_of)
        counts = {table.name: await _write_table(connection, table, archive) for table in tables}
    files = {}
    for path in sorted((settings.data / KEPT_FILES).glob("**/*")):
        if path.is_file():
            name = path.relative_to(settings.data).as_posix()
            archive.write(path, f"files/{name}")
            files[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    secret = settings.master_secret()
    if not settings.secret:
        archive.writestr(SECRET, secret)
    return {
        "format": FORMAT,
        "version": version,
        "tables": counts,
        "files": files,
        "secret": {"inside": not settings.secret, "check": _check_of(secret)},
    }


async def _begin_reading(connection: AsyncConnection) -> None:
    """All that is read from here on is of one instant, whatever is sent meanwhile."""
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql("BEGIN")
    else:
        await connection.execution_options(isolation_level="REPEATABLE READ")


def _reflect(connection: Connection) -> list[Table]:
    """The tables as they are, those that others point to first."""
    metadata = MetaData()
    metadata.reflect(connection)
    if VERSION_TABLE not in metadata.tables:
        raise OperatorError("There are no tables here yet: run “consult migrate”.")
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, JSON):
                column.type = JSON(none_as_null=True)
    return [table for table in metadata.sorted_tables if table.name != VERSION_TABLE]


async def _write_table(connection: AsyncConnection, table: Table, archive: zipfile.ZipFile) -> int:
    written = 0
    rows = await connection.stream(select(table).order_by(*table.primary_key))
    with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as file:
        async for some in rows.partitions(ROWS_AT_A_TIME):
            lines = [json.dumps([_plain(value) for value in row], ensure_ascii=False) + "\n" for row in some]
            file.write("".join(lines).encode())
            written += len(lines)
        columns = [column.name for column in table.columns]
    archive.writestr(f"tables/{table.name}.columns", json.dumps(columns))
    return written


def _plain(value: Any) -> Any:
    """`value` as JSON can hold it; the column's type leads back."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat()
    return value.isoformat() if isinstance(value, date) else value


async def restore(engine: AsyncEngine, settings: Settings, backup: Path) -> Mapping[str, int]:
    """The empty database and data folder hold what the backup holds. Gives back table to number of rows.

    All rows or none are there afterwards. A backup of an older version is brought to the newest. Raises OperatorError
    for a file that is no backup of ours, is damaged or newer than this software, for a database that holds something
    already, and for another secret than the backup's.
    """
    try:
        with zipfile.ZipFile(backup) as archive:
            manifest = json.loads(archive.read(MANIFEST))
            if manifest["format"] != FORMAT or manifest["version"] not in versions():
                raise OperatorError(f"{backup} comes from a newer version: restore it with that one.")
            secret = archive.read(SECRET) if manifest["secret"]["inside"] else None
            _check_secret(settings, manifest["secret"]["check"], secret)
            files = {name: _checked(archive, name, digest) for name, digest in manifest["files"].items()}
            await _fill(engine, archive, manifest)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError, OSError) as fault:
        raise OperatorError(
            f"{backup} is no whole backup of this service: {type(fault).__name__}. Take another."
        ) from (fault)
    if secret is not None:
        _keep(settings.data / SECRET, secret)
    for name, content in files.items():
        _keep(settings.data / name, content)
    await upgrade(engine)
    return dict(manifest["tables"])


async def _fill(engine: AsyncEngine, archive: zipfile.ZipFile, manifest: Mapping[str, Any]) -> None:
    async with engine.connect() as connection:
        there = await connection.run_sync(_filled)
    if there:
        raise OperatorError(
            f"This database holds something already ({', '.join(there)}): restore into an empty one, "
            "with another CONSULT_DATA or CONSULT_DATABASE_URL."
        )
    try:
        await upgrade(engine, manifest["version"])
        async with engine.begin() as connection:
            for table in await connection.run_sync(_reflect):
                written = 0
                async for rows in _read_table(archive, table):
                    await connection.execute(table.insert(), rows)
                    written += len(rows)
                if written != manifest["tables"][table.name]:
                    raise ValueError(table.name)
                await _continue_numbers(connection, table)
    except DatabaseError as fault:
        raise OperatorError("The database refused a row of the backup; nothing was restored.") from fault


def _filled(connection: Connection) -> list[str]:
    metadata = MetaData()
    metadata.reflect(connection)
    return [
        table.name
        for table in metadata.sorted_tables
        if table.name != VERSION_TABLE and connection.execute(select(func.count()).select_from(table)).scalar()
    ]


async def _read_table(archive: zipfile.ZipFile, table: Table) -> AsyncIterator[list[dict[str, Any]]]:
    names = json.loads(archive.read(f"tables/{table.name}.columns"))
    columns = [table.columns[name] for name in names]
    some: list[dict[str, Any]] = []
    for values in _lines(archive, f"tables/{table.name}.jsonl"):
        some.append({column.name: _typed(column.type, value) for column, value in zip(columns, values, strict=True)})
        if len(some) == ROWS_AT_A_TIME:
            yield some
            some = []
    if some:
        yield some


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[list[Any]]:
    with archive.open(name) as file:
        for line in file:
            yield json.loads(line)


def _typed(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value)
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value


async def _continue_numbers(connection: AsyncConnection, table: Table) -> None:
    """PostgreSQL numbers new rows after the restored ones; SQLite does so by itself."""
    if connection.dialect.name == "postgresql" and "id" in table.columns:
        last = select(func.max(table.columns["id"])).scalar_subquery()
        await connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last)))


def _check_of(secret: bytes) -> str:
    """Tells whether two secrets are the same, and nothing else about them."""
    return hmac.new(secret, b"backup", hashlib.sha256).hexdigest()[:32]


def _check_secret(settings: Settings, check: str, inside: bytes | None) -> None:
    kept = settings.data / SECRET
    if settings.secret:
        here: bytes | None = settings.master_secret()
    else:
        here = kept.read_bytes() if kept.exists() else inside
    if here is None or not hmac.compare_digest(_check_of(here), check):
        where = "CONSULT_SECRET" if settings.secret or inside is None else str(kept)
        raise OperatorError(f"The backup belongs to another secret: {where} must be the one it was made with.")


def _checked(archive: zipfile.ZipFile, name: str, digest: str) -> bytes:
    parts = PurePosixPath(name).parts
    content = archive.read(f"files/{name}")
    if parts[0] != KEPT_FILES or ".." in parts or hashlib.sha256(content).hexdigest() != digest:
        raise ValueError(name)
    return content


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)
