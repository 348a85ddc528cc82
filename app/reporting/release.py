"""The release: everything that may be published of a consultation, in one file. Every page, document and table is
rendered from it alone. The file itself is `release_file.py`.

Pure. It holds rounded figures and what is needed to read them (the questionnaire in all languages, the facts of the
day, the parameters), and no answers. What is hidden is null, without a reason. Schema: docs/release.schema.json.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from app.questionnaire.corrections import Correction
from app.questionnaire.document import Document
from app.questionnaire.stored import document_to_json
from app.reporting.certify import Protected, protect
from app.reporting.disclosure import (
    ENDS,
    Hidden,
    Parameters,
    ends_of,
    merged,
    merged_groups,
    merged_sizes,
    printed_asked,
    printed_count,
    rounded_share,
)
from app.reporting.groups import ALL, NONE, REGIONS
from app.reporting.plan import cases_of
from app.reporting.sensitive import BlockCase
from app.reporting.tally import EVERYBODY, Column, CountTable, Tally


@dataclass(frozen=True)
class Facts:
    """What is told about the consultation. Texts by language; instants in UTC.

    `window` is "world", "utc" or the name of a zone; `ages` the youngest and oldest age that could answer; `consent` A
    (own agreement), B (and a parent or carer knows) or C (the partner of the link holds consent). `meeting` names the
    meeting, its place and date, where they are known. `sample`: no young person gave these answers.
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
    """One table as published. `code`, `measure` and `lines` as in `tally.CountTable`; `everybody`: all were asked.

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
class OpenAnswers:
    """What people wrote, as a release is made with it (`open_answers.py`). `tally` has tables of themes. Of the texts
    that were to be quoted, by their places, those in `alone` are without age and region, and those in `kept_back` are
    not quoted."""

    tally: Tally
    codebooks: Mapping[str, tuple[Theme, ...]]
    quotes: tuple[Quote, ...]
    alone: tuple[int, ...]
    kept_back: tuple[int, ...]


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

    @property
    def by_key(self) -> Mapping[str, Table]:
        return MappingProxyType({table.key: table for table in (*self.about, *self.tables)})


Run = Callable[[Callable[[BlockCase], Protected], Iterable[BlockCase]], Iterable[Protected]]
"""`map`, or one that works in several processes."""


def make_release(
    tally: Tally,
    document: Document,
    facts: Facts,
    parameters: Parameters | None = None,
    corrections: Sequence[Correction] = (),
    run: Run = map,
    open_answers: OpenAnswers | None = None,
) -> Release:
    """The release of these counts: groups merged, counts hidden until none can be worked out, the rest rounded. With
    `open_answers`, which were taken in by the same parameters, themes are counted and texts quoted."""
    rules = parameters or Parameters()
    tally = open_answers.tally if open_answers else tally
    groups = merged_groups(tally, rules)
    sizes = merged_sizes(tally, groups)
    about = [merged(table, groups, sizes) for table in tally.about]
    tables = [merged(table, groups, sizes) for table in tally.tables]
    protected = list(run(protect, cases_of(tally, groups, [*about, *tables], document, rules)))
    hidden = Hidden(
        frozenset().union(*(each.hidden.cells for each in protected)),
        frozenset().union(*(each.hidden.bases for each in protected)),
    )
    proved = sorted(number for each in protected for number in each.proved)
    return Release(
        facts=facts,
        parameters=rules,
        n=tally.n,
        countries=_countries(tally, groups if tally.n >= rules.k_group else {}),
        sizes={
            breakdown: {
                group: _cell(sizes[breakdown, group], tally.n, tally.n, rules)
                for group in dict.fromkeys(names.values())
            }
            for breakdown, names in groups.items()
        }
        if tally.n >= rules.k_group
        else {},
        about=tuple(_table(table, sizes, document, hidden, rules) for table in about),
        tables=tuple(_table(table, sizes, document, hidden, rules) for table in tables),
        questionnaire=document_to_json(document),
        certificates=tuple(Certificate(*number) for number in proved),
        corrections=tuple(corrections),
        codebooks=open_answers.codebooks if open_answers else {},
        quotes=open_answers.quotes if open_answers else (),
    )


def _cell(count: int, base: int, asked: int, parameters: Parameters) -> Cell:
    """As printed, the share being that of the printed count among those asked as printed: it tells nothing more."""
    printed = printed_count(count, base, asked, parameters)
    return Cell(printed, rounded_share(printed, asked, parameters))


def _countries(tally: Tally, groups: Mapping[str, Mapping[str, str]]) -> Mapping[str, int]:
    """Different countries, in all and in each region group that holds a region from which answers came."""
    found: dict[str, int] = {ALL: sum(len(named) for named in tally.countries.values())}
    for region, group in groups.get("region", {}).items():
        if region != NONE:
            found[group] = found.get(group, 0) + len(tally.countries.get(region, ()))
    return found


def _table(
    table: CountTable, sizes: Mapping[Column, int], document: Document, hidden: Hidden, parameters: Parameters
) -> Table:
    points = ends_of(table, document)
    columns = []
    for column, base, counts in zip(table.columns, table.bases, table.counts, strict=True):
        asked = _asked(table, column, base, sizes[column], parameters)
        cells = tuple(
            None if (table.key, column, line) in hidden.cells else _cell(count, base, asked, parameters)
            for line, count in zip(table.lines, counts, strict=True)
        )
        together = {
            end: _together([cells[table.lines.index(line)] for line in lines], asked, parameters)
            for end, lines in points.items()
        }
        columns.append(
            ReleaseColumn(
                *column,
                base=None if (table.condition, column) in hidden.bases else asked,
                cells=cells,
                top=together.get("top"),
                bottom=together.get("bottom"),
            )
        )
    regions = [
        column for column in columns if column.breakdown == "region" and column.group != NONE and column.base != 0
    ]
    return Table(
        code=table.code,
        question=table.question,
        measure=table.measure,
        lines=table.lines,
        columns=tuple(columns),
        everybody=not table.condition,
        sensitive=table.sensitive,
        equal=tuple(
            equal_weight([(column.group, column.cells[place]) for column in regions])
            for place in range(len(table.lines))
        ),
        equal_top=equal_weight([(column.group, column.top) for column in regions]) if points else None,
    )


def _asked(table: CountTable, column: Column, base: int, size: int, parameters: Parameters) -> int:
    """How many were asked, as printed: exact for everybody where all were."""
    if column == EVERYBODY and not table.condition:
        return base
    return printed_asked(base, size, parameters)


def _together(cells: Sequence[Cell | None], asked: int, parameters: Parameters) -> Cell | None:
    """Lines of a scale together, where all are shown: the sum of what is printed."""
    counts = [cell.count for cell in cells if cell]
    if len(counts) < len(cells):
        return None
    count = min(sum(counts), asked)
    return Cell(count, rounded_share(count, asked, parameters))


def equal_weight(regions: Sequence[tuple[str, Cell | None]]) -> int | None:
    """The mean of the shares as shown, half up; None when one is hidden, when regions were merged, or for one alone.

    Made of shown figures only, so it tells nothing that they do not."""
    shares = [cell.share for group, cell in regions if cell is not None and group in REGIONS]
    if len(shares) < len(regions) or len(shares) < ENDS:
        return None
    return (2 * sum(shares) + len(shares)) // (2 * len(shares))
