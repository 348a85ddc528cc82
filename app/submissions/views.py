"""What the journey shows: each function here makes one answer, whole or, where htmx asked, the part that changes."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.helplines import Helplines
from app.errors import AnswersDoNotFit, JourneyExpired, JourneyNotBegun
from app.questionnaire.document import COUNTRY
from app.submissions import service
from app.submissions.answers_in_words import check_page
from app.submissions.cookie import Journey, begin
from app.submissions.journey import Walk, walk
from app.submissions.receipts import in_groups
from app.submissions.sheets import CODE_PLACE, Edition, Sheets, fill
from app.submissions.state import class_on, clear_journey, find_journey, keep_journey, peek
from app.web.cached import Shelved
from app.web.pages import html, render, wants_fragment


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

    def journey_or_new(self) -> Journey:
        """The respondent's journey, or a clean new one: whoever answers the first page begins with it.

        Raises ConsultationClosed and ConsultationNotOpen.
        """
        try:
            return self.journey()
        except (JourneyNotBegun, JourneyExpired):
            service.check_open(self.edition.consultation, None, self.now, self.grace_minutes)
            # A page that stood open too long, on a tablet made ready for a class, keeps its link.
            left = peek(self.request)
            if left is None or left.slug != self.edition.slug:
                return self.new_journey()
            return self.new_journey(link=left.link, class_until=left.class_until)

    def new_journey(self, *, link: str = "", whole: bool = False, class_until: datetime | None = None) -> Journey:
        """A journey that begins now, through the questionnaire as it stands."""
        version = self.edition.number
        return begin(self.edition.slug, self.now, version=version, link=link, whole=whole, class_until=class_until)

    def empty_walk(self) -> Walk:
        return walk(self.edition.document, {})

    @property
    def shelved_seconds(self) -> float:
        seconds: float = self.request.app.state.settings.shelved_seconds
        return seconds

    def go(self, path: str, journey: Journey | None = None) -> Response:
        """To another page of ours, with the journey kept on the way."""
        response = RedirectResponse(path, 303)
        if journey is not None:
            keep_journey(self.request, response, journey, self.now)
        return response


async def show_thanks(step: Step, journey: Journey) -> Response:
    in_class = class_on(step.request, journey.slug) is not None
    helplines: Helplines = step.request.app.state.helplines
    lines = (await helplines.shown()).get(str(journey.answers.get(COUNTRY, "")), ())
    page = step.sheets.thanks(lines, in_class=in_class, fragment=wants_fragment(step.request))
    return html(step.request, page.replace(CODE_PLACE, in_groups(journey.code), 1))


def go_to(step: Step, journey: Journey, section: str, walked: Walk, anchor: str = "") -> Response:
    """The page of `section`, or the check page for "": itself for htmx, its address for everybody else."""
    path = f"{step.base}/answer/{section}" if section else f"{step.base}/check"
    address = f"{path}#{anchor}" if anchor else path
    if not wants_fragment(step.request):
        return step.go(address, journey)
    if not section:
        response = show_check(step, journey, walked)
    elif section == "all":
        response = show_whole(step, journey)
    else:
        response = show_section(step, journey, section, walked)
    response.headers["HX-Push-Url"] = address
    keep_journey(step.request, response, journey, step.now)
    return response


def go_to_language(step: Step, path: str, journey: Journey) -> Response:
    """To a page in another language: with htmx, too, a whole page, since language and direction change."""
    if not wants_fragment(step.request):
        return step.go(path, journey)
    response = Response(status_code=200, headers={"HX-Redirect": path})
    keep_journey(step.request, response, journey, step.now)
    return response


def end(step: Step, why: str) -> Response:
    """A kind ending. Nothing was stored, and nothing that somebody typed stays on the device."""
    path = f"{step.base}/stop/{why}"
    headers = {"HX-Redirect": path} if wants_fragment(step.request) else {}
    response = Response(status_code=200, headers=headers) if headers else step.go(path)
    clear_journey(step.request, response, keeps_link=True)
    return response


def show_section(step: Step, journey: Journey, section: str, walked: Walk) -> Response:
    page, shelved = step.sheets.section(
        step.edition.document.sections_by_name[section], walked, fragment=wants_fragment(step.request)
    )
    questions = walked.asked[section]
    untouched = not any(code in walked.answers for each in questions for code in (each.code, *each.fields))
    begins = section == first_section(step)
    if untouched and not (begins and journey.agreed):
        return as_shelved(step.request, shelved)
    agreed = (journey.agreed, journey.parent_agreed) if begins else ("", "")
    return html(step.request, fill(page, questions, walked.answers, *agreed))


def show_whole(step: Step, journey: Journey) -> Response:
    page, shelved = step.sheets.whole(fragment=wants_fragment(step.request))
    if not journey.answers and not journey.agreed:
        return as_shelved(step.request, shelved)
    questions = step.edition.document.questions.values()
    return html(step.request, fill(page, questions, journey.answers, journey.agreed, journey.parent_agreed))


def show_faults(
    step: Step,
    journey: Journey,
    section: str,
    walked: Walk,
    begun: service.Begun,
) -> Response:
    """The same page, saying what to change; what was typed stays, on the page and, where it fits, in the cookie."""
    faults = walked.faults(section)
    if section == "all":
        made = step.sheets.whole_page(faults, begun.agree_fault, begun.parent_fault)
    else:
        made = step.sheets.section_page(
            step.edition.document.sections_by_name[section], walked, faults, begun.agree_fault, begun.parent_fault
        )
    page = render(made, fragment=wants_fragment(step.request))
    questions = [each.question for part in made.parts for each in part.asked]
    response = html(step.request, fill(page, questions, journey.answers, journey.agreed, journey.parent_agreed), 422)
    try:
        keep_journey(step.request, response, journey, step.now)
    except AnswersDoNotFit:
        return response
    return response


def show_check(step: Step, journey: Journey, walked: Walk, status: int = 200) -> Response:
    return html(step.request, check_page(step.sheets, walked, fragment=wants_fragment(step.request)), status)


def as_shelved(request: Request, shelved: Shelved) -> Response:
    """Bytes made once; no-store all the same, since the address belongs to somebody's way."""
    headers, body = shelved.best_for(request.headers.get("accept-encoding", "").encode())
    response = Response(body)
    response.raw_headers = [header for header in headers if header[0] != b"etag"]
    return response


def first_section(step: Step) -> str:
    return step.edition.document.sections[0].name


def first_open_section(step: Step, journey: Journey, walked: Walk, *, consent_held: bool) -> str:
    ready = service.may_go_on(step.edition.consultation, journey, consent_held=consent_held)
    return walked.sections[1] if ready and len(walked.sections) > 1 else first_section(step)
