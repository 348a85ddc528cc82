"""The dates that are promised around the day of a consultation: what they keep to, and what they are until somebody
chooses others. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

#: In the order in which they come.
DATES = ("freeze_on", "results_on", "comments_until", "feedback_on", "words_until")
#: Until the freeze a receipt code takes the answers out of everything: a week to think about it.
TO_FREEZE = timedelta(days=7)


def a_year_after(day: date) -> date:
    """The same date twelve months later; 28 February after 29 February."""
    return day.replace(year=day.year + 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def first_dates(day: date) -> Mapping[str, date]:
    """The freeze and the last day of open answers, for a consultation of which nobody has chosen them. They are kept
    for a year after the day at most, whenever the results come."""
    return {"freeze_on": day + TO_FREEZE, "words_until": a_year_after(day)}


def wrong_dates(day: date, dates: Mapping[str, date | None]) -> Iterator[str]:
    """The names of the dates that do not fit the day or each other. One that is not chosen fits."""
    freeze, results = dates.get("freeze_on"), dates.get("results_on")
    for name in DATES:
        chosen = dates.get(name)
        if chosen is None:
            continue
        if (
            chosen <= day
            or (name == "freeze_on" and results is not None and chosen > results)
            or (name == "feedback_on" and results is not None and chosen < results)
            or (name == "words_until" and freeze is not None and chosen <= freeze)
            or (name == "words_until" and results is not None and chosen > a_year_after(results))
        ):
            yield name
