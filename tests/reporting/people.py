"""Invented respondents, chosen by seed, for the tests of the paper: all regions, some shy, some who leave much out."""

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from app.consultations.countries import countries, region_of
from app.consultations.phase import day_of
from app.questionnaire.document import LANGUAGES, Document
from app.questionnaire.kinds import Integer, Matrix, Multiple, Question, Ranking, Single, Text
from app.questionnaire.xlsform import read_xlsform
from app.reporting.certify import Protected, Run, guess
from app.reporting.making import make_release
from app.reporting.release import Facts, Release
from app.reporting.sensitive import BlockCase
from app.reporting.snapshot import Sent, snapshot_of
from app.reporting.tally import tally
from app.submissions.journey import walk

INSTRUMENTS = Path(__file__).parents[2] / "app" / "questionnaire" / "instruments"
REGION_WEIGHTS = {"africa": 28, "americas": 18, "arab_states": 14, "asia_pacific": 24, "cis": 2, "europe": 14}
LANGUAGE_WEIGHTS = (14, 10, 40, 18, 3, 15)
CANARY = "canary sentence that must never be published"


@cache
def instrument(name: str = "cyberbullying") -> Document:
    document = read_xlsform((INSTRUMENTS / f"{name}.xlsx").read_bytes()).document
    assert document is not None
    return document


def invented(document: Document, n: int, seed: int = 1) -> Iterator[Sent]:
    """`n` people. Shares differ from choice to choice, so that small counts are met."""
    chance = random.Random(seed)
    weights: dict[tuple[str, str], float] = {}
    for _ in range(n):
        language = chance.choices(LANGUAGES, LANGUAGE_WEIGHTS)[0]
        answers: dict[str, Any] = {}
        for question in document.questions.values():
            if question.answered and (question.required or chance.random() > 0.05):
                answers |= _answer(question, chance, weights)
        yield Sent(language, walk(document, answers).answers)


def _answer(question: Question, chance: random.Random, weights: dict[tuple[str, str], float]) -> dict[str, Any]:
    def pick(names: list[str]) -> str:
        each = [weights.setdefault((question.code, name), chance.uniform(0.05, 3) ** 2) for name in names]
        return chance.choices(names, each)[0]

    names = [choice.name for choice in getattr(question, "choices", ())]
    match question:
        case Single(code="DM01"):
            return {"DM01": chance.choice([name for name in names if name in ("3", "4", "5")])}
        case Single(dropdown=True):
            region = chance.choices(list(REGION_WEIGHTS), list(REGION_WEIGHTS.values()))[0]
            there = [name for name in names if (found := countries().get(name)) and found.region == region]
            return {question.code: chance.choice((there or names)[:12])}
        case Matrix():
            return {code: pick(names) for code in question.fields if chance.random() > 0.1}
        case Ranking():
            return {question.code: tuple(chance.sample(names, chance.randint(1, question.places)))}
        case Multiple():
            chosen = {pick(names) for _ in range(chance.randint(1, question.max_choices or 3))}
            alone = sorted(chosen & question.alone)
            return {question.code: tuple(name for name in names if name in (alone[:1] or chosen))}
        case Single():
            return {question.code: pick(names)}
        case Integer():
            return {question.code: chance.randint(question.minimum or 0, question.maximum or 120)}
        case Text():
            return {question.code: f"{CANARY} {chance.random()}"} if chance.random() < 0.4 else {}
    raise TypeError(question.kind)


def facts_of(document: Document, **others: Any) -> Facts:
    day = day_of(date(2026, 11, 20), "world")
    values: dict[str, Any] = {
        "slug": "rehearsed",
        "title": document.title,
        "day": date(2026, 11, 20),
        "window": "world",
        "opens_at": day.opens_at,
        "closes_at": day.closes_at,
        "snapshot_at": datetime(2026, 11, 21, 14, 0, tzinfo=UTC),
        "languages": document.languages,
        "ages": (13, 24),
        "consent": "A",
        "questionnaire_version": document.version,
        "sample": True,
        "document_number": "WG-CP/18/5",
        "comment_until": date(2027, 1, 9),
        "final_on": date(2027, 1, 20),
        "feedback_on": date(2027, 6, 3),
    }
    return Facts(**{**values, **others})


def unproved(_: Callable[[BlockCase], Protected], cases: Iterable[BlockCase]) -> Iterable[Protected]:
    """Hides what is small and what obviously goes with it, at once. Proving, which takes long, is tested by itself."""
    return map(guess, cases)


def release_of(document: Document, people: list[Sent], run: Run = unproved, **others: Any) -> Release:
    frame = snapshot_of(people, document, region_of)
    return make_release(tally(frame, document), document, facts_of(document, **others), run=run)


def as_records(people: list[Sent]) -> list[dict[str, Any]]:
    """The people as the lines of a rehearsal's file."""
    return [
        {
            "number": number,
            "language": sent.language,
            "thanked": True,
            "receipt": "",
            "answers": {code: list(a) if isinstance(a, tuple) else a for code, a in sent.answers.items()},
        }
        for number, sent in enumerate(people)
    ]
