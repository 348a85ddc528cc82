"""What must be so before a consultation can be scheduled: one line each, with what is known of it. Pure.

Gathering the facts is `readiness.py`, showing them `gate_desk.py`. A line may be overruled with a reason; that holds
for what stood in its way then, and not for what comes later.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from app.consultations.dates import DATES

#: The parts of those who answer for the safety of young people, one person each.
PARTS = ("lead", "deputy")
#: The lines in the order in which they are mended.
IDS = (
    "day", "conditions", "languages", "review", "consent", "dates", "protection", "helplines", "previews", "rehearsal",
)  # fmt: skip


@dataclass(frozen=True)
class Progress:
    """How many texts of one language are in which state. `unread` were not reviewed by a second person."""

    missing: int = 0
    stale: int = 0
    unread: int = 0


@dataclass(frozen=True)
class Rehearsed:
    """The last rehearsal that was passed. `of_this`: of the questionnaire as it is now."""

    at: datetime
    version: int
    sent: int
    of_this: bool


@dataclass(frozen=True)
class Facts:
    """What is known at one instant. `faulty` names questions and sections that can never be asked or accepted;
    `guardians` are the names of those who are named and may, by part, `gone` of those who may not any more;
    `unchecked` are the target countries without a helpline checked in time."""

    now: datetime
    opens_at: datetime
    version: int
    progress: Mapping[str, Progress]
    faulty: tuple[str, ...]
    consent: str
    age_bands: tuple[str, ...]
    guardians: Mapping[str, str]
    gone: Mapping[str, str]
    targets: int
    unchecked: tuple[str, ...]
    dates: Mapping[str, date | None]
    languages: tuple[str, ...]
    previewed: frozenset[str]
    rehearsed: Rehearsed | None


@dataclass(frozen=True)
class Overruled:
    """Who overruled a line, when and why, and what stood in its way then."""

    who: str
    at: datetime
    reason: str
    covers: frozenset[str]


@dataclass(frozen=True)
class GateLine:
    """One line. `troubles` are the names of what stands in its way; `told` is what its words need; `mend` the address
    below the consultation where it is mended."""

    id: str
    state: Literal["open", "overruled", "done"]
    troubles: tuple[str, ...]
    mend: str
    told: Mapping[str, Any]
    overruled: Overruled | None = None


def gate(facts: Facts, overruled: Mapping[str, Overruled]) -> tuple[GateLine, ...]:
    """Every line, the open ones first, then those that were overruled. One that is done needs no overruling."""
    lines = [
        replace(line, state="overruled", overruled=overruled[line.id])
        if line.state == "open" and line.id in overruled and overruled[line.id].covers.issuperset(line.troubles)
        else line
        for line in _lines(facts)
    ]
    order = {"open": 0, "overruled": 1, "done": 2}
    return tuple(sorted(lines, key=lambda line: (order[line.state], IDS.index(line.id))))


def is_ready(lines: Iterable[GateLine]) -> bool:
    """Whether no line is open."""
    return not open_ids(lines)


def open_ids(lines: Iterable[GateLine]) -> tuple[str, ...]:
    """The lines that are open."""
    return tuple(line.id for line in lines if line.state == "open")


def _lines(facts: Facts) -> Iterator[GateLine]:
    def line(id_: str, troubles: Iterable[str], mend: str, **told: Any) -> GateLine:
        found = tuple(troubles)
        return GateLine(id_, "open" if found else "done", found, mend, told)

    def if_(wrong: bool, *names: str) -> tuple[str, ...]:
        return names if wrong else ()

    waiting = {language: each for language, each in facts.progress.items() if each.missing or each.stale}
    unread = {language: each.unread for language, each in facts.progress.items() if each.unread}
    incomplete = [
        f"{language}:{state}" for language, each in waiting.items() for state in ("missing", "stale")
        if getattr(each, state)
    ]  # fmt: skip
    undated = [name for name in DATES if not facts.dates.get(name)]
    alone = [part for part in PARTS if part not in facts.guardians]
    unseen = tuple(language for language in facts.languages if language not in facts.previewed)
    unrehearsed = "never" if facts.rehearsed is None else "" if facts.rehearsed.of_this else "changed since"
    begun = facts.opens_at <= facts.now
    yield line("day", if_(begun, facts.opens_at.isoformat()), "/gate#plan", opens_at=facts.opens_at)
    yield line("conditions", facts.faulty, "/questionnaire", faulty=facts.faulty)
    yield line("languages", incomplete, "/translations", waiting=waiting)
    yield line("review", dict.fromkeys((*unread, *waiting)), "/translations", unread=unread)
    undecided = (*if_(facts.consent not in ("A", "B", "C"), "consent"), *if_(not facts.age_bands, "ages"))
    yield line("consent", undecided, "/gate#plan", consent=facts.consent, age_bands=facts.age_bands)
    yield line("dates", undated, "/gate#plan", missing=undated, **facts.dates)
    yield line("protection", alone, "/gate#plan", missing=alone, guardians=facts.guardians, gone=facts.gone)
    yield line("helplines", facts.unchecked, "", targets=facts.targets, unchecked=facts.unchecked)
    yield line("previews", unseen, "/gate#previews", unseen=unseen)
    unproved = if_(bool(unrehearsed), unrehearsed)
    yield line("rehearsal", unproved, "/gate#rehearsal", of=facts.rehearsed, version=facts.version)
