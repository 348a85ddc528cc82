"""`python -m bench.run [--quick]`: the first nine promises of the design, each beside its reference from the same run.

Everything runs on this machine, on its loopback address: PostgreSQL with its defaults (fsync on), `consult serve`, and
the load. It ends by itself.
"""

import argparse
import asyncio
import itertools
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from app.clock import wall_clock
from app.submissions.cookie import Journey
from bench.load import Ask, Counted, Script, load
from bench.recording import Exchange, Way, record_ways
from bench.references import LIMESURVEY_SESSIONS, bare_server, pgbench
from bench.servers import SLUG, Service, open_consultation, running
from bench.weight import weigh
from tests.databases import Databases
from tests.postgres import clear_run, name_run_folder

WAYS = 24
#: Sends prepared for each second: more than any Python server takes.
SENDS_A_SECOND = 9000


@dataclass(frozen=True)
class Row:
    """One promise. `ratio` is what is promised about; for times, `measured` in milliseconds itself. `processor_us` is
    the service's own processor time for each, which tells what it costs even on a busy machine."""

    what: str
    measured: str
    reference: str
    ratio: float | None
    promise: float
    floor: float
    unit: str = ""
    less_is_better: bool = False
    processor_us: float | None = None

    @property
    def verdict(self) -> str:
        if self.ratio is None:
            return "no reference"
        if self.less_is_better:
            return "kept" if self.ratio <= self.promise else "above floor" if self.ratio <= self.floor else "BELOW"
        return "kept" if self.ratio >= self.promise else "above floor" if self.ratio >= self.floor else "BELOW"

    def line(self) -> str:
        cost = f"{self.processor_us:,.0f}" if self.processor_us else ""
        ratio = "-" if self.ratio is None else f"{self.ratio:.3g}{self.unit}"
        return (
            f"{self.what:<58}{self.measured:>11}{cost:>9}{self.reference:>30}{ratio:>10}"
            f"{f'{self.promise:g}{self.unit}':>10}{f'{self.floor:g}{self.unit}':>8}  {self.verdict}"
        )


HEAD = f"{'what':<58}{'measured':>11}{'cpu us':>9}{'reference':>30}{'ratio':>10}{'promise':>10}{'floor':>8}  verdict"


class Bench:
    """One run: a database, services on it one after the other, and the rows."""

    def __init__(self, databases: Databases, url: str, folder: Path, seconds: int) -> None:
        self._postgres = databases.postgres(durable=True)
        self._url = url
        self._database = make_url(url).database or ""
        self._folder = folder
        self._seconds = seconds
        self._consultation_id = 0
        self.rows: list[Row] = []

    def run(self) -> None:
        self._consultation_id = asyncio.run(open_consultation(self._url))
        with running(Service(self._folder, self._url)) as service:
            ways = asyncio.run(record_ways(service.base_url, WAYS, "gzip"))
            self._pages(service, ways)
            self._step(service, ways)
            self._journeys(service, ways)
            self._one_page(service)
        references = [self._pgbench(ways)]
        one, one_us, p99 = self._sends(ways, workers=1, clients=32)
        two, two_us, _ = self._sends(ways, workers=2, clients=128)
        references.append(self._pgbench(ways))
        known = [each for each in references if each]
        reference = sum(known) / len(known) if known else None
        told = f"pgbench {' and '.join(f'{each:,.0f}' for each in known)}/s" if known else "no pgbench here"
        first, second = _ratio(one, reference), _ratio(two, reference)
        self.rows[:0] = [
            Row("full Send, 1 process, 32 clients", f"{one:,.0f}/s", told, first, 0.20, 0.12, processor_us=one_us),
            Row("full Send, 2 processes, 128 clients", f"{two:,.0f}/s", told, second, 0.35, 0.20, processor_us=two_us),
            Row("99th percentile of Send, 32 clients", f"{p99:.1f} ms", "", p99, 25, 60, " ms", less_is_better=True),
        ]

    def _pages(self, service: Service, ways: Sequence[Way]) -> None:
        exchanges = [each for way in ways for each in first_pages(way)]
        self._beside_bare("front and first pages, 1 process", service, [[each] for each in exchanges], 0.50, 0.25)

    def _step(self, service: Service, ways: Sequence[Way]) -> None:
        steps = [pair for way in ways for pair in steps_of(way)]
        self._beside_bare("one step of the journey (POST, 303, GET)", service, steps, 0.10, 0.05)

    def _beside_bare(
        self, what: str, service: Service, groups: Sequence[Sequence[Exchange]], promise: float, floor: float
    ) -> None:
        scripts = [Script(tuple(each.ask for each in group), group[0].cookies) for group in groups]
        load(service.port, iter(scripts), 8, 60)
        ours, cost = self._measured(service, itertools.cycle(scripts), 32)
        with bare_server((each for group in groups for each in group), self._folder) as port:
            bare = self._checked(load(port, itertools.cycle(scripts), 32, self._seconds))
        a, b = ours.scripts_per_second, bare.scripts_per_second
        self.rows.append(Row(what, f"{a:,.0f}/s", f"bare ASGI {b:,.0f}/s", a / b, promise, floor, processor_us=cost))

    def _journeys(self, service: Service, ways: Sequence[Way]) -> None:
        counted, cost = self._replayed(service, ways)
        requests = counted.requests / counted.scripts
        what = f"complete journeys by section ({requests:.0f} requests), 1 process"
        self._beside_limesurvey(what, counted, cost, 15, 8)

    def _one_page(self, service: Service) -> None:
        ways = asyncio.run(record_ways(service.base_url, WAYS, "gzip", one_page=True))
        counted, cost = self._replayed(service, ways)
        requests = counted.requests / counted.scripts
        what = f"complete sessions on one page ({requests:.0f} requests), 1 process"
        self._beside_limesurvey(what, counted, cost, 80, 40)

    def _replayed(self, service: Service, ways: Sequence[Way]) -> tuple[Counted, float]:
        scripts = [way.script() for way in ways]
        load(service.port, iter(scripts), 8, 60)
        return self._measured(service, itertools.cycle(scripts), 32)

    def _measured(self, service: Service, scripts: Iterator[Script], clients: int) -> tuple[Counted, float]:
        """A load's count, and the service's microseconds of processor for each script."""
        before = service.processor_seconds()
        counted = self._checked(load(service.port, scripts, clients, self._seconds))
        return counted, 1e6 * (service.processor_seconds() - before) / max(1, counted.scripts)

    def _beside_limesurvey(self, what: str, counted: Counted, cost: float, promise: float, floor: float) -> None:
        rate = counted.scripts_per_second
        told = f"LimeSurvey {LIMESURVEY_SESSIONS}/s"
        self.rows.append(
            Row(what, f"{rate:,.0f}/s", told, rate / LIMESURVEY_SESSIONS, promise, floor, "x", processor_us=cost)
        )

    def _sends(self, ways: Sequence[Way], workers: int, clients: int) -> tuple[float, float, float]:
        """Submissions a second, each parsed, checked, committed and answered with its receipt page; microseconds of
        processor for each; milliseconds of the 99th percentile.

        One request each, as the check page sends it where script runs.
        """
        with running(Service(self._folder, self._url, workers)) as service:
            wanted = SENDS_A_SECOND * self._seconds
            scripts = list(itertools.islice(sends(service, ways), wanted))
            load(service.port, sends(service, ways), 32, 2)
            counted, cost = self._measured(service, iter(scripts), clients)
        return counted.scripts_per_second, cost, counted.percentile(0.99)

    def _pgbench(self, ways: Sequence[Way]) -> float | None:
        rows = sorted((row_of(way.record) for way in ways), key=lambda row: len(row[0]) + len(row[1]))
        return pgbench(
            self._postgres, self._database, self._consultation_id, rows[len(rows) // 2], 32, self._seconds, self._folder
        )

    @staticmethod
    def _checked(counted: Counted) -> Counted:
        """Raises RuntimeError when anything was answered otherwise than it was when recorded."""
        if counted.wrong:
            raise RuntimeError(f"answers went wrong: {dict(counted.wrong)}")
        return counted


def first_pages(way: Way) -> list[Exchange]:
    """The front page, the page about the consultation, and the first page of questions."""
    fronts = [each for each in way.exchanges if each.kind == "front"]
    return [*fronts, next(each for each in way.exchanges if each.kind == "section")]


def steps_of(way: Way) -> list[tuple[Exchange, Exchange]]:
    """Every section posted, with the next page."""
    pairs = itertools.pairwise(way.exchanges)
    return [(a, b) for a, b in pairs if a.kind == "section posted" and b.kind == "section"]


def sends(service: Service, ways: Sequence[Way]) -> Iterator[Script]:
    """Sends of new respondents without end, with the answers of the ways in turn."""
    sealer, now = service.sealer, wall_clock().replace(second=0, microsecond=0)
    for way in itertools.cycle(ways):
        first, second = sealer.seal(journey_of(way.record, now))
        cookies = {b"s": first.encode()} | ({b"s2": second.encode()} if second else {})
        yield Script((send_of(way.language, service.port),), cookies)


def journey_of(record: dict[str, Any], now: datetime) -> Journey:
    """A journey on its check page, with the answers of a record and a send key of its own."""
    answers = {code: tuple(kept) if isinstance(kept, list) else kept for code, kept in record["answers"].items()}
    return Journey(SLUG, os.urandom(16), now, now, answers, agreed="yes")


def send_of(language: str, port: int) -> Ask:
    body = b"go=send"
    head = (
        f"POST /{language}/consultations/{SLUG}/send HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n"
        "Origin: null\r\nSec-Fetch-Site: same-origin\r\nHX-Request: true\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    )
    return Ask(head.encode(), b"\r\n" + body, 200)


def row_of(record: dict[str, Any]) -> tuple[str, str]:
    """Answers and open answers of a record as the table keeps them."""
    texts = {code: kept for code, kept in record["answers"].items() if isinstance(kept, str) and len(kept) > 4}
    choices = {code: kept for code, kept in record["answers"].items() if code not in texts}
    return json.dumps(choices, ensure_ascii=False), json.dumps(texts, ensure_ascii=False)


def _ratio(measured: float, reference: float | None) -> float | None:
    return measured / reference if reference else None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two seconds for each figure instead of ten")
    asked = parser.parse_args()
    run_folder = name_run_folder()
    databases = Databases(run_folder)
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            databases.new("postgresql", Path(folder), durable=True) as url,
        ):
            bench = Bench(databases, url, Path(folder), 2 if asked.quick else 10)
            bench.run()
            say("\n".join([HEAD, *(row.line() for row in bench.rows)]))
            with running(Service(Path(folder), url)) as service:
                say(asyncio.run(weigh(service.base_url)))
    finally:
        clear_run(run_folder)
    return 1 if any(row.verdict == "BELOW" for row in bench.rows) else 0


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
