"""Countries and helplines, read once from the files beside this one (sources: data/README.md)."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
#: How sure we must be of a number before a child is shown it.
SHOWN = frozenset({"confirmed", "high"})


@dataclass(frozen=True)
class Country:
    """`names` and `places` are by language; a place is the ordinal in that language's own order of names."""

    iso2: str
    region: str
    names: Mapping[str, str]
    places: Mapping[str, int]


@dataclass(frozen=True)
class Helpline:
    """One number. `phone` as people read it, `dial` as a telephone takes it; `lang` is the language of its name."""

    iso2: str
    name: str
    phone: str
    dial: str
    lang: str


@cache
def countries() -> Mapping[str, Country]:
    """Every country by its ISO 3166-1 code of two letters."""
    with (DATA / "countries.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    languages = [column.removeprefix("name_") for column in rows[0] if column.startswith("name_")]
    return {
        row["iso2"]: Country(
            row["iso2"],
            row["itu_region"],
            {language: row[f"name_{language}"] for language in languages},
            {language: int(row[f"order_{language}"]) for language in languages},
        )
        for row in rows
    }


def region_of(iso2: str) -> str | None:
    """The ITU region of a country, or None for a code that is no country's."""
    country = countries().get(iso2)
    return country.region if country else None


def in_order(language: str) -> list[Country]:
    """All countries in the order of their names in that language."""
    return sorted(countries().values(), key=lambda country: country.places[language])


@cache
def helplines() -> Mapping[str, tuple[Helpline, ...]]:
    """The numbers that may be shown, by country."""
    shown: dict[str, tuple[Helpline, ...]] = {}
    with (DATA / "helplines.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["confidence"] in SHOWN and row["dial"]:
                line = Helpline(row["iso2"], row["name"], row["phone"], row["dial"], row["lang"] or "en")
                shown[row["iso2"]] = (*shown.get(row["iso2"], ()), line)
    return shown
