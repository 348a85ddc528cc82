"""The release as a file: one canonical form of JSON, its SHA-256, and back. Schema: docs/release.schema.json. Pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from app.questionnaire.corrections import Correction
from app.reporting.disclosure import Parameters
from app.reporting.release import (
    Cell,
    Certificate,
    Facts,
    Previous,
    Quote,
    Release,
    ReleaseColumn,
    Table,
    Theme,
)

FORMAT = "consult-release-2"


def to_bytes(release: Release) -> bytes:
    """The one canonical form: UTF-8 JSON, keys sorted, no blanks, a line feed at the end."""
    plain = {
        "format": FORMAT,
        "facts": _plain_facts(release.facts),
        "parameters": asdict(release.parameters),
        "n": release.n,
        "countries": dict(release.countries),
        "sizes": {
            breakdown: [[group, cell.count, cell.share] for group, cell in groups.items()]
            for breakdown, groups in release.sizes.items()
        },
        "about": [_plain_table(table) for table in release.about],
        "tables": [_plain_table(table) for table in release.tables],
        "questionnaire": release.questionnaire,
        "certificates": [_plain(asdict(each)) for each in release.certificates],
        "codebooks": {
            question: [_plain(asdict(theme)) for theme in themes] for question, themes in release.codebooks.items()
        },
        "quotes": [_plain(asdict(each)) for each in release.quotes],
        "previous": _plain_previous(release.previous) if release.previous else None,
        "number": release.number,
        "replaces": release.replaces,
        "corrections": [_plain(asdict(each)) for each in release.corrections],
    }
    return (json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n").encode()


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal, as it stands beside the file."""
    return hashlib.sha256(content).hexdigest()


def from_bytes(content: bytes) -> Release:
    """The release that `to_bytes` wrote. Raises ValueError for another format, KeyError for what is missing."""
    plain = json.loads(content)
    if plain.get("format") != FORMAT:
        raise ValueError(f"not a release of format {FORMAT}")
    facts = dict(plain["facts"])
    for name in ("day", "comment_until", "final_on", "feedback_on", "posted_on"):
        facts[name] = date.fromisoformat(facts[name]) if facts.get(name) else None
    for name in ("opens_at", "closes_at", "snapshot_at"):
        facts[name] = datetime.fromisoformat(facts[name])
    facts["languages"], facts["ages"] = tuple(facts["languages"]), tuple(facts["ages"])
    return Release(
        facts=Facts(**facts),
        parameters=Parameters(**plain["parameters"]),
        n=plain["n"],
        countries=plain["countries"],
        sizes={
            breakdown: {group: Cell(count, share) for group, count, share in groups}
            for breakdown, groups in plain["sizes"].items()
        },
        about=tuple(_read_table(table) for table in plain["about"]),
        tables=tuple(_read_table(table) for table in plain["tables"]),
        questionnaire=plain["questionnaire"],
        certificates=tuple(Certificate(**each) for each in plain["certificates"]),
        codebooks={
            question: tuple(Theme(**theme) for theme in themes) for question, themes in plain["codebooks"].items()
        },
        quotes=tuple(Quote(**each) for each in plain["quotes"]),
        previous=_read_previous(plain["previous"]) if plain["previous"] else None,
        number=plain["number"],
        replaces=plain["replaces"],
        corrections=tuple(
            Correction(**{**each, "day": date.fromisoformat(each["day"])}) for each in plain.get("corrections", ())
        ),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def _plain_facts(facts: Facts) -> dict[str, Any]:
    """What a release is told of, and where it stands as a version of the paper tells it, of that version, too."""
    plain: dict[str, Any] = _plain(asdict(facts))
    return plain if facts.version else {name: plain[name] for name in plain.keys() - {"version", "posted_on"}}


def _pair(cell: Cell | None) -> list[int] | None:
    return [cell.count, cell.share] if cell else None


def _plain_table(table: Table) -> dict[str, Any]:
    def plain(column: ReleaseColumn) -> Iterator[tuple[str, Any]]:
        yield "breakdown", column.breakdown
        yield "group", column.group
        yield "base", column.base
        yield "cells", [_pair(cell) for cell in column.cells]
        yield "top", _pair(column.top)
        yield "bottom", _pair(column.bottom)

    return {
        "code": table.code,
        "question": table.question,
        "measure": table.measure,
        "lines": list(table.lines),
        "columns": [dict(plain(column)) for column in table.columns],
        "everybody": table.everybody,
        "sensitive": table.sensitive,
        "equal": list(table.equal),
        "equal_top": table.equal_top,
    }


def _read_table(plain: Mapping[str, Any]) -> Table:
    def cell(pair: Sequence[int] | None) -> Cell | None:
        return Cell(*pair) if pair else None

    columns = tuple(
        ReleaseColumn(
            column["breakdown"],
            column["group"],
            column["base"],
            tuple(cell(pair) for pair in column["cells"]),
            cell(column["top"]),
            cell(column["bottom"]),
        )
        for column in plain["columns"]
    )
    values = {**plain, "lines": tuple(plain["lines"]), "columns": columns, "equal": tuple(plain["equal"])}
    return Table(**values)


def _plain_previous(previous: Previous) -> dict[str, Any]:
    told = {"slug": previous.slug, "day": previous.day.isoformat(), "n": previous.n, "digest": previous.digest}
    return {**told, "tables": [_plain_table(table) for table in previous.tables]}


def _read_previous(plain: Mapping[str, Any]) -> Previous:
    tables = tuple(_read_table(table) for table in plain["tables"])
    return Previous(**{**plain, "day": date.fromisoformat(plain["day"]), "tables": tables})
