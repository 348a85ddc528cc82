"""The desk's page that makes a consultation: from a shipped instrument, an earlier one, a spreadsheet or nothing.

What is made is a draft: nobody sees it before it is scheduled.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations import service as consultations
from app.consultations.models import Consultation
from app.consultations.phase import day_of
from app.questionnaire import service as questionnaires
from app.questionnaire import shipped
from app.questionnaire.document import LANGUAGES, Document, asks_age_first
from app.questionnaire.models import TextState
from app.questionnaire.xlsform import FileFault, read_xlsform
from app.staff.audit import record
from app.staff.door import Visitor, needs
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act
from app.web.deps import Now, Reading, Writing
from app.web.forms import Upload, read_form, read_upload

router = APIRouter(prefix="/staff")

MakeConsultation = Annotated[Visitor, Depends(needs(Act.MAKE_CONSULTATION))]

#: Bands that a consultation may be open to. Those under 10 are never asked; 10 to 12 only with a partner's consent.
BANDS = ("2", "3", "4", "5", "6")
YOUNGEST = "2"
SOURCES = ("instrument", "earlier", "file", "nothing")
MOST_TITLE_CHARS = 300


@dataclass(frozen=True)
class Wish:
    """What the form said, as typed, so that it can be shown again."""

    source: str = "instrument"
    instrument: str = ""
    earlier: str = ""
    title: str = ""
    language: str = "en"
    slug: str = ""
    day: str = ""
    window: str = "world"
    zone: str = ""
    consent: str = ""
    ages: tuple[str, ...] = ("3", "4", "5")
    sample: bool = False
    upload: Upload | None = None

    @property
    def hours(self) -> str:
        """The window as the consultation keeps it."""
        return self.zone if self.window == "zone" else self.window


@dataclass(frozen=True)
class Named:
    key: str
    title: str


@dataclass(frozen=True, kw_only=True)
class NewPage(DeskPage):
    template: ClassVar[str] = "questionnaire/new.html"

    wish: Wish
    instruments: tuple[Named, ...]
    earlier: tuple[Named, ...]
    bands: tuple[str, ...] = BANDS
    faults: tuple[str, ...] = ()
    file_faults: tuple[FileFault, ...] = field(default=())


@router.get("/consultations-new")
async def ask(request: Request, visitor: MakeConsultation, session: Reading) -> Response:
    wish = Wish(language=visitor.language)
    return show(request, await _page(session, visitor, wish))


@router.post("/consultations-new")
async def make(request: Request, visitor: MakeConsultation, now: Now, session: Writing) -> Response:
    """A new draft with its questionnaire, or the form again with everything that must be mended."""
    wish = await read_wish(request)
    faults = await _faults(session, wish, now)
    document, file_faults = await _document(session, wish) if "source" not in faults else (None, ())
    if document is not None and not asks_age_first(document):
        faults.append("age_first")
    if faults or document is None:
        if file_faults:
            faults.append("file")
        return show(request, await _page(session, visitor, wish, tuple(faults), file_faults), 422)
    consultation = await consultations.create(
        session,
        slug=wish.slug,
        topic=dict(document.title),
        summary=dict(document.summary),
        day=date.fromisoformat(wish.day),
        window=wish.hours,
        consent=wish.consent,
        age_bands=wish.ages,
        sample=wish.sample,
    )
    stored = await questionnaires.attach(session, consultation, document)
    if wish.source == "earlier":
        await _keep_states(session, wish.earlier, consultation)
    await record(
        session,
        who=visitor.email,
        act=consultations.MADE,
        subject=wish.slug,
        now=now,
        after={
            "source": wish.source,
            "from": {"instrument": wish.instrument, "earlier": wish.earlier}.get(wish.source, ""),
            "day": wish.day,
            "window": wish.hours,
            "consent": wish.consent,
            "ages": list(wish.ages),
            "sample": wish.sample,
            "questionnaire": stored.digest,
        },
    )
    return RedirectResponse(f"/staff/consultations/{wish.slug}/questionnaire", 303)


# The form


async def read_wish(request: Request) -> Wish:
    """What was posted, with or without a file. Raises BodyUnreadable."""
    upload = None
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        form, files = await read_upload(request)
        upload = files.get("file")
    else:
        form = await read_form(request)

    def last(name: str, most: int = 200) -> str:
        return form.get(name, [""])[-1].strip()[:most]

    return Wish(
        source=last("source"),
        instrument=last("instrument"),
        earlier=last("earlier"),
        title=last("title", MOST_TITLE_CHARS),
        language=last("language"),
        slug=last("slug"),
        day=last("day"),
        window=last("window"),
        zone=last("zone"),
        consent=last("consent"),
        ages=tuple(band for band in BANDS if band in form.get("ages", ())),
        sample=last("sample") == "yes",
        upload=upload,
    )


async def _faults(session: AsyncSession, wish: Wish, now: datetime) -> list[str]:
    """The names of what must be mended, in the order of the form."""
    faults = []
    if (
        wish.source not in SOURCES
        or (wish.source == "instrument" and wish.instrument not in shipped.instruments())
        or (wish.source == "file" and wish.upload is None)
        or (wish.source == "nothing" and wish.language not in LANGUAGES)
        or (wish.source == "earlier" and await consultations.look_up(session, wish.earlier) is None)
    ):
        faults.append("source")
    elif wish.source == "nothing" and not wish.title:
        faults.append("title")
    if not consultations.SLUG.fullmatch(wish.slug):
        faults.append("slug")
    elif await session.scalar(select(Consultation.id).where(Consultation.slug == wish.slug)):
        faults.append("slug_taken")
    faults.extend(_day_faults(wish, now))
    if wish.consent not in ("A", "B", "C"):
        faults.append("consent")
    if not wish.ages:
        faults.append("ages")
    elif YOUNGEST in wish.ages and wish.consent != "C":
        faults.append("youngest")
    return faults


def _day_faults(wish: Wish, now: datetime) -> list[str]:
    try:
        day = date.fromisoformat(wish.day)
    except ValueError:
        return ["day"]
    if wish.window not in ("world", "utc", "zone"):
        return ["window"]
    try:
        hours = day_of(day, wish.hours)
    except (ValueError, KeyError, OSError, OverflowError):
        return ["zone"]
    return ["day_over"] if hours.closes_at <= now else []


# What it is made from


async def _document(session: AsyncSession, wish: Wish) -> tuple[Document | None, tuple[FileFault, ...]]:
    """The questionnaire wished for; of a file that gives none, its faults."""
    if wish.source == "file" and wish.upload is not None:
        imported = await asyncio.to_thread(read_xlsform, wish.upload.content, wish.upload.name)
        return imported.document, imported.faults
    if wish.source == "earlier":
        earlier = await consultations.look_up(session, wish.earlier)
        if earlier is not None:
            return questionnaires.read_document(await questionnaires.latest(session, earlier.id)), ()
    if wish.source == "instrument":
        return await asyncio.to_thread(shipped.instrument, wish.instrument), ()
    return await asyncio.to_thread(shipped.start_only, wish.title, wish.language), ()


async def _keep_states(session: AsyncSession, slug: str, consultation: Consultation) -> None:
    """What was translated and reviewed in the earlier consultation is so in this one: the texts are the same."""
    rows = await session.scalars(
        select(TextState)
        .join(Consultation, Consultation.id == TextState.consultation_id)
        .where(Consultation.slug == slug)
    )
    for row in rows.all():
        values: Mapping[str, Any] = {column.key: getattr(row, column.key) for column in TextState.__table__.columns}
        session.add(TextState(**{**values, "consultation_id": consultation.id}))
    await session.flush()


async def _page(
    session: AsyncSession,
    visitor: Visitor,
    wish: Wish,
    faults: tuple[str, ...] = (),
    file_faults: tuple[FileFault, ...] = (),
) -> NewPage:
    language = visitor.language
    rows = await session.scalars(select(Consultation).order_by(Consultation.day.desc(), Consultation.slug))
    titles = {
        name: (await asyncio.to_thread(shipped.instrument, name)).title.get(language, name)
        for name in shipped.instruments()
    }
    return NewPage(
        language=language,
        path="/staff/consultations-new",
        visitor=visitor,
        here="consultations",
        wish=wish,
        instruments=tuple(Named(name, title) for name, title in titles.items()),
        earlier=tuple(Named(row.slug, row.topic_in(language)) for row in rows),
        faults=faults,
        file_faults=file_faults,
    )
