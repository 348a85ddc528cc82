"""Group commit: submissions that arrive while a commit is running are written together by the next one.

Each respondent is thanked only after COMMIT. Of several Sends of one journey the last one is kept: a repeat changes
nothing, and what somebody took out before sending again is gone. The counters of reach change in the transaction of the
rows that they count, and the funnel's are written here, too, every few seconds.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

import structlog
from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.consultations.models import Consultation
from app.errors import Overloaded
from app.questionnaire.document import Document
from app.questionnaire.kinds import Answers, Text
from app.submissions.models import Submission
from app.submissions.reach import Changes, Funnel, add, forget_nothing, places_of

log = structlog.get_logger(__name__)

#: Rows of one INSERT. More only make one respondent wait for another.
GROUP_ROWS = 256
#: How often a group is tried again when the database went away, and after how many seconds.
TRIES_SECONDS = (0.1, 0.5, 2.0)
#: What PostgreSQL names when another process stored one of the rows at the same moment.
SAME_JOURNEY = '"pk_submissions"'
#: How often the funnel is written.
FUNNEL_SECONDS = 5.0

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A checked submission on its way into the database, with what must happen when it is there."""

    row: Row
    stored: "asyncio.Future[None]"


def as_row(
    *,
    consultation_id: int,
    questionnaire_number: int,
    language: str,
    link: str,
    now: datetime,
    document: Document,
    answers: Answers,
    dropped: int,
) -> Row:
    """A row of `submissions` without its two hashes: people's own words apart from their choices, of `now` only the
    hour."""
    texts = {code for code in answers if isinstance(document.questions.get(code), Text)}
    choices = {code: kept for code, kept in answers.items() if code not in texts}
    return {
        "consultation_id": consultation_id,
        "questionnaire_number": questionnaire_number,
        "language": language,
        "link": link or None,
        "arrived_hour": now.replace(minute=0, second=0, microsecond=0),
        "answers": _as_json(choices),
        "open_answers": _as_json({code: answers[code] for code in texts}) if texts else None,
        "dropped": min(dropped, 32_767),
    }


class Inbox:
    """Takes submissions and answers when they are committed. `start` before the first, `stop` after the last.

    `funnel` takes the pages opened and forms begun of this process.
    """

    def __init__(self, engine: AsyncEngine, rows: int) -> None:
        self._engine = engine
        self._rows = rows
        self._waiting: list[Arrival] = []
        self._arrived = asyncio.Event()
        self._stopping = False
        self._writer: asyncio.Task[None] | None = None
        self._connection: AsyncConnection | None = None
        self._store = self._store_on_postgresql if engine.dialect.name == "postgresql" else self._store_on_sqlite
        self.funnel = Funnel()
        self._counting: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._writer = asyncio.create_task(self._write(), name="inbox")
        self._counting = asyncio.create_task(self._write_funnel(), name="funnel")

    async def stop(self) -> None:
        """Everything that was taken is written."""
        self._stopping = True
        self._arrived.set()
        if self._writer is not None:
            await self._writer
        await self._disconnect()
        if self._counting is not None:
            self._counting.cancel()
            with suppress(asyncio.CancelledError):
                await self._counting
            await self.empty_funnel()

    @property
    def waiting(self) -> int:
        """How many submissions wait for a commit that has not begun."""
        return len(self._waiting)

    async def send(self, row: Row) -> None:
        """`row` is committed. Raises Overloaded when too many wait, or what the database said of this very row."""
        if self._stopping or len(self._waiting) >= self._rows:
            raise Overloaded
        arrival = Arrival(row, asyncio.get_running_loop().create_future())
        self._waiting.append(arrival)
        self._arrived.set()
        await arrival.stored

    async def _write(self) -> None:
        while not (self._stopping and not self._waiting):
            await self._arrived.wait()
            group, self._waiting = self._waiting[:GROUP_ROWS], self._waiting[GROUP_ROWS:]
            if not self._waiting and not self._stopping:
                self._arrived.clear()
            if group:
                await self._write_group(group)

    async def _write_group(self, group: list[Arrival]) -> None:
        """Every arrival of the group is committed, or knows why it is not: one bad row fails alone."""
        try:
            await self._commit([arrival.row for arrival in group])
        except (SQLAlchemyError, OSError) as fault:
            if len(group) == 1:
                log.warning("submission_refused", reason=type(fault).__name__)
                _settle(group[0], fault)
                return
            for arrival in group:
                await self._write_group([arrival])
            return
        for arrival in group:
            _settle(arrival, None)

    async def _commit(self, rows: list[Row]) -> None:
        """The last row of each journey is in the table, and counted. A repeat after a broken line changes nothing."""
        # In one order everywhere: of two processes with the same journeys none waits for the other in turn.
        last = sorted({row["send_hash"]: row for row in rows}.values(), key=itemgetter("send_hash"))
        for seconds in (*TRIES_SECONDS, None):
            try:
                await self._store(await self._connected(), last)
            except (DBAPIError, OSError) as fault:
                await self._disconnect()
                lost = not isinstance(fault, DBAPIError) or fault.connection_invalidated
                if seconds is None or not lost:
                    raise
                await asyncio.sleep(seconds)
            else:
                return

    async def _store_on_postgresql(self, connection: AsyncConnection, rows: Sequence[Row]) -> None:
        """New rows and their counts in one statement, which is a transaction; with any other among them, all in a
        longer one. Whenever another process stored one of them at the same moment, it is seen the next time."""
        while not (await self._store_new(connection, rows) or await self._store_any(rows)):
            pass

    async def _store_new(self, connection: AsyncConnection, rows: Sequence[Row], more: Changes | None = None) -> bool:
        """Whether all rows are there now, and counted with `more`; otherwise none is, since one was there already."""
        changes = Changes(place for row in rows for place in places_of(row))
        changes.update(more or {})
        try:
            stored = await connection.exec_driver_sql(STORE, _columns_of(rows, changes))
        except IntegrityError as fault:
            if SAME_JOURNEY not in str(fault.orig):
                raise
            return False
        return bool(stored.scalar_one() == len(rows))

    async def _store_any(self, rows: Sequence[Row]) -> bool:
        async with self._engine.connect() as connection, connection.begin() as transaction:
            changes = Changes()
            new = await _replace(connection, rows, changes)
            if await self._store_new(connection, new, changes):
                await forget_nothing(connection, changes)
                return True
            await transaction.rollback()
        return False

    async def _store_on_sqlite(self, connection: AsyncConnection, rows: Sequence[Row]) -> None:
        """New rows and their counts in one transaction; with any other among them, all in another one."""
        changes = Changes()
        if await self._insert_on_sqlite(connection, rows) < len(rows):
            await connection.rollback()
            # The lock first: what is read would not hold any more if another process wrote before us.
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
            rows = await _replace(connection, rows, changes)
            if rows:
                await self._insert_on_sqlite(connection, rows)
        changes.update(place for row in rows for place in places_of(row))
        await add(connection, changes)
        await connection.commit()

    @staticmethod
    async def _insert_on_sqlite(connection: AsyncConnection, rows: Sequence[Row]) -> int:
        """How many of the rows were not there and are now."""
        # Instants as SQLAlchemy writes and reads them.
        stored = [
            {**row, "arrived_hour": f"{row['arrived_hour'].astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"} for row in rows
        ]
        return (await connection.exec_driver_sql(_INSERT_NEW, [*map(_in_order, stored)])).rowcount

    async def _write_funnel(self) -> None:
        while True:
            await asyncio.sleep(FUNNEL_SECONDS)
            await self.empty_funnel()

    async def empty_funnel(self) -> None:
        """What the funnel held is in the table; when the database is away it stays in the funnel."""
        taken = self.funnel.take()
        if not taken:
            return
        try:
            async with self._engine.begin() as connection:
                asked = select(Consultation.slug, Consultation.id).where(
                    Consultation.slug.in_({slug for slug, _, _ in taken})
                )
                known = {each.slug: each.id for each in await connection.execute(asked)}
                changes = Changes()
                for (slug, kind, key), n in taken.items():
                    if slug in known:
                        changes[known[slug], kind, key] += n
                await add(connection, changes)
        except asyncio.CancelledError:
            # By `stop`, which empties the funnel itself.
            self.funnel.put_back(taken)
            raise
        except (SQLAlchemyError, OSError) as fault:
            self.funnel.put_back(taken)
            log.warning("funnel_waits", reason=type(fault).__name__)

    async def _connected(self) -> AsyncConnection:
        """The writer's own connection, kept from group to group."""
        if self._connection is None:
            connection = await self._engine.connect()
            if connection.dialect.name == "postgresql":
                # One statement is atomic by itself: without BEGIN and COMMIT a group costs two trips less.
                await connection.execution_options(isolation_level="AUTOCOMMIT")
            self._connection = connection
        return self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError, OSError):
                await connection.close()


def _settle(arrival: Arrival, fault: BaseException | None) -> None:
    if arrival.stored.done():
        return  # the respondent's line broke while the row was being written; the row is there all the same
    if fault is None:
        arrival.stored.set_result(None)
    else:
        arrival.stored.set_exception(fault)


async def _replace(connection: AsyncConnection, rows: Sequence[Row], changes: Changes) -> list[Row]:
    """Rows that are in the table say what was sent last, with what that means for the counters in `changes`.

    Gives the rows that are not there. Those that are stay as they are for others until the transaction ends.
    """
    asked = select(_table).where(_table.c.send_hash.in_([row["send_hash"] for row in rows]))
    found = await connection.execute(asked.order_by(_table.c.send_hash).with_for_update())
    there = {bytes(old["send_hash"]): old for old in found.mappings()}
    different = [
        row
        for row in rows
        if row["send_hash"] in there and bytes(there[row["send_hash"]]["receipt_hash"]) != row["receipt_hash"]
    ]
    for row in different:
        changes.subtract(places_of(dict(there[row["send_hash"]])))
        changes.update(places_of(row))
    if different:
        await connection.execute(_UPDATE, [{"known": row["send_hash"], **row} for row in different])
    return [row for row in rows if row["send_hash"] not in there]


_table: Table = Submission.__table__  # type: ignore[assignment]
_UPDATE = (
    update(_table)
    .where(_table.c.send_hash == bindparam("known"))
    .values({each.name: bindparam(each.name) for each in _table.columns if not each.primary_key})
)

#: PostgreSQL's types of the columns of `submissions`, in the order in which `_columns_of` gives them.
_COLUMNS = {
    "send_hash": "bytea",
    "receipt_hash": "bytea",
    "consultation_id": "integer",
    "questionnaire_number": "smallint",
    "language": "text",
    "link": "text",
    "arrived_hour": "timestamptz",
    "answers": "text",
    "open_answers": "text",
    "dropped": "smallint",
}
_NAMES = ", ".join(_COLUMNS)
_in_order = itemgetter(*_COLUMNS)
#: As text: SQLAlchemy's own would take as long as the rest of a group.
_INSERT_NEW = f"""
INSERT INTO submissions ({_NAMES}) VALUES ({", ".join("?" * len(_COLUMNS))}) ON CONFLICT (send_hash) DO NOTHING
"""  # noqa: S608 - the names are those above
_CHANGES = ("integer", "text", "text", "integer")
_ARRAYS = [f"${place}::{kind}[]" for place, kind in enumerate((*_COLUMNS.values(), *_CHANGES), 1)]
#: A group in one trip: the rows and, after them, the counters in the order given; or nothing, where one of the rows is
#: there already. Says how many rows it stored.
STORE = f"""
WITH stored AS (
    INSERT INTO submissions ({_NAMES})
    SELECT * FROM unnest({", ".join(_ARRAYS[: len(_COLUMNS)])})
    WHERE NOT EXISTS (SELECT FROM submissions WHERE send_hash = ANY ({_ARRAYS[0]}))
    RETURNING 1
),
counted AS (
    INSERT INTO reach_counts (consultation_id, kind, key, n)
    SELECT consultation_id, kind, key, n
    FROM unnest({", ".join(_ARRAYS[len(_COLUMNS) :])}) WITH ORDINALITY AS changed(consultation_id, kind, key, n, place)
    WHERE (SELECT count(*) FROM stored) = cardinality({_ARRAYS[0]})
    ORDER BY place
    ON CONFLICT (consultation_id, kind, key) DO UPDATE SET n = reach_counts.n + excluded.n
)
SELECT count(*) FROM stored
"""  # noqa: S608 - the names are those above


def _columns_of(rows: Sequence[Row], changes: Changes) -> tuple[list[Any], ...]:
    """What STORE takes: the rows column by column, and the changes in the order in which all processes make them."""
    sorted_changes = sorted((place, n) for place, n in changes.items() if n)
    return (
        *([row[name] for row in rows] for name in _COLUMNS),
        *([place[part] for place, _ in sorted_changes] for part in range(3)),
        [n for _, n in sorted_changes],
    )


def _as_json(answers: Answers) -> str:
    return json.dumps(answers, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
