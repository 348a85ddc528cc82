"""The release: everything that may be published of a consultation, in one file. Every page, document and table is
rendered from it alone. The file itself is `release_file.py`.

Pure. It holds rounded figures and what is needed to read them (the questionnaire in all languages, the facts of the
day, the parameters), and no answers. What is hidden is null, without a reason. Schema: docs/release.schema.json.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any

from app.questionnaire.corrections import Correction
from app.reporting.disclosure import Parameters
from app.reporting.groups import ALL


@dataclass(frozen=True)
class Facts:
    """What is told about the consultation. Texts by language; instants in UTC.

    `window` is "world", "utc" or the name of a zone; `ages` the youngest and oldest age that could answer; `consent` A
    (own agreement), B (and a parent or carer knows) or C (the partner of the link holds consent). `meeting` names the
    meeting, its place and date, where they are known. `sample`: no young person gave these answers. `version` of the
    paper and the day on which it was posted: 0 and None in every release that is published, which is of none.
    """

    slug: str
    title: Mapping[str, str]
    day: date
    window: str
    opens_at: datetime
    closes_at: datetime
    snapshot_at: datetime
    languages: tuple[str, ...]
    ages: tuple[int, int]
    consent: str
    questionnaire_version: str
    original_language: str = "en"
    sample: bool = False
    document_number: str = ""
    meeting: Mapping[str, str] | None = None
    comment_until: date | None = None
    final_on: date | None = None
    feedback_on: date | None = None
    version: int = 0
    posted_on: date | None = None


@dataclass(frozen=True)
class Cell:
    """A count rounded to `base_step`, and its share of those asked in whole per cent, rounded to the group's step."""

    count: int
    share: int


@dataclass(frozen=True)
class ReleaseColumn:
    """One group. `base` people were asked: rounded, exact for everybody, None when not shown. `cells` follow the lines
    of the table. `top` and `bottom` are the two highest and the two lowest points of a scale together."""

    breakdown: str
    group: str
    base: int | None
    cells: tuple[Cell | None, ...]
    top: Cell | None = None
    bottom: Cell | None = None


@dataclass(frozen=True)
class Table:
    """One table as published. `code`, `measure` and `lines` as in `counts.CountTable`; `everybody`: all were asked.

    `equal` follows the lines: the mean of the regions' shares as shown, each region counting the same, in whole per
    cent; None unless every region's share is shown. `equal_top` is that of the two highest points.
    """

    code: str
    question: str
    measure: str
    lines: tuple[str, ...]
    columns: tuple[ReleaseColumn, ...]
    everybody: bool
    sensitive: bool
    equal: tuple[int | None, ...]
    equal_top: int | None = None

    @property
    def key(self) -> str:
        return f"{self.code} {self.measure}"

    @property
    def total(self) -> ReleaseColumn:
        return self.columns[0]

    @property
    def breakdowns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(column.breakdown for column in self.columns if column.breakdown != ALL))

    def by(self, breakdown: str) -> tuple[ReleaseColumn, ...]:
        return tuple(column for column in self.columns if column.breakdown == breakdown)


@dataclass(frozen=True)
class Certificate:
    """Of this count, which is not shown, two complete data sets give every published figure exactly and differ by
    WIDTH people or more (or by all, where fewer were asked). Without a line: the number asked."""

    table: str
    breakdown: str
    group: str
    line: str = ""


@dataclass(frozen=True)
class Theme:
    """What open answers are about; `label` by language."""

    id: str
    label: Mapping[str, str]


@dataclass(frozen=True)
class Quote:
    """A text that a person cleared, with age band and region only, or without either. `words` by language: the original
    under `language`, translations under the others."""

    question: str
    theme: str
    language: str
    words: Mapping[str, str]
    age: str | None
    region: str | None


@dataclass(frozen=True)
class Previous:
    """The round before on the same topic. `tables` have everybody only, and are those of questions that were put in
    the same words with the same choices."""

    slug: str
    day: date
    n: int
    digest: str
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Release:
    """`n` people answered, from `countries["all"]` countries (and so many in each region group). `sizes` are the groups
    of each breakdown with the people in them, merged and rounded as everywhere. `about` says who took part.

    `number` counts the releases of a consultation, and `replaces` is the SHA-256 of the one before. `codebooks` are the
    themes of each open question; their counts are tables of measure `themes`, whose base are those who wrote a text.
    `corrections` are the words that were put otherwise while people answered.
    """

    facts: Facts
    parameters: Parameters
    n: int
    countries: Mapping[str, int]
    sizes: Mapping[str, Mapping[str, Cell]]
    about: tuple[Table, ...]
    tables: tuple[Table, ...]
    questionnaire: Mapping[str, Any] = field(repr=False)
    certificates: tuple[Certificate, ...] = ()
    codebooks: Mapping[str, tuple[Theme, ...]] = field(default_factory=dict)
    quotes: tuple[Quote, ...] = ()
    previous: Previous | None = None
    number: int = 1
    replaces: str = ""
    corrections: tuple[Correction, ...] = ()

    @cached_property
    def by_key(self) -> Mapping[str, Table]:
        return MappingProxyType({table.key: table for table in (*self.about, *self.tables)})

    def columns_of(self, key: str) -> tuple[ReleaseColumn, ...]:
        """The columns of the table with that key; none, where there is no such table."""
        table = self.by_key.get(key)
        return table.columns if table else ()
