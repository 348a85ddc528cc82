"""The database: metadata with constraint names, instants in UTC, engines for SQLite and PostgreSQL."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlalchemy import DateTime, Dialect, MetaData, event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

BUSY_SECONDS = 30

T = TypeVar("T")

# This driver logs every statement with its values at DEBUG: a child's words would stand in the log.
logging.getLogger("aiosqlite").setLevel(logging.INFO)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC. A naive one is refused: nobody could say when it was."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("an instant without a zone cannot be stored")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Remembered(Generic[T]):
    """What `read` gives, kept in memory and read again when older than `refresh_seconds`; by one reader at a time."""

    def __init__(self, read: Callable[[], Awaitable[T]], refresh_seconds: float) -> None:
        self._read = read
        self._refresh_seconds = refresh_seconds
        self._reading = asyncio.Lock()
        self._kept: tuple[float, T] | None = None

    async def value(self) -> T:
        kept = self._fresh()
        if kept is None:
            async with self._reading:
                kept = self._fresh()
                if kept is None:
                    value = await self._read()
                    kept = self._kept = time.monotonic(), value
        return kept[1]

    def _fresh(self) -> tuple[float, T] | None:
        kept = self._kept
        return kept if kept is not None and time.monotonic() - kept[0] <= self._refresh_seconds else None


async def empty_log(engine: AsyncEngine) -> None:
    """SQLite's write-ahead log holds nothing any more, unless somebody is reading: then the next call empties it."""
    if engine.dialect.name == "sqlite":
        async with engine.connect() as connection:
            await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def absolute(url: str) -> str:
    """The address of the database as a process in another folder needs it."""
    told = make_url(url)
    if told.get_backend_name() == "sqlite" and told.database:
        told = told.set(database=str(Path(told.database).resolve()))
    return told.render_as_string(hide_password=False)


def create_engine(url: str, **options: Any) -> AsyncEngine:
    """An engine for either database. SQLite keeps a write-ahead log and syncs it at every commit.

    Errors do not quote the values of a statement: they are people's answers.
    """
    options = {"hide_parameters": True, **options}
    if not url.startswith("sqlite"):
        return create_async_engine(url, pool_pre_ping=True, **options)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_SECONDS}, **options)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        # What is erased is overwritten: a child's words must not stay in the file's free pages.
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    return engine
