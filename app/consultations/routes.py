"""The public front: what is open, soon and past; about a consultation; help; kind endings; the way out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.countries import Helpline, countries, in_order
from app.consultations.helplines import Helplines
from app.consultations.models import Consultation
from app.consultations.phase import OVER, Phase, is_published, next_change, phase_at
from app.consultations.service import BAND_AGES, Directory
from app.errors import NotFound
from app.web.cached import Shelf
from app.web.deps import Configured, Language, Now
from app.web.i18n import Translator, negotiate, translator
from app.web.pages import Page, html, render

router = APIRouter()

ENDINGS = ("no", "young", "old")
#: The number so far is public rounded down to this.
STEP_OF_PUBLIC_COUNT = 10


@dataclass(frozen=True)
class Entry:
    """A consultation as a public page shows it, in one language."""

    slug: str
    topic: str
    summary: str
    ages: str
    phase: str
    day: date
    paused: bool
    window: str
    opens_at: datetime
    closes_at: datetime
    results_on: date | None
    words_until: date | None
    so_far: str
    sample: bool
    published: bool


@dataclass(frozen=True, kw_only=True)
class FrontPage(Page):
    template: ClassVar[str] = "consultations/front.html"

    open: tuple[Entry, ...]
    soon: tuple[Entry, ...]
    past: tuple[Entry, ...]


@dataclass(frozen=True, kw_only=True)
class AllPage(Page):
    template: ClassVar[str] = "consultations/all.html"

    open: tuple[Entry, ...]
    soon: tuple[Entry, ...]
    closed: tuple[Entry, ...]
    published: tuple[Entry, ...]


@dataclass(frozen=True, kw_only=True)
class AboutPage(Page):
    template: ClassVar[str] = "consultations/about.html"

    each: Entry
    via: str = ""
    in_class: bool = False
    #: Whether a version of the paper was posted.
    paper: bool = False


@dataclass(frozen=True, kw_only=True)
class PlatformPage(Page):
    template: ClassVar[str] = "consultations/platform.html"


@dataclass(frozen=True, kw_only=True)
class PrivacyPage(Page):
    template: ClassVar[str] = "consultations/privacy.html"


@dataclass(frozen=True)
class Numbers:
    """The helplines of one country, with its name in the reader's language."""

    iso2: str
    country: str
    lines: tuple[Helpline, ...]


@dataclass(frozen=True)
class Named:
    iso2: str
    name: str


@dataclass(frozen=True, kw_only=True)
class HelpPage(Page):
    template: ClassVar[str] = "consultations/help.html"

    mine: Numbers | None
    countries: tuple[Named, ...]
    all: tuple[Numbers, ...]
    directory_url: str
    back: str


@dataclass(frozen=True, kw_only=True)
class StopPage(Page):
    template: ClassVar[str] = "consultations/stop.html"

    why: str
    slug: str
    ages: str
    closes_at: datetime | None
    in_class: bool


def ages_in_words(t: Translator, bands: list[str]) -> str:
    """For whom a consultation is: its youngest and oldest age."""
    first = min(BAND_AGES[band][0] for band in bands)
    last = max(BAND_AGES[band][1] for band in bands)
    return t.gettext("For people aged %(first)s to %(last)s.", first=str(first), last=str(last))


@router.get("/")
async def choose_language(request: Request) -> Response:
    language = negotiate(request.headers.get("accept-language", ""))
    return RedirectResponse(f"/{language}/", 303, {"Vary": "Accept-Language"})


@router.get("/{language}/")
async def front(request: Request, language: Language, now: Now) -> Response:
    entries = await _entries(request, language, now)
    page = FrontPage(
        language=language,
        path="/",
        open=tuple(each for each in entries if each.phase == Phase.OPEN),
        soon=tuple(reversed([each for each in entries if each.phase == Phase.SCHEDULED])),
        past=tuple(each for each in entries if each.phase in OVER),
    )
    return await _shelve(request, page, now)


@router.get("/{language}/consultations")
async def all_of_them(request: Request, language: Language, now: Now) -> Response:
    """Every consultation that there is to know of, by how far it is."""
    entries = await _entries(request, language, now)
    page = AllPage(
        language=language,
        path="/consultations",
        open=tuple(each for each in entries if each.phase == Phase.OPEN),
        soon=tuple(reversed([each for each in entries if each.phase == Phase.SCHEDULED])),
        closed=tuple(each for each in entries if each.phase in (Phase.CLOSED, Phase.FROZEN)),
        published=tuple(each for each in entries if each.published),
    )
    return await _shelve(request, page, now)


@router.get("/{language}/consultations/{slug}")
async def about(
    request: Request,
    language: Language,
    slug: str,
    now: Now,
    via: str = "",
    shared: Annotated[str, Query(alias="class")] = "",
) -> Response:
    """`via` is the code of a partner's link: it goes on to the start in the address, so that nothing is on the device
    before somebody starts. One that leads elsewhere, or nowhere, is left out. `class` is 1 on a device that was set up
    for a class."""
    consultation = await _find(request, slug, now)
    entry = await _entry(request, consultation, language, now)
    if via and not await request.app.state.links.leads_to(via, consultation.id):
        via = ""
    in_class = bool(via) and shared == "1" and entry.phase == Phase.OPEN
    path = f"/consultations/{slug}" + (f"?via={via}" if via else "") + ("&class=1" if in_class else "")
    over = entry.phase in OVER
    paper = over and await request.app.state.has_paper(consultation.id)
    page = AboutPage(language=language, path=path, each=entry, via=via, in_class=in_class, paper=paper)
    return await _shelve(request, page, now)


@router.get("/{language}/about")
async def platform(request: Request, language: Language, now: Now) -> Response:
    return await _shelve(request, PlatformPage(language=language, path="/about"), now)


@router.get("/{language}/privacy")
async def privacy(request: Request, language: Language, now: Now) -> Response:
    return await _shelve(request, PrivacyPage(language=language, path="/privacy"), now)


@router.get("/{language}/help")
async def help_page(request: Request, language: Language, settings: Configured, country: str = "") -> Response:
    """Helplines; that of the chosen country first. Not kept: which country was looked at is nobody's business."""
    where: Callable[[Request], tuple[str, str]] = request.app.state.where_they_are
    told, back = where(request)
    helplines: Helplines = request.app.state.helplines
    shown = await helplines.shown()
    chosen = country if country in countries() else told
    named = tuple(Named(each.iso2, each.names[language]) for each in in_order(language))
    names = {each.iso2: each.name for each in named}
    page = HelpPage(
        language=language,
        path=f"/help?country={chosen}" if chosen else "/help",
        mine=Numbers(chosen, names[chosen], shown.get(chosen, ())) if chosen in names else None,
        countries=named,
        all=tuple(Numbers(each.iso2, each.name, shown[each.iso2]) for each in named if each.iso2 in shown),
        directory_url=settings.directory_url,
        back=f"/{language}{back}" if back else "",
    )
    return html(request, render(page))


@router.get("/{language}/consultations/{slug}/stop/{why}")
async def stop(request: Request, language: Language, slug: str, why: str, now: Now) -> Response:
    if why not in ENDINGS:
        raise NotFound
    consultation = await _find(request, slug, now)
    in_class: Callable[[Request, str], bool] = request.app.state.in_class
    page = StopPage(
        language=language,
        path=f"/consultations/{slug}/stop/{why}",
        why=why,
        slug=slug,
        ages=ages_in_words(translator(language), consultation.age_bands),
        closes_at=consultation.closes_at if phase_at(consultation, now) is Phase.OPEN else None,
        in_class=in_class(request, slug),
    )
    # Not kept: which ending somebody got is nobody's business.
    return html(request, render(page))


@router.get("/{language}/exit")
async def leave(request: Request, language: Language, settings: Configured) -> Response:
    """Quick exit: nothing of ours stays on the device but what the browser itself remembers."""
    response = RedirectResponse(settings.exit_url, 303, {"Clear-Site-Data": '"cookies", "cache", "storage"'})
    forget: Callable[[Request, Response], None] = request.app.state.forget
    forget(request, response)
    return response


async def _find(request: Request, slug: str, now: datetime) -> Consultation:
    """The consultation, unless it is a draft. Raises NotFound."""
    directory: Directory = request.app.state.directory
    consultation = await directory.find(slug)
    if consultation is None or phase_at(consultation, now) is Phase.DRAFT:
        raise NotFound
    return consultation


async def _entries(request: Request, language: str, now: datetime) -> list[Entry]:
    """Every consultation that there is to know of."""
    directory: Directory = request.app.state.directory
    known = [each for each in await directory.all() if phase_at(each, now) is not Phase.DRAFT]
    return [await _entry(request, each, language, now) for each in known]


async def _entry(request: Request, consultation: Consultation, language: str, now: datetime) -> Entry:
    t = translator(language)
    phase = phase_at(consultation, now)
    count: Callable[[int], Awaitable[int]] = request.app.state.count
    so_far = ""
    if phase is not Phase.SCHEDULED:
        n = await count(consultation.id) // STEP_OF_PUBLIC_COUNT * STEP_OF_PUBLIC_COUNT
        if phase is Phase.OPEN:
            so_far = t.gettext("The first answers are arriving.")
            if n:
                so_far = t.ngettext("At least %(n)s answer so far", "At least %(n)s answers so far", n)
        elif n:
            so_far = t.ngettext("At least %(n)s person answered.", "At least %(n)s people answered.", n)
    return Entry(
        slug=consultation.slug,
        topic=consultation.topic_in(language),
        summary=consultation.summary.get(language, ""),
        ages=ages_in_words(t, consultation.age_bands),
        phase=phase.value,
        day=consultation.day,
        paused=consultation.paused_at is not None and phase is Phase.OPEN,
        window=consultation.window,
        opens_at=consultation.opens_at,
        closes_at=consultation.closes_at,
        results_on=consultation.results_on,
        words_until=consultation.words_until,
        so_far=so_far,
        sample=consultation.sample,
        published=is_published(consultation, now),
    )


async def seconds_until_change(request: Request, now: datetime) -> float:
    """How long a page about all consultations stays as it is, as far as is known, and at most as long as pages are
    kept."""
    directory: Directory = request.app.state.directory
    changes = [next_change(consultation, now) for consultation in await directory.all()]
    left = [(change - now).total_seconds() for change in changes if change is not None]
    longest: float = request.app.state.settings.shelved_seconds
    return min([longest, *left])


async def _shelve(request: Request, page: Page, now: datetime) -> Response:
    """The page, kept as bytes for everybody until it may change."""
    shelf: Shelf = request.app.state.shelf
    shelved = shelf.put(f"/{page.language}{page.path}", render(page), await seconds_until_change(request, now))
    headers, body = shelved.best_for(request.headers.get("accept-encoding", "").encode())
    response = Response(body)
    response.raw_headers = list(headers)
    return response
