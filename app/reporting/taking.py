"""Taking the snapshot: every submission of a consultation read once, laid down in columns, and written whole."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.db import create_engine
from app.questionnaire.document import Document
from app.reporting.columnar import ROWS_TOGETHER, SENT, Columns
from app.reporting.groups import RegionOf
from app.reporting.snapshot import in_order, write_frame
from app.submissions.models import Submission

#: How much of a COPY is taken apart at a time.
BYTES_TOGETHER = 24 * 1024 * 1024
LANES = 2
COPY = "SELECT language, answers, open_answers FROM submissions WHERE consultation_id = $1"

Take = Callable[[pl.DataFrame], Awaitable[None]]


def take(url: str, consultation_id: int, document: Document, region_of: RegionOf, path: Path) -> int:
    """`path` holds the snapshot of all submissions, whole or not at all; gives back their number.

    Below a gigabyte of memory for a million; to be run in a process of its own. Raises RuntimeError for a submission
    that cannot be read, without a word of what is in it.
    """
    try:
        return asyncio.run(_take(url, consultation_id, document, region_of, path))
    except (ValueError, TypeError, pl.exceptions.PolarsError) as fault:
        raise RuntimeError(f"a submission cannot be read: {type(fault).__name__}") from None


async def _take(url: str, consultation_id: int, document: Document, region_of: RegionOf, path: Path) -> int:
    engine = create_engine(url)
    try:
        frame = await read_all(engine, consultation_id, document, region_of)
    finally:
        await engine.dispose()
    write_frame(in_order(frame), path)
    return frame.height


async def read_all(engine: AsyncEngine, consultation_id: int, document: Document, region_of: RegionOf) -> pl.DataFrame:
    """The columns of all submissions as they are at one instant. Two lots are laid down while the next is read."""
    lanes = [_Lane(Columns(document, region_of)) for _ in range(LANES)]
    lots = count()

    async def lay_down(rows: pl.DataFrame) -> None:
        await lanes[next(lots) % LANES].lay_down(rows)

    await lay_down(pl.DataFrame(schema=SENT))
    async with engine.connect() as connection:
        copies = connection.dialect.name == "postgresql"
        await (_copy if copies else _stream)(connection, consultation_id, lay_down)
    return pl.concat([part for lane in lanes for part in await lane.end()])


class _Lane:
    """Lots that are laid down one after the other, in a thread: Polars works outside of Python's lock."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._parts: list[pl.DataFrame] = []
        self._at_work: asyncio.Task[pl.DataFrame] | None = None

    async def lay_down(self, rows: pl.DataFrame) -> None:
        """The lot before is done, and this one is at work."""
        await self.end()
        self._at_work = asyncio.create_task(asyncio.to_thread(self._columns.frame, rows))

    async def end(self) -> list[pl.DataFrame]:
        if self._at_work is not None:
            self._parts.append(await self._at_work)
            self._at_work = None
        return self._parts


async def _stream(connection: AsyncConnection, consultation_id: int, each: Take) -> None:
    wanted = select(Submission.language, Submission.answers, Submission.open_answers).where(
        Submission.consultation_id == consultation_id
    )
    rows = await connection.stream(wanted)
    async for some in rows.partitions(ROWS_TOGETHER):
        await each(pl.DataFrame([tuple(row) for row in some], schema=SENT, orient="row"))


async def _copy(connection: AsyncConnection, consultation_id: int, each: Take) -> None:
    """PostgreSQL's COPY: a third of the time of a cursor, since no row becomes an object of ours."""
    waiting = bytearray()

    async def arrive(some: bytes) -> None:
        waiting.extend(some)
        if len(waiting) >= BYTES_TOGETHER:
            end = waiting.rindex(b"\n") + 1
            await each(_copied(bytes(waiting[:end])))
            del waiting[:end]

    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.copy_from_query(COPY, consultation_id, output=arrive)
    if waiting:
        await each(_copied(bytes(waiting)))


def _copied(lines: bytes) -> pl.DataFrame:
    """COPY's lines as rows: fields between tabs, a null as \\N, and of what it escapes JSON has the backslash only."""
    table = pl.read_csv(
        lines, separator="\t", has_header=False, quote_char=None, null_values="\\N", schema=SENT, low_memory=True
    )
    return table.with_columns(pl.col("answers", "open_answers").str.replace_all("\\\\", "\\", literal=True))
