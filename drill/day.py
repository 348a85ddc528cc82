"""A whole day: respondents answer through the real pages, the day is closed and frozen, and every figure of every
document is compared with the file of what each one sent.

`python -m drill.day [--answers 2000] [--database sqlite|postgresql|both] [--keep FOLDER]`. Everything after the answers
is done by the commands that an operator types. Exit code 0 when all submissions are in the database as they were sent
and every figure in release, HTML, DOCX and CSV in six languages is what a separate, simple recount gives.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.clock import wall_clock
from app.consultations.models import Consultation
from app.db import create_engine
from app.questionnaire.document import LANGUAGES
from app.rehearsal import Outcome, rehearse
from app.rehearsal.check import compare_with_database, compare_with_receipt_pages
from app.rehearsal.run import read_records
from bench.servers import INSTRUMENT, ROOT, SLUG, Service, open_consultation, running
from tests.databases import KINDS, Databases
from tests.postgres import clear_run, name_run_folder
from tests.reporting.oracle import main as recount

CONCURRENCY = 16
SEED = 7
SAMPLE = 100


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def consult(service: Service, *words: str) -> None:
    """One command of the operator. Raises subprocess.CalledProcessError when it failed."""
    environment = os.environ | {
        "CONSULT_DATA": str(service.folder),
        "CONSULT_DATABASE_URL": service.database_url,
        "CONSULT_SECRET": service.secret,
    }
    command = [sys.executable, "-c", "from app.cli import main; main()", *words]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)


async def answer(service: Service, answers: int, sent: Path) -> bool:
    """Everybody answered, and the database and the receipt pages hold what the file says was sent."""
    outcome: Outcome = await rehearse(service.base_url, SLUG, answers, SEED, CONCURRENCY, sent)
    say(outcome.sentence())
    engine = create_engine(service.database_url)
    try:
        kept = await compare_with_database(engine, service.receipt_keys, SLUG, read_records(sent))
    finally:
        await engine.dispose()
    pages = await compare_with_receipt_pages(service.base_url, read_records(sent), SAMPLE)
    say(f"{kept.compared} receipts compared with the database, {pages.compared} with the receipt page.")
    for difference in [*kept.differences, *pages.differences][:20]:
        say(f"DIFFERENCE: {difference}")
    return outcome.all_sent and not kept.differences and not pages.differences


async def end_the_day(database_url: str) -> None:
    """The day was over 31 minutes ago: nobody waits half an hour in a drill."""
    engine = create_engine(database_url)
    async with AsyncSession(engine) as session:
        over = wall_clock() - timedelta(minutes=31)
        await session.execute(
            update(Consultation)
            .where(Consultation.slug == SLUG)
            .values(opens_at=over - timedelta(days=1), closes_at=over)
        )
        await session.commit()
    await engine.dispose()


def make_documents(service: Service) -> list[Path]:
    """Release, papers and tables in six languages, by the operator's commands; the release first."""
    made = [service.folder / "release.json"]
    consult(service, "freeze", SLUG)
    consult(service, "export", SLUG, "--format", "json", "--out", str(made[0]))
    for language in LANGUAGES:
        for command, form in (("summary", "html"), ("summary", "docx"), ("export", "csv")):
            out = service.folder / f"{'paper' if command == 'summary' else 'tables'}-{language}.{form}"
            consult(service, command, SLUG, "--language", language, "--format", form, "--out", str(out))
            made.append(out)
    return made


def drill(databases: Databases, kind: str, folder: Path, answers: int) -> bool:
    """A day on a new database of this kind. Says what was compared; True when nothing was wrong."""
    say(f"{kind}: {answers} respondents")
    with databases.new(kind, folder, durable=True) as url:
        asyncio.run(open_consultation(url))
        sent = folder / "sent.jsonl"
        with running(Service(folder, url)) as service:
            sound = asyncio.run(answer(service, answers, sent))
        asyncio.run(end_the_day(url))
        began = time.monotonic()
        documents = make_documents(service)
        say(f"Freeze, release, 12 papers and 6 files of tables took {time.monotonic() - began:.0f} s.")
        told = recount([str(sent), str(INSTRUMENT), *map(str, documents)])
    return sound and told == 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m drill.day", description=__doc__.splitlines()[0])
    parser.add_argument("--answers", type=int, default=2000)
    parser.add_argument("--database", choices=[*KINDS, "both"], default="both")
    parser.add_argument("--keep", type=Path, help="folder to which everything that was made is copied")
    asked = parser.parse_args()
    run_folder = name_run_folder()
    passed = True
    try:
        for kind in KINDS if asked.database == "both" else (asked.database,):
            with tempfile.TemporaryDirectory() as folder:
                passed = drill(Databases(run_folder), kind, Path(folder), asked.answers) and passed
                if asked.keep:
                    shutil.copytree(folder, asked.keep / kind, dirs_exist_ok=True)
    finally:
        clear_run(run_folder)
    say("passed" if passed else "FAILED")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
