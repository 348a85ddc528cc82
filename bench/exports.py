"""`python -m bench.exports [--answers N]`: what a million submissions cost at the freeze and afterwards.

The snapshot, the release tables and the exports, each beside its reference from the same run, and each in a process of
its own, so that its memory is its own. PostgreSQL with its defaults; by itself it ends, after some minutes. It exits
with 1 when something is below its floor. Of ten promises of the design, these are the last five.

On a busy machine look at the processor's seconds, which neighbours hardly change.
"""

import argparse
import asyncio
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import polars as pl
from sqlalchemy.engine import make_url

from app.clock import wall_clock
from app.consultations.countries import region_of
from app.questionnaire.document import Document
from app.questionnaire.kinds import Integer, Matrix, Multiple, Question, Ranking, Single, Text
from app.reporting import export_making
from app.reporting.export import export_columns, export_frame
from app.reporting.export_order import Order
from app.reporting.groups import BREAKDOWNS, groups_of
from app.reporting.making import make_release
from app.reporting.release import Facts
from app.reporting.release_file import to_bytes
from app.reporting.snapshot import asked_column, read_snapshot
from app.reporting.taking import take
from app.reporting.tally import tally
from bench.run import HEAD, Row, say
from bench.servers import open_consultation
from tests.databases import Databases
from tests.postgres import clear_run, name_run_folder
from tests.reporting.people import instrument, invented
from tests.reporting.test_columnar import stored

#: Different people; the table holds each of them as often as it takes.
DIFFERENT = 20_000
ROWS = "SELECT language, answers, open_answers FROM submissions WHERE consultation_id = 1"
MULTIPLY = """
INSERT INTO submissions (send_hash, receipt_hash, consultation_id, questionnaire_number, language, arrived_hour,
    answers, open_answers, dropped)
SELECT sha256((random()::text || i)::bytea), sha256((random()::text || i)::bytea), 1, 1, language,
    date_trunc('hour', now()), answers, open_answers, 0
FROM generate_series(1, $1::int) AS i, people ORDER BY 1 LIMIT $2::int
"""
FORMS = ("parquet", "csv", "xlsx", "sav")


@dataclass(frozen=True)
class Measured:
    """Seconds on the clock and of the processor, and the most memory that the process ever had, in megabytes."""

    seconds: float
    processor: float
    megabytes: float

    def told(self) -> str:
        return f"{self.seconds:.1f} s, {self.processor:.1f} cpu"


def apart(work: Callable[..., object], *given: object) -> Measured:
    """`work` done and measured in a process of its own. Its starting is not measured."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.exports", "--job"],
        input=pickle.dumps((work, given)),
        stdout=subprocess.PIPE,
        env=os.environ | {"POLARS_MAX_THREADS": "2"},
        check=True,
    )
    measured: Measured = pickle.loads(done.stdout)  # noqa: S301 - from our own process
    return measured


def job() -> None:
    work, given = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started us
    clock, processor = time.perf_counter(), time.process_time()
    work(*given)
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    done = Measured(time.perf_counter() - clock, time.process_time() - processor, most)
    sys.stdout.buffer.write(pickle.dumps(done))


# What is measured, and what it is measured by


def ours_snapshot(url: str, folder: Path) -> None:
    take(url, 1, instrument(), region_of, folder / "snapshot.parquet")


def adbc(url: str) -> None:
    """The same rows read by ADBC into columns of text, and nothing done with them."""
    pl.read_database_uri(ROWS, url, engine="adbc")


def adbc_to_parquet(url: str, folder: Path) -> None:
    """The same rows read by ADBC, and laid down as typed columns by Polars, as one writes it by hand: no condition is
    looked at, no order of arrival hidden, nothing checked."""
    read = pl.read_database_uri(ROWS, url, engine="adbc")
    kinds = answer_types(instrument())
    answers = read["answers"].str.json_decode(pl.Struct(kinds)).struct.unnest()
    several = [name for name, kind in kinds.items() if isinstance(kind, pl.List)]
    typed = answers.with_columns(
        pl.col(several), *(pl.col(name).cast(pl.Categorical) for name in kinds if name not in several)
    )
    typed.with_columns(read["language"].cast(pl.Categorical)).write_parquet(folder / "by-hand.parquet")


def answer_types(document: Document) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for question in document.questions.values():
        match question:
            case Multiple() | Ranking():
                found[question.code] = pl.List(pl.String())
            case Integer():
                found[question.code] = pl.Int64()
            case Single() | Matrix():
                found |= dict.fromkeys(question.fields, pl.String())
    return found


def ours_tables(snapshot: Path) -> None:
    tally(read_snapshot(snapshot), instrument())


def tables_by_hand(snapshot: Path) -> None:
    """Every question in total and by every breakdown, counted as one writes it by hand with Polars."""
    frame, document = pl.read_parquet(snapshot), instrument()
    for question in document.questions.values():
        if question.answered:
            asked = frame.filter(pl.col(asked_column(question.code)))
            for breakdown in ((), *((each,) for each in BREAKDOWNS if each in groups_of(document))):
                by_hand(asked, question, list(breakdown))


def by_hand(asked: pl.DataFrame, question: Question, breakdown: list[str]) -> None:
    match question:
        case Matrix() | Single() | Integer():
            for code in question.fields:
                asked.group_by(*breakdown, code).len()
        case Ranking():
            asked.group_by(*breakdown, question.fields[0]).len()
            places = asked.select(*breakdown, *question.fields).unpivot(question.fields, index=breakdown)
            places.group_by(*breakdown, "value").len()
        case Multiple():
            flags = [pl.col(f"{question.code}.{choice.name}").sum() for choice in question.choices]
            (asked.group_by(breakdown).agg(flags) if breakdown else asked.select(flags))
        case Text():
            answered = pl.col(f"answered {question.code}").sum()
            (asked.group_by(breakdown).agg(answered) if breakdown else asked.select(answered))


def ours_export(form: str, snapshot: Path, release: Path, folder: Path) -> None:
    folder.mkdir()
    wanted = Order("bench", form, "en", "bench", wall_clock().isoformat(), str(snapshot))
    export_making.make(wanted, release.read_bytes(), folder, wall_clock, lambda step, done, rows: None)


def writer_alone(form: str, snapshot: Path, folder: Path) -> None:
    """The columns of the export written by the library that is known for it, without labels, check or digest."""
    frame = export_frame(read_snapshot(snapshot), export_columns(instrument()))
    path = folder / f"alone.{form}"
    if form == "parquet":
        frame.write_parquet(path)
    elif form == "csv":
        frame.write_csv(path, include_bom=True)
    elif form == "xlsx":
        from rustpy_xlsxwriter import write_worksheets

        # It leaves out what it does not know, such as columns of a closed list: as texts they are written.
        write_worksheets([("submissions", frame.with_columns(pl.col(pl.Enum).cast(pl.String)))], str(path))
    else:
        import pyreadstat

        numbers = frame.select(pl.all().to_physical().cast(pl.Int32)).rename(lambda name: name.replace(" ", "_"))
        pyreadstat.write_sav(numbers, path, row_compress=True)


# The run


async def fill(url: str, answers: int) -> None:
    """So many submissions of the cyberbullying questionnaire, in random order."""
    await open_consultation(url)
    document = instrument()
    rows = [stored(sent.language, sent.answers, document) for sent in invented(document, min(DIFFERENT, answers))]
    connection = await asyncpg.connect(plain(url))
    await connection.execute("CREATE TEMP TABLE people (language text, answers text, open_answers text)")
    await connection.copy_records_to_table("people", records=rows)
    await connection.execute(MULTIPLY, -(-answers // len(rows)), answers)
    await connection.execute("VACUUM ANALYZE submissions")
    await connection.close()


def plain(url: str) -> str:
    """The address as asyncpg and ADBC read it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def release_of(snapshot: Path, path: Path) -> None:
    """A release of the snapshot, so that exports have something to agree with."""
    document, now = instrument(), wall_clock()
    facts = Facts(
        slug="bench", title=document.title, day=now.date(), window="world", opens_at=now - timedelta(days=2),
        closes_at=now, snapshot_at=now, languages=document.languages, ages=(13, 24), consent="A",
        questionnaire_version=document.version, sample=True,
    )  # fmt: skip
    path.write_bytes(to_bytes(make_release(tally(read_snapshot(snapshot), document), document, facts)))


class Bench:
    """One run, row by row as they are measured."""

    def __init__(self, url: str, over_tcp: str, folder: Path) -> None:
        self._url, self._tcp, self._folder = url, over_tcp, folder
        self.rows: list[Row] = []

    def run(self) -> None:
        say(HEAD)
        snapshot, release = self._folder / "snapshot.parquet", self._folder / "release.json"
        by_hand_ = apart(adbc_to_parquet, self._tcp, self._folder)
        read = apart(adbc, self._tcp)
        ours = apart(ours_snapshot, self._url, self._folder)
        self._beside("snapshot, typed, in order, as Parquet", ours, by_hand_, 2, 3, "ADBC, by hand")
        ratio = ours.seconds / read.seconds
        say(f"for comparison: ADBC fetching the rows as texts only: {read.told()}; the snapshot takes {ratio:.1f}x")
        self._memory("snapshot", ours, 1000)
        tables = apart(ours_tables, snapshot)
        self._beside("release tables", tables, apart(tables_by_hand, snapshot), 2, 4, "Polars by hand")
        release_of(snapshot, release)
        for form in FORMS:
            alone = apart(writer_alone, form, snapshot, self._folder)
            made = apart(ours_export, form, snapshot, release, self._folder / form)
            self._beside(f"export as {form}", made, alone, 1.5, 2, "the writer alone")
            self._memory(f"export as {form}", made, 1500 if form == "sav" else 1000)

    def _beside(self, what: str, ours: Measured, theirs: Measured, promise: float, floor: float, name: str) -> None:
        ratio = ours.seconds / theirs.seconds
        told = f"{name} {theirs.told()}"
        self._tell(Row(what, ours.told(), told, ratio, promise, floor, "x", less_is_better=True))

    def _memory(self, what: str, ours: Measured, promise: float) -> None:
        told = f"{ours.megabytes:,.0f} MB"
        self._tell(Row(f"most memory: {what}", told, "", ours.megabytes, promise, 2000, " MB", less_is_better=True))

    def _tell(self, row: Row) -> None:
        self.rows.append(row)
        say(row.line())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.exports", description=__doc__)
    parser.add_argument("--answers", type=int, default=1_000_000)
    parser.add_argument("--job", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.job:
        job()
        return 0
    run_folder = name_run_folder()
    databases = Databases(run_folder)
    try:
        with tempfile.TemporaryDirectory() as folder, databases.new("postgresql", Path(folder), durable=True) as url:
            asyncio.run(fill(url, asked.answers))
            server = databases.postgres(durable=True)
            bench = Bench(url, plain(server.url_over_tcp(make_url(url).database or "")), Path(folder))
            bench.run()
    finally:
        clear_run(run_folder)
    say(
        "Compared as well: every export was read back cell by cell at a thousand rows (tests/reporting/test_export.py)."
    )
    return 1 if any(row.verdict == "BELOW" for row in bench.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
