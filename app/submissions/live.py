"""The live day: the counters put in order, silent regions first. Reads counts, targets and names of links, in one
small query however many have answered, and never an answer.

How fast somebody answered is not known: no begin of a form is stored. How many answers are exactly alike is told by
`alike`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, String, cast, delete, false, func, literal, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations.countries import countries, region_of
from app.consultations.models import Consultation
from app.consultations.phase import Phase, phase_at
from app.outreach.models import Link, RegionTarget
from app.questionnaire.document import LANGUAGES, Section
from app.submissions.models import ReachCount
from app.submissions.reach import CHECK, FINAL, hour_key

HOUR = timedelta(hours=1)
#: A link's counts are shown in steps, and not at all below this.
FEWEST, STEP = 10, 5
#: More links than these stand in one line.
MOST_LINKS = 30
#: Names of partners in one line.
MOST_NAMES = 3
#: Width of a full bar that ends at its target, of 100.
GOAL = 66
#: A region needs a call when it has less than this share of what the time gone would let expect.
BEHIND = 0.5
#: How many characters of a region's counter are its hour; the region follows after a stroke.
HOUR_CHARS = 17


@dataclass(frozen=True)
class Partner:
    """A link. `opened`: how often it was followed."""

    code: str
    name: str
    region: str
    target: int | None
    opened: int
    ended: bool


@dataclass(frozen=True)
class Lately:
    """One region's answers in the hour that runs and in the one before, and the last hour in which there was any."""

    this_hour: int = 0
    hour_before: int = 0
    last: datetime | None = None


@dataclass(frozen=True)
class Numbers:
    """All counters of a consultation by kind and key, with its targets by region and its links. `lately` by region, ""
    for those who told no country."""

    counts: Mapping[str, Mapping[str, int]]
    targets: Mapping[str, int] = field(default_factory=dict)
    partners: Sequence[Partner] = ()
    lately: Mapping[str, Lately] = field(default_factory=dict)

    def of(self, kind: str) -> Mapping[str, int]:
        return self.counts.get(kind, {})

    @property
    def answers(self) -> int:
        return self.of("all").get("", 0)


async def read(session: AsyncSession, consultation_id: int, now: datetime) -> Numbers:
    """What the tables say at `now`, by one query of as many rows as there are counters; those of regions by hour are
    summed up by the database, one row for each region."""
    nothing, no_number = cast(null(), String), cast(null(), Integer)
    c = ReachCount
    counted = select(c.kind, c.key, c.n, nothing, nothing, nothing, no_number, false()).where(
        c.consultation_id == consultation_id, c.kind != "region"
    )
    hour, region = func.substr(c.key, 1, HOUR_CHARS), func.substr(c.key, HOUR_CHARS + 2)
    this_hour, hour_before = (
        cast(func.coalesce(func.sum(c.n).filter(hour == hour_key(_hour(each))), 0), Integer)
        for each in (now, now - HOUR)
    )
    lately = (
        select(literal("lately"), region, this_hour, func.max(hour), nothing, nothing, hour_before, false())
        .where(c.consultation_id == consultation_id, c.kind == "region", c.n > 0)
        .group_by(region)
    )
    hoped = select(
        literal("target"), RegionTarget.region, RegionTarget.n, nothing, nothing, nothing, no_number, false()
    ).where(RegionTarget.consultation_id == consultation_id)
    spread = select(
        literal("partner"), Link.code, Link.opened, Link.name, Link.country, Link.region, Link.target,
        Link.ended_at.is_not(None),
    ).where(Link.consultation_id == consultation_id)  # fmt: skip
    counts: dict[str, dict[str, int]] = {}
    partners, recent = [], {}
    found: Iterable[Any] = await session.execute(union_all(counted, lately, hoped, spread))
    for kind, key, n, name, country, region, target, ended in found:
        if kind == "partner":
            partners.append(Partner(key, name, region or region_of(country or "") or "", target, n, bool(ended)))
        elif kind == "lately":
            recent[key] = Lately(n, target, datetime.fromisoformat(name))
        else:
            counts.setdefault(kind, {})[key] = n
    return Numbers(counts, counts.pop("target", {}), partners, recent)


async def set_targets(session: AsyncSession, consultation_id: int, targets: Mapping[str, int]) -> None:
    """The consultation has these targets by region, and no others."""
    await session.execute(delete(RegionTarget).where(RegionTarget.consultation_id == consultation_id))
    session.add_all(RegionTarget(consultation_id=consultation_id, region=region, n=n) for region, n in targets.items())


def regions() -> tuple[str, ...]:
    """The regions of the ITU, by code."""
    return tuple(sorted({each.region for each in countries().values()}))


@dataclass(frozen=True)
class Region:
    """One region's answers beside its target. `reached` is their share, `width` that of its bar, of 100.

    `silent_hours`: answers came, but none for at least so many hours, and the target is not reached; else 0. `call`:
    somebody should be called now. Then `partners` may be, `more` of whom are not named; `unopened` counts those who did
    not follow their own link yet.
    """

    code: str
    n: int
    lately: Lately
    silent_hours: int
    target: int | None
    reached: float | None
    width: int
    call: bool
    partners: tuple[str, ...]
    more: int
    unopened: int


@dataclass(frozen=True)
class Bar:
    """A count with the width or height of its bar, of 100."""

    key: str
    n: int
    size: int


@dataclass(frozen=True)
class HourBar(Bar):
    """`state` is past, now or later."""

    at: datetime
    state: str


@dataclass(frozen=True)
class LinkLine:
    """A partner's link. `n` is None for fewer than ten, else rounded down. `state` is answers, opened or unopened."""

    name: str
    n: int | None
    target: int | None
    state: str


@dataclass(frozen=True)
class Page:
    """A page of the journey: how many came to it, and how many of them are not beyond it, with their share."""

    section: str
    came: int
    stayed: int
    share: float
    most: bool


@dataclass(frozen=True)
class Picture:
    """Everything that the live page shows of the answers."""

    answers: int
    countries: int
    hours_left: int
    hours_in_all: int
    regions: tuple[Region, ...]
    this_hour: datetime
    no_region: int
    no_region_lately: Lately
    has_targets: bool
    hours: tuple[HourBar, ...]
    busiest: HourBar | None
    languages: tuple[Bar, ...]
    ages: tuple[Bar, ...]
    no_age: int
    links: tuple[LinkLine, ...]
    other_links: int
    other_links_n: int | None
    no_link: int | None
    begun: int
    checked: int
    pages: tuple[Page, ...]


def picture(numbers: Numbers, consultation: Consultation, sections: Sequence[Section], now: datetime) -> Picture:
    """The numbers as they stand at `now`. `sections` in the order of asking."""
    day = consultation.closes_at - consultation.opens_at
    gone = min(1.0, max(0.0, (now - consultation.opens_at) / day))
    by_country = numbers.of("country")
    hours = _hours(numbers.of("hour"), consultation, now)
    links, others, no_link = _links(numbers)
    return Picture(
        answers=numbers.answers,
        countries=sum(region_of(code) is not None for code in by_country),
        hours_left=min(math.ceil(day / HOUR), max(0, math.ceil((consultation.closes_at - now) / HOUR))),
        hours_in_all=math.ceil(day / HOUR),
        regions=_regions(numbers, gone, now if _is_open(consultation, now) else None),
        this_hour=_hour(now),
        no_region=sum(n for code, n in by_country.items() if region_of(code) is None),
        no_region_lately=numbers.lately.get("", Lately()),
        has_targets=bool(numbers.targets),
        hours=hours,
        busiest=max((each for each in hours if each.n), key=lambda each: each.n, default=None),
        languages=_by_size(numbers.of("language"), LANGUAGES),
        ages=_bars(numbers.of("age"), [each for each in "123456" if _is_band(each, numbers, consultation)]),
        no_age=numbers.of("age").get("", 0),
        links=links,
        other_links=len(others),
        other_links_n=_rounded(sum(others)),
        no_link=_rounded(no_link),
        begun=numbers.of("begun").get("", 0),
        checked=numbers.of("opened").get(CHECK, 0),
        pages=_pages(numbers, sections),
    )


def _is_open(consultation: Consultation, now: datetime) -> bool:
    return phase_at(consultation, now) is Phase.OPEN and consultation.paused_at is None


def _is_band(name: str, numbers: Numbers, consultation: Consultation) -> bool:
    return name in consultation.age_bands or name in numbers.of("age")


def _regions(numbers: Numbers, gone: float, open_at: datetime | None) -> tuple[Region, ...]:
    """Furthest from its target first; then those without one, fewest answers first. `open_at` is now, while open."""
    counted = dict.fromkeys(regions(), 0)
    for country, n in numbers.of("country").items():
        region = region_of(country)
        if region is not None:
            counted[region] += n
    most = max(counted.values(), default=0)
    made = []
    for code, n in counted.items():
        target = numbers.targets.get(code)
        reached = n / target if target else None
        there = [each for each in numbers.partners if each.region == code and not each.ended]
        lately = numbers.lately.get(code, Lately())
        silent_hours = _silent_hours(lately, open_at) if reached is None or reached < 1 else 0
        made.append(
            Region(
                code=code,
                n=n,
                lately=lately,
                silent_hours=silent_hours,
                target=target,
                reached=reached,
                width=_share(n, most) if reached is None else min(100, round(GOAL * reached)),
                call=silent_hours > 0 or (gone > 0 and (n == 0 if reached is None else reached < BEHIND * gone)),
                partners=tuple(each.name for each in there[:MOST_NAMES]),
                more=len(there[MOST_NAMES:]),
                unopened=sum(not each.opened for each in there),
            )
        )
    return tuple(sorted(made, key=lambda each: (each.reached is None, each.reached or 0, each.n)))


def _silent_hours(lately: Lately, open_at: datetime | None) -> int:
    """Whole hours that went by since the end of the last hour with an answer."""
    return max(0, (open_at - lately.last - HOUR) // HOUR) if open_at and lately.last else 0


def _hours(counted: Mapping[str, int], consultation: Consultation, now: datetime) -> tuple[HourBar, ...]:
    """Every hour of the day, and of the minutes of grace after it when something arrived in them."""
    known = [datetime.fromisoformat(key) for key in counted]
    first = min([_hour(consultation.opens_at), *known])
    last = max([_hour(consultation.closes_at - timedelta(microseconds=1)), *known])
    most = max(counted.values(), default=0)
    made, at = [], first
    while at <= last:
        n = counted.get(hour_key(at), 0)
        state = "now" if at == _hour(now) else "later" if at > now else "past"
        made.append(HourBar(hour_key(at), n, _share(n, most), at, state))
        at += HOUR
    return tuple(made)


def _hour(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)


def _by_size(counted: Mapping[str, int], keys: Iterable[str]) -> tuple[Bar, ...]:
    return tuple(sorted(_bars(counted, keys), key=lambda each: -each.n))


def _bars(counted: Mapping[str, int], keys: Iterable[str]) -> tuple[Bar, ...]:
    most = max((n for key, n in counted.items() if key), default=0)
    return tuple(Bar(key, counted.get(key, 0), _share(counted.get(key, 0), most)) for key in keys)


def _share(n: int, most: int) -> int:
    """Of 100; whatever is not nothing is at least 1."""
    return max(1, round(100 * n / most)) if n else 0


def _links(numbers: Numbers) -> tuple[tuple[LinkLine, ...], list[int], int]:
    """The links with most answers, the counts of all others, and that of no link of ours."""
    counted = dict(numbers.of(FINAL) or numbers.of("link"))
    with_count = [(counted.pop(each.code, 0), each) for each in numbers.partners]
    shown = sorted((pair for pair in with_count if pair[0] or not pair[1].ended), key=lambda pair: -pair[0])
    lines = tuple(
        LinkLine(each.name, _rounded(n), each.target, "answers" if n else "opened" if each.opened else "unopened")
        for n, each in shown[:MOST_LINKS]
    )
    return lines, [n for n, _ in shown[MOST_LINKS:]], sum(counted.values())


def _rounded(n: int) -> int | None:
    return None if n < FEWEST else n // STEP * STEP


def _pages(numbers: Numbers, sections: Sequence[Section]) -> tuple[Page, ...]:
    """The sections and the check page. To the first everybody came who began."""
    if not sections:
        return ()
    opened, passed = numbers.of("opened"), numbers.of("passed")
    came = {each.name: opened.get(each.name, 0) for each in sections} | {CHECK: opened.get(CHECK, 0)}
    came[sections[0].name] = numbers.of("begun").get("", 0)
    # On one page for everything nobody comes by the sections; whoever sends from there was never at the check page.
    gone = {**passed, CHECK: numbers.answers, sections[0].name: passed.get(sections[0].name, 0) + passed.get("all", 0)}
    stayed = {name: max(0, n - gone.get(name, 0)) for name, n in came.items()}
    shares = {name: stayed[name] / n if n else 0.0 for name, n in came.items()}
    most = max(shares, key=lambda name: shares[name])
    return tuple(
        Page(name, n, stayed[name], shares[name], name == most and n >= FEWEST and stayed[name] > 0)
        for name, n in came.items()
    )
