"""The Atom feed of consultations, one for each language (RFC 4287): an entry for each consultation, which is renewed
when it opens and closes, and one more for its results."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.consultations.models import Consultation
from app.consultations.phase import Phase, is_published, phase_at
from app.consultations.routes import seconds_until_change
from app.consultations.service import Directory
from app.web.cached import Shelf, answer_shelved
from app.web.deps import Configured, Language, Now
from app.web.i18n import Translator, translator
from app.web.pages import Page, render

router = APIRouter()

CONTENT_TYPE = "application/atom+xml; charset=utf-8"
#: Since then the names of entries are ours to give (RFC 4151). They stay the same whatever the day is moved to.
NAMED_SINCE = "2026"
#: Of a feed in which nothing has happened yet.
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class FeedEntry:
    """`path` is without the language; instants as they are written."""

    id: str
    title: str
    summary: str
    term: str
    path: str
    published: str
    updated: str


@dataclass(frozen=True, kw_only=True)
class Feed(Page):
    template: ClassVar[str] = "consultations/feed.xml"

    id: str
    title: str
    updated: str
    publisher: str
    publisher_url: str
    licence: str
    address: str
    entries: tuple[FeedEntry, ...]


@router.get("/{language}/feed.xml")
async def feed(request: Request, language: Language, now: Now, settings: Configured) -> Response:
    directory: Directory = request.app.state.directory
    shelf: Shelf = request.app.state.shelf
    t = translator(language)
    address = settings.address()
    authority = f"tag:{urlsplit(address).hostname},{NAMED_SINCE}:"
    entries = sorted(
        _entries(t, await directory.all(), authority, now), key=lambda each: (each.updated, each.id), reverse=True
    )
    made = Feed(
        language=language,
        path="/feed.xml",
        id=f"{authority}consultations/{language}",
        title=t.gettext("Youth consultations"),
        updated=max((each.updated for each in entries), default=_written(BEGINNING)),
        publisher=settings.publisher,
        publisher_url=settings.publisher_url,
        licence=settings.licence_title,
        address=address,
        entries=tuple(entries),
    )
    kept = await seconds_until_change(request, now)
    return answer_shelved(
        request, await shelf.put_file(f"/{language}/feed.xml", render(made).encode(), CONTENT_TYPE, kept)
    )


def _entries(
    t: Translator, consultations: Iterable[Consultation], authority: str, now: datetime
) -> Iterator[FeedEntry]:
    for each in consultations:
        phase = phase_at(each, now)
        if phase is Phase.DRAFT:
            continue
        begun = each.scheduled_at or each.opens_at
        instants = [at for at in (begun, each.opens_at, each.closes_at) if at <= now]
        topic = each.topic_in(t.language)
        yield FeedEntry(
            id=f"{authority}consultations/{each.slug}",
            title=topic,
            summary=t.gap.join(part for part in (each.summary.get(t.language, ""), _state(t, each, phase)) if part),
            term="open" if phase is Phase.OPEN else "coming" if phase is Phase.SCHEDULED else "closed",
            path=f"/consultations/{each.slug}",
            published=_written(begun),
            updated=_written(max(instants, default=begun)),
        )
        if is_published(each, now) and each.published_at:
            yield FeedEntry(
                id=f"{authority}consultations/{each.slug}/results",
                title=t.gettext("Results: %(topic)s", topic=topic),
                summary=_sample(t, each) or t.gettext("The results can be read by everybody."),
                term="published",
                path=f"/consultations/{each.slug}/results",
                published=_written(each.published_at),
                updated=_written(each.published_at),
            )


def _state(t: Translator, each: Consultation, phase: Phase) -> str:
    """How far it is; nothing that changes without an instant of its own."""
    if phase is Phase.SCHEDULED:
        said = t.gettext("Opens: %(when)s", when=t.datetime_utc(each.opens_at))
    elif phase is Phase.OPEN:
        said = t.gettext("Closes: %(when)s", when=t.datetime_utc(each.closes_at))
    else:
        said = t.gettext("Closed. It was open on %(day)s.", day=t.date(each.day))
    return t.gap.join(part for part in (said, _sample(t, each)) if part)


def _sample(t: Translator, each: Consultation) -> str:
    return t.gettext("Sample data") if each.sample else ""


def _written(at: datetime) -> str:
    return at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
