"""The command that lets simulated respondents answer, and tells the gate of the consultation how it went."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.cli.console import NOT_ALL_DONE, JsonOption, cli, say, with_engine, with_session
from app.clock import wall_clock
from app.consultations import service as consultations
from app.consultations.phase import ORDER, Phase, phase_at
from app.errors import OperatorError
from app.questionnaire import rehearsing
from app.questionnaire import service as questionnaires
from app.questionnaire.models import Questionnaire
from app.rehearsal.apart import CONCURRENCY, SEED, Piece, Verdict
from app.rehearsal.check import Comparison, compare_with_database
from app.rehearsal.run import Outcome, read_records, says_sample
from app.rehearsal.run import rehearse as run
from app.settings import Settings
from app.staff.audit import OPERATOR

SERVER = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class _Here:
    """The consultation as the database of the settings has it."""

    piece: Piece
    stored: Questionnaire
    before_the_day: bool


@cli.command()
def rehearse(
    slug: str,
    answers: Annotated[int, typer.Option(help="how many respondents")],
    seed: int = SEED,
    concurrency: int = 2 * CONCURRENCY,
    base_url: Annotated[
        str, typer.Option(help=f"server with the open consultation; {SERVER} unless its day is still to come")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="file of what each one sent")] = None,
    into_real: Annotated[bool, typer.Option("--into-real", help="even if it is not marked as sample data")] = False,
    as_json: JsonOption = False,
) -> None:
    """Simulated respondents answer through the real pages: a draft or scheduled consultation on a stage of its own, of
    which nothing stays, an open one on its server. Its readiness knows of a rehearsal that was passed."""
    from app.rehearsal.stage import judge, play

    here = _find(slug)
    file = out or Path(f"rehearsal-{slug}.jsonl")
    apart = here is not None and here.before_the_day and not base_url
    if here is not None and apart:
        outcome, verdict = asyncio.run(play(here.piece, answers, seed, concurrency, file, wall_clock().date()))
    else:
        address = base_url or SERVER
        outcome = asyncio.run(_on_its_server(address, slug, answers, seed, concurrency, file, into_real=into_real))
        kept = _compare(slug, file) if here is not None and outcome.thanked else Comparison()
        verdict = judge(outcome, kept.differences if kept.compared else [])
        here = here if kept.compared else None
    if here is not None:
        _tell(slug, here.stored, verdict)
    words = "Passed." if verdict.passed else f"Not passed: {verdict.reason}."
    where = (
        "It stands in the trail." if here else "It does not stand in the trail: this database has none of the answers."
    )
    told = {**outcome.as_json(), "passed": verdict.passed, "recorded": here is not None}
    say(f"{outcome.sentence()}\n{words} {where}", told, as_json=as_json)
    if not outcome.all_sent or (apart and not verdict.passed):
        raise typer.Exit(NOT_ALL_DONE)


def _find(slug: str) -> _Here | None:
    """The consultation, if this database has it: a rehearsal of a server elsewhere needs none."""

    async def work(session: AsyncSession, settings: Settings) -> _Here | None:
        found = await consultations.look_up(session, slug)
        if found is None:
            return None
        stored = await questionnaires.latest(session, found.id)
        piece = Piece(slug, stored.document, found.consent, tuple(found.age_bands))
        return _Here(piece, stored, ORDER[phase_at(found, wall_clock())] < ORDER[Phase.OPEN])

    try:
        return with_session(work)
    except (DBAPIError, OSError):
        return None


async def _on_its_server(
    base_url: str, slug: str, answers: int, seed: int, concurrency: int, out: Path, *, into_real: bool
) -> Outcome:
    """Raises OperatorError where simulated answers would be published as real ones."""
    if not into_real and not await says_sample(base_url, slug):
        raise OperatorError(
            f"“{slug}” is not marked as sample data: simulated answers would be published as real ones. "
            "Import it with --sample, or add --into-real."
        )
    return await run(base_url, slug, answers, seed, concurrency, out)


def _compare(slug: str, file: Path) -> Comparison:
    """What the respondents sent beside what this database keeps of it."""

    async def work(engine: AsyncEngine, settings: Settings) -> Comparison:
        from app.rehearsal.stage import keys_of

        return await compare_with_database(engine, keys_of(settings), slug, read_records(file), alone=False)

    return with_engine(work)


def _tell(slug: str, stored: Questionnaire, verdict: Verdict) -> None:
    async def work(session: AsyncSession, settings: Settings) -> None:
        await rehearsing.end(session, slug, stored, verdict, who=OPERATOR, now=wall_clock())

    with_session(work)
