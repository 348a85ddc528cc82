"""One class for each kind of question: what may be answered, how a posted form is read, what is wrong with an answer.

Pure. Answers are kept under codes (`CB04`, for a row of a matrix `CB16.a`) as choice names, never as labels:
`str` for one choice or a text, `tuple[str, ...]` for several choices or a ranking, `int` for a number. A question that
was skipped has no entry.

In a form the field is named by the code and the value of a choice is its full code (`CB04` = `CB04.2`, `CB16.a` =
`CB16.a.5`, the third place of a ranking `CB15.3` = `CB15.6`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from app.questionnaire.relevance import Expression

Texts = Mapping[str, str]
"""Language to text."""

Answer = str | int | tuple[str, ...]
Answers = Mapping[str, Answer]

Form = Mapping[str, Sequence[str]]
"""A posted form: field name to its values, in the order sent."""

#: Names of the choices that mean "no answer" in publication; kept apart in storage.
ESCAPES = frozenset({"97", "98"})
DEFAULT_BREAKDOWNS = ("region", "age", "gender", "settlement")


@dataclass(frozen=True)
class Choice:
    """One choice. Its code is that of the question, a dot, and its name."""

    name: str
    label: Texts


@dataclass(frozen=True)
class Row:
    """One row of a matrix. Answers to it are kept under the code of the matrix, a dot, and its name."""

    name: str
    label: Texts


@dataclass(frozen=True)
class Fault:
    """Something in the answer to `code` that must be mended. `reason` is a key; a template chooses the words."""

    code: str
    reason: str
    choice: str = ""
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a form said about one question. `dropped` counts values that the question does not know."""

    answers: Mapping[str, Answer]
    dropped: int = 0


#: Control characters but the line feed, and halves of characters (Unicode categories Cc and Cs): no text.
_UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

NOTHING = Reading({})
"""Nothing was said, or nothing was known. One for all: most questions of most forms are read as this."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What all kinds share. `breakdowns` are those under which the counts may be published; empty means total only."""

    kind: ClassVar[str]
    answered: ClassVar[bool] = True

    code: str
    label: Texts
    hint: Texts = field(default_factory=dict)
    guidance: Texts = field(default_factory=dict)
    relevant: Expression | None = None
    required: bool = False
    constraint: Expression | None = None
    constraint_message: Texts = field(default_factory=dict)
    indicator: str = ""
    sensitive: bool = False
    breakdowns: tuple[str, ...] = DEFAULT_BREAKDOWNS

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The names of its form fields, which are also the codes under which its answers are kept."""
        return (self.code,)

    def read(self, form: Form) -> Reading:
        """The answers in a posted form, well-formed or not: what the question does not know is dropped and counted."""
        raise NotImplementedError

    def keep(self, answers: Answers) -> Reading:
        """Of answers kept earlier, those that this question knows. Gives back every good answer unchanged."""
        raise NotImplementedError

    def fault(self, answers: Answers) -> Fault | None:
        """What must be mended before these answers can be sent, or None."""
        if self.required and not any(code in answers for code in self.fields):
            return Fault(self.code, "required")
        if self.constraint and self.code in answers and not self.constraint.holds({**answers, ".": answers[self.code]}):
            return Fault(self.code, "constraint")
        return None


@dataclass(frozen=True, kw_only=True)
class Note(Question):
    """A text between questions. Nothing is answered."""

    kind: ClassVar[str] = "note"
    answered: ClassVar[bool] = False

    @cached_property
    def fields(self) -> tuple[str, ...]:
        return ()

    def read(self, form: Form) -> Reading:
        return NOTHING

    def keep(self, answers: Answers) -> Reading:
        return NOTHING


@dataclass(frozen=True, kw_only=True)
class _WithChoices(Question):
    choices: tuple[Choice, ...]

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(choice.name for choice in self.choices)

    @cached_property
    def name_of(self) -> Mapping[str, str]:
        """Choice code, as a form sends it, to choice name."""
        return {f"{self.code}.{choice.name}": choice.name for choice in self.choices}

    @cached_property
    def choices_by_name(self) -> Mapping[str, Choice]:
        return {choice.name: choice for choice in self.choices}

    @property
    def escapes(self) -> tuple[Choice, ...]:
        return tuple(choice for choice in self.choices if choice.name in ESCAPES)


@dataclass(frozen=True, kw_only=True)
class Single(_WithChoices):
    """One of several choices. `dropdown` asks for a closed list, for the two hundred countries."""

    kind: ClassVar[str] = "single"
    dropdown: bool = False

    def read(self, form: Form) -> Reading:
        sent = [value for value in form.get(self.code, ()) if value]
        if not sent:
            return NOTHING
        name = self.name_of.get(sent[-1])
        if name is None:
            return Reading({}, len(sent))
        return Reading({self.code: name}, len(sent) - 1)

    def keep(self, answers: Answers) -> Reading:
        kept = answers.get(self.code)
        if kept is None:
            return NOTHING
        if isinstance(kept, str) and kept in self.names:
            return Reading({self.code: kept})
        return Reading({}, 1)


@dataclass(frozen=True, kw_only=True)
class Scale(Single):
    """Five labelled points, then the escape choices."""

    kind: ClassVar[str] = "scale"

    @property
    def points(self) -> tuple[Choice, ...]:
        return tuple(choice for choice in self.choices if choice.name not in ESCAPES)


@dataclass(frozen=True, kw_only=True)
class Multiple(_WithChoices):
    """Any number of choices, at most `max_choices` where it is not 0. A choice in `exclusive` stands alone."""

    kind: ClassVar[str] = "multiple"
    max_choices: int = 0
    exclusive: tuple[str, ...] = ()

    @cached_property
    def alone(self) -> frozenset[str]:
        """Names of the choices that exclude all others: the exclusive ones and the escapes."""
        return frozenset(self.exclusive) | (ESCAPES & self.names)

    def read(self, form: Form) -> Reading:
        sent = [value for value in form.get(self.code, ()) if value]
        if not sent:
            return NOTHING
        known = {self.name_of[value] for value in sent if value in self.name_of}
        return self._in_order(known, len(sent))

    def keep(self, answers: Answers) -> Reading:
        kept = answers.get(self.code)
        if kept is None:
            return NOTHING
        if not isinstance(kept, tuple):
            return Reading({}, 1)
        # Compared one by one: what the inbox never wrote may be no name at all, and nothing that a set could hold.
        return self._in_order([choice.name for choice in self.choices if choice.name in kept], len(kept))

    def _in_order(self, known: Iterable[str], sent: int) -> Reading:
        chosen = set(known)
        names = tuple(choice.name for choice in self.choices if choice.name in chosen)
        return Reading({self.code: names} if names else {}, sent - len(names))

    def fault(self, answers: Answers) -> Fault | None:
        chosen = answers.get(self.code, ())
        if isinstance(chosen, tuple) and len(chosen) > 1:
            lonely = next((name for name in chosen if name in self.alone), None)
            if lonely is not None:
                return Fault(self.code, "exclusive", choice=lonely)
            if self.max_choices and len(chosen) > self.max_choices:
                return Fault(self.code, "too_many", limit=self.max_choices)
        return super().fault(answers)


@dataclass(frozen=True, kw_only=True)
class Ranking(_WithChoices):
    """A first, a second, … place for `places` of the choices. Kept as one name a place, "" for a place left empty.

    Trailing empty places are not kept.
    """

    kind: ClassVar[str] = "ranking"
    places: int = 3

    @cached_property
    def fields(self) -> tuple[str, ...]:
        return tuple(f"{self.code}.{place}" for place in range(1, self.places + 1))

    def read(self, form: Form) -> Reading:
        dropped = 0
        places = []
        for name in self.fields:
            sent = form.get(name, ())
            value = sent[-1] if sent else ""
            known = self.name_of.get(value, "")
            if value and not known:
                dropped += 1
            places.append(known)
        return self._trimmed(places, dropped)

    def keep(self, answers: Answers) -> Reading:
        kept = answers.get(self.code)
        if kept is None:
            return NOTHING
        if not isinstance(kept, tuple):
            return Reading({}, 1)
        names = tuple(self.choices_by_name)
        places = [name if name in names else "" for name in kept[: self.places]]
        return self._trimmed(places, len(kept) - len(places) + sum(a != b for a, b in zip(places, kept, strict=False)))

    def _trimmed(self, places: list[str], dropped: int) -> Reading:
        while places and not places[-1]:
            places.pop()
        return Reading({self.code: tuple(places)} if places else {}, dropped)

    def fault(self, answers: Answers) -> Fault | None:
        ranked = answers.get(self.code)
        if isinstance(ranked, tuple):
            chosen = [name for name in ranked if name]
            twice = next((name for name in chosen if chosen.count(name) > 1), None)
            if twice is not None:
                return Fault(self.code, "ranked_twice", choice=twice)
        if self.required and not ranked:
            return Fault(self.code, "required")
        return None


@dataclass(frozen=True, kw_only=True)
class Matrix(_WithChoices):
    """The same choices for several rows; on a narrow screen separate questions. Each row is answered by itself."""

    kind: ClassVar[str] = "matrix"
    rows: tuple[Row, ...]

    @cached_property
    def fields(self) -> tuple[str, ...]:
        return tuple(f"{self.code}.{row.name}" for row in self.rows)

    @cached_property
    def cells(self) -> Mapping[str, Mapping[str, str]]:
        """Row code to a mapping from the value that a form sends to choice name."""
        return {code: {f"{code}.{choice.name}": choice.name for choice in self.choices} for code in self.fields}

    def read(self, form: Form) -> Reading:
        answers: dict[str, Answer] = {}
        dropped = 0
        for code, cells in self.cells.items():
            sent = form.get(code)
            if sent and sent[-1]:
                name = cells.get(sent[-1])
                if name is None:
                    dropped += 1
                else:
                    answers[code] = name
        return Reading(answers, dropped)

    def keep(self, answers: Answers) -> Reading:
        kept = {code: answers[code] for code in self.fields if code in answers}
        known = {code: name for code, name in kept.items() if isinstance(name, str) and name in self.names}
        return Reading(known, len(kept) - len(known))

    def fault(self, answers: Answers) -> Fault | None:
        if self.required and not all(code in answers for code in self.fields):
            return Fault(self.code, "required")
        return None


@dataclass(frozen=True, kw_only=True)
class Text(Question):
    """An open answer of at most `max_chars` characters, in one line or in several."""

    kind: ClassVar[str] = "text"
    max_chars: int = 500
    lines: bool = True

    def read(self, form: Form) -> Reading:
        sent = form.get(self.code, ())
        return self._tidy(sent[-1] if sent else "")

    def keep(self, answers: Answers) -> Reading:
        kept = answers.get(self.code)
        if kept is None:
            return NOTHING
        return self._tidy(kept) if isinstance(kept, str) else Reading({}, 1)

    def _tidy(self, typed: str) -> Reading:
        text = _UNSEEN.sub("", typed.replace("\r\n", "\n").replace("\r", "\n")).strip()
        return Reading({self.code: text}) if text else NOTHING

    def fault(self, answers: Answers) -> Fault | None:
        text = answers.get(self.code, "")
        if isinstance(text, str) and len(text) > self.max_chars:
            return Fault(self.code, "too_long", limit=self.max_chars)
        return super().fault(answers)


@dataclass(frozen=True, kw_only=True)
class Integer(Question):
    """A whole number between `minimum` and `maximum`, where they are set, in steps of `step` from the minimum.

    Arabic-Indic and other decimal digits are understood. What is no number is kept as typed, so that it can be
    shown again beside what must be mended.
    """

    kind: ClassVar[str] = "integer"
    minimum: int | None = None
    maximum: int | None = None
    step: int = 1
    #: Nobody types longer numbers; a longer text is cut before it is kept.
    MAX_DIGITS: ClassVar[int] = 12

    def read(self, form: Form) -> Reading:
        sent = form.get(self.code, ())
        typed = (sent[-1] if sent else "").strip()[: self.MAX_DIGITS]
        if not typed:
            return NOTHING
        try:
            return Reading({self.code: int(typed)})
        except ValueError:
            return Reading({self.code: typed})

    def keep(self, answers: Answers) -> Reading:
        kept = answers.get(self.code)
        if kept is None:
            return NOTHING
        return Reading({self.code: kept}) if isinstance(kept, int | str) else Reading({}, 1)

    def fault(self, answers: Answers) -> Fault | None:
        number = answers.get(self.code)
        if number is not None:
            if not isinstance(number, int):
                return Fault(self.code, "no_number")
            if self.minimum is not None and number < self.minimum:
                return Fault(self.code, "too_small", limit=self.minimum)
            if self.maximum is not None and number > self.maximum:
                return Fault(self.code, "too_big", limit=self.maximum)
            if (number - (self.minimum or 0)) % self.step:
                return Fault(self.code, "off_step", limit=self.step)
        return super().fault(answers)
