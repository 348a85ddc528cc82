"""The way through a questionnaire: a pure function of the document and the answers so far.

Nothing here knows of requests or storage. Answers that a later change made irrelevant stay in the cookie, so that
changing one's mind back loses nothing, but they never count: `walk` leaves them out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.questionnaire.document import Document
from app.questionnaire.kinds import NOTHING, Answer, Answers, Fault, Form, Question


@dataclass(frozen=True)
class Walk:
    """A questionnaire walked through with some answers.

    `asked` are the questions that these answers lead to, by section name, in order; `answers` those that belong to
    them; `dropped` counts the ones that do not, or that the questionnaire does not know.
    """

    asked: Mapping[str, tuple[Question, ...]]
    answers: dict[str, Answer]
    dropped: int

    @property
    def sections(self) -> tuple[str, ...]:
        """Names of the sections in which there is something to see."""
        return tuple(name for name, questions in self.asked.items() if questions)

    def after(self, section: str) -> str | None:
        """The section that follows, or None after the last. Raises ValueError for one that is not asked."""
        place = self.sections.index(section) + 1
        return self.sections[place] if place < len(self.sections) else None

    def before(self, section: str) -> str | None:
        """The section that comes before, or None before the first. Raises ValueError for one that is not asked."""
        place = self.sections.index(section)
        return self.sections[place - 1] if place else None

    def faults(self, section: str = "all") -> tuple[Fault, ...]:
        """What must be mended, in one section or in all, in the order of asking."""
        names = self.asked if section == "all" else (section,)
        found = (question.fault(self.answers) for name in names for question in self.asked[name])
        return tuple(fault for fault in found if fault is not None)


def walk(document: Document, answers: Answers) -> Walk:
    """Ask every question of `document` in turn, with `answers` as given."""
    asked: dict[str, tuple[Question, ...]] = {}
    kept: dict[str, Answer] = {}
    dropped = 0
    for section in document.sections:
        if section.relevant is not None and not section.relevant.holds(kept):
            asked[section.name] = ()
            continue
        questions = []
        for question in section.questions:
            if question.relevant is not None and not question.relevant.holds(kept):
                continue
            questions.append(question)
            reading = question.keep(answers)
            if reading is not NOTHING:
                kept.update(reading.answers)
                dropped += reading.dropped
        asked[section.name] = tuple(questions)
    if len(kept) < len(answers):
        # Of questions that were asked, `keep` counted what it did not know; what is left belongs to no asked question.
        own = {code for questions in asked.values() for each in questions for code in (each.code, *each.fields)}
        dropped += sum(code not in own for code in answers)
    return Walk(asked, kept, dropped)


def read_section(questions: tuple[Question, ...], answers: Answers, form: Form) -> tuple[dict[str, Answer], int]:
    """The answers so far, with those to `questions` replaced by what the form says; and how many were dropped."""
    merged = dict(answers)
    dropped = 0
    for question in questions:
        if not question.answered:
            continue
        merged.pop(question.code, None)
        for code in question.fields:
            merged.pop(code, None)
        reading = question.read(form)
        merged.update(reading.answers)
        dropped += reading.dropped
    return merged, dropped


def newly_asked(section: str, before: Walk, after: Walk) -> Question | None:
    """The first question of the section that was not asked before the last answers and is asked now, or None."""
    seen = {question.code for question in before.asked[section]}
    return next((question for question in after.asked[section] if question.code not in seen), None)
