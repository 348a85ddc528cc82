"""Pages of the journey as strings: each rendered once without answers, and the answers put in afterwards.

A page without answers is the same for everybody who was asked the same questions; it is kept with its compressed
bytes. Where somebody has answered, known markup of the inputs is marked: no template runs on the way to a respondent,
except where something must be mended.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import ClassVar

from app.consultations.countries import Helpline, countries
from app.consultations.models import Consultation
from app.questionnaire.document import Document, Section
from app.questionnaire.kinds import (
    Answers,
    Choice,
    Fault,
    Integer,
    Matrix,
    Multiple,
    Question,
    Ranking,
    Single,
    Text,
    Texts,
)
from app.submissions.journey import Walk
from app.web.cached import Shelved, shelve
from app.web.i18n import translator
from app.web.pages import Page, render

#: Different empty pages kept for one consultation and language; about 40 KB each.
MOST_SHEETS = 300
#: Stands in the kept page after sending where the receipt code is put in.
CODE_PLACE = "0000 0000 0000 0000"


@dataclass(frozen=True)
class Asked:
    """A question on a page. `choices` in the order of showing; `conditional` where the reader must judge for itself."""

    question: Question
    choices: Sequence[Choice] = ()
    fault: Fault | None = None
    choice: str = ""
    conditional: bool = False
    with_support: bool = False


@dataclass(frozen=True)
class Part:
    """A section on a page; `title` is empty where the page's own heading says it."""

    title: str
    asked: tuple[Asked, ...]
    agreement: bool = False


@dataclass(frozen=True)
class Trouble:
    """A fault with the label of the choice that it names."""

    fault: Fault
    choice: str = ""
    section: str = ""
    question: str = ""


@dataclass(frozen=True, kw_only=True)
class SectionPage(Page):
    template: ClassVar[str] = "submissions/section.html"
    fragment: ClassVar[str | None] = "submissions/_section.html"

    action: str
    heading: str
    where: str
    begins: bool
    whole: bool
    consent: str
    parts: tuple[Part, ...]
    words: Callable[[Texts], str]
    errors: tuple[Trouble, ...] = ()
    agree_fault: Fault | None = None
    parent_fault: Fault | None = None


@dataclass(frozen=True, kw_only=True)
class ThanksPage(Page):
    template: ClassVar[str] = "submissions/thanks.html"
    fragment: ClassVar[str | None] = "submissions/_thanks.html"

    slug: str
    code: str
    lines: tuple[Helpline, ...]
    results_on: date | None
    in_class: bool


@dataclass(frozen=True)
class Edition:
    """What a journey needs: the consultation, its document, and the document's number."""

    consultation: Consultation
    document: Document
    number: int

    @property
    def slug(self) -> str:
        return self.consultation.slug

    def words(self, language: str) -> Callable[[Texts], str]:
        """A function from texts to the text in that language, or in the document's own where there is none."""
        fallback = self.document.default_language

        def text(texts: Texts) -> str:
            return texts.get(language) or texts.get(fallback, "")

        return text


class Sheets:
    """The rendered pages of one edition in one language."""

    def __init__(self, edition: Edition, language: str) -> None:
        self.edition = edition
        self.language = language
        self.text = edition.words(language)
        self.between, self.colon = translator(language).semicolon, translator(language).colon
        self._kept: OrderedDict[tuple[object, ...], tuple[str, Shelved]] = OrderedDict()

    def section(self, section: Section, walk: Walk, *, fragment: bool = False) -> tuple[str, Shelved]:
        """The page of one section without answers, as text and as bytes."""
        asked = walk.asked[section.name]
        names = [name for name in walk.sections if name != self.edition.document.sections[0].name]
        place = names.index(section.name) + 1 if section.name in names else 0
        key = (section.name, tuple(question.code for question in asked), place, len(names), fragment)
        return self.keep(key, lambda: render(self.section_page(section, walk), fragment=fragment))

    def whole(self, *, fragment: bool = False) -> tuple[str, Shelved]:
        """The page of all questions without answers, as text and as bytes."""
        return self.keep(("whole", fragment), lambda: render(self.whole_page(), fragment=fragment))

    def thanks(self, lines: tuple[Helpline, ...], *, in_class: bool = False, fragment: bool = False) -> str:
        """The page after sending, with helplines; the receipt code belongs where CODE_PLACE stands."""
        consultation = self.edition.consultation
        page = ThanksPage(
            language=self.language,
            path=f"/consultations/{consultation.slug}/thanks",
            slug=consultation.slug,
            code=CODE_PLACE,
            lines=lines,
            results_on=consultation.results_on,
            in_class=in_class,
        )
        return self.keep(("thanks", lines, in_class, fragment), lambda: render(page, fragment=fragment))[0]

    def keep(self, key: tuple[object, ...], make: Callable[[], str]) -> tuple[str, Shelved]:
        """What `make` gives, as text and as bytes; made once for each key."""
        kept = self._kept.get(key)
        if kept is None:
            page = make()
            kept = page, shelve(page.encode(), "text/html; charset=utf-8", "no-store", float("inf"), quality=5)
            self._kept[key] = kept
            if len(self._kept) > MOST_SHEETS:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return kept

    def section_page(
        self,
        section: Section,
        walk: Walk,
        faults: Iterable[Fault] = (),
        agree_fault: Fault | None = None,
        parent_fault: Fault | None = None,
    ) -> SectionPage:
        document, consultation = self.edition.document, self.edition.consultation
        begins = section.name == document.sections[0].name
        names = [name for name in walk.sections if name != document.sections[0].name]
        found = {fault.code: fault for fault in faults}
        asked = self._asked(walk.asked[section.name], found)
        path = f"/consultations/{consultation.slug}/answer/{section.name}"
        t = translator(self.language)
        return SectionPage(
            language=self.language,
            path=path,
            action=f"/{self.language}{path}",
            heading=t.gettext("Before you start") if begins else self.text(section.title),
            where=""
            if begins
            else t.gettext(
                "Section %(place)s of %(all)s", place=str(names.index(section.name) + 1), all=str(len(names))
            ),
            begins=begins,
            whole=False,
            consent=consultation.consent,
            parts=(Part("", asked, agreement=begins),),
            words=self.text,
            errors=self._troubles(found.values(), agree_fault, parent_fault),
            agree_fault=agree_fault,
            parent_fault=parent_fault,
        )

    def whole_page(
        self, faults: Iterable[Fault] = (), agree_fault: Fault | None = None, parent_fault: Fault | None = None
    ) -> SectionPage:
        document, consultation = self.edition.document, self.edition.consultation
        found = {fault.code: fault for fault in faults}
        path = f"/consultations/{consultation.slug}/answer/all"
        parts = tuple(
            Part(
                "" if place == 0 else self.text(section.title),
                self._asked(section.questions, found, judged=True),
                agreement=place == 0,
            )
            for place, section in enumerate(document.sections)
        )
        return SectionPage(
            language=self.language,
            path=path,
            action=f"/{self.language}{path}",
            heading=self.text(document.title),
            where="",
            begins=False,
            whole=True,
            consent=consultation.consent,
            parts=parts,
            words=self.text,
            errors=self._troubles(found.values(), agree_fault, parent_fault),
            agree_fault=agree_fault,
            parent_fault=parent_fault,
        )

    def troubles(self, faults: Iterable[Fault]) -> tuple[Trouble, ...]:
        """The faults with the labels and sections that they name."""
        return self._troubles(faults, None, None)

    def _troubles(self, faults: Iterable[Fault], *more: Fault | None) -> tuple[Trouble, ...]:
        troubles = [
            Trouble(
                fault,
                self._label(fault),
                self.edition.document.section_of(fault.code).name,
                self.text(self.edition.document.questions[fault.code].label),
            )
            for fault in faults
        ]
        start = self.edition.document.sections[0].name
        return (*troubles, *(Trouble(fault, "", start) for fault in more if fault is not None))

    def _label(self, fault: Fault) -> str:
        question = self.edition.document.questions.get(fault.code)
        choices = getattr(question, "choices_by_name", {})
        return self.text(choices[fault.choice].label) if fault.choice in choices else ""

    def _asked(
        self, questions: Iterable[Question], found: Mapping[str, Fault], *, judged: bool = False
    ) -> tuple[Asked, ...]:
        """The questions of a section. The first sensitive one carries the support note: nine times would be noise.

        judged: the reader sees all questions and judges for itself which it should answer.
        """
        asked = []
        supported = False
        for question in questions:
            fault = found.get(question.code)
            with_support = question.sensitive and question.answered and not supported
            supported |= with_support
            asked.append(
                Asked(
                    question,
                    self._ordered(question),
                    fault,
                    self._label(fault) if fault else "",
                    judged and question.relevant is not None,
                    with_support,
                )
            )
        return tuple(asked)

    def _ordered(self, question: Question) -> Sequence[Choice]:
        choices: Sequence[Choice] = getattr(question, "choices", ())
        if not (isinstance(question, Single) and question.dropdown):
            return choices
        known = countries()
        last = 10_000
        return sorted(
            choices,
            key=lambda choice: known[choice.name].places[self.language] if choice.name in known else last,
        )


def fill(page: str, questions: Iterable[Question], answers: Answers, agreed: str = "", parent_agreed: str = "") -> str:
    """`page` with the answers put in: what was chosen is checked, what was written stands in its field."""
    for question in questions:
        for old, new in _marks(question, answers):
            page = page.replace(old, new, 1)
        if isinstance(question, Text) and question.lines and question.code in answers:
            page = _fill_textarea(page, question.code, str(answers[question.code]))
    for name, value in (("agree", agreed), ("parent", parent_agreed)):
        if value:
            page = page.replace(f'name="{name}" value="{value}"', f'name="{name}" value="{value}" checked', 1)
    return page


def _marks(question: Question, answers: Answers) -> Iterable[tuple[str, str]]:
    """Pairs of markup and marked markup."""
    code = question.code
    if isinstance(question, Matrix):
        for row in question.fields:
            if row in answers:
                yield _checked(row, f"{row}.{answers[row]}")
        return
    kept = answers.get(code)
    if kept is None:
        return
    if isinstance(question, Ranking) and isinstance(kept, tuple):
        for place, name in enumerate(kept, 1):
            if name:
                yield _checked(f"{code}.{place}", f"{code}.{name}")
    elif isinstance(question, Multiple) and isinstance(kept, tuple):
        for name in kept:
            yield _checked(code, f"{code}.{name}")
    elif isinstance(question, Single) and question.dropdown:
        yield f'<option value="{code}.{kept}"', f'<option value="{code}.{kept}" selected'
    elif isinstance(question, Single):
        yield _checked(code, f"{code}.{kept}")
    elif isinstance(question, Integer) or (isinstance(question, Text) and not question.lines):
        yield f'name="{code}" value=""', f'name="{code}" value="{escape(str(kept))}"'


def _checked(name: str, value: str) -> tuple[str, str]:
    return f'name="{name}" value="{value}"', f'name="{name}" value="{value}" checked'


def _fill_textarea(page: str, code: str, text: str) -> str:
    start = page.find(f'name="{code}"')
    end = page.find("</textarea>", start)
    if start < 0 or end < 0:
        return page
    # A line break right after the tag would be swallowed by the browser.
    return f"{page[:end]}\n{escape(text)}{page[end:]}"
