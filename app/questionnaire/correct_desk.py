"""Correcting words while young people answer: a text in one language, with a reason, from the opening until the freeze.

Codes, conditions, limits and choices stay as they were asked. What was corrected is listed here and in the paper.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.errors import NotFound, OperatorError
from app.questionnaire.corrections import Correction, alike
from app.questionnaire.desk import SeeQuestionnaire, can_correct
from app.questionnaire.document import LANGUAGES, Document
from app.questionnaire.service import corrections_of
from app.questionnaire.sound import faults_of
from app.questionnaire.text_checks import Remark, remarks
from app.questionnaire.texts import DocumentText, texts_of, tidy, with_texts
from app.questionnaire.translation_desk import MOST_REASON_CHARS
from app.questionnaire.translation_work import Work, keep, work_on
from app.questionnaire.translations import Change, hold, token_of
from app.staff.door import Visitor, needs
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act
from app.web.deps import Language, Now, Reading, Writing
from app.web.forms import read_form

router = APIRouter(prefix="/staff/consultations/{slug}/corrections")

Correct = Annotated[Visitor, Depends(needs(Act.EDIT_QUESTIONNAIRE))]

#: Stands in the address for the title and the summary: no section and no question can have this name.
WHOLE = "all"


@dataclass(frozen=True, kw_only=True)
class _AnyPage(DeskPage):
    slug: str
    topic: str
    document: Document
    here: str = "consultations"


@dataclass(frozen=True, kw_only=True)
class CorrectionsPage(_AnyPage):
    template: ClassVar[str] = "questionnaire/corrections.html"

    corrections: tuple[Correction, ...]
    may_correct: bool


@dataclass(frozen=True, kw_only=True)
class ChoosePage(_AnyPage):
    """The texts of a question, of a section's title, or of the whole, in one language."""

    template: ClassVar[str] = "questionnaire/corrections_choose.html"

    owner: str
    chosen: str
    offered: tuple[str, ...]
    texts: tuple[DocumentText, ...]


@dataclass(frozen=True, kw_only=True)
class CorrectPage(_AnyPage):
    """One text as it stands `now`. `source` is what it was translated from, empty for a source; `was` says what its
    reader had before them. `alike` are the choices elsewhere with the same words, `mistakes` keys of what must be
    mended; `looked` says for which words the remarks were seen."""

    template: ClassVar[str] = "questionnaire/correct.html"

    text: DocumentText
    chosen: str
    now: str
    source: str
    was: str
    alike: tuple[str, ...]
    typed: str
    reason: str = ""
    also: bool = True
    remarks: tuple[Remark, ...] = ()
    mistakes: tuple[str, ...] = ()
    looked: str = ""


@router.get("")
async def corrected(request: Request, slug: str, visitor: SeeQuestionnaire, now: Now, session: Reading) -> Response:
    """What was corrected so far."""
    work = await work_on(session, slug, visitor.language, now)
    page = CorrectionsPage(
        language=visitor.language,
        path=f"/staff/consultations/{slug}/corrections",
        visitor=visitor,
        slug=slug,
        topic=work.consultation.topic_in(visitor.language),
        document=work.document,
        corrections=await corrections_of(session, work.consultation.id),
        may_correct=visitor.may(Act.EDIT_QUESTIONNAIRE) and can_correct(work.consultation, now),
    )
    return show(request, page)


@router.get("/{owner}")
async def choose(request: Request, slug: str, owner: str, visitor: Correct, now: Now, session: Reading) -> Response:
    work = await _correctable(session, slug, visitor.language, now)
    document = work.document
    texts = tuple(text for text in texts_of(document) if text.is_shown and (text.owner or WHOLE) == owner)
    if not texts:
        raise NotFound
    offered = tuple(each for each in LANGUAGES if any(text.in_language(each) for text in texts))
    asked = request.query_params.get("language", visitor.language)
    page = ChoosePage(
        language=visitor.language,
        path=f"/staff/consultations/{slug}/corrections/{owner}",
        visitor=visitor,
        slug=slug,
        topic=work.consultation.topic_in(visitor.language),
        document=document,
        owner=owner,
        chosen=asked if asked in offered else document.default_language,
        offered=offered,
        texts=texts,
    )
    return show(request, page)


@router.get("/{language}/{key}")
async def one(
    request: Request, slug: str, language: Language, key: str, visitor: Correct, now: Now, session: Reading
) -> Response:
    work = await _correctable(session, slug, language, now)
    text = _text(work.document, language, key)
    return show(request, _page(work, visitor, text, typed=text.in_language(language)))


@router.post("/{language}/{key}")
async def correct(
    request: Request, slug: str, language: Language, key: str, visitor: Correct, now: Now, session: Writing
) -> Response:
    """The text is the one of the form, in a new version that everybody sees at once; or the form again."""
    form = await read_form(request)
    await hold(session, slug)
    work = await _correctable(session, slug, language, now)
    text = _text(work.document, language, key)
    said = {name: form.get(name, [""])[-1] for name in ("text", "was", "reason", "also", "looked")}
    typed, reason = tidy(said["text"]), said["reason"].strip()[:MOST_REASON_CHARS]
    also = said["also"] == "yes"
    page = _page(work, visitor, text, typed=typed, reason=reason, also=also)
    mistakes = tuple(_mistakes(page, said))
    if mistakes:
        return show(request, replace(page, mistakes=mistakes, looked=token_of("", typed)), 422)
    keys = (key, *(page.alike if also else ()))
    source = {each.key: each.in_language(work.document.default_language) for each in texts_of(work.document)}
    changes = {each: Change(typed, typed if not page.source else source[each]) for each in keys}
    await keep(session, work, changes, visitor=visitor, now=now, reason=reason)
    return RedirectResponse(f"/staff/consultations/{slug}/corrections#last", 303)


async def _correctable(session: AsyncSession, slug: str, language: str, now: datetime) -> Work:
    """Raises NotFound, and OperatorError before the opening and after the freeze."""
    work = await work_on(session, slug, language, now)
    if not can_correct(work.consultation, now):
        raise OperatorError(f"“{slug}” is {work.phase}: words are corrected from the opening until the freeze.")
    return work


def _text(document: Document, language: str, key: str) -> DocumentText:
    """Raises NotFound for a text that young people do not read in that language."""
    for text in texts_of(document):
        if text.key == key and text.is_shown and text.in_language(language):
            return text
    raise NotFound


def _page(
    work: Work,
    visitor: Visitor,
    text: DocumentText,
    *,
    typed: str,
    reason: str = "",
    also: bool = True,
) -> CorrectPage:
    own = work.document.default_language
    now = text.in_language(work.language)
    source = "" if work.language == own else text.in_language(own)
    return CorrectPage(
        language=visitor.language,
        path=f"/staff/consultations/{work.consultation.slug}/corrections/{work.language}/{text.key}",
        visitor=visitor,
        slug=work.consultation.slug,
        topic=work.consultation.topic_in(visitor.language),
        document=work.document,
        text=text,
        chosen=work.language,
        now=now,
        source=source,
        was=token_of(source, now),
        alike=alike(work.document, work.language, text),
        typed=typed,
        reason=reason,
        also=also,
        # A source has nothing beside it but what it was itself.
        remarks=remarks(source or now, typed, work.language, own, is_name=text.is_name),
    )


def _mistakes(page: CorrectPage, said: Mapping[str, str]) -> list[str]:
    """Keys of what keeps the text from being shown, in the order of the form."""
    mistakes = []
    if said["was"] != page.was:
        mistakes.append("changed")
    elif not page.typed:
        mistakes.append("emptied")
    elif page.typed == tidy(page.now):
        mistakes.append("same")
    elif len(page.typed) > page.text.longest:
        mistakes.append("too_long")
    elif any(remark.grave for remark in page.remarks) or _unfit(page):
        mistakes.append("grave")
    elif page.remarks and said["looked"] != token_of("", page.typed):
        mistakes.append("look")
    if not page.reason:
        mistakes.append("reason")
    return mistakes


def _unfit(page: CorrectPage) -> bool:
    """Whether the questionnaire could not be asked with the text."""
    before = {(finding.code, finding.reason) for finding in faults_of(page.document)}
    after = faults_of(with_texts(page.document, page.chosen, {page.text.key: page.typed}))
    return any((finding.code, finding.reason) not in before for finding in after)
