"""`python -m bench.papers [--proofs] [ANSWERS …]`: from Freeze to the papers, at 10,000, 100,000 and 1,000,000.

Each step in a process of its own, as the service does it, so that its memory is its own: the snapshot; its tables and
the release, without proofs unless asked for (`bench.certify` measures these); the papers of six languages, two
processes at once, with what the results pages are made of. Target: a million in less than 60 s and 1.5 GB, the proofs
not counted.
"""

import asyncio
import importlib
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.questionnaire.document import LANGUAGES
from app.reporting.certify import Run
from app.reporting.making import make_release
from app.reporting.release_file import to_bytes
from app.reporting.rendering import DATA, PAPER, make
from app.reporting.side_by_side import side_by_side
from app.reporting.snapshot import read_snapshot
from app.reporting.tally import tally
from app.reporting.terms import Terms
from bench.exports import Measured, apart, fill, ours_snapshot
from bench.run import say
from tests.databases import Databases
from tests.postgres import clear_run, name_run_folder
from tests.reporting.people import facts_of, instrument, unproved

SIZES = (10_000, 100_000, 1_000_000)
PROMISE_SECONDS, PROMISE_MEGABYTES = 60, 1500


def release(snapshot: Path, path: Path, run: Run) -> None:
    document = instrument()
    made = make_release(tally(read_snapshot(snapshot), document), document, facts_of(document), run=run)
    path.write_bytes(to_bytes(made))


def papers(content: bytes, languages: tuple[str, ...], forms: tuple[str, ...], folder: Path) -> None:
    make(content, dict.fromkeys(languages, ""), forms, Terms(), folder)


def both(content: bytes, forms: tuple[str, ...], folder: Path) -> tuple[float, float]:
    """Seconds until the files of all languages are there, and megabytes of the larger process."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        halves = (LANGUAGES[:3], LANGUAGES[3:])
        done: list[Measured] = list(pool.map(lambda some: apart(papers, content, some, forms, folder), halves))
    return time.perf_counter() - begun, max(each.megabytes for each in done)


def measure(answers: int, run: Run) -> None:
    run_folder = name_run_folder()
    databases = Databases(run_folder)
    try:
        with tempfile.TemporaryDirectory() as name, databases.new("postgresql", Path(name), durable=True) as url:
            folder = Path(name)
            asyncio.run(fill(url, answers))
            snapshot, kept = folder / "snapshot.parquet", folder / "release.json"
            taken = apart(ours_snapshot, url, folder)
            told = apart(release, snapshot, kept, run)
            content = kept.read_bytes()
            paper_seconds, paper_megabytes = both(content, PAPER, folder)
            data_seconds, data_megabytes = both(content, DATA, folder)
            made = sorted(path.suffix for path in folder.iterdir())
    finally:
        clear_run(run_folder)
    proofs = "" if run is side_by_side else "proofs; "
    total = taken.seconds + told.seconds + paper_seconds
    most = max(taken.megabytes, told.megabytes, paper_megabytes)
    say(
        f"{answers:>9,}: {total:5.1f} s, {most:,.0f} MB (promise {PROMISE_SECONDS}, {PROMISE_MEGABYTES:,}):"
        f" snapshot {taken.told()}, {taken.megabytes:,.0f} MB; tables and release {told.told()},"
        f" {told.megabytes:,.0f} MB; papers {paper_seconds:.1f} s, {paper_megabytes:,.0f} MB each of two"
        f" ({made.count('.docx')} DOCX, {made.count('.pdf')} PDF, {made.count('.html')} HTML)."
        f" Not counted: {proofs}data in six languages {data_seconds:.1f} s, {data_megabytes:,.0f} MB."
    )


def main() -> None:
    words = sys.argv[1:]
    run = side_by_side if "--proofs" in words else unproved
    for answers in [int(word) for word in words if word != "--proofs"] or SIZES:
        measure(answers, run)


if __name__ == "__main__":
    # Under its own name, by which the other processes find what they do.
    importlib.import_module("bench.papers").main()
