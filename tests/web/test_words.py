"""Dates, numbers and lists as each language of the United Nations writes them."""

from datetime import UTC, date, datetime

import pytest

from app.web.i18n import translator


@pytest.mark.parametrize(
    ("language", "day", "words"),
    [
        ("fr", date(2026, 12, 1), "1er\u00a0décembre 2026"),
        ("fr", date(2026, 12, 11), "11\u00a0décembre 2026"),
        ("fr", date(2026, 11, 21), "21\u00a0novembre 2026"),
        ("ru", date(2026, 11, 1), "1 ноября 2026\u202fг."),
        ("es", date(2026, 11, 1), "1 de noviembre de 2026"),
        ("en", date(2026, 11, 1), "1 November 2026"),
        ("zh", date(2026, 11, 1), "2026年11月1日"),
        ("ar", date(2026, 11, 1), "1 نوفمبر 2026"),
    ],
)
def test_a_day_is_written_as_the_language_has_it(language: str, day: date, words: str) -> None:
    assert translator(language).date(day) == words


def test_weekdays_have_no_comma_where_the_language_has_none() -> None:
    day = date(2026, 11, 23)
    assert translator("es").weekday_date(day) == "lunes 23 de noviembre de 2026"
    assert translator("ar").weekday_date(day) == "الاثنين 23 نوفمبر 2026"
    assert translator("fr").weekday_date(date(2026, 12, 1)) == "mardi 1er\u00a0décembre 2026"


def test_hours_and_thousands() -> None:
    noon = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
    assert translator("fr").time(noon) == "12\u00a0h\u00a005"
    assert translator("es").time(noon) == "12:05"
    assert translator("es").number(12345) == "12\u00a0345"
    assert translator("es").number(2.5) == "2,5"


def test_languages_stand_in_the_order_of_their_names_and_lists_sound_right() -> None:
    languages = ("ar", "zh", "en", "fr", "ru", "es")
    t = translator("es")
    assert t.list([t.language_name(each) for each in t.languages_in_order(languages)]) == (
        "árabe, chino, español, francés, inglés y ruso"
    )
    assert t.list(["francés", "inglés"]) == "francés e inglés"
    assert translator("fr").languages_in_order(languages)[0] == "en"
    assert translator("zh").languages_in_order(reversed(languages)) == list(languages)
    assert translator("zh").language_name("en") == "英文"


def test_a_time_zone_is_named_by_its_place() -> None:
    assert translator("ru").zone("Africa/Nairobi") == "Найроби"
    assert translator("en").zone("UTC") == "UTC"
