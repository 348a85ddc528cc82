"""The journey's addresses: start, sections, check, send, thanks. Every page a GET, every form a POST with 303.

With htmx a POST answers with the next part itself and its address, which saves a slow line one round trip.
"""

from dataclasses import replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.phase import Phase, phase_at
from app.errors import AnswersDoNotFit, NotFound
from app.outreach.service import Links
from app.submissions import service, views
from app.submissions.cookie import Journey
from app.submissions.inbox import Inbox
from app.submissions.journey import Walk, newly_asked, read_section, walk
from app.submissions.receipts import ReceiptKeys
from app.submissions.state import (
    CLASS_LASTS,
    begin_journey,
    class_on,
    clear_journey,
    drop_journey,
    find_journey,
    keep_journey,
    peek,
    put_journey,
    renew,
)
from app.submissions.views import Step
from app.web.cached import Shelf
from app.web.forms import read_form
from app.web.i18n import LANGUAGES
from app.web.pages import wants_fragment

router = APIRouter(prefix="/{language}/consultations/{slug}")


async def _step(request: Request) -> Step:
    """What every route here begins with. Raises NotFound for a language or consultation that there is not.

    These routes take the request alone and are plain Starlette routes (see the end): on the way of a Send FastAPI's
    injection would cost as much as everything else together.
    """
    language, slug = request.path_params["language"], request.path_params["slug"]
    if language not in LANGUAGES:
        raise NotFound
    editions: service.Editions = request.app.state.editions
    edition = await editions.find(slug)
    return Step(request, language, edition, editions.sheets(edition, language), request.app.state.clock())


async def start(request: Request) -> Response:
    """Begins clean, whoever sat here before. This address stays in no history, so that going back never begins anew."""
    step = await _step(request)
    service.check_open(step.edition.consultation, None, step.now, step.grace_minutes)
    link = await _link_in_address(step)
    class_until = None
    ready = class_on(request, step.edition.slug)
    if ready is not None and link in ("", ready.link) and await _leads_here(step, ready.link):
        link, class_until = ready.link, ready.class_until
    # With one form for everything, its send key must be on the device before it is sent.
    whole = request.query_params.get("all") == "1"
    response = step.go(f"{step.base}/answer/{'all' if whole else views.first_section(step)}")
    if whole or link:
        journey = step.new_journey(link=link, whole=whole, class_until=class_until)
        begin_journey(request, response, journey, step.now)
    else:
        drop_journey(request, response)
    return response


async def _link_in_address(step: Step) -> str:
    """The code of a partner's link, or "" where there is none, or it was ended, or belongs to another consultation."""
    code = step.request.query_params.get("via", "")
    return code if code and await _leads_here(step, code) else ""


async def _leads_here(step: Step, code: str) -> bool:
    links: Links = step.request.app.state.links
    return await links.leads_to(code, step.edition.consultation.id)


async def _consent_held(step: Step, journey: Journey) -> bool:
    """Whether the partner of the journey's link has the consent of parents or carers."""
    if not journey.link:
        return False
    links: Links = step.request.app.state.links
    return await links.holds_consent(journey.link, step.edition.consultation.id)


def _shelve_first_page(step: Step) -> None:
    """Whoever comes without a cookie gets the same bytes as everybody."""
    shelf: Shelf = step.request.app.state.shelf
    left = (step.edition.consultation.closes_at - step.now).total_seconds()
    page, _ = step.sheets.section(step.edition.document.sections[0], step.empty_walk())
    shelf.put(step.request.url.path, page, min(step.shelved_seconds, left), for_strangers=True)


async def another(request: Request) -> Response:
    """The next person on a shared device: nothing of the last one stays, but the link by which a class came."""
    step = await _step(request)
    last = peek(request)
    ready = class_on(request, step.edition.slug)
    if ready is not None:
        response = RedirectResponse(f"{step.base}?via={ready.link}&class=1", 303)
        clear_journey(request, response)
        return response
    link = last.link if last is not None and last.sent and last.slug == step.edition.slug else ""
    response = RedirectResponse(f"{step.base}?via={link}" if link else step.base, 303)
    drop_journey(request, response)
    return response


async def begin_class(request: Request) -> Response:
    """For three hours whoever begins on this device comes by the link in the address. Nothing else is on it then."""
    step = await _step(request)
    link = await _link_in_address(step)
    is_open = phase_at(step.edition.consultation, step.now) is Phase.OPEN
    if not link or not is_open:
        return RedirectResponse(f"{step.base}?via={link}" if link else step.base, 303)
    response = RedirectResponse(f"{step.base}?via={link}&class=1", 303)
    until = step.now + CLASS_LASTS
    put_journey(request, response, step.new_journey(link=link, class_until=until), step.now)
    return response


async def end_class(request: Request) -> Response:
    """The device is as any other, and nothing is on it."""
    step = await _step(request)
    response = RedirectResponse(step.base, 303)
    drop_journey(request, response)
    return response


async def visit_section(request: Request) -> Response:
    step = await _step(request)
    section: str = request.path_params["section"]
    journey = step.journey_or_new() if section == views.first_section(step) else step.journey()
    if section == views.first_section(step) and not request.cookies and not wants_fragment(request):
        _shelve_first_page(step)
    if journey.sent:
        return step.go(f"{step.base}/thanks")
    if section == "all":
        response = views.show_whole(step, journey)
        renew(request, response, journey, step.now)
        return response
    if section not in step.edition.document.sections_by_name:
        raise NotFound
    walked = walk(step.edition.document, journey.answers)
    held = await _consent_held(step, journey)
    if not walked.asked[section]:
        return step.go(f"{step.base}/answer/{views.first_open_section(step, journey, walked, consent_held=held)}")
    if section != views.first_section(step) and not service.may_go_on(
        step.edition.consultation, journey, consent_held=held
    ):
        return step.go(f"{step.base}/answer/{views.first_section(step)}")
    response = views.show_section(step, journey, section, walked)
    renew(request, response, journey, step.now)
    return response


async def answer_section(request: Request) -> Response:
    step = await _step(request)
    section: str = request.path_params["section"]
    first = views.first_section(step)
    journey = step.journey_or_new() if section == first else step.journey()
    form = await read_form(request)
    if journey.sent:
        return step.go(f"{step.base}/thanks")
    document = step.edition.document
    # With everything on one page nothing depends on what was asked before.
    before = walk(document, journey.answers) if section != "all" else None
    if before is not None and section in document.sections_by_name and not before.asked[section]:
        # Another tab, or the way back: this section is not asked any more.
        held = await _consent_held(step, journey)
        return step.go(f"{step.base}/answer/{views.first_open_section(step, journey, before, consent_held=held)}")
    if section == "all":
        questions = tuple(document.questions.values())
    elif before is not None and section in document.sections_by_name:
        # A question that was not on the page keeps its answer: it may be asked again after the next change.
        questions = before.asked[section]
    else:
        raise NotFound
    answers, dropped = read_section(questions, journey.answers, form)
    journey = replace(journey, answers=answers, dropped=journey.dropped + dropped)
    if section in ("all", first):
        journey = replace(journey, agreed=_one(form, "agree"), parent_agreed=_one(form, "parent"))
    walked = walk(document, answers)
    try:
        return await _onward(step, journey, section, form, before or walked, walked)
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
        held = await _consent_held(step, journey)
        begun = service.judge_start(step.edition.consultation, journey, consent_held=held)
        if begun.ending:
            return views.end(step, begun.ending)
    elif go == "back":
        return views.go_to(step, journey, walked.before(section) or first, walked)
    if begun != service.Begun() or walked.faults(section):
        return views.show_faults(step, journey, section, walked, begun)
    if section == "all":
        journey = _further(step, journey, "all", "")
        return await _send(step, journey, walked) if go == "send" else views.go_to(step, journey, "", walked)
    revealed = newly_asked(section, before, walked) if section != first else None
    if revealed is not None:
        return views.go_to(step, journey, section, walked, anchor=revealed.code)
    if journey.checking:
        journey = replace(journey, checking=False)
        if before.asked == walked.asked:
            return views.go_to(step, journey, "", walked)
    onward = walked.after(section) or ""
    return views.go_to(step, _further(step, journey, section, onward), onward, walked)


def _further(step: Step, journey: Journey, section: str, onward: str) -> Journey:
    """The journey, of which the funnel learns when it was never so far: going back and on again counts nothing."""
    names = [each.name for each in step.edition.document.sections]
    place = names.index(onward) if onward else len(names)
    if place <= journey.reached:
        return journey
    step.request.app.state.inbox.funnel.go_on(step.edition.slug, section, onward)
    return replace(journey, reached=place)


async def check(request: Request) -> Response:
    step = await _step(request)
    journey = step.journey()
    if journey.sent:
        return step.go(f"{step.base}/thanks")
    if not journey.answers:
        # Whoever said No and comes back: what was answered is gone.
        return step.go(f"{step.base}/answer/{'all' if journey.whole else views.first_section(step)}")
    response = views.show_check(step, journey, walk(step.edition.document, journey.answers))
    renew(request, response, journey, step.now)
    return response


async def send(request: Request) -> Response:
    """Sends, or goes where a button of the check page leads. A repeat shows the same receipt page."""
    step = await _step(request)
    journey = step.journey()
    form = await read_form(request)
    wish, go, change = _one(form, "language"), _one(form, "go"), _one(form, "change")
    if wish in LANGUAGES:
        return views.go_to_language(step, f"/{wish}/consultations/{step.edition.slug}/check", journey)
    if journey.sent:
        return step.go(f"{step.base}/thanks", journey)
    walked = walk(step.edition.document, journey.answers)
    if go == "stop":
        return views.end(step, "no")
    if change in step.edition.document.questions:
        section = "all" if journey.whole else step.edition.document.section_of(change).name
        return views.go_to(step, replace(journey, checking=not journey.whole), section, walked, anchor=change)
    if go == "back":
        return views.go_to(step, journey, "all" if journey.whole else walked.sections[-1], walked)
    held = await _consent_held(step, journey)
    begun = service.judge_start(step.edition.consultation, journey, consent_held=held)
    if begun != service.Begun():
        if begun.ending:
            return views.end(step, begun.ending)
        return views.go_to(step, journey, views.first_section(step), walked)
    if walked.faults():
        return views.show_check(step, journey, walked, 422)
    return await _send(step, journey, walked)


async def thanks(request: Request) -> Response:
    """The receipt code, once: until the browser is closed, half an hour passes or another person begins."""
    step = await _step(request)
    journey = find_journey(request, step.edition.slug)
    if not journey.sent:
        return step.go(f"{step.base}/check")
    return await views.show_thanks(step, journey)


async def _send(step: Step, journey: Journey, walked: Walk) -> Response:
    state = step.request.app.state
    inbox: Inbox = state.inbox
    keys: ReceiptKeys = state.receipt_keys
    service.check_open(step.edition.consultation, journey, step.now, step.grace_minutes)
    sent = await service.send(inbox, keys, step.edition, journey, walked, step.language, step.now)
    state.metrics.count_send()
    if wants_fragment(step.request):
        response = await views.show_thanks(step, sent)
        response.headers["HX-Push-Url"] = f"{step.base}/thanks"
        keep_journey(step.request, response, sent, step.now)
        return response
    return step.go(f"{step.base}/thanks", sent)


def _one(form: dict[str, list[str]], name: str) -> str:
    sent = form.get(name)
    return sent[-1] if sent else ""


for path, endpoint, method in (
    ("/answer/{section}", answer_section, "POST"),
    ("/answer/{section}", visit_section, "GET"),
    ("/send", send, "POST"),
    ("/thanks", thanks, "GET"),
    ("/check", check, "GET"),
    ("/answer", start, "GET"),
    ("/another", another, "GET"),
    ("/class", begin_class, "GET"),
    ("/class/end", end_class, "GET"),
):
    router.add_route(router.prefix + path, endpoint, methods=[method])
