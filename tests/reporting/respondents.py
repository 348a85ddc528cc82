"""The people behind a release as the recount sees them: who said what, who was asked what, and who stands where."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.questionnaire.document import Document
from app.questionnaire.kinds import Matrix

REGIONS = ("africa", "americas", "arab_states", "asia_pacific", "cis", "europe")
BEHIND = {"region": "DM03", "age": "DM01", "gender": "DM02", "settlement": "DM04"}
NO_ANSWER = ("97", "98", None, "")
COUNTRIES = Path(__file__).parents[2] / "app" / "consultations" / "data" / "countries.csv"


def regions_by_country() -> dict[str, str]:
    with COUNTRIES.open(encoding="utf-8-sig", newline="") as file:
        return {row["iso2"]: row["itu_region"] for row in csv.DictReader(file)}


@dataclass
class Person:
    """One respondent: what was said to which question, which questions were asked, and the group of each breakdown."""

    language: str
    answers: dict[str, Any]
    asked: set[str]
    groups: dict[str, str]


def people_of(lines: Iterable[Mapping[str, Any]], document: Document) -> list[Person]:
    """The people behind the records of a rehearsal; who was not thanked has sent nothing."""
    region_of = regions_by_country()
    return [
        _person(line["language"], line["answers"], document, region_of) for line in lines if line.get("thanked", True)
    ]


def _person(language: str, answers: Mapping[str, Any], document: Document, region_of: Mapping[str, str]) -> Person:
    kept: dict[str, Any] = {}
    asked: set[str] = set()
    for section in document.sections:
        if section.relevant and not section.relevant.holds(kept):
            continue
        for question in section.questions:
            if question.relevant and not question.relevant.holds(kept):
                continue
            asked.add(question.code)
            for code, answer in answers.items():
                if code == question.code or (isinstance(question, Matrix) and code.startswith(f"{question.code}.")):
                    kept[code] = tuple(answer) if isinstance(answer, list) else answer
    groups = {}
    for breakdown, code in BEHIND.items():
        answer = kept.get(code)
        if answer in NO_ANSWER:
            groups[breakdown] = "none"
        elif breakdown == "region":
            groups[breakdown] = region_of.get(answer, "none")
        elif breakdown == "settlement":
            groups[breakdown] = {"1": "urban", "2": "urban", "3": "rural"}.get(answer, "none")
        else:
            groups[breakdown] = str(answer)
    return Person(language, kept, asked, groups)


def stands_in(person: Person, column: Mapping[str, Any]) -> bool:
    if column["breakdown"] == "all":
        return True
    if column["breakdown"] == "country":
        return bool(person.answers.get("DM03") == column["group"])
    return person.groups[column["breakdown"]] in column["group"].split("+")
