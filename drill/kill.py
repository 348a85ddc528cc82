"""The server is killed (SIGKILL) again and again while respondents send, and afterwards nothing is missing or double.

`python -m drill.kill [--kills 10] [--respondents 32] [--database sqlite|postgresql|both]`. On PostgreSQL every commit
is on the disk (fsync), as in production. Exit code 0 when every receipt that was shown is found once with the answers
that were sent, and nothing else is there.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.db import create_engine
from app.rehearsal.check import Comparison, compare_with_database, compare_with_receipt_pages
from app.rehearsal.people import Habits
from app.rehearsal.run import Outcome, read_records, rehearse_numbers
from bench.servers import SLUG, Service, open_consultation
from tests.databases import KINDS, Databases
from tests.postgres import clear_run, name_run_folder

#: A server lives until so many respondents came since its start, and then a moment more, another one each time, so
#: that kills find all sorts of moments.
RESPONDENTS_A_LIFE = 24
MOMENTS_SECONDS = (0.31, 0.07, 0.53, 0.19, 0.41)
LONGEST_LIFE_SECONDS = 30.0
#: Respondents who send as often as they can: everything on one page, twice where they are impatient.
EAGER = Habits(
    front_first=0, everything_on_one_page=1, says_no=0, walks_away=0, leaves_by_quick_exit=0, stops_at_the_end=0,
    sends_twice=0.3, loses_the_line=0.1, changes_an_answer=0, passes_the_device_on=0,
)  # fmt: skip
PATIENCE_SECONDS = 60.0
SAMPLE = 50


@dataclass
class Drilled:
    """One drill on one kind of database."""

    kind: str
    kills: int
    outcome: Outcome
    database: Comparison
    pages: Comparison

    @property
    def broken_sends(self) -> int:
        """Sends whose line broke on the way: killed before, in or after their commit."""
        return self.outcome.journal.faults["line broken at send"]

    @property
    def passed(self) -> bool:
        found = not self.database.differences and not self.pages.differences
        return found and self.outcome.all_sent and self.broken_sends > 0 and self.database.compared > 0

    def sentence(self) -> str:
        faults = ", ".join(f"{count} {what}" for what, count in self.outcome.journal.faults.most_common())
        lines = [
            f"{self.kind}: killed {self.kills} times while {self.outcome.respondents} respondents came and "
            f"{self.outcome.thanked} were thanked ({faults}).",
            f"  {self.database.compared} receipts found in the database once, with the answers that were sent; "
            f"{self.pages.compared} of them looked at through the receipt page.",
            f"  {self.broken_sends} Sends lost their line and were repeated with the same cookie; "
            f"{self.outcome.second_sends} more were repeated from impatience.",
        ]
        differences = [*self.database.differences, *self.pages.differences]
        lines += [f"  DIFFERENCE: {each}" for each in differences[:20]]
        lines += [f"  FAULT, {count} times: {each}" for each, count in self.outcome.complaints.most_common(20)]
        if not self.broken_sends:
            lines.append("  FAULT: no Send was hit, so this proves nothing")
        return "\n".join([*lines, f"  {'passed' if self.passed else 'FAILED'}"])


class Tide:
    """Numbers of respondents, one after the other, until the kills are done."""

    def __init__(self) -> None:
        self.ended = False
        self._next = 0
        self._risen = asyncio.Event()

    async def rise(self, respondents: int) -> None:
        """So many more have begun, or it has taken too long."""
        enough = self._next + respondents
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_LIFE_SECONDS):
                while self._next < enough:
                    self._risen.clear()
                    await self._risen.wait()

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        if self.ended:
            raise StopIteration
        self._next += 1
        self._risen.set()
        return self._next - 1


async def drill(databases: Databases, kind: str, folder: Path, kills: int, respondents: int) -> Drilled:
    """A service on a new database has lived through `kills` kills under load, and what it kept was compared."""
    with databases.new(kind, folder, durable=True) as url:
        await open_consultation(url)
        service = Service(folder, url)
        await asyncio.to_thread(service.start)
        try:
            tide = Tide()
            file = folder / f"{kind}.jsonl"
            answering = asyncio.create_task(
                rehearse_numbers(
                    service.base_url, SLUG, tide, 1, respondents, file, habits=EAGER, patience_seconds=PATIENCE_SECONDS
                )
            )
            for number in range(kills):
                await tide.rise(RESPONDENTS_A_LIFE)
                await asyncio.sleep(MOMENTS_SECONDS[number % len(MOMENTS_SECONDS)])
                service.kill()
                await asyncio.to_thread(service.start)
            tide.ended = True
            outcome = await answering
            engine = create_engine(url)
            try:
                kept = await compare_with_database(engine, service.receipt_keys, SLUG, read_records(file))
            finally:
                await engine.dispose()
            pages = await compare_with_receipt_pages(service.base_url, read_records(file), SAMPLE)
            return Drilled(kind, kills, outcome, kept, pages)
        finally:
            service.stop()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m drill.kill", description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--respondents", type=int, default=32, help="how many at a time")
    parser.add_argument("--database", choices=[*KINDS, "both"], default="both")
    asked = parser.parse_args()
    run_folder = name_run_folder()
    passed = True
    try:
        for kind in KINDS if asked.database == "both" else (asked.database,):
            with tempfile.TemporaryDirectory() as folder:
                began = time.monotonic()
                drilled = asyncio.run(drill(Databases(run_folder), kind, Path(folder), asked.kills, asked.respondents))
                sys.stdout.write(f"{drilled.sentence()} in {time.monotonic() - began:.0f} s\n")
                sys.stdout.flush()
                passed = passed and drilled.passed
    finally:
        clear_run(run_folder)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
