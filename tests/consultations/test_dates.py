"""The dates around a day: what they are at first, and what does not fit."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.consultations.dates import DATES, a_year_after, first_dates, wrong_dates

DAYS = st.dates(date(2024, 1, 1), date(2100, 1, 1))


def test_a_year_after_the_leap_day_is_the_day_before_march() -> None:
    assert a_year_after(date(2028, 2, 29)) == date(2029, 2, 28)
    assert a_year_after(date(2027, 3, 10)) == date(2028, 3, 10)


@given(DAYS)
def test_the_first_dates_fit_every_day_and_results_at_any_time_after_the_freeze(day: date) -> None:
    first = first_dates(day)
    assert not list(wrong_dates(day, first))
    for days in (7, 25, 400):
        assert not list(wrong_dates(day, {**first, "results_on": day + timedelta(days=days)}))


@given(DAYS, st.dictionaries(st.sampled_from(DATES), DAYS))
def test_dates_that_fit_keep_words_no_longer_than_a_year_after_the_results(day: date, dates: dict[str, date]) -> None:
    if list(wrong_dates(day, dates)):
        return
    assert all(each > day for each in dates.values())
    if {"words_until", "results_on"} <= dates.keys():
        assert dates["words_until"] <= a_year_after(dates["results_on"])
    if {"words_until", "freeze_on"} <= dates.keys():
        assert dates["words_until"] > dates["freeze_on"]
    if {"freeze_on", "results_on"} <= dates.keys():
        assert dates["freeze_on"] <= dates["results_on"]
