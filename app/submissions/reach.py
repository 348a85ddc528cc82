"""Who has answered so far: counts by trait, kept in the transaction of every Send, and never a person.

A submission counts once under each of its seven traits. The counters lose nothing, so that nobody has to read the table
of submissions to say how many there are. Pages opened and forms begun are counted as well, without any identifier.
"""

import collections
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Table,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from app.consultations.countries import region_of
from app.questionnaire.document import AGE_BAND, COUNTRY
from app.submissions.models import ReachCount, Submission

#: Consultation, kind and key of one counter.
Place = tuple[int, str, str]
#: How much each counter changes.
Changes = collections.Counter[Place]
#: The kinds that count submissions, each of them exactly once.
TRAITS = ("age", "all", "country", "hour", "language", "link", "region")
#: What the links had counted when their codes were erased from the submissions; nothing is taken off it any more.
FINAL = "final"
#: The check page among the sections; no section has a stroke in its name.
CHECK = "/check"
#: Longer answers are no key.
MOST_KEY_CHARS = 60

_counts: Table = ReachCount.__table__  # type: ignore[assignment]
_NAMES = ("consultation_id", "kind", "key", "n")
_submissions: Table = Submission.__table__  # type: ignore[assignment]


def places_of(row: Mapping[str, Any]) -> tuple[Place, ...]:
    """Where a submission counts, in the order of kinds. `row` has the columns of the table."""
    answers, consultation_id = row["answers"], row["consultation_id"]
    country = _said(answers, COUNTRY)
    return (
        (consultation_id, "age", _said(answers, AGE_BAND)),
        (consultation_id, "all", ""),
        (consultation_id, "country", country),
        (consultation_id, "hour", hour_key(row["arrived_hour"])),
        (consultation_id, "language", row["language"]),
        (consultation_id, "link", row["link"] or ""),
        (consultation_id, "region", region_key(row["arrived_hour"], country)),
    )


@lru_cache(1024)
def hour_key(hour: datetime) -> str:
    """The hour in ISO 8601, in UTC: 2026-11-20T12:00Z."""
    return f"{hour.astimezone(UTC):%Y-%m-%dT%H:00Z}"


@lru_cache(4096)
def region_key(hour: datetime, country: str) -> str:
    """The hour and the region of that country, "" for what is none: 2026-11-20T12:00Z/africa."""
    return f"{hour_key(hour)}/{region_of(country) or ''}"


def _said(answers: str, code: str) -> str:
    """The answer of that code in a JSON object of answers, "" when there is none or it is no short text.

    Found by its key as we write it: reading the whole object would be a third of what the inbox costs. What stands
    inside of an answer has its quotation marks escaped, so that it is never taken for a key.
    """
    key = f'"{code}":"'
    start = answers.find(key) + len(key)
    if start >= len(key):
        answer = answers[start : answers.index('"', start)]
        if "\\" not in answer:
            return answer if len(answer) <= MOST_KEY_CHARS else ""
    elif f'"{code}"' not in answers:
        return ""
    said = json.loads(answers).get(code, "")
    return said if isinstance(said, str) and len(said) <= MOST_KEY_CHARS else ""


async def add(connection: AsyncConnection, changes: Changes) -> None:
    """Every counter is changed by so much, in the caller's transaction.

    Always in the same order, so that of two processes none waits for the other in turn.
    """
    rows = [(*place, n) for place, n in sorted(changes.items()) if n]
    if rows:
        marks = "?, ?, ?, ?" if connection.dialect.name == "sqlite" else "$1, $2, $3, $4"
        await connection.exec_driver_sql(_ADD.format(marks), rows)
        await forget_nothing(connection, changes)


async def forget_nothing(connection: AsyncConnection, changes: Changes) -> None:
    """Of the counters that were made smaller none is left that counts nothing: it would tell that somebody from there
    had answered and was erased."""
    fewer = [{"at": at, "of": of, "for": key} for (at, of, key), n in sorted(changes.items()) if n < 0]
    if fewer:
        await connection.execute(_FORGET_NOTHING, fewer)


#: As text: SQLAlchemy's own would take as long as the rest of a group.
_ADD = """
INSERT INTO reach_counts (consultation_id, kind, key, n) VALUES ({})
ON CONFLICT (consultation_id, kind, key) DO UPDATE SET n = reach_counts.n + excluded.n
"""
_FORGET_NOTHING = delete(_counts).where(
    _counts.c.consultation_id == bindparam("at"),
    _counts.c.kind == bindparam("of"),
    _counts.c.key == bindparam("for"),
    _counts.c.n == 0,
)


async def recount(session: AsyncSession, consultation_id: int) -> None:
    """The counters say what the table of submissions says, whatever they said before. Pages and forms keep theirs.

    Sends go on meanwhile and are counted once: in PostgreSQL they wait at the counters until this transaction ends,
    and what it reads holds either both a submission and its count or neither; SQLite has one writer.
    """
    await _lock(session)
    await session.execute(
        delete(_counts).where(_counts.c.consultation_id == consultation_id, _counts.c.kind.in_(TRAITS))
    )
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    c = _submissions.c
    country = _said_in_sql(COUNTRY, is_sqlite=is_sqlite)
    keys: dict[str, ColumnElement[str]] = {
        "age": _said_in_sql(AGE_BAND, is_sqlite=is_sqlite),
        "all": literal(""),
        "country": country,
        "hour": func.strftime("%Y-%m-%dT%H:00Z", c.arrived_hour)
        if is_sqlite
        else func.to_char(func.timezone("UTC", c.arrived_hour), 'YYYY-MM-DD"T"HH24:00"Z"'),
        "language": c.language,
        "link": func.coalesce(c.link, ""),
    }
    for kind, key in keys.items():
        each = select(key.label("key")).where(c.consultation_id == consultation_id).subquery()
        counted = select(literal(consultation_id), literal(kind), each.c.key, func.count()).group_by(each.c.key)
        await session.execute(insert(_counts).from_select(list(_NAMES), counted))
    # Which region a country belongs to the database does not know.
    each = select(c.arrived_hour, country.label("country")).where(c.consultation_id == consultation_id).subquery()
    found = await session.execute(
        select(each.c.arrived_hour, each.c.country, func.count()).group_by(each.c.arrived_hour, each.c.country)
    )
    by_region: collections.Counter[str] = collections.Counter()
    for hour, country_of_some, n in found:
        by_region[region_key(hour, country_of_some)] += n
    if by_region:
        rows = [dict(zip(_NAMES, (consultation_id, "region", key, n), strict=True)) for key, n in by_region.items()]
        await session.execute(insert(_counts), rows)


def _said_in_sql(code: str, *, is_sqlite: bool) -> ColumnElement[str]:
    """What `_said` says, in SQL."""
    answers = _submissions.c.answers
    if is_sqlite:
        kind, said = func.json_type(answers, f"$.{code}"), func.json_extract(answers, f"$.{code}")
        is_text = kind == "text"
    else:
        parsed = cast(answers, postgresql.JSON)
        said = parsed[code].as_string()
        is_text = func.json_typeof(parsed[code]) == "string"
    return case((and_(is_text, func.length(said) <= MOST_KEY_CHARS), said), else_=literal(""))


async def forget_links(session: AsyncSession, consultation_ids: list[int]) -> None:
    """Of these consultations every submission counts under no link, as it has none any more. What each link had counted
    until then stays as its final count, which no repeat changes."""
    await _lock(session)
    c = _counts.c
    known = await session.scalars(select(c.consultation_id).where(c.kind == FINAL).distinct())
    forgotten = set(known)
    ours = (c.kind == "link", c.consultation_id.in_(each for each in consultation_ids if each not in forgotten))
    found = await session.execute(select(c.consultation_id, c.key, c.n).where(*ours))
    final = [dict(zip(_NAMES, (at, FINAL, key, n), strict=True)) for at, key, n in found]
    if not final:
        return
    await session.execute(delete(_counts).where(*ours))
    of_no_link: collections.Counter[int] = collections.Counter()
    for each in final:
        of_no_link[each["consultation_id"]] += each["n"]
    rows = [dict(zip(_NAMES, (at, "link", "", n), strict=True)) for at, n in of_no_link.items()]
    await session.execute(insert(_counts), [*final, *rows])


async def _lock(session: AsyncSession) -> None:
    """Until the transaction ends nobody else changes a counter. SQLite's first write does that by itself."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("LOCK TABLE reach_counts IN SHARE ROW EXCLUSIVE MODE"))


async def answers_by_link(engine: AsyncEngine, consultation_id: int) -> Mapping[str, int]:
    """Code of a link to the number of answers that came by it, exact; "" for those by none. Once the codes are erased
    from the submissions, the numbers as they were then."""
    ours = select(_counts.c.kind, _counts.c.key, _counts.c.n).where(
        _counts.c.consultation_id == consultation_id, _counts.c.kind.in_(("link", FINAL))
    )
    counted: dict[str, dict[str, int]] = {"link": {}, FINAL: {}}
    async with engine.connect() as connection:
        for each in await connection.execute(ours):
            counted[each.kind][each.key] = each.n
    return counted[FINAL] or counted["link"]


class Counter:
    """The number of submissions of each consultation, read again when older than `seconds`."""

    def __init__(self, engine: AsyncEngine, seconds: float) -> None:
        self._engine = engine
        self._seconds = seconds
        self._counted: dict[int, tuple[float, int]] = {}

    async def count(self, consultation_id: int) -> int:
        counted_at, n = self._counted.get(consultation_id, (float("-inf"), 0))
        if time.monotonic() - counted_at > self._seconds:
            async with self._engine.connect() as connection:
                c = _counts.c
                counting = select(c.n).where(c.consultation_id == consultation_id, c.kind == "all", c.key == "")
                n = await connection.scalar(counting) or 0
            self._counted[consultation_id] = (time.monotonic(), n)
        return n


class Funnel:
    """How many forms were begun, and how many led on to which section, since the last `take` of this process.

    Kinds: `begun` counts journeys that got their first cookie; `opened` the sections, and the check page, to which a
    form led for the first time; `passed` the sections that were left forwards for the first time. Kept as bytes on the
    shelf, the first page is not counted, nor is any page that is only read: forms are counted that were posted, of
    which each counts once in its journey. Nothing of who, when or from where is in it, and all arrives at the table in
    a heap, some seconds later.
    """

    def __init__(self) -> None:
        self._counted: collections.Counter[tuple[str, str, str]] = collections.Counter()

    def enter(self, slug: str) -> None:
        """One more journey through the consultation of that slug has a cookie."""
        self._counted[slug, "begun", ""] += 1

    def go_on(self, slug: str, section: str, onward: str) -> None:
        """The form of `section` led to `onward`, the check page for ""."""
        self._counted[slug, "passed", section] += 1
        self._counted[slug, "opened", onward or CHECK] += 1

    def take(self) -> Mapping[tuple[str, str, str], int]:
        """Everything that was counted, by slug, kind and key; from now on it is the caller's."""
        taken, self._counted = self._counted, collections.Counter()
        return taken

    def put_back(self, taken: Mapping[tuple[str, str, str], int]) -> None:
        """What could not be written is counted here again."""
        self._counted.update(taken)
