"""`python -m bench.read_back [ANSWERS]`: exports of a million submissions, opened again by readers that did not write
them and compared with the snapshot cell by cell.

openpyxl, which reads the workbooks of the tests as well, would need more memory than there is. ODS ends where programs
no longer open it, and is read back at that size. It exits with 1 at the first cell that differs.
"""

import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from app.consultations.countries import region_of
from app.questionnaire.document import Document
from app.reporting.export_order import FORMS, MOST_ODS_ROWS
from app.reporting.snapshot import in_order, snapshot_of
from bench.exports import DIFFERENT
from bench.run import say
from tests.reporting.exported import READERS, export, freeze_frame, read_with_openpyxl, rows_of
from tests.reporting.people import instrument, invented

LANGUAGE = "ar"


def crowd(document: Document, answers: int) -> pl.DataFrame:
    """The rows of so many people, some of them alike."""
    different = snapshot_of(invented(document, min(DIFFERENT, answers)), document, region_of)
    return in_order(pl.concat([different] * -(-answers // different.height))[:answers])


def compare(form: str, snapshot: Path, release: bytes, document: Document, folder: Path) -> bool:
    """Whether all cells are the same."""
    made = export(snapshot, release, form, folder / form, LANGUAGE)
    for reader in READERS[form]:
        if reader is read_with_openpyxl:
            continue
        begun, rows, cells = time.perf_counter(), 0, 0
        read = reader(folder / form / f"submissions.{form}", document)
        for ours, theirs in zip(rows_of(snapshot, document), read, strict=True):
            if ours != theirs:
                say(f"{form}: row {rows + 1} differs: {theirs} for {ours}")
                return False
            rows, cells = rows + 1, cells + len(ours)
        assert rows == made["rows"]
        say(f"{form:>8}: {rows:,} rows, {cells:,} cells, all the same ({time.perf_counter() - begun:.0f} s to read)")
    return True


def main() -> int:
    answers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    document, same = instrument(), []
    with tempfile.TemporaryDirectory() as name:
        for many in dict.fromkeys((answers, min(answers, MOST_ODS_ROWS))):
            folder = Path(name) / str(many)
            folder.mkdir()
            snapshot, release = freeze_frame(crowd(document, many), document, folder)
            # All forms at once where ODS has room, or else it alone.
            forms = [form for form in FORMS if answers <= MOST_ODS_ROWS or (form == "ods") == (many < answers)]
            same += [compare(form, snapshot, release, document, folder) for form in forms]
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main())
