"""Consultations that nobody planned, chosen by seed: few or many people, regions and choices of very unequal weight,
small countries, skips upon skips. For whoever wants to know whether a rule holds beyond the instruments."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from app.consultations.countries import countries
from app.questionnaire.document import Document, Section
from app.questionnaire.kinds import Choice, Integer, Matrix, Multiple, Question, Ranking, Row, Scale, Single, Text
from app.questionnaire.relevance import Expression, parse
from app.reporting.snapshot import Sent
from app.submissions.journey import walk
from tests.samples import choices, texts

SMALLEST, LARGEST = 10, 5_000


def consultation(seed: int, n: int | None = None) -> tuple[Document, list[Sent]]:
    """A questionnaire and what people sent: between `SMALLEST` and `LARGEST` of them, small numbers as often as large
    ones, unless `n` says how many."""
    chance = random.Random(seed)
    size = n if n is not None else round(SMALLEST * (LARGEST / SMALLEST) ** chance.random())
    document = _document(chance)
    return document, list(_People(document, chance).send(size))


def _document(chance: random.Random) -> Document:
    asked: list[Question] = []
    for place in range(chance.randint(2, 5)):
        asked.append(_question(f"Q{place}", chance, _condition(asked, chance)))
    listed = [choice for code in chance.sample(sorted(countries()), 30) for choice in [Choice(code, texts(code))]]
    about = (
        Single(code="DM01", label=texts("Age"), required=True, choices=choices(6, escapes=False)),
        Single(code="DM02", label=texts("Are you"), choices=choices(3)),
        Single(code="DM03", label=texts("Country"), dropdown=True, choices=tuple(listed)),
        Single(code="DM04", label=texts("Where"), choices=choices(3)),
    )
    return Document(
        "random", "1", texts("Random"), (Section("s", texts("S"), tuple(asked)), Section("about", texts("A"), about))
    )


def _condition(asked: list[Question], chance: random.Random) -> Expression | None:
    """Often none; else something said to one of the questions before."""
    looked_at = [each for each in asked if isinstance(each, Single | Multiple)]
    if not looked_at or chance.random() < 0.5:
        return None
    root = chance.choice(looked_at)
    assert isinstance(root, Single | Multiple)
    first, second = chance.sample([choice.name for choice in root.choices if choice.name not in ("97", "98")], 2)
    if isinstance(root, Multiple):
        return parse(f"selected(${{{root.code}}}, '{first}')")
    return parse(
        chance.choice(
            [
                f"${{{root.code}}} = '{first}'",
                f"${{{root.code}}} != '{first}'",
                f"${{{root.code}}} = '{first}' or ${{{root.code}}} = '{second}'",
            ]
        )
    )


def _question(code: str, chance: random.Random, relevant: Expression | None) -> Question:
    shared: dict[str, Any] = {
        "code": code,
        "label": texts(code),
        "relevant": relevant,
        "sensitive": chance.random() < 0.3,
        "indicator": "core" if chance.random() < 0.3 else "",
    }
    some = choices(chance.randint(2, 6), escapes=chance.random() < 0.7)
    match chance.randrange(8):
        case 0 | 1 | 2:
            return Single(**shared, choices=some)
        case 3 | 4:
            alone = (some[-1].name,) if chance.random() < 0.3 and some[-1].name not in ("97", "98") else ()
            return Multiple(**shared, choices=some, max_choices=chance.choice([0, 2, 3]), exclusive=alone)
        case 5:
            return Ranking(**shared, choices=choices(chance.randint(3, 5), escapes=False), places=2)
        case 6:
            scale = Scale(**shared, choices=choices(5))
            rows = tuple(Row(name, texts(name)) for name in "ab")
            return scale if chance.random() < 0.5 else Matrix(**shared, choices=choices(4), rows=rows)
        case _:
            return Integer(**shared, minimum=0, maximum=20) if chance.random() < 0.5 else Text(**shared)


class _People:
    """Answers whose weights differ from question to question and from region to region."""

    def __init__(self, document: Document, chance: random.Random) -> None:
        self.document, self.chance = document, chance
        self._blank = chance.choice([0.0, 0.05, 0.3])
        self._skew = chance.choice([0.5, 2.0, 4.0])
        self._weights: dict[tuple[str, ...], float] = {}

    def send(self, n: int) -> Iterator[Sent]:
        for _ in range(n):
            country = self._pick("DM03", "")
            found = countries().get(country)
            region = found.region if found else ""
            answers: dict[str, Any] = {"DM03": country}
            for question in self.document.questions.values():
                if question.code != "DM03" and (question.required or self.chance.random() >= self._blank):
                    answers |= self._answer(question, region)
            yield Sent(self.chance.choice(["ar", "en", "fr"]), walk(self.document, answers).answers)

    def _pick(self, code: str, region: str, field: str = "") -> str:
        question = self.document.questions[code]
        names = [choice.name for choice in getattr(question, "choices", ())]
        weights = [self._weight(code, field, name) * self._weight(code, field, name, region) for name in names]
        picked: str = self.chance.choices(names, weights)[0]
        return picked

    def _weight(self, *of: str) -> float:
        return self._weights.setdefault(of, self.chance.uniform(0.02, 1) ** self._skew)

    def _answer(self, question: Question, region: str) -> dict[str, Any]:
        code = question.code
        match question:
            case Matrix():
                return {field: self._pick(code, region, field) for field in question.fields}
            case Ranking():
                names = [choice.name for choice in question.choices]
                return {code: tuple(self.chance.sample(names, self.chance.randint(1, question.places)))}
            case Multiple():
                several = self.chance.randint(1, question.max_choices or 3)
                chosen = {self._pick(code, region) for _ in range(several)}
                alone = sorted(chosen & question.alone)
                return {code: tuple(alone[:1] or sorted(chosen))}
            case Single():
                return {code: self._pick(code, region)}
            case Integer():
                return {code: min(int(self.chance.expovariate(0.4)), 20)}
            case Text():
                return {code: "A text."} if self.chance.random() < 0.3 else {}
        return {}


def without(people: list[Sent], some: int, seed: int) -> list[Sent]:
    """The same people, but `some` of them took their answers back."""
    gone = set(random.Random(seed).sample(range(len(people)), some))
    return [replace(each) for number, each in enumerate(people) if number not in gone]
