"""Tables of counts: how they are laid out, and which lines a question gives. Pure.

Counting itself is `tally.py`, which those who only read releases never load.
"""

from dataclasses import dataclass

from app.questionnaire.document import Section
from app.questionnaire.kinds import Integer, Question
from app.questionnaire.relevance import both
from app.reporting.groups import ALL

Column = tuple[str, str]
"""A breakdown and one of its groups; ("all", "all") is everybody."""

EVERYBODY: Column = (ALL, ALL)
#: Measures whose lines divide those who were asked.
DIVIDING = frozenset({"choice", "first", "values"})
TEXTS = "texts"
THEMES = "themes"
YES = "yes"

#: Bands of a whole number that has no upper end, by where they begin.
OPEN_ENDED = (0, 1, 2, 3, 5, 10, 20, 50, 100)
MOST_BANDS = 10


@dataclass(frozen=True)
class CountTable:
    """Exact counts. `counts[column][line]`, `bases[column]` people asked; `condition` says of whom it was asked,
    "" of all. `measure` is choice, options, first, places, values, texts, themes or share."""

    code: str
    question: str
    measure: str
    lines: tuple[str, ...]
    columns: tuple[Column, ...]
    bases: tuple[int, ...]
    counts: tuple[tuple[int, ...], ...]
    sensitive: bool = False
    condition: str = ""

    @property
    def key(self) -> str:
        return f"{self.code} {self.measure}"

    @property
    def dividing(self) -> bool:
        return self.measure in DIVIDING


def condition_of(section: Section, question: Question) -> str:
    """The condition under which a question is asked, "" when it is always."""
    condition = both(section.relevant, question.relevant)
    return condition.source if condition else ""


def asked_key(condition: str) -> str:
    return f"asked {condition}"


def wrote_to(code: str) -> str:
    """The condition under which a table of themes is asked: that there is a text."""
    return f"${{{code}}} != ''"


def bands(question: Integer) -> tuple[tuple[int, int | None], ...]:
    """First and last number of each band; a last of None has no end.

    Between two ends: single numbers when there are at most ten, else bands of equal width, at most ten. Otherwise from
    the lower end (0 when there is none; what is less falls into the first band) in growing steps.
    """
    first = question.minimum if question.minimum is not None else 0
    if question.maximum is not None and question.maximum >= first:
        width = -(-(question.maximum - first + 1) // MOST_BANDS)
        starts = range(first, question.maximum + 1, width)
        return tuple((start, min(start + width - 1, question.maximum)) for start in starts)
    starts_open = [first + step for step in OPEN_ENDED]
    ends = [*(start - 1 for start in starts_open[1:]), None]
    return tuple(zip(starts_open, ends, strict=True))


def band_name(band: tuple[int, int | None]) -> str:
    """`3`, `4-6` or `100+`."""
    first, last = band
    if last is None:
        return f"{first}+"
    return str(first) if first == last else f"{first}-{last}"
