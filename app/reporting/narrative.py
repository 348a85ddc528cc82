"""Which sentences the paper says: findings chosen by rule from a release. Pure: keys and numbers, no words.

No rule looks at anything that the release does not show. Regions are compared only where each was asked of
`COMPARED_FROM` people or more and the shares are `DIFFERENCE` points apart or more. Nothing ranks countries.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.questionnaire.document import Document
from app.questionnaire.kinds import Matrix, Multiple, Question, Ranking
from app.questionnaire.stored import document_from_json
from app.reporting.groups import BEHIND, NONE, REGIONS
from app.reporting.release import Cell, Release, ReleaseColumn, Table

DIFFERENCE = 10
EQUAL_WEIGHT_FROM = 5
COMPARED_FROM = 100
#: A region with fewer answers is named where the paper says who is missing.
FEW_ANSWERS = 50
SUMMARY_FINDINGS = 3
#: Words of questions and choices that three findings may quote, so that the summary stays under 120 words.
QUOTED_WORDS = 42
#: So many words that are not quoted tell what followed.
FOLLOWING_WORDS = 3
#: Questions of the block about the person: they say who took part and are no results.
ABOUT_PERSON = "DM"


@dataclass(frozen=True)
class RegionShare:
    region: str
    share: int
    base: int


@dataclass(frozen=True)
class Finding:
    """One sentence's worth of a table. `kind`: choice, options, values, top (two highest points of a scale) or first.

    `share` per cent of `base` (None: not shown) chose each of `lines` (none for `top`, whose opposite is `bottom`).
    `among_shown`: another line is not shown and might have more. `following` are the lines with the next share, where
    it is less than `DIFFERENCE` points below. `equal` is the share with every region counting the same, where it
    differs enough, and `fewest` the region of which fewest people were asked, where these are few; `contrast` the
    highest and lowest region.
    """

    table: Table
    kind: str
    lines: tuple[str, ...]
    share: int
    base: int | None
    among_shown: bool = False
    bottom: int | None = None
    following: tuple[str, ...] = ()
    following_share: int = 0
    equal: int | None = None
    fewest: RegionShare | None = None
    contrast: tuple[RegionShare, RegionShare] | None = None

    @property
    def line(self) -> str:
        return self.lines[0] if self.lines else ""


@dataclass(frozen=True)
class Result:
    """What section 5 says about one question; a matrix has a finding for each row, in order. `finding` is None when
    nothing may be shown."""

    question: Question
    tables: tuple[Table, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Narrative:
    """Everything that is said. `summary` are the findings of the first page; `few` the regions from which few answers
    came, `silent` those from which none did; `scarce` are the few and the regions that were taken together with others
    in a group from which few came."""

    summary: tuple[Finding, ...]
    results: tuple[Result, ...]
    texts: tuple[Table, ...]
    few: tuple[tuple[str, int], ...]
    silent: tuple[str, ...]
    scarce: tuple[str, ...] = ()


def narrate(release: Release) -> Narrative:
    """What the paper says, by the rules above."""
    document = document_from_json(release.questionnaire)
    results = tuple(_results(release, document))
    regions = release.sizes.get("region", {})
    few = tuple((group, cell.count) for group, cell in regions.items() if 0 < cell.count < FEW_ANSWERS)
    return Narrative(
        summary=_summary(results, document),
        results=results,
        texts=tuple(table for table in release.tables if table.measure == "texts"),
        few=tuple((group, count) for group, count in few if group in REGIONS),
        silent=tuple(group for group, cell in regions.items() if group in REGIONS and not cell.count),
        scarce=tuple(region for region in REGIONS if any(region in group.split("+") for group, _ in few)),
    )


def best(findings: Sequence[Finding]) -> Finding | None:
    """The finding with the largest share; of equals the first. Where two points of a scale are told together in some
    rows of a matrix, only these are compared."""
    return max(findings, key=lambda finding: (finding.kind == "top", finding.share), default=None)


def result_of(release: Release, question: Question) -> Result | None:
    """What there is to say about one question; None where nothing was counted but texts."""
    counted = tuple(
        table
        for table in release.tables
        if table.question == question.code and table.measure not in ("texts", "themes")
    )
    if not counted:
        return None
    chosen = counted if isinstance(question, Matrix) else counted[:1]
    return Result(question, counted, tuple(found for table in chosen if (found := _finding(table)) is not None))


def _results(release: Release, document: Document) -> Iterator[Result]:
    for question in document.questions.values():
        if question.code in BEHIND.values() or question.code.startswith(ABOUT_PERSON):
            continue
        result = result_of(release, question)
        if result is not None:
            yield result


def _finding(table: Table) -> Finding | None:
    total = table.total
    if total.top is not None:
        by_region = {column: column.top for column in table.by("region")}
        return Finding(
            table,
            "top",
            (),
            total.top.share,
            total.base,
            bottom=total.bottom.share if total.bottom else None,
            equal=_equal(table.equal_top, total.top),
            fewest=_fewest(by_region),
            contrast=_contrast(by_region),
        )
    said = {place: total.cells[place] for place, line in enumerate(table.lines) if line != NONE}
    shares = {place: cell.share for place, cell in said.items() if cell is not None}
    if not shares:
        return None
    share = max(shares.values())
    places = [place for place in shares if shares[place] == share]
    following = max((each for each in shares.values() if share - DIFFERENCE < each < share), default=0)
    place = places[0]
    by_region = {column: column.cells[place] for column in table.by("region")}
    return Finding(
        table,
        table.measure,
        tuple(table.lines[each] for each in places),
        share,
        total.base,
        among_shown=len(shares) < len(said),
        following=tuple(table.lines[each] for each in shares if following and shares[each] == following),
        following_share=following,
        equal=_equal(table.equal[place], total.cells[place]),
        fewest=_fewest(by_region),
        contrast=_contrast(by_region),
    )


def _equal(equal: int | None, raw: Cell | None) -> int | None:
    if equal is None or raw is None or abs(equal - raw.share) < EQUAL_WEIGHT_FROM:
        return None
    return equal


def _regions(cells: Mapping[ReleaseColumn, Cell | None]) -> list[RegionShare]:
    """Those of which share and number asked are shown."""
    return [
        RegionShare(column.group, cell.share, column.base)
        for column, cell in cells.items()
        if cell is not None and column.base and column.group in REGIONS
    ]


def _fewest(cells: Mapping[ReleaseColumn, Cell | None]) -> RegionShare | None:
    """The region of which fewest people were asked, where these are few."""
    fewest = min(_regions(cells), key=lambda each: each.base, default=None)
    return fewest if fewest and fewest.base < FEW_ANSWERS else None


def _contrast(cells: Mapping[ReleaseColumn, Cell | None]) -> tuple[RegionShare, RegionShare] | None:
    shares = [each for each in _regions(cells) if each.base >= COMPARED_FROM]
    if not shares:
        return None
    high = max(shares, key=lambda each: each.share)
    low = min(shares, key=lambda each: each.share)
    return (high, low) if high.share - low.share >= DIFFERENCE else None


def _summary(results: Sequence[Result], document: Document) -> tuple[Finding, ...]:
    """At most three that somebody gave: an indicator, what was wanted most, an indicator on which regions differ; then
    what there is."""
    open_ones = [result for result in results if not result.question.sensitive and result.findings]
    indicators = [result.findings[0] for result in open_ones if result.question.indicator]
    wanted = [
        finding
        for result in open_ones
        if isinstance(result.question, Matrix | Ranking) and (finding := best(result.findings)) is not None
    ]
    different = [finding for finding in indicators if finding.contrast]
    others = [result.findings[0] for result in open_ones if not isinstance(result.question, Multiple)]
    chosen: list[Finding] = []
    words = QUOTED_WORDS
    for finding in (*indicators[:1], *wanted[:1], *different, *indicators, *wanted, *others):
        quoted = quoted_words(finding, document)
        if finding.share and len(chosen) < SUMMARY_FINDINGS and finding not in chosen and quoted <= words:
            chosen.append(finding)
            words -= quoted
    return tuple(chosen)


def quoted_words(finding: Finding, document: Document) -> int:
    """How many words the sentence quotes from the questionnaire, in its first language."""
    question = document.questions[finding.table.question]
    language = document.default_language
    texts = [question.label[language]]
    if isinstance(question, Matrix):
        texts += [row.label[language] for row in question.rows if f"{question.code}.{row.name}" == finding.table.code]
    choices = {choice.name: choice.label[language] for choice in getattr(question, "choices", ())}
    lines = [line for line in finding.table.lines if line != NONE]
    told = lines[-2:] if finding.kind == "top" else [finding.line, *finding.following]
    texts += [choices.get(line, "") for line in told]
    return sum(len(text.split()) for text in texts) + (FOLLOWING_WORDS if finding.following else 0)
