"""What people wrote, once somebody has read it: themes as counts, and the few texts that are quoted. Pure.

A theme is a yes-or-no line of a table whose base are those who wrote a text. That base is a count of the question's
table of texts, so the table of themes is asked under the condition that there is a text, and lies in the block of the
other: both are protected together.

A quote tells that at least one person gave it: it is a bound on counts. Whoever protects them holds every quoted person
for known, with all groups (`Part.known`), which is more than a reader is told.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.questionnaire.document import COUNTRY, Document
from app.questionnaire.kinds import Answers, Text
from app.reporting.counts import EVERYBODY, TEXTS, THEMES, CountTable, wrote_to
from app.reporting.disclosure import Parameters
from app.reporting.groups import COUNTRY_ROWS, NONE, REST, RegionOf, group_in
from app.reporting.plan import merged_groups
from app.reporting.release import Quote, Theme
from app.reporting.tally import Part, Profiles, Tally

LANGUAGE = "language choice"
#: The groups that a quote may name.
NAMED = ("age", "region")


Codebooks = Mapping[str, tuple[Theme, ...]]
"""Code of an open question to its themes, in their order."""


@dataclass(frozen=True)
class OpenAnswers:
    """What people wrote, as a release is made with it. `tally` has tables of themes. Of the texts that were to be
    quoted, by their places, those in `alone` are without age and region, and those in `kept_back` are not quoted."""

    tally: Tally
    codebooks: Mapping[str, tuple[Theme, ...]]
    quotes: tuple[Quote, ...]
    alone: tuple[int, ...]
    kept_back: tuple[int, ...]


@dataclass(frozen=True)
class Coded:
    """`number` texts to one question, by people of one profile (`profile_of`), that are about exactly these themes, or
    about none of the codebook."""

    question: str
    profile: tuple[str, ...]
    themes: frozenset[str]
    number: int = 1


@dataclass(frozen=True)
class Candidate:
    """A text to be quoted. `cleared`: a person decided that it may. `person` tells people apart and goes nowhere."""

    question: str
    theme: str
    language: str
    words: Mapping[str, str]
    profile: tuple[str, ...]
    person: str
    cleared: bool


class WordsRefused(Exception):
    """What was read does not fit what was sent, or may not be quoted. `reason`: question_unknown, theme_unknown,
    profile_unknown, texts_differ, not_cleared, same_person or not_coded. `places`: of the candidates or codes that are
    wrong. No word of a text is in it."""

    def __init__(self, reason: str, places: Sequence[int] = (), question: str = "") -> None:
        super().__init__(f"{reason} {question}".strip())
        self.reason, self.places, self.question = reason, tuple(places), question


def profile_of(profiles: Profiles, answers: Answers, region_of: RegionOf) -> tuple[str, ...]:
    """Where a respondent with these answers stands among the profiles of a tally."""
    rows = {member[-1] for member in profiles.members} if COUNTRY_ROWS in profiles.breakdowns else set()
    return tuple(
        group_in(breakdown, answers, region_of)
        if breakdown != COUNTRY_ROWS
        else _row(str(answers.get(COUNTRY, REST)), rows)
        for breakdown in profiles.breakdowns
    )


def _row(country: str, rows: Set[str]) -> str:
    return country if country in rows else REST


def take_in(
    tally: Tally,
    document: Document,
    codebooks: Codebooks,
    coded: Iterable[Coded],
    candidates: Sequence[Candidate] = (),
    parameters: Parameters | None = None,
) -> OpenAnswers:
    """Themes as tables of the tally, and the quotes that may stand in a release.

    A quote names age band and region, as they are published, where `k_quote` people or more have both; else neither.
    Of a consultation of fewer than `k_quote` people nothing is quoted, and of all others at most one person in
    `k_cell`, in all and of each age band in a region: who is quoted is known, and the others must still hide each
    other. Raises WordsRefused unless exactly the texts that were written are coded, and for candidates that are not
    cleared, of one person twice, or without a text of that theme.
    """
    return _TakingIn(tally, document, codebooks, parameters or Parameters()).run(coded, candidates)


class _TakingIn:
    def __init__(
        self, tally: Tally, document: Document, codebooks: Mapping[str, tuple[Theme, ...]], rules: Parameters
    ) -> None:
        self.tally, self.codebooks, self.rules = tally, codebooks, rules
        self.groups = merged_groups(tally, rules) if tally.n >= rules.k_group else {}
        self.profiles = tally.profiles
        self.place = {member: place for place, member in enumerate(self.profiles.members)}
        texts = {table.code: table for table in tally.tables if table.measure == TEXTS}
        for code in codebooks:
            if code not in texts or not isinstance(document.questions.get(code), Text):
                raise WordsRefused("question_unknown", question=code)
        self.texts = {code: texts[code] for code in texts if code in codebooks}
        self.lines = {code: (*(theme.id for theme in themes), NONE) for code, themes in codebooks.items()}

    def run(self, coded: Iterable[Coded], candidates: Sequence[Candidate]) -> OpenAnswers:
        counts = self._counts(coded)
        alone, kept_back, quoted = self._admitted(candidates)
        known = self._known(quoted, candidates, counts)
        tables, parts = [], dict(self.tally.parts)
        for table in self.tally.tables:
            tables.append(table)
            if table.code in self.texts and table.measure == TEXTS:
                themes = self._table(table, counts[table.code])
                tables.append(themes)
                written = parts[table.key].lines[0]
                parts[table.key] = replace(parts[table.key], known=known[table.key])
                parts[themes.key] = Part(written, counts[table.code], known[themes.key])
        if quoted:
            language = parts[LANGUAGE]
            parts[LANGUAGE] = replace(language, known=np.minimum(known[LANGUAGE], language.lines))
        order = list(self.codebooks)
        return OpenAnswers(
            tally=replace(self.tally, tables=tuple(tables), parts=parts),
            codebooks=self.codebooks,
            quotes=tuple(
                sorted(
                    (self._quote(candidates[place], named=place not in alone) for place in quoted),
                    # Not in the order in which they were found.
                    key=lambda each: (
                        order.index(each.question),
                        self.lines[each.question].index(each.theme),
                        each.language,
                        each.words[each.language],
                    ),
                )
            ),
            alone=tuple(sorted(alone)),
            kept_back=tuple(kept_back),
        )

    # Themes ----------------------------------------------------------------------------------------------------------

    def _counts(self, coded: Iterable[Coded]) -> dict[str, NDArray[np.int64]]:
        """For each question, people by theme and profile."""
        size = len(self.profiles.members)
        counts = {code: np.zeros((len(lines), size), dtype=np.int64) for code, lines in self.lines.items()}
        read = {code: np.zeros(size, dtype=np.int64) for code in self.lines}
        for place, each in enumerate(coded):
            self._check(each.question, each.themes, each.profile, place)
            profile, lines = self.place[each.profile], self.lines[each.question]
            read[each.question][profile] += each.number
            for theme in each.themes or {NONE}:
                counts[each.question][lines.index(theme), profile] += each.number
        for code, table in self.texts.items():
            if not np.array_equal(read[code], self.tally.parts[table.key].lines[0]):
                raise WordsRefused("texts_differ", question=code)
        return counts

    def _check(self, question: str, themes: Iterable[str], profile: tuple[str, ...], place: int) -> None:
        if question not in self.lines:
            raise WordsRefused("question_unknown", [place], question)
        if not set(themes) <= set(self.lines[question][:-1]):
            raise WordsRefused("theme_unknown", [place], question)
        if profile not in self.place:
            raise WordsRefused("profile_unknown", [place], question)

    def _table(self, texts: CountTable, counts: NDArray[np.int64]) -> CountTable:
        """The themes of everybody and of each group that the table of texts has, without rows of countries."""
        places = [place for place, (name, _) in enumerate(texts.columns) if name != COUNTRY_ROWS]
        columns = tuple(texts.columns[place] for place in places)
        masks = [self._mask(*column) for column in columns]
        return CountTable(
            code=texts.code,
            question=texts.question,
            measure=THEMES,
            lines=self.lines[texts.code],
            columns=columns,
            bases=tuple(texts.counts[place][0] for place in places),
            counts=tuple(tuple(int(count) for count in counts[:, mask].sum(axis=1)) for mask in masks),
            sensitive=texts.sensitive,
            condition=wrote_to(texts.code),
        )

    def _mask(self, breakdown: str, group: str) -> NDArray[np.bool_]:
        if (breakdown, group) == EVERYBODY:
            return np.ones(len(self.profiles.members), dtype=bool)
        at = self.profiles.breakdowns.index(breakdown)
        return np.array([member[at] == group for member in self.profiles.members], dtype=bool)

    # Quotes ----------------------------------------------------------------------------------------------------------

    def _admitted(self, candidates: Sequence[Candidate]) -> tuple[set[int], list[int], list[int]]:
        """Places of those that go without age and region, that are not quoted, and that are."""
        for place, each in enumerate(candidates):
            self._check(each.question, [each.theme], each.profile, place)
        if wrong := [place for place, each in enumerate(candidates) if not each.cleared]:
            raise WordsRefused("not_cleared", wrong)
        if twice := list(_seen_before(each.person for each in candidates)):
            raise WordsRefused("same_person", twice)
        most = self.tally.n // self.rules.k_cell if self.tally.n >= self.rules.k_quote else 0
        quoted, kept_back = list(range(len(candidates)))[:most], list(range(len(candidates)))[most:]
        alone, there = set(), dict[tuple[str | None, str | None], int]()
        for place in quoted:
            both = self._named(candidates[place].profile)
            there[both] = there.get(both, 0) + 1
            people = self._people(both)
            if people < self.rules.k_quote or there[both] > people // self.rules.k_cell:
                alone.add(place)
        return alone, kept_back, quoted

    def _named(self, profile: tuple[str, ...]) -> tuple[str | None, str | None]:
        """Age band and region as they are published; None for who told none."""
        found = [
            self.groups[name].get(profile[self.profiles.breakdowns.index(name)]) if name in self.groups else None
            for name in NAMED
        ]
        age, region = (None if group == NONE else group for group in found)
        return age, region

    def _people(self, both: tuple[str | None, str | None]) -> int:
        """How many have this age band and live in this region."""
        if None in both:
            return 0
        alike = [self._named(member) == both for member in self.profiles.members]
        return int(self.profiles.sizes[alike].sum())

    def _known(
        self, quoted: Sequence[int], candidates: Sequence[Candidate], counts: Mapping[str, NDArray[np.int64]]
    ) -> dict[str, NDArray[np.int64]]:
        """By key of a table and its lines, the quoted people in each profile."""
        known = {f"{code} {THEMES}": np.zeros_like(each) for code, each in counts.items()}
        known |= {f"{code} {TEXTS}": np.zeros_like(each[:1]) for code, each in counts.items()}
        known[LANGUAGE] = np.zeros_like(self.tally.parts[LANGUAGE].lines)
        languages = next(table.lines for table in self.tally.about if table.key == LANGUAGE)
        for place in quoted:
            each, profile = candidates[place], self.place[candidates[place].profile]
            line = self.lines[each.question].index(each.theme)
            known[f"{each.question} {THEMES}"][line, profile] += 1
            known[f"{each.question} {TEXTS}"][0, profile] += 1
            if known[f"{each.question} {THEMES}"][line, profile] > counts[each.question][line, profile]:
                raise WordsRefused("not_coded", [place], each.question)
            if each.language in languages:
                known[LANGUAGE][languages.index(each.language), profile] += 1
        return known

    def _quote(self, candidate: Candidate, *, named: bool) -> Quote:
        age, region = self._named(candidate.profile) if named else (None, None)
        return Quote(candidate.question, candidate.theme, candidate.language, candidate.words, age, region)


def _seen_before(persons: Iterable[str]) -> Iterator[int]:
    seen: set[str] = set()
    for place, person in enumerate(persons):
        if person in seen:
            yield place
        seen.add(person)
