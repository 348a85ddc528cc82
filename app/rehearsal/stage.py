"""A stage of its own for a rehearsal: the whole application on an empty database, in a folder that goes with it, where
one consultation, marked as sample data, is open. Nobody else sees it, and nothing that happens there stays.

As a process (`python -m app.rehearsal.stage`) it reads a piece in one line, plays it once, and says the verdict.
"""

import asyncio
import json
import os
import secrets
import shutil
import sys
import tempfile
import threading
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.clock import wall_clock
from app.consultations import service as consultations
from app.consultations.phase import day_of
from app.db import create_engine
from app.main import create_app
from app.outreach import service as outreach
from app.outreach.service import BAND_WITH_CONSENT, Wanted
from app.questionnaire import service as questionnaires
from app.questionnaire.document import LANGUAGES
from app.questionnaire.stored import document_from_json
from app.rehearsal.apart import ANSWERS, CONCURRENCY, SEED, Piece, Verdict
from app.rehearsal.check import compare_with_database
from app.rehearsal.people import Cast
from app.rehearsal.run import Outcome, read_records, rehearse
from app.schema import upgrade
from app.serving import serving
from app.settings import Settings, derive_key
from app.submissions.receipts import ReceiptKeys

#: Faults that a verdict names; one that happens often is named once.
MOST_FAULTS = 8
#: The young people's pages come first.
NICENESS = 5


async def play(
    piece: Piece, answers: int, seed: int, concurrency: int, out: Path, today: date
) -> tuple[Outcome, Verdict]:
    """Respondents have answered the piece on a stage of its own, and what they sent was compared with what was kept.

    `out` holds a line for each of them. Where those of 10 to 12 may answer, all come by a partner's link that lets
    them in.
    """
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
        settings = Settings(
            data=Path(folder), database_url="", secret=secrets.token_urlsafe(48), secure_cookies=False, smtp_url="",
            public_url="",
        )  # fmt: skip
        engine = create_engine(settings.url())
        try:
            await upgrade(engine)
            noon = day_of(today, "utc").opens_at + timedelta(hours=12)
            cast = Cast(piece.age_bands, await _set(engine, piece, today, noon))
            async with serving(create_app(settings, lambda: noon, engine)) as base_url:
                outcome = await rehearse(base_url, piece.slug, answers, seed, concurrency, out, cast=cast)
            kept = await compare_with_database(
                engine, keys_of(settings), piece.slug, await asyncio.to_thread(_records, out)
            )
        finally:
            await engine.dispose()
    return outcome, judge(outcome, kept.differences)


def judge(outcome: Outcome, differences: list[str]) -> Verdict:
    """Passed when everybody who meant to send was thanked, in every language, and everything is kept as it was sent."""
    faults = [f"{complaint} ({count} times)" for complaint, count in outcome.complaints.most_common(MOST_FAULTS)]
    if outcome.endings["failed"]:
        faults.append(f"{outcome.endings['failed']} did not come to an end")
    return Verdict(
        answers=outcome.respondents,
        sent=outcome.thanked,
        seconds=round(outcome.seconds, 1),
        silent=tuple(language for language in LANGUAGES if not outcome.languages[language]),
        faults=(*faults, *differences)[:MOST_FAULTS],
    )


async def _set(engine: AsyncEngine, piece: Piece, today: date, noon: datetime) -> str:
    """The consultation is open. Gives the code of the link by which all come, or ""."""
    document = document_from_json(json.loads(piece.document))
    code = ""
    async with AsyncSession(engine, expire_on_commit=False) as session:
        consultation = await consultations.create(
            session,
            slug=piece.slug,
            topic=dict(document.title),
            summary=dict(document.summary),
            day=today,
            window="utc",
            consent=piece.consent,
            age_bands=piece.age_bands,
            sample=True,
        )
        await questionnaires.attach(session, consultation, document)
        consultations.schedule(consultation, consultation.opens_at)
        if BAND_WITH_CONSENT in piece.age_bands:
            wanted = Wanted(name="Rehearsal", kind="school", holds_consent=True)
            code = (await outreach.make(session, consultation.id, wanted, noon)).code
        await session.commit()
    return code


def keys_of(settings: Settings) -> ReceiptKeys:
    """What makes receipt codes and their hashes where the application has these settings."""
    secret = settings.master_secret()
    return ReceiptKeys(derive_key(secret, "receipt code"), derive_key(secret, "receipt hash"))


def _records(file: Path) -> list[dict[str, object]]:
    return list(read_records(file))


def _end_with_the_server(folder: str) -> None:
    """When whoever started this process is gone, so are this process and what it wrote."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def main() -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    piece = Piece.read(json.loads(sys.stdin.readline()))
    os.nice(NICENESS)
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
        threading.Thread(target=_end_with_the_server, args=(folder,), daemon=True).start()
        tempfile.tempdir = folder
        sent = Path(folder) / "sent.jsonl"
        _, verdict = asyncio.run(play(piece, ANSWERS, SEED, CONCURRENCY, sent, wall_clock().date()))
    sys.stdout.write(json.dumps(asdict(verdict)) + "\n")


if __name__ == "__main__":
    main()
