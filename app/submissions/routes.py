"""The journey's addresses: start, sections, check, send, thanks. Every page a GET, every form a POST with 303.

With htmx a POST answers with the next part itself and its address, which saves a slow line one round trip.
"""

from dataclasses import replace
from datetime import datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.errors import AnswersDoNotFit, NotFound
from app.submissions import service, views
from app.submissions.cookie import Journey, begin
from app.submissions.inbox import Inbox
from app.submissions.journey import Walk, newly_asked, read_section, walk
from app.submissions.receipts import ReceiptKeys
from app.submissions.state import drop_journey, find_journey, keep_journey, renew
from app.submissions.views import Step
from app.web.deps import Language, Now
from app.web.forms import read_form
from app.web.i18n import LANGUAGES
from app.web.pages import wants_fragment

router = APIRouter(prefix="/{language}/consultations/{slug}")


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
async def visit_section(request: Request, language: Language, slug: str, section: str, now: Now) -> Response:
    step = await _step(request, language, slug, now)
    journey = step.journey()
    if journey.sent:
        return step.go(f"{step.base}/thanks")
    walked = walk(step.edition.document, journey.answers)
    if section == "all":
        response = views.show_whole(step, journey)
    elif section not in step.edition.document.sections_by_name:
        raise NotFound
    elif not walked.asked[section]:
        return step.go(f"{step.base}/answer/{views.first_open_section(step, journey, walked)}")
    elif section != views.first_section(step) and not service.may_go_on(step.edition.consultation, journey):
        return step.go(f"{step.base}/answer/{views.first_section(step)}")
    else:
        response = views.show_section(step, journey, section, walked)
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
    before = walk(document, journey.answers)
    if section == "all":
        questions = tuple(document.questions.values())
    elif section in document.sections_by_name:
        # A question that was not on the page keeps its answer: it may be asked again after the next change.
        questions = before.asked[section]
    else:
        raise NotFound
    answers, dropped = read_section(questions, journey.answers, form)
    journey = replace(journey, answers=answers, dropped=journey.dropped + dropped)
    if section in ("all", views.first_section(step)):
        journey = replace(journey, agreed=_one(form, "agree"), parent_agreed=_one(form, "parent"))
    walked = walk(document, answers)
    try:
        return await _onward(step, journey, section, form, before, walked)
    except AnswersDoNotFit:
        return views.show_faults(step, journey, section, walked, service.Begun())


async def _onward(
    step: Step, journey: Journey, section: str, form: dict[str, list[str]], before: Walk, walked: Walk
) -> Response:
    """Where the respondent goes after a section: a language, back, an ending, the same page with faults, or on."""
    wish, go = _one(form, "language"), _one(form, "go")
    first = views.first_section(step)
    begun = service.Begun()
    if wish in LANGUAGES:
        return views.go_to_language(step, f"/{wish}/consultations/{step.edition.slug}/answer/{section}", journey)
    if section in ("all", first):
        begun = service.judge_start(step.edition.consultation, journey)
        if begun.ending:
            return views.end(step, begun.ending)
    elif go == "back":
        return views.go_to(step, journey, walked.before(section) or first, walked)
    if begun != service.Begun() or walked.faults(section):
        return views.show_faults(step, journey, section, walked, begun)
    if section == "all":
        return await _send(step, journey, walked) if go == "send" else views.go_to(step, journey, "", walked)
    revealed = newly_asked(section, before, walked) if section != first else None
    if revealed is not None:
        return views.go_to(step, journey, section, walked, anchor=revealed.code)
    return views.go_to(step, journey, walked.after(section) or "", walked)


@router.get("/check")
async def check(request: Request, language: Language, slug: str, now: Now) -> Response:
    step = await _step(request, language, slug, now)
    journey = step.journey()
    if journey.sent:
        return step.go(f"{step.base}/thanks")
    response = views.show_check(step, journey, walk(step.edition.document, journey.answers))
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
        return views.go_to_language(step, f"/{wish}/consultations/{slug}/check", journey)
    if journey.sent:
        return step.go(f"{step.base}/thanks", journey)
    walked = walk(step.edition.document, journey.answers)
    if go == "stop":
        return views.end(step, "no")
    if change in step.edition.document.questions:
        section = "all" if journey.whole else step.edition.document.section_of(change).name
        return views.go_to(step, journey, section, walked, anchor=change)
    if go == "back":
        return views.go_to(step, journey, "all" if journey.whole else walked.sections[-1], walked)
    begun = service.judge_start(step.edition.consultation, journey)
    if begun != service.Begun():
        if begun.ending:
            return views.end(step, begun.ending)
        return views.go_to(step, journey, views.first_section(step), walked)
    if walked.faults():
        return views.show_check(step, journey, walked, 422)
    return await _send(step, journey, walked)


@router.get("/thanks")
async def thanks(request: Request, language: Language, slug: str, now: Now) -> Response:
    """The receipt code, once: until the browser is closed, half an hour passes or another person begins."""
    step = await _step(request, language, slug, now)
    journey = find_journey(request, slug)
    if not journey.sent:
        return step.go(f"{step.base}/check")
    return views.show_thanks(step, journey)


async def _send(step: Step, journey: Journey, walked: Walk) -> Response:
    state = step.request.app.state
    inbox: Inbox = state.inbox
    keys: ReceiptKeys = state.receipt_keys
    service.check_open(step.edition.consultation, journey, step.now, step.grace_minutes)
    sent = await service.send(inbox, keys, step.edition, journey, walked, step.language, step.now)
    if wants_fragment(step.request):
        response = views.show_thanks(step, sent)
        response.headers["HX-Push-Url"] = f"{step.base}/thanks"
        keep_journey(step.request, response, sent, step.now)
        return response
    return step.go(f"{step.base}/thanks", sent)


def _one(form: dict[str, list[str]], name: str) -> str:
    sent = form.get(name)
    return sent[-1] if sent else ""
