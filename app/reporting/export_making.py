"""Making an export that was ordered: its files and its manifest. By a process of its own, or by `consult export`."""

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial as partial_function
from pathlib import Path
from typing import Any

import polars as pl

from app.clock import Clock
from app.questionnaire.stored import canonical, document_from_json
from app.reporting.export import check, export_columns, export_frame, manifest
from app.reporting.export_order import MANIFEST, ExportRefused, Order, Tell, tell_whole
from app.reporting.release_file import digest, from_bytes
from app.reporting.renderers import submissions
from app.reporting.snapshot import Marks, alone, read_marks, read_snapshot

#: Seldom: as often as somebody erases answers while an export is being written, it is written once more.
ATTEMPTS = 5
PARTIAL = "partial"


def make(ordered: Order, content: bytes, folder: Path, clock: Clock, tell: Tell) -> Mapping[str, Any]:
    """The files and the manifest are in `folder`, and agree with the release; gives back the manifest.

    Raises ExportRefused when they do not agree, or for what the format cannot hold.
    """
    release = from_bytes(content)
    document = document_from_json(release.questionnaire)
    columns = submissions.described(export_columns(document), release, ordered.language)
    snapshot = Path(ordered.snapshot)
    for _ in range(ATTEMPTS):
        marks, frame = _taken(snapshot)
        tell("checking", 0, frame.height)
        compared = check(frame, marks, document, release)
        with _partial(folder) as partial:
            rows = export_frame(frame, export_columns(document))
            tell("writing", 0, frame.height)
            progress = partial_function(tell, "writing", rows=rows.height)
            written = submissions.write(ordered.form, rows, columns, ordered.language, partial, progress)
            told = manifest(
                release=release,
                release_digest=digest(content),
                questionnaire_digest=digest(canonical(release.questionnaire).encode()),
                form=ordered.form,
                language=ordered.language,
                by=ordered.by,
                made_at=clock().replace(microsecond=0).isoformat(),
                marks=marks,
                compared=compared,
                files=[_described(path) for path in written.files],
                columns=[each.as_json() for each in columns],
                remarks=list(written.remarks),
            )
            with alone(snapshot):
                # Nobody erases a row between this look and the manifest: from then on `withdraw` finds the files.
                if read_marks(snapshot) != marks:
                    continue
                for path in written.files:
                    path.replace(folder / path.name)
                tell_whole(folder / MANIFEST, told)
        return told
    raise ExportRefused("erasing")


def _taken(snapshot: Path) -> tuple[Marks, pl.DataFrame]:
    with alone(snapshot):
        return read_marks(snapshot), read_snapshot(snapshot)


@contextmanager
def _partial(folder: Path) -> Iterator[Path]:
    """A folder beside the files that are ready, for those that are not."""
    partial = folder / PARTIAL
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _described(path: Path) -> Mapping[str, Any]:
    with path.open("rb") as file:
        return {
            "name": path.name,
            "bytes": path.stat().st_size,
            "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
        }
