"""Translations as files at the desk: PO and XLSX to take away, and one to bring back.

A file that is brought is read and shown first, with everything that it would change; nothing is written before that is
confirmed, and then all of it in one go. To be tried before `translation_desk`: `ar.po` looks like a language there.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.questionnaire.models import Questionnaire
from app.questionnaire.readiness import watched
from app.questionnaire.service import read_document
from app.questionnaire.steps import IMPORTED
from app.questionnaire.texts import texts_of
from app.questionnaire.translation_desk import (
    MOST_REASON_CHARS,
    AnyTranslationPage,
    Row,
    names_of,
)
from app.questionnaire.translation_files import (
    FileRefused,
    Origin,
    Plan,
    TextFile,
    check_origin,
    pack,
    plan,
    read_file,
    unpack,
    write_po,
    write_xlsx,
)
from app.questionnaire.translation_work import Work, check_may, keep, work_into
from app.questionnaire.translations import Standing, hold, standings
from app.staff.audit import record
from app.staff.door import Visitor, needs
from app.staff.pages import show
from app.staff.permissions import Act
from app.web.deps import Language, Now, Reading, Writing
from app.web.forms import read_form, read_upload

router = APIRouter(prefix="/staff/consultations/{slug}/translations")

SeeQuestionnaire = Annotated[Visitor, Depends(needs(Act.SEE_QUESTIONNAIRE))]
Translate = Annotated[Visitor, Depends(needs(Act.TRANSLATE))]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, kw_only=True)
class FilePage(AnyTranslationPage):
    """What a file would change, or why it was refused. `packed` travels along, so that nothing is stored meanwhile."""

    template: ClassVar[str] = "questionnaire/translation_file.html"

    target: str
    address: str
    plan: Plan | None
    names: dict[str, str]
    packed: str = ""
    refused: str = ""
    found: str = ""
    words_only: bool = False
    reason: str = ""
    reason_missing: bool = False
    changed_meanwhile: bool = False


@router.get("/{language}.po")
async def po(slug: str, language: Language, visitor: SeeQuestionnaire, now: Now, session: Reading) -> Response:
    work, stands = await _open(session, slug, language, now)
    return _download(work, write_po(_origin(work), work.document, stands), "text/x-gettext-translation", "po")


@router.get("/{language}.xlsx")
async def xlsx(slug: str, language: Language, visitor: SeeQuestionnaire, now: Now, session: Reading) -> Response:
    work, stands = await _open(session, slug, language, now)
    content = await asyncio.to_thread(write_xlsx, _origin(work), work.document, stands)
    return _download(work, content, XLSX, "xlsx")


@router.post("/{language}/file")
async def bring(
    request: Request, slug: str, language: Language, visitor: Translate, now: Now, session: Reading
) -> Response:
    """Shows what the file would change. Nothing is written."""
    _, files = await read_upload(request)
    work, stands = await _open(session, slug, language, now)
    check_may(work, work.may_write(visitor))
    try:
        if "file" not in files:
            raise FileRefused("empty")
        file = await asyncio.to_thread(read_file, files["file"].content)
        check_origin(file, slug, work.consultation.id, language)
    except FileRefused as fault:
        return show(request, await _page(session, work, visitor, None, None, fault=fault), 422)
    return show(request, await _page(session, work, visitor, file, await _plan(session, work, file, stands)))


@router.post("/{language}/import")
async def take(
    request: Request, slug: str, language: Language, visitor: Translate, now: Now, session: Writing
) -> Response:
    """The texts of the file that was shown are in the questionnaire, with those conflicts for which the file was
    chosen; or the page is shown again, when things changed here meanwhile."""
    form = await read_form(request)
    await hold(session, slug)
    work, stands = await _open(session, slug, language, now)
    check_may(work, work.may_write(visitor))
    try:
        file = unpack(form.get("packed", [""])[-1])
        check_origin(file, slug, work.consultation.id, language)
    except FileRefused as fault:
        return show(request, await _page(session, work, visitor, None, None, fault=fault), 422)
    planned = await _plan(session, work, file, stands)
    reason = form.get("reason", [""])[-1].strip()[:MOST_REASON_CHARS]
    changed = planned.shown != form.get("shown", [""])[-1]
    if changed or (work.words_only and not reason):
        page = await _page(session, work, visitor, file, planned, reason, work.words_only and not reason, changed)
        return show(request, page, 422)
    preferred = frozenset(form.get("take", ()))
    chosen = {each.ours.key: each.theirs for each in planned.conflicts if each.ours.key in preferred}
    changes = {**planned.takes, **planned.confirmed, **chosen}
    if changes:
        async with watched(session, work.consultation, request.app.state.aimed_at, who=visitor.email, now=now):
            await keep(session, work, changes, visitor=visitor, now=now, reason=reason, act=IMPORTED)
    if len(chosen) < len(planned.conflicts):
        left = [each.ours.key for each in planned.conflicts if each.ours.key not in chosen]
        await record(
            session,
            who=visitor.email,
            act="translation_conflicts_left",
            subject=slug,
            now=now,
            after={"language": language, "texts": len(left), "keys": left},
        )
    return RedirectResponse(f"{work.address}?saved={len(changes)}", 303)


async def _open(session: AsyncSession, slug: str, language: str, now: Now) -> tuple[Work, Sequence[Standing]]:
    work = await work_into(session, slug, language, now)
    found = await standings(session, work.consultation.id, work.document, [language])
    return work, found[language]


def _origin(work: Work) -> Origin:
    return Origin(
        work.consultation.slug, work.consultation.id, work.stored.number, work.stored.digest[:16], work.language
    )


def _download(work: Work, content: bytes, kind: str, suffix: str) -> Response:
    name = f"{work.consultation.slug}.{work.language}.{suffix}"
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


async def _plan(session: AsyncSession, work: Work, file: TextFile, stands: Sequence[Standing]) -> Plan:
    version = select(Questionnaire).where(
        Questionnaire.consultation_id == work.consultation.id, Questionnaire.number == file.origin.number
    )
    stored = await session.scalar(version)
    base = None
    if stored is not None and stored.digest[:16] == file.origin.digest:
        base = {text.key: text for text in texts_of(read_document(stored))}
    return plan(file, stands, base, shown_at_once=work.words_only)


async def _page(
    session: AsyncSession,
    work: Work,
    visitor: Visitor,
    file: TextFile | None,
    planned: Plan | None,
    reason: str = "",
    reason_missing: bool = False,
    changed_meanwhile: bool = False,
    *,
    fault: FileRefused | None = None,
) -> FilePage:
    conflicts = [Row(each.ours, each.theirs.text) for each in planned.conflicts] if planned else []
    return FilePage(
        language=visitor.language,
        path=work.address,
        visitor=visitor,
        slug=work.consultation.slug,
        topic=work.consultation.topic_in(visitor.language),
        source=work.document.default_language,
        target=work.language,
        address=work.address,
        plan=planned,
        names=dict(await names_of(session, conflicts)),
        packed=pack(file, planned) if file and planned else "",
        refused=fault.reason if fault else "",
        found=fault.found if fault else "",
        words_only=work.words_only,
        reason=reason,
        reason_missing=reason_missing,
        changed_meanwhile=changed_meanwhile,
    )
