"""The live day at the desk: who has answered so far, where it is silent, where people leave; and the targets."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.desk import find
from app.consultations.models import Consultation
from app.consultations.phase import Phase, last_send, phase_at
from app.consultations.service import BAND_AGES
from app.errors import NotFound
from app.questionnaire.document import Document
from app.staff.audit import record
from app.staff.door import Visitor, needs
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act
from app.submissions import live
from app.submissions.alike import Alike, Drawn
from app.submissions.live import Picture
from app.submissions.service import Editions
from app.web.deps import Configured, Now, Reading, Writing
from app.web.forms import read_form

router = APIRouter(prefix="/staff/consultations/{slug}")

#: A target is a whole number, at most so many.
MOST_TARGET = 10_000_000
FIELD = "target_"
SeeLive = Annotated[Visitor, Depends(needs(Act.SEE_LIVE))]
RunDay = Annotated[Visitor, Depends(needs(Act.RUN_DAY))]


@dataclass(frozen=True, kw_only=True)
class LivePage(DeskPage):
    """`goes_on` while anything can still arrive. `typed` are the targets as they stand in the form, by region."""

    template: ClassVar[str] = "submissions/desk_live.html"
    fragment: ClassVar[str] = "submissions/_live.html"

    slug: str
    topic: str
    day: date
    phase: str
    paused: bool
    sample: bool
    consultation: Consultation
    now: Now
    goes_on: bool
    seen: Picture
    drawn: Drawn | None
    titles: Mapping[str, str]
    bands: Mapping[str, tuple[int, int]]
    typed: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


@router.get("/live")
async def watch(
    request: Request, slug: str, visitor: SeeLive, now: Now, session: Reading, settings: Configured
) -> Response:
    """How the day goes. With htmx only its numbers, every 15 seconds."""
    consultation = await find(session, slug)
    return show(request, await _page(request, session, consultation, visitor, now, settings.grace_minutes))


@router.post("/targets")
async def set_targets(
    request: Request, slug: str, visitor: RunDay, now: Now, session: Writing, settings: Configured
) -> Response:
    """The targets are those of the form; a field left empty is none."""
    consultation = await find(session, slug)
    form = await read_form(request)
    typed = {region: form.get(FIELD + region, [""])[-1].strip()[:20] for region in live.regions()}
    faults = tuple(region for region, words in typed.items() if words and not _is_target(words))
    if faults:
        page = await _page(request, session, consultation, visitor, now, settings.grace_minutes, typed, faults)
        return show(request, page, 422)
    before = dict((await live.read(session, consultation.id, now)).targets)
    after = {region: int(words) for region, words in typed.items() if words}
    if after != before:
        await live.set_targets(session, consultation.id, after)
        await record(session, who=visitor.email, act="targets_set", subject=slug, now=now, before=before, after=after)
    return RedirectResponse(f"/staff/consultations/{slug}/live", 303)


def _is_target(words: str) -> bool:
    # Digits of any script are read: people type on Arabic keyboards, too.
    return words.isdecimal() and 1 <= int(words) <= MOST_TARGET


async def _page(
    request: Request,
    session: Reading,
    consultation: Consultation,
    visitor: Visitor,
    now: Now,
    grace_minutes: int,
    typed: Mapping[str, str] | None = None,
    faults: tuple[str, ...] = (),
) -> LivePage:
    numbers = await live.read(session, consultation.id, now)
    document, text = await _asked(request, consultation.slug, visitor.language)
    sections = document.sections if document is not None else ()
    phase = phase_at(consultation, now)
    alike: Alike = request.app.state.alike
    return LivePage(
        language=visitor.language,
        path=f"/staff/consultations/{consultation.slug}/live",
        visitor=visitor,
        here="consultations",
        slug=consultation.slug,
        topic=consultation.topic_in(visitor.language),
        day=consultation.day,
        phase=phase.value,
        paused=consultation.paused_at is not None and phase is Phase.OPEN,
        sample=consultation.sample,
        consultation=consultation,
        now=now,
        goes_on=phase is Phase.OPEN or (phase is Phase.CLOSED and now < last_send(consultation, grace_minutes)),
        seen=live.picture(numbers, consultation, sections, now),
        drawn=await alike.drawn(consultation.id),
        titles={each.name: text(each.title) for each in sections},
        bands=BAND_AGES,
        typed=typed if typed is not None else {region: str(n) for region, n in numbers.targets.items()},
        faults=faults,
    )


async def _asked(
    request: Request, slug: str, language: str
) -> tuple[Document | None, Callable[[Mapping[str, str]], str]]:
    """The questionnaire, unless the consultation is a draft, and a function from its texts to that language."""
    editions: Editions = request.app.state.editions
    with suppress(NotFound):
        edition = await editions.find(slug)
        return edition.document, edition.words(language)
    return None, lambda texts: texts.get(language, "")
