"""A question in this round beside the same question in the round before. Pure: shares as published, no words.

Only what was put in the same words, with the same choices: that is what the release has of the round before.
"""

from dataclasses import dataclass

from app.reporting.narrative import DIFFERENCE
from app.reporting.release import Cell, Release, Table


@dataclass(frozen=True)
class Compared:
    """One answer in both rounds. `line` is "" for the two highest points of a scale together."""

    line: str
    now: Cell | None
    before: Cell | None

    @property
    def difference(self) -> int | None:
        """Points more than before, None where a share is not shown or where it is too little to be called one."""
        if self.now is None or self.before is None or abs(self.now.share - self.before.share) < DIFFERENCE:
            return None
        return self.now.share - self.before.share


@dataclass(frozen=True)
class Comparison:
    """A table in both rounds. The numbers of people asked are rounded, or None where not shown."""

    table: Table
    asked_now: int | None
    asked_before: int | None
    lines: tuple[Compared, ...]
    top: Compared | None


def compare(release: Release, table: Table) -> Comparison | None:
    """The table beside that of the round before; None where there was no such table."""
    tables = release.previous.tables if release.previous else ()
    before = next((each for each in tables if each.key == table.key and each.lines == table.lines), None)
    if before is None:
        return None
    now, then = table.total, before.total
    return Comparison(
        table,
        now.base,
        then.base,
        tuple(map(Compared, table.lines, now.cells, then.cells)),
        Compared("", now.top, then.top) if now.top or then.top else None,
    )
