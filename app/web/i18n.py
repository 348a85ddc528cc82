"""Words, numbers and dates in the reader's language. The only user of Babel.

Interface words come from the gettext catalogues in `locales/`; contents of a questionnaire from its document.
"""

import datetime as dt
import gettext as gnu_gettext
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from unicodedata import normalize

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, get_timezone_location
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")
RIGHT_TO_LEFT = frozenset({"ar"})
#: Each language's name in itself.
OWN_NAMES = MappingProxyType(
    {"ar": "العربية", "zh": "中文", "en": "English", "fr": "Français", "ru": "Русский", "es": "Español"}
)
#: The locale whose conventions for dates and numbers we follow. English follows United Nations usage: day first.
_LOCALES = {"en": "en_GB", "zh": "zh_Hans"}

#: Where documents of the United Nations name a language otherwise than CLDR.
_UN_LANGUAGE_NAMES = {
    "ar": {"en": "الإنكليزية"},
    "zh": {"ar": "阿拉伯文", "zh": "中文", "en": "英文", "fr": "法文", "ru": "俄文", "es": "西班牙文"},
}

CATALOGUES = Path(__file__).parents[2] / "locales"


class Translator:
    """One language's words and conventions. Made once for each language; holds no state of a request."""

    def __init__(self, language: str, catalogues: Path = CATALOGUES) -> None:
        self.language = language
        self.direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
        self.locale = Locale.parse(_LOCALES.get(language, language))
        #: What stands between several answers in one line.
        self.semicolon = {"zh": "；", "ar": "؛ ", "fr": "\u202f; "}.get(language, "; ")
        #: What stands between a name and what is said of it.
        self.colon = {"zh": "：", "fr": "\u00a0: "}.get(language, ": ")
        #: What stands between two sentences.
        self.gap = "" if language == "zh" else " "
        self.catalogue = gnu_gettext.translation("messages", catalogues, [language], fallback=language == "en")

    def gettext(self, message: str, /, **values: object) -> str:
        """`message` in this language, with its named placeholders filled."""
        words = self.catalogue.gettext(message)
        return words % values if values else words

    def ngettext(self, one: str, many: str, n: int, /, **values: object) -> str:
        """The plural form for `n`, which is written in the placeholder %(n)s as a number of this language."""
        return self.catalogue.ngettext(one, many, n) % {"n": self.number(n), **values}

    def pgettext(self, context: str, message: str, /, **values: object) -> str:
        words = self.catalogue.pgettext(context, message)
        return words % values if values else words

    def number(self, value: int | float) -> str:
        words = format_decimal(value, locale=self.locale)
        # Spanish of the United Nations groups thousands by a space, as French does.
        return words.replace(".", "\u00a0") if self.language == "es" else words

    def percent(self, share: float) -> str:
        """A share between 0 and 1 as a percentage, not rounded any further."""
        return format_percent(share, locale=self.locale, decimal_quantization=False)

    def date(self, day: dt.date) -> str:
        """The day in words, with its year: 20 November 2026."""
        return self._date(day, "long")

    def weekday_date(self, day: dt.date) -> str:
        """The day in words, with its weekday: Saturday 21 November 2026."""
        pattern = {"en": "EEEE d MMMM y", "ar": "EEEE d MMMM y", "es": "EEEE d 'de' MMMM 'de' y"}
        return self._date(day, pattern.get(self.language, "full"))

    def _date(self, day: dt.date, pattern: str) -> str:
        words = format_date(day, pattern, locale=self.locale).replace(" г.", "\u00a0г.")
        if self.language == "fr":
            number = "1er" if day.day == 1 else str(day.day)
            return re.sub(rf"\b{day.day} (?=\D)", f"{number}\u00a0", words, count=1)
        return words

    def month(self, day: dt.date) -> str:
        """The month in words, with its year: January 2027."""
        return format_skeleton("yMMMM", dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC), locale=self.locale)

    def time(self, instant: dt.datetime) -> str:
        pattern = "HH'\u00a0h\u00a0'mm" if self.language == "fr" else "HH:mm"
        return format_time(instant, pattern, tzinfo=instant.tzinfo, locale=self.locale)

    def zone(self, name: str) -> str:
        """A time zone by its place, "Nairobi"; UTC is itself."""
        return name if name == "UTC" else get_timezone_location(name, locale=self.locale, return_city=True)

    def datetime_utc(self, instant: dt.datetime) -> str:
        """The instant in words, with weekday and UTC: Saturday 21 November 2026, 12:00 UTC."""
        moment = instant.astimezone(dt.UTC)
        return self.gettext("%(day)s, %(time)s UTC", day=self.weekday_date(moment.date()), time=self.time(moment))

    def list(self, words: Sequence[str]) -> str:
        said = str(format_list(list(words), locale=self.locale))
        # "y" becomes "e" before the same sound.
        return re.sub(r" y (?=[“«]?(?:[iIíÍ]|[hH][ií](?!e)))", " e ", said) if self.language == "es" else said

    def language_name(self, language: str) -> str:
        own = _UN_LANGUAGE_NAMES.get(self.language, {})
        return own.get(language) or str(self.locale.languages.get(language, language))

    def languages_in_order(self, languages: Iterable[str]) -> Sequence[str]:
        """The languages in the alphabetical order of their names here; in Chinese, that of the United Nations."""
        if self.language == "zh":
            return sorted(languages, key=LANGUAGES.index)
        return sorted(languages, key=lambda each: normalize("NFD", self.language_name(each)).casefold())

    def within(self, words: str) -> str:
        """A heading's words as they stand within a phrase: where the language has it so, with a small first letter."""
        return words[:1].lower() + words[1:] if self.language in ("fr", "ru", "es") else words

    def alone(self, words: str) -> str:
        """Words that stand for themselves: with a capital first letter."""
        return words[:1].upper() + words[1:]

    def region(self, code: str) -> str:
        """The name of a region of the ITU. Raises KeyError for one that there is not."""
        return {
            "africa": self.gettext("Africa"),
            "americas": self.gettext("Americas"),
            "arab_states": self.gettext("Arab States"),
            "asia_pacific": self.gettext("Asia-Pacific"),
            "cis": self.gettext("Commonwealth of Independent States"),
            "europe": self.gettext("Europe"),
        }[code]


@cache
def translator(language: str) -> Translator:
    """The one Translator of a language. Raises KeyError for a language that we do not speak."""
    if language not in LANGUAGES:
        raise KeyError(language)
    return Translator(language)


def negotiate(accept_language: str) -> str:
    """The language that a browser likes best among ours; English if none. Any Chinese is ours, any Arabic too."""
    wishes = []
    for place, wish in enumerate(accept_language.split(",")[:20]):
        tag, _, weight = wish.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), place, tag.split("-")[0].lower()))
        except ValueError:
            continue
    return next((tag for weight, _, tag in sorted(wishes) if tag in LANGUAGES and weight < 0), "en")
