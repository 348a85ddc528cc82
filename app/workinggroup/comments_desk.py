"""The desk's page of a draft's paragraphs: members comment on them, e-mails are typed in, the secretariat answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Path
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.models import Consultation
from app.consultations.phase import LAST_ZONE
from app.errors import NotFound
from app.reporting import versions
from app.reporting.models import PaperVersion
from app.reporting.version_desk import one_of
from app.reporting.version_routes import Told, told
from app.staff.audit import record
from app.staff.door import Visitor, needs
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act
from app.web.deps import Now, Reading, Writing
from app.web.forms import read_form
from app.web.i18n import LANGUAGES
from app.workinggroup import comments
from app.workinggroup.comments import (
    MOST_CHARS,
    MOST_NAME_CHARS,
    MOST_ORGANIZATION_CHARS,
    WHOLE,
    Wanted,
    names_an_address,
)
from app.workinggroup.models import Comment
from app.workinggroup.routes import Commented, commented

router = APIRouter(prefix="/staff/consultations/{slug}/versions/{number:int}")

SeeDrafts = Annotated[Visitor, Depends(needs(Act.SEE_DRAFTS))]
MayComment = Annotated[Visitor, Depends(needs(Act.COMMENT))]
MayAnswer = Annotated[Visitor, Depends(needs(Act.ANSWER_COMMENTS))]
Known = Annotated[int, Path(ge=1, le=2**31 - 1)]


@dataclass(frozen=True)
class Typed:
    """The form of a comment, or of an answer, as it stands in its fields."""

    paragraph: str = WHOLE
    name: str = ""
    organization: str = ""
    text: str = ""
    language: str = ""
    agrees: str = ""
    received_on: str = ""
    taken: str = ""


@dataclass(frozen=True, kw_only=True)
class CommentsPage(DeskPage):
    """`writing` is "" while nobody writes, "comment" for an own one, "mail" for one that came by e-mail, "answer" for
    an answer to the comment `answering`; the form then stands below its paragraph."""

    template: ClassVar[str] = "workinggroup/desk_comments.html"

    slug: str
    topic: str
    each: Told
    paragraphs: tuple[Commented, ...]
    only_open: bool
    made: int
    unanswered: int
    writing: str
    answering: int
    typed: Typed
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """What every route of a version's comments begins with."""

    consultation: Consultation
    found: list[PaperVersion]
    version: PaperVersion

    @property
    def path(self) -> str:
        return f"/staff/consultations/{self.consultation.slug}/versions/{self.version.number}/comments"

    @property
    def subject(self) -> str:
        return f"{self.consultation.slug}/{self.version.number}"

    def is_open(self, now: Now) -> bool:
        return versions.takes_comments(self.version, self.found, now)


@router.get("/comments")
async def read(
    request: Request,
    slug: str,
    number: int,
    visitor: SeeDrafts,
    now: Now,
    session: Reading,
    on: str = "",
    by: str = "",
    answer: str = "",
) -> Response:
    """The paragraphs with their comments. `on` opens a form below a paragraph, `by=mail` that of an e-mail, `answer`
    that of an answer to the comment with this number."""
    place = await _place(session, slug, number)
    writing, typed, answering = "", Typed(), 0
    if answer.isascii() and answer.isdigit() and visitor.may(Act.ANSWER_COMMENTS):
        comment = await _comment(session, place, int(answer[:9]))
        taken = "" if comment.taken is None else "yes" if comment.taken else "no"
        writing, answering = "answer", comment.id
        typed = Typed(paragraph=comment.paragraph or WHOLE, text=comment.answer, taken=taken)
    elif on and by == "mail" and visitor.may(Act.ANSWER_COMMENTS):
        writing, typed = "mail", Typed(paragraph=on, language=visitor.language)
    elif on and visitor.may(Act.COMMENT) and place.is_open(now):
        organization = await comments.last_organization(session, visitor.id)
        writing, typed = "comment", Typed(paragraph=on, name=visitor.name, organization=organization)
    return show(request, await _page(request, session, place, visitor, now, writing, typed, answering=answering))


@router.post("/comments")
async def comment(
    request: Request, slug: str, number: int, visitor: MayComment, now: Now, session: Writing
) -> Response:
    """A member's own comment stands at its paragraph, shown to everybody with name and organization."""
    place = await _place(session, slug, number)
    typed = _typed(await read_form(request))
    faults = await _faults(session, place, visitor, typed)
    if typed.agrees != "yes":
        faults.append("agrees")
    if not place.is_open(now):
        faults.append("closed")
    if faults:
        page = await _page(request, session, place, visitor, now, "comment", typed, tuple(faults))
        return show(request, page, 422)
    wanted = _wanted(typed, visitor.language, public=True)
    made = await comments.make(session, place.version, wanted, visitor.id, now)
    await _remember_made(session, place, visitor, made, now)
    return RedirectResponse(f"{place.path}#c-{made.id}", 303)


@router.post("/mailed-comments")
async def type_in(request: Request, slug: str, number: int, visitor: MayAnswer, now: Now, session: Writing) -> Response:
    """A comment that came by e-mail within the window stands at its paragraph, also when it is typed in later."""
    place = await _place(session, slug, number)
    typed = _typed(await read_form(request))
    faults = await _faults(session, place, visitor, typed)
    if typed.agrees not in ("yes", "no"):
        faults.append("agrees")
    if typed.language not in LANGUAGES:
        faults.append("language")
    received_on = _day(typed.received_on)
    if received_on is None or not _in_window(place.version, received_on, now):
        faults.append("received_on")
    if faults:
        page = await _page(request, session, place, visitor, now, "mail", typed, tuple(faults))
        return show(request, page, 422)
    wanted = _wanted(typed, typed.language, public=typed.agrees == "yes", received_on=received_on)
    made = await comments.make(session, place.version, wanted, visitor.id, now)
    await _remember_made(session, place, visitor, made, now)
    return RedirectResponse(f"{place.path}#c-{made.id}", 303)


@router.post("/comments/{comment_id:int}/answer")
async def answer(
    request: Request, slug: str, number: int, comment_id: Known, visitor: MayAnswer, now: Now, session: Writing
) -> Response:
    """The comment is answered, and marked as taken or not. A later answer replaces an earlier one."""
    place = await _place(session, slug, number)
    found = await _comment(session, place, comment_id)
    typed = _typed(await read_form(request), paragraph=found.paragraph or WHOLE)
    faults = []
    if typed.taken not in ("yes", "no"):
        faults.append("taken")
    if not typed.text or len(typed.text) > MOST_CHARS:
        faults.append("text")
    elif names_an_address(typed.text):
        faults.append("address")
    if faults:
        page = await _page(request, session, place, visitor, now, "answer", typed, tuple(faults), answering=comment_id)
        return show(request, page, 422)
    before = _state(found)
    comments.answer(found, taken=typed.taken == "yes", words=typed.text, now=now)
    await record(
        session,
        who=visitor.email,
        act="comment_answered",
        subject=place.subject,
        now=now,
        before=before,
        after=_state(found),
    )
    return RedirectResponse(f"{place.path}#c-{comment_id}", 303)


@router.post("/comments/{comment_id:int}/take-back")
async def take_back(
    slug: str, number: int, comment_id: Known, visitor: MayComment, now: Now, session: Writing
) -> Response:
    """One's own comment is gone, while the window is open and nobody has answered it."""
    place = await _place(session, slug, number)
    found = await _comment(session, place, comment_id)
    before = _state(found)
    await comments.take_back(session, found, place.version, visitor.id, now)
    await record(
        session, who=visitor.email, act="comment_taken_back", subject=place.subject, now=now, before=before, after=None
    )
    return RedirectResponse(place.path, 303)


async def _place(session: AsyncSession, slug: str, number: int) -> _Place:
    """The version, which must have taken comments. Raises NotFound."""
    place = _Place(*await one_of(session, slug, number))
    if place.version.comments_until is None:
        raise NotFound
    return place


async def _comment(session: AsyncSession, place: _Place, comment_id: int) -> Comment:
    """The comment with this number on this version. Raises NotFound."""
    found = await session.get(Comment, comment_id)
    if found is None or found.version_id != place.version.id:
        raise NotFound
    return found


def _typed(form: Mapping[str, list[str]], paragraph: str = "") -> Typed:
    def one(name: str, most: int = 40) -> str:
        # A browser counts a line's end as one character and sends two.
        return form.get(name, [""])[-1].replace("\r\n", "\n").strip()[:most]

    return Typed(
        paragraph=paragraph or one("paragraph"),
        name=one("name", MOST_NAME_CHARS + 1),
        organization=one("organization", MOST_ORGANIZATION_CHARS + 1),
        text=one("text", MOST_CHARS + 1),
        language=one("language"),
        agrees=one("agrees"),
        received_on=one("received_on"),
        taken=one("taken"),
    )


async def _faults(session: AsyncSession, place: _Place, visitor: Visitor, typed: Typed) -> list[str]:
    """The names of the fields that must be mended, of those that both forms have. Raises NotFound for a paragraph that
    the version does not have."""
    known = {each.number for each in await versions.paragraphs_of(session, place.version, visitor.language)}
    if typed.paragraph not in known | {WHOLE}:
        raise NotFound
    faults = []
    for name, most in (("name", MOST_NAME_CHARS), ("organization", MOST_ORGANIZATION_CHARS), ("text", MOST_CHARS)):
        words = getattr(typed, name)
        if not words or len(words) > most:
            faults.append(name)
        elif names_an_address(words):
            faults.append("address" if name == "text" else name)
    return faults


def _wanted(typed: Typed, language: str, *, public: bool, received_on: date | None = None) -> Wanted:
    return Wanted(
        paragraph="" if typed.paragraph == WHOLE else typed.paragraph,
        language=language,
        name=typed.name,
        organization=typed.organization,
        text=typed.text,
        public=public,
        received_on=received_on,
    )


def _in_window(version: PaperVersion, day: date, now: Now) -> bool:
    """Whether a mail of that date came between the posting and the last day, and not tomorrow."""
    first = version.posted_at.astimezone(LAST_ZONE).date()
    until = version.comments_until
    return until is not None and first <= day <= until and day <= now.date()


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        return None


def _state(comment: Comment) -> dict[str, Any]:
    """What the trail keeps: never the words, which are on the page."""
    return {
        "comment": comment.id,
        "paragraph": comment.paragraph or WHOLE,
        "chars": len(comment.text),
        "taken": comment.taken,
        "answer_chars": len(comment.answer),
    }


async def _remember_made(session: AsyncSession, place: _Place, visitor: Visitor, comment: Comment, now: Now) -> None:
    after = {
        "comment": comment.id,
        "paragraph": comment.paragraph or WHOLE,
        "language": comment.language,
        "chars": len(comment.text),
        "public": comment.public,
        "received_on": comment.received_on.isoformat() if comment.received_on else None,
    }
    act = "comment_typed_in" if comment.received_on else "comment_made"
    await record(session, who=visitor.email, act=act, subject=place.subject, now=now, after=after)


async def _page(
    request: Request,
    session: AsyncSession,
    place: _Place,
    visitor: Visitor,
    now: Now,
    writing: str,
    typed: Typed,
    faults: tuple[str, ...] = (),
    *,
    answering: int = 0,
) -> CommentsPage:
    made = await comments.on_version(session, place.version.id)
    only_open = request.query_params.get("show") == "open"
    paragraphs = await versions.paragraphs_of(session, place.version, visitor.language)
    if writing and typed.paragraph not in {WHOLE, *(each.number for each in paragraphs)}:
        raise NotFound
    rows = commented(paragraphs, [each for each in made if not only_open or each.taken is None], visitor.id)
    return CommentsPage(
        language=visitor.language,
        path=place.path,
        visitor=visitor,
        here="consultations",
        slug=place.consultation.slug,
        topic=place.consultation.topic_in(visitor.language),
        each=told(place.version, place.found, now),
        paragraphs=tuple(each for each in rows if each.comments or not only_open),
        only_open=only_open,
        made=len(made),
        unanswered=sum(1 for each in made if each.taken is None),
        writing=writing,
        answering=answering,
        typed=typed,
        faults=faults,
    )
