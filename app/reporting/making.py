"""Making the release of a tally: groups merged, counts hidden until none can be worked out, the rest rounded. Pure.

Those who only read releases load `release.py` and not this, nor the libraries that count and prove.
"""

from collections.abc import Mapping, Sequence

from app.questionnaire.corrections import Correction
from app.questionnaire.document import Document
from app.questionnaire.stored import document_to_json
from app.reporting.certify import Run, protect
from app.reporting.counts import EVERYBODY, Column, CountTable
from app.reporting.disclosure import (
    ENDS,
    Hidden,
    Parameters,
    ends_of,
    merged,
    printed_asked,
    printed_count,
    rounded_share,
)
from app.reporting.groups import ALL, NONE, REGIONS
from app.reporting.open_answers import OpenAnswers
from app.reporting.plan import cases_of, merged_groups, merged_sizes
from app.reporting.reissue import protected_after
from app.reporting.release import Cell, Certificate, Facts, Previous, Release, ReleaseColumn, Table
from app.reporting.tally import Tally


def make_release(
    tally: Tally,
    document: Document,
    facts: Facts,
    parameters: Parameters | None = None,
    corrections: Sequence[Correction] = (),
    run: Run = map,
    open_answers: OpenAnswers | None = None,
    previous: Previous | None = None,
    earlier: Sequence[Release] = (),
    replaces: str = "",
) -> Release:
    """The release of these counts: groups merged, counts hidden until none can be worked out, the rest rounded.

    With `open_answers`, which were taken in by the same parameters, themes are counted and texts quoted. `previous` is
    the round before. `earlier`: all
    releases before, in order; `replaces`: the digest of the last. Raises NoRoom where these cannot be
    brought together with what there is now.
    """
    rules = parameters or Parameters()
    tally = open_answers.tally if open_answers else tally
    groups = merged_groups(tally, rules)
    sizes = merged_sizes(tally, groups)
    about = [merged(table, groups, sizes) for table in tally.about]
    tables = [merged(table, groups, sizes) for table in tally.tables]
    cases = list(cases_of(tally, groups, [*about, *tables], document, rules))
    protected = protected_after(cases, earlier, run) if earlier else list(run(protect, cases))
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
        previous=previous,
        number=len(earlier) + 1,
        replaces=replaces,
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
