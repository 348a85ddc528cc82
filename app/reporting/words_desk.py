"""The secretariat's own words in the paper: every generated paragraph, and what stands over or after it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.desk import find
from app.consultations.models import Consultation
from app.consultations.phase import is_published
from app.errors import NotFound
from app.questionnaire.translations import hold, token_of
from app.reporting import service, versions
from app.reporting.models import PaperWords
from app.reporting.release_file import from_bytes
from app.reporting.renderers.compose import compose
from app.reporting.renderers.own_words import generated_paragraphs
from app.reporting.wording import AFTER, GENERATED, INSTEAD, MANNERS, decide, history_of, in_force
from app.reporting.words import MOST_CHARS, SUMMARY_WORDS, new_figures
from app.staff.door import Visitor, needs
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act
from app.web.deps import Language, Now, Reading, Writing
from app.web.forms import read_form
from app.web.i18n import LANGUAGES, translator

router = APIRouter(prefix="/staff/consultations/{slug}/paper/words")

SeeDrafts = Annotated[Visitor, Depends(needs(Act.SEE_DRAFTS))]
WritePaper = Annotated[Visitor, Depends(needs(Act.WRITE_PAPER))]
MOST_REASON_CHARS = 1000


@dataclass(frozen=True)
class Generated:
    """A generated paragraph: `part` is the title of its section, `lead` the question that stands before it."""

    id: str
    part: str
    number: str
    lead: str
    text: str


@dataclass(frozen=True)
class Row:
    """A paragraph with the own words `own` in the chosen language; `stale`: the generated one read otherwise when they
    were written. `lacking`: languages without a change, where some language has one."""

    generated: Generated
    own: PaperWords | None
    stale: bool
    lacking: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _AnyPage(DeskPage):
    """`public`: what is saved stands in the public paper "now"; in the "next" version, where some were posted; else
    nothing is public."""

    slug: str
    topic: str
    chosen: str
    public: str
    here: str = "consultations"


@dataclass(frozen=True, kw_only=True)
class WordsPage(_AnyPage):
    """`parts` are titles with their rows, in order; `lacking` counts by language the paragraphs that were changed
    elsewhere and not there."""

    template: ClassVar[str] = "reporting/desk_words.html"

    parts: tuple[tuple[str, tuple[Row, ...]], ...]
    lacking: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class ParagraphPage(_AnyPage):
    """`was` is what the reader had before them. `mistakes` are keys of what must be mended, `figures` the numbers in
    the text that the generated paragraph has not; `looked` says for which text these were seen."""

    template: ClassVar[str] = "reporting/desk_words_one.html"

    row: Row
    others: tuple[PaperWords, ...]
    history: tuple[PaperWords, ...]
    was: str
    typed: str
    manner: str
    reason: str = ""
    figures: tuple[str, ...] = ()
    long: bool = False
    mistakes: tuple[str, ...] = ()
    looked: str = ""


@router.get("")
async def words(request: Request, slug: str, visitor: SeeDrafts, now: Now, session: Reading) -> Response:
    """All paragraphs in one language."""
    consultation = await find(session, slug)
    asked = request.query_params.get("language", visitor.language)
    chosen = asked if asked in LANGUAGES else visitor.language
    rows = await _rows(session, consultation, chosen)
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(row.generated.part, []).append(row)
    page = WordsPage(
        language=visitor.language,
        path=f"/staff/consultations/{slug}/paper/words?language={chosen}",
        visitor=visitor,
        slug=slug,
        topic=consultation.topic_in(visitor.language),
        chosen=chosen,
        public=await _public(session, consultation, now),
        parts=tuple((title, tuple(each)) for title, each in parts.items()),
        lacking={language: sum(language in row.lacking for row in rows) for language in LANGUAGES},
    )
    return show(request, page)


@router.get("/{language}/{paragraph}")
async def one(
    request: Request, slug: str, language: Language, paragraph: str, visitor: WritePaper, now: Now, session: Reading
) -> Response:
    consultation = await find(session, slug)
    return show(request, await _page(session, consultation, language, paragraph, visitor, now))


@router.post("/{language}/{paragraph}")
async def write(
    request: Request, slug: str, language: Language, paragraph: str, visitor: WritePaper, now: Now, session: Writing
) -> Response:
    """The words of the form stand in the paper of that language, or the generated ones do again; or the form again."""
    form = await read_form(request)
    await hold(session, slug)
    consultation = await find(session, slug)
    page = await _page(session, consultation, language, paragraph, visitor, now)
    said = {name: form.get(name, [""])[-1] for name in ("text", "manner", "reason", "was", "looked", "go")}
    typed = said["text"].replace("\r\n", "\n").strip()
    manner = GENERATED if said["go"] == "restore" else said["manner"]
    generated = page.row.generated
    looked = token_of(generated.text, typed)
    page = replace(
        page,
        typed=typed if manner != GENERATED else page.typed,
        manner=manner if manner in (INSTEAD, AFTER) else page.manner,
        reason=said["reason"].strip()[:MOST_REASON_CHARS],
        figures=new_figures(typed, f"{generated.lead} {generated.text}") if manner != GENERATED else (),
        long=generated.id == "summary" and manner == INSTEAD and len(typed.split()) >= SUMMARY_WORDS,
    )
    mistakes = tuple(_mistakes(page, said, manner, typed, seen=said["looked"] == looked))
    if mistakes:
        return show(request, replace(page, mistakes=mistakes, looked=looked), 422)
    after = PaperWords(
        paragraph=paragraph,
        language=language,
        manner=manner,
        text="" if manner == GENERATED else typed,
        generated=generated.text,
        reason=page.reason,
        who=visitor.email,
        at=now,
    )
    await decide(session, consultation_id=consultation.id, slug=slug, before=page.row.own, after=after)
    return RedirectResponse(f"/staff/consultations/{slug}/paper/words?language={language}#p-{paragraph}", 303)


def _mistakes(page: ParagraphPage, said: Mapping[str, str], manner: str, typed: str, *, seen: bool) -> list[str]:
    """Keys of what keeps the words from being saved, in the order of the form."""
    mistakes, own = [], page.row.own
    if manner not in MANNERS:
        mistakes.append("manner")
    if said["was"] != page.was:
        mistakes.append("changed")
    elif manner == GENERATED:
        if own is None:
            mistakes.append("same")
    elif not typed:
        mistakes.append("empty")
    elif own is not None and (own.text, own.manner) == (typed, manner):
        mistakes.append("same")
    elif len(typed) > MOST_CHARS:
        mistakes.append("too_long")
    elif "{" in typed or "}" in typed or "%(" in typed:
        mistakes.append("braces")
    elif (page.figures or page.long) and not seen:
        mistakes.append("look")
    if not page.reason:
        mistakes.append("reason")
    return mistakes


async def _page(
    session: AsyncSession, consultation: Consultation, language: str, paragraph: str, visitor: Visitor, now: datetime
) -> ParagraphPage:
    """Raises NotFound for a paragraph that the paper has not."""
    row = next((row for row in await _rows(session, consultation, language) if row.generated.id == paragraph), None)
    if row is None:
        raise NotFound
    standing = await in_force(session, consultation.id)
    others = [each for each in standing if each.paragraph == paragraph and each.language != language]
    return ParagraphPage(
        language=visitor.language,
        path=f"/staff/consultations/{consultation.slug}/paper/words/{language}/{paragraph}",
        visitor=visitor,
        slug=consultation.slug,
        topic=consultation.topic_in(visitor.language),
        chosen=language,
        public=await _public(session, consultation, now),
        row=row,
        others=tuple(each for each in others if each.manner != GENERATED),
        history=tuple(await history_of(session, consultation.id, paragraph)),
        was=token_of(row.own.manner if row.own else GENERATED, row.own.text if row.own else ""),
        typed=row.own.text if row.own else "",
        manner=row.own.manner if row.own else INSTEAD,
    )


async def _public(session: AsyncSession, consultation: Consultation, now: datetime) -> str:
    if await versions.latest(session, consultation.id) is not None:
        return "next"
    return "now" if is_published(consultation, now) else ""


async def _rows(session: AsyncSession, consultation: Consultation, language: str) -> tuple[Row, ...]:
    """Raises NotFound before there is a release."""
    kept = await service.latest_release(session, consultation)
    if kept is None:
        raise NotFound
    # In a thread: composing takes a tenth of a second, for which no Send shall wait.
    generated = await asyncio.to_thread(_generated, kept.content.encode(), language)
    standing = [each for each in await in_force(session, consultation.id) if each.manner != GENERATED]
    return tuple(_row(each, [own for own in standing if own.paragraph == each.id], language) for each in generated)


def _generated(content: bytes, language: str) -> Sequence[Generated]:
    paper = compose(from_bytes(content), translator(language))
    return [
        Generated(id_, part, paragraph.number, paragraph.lead, paragraph.text)
        for id_, part, paragraph in generated_paragraphs(paper)
    ]


def _row(generated: Generated, standing: Iterable[PaperWords], language: str) -> Row:
    by_language = {each.language: each for each in standing}
    own = by_language.get(language)
    return Row(
        generated,
        own,
        stale=own is not None and own.generated != generated.text,
        lacking=tuple(each for each in LANGUAGES if each not in by_language) if by_language else (),
    )
