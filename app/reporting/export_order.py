"""An export as it is ordered: what can be had, what is told while it is made, and why there is no file. Without the
libraries that write one.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

#: The formats in which submissions can be had.
FORMS = ("csv", "xlsx", "ods", "sav", "parquet")
#: More rows than this open in no program that reads ODS in bearable time: it builds the whole text in memory.
MOST_ODS_ROWS = 100_000
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Order:
    """What was ordered. `snapshot` is the path of the snapshot, `at` the instant of the order."""

    slug: str
    form: str
    language: str
    by: str
    at: str
    snapshot: str


class Tell(Protocol):
    """Is told the step, and how many rows of how many are done."""

    def __call__(self, step: str, done: int, rows: int) -> None: ...


class ExportRefused(Exception):
    """The file would not say what the release says, or cannot be written. `reason` is a key, `told` belongs to it."""

    def __init__(self, reason: str, **told: int | str) -> None:
        super().__init__(f"{reason} {told}")
        self.reason = reason
        self.told = told


def as_bytes(what: Mapping[str, Any]) -> bytes:
    return (json.dumps(what, ensure_ascii=False, indent=1) + "\n").encode()


def tell_whole(path: Path, what: Mapping[str, Any]) -> None:
    """`path` holds this, whole: whoever reads meanwhile sees what was there before."""
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_bytes(as_bytes(what))
    partial.replace(path)
