"""Countries and helplines, read once from the files beside this one (sources: data/README.md)."""

import csv
from collections.abc import Collection, Mapping
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
    """One number. `phone` as people read it, `dial` as a telephone takes it ("" where nobody can call); `lang` is the
    language of its name. `sure`: it may be shown before anybody here has checked it. `source`: where it was seen."""

    iso2: str
    name: str
    phone: str
    dial: str
    lang: str
    url: str = ""
    sure: bool = True
    source: str = ""


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


def target_countries(named: Collection[str], regions: Collection[str]) -> tuple[str, ...]:
    """The countries that links name and those of regions that are aimed at; every country where there is no aim."""
    known = countries()
    aimed = tuple(each.iso2 for each in known.values() if each.iso2 in named or each.region in regions)
    return aimed or tuple(known)


@cache
def all_helplines() -> tuple[Helpline, ...]:
    """Every line that we know of a country, also those that nobody can call and those that may be wrong."""
    with (DATA / "helplines.csv").open(encoding="utf-8-sig", newline="") as file:
        return tuple(
            Helpline(
                row["iso2"],
                row["name"],
                row["phone"],
                row["dial"],
                row["lang"] or "en",
                row["url"],
                row["confidence"] in SHOWN,
                row["source"],
            )
            for row in csv.DictReader(file)
            if row["iso2"] in countries()
        )


def helplines(checked: Collection[tuple[str, str]] = ()) -> Mapping[str, tuple[Helpline, ...]]:
    """The numbers that young people see, by country: those that are sure, and those that somebody here has checked
    (country and `dial`)."""
    shown: dict[str, tuple[Helpline, ...]] = {}
    for line in all_helplines():
        if line.dial and (line.sure or (line.iso2, line.dial) in checked):
            shown[line.iso2] = (*shown.get(line.iso2, ()), line)
    return shown
