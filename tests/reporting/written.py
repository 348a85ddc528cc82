"""Made-up readings of made-up texts: themes that some regions care for and others hardly, and texts to be quoted."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.consultations.countries import region_of
from app.questionnaire.document import Document
from app.questionnaire.kinds import Answer, Single, Text
from app.questionnaire.relevance import parse
from app.reporting.open_answers import Candidate, Coded, profile_of
from app.reporting.release import Theme
from app.reporting.snapshot import Sent
from app.reporting.tally import Tally
from tests.samples import texts

#: Ids of themes with their names.
NAMES = {"heard": "Being heard", "rules": "Clear rules", "school": "School", "money": "Money"}
QUOTED = "quoted sentence"


@dataclass(frozen=True)
class Written:
    """One text: who wrote it (by place among the people), and what it is about."""

    person: int
    question: str
    themes: frozenset[str]


def with_texts(document: Document, people: Iterable[Sent], seed: int) -> tuple[Document, list[Sent]]:
    """The same consultation with one more question, to be answered in own words: sometimes only by those who said a
    certain thing before. How many write differs from region to region."""
    chance = random.Random(f"texts {seed}")
    first = next((each for each in document.sections[0].questions if isinstance(each, Single)), None)
    relevant = None
    if first is not None and not first.relevant and chance.random() < 0.4:
        relevant = parse(f"${{{first.code}}} = '{first.choices[0].name}'")
    asked = Text(code="W", label=texts("W"), relevant=relevant, sensitive=chance.random() < 0.3)
    start, *others = document.sections
    longer = replace(document, sections=(replace(start, questions=(*start.questions, asked)), *others))
    shares: dict[str, float] = {}
    sent = []
    for each in people:
        share = shares.setdefault(region_of(str(each.answers.get("DM03", ""))) or "", chance.random())
        writes = chance.random() < share and (relevant is None or relevant.holds(_plain(each)))
        sent.append(replace(each, answers={**each.answers, "W": "A text."}) if writes else each)
    return longer, sent


def codebooks_of(document: Document) -> Mapping[str, tuple[Theme, ...]]:
    """The same themes for every open question."""
    themes = tuple(
        Theme(id_, {language: name if language == "en" else f"{name} ({language})" for language in document.languages})
        for id_, name in NAMES.items()
    )
    return {code: themes for code, question in document.questions.items() if isinstance(question, Text)}


def read(document: Document, people: Sequence[Sent], seed: int = 1) -> list[Written]:
    """Every text, with no theme, one or more."""
    chance = random.Random(seed)
    weights: dict[tuple[str, str, str], float] = {}
    found = []
    for place, sent in enumerate(people):
        region = region_of(str(sent.answers.get("DM03", ""))) or ""
        for code in codebooks_of(document):
            if sent.answers.get(code):
                themes = frozenset(
                    theme
                    for theme in NAMES
                    if chance.random() < weights.setdefault((code, theme, region), chance.random() ** 3)
                )
                found.append(Written(place, code, themes))
    return found


def coded(tally: Tally, people: Sequence[Sent], written: Sequence[Written]) -> list[Coded]:
    """The texts as they are handed in, each alone."""
    return [Coded(each.question, _profile(tally, people[each.person]), each.themes) for each in written]


def _profile(tally: Tally, sent: Sent) -> tuple[str, ...]:
    return profile_of(tally.profiles, _plain(sent), region_of)


def _plain(sent: Sent) -> dict[str, Answer]:
    return {code: tuple(each) if isinstance(each, list) else each for code, each in sent.answers.items()}


def candidates(
    tally: Tally, people: Sequence[Sent], written: Sequence[Written], most: int, seed: int = 1
) -> list[Candidate]:
    """Texts with a theme that are to be quoted, one of a person, in the language of the form and in English."""
    chance = random.Random(seed)
    about = [each for each in written if each.themes]
    chance.shuffle(about)
    found: dict[int, Candidate] = {}
    for each in about:
        if each.person in found or len(found) == most:
            continue
        sent, theme = people[each.person], chance.choice(sorted(each.themes))
        text = f"{QUOTED} {each.person}"
        words = {sent.language: f"{text} ({sent.language})", "en": text}
        person, profile = str(each.person), _profile(tally, sent)
        found[each.person] = Candidate(each.question, theme, sent.language, words, profile, person, cleared=True)
    return list(found.values())
