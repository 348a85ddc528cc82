"""Whether a release file is what it says it is, found from the file alone: no database, no settings. Pure.

Each check gives the places that are wrong, none where all is well. What cannot be seen in rounded figures is not
claimed: that the printed figures hide what they must is proved at the freeze (`certificates`), and looked at here only
as far as a reader can.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from app.questionnaire.stored import document_from_json
from app.reporting.counts import DIVIDING
from app.reporting.disclosure import Parameters
from app.reporting.groups import ALL
from app.reporting.release import Cell, Release, ReleaseColumn, Table
from app.reporting.release_file import FORMAT, from_bytes

SCHEMA = Path(__file__).parents[2] / "docs" / "release.schema.json"
#: Begins what a certificate calls the number asked under a condition, which several tables may have.
ASKED = "asked "
#: How many wrong places of one sort are named.
MOST_NAMED = 20


@dataclass(frozen=True)
class Checked:
    """One check: `wrong` are places in the file, or other people's words about it; empty where it holds."""

    name: str
    wrong: tuple[str, ...]


@cache
def _schema() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")))


def check_release(content: bytes) -> tuple[Checked, ...]:
    """Every check of the file itself, in order. Those that follow `format`, `schema` or `shapes` are left
    out where these fail."""
    try:
        plain = json.loads(content)
    except ValueError as fault:
        return (Checked("format", (f"no JSON: {fault}",)),)
    known = plain.get("format") if isinstance(plain, dict) else None
    if known != FORMAT:
        return (Checked("format", (f"{known!r} instead of {FORMAT!r}",)),)
    faults = [f"{_place(fault)}: {fault.message[:200]}" for fault in _schema().iter_errors(plain)]
    first = (Checked("format", ()), Checked("schema", _some(faults)))
    if faults:
        return first
    canonical = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
    one_form = Checked("form", () if canonical.encode() == content else ("blanks, order or repeated keys",))
    try:
        release = from_bytes(content)
        document_from_json(release.questionnaire)
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        return (*first, one_form, Checked("questionnaire", (f"{type(fault).__name__}: {fault}",)))
    shapes = Checked("shapes", _some(_shapes(release)))
    if shapes.wrong:
        return (*first, one_form, shapes)
    found = [Checked(name, _some(find(release))) for name, find in CHECKS.items()]
    certified = Checked("certificates" if release.certificates else "uncertified", _some(_certified(release)))
    return (*first, one_form, shapes, *found, certified)


def _place(fault: Any) -> str:
    return "/".join(str(part) for part in fault.instance_path) or "the whole"


def _some(wrong: Iterator[str] | Sequence[str]) -> tuple[str, ...]:
    listed = list(dict.fromkeys(wrong))
    rest = len(listed) - MOST_NAMED
    return (*listed[:MOST_NAMED], *([f"and {rest} more"] if rest > 0 else []))


def _tables(release: Release) -> tuple[Table, ...]:
    return (*release.about, *release.tables)


def _named(table: Table, column: ReleaseColumn, line: str = "") -> str:
    return " / ".join(part for part in (table.key, column.breakdown, column.group, line) if part)


def _shapes(release: Release) -> Iterator[str]:
    """Cells that fit no line or column, lines and columns that stand there twice, tables of no question."""
    questions = document_from_json(release.questionnaire).questions
    seen: set[str] = set()
    earlier = release.previous.tables if release.previous else ()
    for table in (*_tables(release), *earlier):
        if table.key in seen and table not in earlier:
            yield f"{table.key}: twice"
        seen.add(table.key)
        if table in release.tables and table.question not in questions:
            yield f"{table.key}: no question of the questionnaire"
        places = [(column.breakdown, column.group) for column in table.columns]
        if not places or places[0] != (ALL, ALL):
            yield f"{table.key}: the first column is not everybody"
        if len(set(places)) < len(places) or len(set(table.lines)) < len(table.lines):
            yield f"{table.key}: a line or a column twice"
        if len(table.equal) != len(table.lines):
            yield f"{table.key}: as many means of regions as lines are missing or too many"
        yield from (
            f"{_named(table, column)}: {len(column.cells)} cells for {len(table.lines)} lines"
            for column in table.columns
            if len(column.cells) != len(table.lines)
        )


def _groups(release: Release) -> Iterator[str]:
    """Columns of groups that are not among the sizes."""
    for table in _tables(release):
        for column in table.columns[1:]:
            if column.breakdown in release.sizes and column.group not in release.sizes[column.breakdown]:
                yield f"{_named(table, column)}: no such group among the sizes"


def _roundings(release: Release) -> Iterator[str]:
    """Counts and shares that are not rounded as the parameters say, and shares that are not those of their counts."""
    rules = release.parameters
    for table, column, line, cell in _shown(release):
        if cell.count % rules.base_step and cell.count != column.base:
            yield f"{_named(table, column, line)}: {cell.count} people, not rounded to {rules.base_step}"
        if column.base is None:
            continue
        if not _is_share(cell, column.base, rules):
            yield f"{_named(table, column, line)}: {cell.share} per cent for {cell.count} of {column.base}"


def _is_share(cell: Cell, base: int, rules: Parameters) -> bool:
    """Whether the share can stand beside the count and the base: whether any numbers that print the same have it."""
    step = rules.base_step
    # Which of the two steps a group near the border has, its printed size does not tell.
    rounding = rules.step_small if base < rules.large_group + step else rules.step_large
    low = 100 * (2 * cell.count - step) / (2 * base + step) - rounding / 2
    high = 100 * (2 * cell.count + step) / max(1, 2 * base - step) + rounding / 2
    return low <= cell.share <= min(high, 100)


def _small(release: Release) -> Iterator[str]:
    """Counts that are shown and below what may be shown."""
    rules = release.parameters
    step = rules.base_step
    least = (2 * rules.k_cell + step) // (2 * step) * step
    for table, column, line, cell in _shown(release):
        if 0 < cell.count < least:
            yield f"{_named(table, column, line)}: {cell.count} people, fewer than {rules.k_cell}"
    for table in _tables(release):
        for column in table.columns:
            if column.base is not None and 0 < column.base < rules.k_group and any(column.cells):
                yield f"{_named(table, column)}: of {column.base} people, fewer than {rules.k_group}"


def _shown(release: Release) -> Iterator[tuple[Table, ReleaseColumn, str, Cell]]:
    for table in _tables(release):
        for column in table.columns:
            for line, cell in zip(table.lines, column.cells, strict=True):
                if cell is not None:
                    yield table, column, line, cell


def _sums(release: Release) -> Iterator[str]:
    """Lines that divide those asked and do not add up to them, groups that do not add up to everybody."""
    step = release.parameters.base_step
    for breakdown, groups in release.sizes.items():
        total = sum(cell.count for cell in groups.values())
        if breakdown != "country" and abs(total - release.n) > _room(len(groups), step):
            yield f"sizes / {breakdown}: {total} people in all instead of about {release.n}"
    for table in _tables(release):
        for column in table.columns:
            counts = [cell.count for cell in column.cells if cell is not None]
            if table.measure not in DIVIDING or column.base is None:
                continue
            all_shown = len(counts) == len(column.cells)
            room = _room(len(counts), step)
            if sum(counts) > column.base + room or (all_shown and sum(counts) < column.base - room):
                yield f"{_named(table, column)}: {sum(counts)} people in its lines, of {column.base} asked"
        yield from _of_groups(table, step)


def _room(parts: int, step: int) -> int:
    """How far the sum of so many rounded counts may be from their rounded whole."""
    return step * (parts + 1) // 2 + step


def _of_groups(table: Table, step: int) -> Iterator[str]:
    """Of a breakdown into groups, the counts of each line are together those of everybody."""
    for breakdown in table.breakdowns:
        columns = table.by(breakdown)
        if breakdown == "country":
            continue
        room = _room(len(columns), step)
        pairs = [("people asked", table.total.base, [column.base for column in columns])]
        for place, line in enumerate(table.lines):
            cells = [column.cells[place] for column in columns]
            total = table.total.cells[place]
            pairs.append((line, total.count if total else None, [cell.count if cell else None for cell in cells]))
        for name, whole, parts in pairs:
            there = [part for part in parts if part is not None]
            if whole is None:
                continue
            if sum(there) > whole + room or (len(there) == len(parts) and sum(there) < whole - room):
                yield f"{table.key} / {breakdown} / {name}: {sum(there)} people in all its groups, of {whole}"


def _certified(release: Release) -> Iterator[str]:
    """Certificates of what is shown or is not there. A count that is hidden and bears none must count nobody, which no
    reader can see: so that is asked only where lines divide people who were asked and none of them is shown, and of
    files that certify anything."""
    tables = {table.key: table for table in _tables(release)}
    bases = {(each.breakdown, each.group) for table in tables.values() for each in table.columns if each.base is None}
    certified = set()
    for each in release.certificates:
        if each.table.startswith(ASKED) and not each.line:
            if (each.breakdown, each.group) not in bases:
                yield f"{each.table} / {each.breakdown} / {each.group}: certified as not shown, and shown"
            continue
        table = tables.get(each.table)
        column = next(
            (
                column
                for column in (table.columns if table else ())
                if (column.breakdown, column.group) == (each.breakdown, each.group)
            ),
            None,
        )
        place = " / ".join(part for part in (each.table, each.breakdown, each.group, each.line) if part)
        if table is None or column is None or (each.line and each.line not in table.lines):
            yield f"{place}: certified, and not in the file"
        elif (column.cells[table.lines.index(each.line)] if each.line else column.base) is not None:
            yield f"{place}: certified as not shown, and shown"
        certified.add((each.table, each.breakdown, each.group))
    if not release.certificates:
        return
    for table in tables.values():
        for column in table.columns:
            none_of_it = (table.key, column.breakdown, column.group) not in certified
            # Where lines divide those asked, some line counts somebody.
            if table.measure in DIVIDING and column.base and not any(column.cells) and none_of_it:
                yield f"{_named(table, column)}: nothing is shown, and nothing certified"


def _quotes(release: Release) -> Iterator[str]:
    """Quotes of no theme, without their original, of one of age and region, or of a group that is too small or not
    there."""
    rules = release.parameters
    for number, each in enumerate(release.quotes, start=1):
        place = f"quote {number}"
        if each.theme not in {theme.id for theme in release.codebooks.get(each.question, ())}:
            yield f"{place}: of no theme of its question"
        if each.language not in each.words:
            yield f"{place}: without its original"
        if (each.age is None) is not (each.region is None):
            yield f"{place}: with one of age and region"
        for breakdown, group in (("age", each.age), ("region", each.region)):
            people = release.sizes.get(breakdown, {}).get(group) if group else None
            if group and (people is None or people.count + rules.base_step // 2 < rules.k_quote):
                yield f"{place}: names {group}, of fewer than {rules.k_quote} people or not there"


CHECKS: Mapping[str, Callable[[Release], Iterator[str]]] = {
    "groups": _groups,
    "rounding": _roundings,
    "small": _small,
    "sums": _sums,
    "quotes": _quotes,
}
