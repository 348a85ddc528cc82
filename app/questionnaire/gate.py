"""What must be so before a consultation can be scheduled: one line each, with what is known of it. Pure.

Gathering the facts and showing them is `gate_desk.py`; an administrator may overrule a line with a reason.
"""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from app.consultations.countries import DATA, SHOWN, Country

#: How long the check of a helpline holds.
CHECK_HOLDS = timedelta(days=365)
#: A lead and a deputy.
GUARDIANS = 2
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
class Facts:
    """What is known at one instant. `faulty` names questions and sections that can never be asked or accepted;
    `unchecked` are the target countries without a helpline checked in time."""

    now: datetime
    opens_at: datetime
    progress: Mapping[str, Progress]
    faulty: tuple[str, ...]
    consent: str
    age_bands: tuple[str, ...]
    guardians: tuple[str, ...]
    targets: int
    unchecked: tuple[str, ...]
    results_on: date | None
    comments_until: date | None
    feedback_on: date | None
    languages: tuple[str, ...]
    previewed: frozenset[str]
    rehearsed_at: datetime | None


@dataclass(frozen=True)
class Overruled:
    """Who overruled a line, when and why."""

    who: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class GateLine:
    """One line. `told` is what its words need; `mend` the address below the consultation where it is mended."""

    id: str
    state: Literal["open", "overruled", "done"]
    mend: str
    told: Mapping[str, Any]
    overruled: Overruled | None = None


def gate(facts: Facts, overruled: Mapping[str, Overruled]) -> tuple[GateLine, ...]:
    """Every line, the open ones first, then those that were overruled. One that is done needs no overruling."""
    lines = [
        replace(line, state="overruled", overruled=overruled[line.id])
        if line.state == "open" and line.id in overruled
        else line
        for line in _lines(facts)
    ]
    order = {"open": 0, "overruled": 1, "done": 2}
    return tuple(sorted(lines, key=lambda line: (order[line.state], IDS.index(line.id))))


def is_ready(lines: Iterable[GateLine]) -> bool:
    """Whether no line is open."""
    return all(line.state != "open" for line in lines)


def _lines(facts: Facts) -> Iterator[GateLine]:
    def line(id_: str, done: bool, mend: str, **told: Any) -> GateLine:
        return GateLine(id_, "done" if done else "open", mend, told)

    waiting = {language: each for language, each in facts.progress.items() if each.missing or each.stale}
    unread = {language: each.unread for language, each in facts.progress.items() if each.unread}
    dates = {name: getattr(facts, name) for name in ("results_on", "comments_until", "feedback_on")}
    unseen = tuple(language for language in facts.languages if language not in facts.previewed)
    yield line("day", facts.opens_at > facts.now, "/gate#plan", opens_at=facts.opens_at)
    yield line("conditions", not facts.faulty, "/questionnaire", faulty=facts.faulty)
    yield line("languages", not waiting, "/translations", waiting=waiting)
    yield line("review", not unread and not waiting, "/translations", unread=unread)
    decided = facts.consent in ("A", "B", "C") and bool(facts.age_bands)
    yield line("consent", decided, "/gate#plan", consent=facts.consent, age_bands=facts.age_bands)
    yield line("dates", all(dates.values()), "/gate#plan", **dates)
    yield line("protection", len(facts.guardians) >= GUARDIANS, "", guardians=facts.guardians)
    yield line("helplines", not facts.unchecked, "", targets=facts.targets, unchecked=facts.unchecked)
    yield line("previews", not unseen, "/gate#previews", unseen=unseen)
    yield line("rehearsal", facts.rehearsed_at is not None, "", rehearsed_at=facts.rehearsed_at)


# Helplines -----------------------------------------------------------------------------------------------------------


def checks(file: Path = DATA / "helplines.csv") -> Mapping[str, date]:
    """To each country with a number that is shown the day of its latest check, as far as there was one."""
    found: dict[str, date] = {}
    with file.open(encoding="utf-8-sig", newline="") as opened:
        for row in csv.DictReader(opened):
            if row["confidence"] in SHOWN and row["dial"] and row["checked_on"]:
                day = date.fromisoformat(row["checked_on"])
                found[row["iso2"]] = max(day, found.get(row["iso2"], day))
    return found


def unchecked(targets: Iterable[str], checked: Mapping[str, date], today: date) -> tuple[str, ...]:
    """The target countries without a helpline that was checked within twelve months."""
    return tuple(each for each in targets if each not in checked or today - checked[each] > CHECK_HOLDS)


def target_countries(known: Mapping[str, Country], named: Collection[str], regions: Collection[str]) -> tuple[str, ...]:
    """The countries that links name and those of regions that are aimed at; every country where there is no aim."""
    aimed = tuple(each.iso2 for each in known.values() if each.iso2 in named or each.region in regions)
    return aimed or tuple(known)
