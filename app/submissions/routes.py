"""The journey's addresses: start, sections, check, send, thanks. Every page a GET, every form a POST with 303.

With htmx a POST answers with the next part itself and its address, which saves a slow line one round trip.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.countries import Helpline, helplines
from app.errors import AnswersDoNotFit, NotFound
from app.questionnaire.document import COUNTRY
from app.questionnaire.kinds import Fault
from app.submissions import service
from app.submissions.cookie import Journey, begin
from app.submissions.inbox import Inbox
from app.submissions.journey import Walk, newly_asked, read_section, walk
from app.submissions.receipts import ReceiptKeys, in_groups
from app.submissions.sheets import Edition, Sheets, Trouble, fill
from app.submissions.state import drop_journey, find_journey, keep_journey, renew
from app.web.cached import Shelved
from app.web.deps import Language, Now
from app.web.forms import read_form
from app.web.i18n import LANGUAGES
from app.web.pages import Page, html, render, wants_fragment

router = APIRouter(prefix="/{language}/consultations/{slug}")


@dataclass(frozen=True)
class Line:
    code: str
    label: str
    answer: str


@dataclass(frozen=True)
class Lines:
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class CheckPage(Page):
    template: ClassVar[str] = "submissions/check.html"
    fragment: ClassVar[str | None] = "submissions/_check.html"

    slug: str
    action: str
    parts: tuple[Lines, ...]
    errors: tuple[Trouble, ...]


@dataclass(frozen=True, kw_only=True)
class ThanksPage(Page):
    template: ClassVar[str] = "submissions/thanks.html"
    fragment: ClassVar[str | None] = "submissions/_thanks.html"

    slug: str
    code: str
    lines: tuple[Helpline, ...]
    results_on: object


@dataclass(frozen=True)
class Step:
    """One request of one respondent: what is known when a route begins."""

    request: Request
    language: str
    edition: Edition
    sheets: Sheets
    now: datetime

    @property
    def base(self) -> str:
        return f"/{self.language}/consultations/{self.edition.slug}"

    @property
    def grace_minutes(self) -> int:
        minutes: int = self.request.app.state.settings.grace_minutes
        return minutes

    def journey(self) -> Journey:
        """The respondent's journey, if it may still be sent.

        Raises JourneyNotBegun, JourneyExpired and ConsultationClosed.
        """
        journey = find_journey(self.request, self.edition.slug)
        if not journey.sent:
            service.check_open(self.edition.consultation, journey, self.now, self.grace_minutes)
        return journey

    def go(self, path: str, journey: Journey | None = None) -> Response:
        """To another page of ours, with the journey kept on the way."""
        response = RedirectResponse(path, 303)
        if journey is not None:
            keep_journey(self.request, response, journey, self.now)
        return response


async def _step(request: Request, language: str, slug: str, now: datetime) -> Step:
    editions: service.Editions = request.app.state.editions
    edition = await editions.find(slug)
    return Step(request, language, edition, editions.sheets(edition, language), now)


@router.get("/answer")
async def start(request: Request, language: Language, slug: str, now: Now) -> Response:
    """Begins clean, whoever sat here before."""
    step = await _step(request, language, slug, now)
    service.check_open(step.edition.consultation, None, now, step.grace_minutes)
    whole = request.query_params.get("all") == "1"
    first = "all" if whole else step.edition.document.sections[0].name
    return step.go(f"{step.base}/answer/{first}", begin(slug, now, whole=whole))


@router.get("/another")
async def another(request: Request, language: Language, slug: str, now: Now) -> Response:
    """The next person on a shared device: nothing of the last one stays."""
    response = RedirectResponse(f"/{language}/consultations/{slug}", 303)
    drop_journey(request, response)
    return response


@router.get("/answer/{section}")
async def show_section(request: Request, language: Language, slug: str, section: str, now: Now) -> Response:
    step = await _step(request, language, slug, now)
    journey = step.journey()
    if journey.sent:
        return step.go(f"{step.base}/thanks")
    walked = walk(step.edition.document, journey.answers)
    if section == "all":
        response = _whole(step, journey)
    elif section not in step.edition.document.sections_by_name:
        raise NotFound
    elif not walked.asked[section]:
        return step.go(f"{step.base}/answer/{_first_open(step, journey, walked)}")
    elif section != _first(step) and service.judge_start(step.edition.consultation, journey) != service.Begun():
        return step.go(f"{step.base}/answer/{_first(step)}")
    else:
        response = _section(step, journey, section, walked)
    renew(request, response, journey, now)
    return response


@router.post("/answer/{section}")
async def answer_section(request: Request, language: Language, slug: str, section: str, now: Now) -> Response:
    step = await _step(request, language, slug, now)
    journey = step.journey()
    form = await read_form(request)
    if journey.sent:
        return step.go(f"{step.base}/thanks")
    document = step.edition.document
    if section == "all":
        questions = tuple(document.questions.values())
    elif section in document.sections_by_name:
        questions = document.sections_by_name[section].questions
        # A question that was not on the page keeps its answer: it may be asked again after the next change.
        before = walk(document, journey.answers)
        questions = before.asked[section]
    else:
        raise NotFound
    answers, _ = read_section(questions, journey.answers, form)
    journey = replace(journey, answers=answers)
    if section in ("all", _first(step)):
        journey = replace(journey, agreed=_one(form, "agree"), parent_agreed=_one(form, "parent"))
    walked = walk(document, answers)
    return await _onward(step, journey, section, form, walked)


async def _onward(step: Step, journey: Journey, section: str, form: dict[str, list[str]], walked: Walk) -> Response:
    """Where the respondent goes after a section: a language, back, an ending, the same page with faults, or on."""
    wish, go = _one(form, "language"), _one(form, "go")
    try:
        if wish in LANGUAGES:
            return _leave(step, f"/{wish}/consultations/{step.edition.slug}/answer/{section}", journey)
        if go == "back" and section not in ("all", _first(step)):
            return _next(step, journey, walked.before(section) or _first(step), walked)
        if section in ("all", _first(step)):
            begun = service.judge_start(step.edition.consultation, journey)
            if begun.ending:
                return _end(step, begun.ending)
            faults = walked.faults(None if section == "all" else section)
            if faults or begun != service.Begun():
                return _mend(step, journey, section, walked, faults, begun)
            if section == "all" and go == "send":
                return await _send(step, journey, walked)
            following = None if section == "all" else walked.after(section)
        else:
            faults = walked.faults(section)
            if faults:
                return _mend(step, journey, section, walked, faults, service.Begun())
            revealed = newly_asked(
                step.edition.document.sections_by_name[section],
                walk(step.edition.document, find_journey(step.request).answers),
                walked,
            )
            if revealed is not None:
                return _next(step, journey, section, walked, anchor=revealed.code)
            following = walked.after(section)
        return _next(step, journey, following or "", walked)
    except AnswersDoNotFit:
        return _mend(step, journey, section, walked, walked.faults(None if section == "all" else section), None)


@router.get("/check")
async def check(request: Request, language: Language, slug: str, now: Now) -> Response:
    step = await _step(request, language, slug, now)
    journey = step.journey()
    if journey.sent:
        return step.go(f"{step.base}/thanks")
    response = _check(step, journey, walk(step.edition.document, journey.answers))
    renew(request, response, journey, now)
    return response


@router.post("/send")
async def send(request: Request, language: Language, slug: str, now: Now) -> Response:
    """Sends, or goes where a button of the check page leads. A repeat shows the same receipt page."""
    step = await _step(request, language, slug, now)
    journey = step.journey()
    form = await read_form(request)
    wish, go, change = _one(form, "language"), _one(form, "go"), _one(form, "change")
    if wish in LANGUAGES:
        return _leave(step, f"/{wish}/consultations/{slug}/check", journey)
    if journey.sent:
        return step.go(f"{step.base}/thanks", journey)
    walked = walk(step.edition.document, journey.answers)
    if go == "stop":
        return _end(step, "no")
    if change in step.edition.document.questions:
        section = "all" if journey.whole else step.edition.document.section_of(change).name
        return _next(step, journey, section, walked, anchor=change)
    if go == "back":
        return _next(step, journey, "all" if journey.whole else walked.sections[-1], walked)
    begun = service.judge_start(step.edition.consultation, journey)
    if begun != service.Begun():
        return _end(step, begun.ending) if begun.ending else _next(step, journey, _first(step), walked)
    if walked.faults():
        return _check(step, journey, walked, 422)
    return await _send(step, journey, walked)


@router.get("/thanks")
async def thanks(request: Request, language: Language, slug: str, now: Now) -> Response:
    """The receipt code, once: until the browser is closed, half an hour passes or another person begins."""
    step = await _step(request, language, slug, now)
    journey = find_journey(request, slug)
    if not journey.sent:
        return step.go(f"{step.base}/check")
    return _thanks(step, journey)


async def _send(step: Step, journey: Journey, walked: Walk) -> Response:
    state = step.request.app.state
    inbox: Inbox = state.inbox
    keys: ReceiptKeys = state.receipt_keys
    service.check_open(step.edition.consultation, journey, step.now, step.grace_minutes)
    sent = await service.send(inbox, keys, step.edition, journey, walked, step.language, step.now)
    if wants_fragment(step.request):
        response = _thanks(step, sent)
        response.headers["HX-Push-Url"] = f"{step.base}/thanks"
        keep_journey(step.request, response, sent, step.now)
        return response
    return step.go(f"{step.base}/thanks", sent)


def _thanks(step: Step, journey: Journey) -> Response:
    keys: ReceiptKeys = step.request.app.state.receipt_keys
    page = ThanksPage(
        language=step.language,
        path=f"/consultations/{step.edition.slug}/thanks",
        slug=step.edition.slug,
        code=in_groups(keys.code(journey.send_key)),
        lines=helplines().get(str(journey.answers.get(COUNTRY, "")), ()),
        results_on=step.edition.consultation.results_on,
    )
    return html(step.request, render(page, fragment=wants_fragment(step.request)))


def _next(step: Step, journey: Journey, section: str, walked: Walk, anchor: str = "") -> Response:
    """The page of `section`, or the check page for "": itself for htmx, its address for everybody else."""
    path = f"{step.base}/answer/{section}" if section else f"{step.base}/check"
    address = f"{path}#{anchor}" if anchor else path
    if not wants_fragment(step.request):
        return step.go(address, journey)
    if not section:
        response = _check(step, journey, walked)
    elif section == "all":
        response = _whole(step, journey)
    else:
        response = _section(step, journey, section, walked)
    response.headers["HX-Push-Url"] = address
    keep_journey(step.request, response, journey, step.now)
    return response


def _leave(step: Step, path: str, journey: Journey) -> Response:
    """To a page in another language: with htmx, too, a whole page, since language and direction change."""
    if not wants_fragment(step.request):
        return step.go(path, journey)
    response = Response(status_code=200, headers={"HX-Redirect": path})
    keep_journey(step.request, response, journey, step.now)
    return response


def _end(step: Step, why: str) -> Response:
    """A kind ending. Nothing was stored, and nothing stays on the device."""
    path = f"{step.base}/stop/{why}"
    headers = {"HX-Redirect": path} if wants_fragment(step.request) else {}
    response = Response(status_code=200, headers=headers) if headers else step.go(path)
    drop_journey(step.request, response)
    return response


def _section(step: Step, journey: Journey, section: str, walked: Walk) -> Response:
    page, shelved = step.sheets.section(
        step.edition.document.sections_by_name[section], walked, fragment=wants_fragment(step.request)
    )
    questions = walked.asked[section]
    untouched = not any(code in walked.answers for each in questions for code in (each.code, *each.fields))
    begins = section == _first(step)
    if untouched and not (begins and journey.agreed):
        return _as_shelved(step.request, shelved)
    agreed = (journey.agreed, journey.parent_agreed) if begins else ("", "")
    return html(step.request, fill(page, questions, walked.answers, *agreed))


def _whole(step: Step, journey: Journey) -> Response:
    page, shelved = step.sheets.whole(fragment=wants_fragment(step.request))
    if not journey.answers and not journey.agreed:
        return _as_shelved(step.request, shelved)
    questions = step.edition.document.questions.values()
    known = walk(step.edition.document, journey.answers).answers
    return html(step.request, fill(page, questions, known, journey.agreed, journey.parent_agreed))


def _mend(
    step: Step,
    journey: Journey,
    section: str,
    walked: Walk,
    faults: tuple[Fault, ...],
    begun: service.Begun | None,
) -> Response:
    """The same page, saying what to change; what was typed stays, on the page and, where it fits, in the cookie."""
    begun = begun or service.Begun()
    if section == "all":
        made = step.sheets.whole_page(faults, begun.agree_fault, begun.parent_fault)
    else:
        made = step.sheets.section_page(
            step.edition.document.sections_by_name[section], walked, faults, begun.agree_fault, begun.parent_fault
        )
    page = render(made, fragment=wants_fragment(step.request))
    questions = [each.question for part in made.parts for each in part.asked]
    response = html(step.request, fill(page, questions, walked.answers, journey.agreed, journey.parent_agreed), 422)
    try:
        keep_journey(step.request, response, journey, step.now)
    except AnswersDoNotFit:
        return response
    return response


def _check(step: Step, journey: Journey, walked: Walk, status: int = 200) -> Response:
    text = step.sheets.text
    parts = tuple(
        Lines(
            text(section.title),
            tuple(
                Line(each.code, text(each.label), step.sheets.answer_words(each, walked.answers))
                for each in walked.asked[section.name]
                if each.answered
            ),
        )
        for section in step.edition.document.sections
    )
    page = CheckPage(
        language=step.language,
        path=f"/consultations/{step.edition.slug}/check",
        slug=step.edition.slug,
        action=f"{step.base}/send",
        parts=parts,
        errors=step.sheets.troubles(walked.faults()),
    )
    return html(step.request, render(page, fragment=wants_fragment(step.request)), status)


def _as_shelved(request: Request, shelved: Shelved) -> Response:
    """Bytes made once; no-store all the same, since the address belongs to somebody's way."""
    headers, body = shelved.best_for(request.headers.get("accept-encoding", "").encode())
    response = Response(body)
    response.raw_headers = [header for header in headers if header[0] != b"etag"]
    return response


def _first(step: Step) -> str:
    return step.edition.document.sections[0].name


def _first_open(step: Step, journey: Journey, walked: Walk) -> str:
    ready = service.judge_start(step.edition.consultation, journey) == service.Begun()
    return walked.sections[1] if ready and len(walked.sections) > 1 else _first(step)


def _one(form: dict[str, list[str]], name: str) -> str:
    sent = form.get(name)
    return sent[-1] if sent else ""
