"""Answers as their own respondent reads them: to check before sending, and for the holder of a receipt code."""

from dataclasses import dataclass
from html import escape
from typing import ClassVar

from app.questionnaire.kinds import Answers, Matrix, Multiple, Question, Ranking, Single
from app.submissions.journey import Walk
from app.submissions.sheets import Sheets, Trouble
from app.web.pages import Page, render

#: In the kept page these mark where an answer belongs: PLACE code PART before PART after PART without-answer PLACE.
PLACE, PART = "\x02", "\x03"


@dataclass(frozen=True)
class Line:
    code: str
    label: str
    answer: str = ""


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
    place: str = PLACE
    part: str = PART


def check_page(sheets: Sheets, walked: Walk, *, fragment: bool) -> str:
    """The page that shows all answers before they are sent. Without faults it is rendered once for all who were asked
    the same, and the answers are put in."""
    asked = tuple(
        (section, tuple(question for question in walked.asked[section.name] if question.answered))
        for section in sheets.edition.document.sections
    )
    troubles = sheets.troubles(walked.faults())

    def make() -> str:
        path = f"/consultations/{sheets.edition.slug}"
        page = CheckPage(
            language=sheets.language,
            path=f"{path}/check",
            slug=sheets.edition.slug,
            action=f"/{sheets.language}{path}/send",
            parts=tuple(
                Lines(sheets.text(section.title), tuple(Line(each.code, sheets.text(each.label)) for each in questions))
                for section, questions in asked
            ),
            errors=troubles,
        )
        return render(page, fragment=fragment)

    if troubles:
        empty = make()
    else:
        codes = tuple(question.code for _, questions in asked for question in questions)
        empty, _ = sheets.keep(("check", codes, fragment), make)
    pieces = empty.split(PLACE)
    questions = sheets.edition.document.questions
    for place in range(1, len(pieces), 2):
        code, before, after, without = pieces[place].split(PART)
        words = answer_words(sheets, questions[code], walked.answers)
        pieces[place] = f"{before}{escape(words)}{after}" if words else without
    return "".join(pieces)


def answer_words(sheets: Sheets, question: Question, answers: Answers) -> str:
    """The answer to a question as its respondent reads it, or "" for none."""
    if isinstance(question, Matrix):
        lines = []
        for row in question.rows:
            name = answers.get(f"{question.code}.{row.name}")
            if isinstance(name, str) and name in question.choices_by_name:
                answer = sheets.text(question.choices_by_name[name].label)
                lines.append(f"{sheets.text(row.label)}{sheets.colon}{answer}")
        return "\n".join(lines)
    kept = answers.get(question.code)
    if kept is None:
        return ""
    if isinstance(question, Ranking) and isinstance(kept, tuple):
        labels = question.choices_by_name
        return "\n".join(
            f"{place}. {sheets.text(labels[name].label)}" for place, name in enumerate(kept, 1) if name in labels
        )
    if isinstance(question, Multiple) and isinstance(kept, tuple):
        return sheets.between.join(sheets.text(question.choices_by_name[name].label) for name in kept)
    if isinstance(question, Single) and isinstance(kept, str):
        return sheets.text(question.choices_by_name[kept].label)
    return str(kept)
