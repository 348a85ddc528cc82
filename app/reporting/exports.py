"""Exports of submissions on their way: ordered at the desk, made by a process of its own, kept for a week, removed.

An export is a folder, `exports/SLUG/NAME` in the data folder; what is in it tells how far it is:

- `order.json` and `release.json`: what was ordered, and the release that it must agree with
- `running.lock`: locked for as long as the process is there that makes it, which outlives the browser and the server
- `progress.json`: what that process is doing; `refused.json`: why there is no file
- `manifest.json`, with the files that it names: the export is ready
- `withdrawn.json`: somebody erased their answers since, and the files are gone

Without a process, a refusal or a manifest it is broken, and can be started again.
"""

import asyncio
import fcntl
import json
import os
import secrets
import shutil
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from app.clock import Clock, wall_clock
from app.reporting.apart import begin
from app.reporting.export_order import MANIFEST, ExportRefused, Order, tell_whole
from app.settings import Settings

#: So long after the order its files are gone.
KEPT_DAYS = 7
#: Exports of all consultations that are not ready yet. They are made one after the other.
MOST_WAITING = 6
#: Tenths of a second to wait for a process that is ending.
PATIENCE = 100
ORDER, RELEASE, PROGRESS = "order.json", "release.json", "progress.json"
REFUSED, WITHDRAWN, LOCK, TURN = "refused.json", "withdrawn.json", "running.lock", ".turn.lock"


@dataclass(frozen=True)
class Export:
    """One export as the desk shows it. `state` is waiting, running, ready, refused, withdrawn or broken; `step`, `done`
    and `rows` tell how far it is, `files` name and size in bytes, `reason` and `told` why it was refused."""

    name: str
    form: str
    language: str
    by: str
    at: datetime
    gone_on: datetime
    state: str
    step: str = ""
    done: int = 0
    rows: int = 0
    files: tuple[tuple[str, int], ...] = ()
    reason: str = ""
    told: Mapping[str, Any] | None = None

    @property
    def unfinished(self) -> bool:
        return self.state in ("waiting", "running")


def folder_of(settings: Settings) -> Path:
    return settings.data.resolve() / "exports"


def order(settings: Settings, order: Order, release: bytes) -> Path:
    """A new export is ordered; `claim` it and `start` it. Gives back its folder."""
    folder = folder_of(settings) / order.slug / secrets.token_hex(8)
    folder.mkdir(parents=True, mode=0o700)
    (folder / RELEASE).write_bytes(release)
    tell_whole(folder / ORDER, asdict(order))
    return folder


async def claim(folder: Path) -> IO[str] | None:
    """The lock of the export, for `start`; None while a process makes it. What the last one left is forgotten."""
    lock = _locked(folder)
    for _ in range(PATIENCE):
        if lock is not None:
            break
        # It may have told its end, and be about to end.
        await asyncio.sleep(0.1)
        lock = _locked(folder)
    if lock is not None:
        for name in (REFUSED, WITHDRAWN, PROGRESS, MANIFEST):
            (folder / name).unlink(missing_ok=True)
    return lock


async def start(folder: Path, claimed: IO[str]) -> None:
    """A process makes the export in this folder and goes on whatever becomes of us. It inherits the lock, which is held
    until it ends, however it ends."""
    with claimed:
        await begin(run, folder, wall_clock, holding=claimed)


def listed(settings: Settings, slug: str) -> tuple[Export, ...]:
    """The exports of a consultation, the newest first."""
    folders = sorted(_folders(settings, slug), key=_ordered_at, reverse=True)
    return tuple(each for folder in folders if (each := read(folder)))


def find(settings: Settings, slug: str, name: str) -> Path | None:
    """The folder of that export, or None."""
    return next((folder for folder in _folders(settings, slug) if folder.name == name), None)


def waiting(settings: Settings) -> int:
    """How many exports are not ready yet, of all consultations."""
    return sum(each.unfinished for folder in _folders(settings, "*") if (each := read(folder)))


def read(folder: Path) -> Export | None:
    """How far the export in this folder is; None when it is being removed."""
    ordered = _told(folder / ORDER)
    if ordered is None:
        return None
    at = datetime.fromisoformat(ordered["at"])
    about: dict[str, Any] = {
        "name": folder.name,
        "form": ordered["form"],
        "language": ordered["language"],
        "by": ordered["by"],
        "at": at,
        "gone_on": at + timedelta(days=KEPT_DAYS),
    }
    # In this order: whoever finishes writes the manifest first and gives the lock back afterwards.
    running = _is_locked(folder)
    ready, refused, progress = _told(folder / MANIFEST), _told(folder / REFUSED), _told(folder / PROGRESS)
    if (folder / WITHDRAWN).exists():
        return Export(**about, state="withdrawn")
    if ready is not None:
        files = [(each["name"], each["bytes"]) for each in ready["files"]]
        size = (folder / MANIFEST).stat().st_size
        return Export(**about, state="ready", rows=ready["rows"], files=(*files, (MANIFEST, size)))
    if refused is not None:
        return Export(**about, state="refused", reason=refused.pop("reason"), told=refused)
    if running:
        return Export(**about, state="running", **progress) if progress else Export(**about, state="waiting")
    return Export(**about, state="broken")


def remove(folder: Path) -> None:
    """The export is gone; a process that still makes it finds nowhere to write."""
    (folder / ORDER).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def remove_due(settings: Settings, now: datetime) -> int:
    """Exports older than a week are gone; gives back how many there were."""
    due = [folder for folder in _folders(settings, "*") if (each := read(folder)) and each.gone_on <= now]
    for folder in due:
        remove(folder)
    return len(due)


def withdraw(settings: Settings, slug: str) -> int:
    """No file holds a row of somebody who has just erased it from the snapshot; gives back how many were ready."""
    ready = [(folder, each) for folder in _folders(settings, slug) if (each := read(folder)) and each.state == "ready"]
    for folder, export in ready:
        tell_whole(folder / WITHDRAWN, {})
        for name, _ in export.files:
            (folder / name).unlink(missing_ok=True)
    return len(ready)


def rows_in(snapshot: Path) -> int:
    """How many submissions the snapshot in this file holds. Raises FileNotFoundError."""
    # A service whose exports nobody looks at never has the library in memory that reads snapshots.
    from app.reporting.snapshot import read_marks

    marks = read_marks(snapshot)
    return marks.taken - marks.erased


# The process that makes one


def run(folder: Path, clock: Clock) -> None:
    """The export in this folder is ready or refused, one at a time on this machine. What broke is told by its kind and
    place: an error of the columns may quote what somebody answered."""
    # Only the other process has the libraries in memory that read and write a million rows.
    from app.reporting.export_making import make

    os.umask(0o077)
    ordered = Order(**json.loads((folder / ORDER).read_text(encoding="utf-8")))
    with (folder.parents[1] / TURN).open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)

        def tell(step: str, done: int, rows: int) -> None:
            if not (folder / ORDER).exists():
                raise SystemExit(0)
            tell_whole(folder / PROGRESS, {"step": step, "done": done, "rows": rows})

        try:
            make(ordered, (folder / RELEASE).read_bytes(), folder, clock, tell)
        except ExportRefused as refused:
            tell_whole(folder / REFUSED, {"reason": refused.reason, **refused.told})
        except Exception as broken:
            if folder.exists():
                why = broken.strerror if isinstance(broken, OSError) else ""
                tell_whole(folder / REFUSED, {"reason": "broke", "kind": type(broken).__name__, "why": why})
                place = traceback.extract_tb(broken.__traceback__)[-1]
                sys.stderr.write(f"export {folder.name}: {type(broken).__name__} in {place.filename}:{place.lineno}\n")


def _folders(settings: Settings, slug: str) -> list[Path]:
    return [path.parent for path in folder_of(settings).glob(f"{slug}/*/{ORDER}")]


def _ordered_at(folder: Path) -> int:
    try:
        return (folder / ORDER).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _locked(folder: Path) -> IO[str] | None:
    """The lock of the export, taken; None while a process has it."""
    lock = (folder / LOCK).open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _is_locked(folder: Path) -> bool:
    try:
        lock = _locked(folder)
    except FileNotFoundError:
        return False
    if lock is None:
        return True
    lock.close()
    return False


def _told(path: Path) -> dict[str, Any] | None:
    with suppress(FileNotFoundError, NotADirectoryError):
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return told
    return None
