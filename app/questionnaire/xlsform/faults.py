"""What is wrong with a file, where it stands, and what to do: structured, and as one English sentence for operators."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from app.questionnaire.xlsform.wording import NOTICES, SENTENCES


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands. `row` counts from 1, 0 for a whole sheet; `column` is a letter, `header` its name."""

    sheet: str = ""
    row: int = 0
    column: str = ""
    header: str = ""

    def __str__(self) -> str:
        words = [f"sheet {self.sheet}"] if self.sheet else []
        if self.row:
            words.append(f"row {self.row}")
        if self.column:
            words.append(f"column {self.column} ({self.header})" if self.header else f"column {self.column}")
        elif self.header:
            words.append(f"column {self.header}")
        return ", ".join(words) or "the file"


@dataclass(frozen=True, slots=True)
class FileFault:
    """One thing to mend, or to know where `grave` is False. `reason` is a stable key, `found` what stands there."""

    place: Place
    reason: str
    found: str = ""
    other: str = ""
    grave: bool = True

    @property
    def problem(self) -> str:
        return _written(SENTENCES[self.reason][0], self)

    @property
    def advice(self) -> str:
        return _written(SENTENCES[self.reason][1], self)

    def sentence(self) -> str:
        """For a person: the place, what is wrong, what to do."""
        place = str(self.place)
        return f"{place[0].upper()}{place[1:]}: {self.problem}. {self.advice}".rstrip()

    def as_json(self) -> dict[str, Any]:
        return {
            "grave": self.grave,
            "reason": self.reason,
            "sheet": self.place.sheet,
            "row": self.place.row,
            "column": self.place.column,
            "header": self.place.header,
            "found": self.found,
            "problem": self.problem,
            "advice": self.advice,
            "sentence": self.sentence(),
        }


def _written(words: str, fault: FileFault) -> str:
    return words.replace("{found}", _shortened(fault.found)).replace("{other}", _shortened(fault.other))


def _shortened(found: str) -> str:
    """One line that a terminal can show: no control characters, not longer than a line or two."""
    line = "".join(ch if ch.isprintable() else " " for ch in found)
    return line if len(line) <= 160 else f"{line[:157]}…"


@dataclass
class Report:
    """Collects what is found in a file. The same thing said of the same place is kept once.

    A notice that many rows share is kept once, with the first place and the rows of the others.
    """

    faults: list[FileFault] = field(default_factory=list)
    notices: list[FileFault] = field(default_factory=list)
    _rows: dict[tuple[str, str, str], list[Place]] = field(default_factory=dict)

    def add(self, place: Place, reason: str, found: str = "", other: str = "") -> None:
        fault = FileFault(place, reason, found, other, grave=reason not in NOTICES)
        kept = self.faults if fault.grave else self.notices
        if fault not in kept:
            kept.append(fault)

    def gather(self, place: Place, reason: str, found: str = "") -> None:
        """A notice of which there may be one in every row: said once for each `found`, with all the rows."""
        self._rows.setdefault((place.sheet, reason, found), []).append(place)

    def close(self) -> None:
        """Faults and notices stand in the order of the sheets and rows; gathered notices have become one each."""
        for (sheet, reason, found), places in self._rows.items():
            rows = list(dict.fromkeys(place.row for place in places))
            first = places[0]
            place = Place(sheet, first.row if len(rows) == 1 else 0, first.column, first.header)
            self.add(place, reason, found, _rows_in_words(rows))
        self._rows.clear()
        for kept in (self.faults, self.notices):
            kept.sort(key=lambda fault: (_SHEETS.get(fault.place.sheet.lower(), 0), fault.place.row))


_SHEETS = {"settings": 1, "survey": 2, "choices": 3}


def _rows_in_words(rows: Iterable[int]) -> str:
    numbers = [str(row) for row in rows]
    if len(numbers) == 1:
        return f"row {numbers[0]}"
    if len(numbers) <= 6:
        return f"rows {', '.join(numbers[:-1])} and {numbers[-1]}"
    return f"rows {', '.join(numbers[:5])} and {len(numbers) - 5} more"
