"""The desk's page of exports: order a file of all submissions, see how far it is, download it, remove it.

Only the secretariat comes here: a row holds all that one young person answered, and somebody who knows that person
could find it. Who ordered, removed or downloaded what stands in the trail.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, ClassVar

from fastapi import APIRouter, Depends
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from app.consultations.desk import find
from app.consultations.models import Consultation
from app.errors import NotFound
from app.reporting import exports, service
from app.reporting.export_order import FORMS, MOST_ODS_ROWS, Order
from app.staff.audit import record
from app.staff.door import Visitor, needs
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act
from app.web.deps import Configured, Now, Reading, Writing
from app.web.forms import read_form
from app.web.i18n import LANGUAGES

router = APIRouter(prefix="/staff/consultations/{slug}/exports")

MayExport = Annotated[Visitor, Depends(needs(Act.EXPORT_SUBMISSIONS))]
KINDS = {
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".sav": "application/x-spss-sav",
    ".parquet": "application/vnd.apache.parquet",
}


@dataclass(frozen=True, kw_only=True)
class ExportsPage(DeskPage):
    """`rows` are the submissions in the snapshot, None before there is one. `goes_on` while an export is being made."""

    template: ClassVar[str] = "reporting/desk_exports.html"
    fragment: ClassVar[str] = "reporting/_exports.html"

    slug: str
    topic: str
    rows: int | None
    made: tuple[exports.Export, ...]
    goes_on: bool
    kept_days: int = exports.KEPT_DAYS
    forms: tuple[str, ...] = FORMS
    most: int = exports.MOST_WAITING
    most_ods_rows: int = MOST_ODS_ROWS
    faults: tuple[str, ...] = ()


@router.get("")
async def see(request: Request, slug: str, visitor: MayExport, settings: Configured, session: Reading) -> Response:
    """What was exported and what is being made. With htmx only the list, every two seconds while something is made."""
    return show(request, await _page(session, await find(session, slug), visitor, settings))


@router.post("")
async def order(
    request: Request, slug: str, visitor: MayExport, now: Now, settings: Configured, session: Writing
) -> Response:
    """A process of its own makes the file, whatever becomes of this browser."""
    consultation = await find(session, slug)
    form = await read_form(request)
    kind, language = form.get("form", [""])[-1], form.get("language", [""])[-1]
    kept = await service.latest_release(session, consultation)
    if kind not in FORMS or language not in LANGUAGES or kept is None:
        raise NotFound
    await run_in_threadpool(exports.remove_due, settings, now)
    if exports.waiting(settings) >= exports.MOST_WAITING:
        return show(request, await _page(session, consultation, visitor, settings, ("too_many",)), 422)
    wanted = Order(
        slug=slug,
        form=kind,
        language=language,
        by=visitor.email,
        at=now.isoformat(timespec="seconds"),
        snapshot=str(service.snapshot_path(settings, slug).resolve()),
    )
    folder = exports.order(settings, wanted, kept.content.encode())
    claimed = await exports.claim(folder)
    told = {"export": folder.name, "form": kind, "language": language, "sha256": kept.digest}
    await record(session, who=visitor.email, act="export_ordered", subject=slug, now=now, after=told)
    return RedirectResponse(f"/staff/consultations/{slug}/exports", 303, background=_starting(folder, claimed))


@router.post("/{export}/again")
async def again(
    slug: str, export: str, visitor: MayExport, now: Now, settings: Configured, session: Writing
) -> Response:
    """The export is started once more, unless it is being made or ready."""
    await find(session, slug)
    folder = _find(settings, slug, export)
    found = exports.read(folder)
    claimed = None
    if found is not None and found.state in ("broken", "refused", "withdrawn"):
        claimed = await exports.claim(folder)
        await record(session, who=visitor.email, act="export_started_again", subject=slug, now=now, after=_told(found))
    return RedirectResponse(f"/staff/consultations/{slug}/exports", 303, background=_starting(folder, claimed))


@router.post("/{export}/remove")
async def remove(
    slug: str, export: str, visitor: MayExport, now: Now, settings: Configured, session: Writing
) -> Response:
    """The export and its files are gone, also one that is being made."""
    await find(session, slug)
    folder = _find(settings, slug, export)
    found = exports.read(folder)
    if found is not None:
        await record(session, who=visitor.email, act="export_removed", subject=slug, now=now, before=_told(found))
    await run_in_threadpool(exports.remove, folder)
    return RedirectResponse(f"/staff/consultations/{slug}/exports", 303)


@router.get("/{export}/{file}")
async def download(
    request: Request,
    slug: str,
    export: str,
    file: str,
    visitor: MayExport,
    now: Now,
    settings: Configured,
    session: Writing,
) -> Response:
    """One file, or the part of it that is still missing (Range). Who took it is in the trail before it is sent."""
    await find(session, slug)
    folder = _find(settings, slug, export)
    found = exports.read(folder)
    if found is None or file not in dict(found.files) or found.gone_on <= now:
        raise NotFound
    told = _told(found) | {"file": file, "range": request.headers.get("range", "")[:100]}
    await record(session, who=visitor.email, act="export_downloaded", subject=slug, now=now, after=told)
    path = folder / file
    name = f"{slug}-{path.stem}{path.suffix}"
    return FileResponse(path, media_type=KINDS[path.suffix], filename=name)


def _starting(folder: Path, claimed: IO[str] | None) -> BackgroundTask | None:
    """What is done when the order stands in the trail: nobody waits for a new process while the database is locked."""
    return BackgroundTask(exports.start, folder, claimed) if claimed is not None else None


def _find(settings: Configured, slug: str, export: str) -> Path:
    folder = exports.find(settings, slug, export)
    if folder is None:
        raise NotFound
    return folder


def _told(export: exports.Export) -> dict[str, str]:
    return {"export": export.name, "form": export.form, "language": export.language, "state": export.state}


async def _page(
    session: Reading, consultation: Consultation, visitor: Visitor, settings: Configured, faults: tuple[str, ...] = ()
) -> ExportsPage:
    slug = consultation.slug
    made = await run_in_threadpool(exports.listed, settings, slug)
    kept = await service.latest_release(session, consultation)
    path = service.snapshot_path(settings, slug)
    rows = await run_in_threadpool(exports.rows_in, path) if kept is not None and path.exists() else None
    return ExportsPage(
        language=visitor.language,
        path=f"/staff/consultations/{slug}/exports",
        visitor=visitor,
        here="consultations",
        slug=slug,
        topic=consultation.topic_in(visitor.language),
        rows=rows,
        made=made,
        goes_on=any(each.unfinished for each in made),
        faults=faults,
    )
