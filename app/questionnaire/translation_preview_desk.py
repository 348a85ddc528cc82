"""The questionnaire as a young person will see it, in one language, before it is public; and as a printed page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.consultations.countries import countries
from app.questionnaire.kinds import Choice, Fault, Question, Single, Texts
from app.questionnaire.texts import to_translate
from app.questionnaire.translation_work import work_on
from app.staff.door import Visitor, needs
from app.staff.permissions import Act
from app.web.deps import Language, Now, Reading
from app.web.pages import Page, html, render

router = APIRouter(prefix="/staff/consultations/{slug}/translations")

SeeQuestionnaire = Annotated[Visitor, Depends(needs(Act.SEE_QUESTIONNAIRE))]


@dataclass(frozen=True)
class Shown:
    """A question as the respondent's own templates ask it (macros/questions.html)."""

    question: Question
    choices: Sequence[Choice]
    conditional: bool
    with_support: bool
    fault: Fault | None = None
    choice: str = ""


@dataclass(frozen=True)
class ShownSection:
    title: Texts
    shown: tuple[Shown, ...]


@dataclass(frozen=True, kw_only=True)
class PreviewPage(Page):
    """`language` is the one that is looked at: words, direction and root of the page are the respondent's."""

    template: ClassVar[str] = "questionnaire/translation_preview.html"

    back: str
    topic: str
    consent: str
    missing: int
    sections: tuple[ShownSection, ...]
    words: Callable[[Texts], str]
    agree_fault: Fault | None = None
    parent_fault: Fault | None = None


@router.get("/{language}/preview")
async def preview(
    request: Request, slug: str, language: Language, visitor: SeeQuestionnaire, now: Now, session: Reading
) -> Response:
    """All questions on one page. Nothing can be sent; a text that is missing stands in the source's language."""
    work = await work_on(session, slug, language, now)
    document = work.document

    def words(texts: Texts) -> str:
        return texts.get(language) or texts.get(document.default_language, "")

    page = PreviewPage(
        language=language,
        path=f"{work.address}/preview",
        back=f"/staff/consultations/{slug}/translations",
        topic=words(document.title),
        consent=work.consultation.consent,
        missing=sum(not text.in_language(language) for text in to_translate(document)),
        sections=tuple(
            ShownSection(section.title, _shown(section.questions, language)) for section in document.sections
        ),
        words=words,
    )
    return html(request, render(page))


def _shown(questions: Sequence[Question], language: str) -> tuple[Shown, ...]:
    """The questions with the support note at the first sensitive one, as the journey has it."""
    first = next((each.code for each in questions if each.sensitive and each.answered), None)
    return tuple(
        Shown(each, _ordered(each, language), each.relevant is not None, each.code == first) for each in questions
    )


def _ordered(question: Question, language: str) -> Sequence[Choice]:
    choices: Sequence[Choice] = getattr(question, "choices", ())
    if not (isinstance(question, Single) and question.dropdown):
        return choices
    known, last = countries(), 10_000
    return sorted(choices, key=lambda choice: known[choice.name].places[language] if choice.name in known else last)
