"""What stands in an export of submissions, and the check that it agrees with the release. For the secretariat alone.

Pure. A row is a submission, in the order of content; people's own words are not in it. How a file is written is
`renderers/submissions.py`, what becomes of it on the desk `exports.py`.

Columns are those of the snapshot, under its names: the language, the groups, and what was answered; `asked Q` only
where there is a condition, `answered Q` only for an open answer. Values are names of choices; whether a choice of
several was chosen, whether a question was asked and whether a text was written are 1 or 0.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

import polars as pl

from app.questionnaire.document import Document
from app.questionnaire.kinds import ESCAPES, Integer, Matrix, Multiple, Question, Ranking, Single, Text
from app.reporting.counts import YES, band_name, bands, condition_of
from app.reporting.disclosure import Parameters, rounded_count
from app.reporting.export_order import ExportRefused
from app.reporting.groups import MINORS, NONE, groups_of
from app.reporting.release import Release
from app.reporting.snapshot import Marks, answered_column, asked_column, columns_of, own_columns

FORMAT = "consult-export-1"
#: Measures of tables that are counted from submissions; others, such as themes, come from elsewhere.
COUNTED = frozenset({"choice", "options", "first", "places", "values", "texts", "share"})


@dataclass(frozen=True)
class Column:
    """One column. `sort` is language, group (of the breakdown `code`), choice, flag (a choice `part` of several),
    number, asked or wrote; `part` is also the row of a matrix or the place of a ranking. `names` are its values, none
    for a number; those of a flag are 0 and 1."""

    name: str
    sort: str
    code: str
    part: str = ""
    names: tuple[str, ...] = ()


YES_NO = ("0", "1")


def export_columns(document: Document) -> tuple[Column, ...]:
    """The columns of an export, in the order of the questionnaire."""
    types = columns_of(document)
    found = [Column("language", "language", "language", names=_names(types["language"]))]
    found += [Column(each, "group", each, names=groups) for each, groups in groups_of(document).items()]
    for section in document.sections:
        for question in section.questions:
            if question.answered:
                if condition_of(section, question):
                    found.append(Column(asked_column(question.code), "asked", question.code, names=YES_NO))
                found += _columns_of(question)
    return tuple(found)


def _columns_of(question: Question) -> Iterator[Column]:
    if isinstance(question, Text):
        yield Column(answered_column(question.code), "wrote", question.code, names=YES_NO)
    for name, sort in own_columns(question).items():
        part = name.removeprefix(question.code).removeprefix(".")
        if isinstance(question, Multiple):
            yield Column(name, "flag", question.code, part, YES_NO)
        elif isinstance(question, Integer):
            yield Column(name, "number", question.code)
        else:
            yield Column(name, "choice", question.code, part, _names(sort))


def _names(sort: Any) -> tuple[str, ...]:
    return tuple(sort.categories)


def export_frame(snapshot: pl.DataFrame, columns: tuple[Column, ...]) -> pl.DataFrame:
    """The rows as they are written: yes and no as 1 and 0."""
    return snapshot.select(column.name for column in columns).with_columns(pl.col(pl.Boolean).cast(pl.UInt8))


def check(snapshot: pl.DataFrame, marks: Marks, document: Document, release: Release) -> int:
    """The rows agree with the release: so many, and every total that it shows. Gives back how many were compared.

    Whoever erased their answers after the release still counts in it: a total may be higher by as many as were erased,
    and no more. Raises ExportRefused at the first difference.
    """
    rows = snapshot.height
    if rows != marks.taken - marks.erased:
        raise ExportRefused("rows_lost", rows=rows, expected=marks.taken - marks.erased)
    gone = release.n - rows
    if not 0 <= gone <= marks.erased:
        raise ExportRefused("rows_differ", rows=rows, release=release.n, erased=marks.erased)
    counted = totals(snapshot, document)
    compared = 0
    for table in (*release.about, *release.tables):
        if table.measure not in COUNTED:
            continue
        if counted.get(table.key, {}).keys() != set(table.lines):
            raise ExportRefused("table_missing", table=table.key)
        for line, cell in zip(table.lines, table.total.cells, strict=True):
            count = counted[table.key][line]
            if cell is None:
                continue
            if not _prints(cell.count, count, count + gone, table.total.base or 0, release.parameters):
                raise ExportRefused("total_differs", table=table.key, line=line, counted=count, shown=cell.count)
            compared += 1
    return compared


def _prints(printed: int, least: int, most: int, asked: int, parameters: Parameters) -> bool:
    """Whether a count from `least` to `most`, of people asked who are printed as `asked`, can be printed so. Everybody
    is printed as all who were asked, and nearly all of a group as all of it."""
    step = parameters.base_step
    everybody = printed == asked and asked - most <= parameters.width + step
    return everybody or min(rounded_count(least, step), asked) <= printed <= rounded_count(most, step)


def totals(snapshot: pl.DataFrame, document: Document) -> Mapping[str, Mapping[str, int]]:
    """The counts of everybody by table and line, as a release names them. Counted here a second time, in another way
    than the tables of the release are: a mistake would have to be made twice."""
    found: dict[str, Mapping[str, int]] = {"language choice": _by_name(snapshot["language"])}
    if "age" in snapshot.columns:
        found["under_18 share"] = {YES: sum(_by_name(snapshot["age"]).get(name, 0) for name in MINORS)}
    if "settlement" in snapshot.columns:
        found["rural share"] = {YES: _by_name(snapshot["settlement"])["rural"]}
    for question in document.questions.values():
        if question.answered:
            asked = int(snapshot[asked_column(question.code)].sum())
            for key, counts, somebody in _totals_of(question, snapshot):
                found[key] = counts if somebody is None else {**counts, NONE: asked - somebody}
    return found


def _totals_of(question: Question, snapshot: pl.DataFrame) -> Iterator[tuple[str, Mapping[str, int], int | None]]:
    """Key and counts of each table, and how many people stand in one of its lines but the last, for no answer."""
    code = question.code
    said = [choice.name for choice in getattr(question, "choices", ()) if choice.name not in ESCAPES]
    match question:
        case Single() | Matrix():
            for field in question.fields:
                counts = _by_name(snapshot[field])
                told = {name: counts[name] for name in said}
                yield f"{field} choice", told, sum(told.values())
        case Ranking():
            counts = _by_name(snapshot[question.fields[0]])
            told = {name: counts[name] for name in said}
            yield f"{code} first", told, sum(told.values())
            ranked = {
                name: snapshot.select(pl.any_horizontal(pl.col(question.fields).eq_missing(name))).to_series()
                for name in said
            }
            yield f"{code} places", *_flags(ranked)
        case Multiple():
            yield f"{code} options", *_flags({name: snapshot[f"{code}.{name}"] for name in said})
        case Integer():
            laid = bands(question)
            told = dict.fromkeys(map(band_name, laid), 0)
            for number, count in snapshot[code].drop_nulls().value_counts().iter_rows():
                # What lies before the first band or behind the last stands in it.
                begun = [band for band in laid if band[0] <= number]
                told[band_name(begun[-1] if begun else laid[0])] += count
            yield f"{code} values", told, sum(told.values())
        case Text():
            yield f"{code} texts", {YES: int(snapshot[answered_column(code)].sum())}, None


def _by_name(column: pl.Series) -> dict[str, int]:
    """Every name that a column may hold, with the number of rows that do."""
    counts = dict(column.drop_nulls().value_counts().iter_rows())
    return {name: counts.get(name, 0) for name in column.dtype.categories}  # type: ignore[attr-defined]


def _flags(flags: Mapping[str, pl.Series]) -> tuple[Mapping[str, int], int]:
    """How many are true of each, and of how many rows any is."""
    somebody = reduce(or_, flags.values()) if flags else pl.Series([False])
    return {name: int(flag.sum()) for name, flag in flags.items()}, int(somebody.sum())


def manifest(
    *,
    release: Release,
    release_digest: str,
    questionnaire_digest: str,
    form: str,
    language: str,
    by: str,
    made_at: str,
    marks: Marks,
    compared: int,
    files: list[Mapping[str, Any]],
    columns: list[Mapping[str, Any]],
    remarks: list[str],
) -> dict[str, Any]:
    """What accompanies an export, so that anybody can tell later what it is."""
    return {
        "format": FORMAT,
        "consultation": release.facts.slug,
        "sample": release.facts.sample,
        "form": form,
        "language": language,
        "rows": marks.taken - marks.erased,
        "erased_since_the_freeze": marks.erased,
        "files": files,
        "questionnaire": {"version": release.facts.questionnaire_version, "sha256": questionnaire_digest},
        "release": {"number": release.number, "sha256": release_digest, "n": release.n},
        "totals_compared": compared,
        "made_at": made_at,
        "made_by": by,
        "public": False,
        "remarks": remarks,
        "columns": columns,
    }
