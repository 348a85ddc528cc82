"""What everybody can read: the comments on a draft with their answers, and what happened with young people's views."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.consultations.phase import OVER, Phase, is_published, phase_at
from app.consultations.service import Directory
from app.errors import NotFound
from app.reporting import versions
from app.reporting.rounds import Numbered
from app.reporting.version_routes import Asked, Told, gone, numbered, posted
from app.web.deps import Language, Now, Reading
from app.web.pages import Page, html, render
from app.workinggroup import comments, outcomes
from app.workinggroup.models import Comment

router = APIRouter(prefix="/{language}/consultations/{slug}")


@dataclass(frozen=True)
class Shown:
    """A comment as pages show it."""

    id: int
    name: str
    organization: str
    text: str
    language: str
    received_on: date | None
    made_at: datetime
    public: bool
    taken: bool | None
    answer: str
    own: bool = False


@dataclass(frozen=True)
class Commented:
    """A paragraph with the comments on it; `number` is "" for the whole paper."""

    number: str
    section: str
    text: str
    comments: tuple[Shown, ...]


@dataclass(frozen=True, kw_only=True)
class CommentsPage(Page):
    """`kept_back` counts comments whose writers did not want to be shown."""

    template: ClassVar[str] = "workinggroup/comments.html"

    slug: str
    topic: str
    sample: bool
    each: Told
    paragraphs: tuple[Commented, ...]
    kept_back: int


@dataclass(frozen=True)
class Entry:
    """One entry in one language."""

    kind: str
    day: date
    expected_on: date | None
    title: str
    said: str
    response: str


@dataclass(frozen=True, kw_only=True)
class WhatHappenedPage(Page):
    """`promised` is the day by which young people should be told; `late` when it is over and nothing is here."""

    template: ClassVar[str] = "workinggroup/what_happened.html"

    slug: str
    topic: str
    sample: bool
    day: date
    over: bool
    entries: tuple[Entry, ...]
    last_change: datetime | None
    promised: date | None
    late: bool
    results: bool
    paper: bool


@router.get("/paper/{number:int}/comments")
async def comments_page(
    request: Request, language: Language, slug: str, number: int, now: Now, session: Reading
) -> Response:
    consultation, found = await posted(request, session, slug)
    version = numbered(found, number)
    asked = Asked(language, f"/consultations/{slug}/paper/{number}/comments", consultation, found, version, now)
    if version.withdrawn_at is not None:
        return gone(request, asked)
    if version.comments_until is None:
        raise NotFound
    made = await comments.on_version(session, version.id)
    paragraphs = await versions.paragraphs_of(session, version, language)
    page = CommentsPage(
        **asked.for_page,
        sample=consultation.sample,
        paragraphs=tuple(
            each for each in commented(paragraphs, [each for each in made if each.public]) if each.comments
        ),
        kept_back=sum(1 for each in made if not each.public),
    )
    return html(request, render(page))


def commented(paragraphs: Sequence[Numbered], made: Sequence[Comment], account_id: int = 0) -> Sequence[Commented]:
    """The whole paper and each of its paragraphs, with the comments on them. One on a paragraph that this language does
    not have stands with the whole paper."""
    known = {each.number for each in paragraphs}
    by_number: dict[str, list[Shown]] = {}
    for each in made:
        place = each.paragraph if each.paragraph in known else ""
        by_number.setdefault(place, []).append(shown(each, account_id))
    places = [Numbered("", "", ""), *paragraphs]
    return [Commented(each.number, each.section, each.text, tuple(by_number.get(each.number, ()))) for each in places]


def shown(comment: Comment, account_id: int = 0) -> Shown:
    return Shown(
        id=comment.id,
        name=comment.name,
        organization=comment.organization,
        text=comment.text,
        language=comment.language,
        received_on=comment.received_on,
        made_at=comment.made_at,
        public=comment.public,
        taken=comment.taken,
        answer=comment.answer,
        own=bool(account_id) and comment.account_id == account_id and comment.received_on is None,
    )


@router.get("/what-happened")
async def what_happened(request: Request, language: Language, slug: str, now: Now, session: Reading) -> Response:
    """What young people were promised, and what became of it. The page is there before anything has happened."""
    directory: Directory = request.app.state.directory
    consultation = await directory.find(slug)
    if consultation is None or phase_at(consultation, now) is Phase.DRAFT:
        raise NotFound
    every = await outcomes.of_consultation(session, consultation.id)
    public = [each for each in every if each.published_at is not None]
    page = WhatHappenedPage(
        language=language,
        path=f"/consultations/{slug}/what-happened",
        slug=slug,
        topic=consultation.topic_in(language),
        sample=consultation.sample,
        day=consultation.day,
        over=phase_at(consultation, now) in OVER,
        entries=tuple(
            Entry(
                kind=each.kind,
                day=each.day,
                expected_on=each.expected_on,
                title=each.title[language],
                said=each.said[language],
                response=each.response.get(language, ""),
            )
            for each in public
        ),
        last_change=max((max(each.changed_at, each.published_at or each.changed_at) for each in public), default=None),
        promised=consultation.feedback_on,
        late=outcomes.is_late(consultation.feedback_on, every, now),
        results=is_published(consultation, now),
        paper=bool(await versions.all_versions(session, consultation.id)),
    )
    return html(request, render(page))
