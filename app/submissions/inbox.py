"""Group commit: submissions that arrive while a commit is running are written together by the next one.

Each respondent is thanked only after COMMIT. Of several Sends of one journey the last one is kept: a repeat changes
nothing, and what somebody took out before sending again is gone.
"""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.errors import Overloaded
from app.questionnaire.document import Document
from app.questionnaire.kinds import Answers, Text
from app.submissions.models import Submission

log = structlog.get_logger(__name__)

#: Rows of one INSERT. More only make one respondent wait for another.
GROUP_ROWS = 256
#: How often a group is tried again when the database went away, and after how many seconds.
TRIES_SECONDS = (0.1, 0.5, 2.0)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A checked submission on its way into the database, with what must happen when it is there."""

    row: dict[str, Any]
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
) -> dict[str, Any]:
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
    """Takes submissions and answers when they are committed. `start` before the first, `stop` after the last."""

    def __init__(self, engine: AsyncEngine, rows: int) -> None:
        self._engine = engine
        self._rows = rows
        self._waiting: list[Arrival] = []
        self._arrived = asyncio.Event()
        self._stopping = False
        self._writer: asyncio.Task[None] | None = None
        self._connection: AsyncConnection | None = None
        self._insert: Insert = _insert_or_replace(engine.dialect.name)

    def start(self) -> None:
        self._writer = asyncio.create_task(self._write(), name="inbox")

    async def stop(self) -> None:
        """Everything that was taken is written."""
        self._stopping = True
        self._arrived.set()
        if self._writer is not None:
            await self._writer
        await self._disconnect()

    @property
    def waiting(self) -> int:
        """How many submissions wait for a commit that has not begun."""
        return len(self._waiting)

    async def send(self, row: dict[str, Any]) -> None:
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

    async def _commit(self, rows: list[dict[str, Any]]) -> None:
        for seconds in (*TRIES_SECONDS, None):
            try:
                connection = await self._connected()
                await connection.execute(self._insert, rows)
                await connection.commit()
            except (DBAPIError, OSError) as fault:
                await self._disconnect()
                lost = not isinstance(fault, DBAPIError) or fault.connection_invalidated
                if seconds is None or not lost:
                    raise
                await asyncio.sleep(seconds)
            else:
                return

    async def _connected(self) -> AsyncConnection:
        """The writer's own connection, kept from group to group."""
        if self._connection is None:
            connection = await self._engine.connect()
            if connection.dialect.name == "postgresql":
                # One INSERT of many rows is atomic by itself: without BEGIN and COMMIT a group costs two trips less.
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


def _insert_or_replace(dialect: str) -> Insert:
    own = sqlite.insert(Submission) if dialect == "sqlite" else postgresql.insert(Submission)
    others = {each.name: own.excluded[each.name] for each in Submission.__table__.columns if not each.primary_key}
    return own.on_conflict_do_update(
        index_elements=["send_hash"],
        set_=others,
        where=Submission.receipt_hash != own.excluded.receipt_hash,
    )


def _as_json(answers: Answers) -> str:
    return json.dumps(answers, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
