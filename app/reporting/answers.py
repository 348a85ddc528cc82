"""What the public API answers with, field by field: the one description of it, from which its OpenAPI document is made.

Every answer is built of these, so that what is described is what is sent. Texts are by language (ar, zh, en, fr, ru,
es); addresses of ours begin at the root of the site. What is not shown is null, without a reason.
"""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Texts = Annotated[
    dict[str, str], Field(description="Text by language", examples=[{"en": "Cyberbullying", "fr": "Cyberharcèlement"}])
]
Address = Annotated[
    str, Field(json_schema_extra={"format": "uri-reference"}, examples=["/api/v1/consultations/cyberbullying-2026"])
]
Percent = Annotated[int, Field(ge=0, le=100, description="Whole per cent, rounded", examples=[42])]
People = Annotated[int, Field(ge=0, description="People, rounded; exact only for everybody", examples=[170])]


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Licence(Answer):
    name: str = Field(description="SPDX name", examples=["CC-BY-4.0"])
    title: str = Field(examples=["Creative Commons Attribution 4.0 International"])
    url: str = Field(examples=["https://creativecommons.org/licenses/by/4.0/"])


class Listed(Answer):
    """A consultation whose results are public."""

    slug: str = Field(description="Its name in addresses", examples=["cyberbullying-2026"])
    title: Texts
    day: date = Field(description="The one day on which people answered")
    opens_at: datetime = Field(description="From this instant it was open")
    closes_at: datetime = Field(description="Until this instant")
    published_at: datetime
    sample: bool = Field(description="Sample data: no young person gave these answers")
    address: Address = Field(description="This consultation in the API")
    results: Address = Field(description="Its page of results for people, in English")


class Consultations(Answer):
    licence: Licence
    publisher: str
    consultations: list[Listed] = Field(description="The latest day first")


class TableEntry(Answer):
    code: str = Field(description="Code of the question or row, or of a fact about those who answered")
    measure: str = Field(
        description="What is counted, such as choice, options, first, places, values", examples=["choice"]
    )
    question: str = Field(description="Code of the question in the codebook; empty for facts about those who answered")
    breakdowns: list[str] = Field(examples=[["region", "age", "gender", "settlement"]])
    address: Address


class File(Answer):
    name: str = Field(examples=["tables.xlsx"])
    media_type: str
    language: str = Field(description="Empty where the file is the same in all languages", examples=["ar"])
    address: Address


class Consultation(Listed):
    """A consultation with everything that can be had of it."""

    answered: int = Field(ge=0, description="How many people answered; exact")
    countries: int = Field(ge=0, description="From how many countries")
    languages: list[str] = Field(description="In which it could be answered")
    ages: tuple[int, int] = Field(description="Youngest and oldest age that could answer")
    questionnaire_version: str
    release: int = Field(ge=1, description="Number of the release: corrected figures come as a new one")
    sha256: str = Field(description="Of the release file", pattern="^[0-9a-f]{64}$")
    replaces: str = Field(description="SHA-256 of the release before, empty for the first")
    licence: Licence
    release_file: Address = Field(description="The release itself, from which all else is made")
    codebook: Address
    description: Address = Field(description="The entry for data portals, DCAT as JSON-LD")
    tables: list[TableEntry]
    files: list[File]


class Cell(Answer):
    count: People
    share_percent: Percent


class Line(Answer):
    name: str = Field(description="Choice, band, theme, yes; none: no answer", examples=["2"])
    label: Texts
    equal_percent: Percent | None = Field(description="The share if every region counted the same; null if not shown")


class Column(Answer):
    breakdown: str = Field(description="all: everybody", examples=["region"])
    group: str = Field(description="A merged group has the codes of its members with + between", examples=["africa"])
    label: Texts
    asked: People | None = Field(description="People asked; null if not shown")
    cells: list[Cell | None] = Field(description="Following the lines; null if not shown")
    top: Cell | None = Field(description="The two highest points of a scale together")
    bottom: Cell | None = Field(description="The two lowest points of a scale together")


class Table(Answer):
    """One table as published."""

    code: str = Field(examples=["CB04"])
    measure: str = Field(examples=["choice"])
    question: str
    text: Texts
    everybody: bool = Field(description="Whether everybody was asked")
    sensitive: bool
    equal_top_percent: Percent | None = Field(
        description="The two highest points together, if every region counted the same; null if not shown"
    )
    lines: list[Line]
    columns: list[Column] = Field(description="Everybody first, then group by group")


class Choice(Answer):
    name: str
    code: str = Field(examples=["CB04.2"])
    label: Texts
    no_answer: bool = Field(description="In the tables it is counted with no answer")
    alone: bool = Field(description="It excluded all other choices")


class Question(Answer):
    code: str
    parent: str = Field(description="Code of the matrix, for a row; else empty")
    section: str
    kind: str = Field(examples=["single", "scale", "multiple", "ranking", "matrix", "row", "integer", "text", "note"])
    label: Texts
    hint: Texts
    manner: Texts = Field(description="How it could be answered")
    asked_if: str = Field(description="Condition in XLSForm's terms; empty: everybody was asked")
    asked_if_words: Texts = Field(description="The same in words, empty where words cannot say it")
    required: bool
    sensitive: bool
    indicator: str = Field(description="Code of the indicator, the same in all rounds; may be empty")
    breakdowns: list[str]
    max_choices: int | None = None
    places: int | None = Field(None, description="Places of a ranking")
    max_chars: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    choices: list[Choice]


class Section(Answer):
    name: str
    title: Texts


class Codebook(Answer):
    """What was asked, of whom, and what the codes stand for."""

    sections: list[Section]
    questions: list[Question] = Field(description="In the order of asking")


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(description="What to do next", examples=["/api/v1/consultations lists what is published."])
    reference: str | None = Field(None, description="Of a fault of ours: tell it to the secretariat")
