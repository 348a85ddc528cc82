"""Many simulated respondents at once: who is next, the file of what each one sent, rates, latencies and faults."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from app.errors import OperatorError
from app.rehearsal.browser import Browser, Journal
from app.rehearsal.line import Line, Origin
from app.rehearsal.people import Cast, Habits
from app.rehearsal.respondent import Record, Respondent, wrong

#: Different complaints that the sentence names.
MOST_COMPLAINTS = 8
#: Stands on the pages of a consultation whose answers no young person gave.
SAMPLE_TAG = 'class="tag">Sample data<'


@dataclass
class Outcome:
    """What came of a rehearsal. `all_sent` holds when everybody who meant to send was thanked and nobody complained."""

    journal: Journal
    file: Path
    seconds: float = 0.0
    respondents: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    complaints: Counter[str] = field(default_factory=Counter)
    on_purpose: Counter[str] = field(default_factory=Counter)
    mended: int = 0
    switches: int = 0
    second_sends: int = 0

    @property
    def thanked(self) -> int:
        return self.endings["sent"]

    @property
    def all_sent(self) -> bool:
        return not self.endings["failed"] and not self.complaints

    def take(self, record: Record) -> None:
        self.respondents += 1
        self.endings[record.ending] += 1
        self.mended += record.mended
        self.switches += record.switches
        self.second_sends += max(0, record.sends - 1)
        if record.thanked:
            self.languages[record.language] += 1
        answered_for = wrong(record.as_json())
        self.complaints.update(answered_for)
        self.on_purpose.update(fault for fault in record.faults if not fault.startswith("WRONG: "))

    def latencies(self) -> dict[str, dict[str, float]]:
        """By kind of request: how many, and milliseconds that 50, 95 and 99 % of them did not exceed."""
        return {kind: percentiles(seconds) for kind, seconds in sorted(self.journal.seconds.items())}

    def as_json(self) -> dict[str, Any]:
        per_second = 1 / self.seconds if self.seconds else 0
        return {
            "respondents": self.respondents,
            "thanked": self.thanked,
            "all_sent": self.all_sent,
            "endings": dict(self.endings),
            "languages": dict(self.languages),
            "seconds": round(self.seconds, 2),
            "requests": self.journal.requests,
            "requests_per_second": round(self.journal.requests * per_second, 1),
            "journeys_per_second": round(self.thanked * per_second, 1),
            "bytes_sent": self.journal.bytes_sent,
            "bytes_received": self.journal.bytes_received,
            "latencies_ms": self.latencies(),
            "refused_and_mended": self.mended,
            "language_switches": self.switches,
            "second_sends": self.second_sends,
            "on_purpose": dict(self.on_purpose),
            "tried_again": dict(self.journal.faults),
            "complaints": dict(self.complaints),
            "file": str(self.file),
        }

    def sentence(self) -> str:
        """The same for a reader, in a few lines."""
        told = self.as_json()
        others = ", ".join(f"{count} {ending}" for ending, count in self.endings.most_common() if ending != "sent")
        lines = [
            f"{self.respondents} respondents in {told['seconds']} s: {self.thanked} sent their answers"
            + (f" ({others})." if others else "."),
            "By language at Send: "
            + ", ".join(f"{name} {count}" for name, count in sorted(self.languages.items()))
            + ".",
            f"{told['requests_per_second']:,} requests and {told['journeys_per_second']} complete journeys a second; "
            f"{self.journal.bytes_received / 1024 / max(1, self.respondents):.1f} KB received and "
            f"{self.journal.bytes_sent / 1024 / max(1, self.respondents):.1f} KB sent by each.",
            f"{self.mended} pages refused and mended, {self.switches} language switches, "
            f"{self.second_sends} second sends, {sum(self.on_purpose.values())} lines broken on purpose.",
            f"{'milliseconds':<20}{'requests':>10}{'p50':>9}{'p95':>9}{'p99':>9}",
        ]
        lines += [
            f"{kind:<20}{each['requests']:>10.0f}{each['p50']:>9.1f}{each['p95']:>9.1f}{each['p99']:>9.1f}"
            for kind, each in self.latencies().items()
        ]
        if self.journal.faults:
            lines.append(
                "Tried again: " + ", ".join(f"{what} {n}" for what, n in self.journal.faults.most_common()) + "."
            )
        for complaint, count in self.complaints.most_common(MOST_COMPLAINTS):
            lines.append(f"Fault, {count} times: {complaint}.")
        lines.append(f"What each one sent: {self.file}")
        return "\n".join(lines)


async def says_sample(base_url: str, slug: str) -> bool:
    """Whether the page about the consultation says that its answers are sample data. Raises OperatorError when nobody
    listens at `base_url`, or there is no such page."""
    origin = await _reach(base_url)
    page = await Browser(origin, Journal(), languages="en").visit(f"/en/consultations/{slug}", "front")
    if page.status != 200:
        raise OperatorError(f"There is no consultation “{slug}” at {base_url}.")
    return SAMPLE_TAG in page.text


async def _reach(base_url: str) -> Origin:
    try:
        origin = Origin.of(base_url)
        (await Line.connect(origin)).close()
    except ValueError as fault:
        raise OperatorError(f"{fault}.") from fault
    except OSError as fault:
        raise OperatorError(
            f"Nobody listens at {base_url}: start “consult serve”, or name its address with --base-url."
        ) from fault
    return origin


async def rehearse(
    base_url: str,
    slug: str,
    answers: int,
    seed: int,
    concurrency: int,
    out: Path,
    *,
    habits: Habits | None = None,
    cast: Cast | None = None,
    links: Sequence[str] = (),
    patience_seconds: float = 20.0,
) -> Outcome:
    """`answers` respondents have come and gone, `concurrency` at a time; `out` holds a line for each, in order. Where
    there are `links`, about half of them come by the code of one.

    The same seed gives the same answers, whatever the concurrency. Raises OperatorError when nobody listens at
    `base_url` or the file cannot be written.
    """
    return await rehearse_numbers(
        base_url,
        slug,
        range(answers),
        seed,
        concurrency,
        out,
        habits=habits,
        cast=cast,
        links=links,
        patience_seconds=patience_seconds,
    )


async def rehearse_numbers(
    base_url: str,
    slug: str,
    numbers: Iterable[int],
    seed: int,
    concurrency: int,
    out: Path,
    *,
    habits: Habits | None = None,
    cast: Cast | None = None,
    links: Sequence[str] = (),
    patience_seconds: float = 20.0,
) -> Outcome:
    """The same for the respondents of these `numbers`, which rise one by one and may end whenever they like."""
    origin = await _reach(base_url)
    try:
        file = out.open("w", encoding="utf-8")
    except OSError as fault:
        raise OperatorError(f"{out} cannot be written: {fault.strerror or fault}.") from fault
    outcome, who = Outcome(Journal(), out), cast or Cast()
    began = time.perf_counter()
    with file:
        diary = _Diary(file)
        following = iter(numbers)

        async def come_and_go() -> None:
            for number in following:
                person = who.person(seed, number)
                browser = Browser(origin, outcome.journal, languages=person.language, patience_seconds=patience_seconds)
                link = who.link
                if links and not link:
                    link = person.dice("which link").choice(("",) * len(links) + tuple(links))
                record = await Respondent(person, habits or Habits(), browser, slug, link).answer()
                outcome.take(record)
                diary.write(record)

        async with asyncio.TaskGroup() as group:
            for _ in range(max(1, concurrency)):
                group.create_task(come_and_go())
    outcome.seconds = time.perf_counter() - began
    return outcome


class _Diary:
    """Lines in the order of the respondents' numbers, whoever was ready first."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._next: int | None = None
        self._early: dict[int, str] = {}

    def write(self, record: Record) -> None:
        line = json.dumps(record.as_json(), ensure_ascii=False, separators=(",", ":"))
        self._early[record.number] = line
        if self._next is None and record.number == 0:
            self._next = 0
        while self._next is not None and self._next in self._early:
            self._file.write(self._early.pop(self._next) + "\n")
            self._next += 1


def read_records(file: Path) -> Iterator[dict[str, Any]]:
    """The lines of a rehearsal's file. Raises ValueError for what is none."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if not isinstance(record, dict) or "receipt" not in record:
                raise ValueError("a line that no rehearsal wrote")
            yield record


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Number of requests, and milliseconds at 50, 95 and 99 %."""
    ordered = sorted(seconds)
    last = len(ordered) - 1
    at = {f"p{share}": round(1000 * ordered[round(last * share / 100)], 2) for share in (50, 95, 99)}
    return {"requests": len(ordered), **at}
