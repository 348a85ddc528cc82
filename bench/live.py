"""`python -m bench.live [--answers N]`: the database time of one refresh of the live page, with a million submissions.

A PostgreSQL of its own with its defaults, filled by itself with `generate_series`, its counters made by `recount`. What
is measured is what the page does: all its queries, one after the other, on a connection that is open. Beside it, what
counting the table would take. It ends by itself; it exits with 1 when a promise is not kept.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.clock import wall_clock
from app.consultations.countries import countries
from app.consultations.models import Consultation
from app.db import create_engine
from app.outreach.models import Link, RegionTarget
from app.submissions.alike import Alike
from app.submissions.inbox import Inbox
from app.submissions.live import read, regions
from app.submissions.models import Submission
from app.submissions.reach import recount
from bench.servers import SLUG, open_consultation
from tests.databases import Databases
from tests.postgres import clear_run, name_run_folder

PROMISE_MS = 50
LINKS = 200
FILL = """
INSERT INTO submissions (send_hash, receipt_hash, consultation_id, questionnaire_number, language, link, arrived_hour,
    answers, open_answers, dropped)
SELECT sha256(('s' || i)::bytea), sha256(('r' || i)::bytea), :consultation, 1,
    (ARRAY['en', 'en', 'en', 'es', 'zh', 'fr', 'ar', 'ru'])[1 + i % 8],
    CASE WHEN i % 3 = 0 THEN NULL ELSE 'link' || i % :links END,
    CAST(:opens AS timestamptz) + interval '1 hour' * (i * 7 % 48),
    format('{"CB01":"%s","CB02":"%s","CB03":["1","%s"],"DM01":"%s","DM03":"%s"}', i % 5, i % 7, i % 11, 3 + i % 3,
        (CAST(:countries AS text[]))[1 + i % :n_countries]),
    NULL, 0
FROM generate_series(1, :answers) AS i
"""


async def fill(engine: AsyncEngine, consultation_id: int, answers: int) -> None:
    """So many submissions, 200 links and a target for each region, counted."""
    known = list(countries())
    async with AsyncSession(engine) as session:
        consultation = await session.get_one(Consultation, consultation_id)
        values = {
            "consultation": consultation_id,
            "links": LINKS,
            "opens": consultation.opens_at.replace(minute=0, second=0, microsecond=0),
            "countries": known,
            "n_countries": len(known),
            "answers": answers,
        }
        await session.execute(text(FILL), values)
        session.add_all(
            Link(
                consultation_id=consultation_id,
                code=f"link{n}",
                name=f"Partner {n}",
                kind="school",
                made_at=wall_clock(),
            )
            for n in range(LINKS)
        )
        session.add_all(RegionTarget(consultation_id=consultation_id, region=each, n=answers) for each in regions())
        await session.commit()
    started = time.perf_counter()
    async with AsyncSession(engine) as session:
        await recount(session, consultation_id)
        await session.commit()
    print(f"recount of {answers:,} submissions: {time.perf_counter() - started:.1f} s")
    async with engine.connect() as connection:
        outside = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await outside.exec_driver_sql("VACUUM ANALYZE")


async def measured(what: str, times: int, do: Callable[[], Awaitable[object]]) -> float:
    """The median in milliseconds."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        await do()
        taken.append(1000 * (time.perf_counter() - started))
    print(f"{what:<64}{statistics.median(taken):>10.2f} ms median{max(taken):>10.2f} ms at most")
    return statistics.median(taken)


async def run(url: str, answers: int) -> bool:
    """Whether the promises are kept: the refresh in time, and right to the last submission."""
    consultation_id = await open_consultation(url)
    engine = create_engine(url)
    await fill(engine, consultation_id, answers)
    inbox = Inbox(engine, 2000)
    inbox.start()
    async with AsyncSession(engine) as session, AsyncSession(engine) as sending:

        async def refresh() -> None:
            await session.execute(select(Consultation).where(Consultation.slug == SLUG))
            await read(session, consultation_id, wall_clock())

        async def count_the_table() -> None:
            where = Submission.consultation_id == consultation_id
            await session.execute(select(func.count()).select_from(Submission).where(where))

        rested = await measured("a refresh", 200, refresh)
        await measured("once a minute: the draw for equal answers", 50, lambda: Alike(engine).drawn(consultation_id))
        await measured("for comparison: count(*) of the table", 3, count_the_table)
        await session.commit()
        right = True
        one = (await sending.execute(select(Submission.__table__).limit(1))).mappings().one()
        for n in range(1, 51):
            hashes = {"send_hash": b"%032d" % n, "receipt_hash": b"%032d" % n}
            await inbox.send({**one, **hashes, "arrived_hour": one["arrived_hour"] + timedelta(hours=1)})
            right &= (await read(session, consultation_id, wall_clock())).answers == answers + n
            await session.commit()

        async def send_on() -> None:
            for n in range(51, 20_051):
                hashes = {"send_hash": b"%032d" % n, "receipt_hash": b"%032d" % n}
                await inbox.send({**one, **hashes})

        senders = [asyncio.create_task(send_on())]
        busy = await measured("a refresh while answers arrive", 200, refresh)
        for each in senders:
            each.cancel()
        await session.commit()
        counted = (await read(session, consultation_id, wall_clock())).answers
    await inbox.stop()
    async with AsyncSession(engine) as session:
        told = (await read(session, consultation_id, wall_clock())).answers
        there = await session.scalar(select(func.count()).select_from(Submission))
    await engine.dispose()
    right &= told == there and counted <= told
    print(f"right after each of 50 Sends, and at the end ({told:,} of {there:,}): {right}")
    return right and max(rested, busy) < PROMISE_MS


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__)
    arguments.add_argument("--answers", type=int, default=1_000_000)
    answers: int = arguments.parse_args().answers
    folder = name_run_folder()
    try:
        with (
            tempfile.TemporaryDirectory() as files,
            Databases(folder).new("postgresql", Path(files), durable=True) as url,
        ):
            kept = asyncio.run(run(url, answers))
    finally:
        clear_run(folder)
    print("kept" if kept else "NOT kept")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
