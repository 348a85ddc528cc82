"""The questionnaire as a document: sections, questions, choices and their texts in every language.

Pure values. A document never changes; a correction is a new document with a higher version. Reading and writing
spreadsheets is `xlsform/`, storing it `stored.py`; what a kind of question does with an answer is `kinds.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from app.questionnaire.kinds import Question, Single, Texts
from app.questionnaire.relevance import Expression

#: The six languages of the United Nations, in the order in which every page lists them.
LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")

#: Questions that the platform itself knows, by their stable codes.
AGE_BAND = "DM01"
#: Names of its choices: under 10, 10 to 12, 13 to 15, 16 or 17, 18 to 24, 25 or older.
AGE_BANDS = frozenset({"1", "2", "3", "4", "5", "6"})
GENDER = "DM02"
COUNTRY = "DM03"
SETTLEMENT = "DM04"


@dataclass(frozen=True)
class Section:
    """One page of the journey. `name` stands in the address; `relevant` decides for the whole section."""

    name: str
    title: Texts
    questions: tuple[Question, ...]
    relevant: Expression | None = None


@dataclass(frozen=True)
class Document:
    """A whole questionnaire. `languages` are those in which every text is present."""

    form_id: str
    version: str
    title: Texts
    sections: tuple[Section, ...]
    default_language: str = "en"
    languages: tuple[str, ...] = LANGUAGES
    summary: Texts = field(default_factory=dict)

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """Question code to question, in the order of asking. A matrix stands under its own code, not its rows'."""
        return {question.code: question for section in self.sections for question in section.questions}

    @cached_property
    def sections_by_name(self) -> Mapping[str, Section]:
        return {section.name: section for section in self.sections}

    def section_of(self, code: str) -> Section:
        """The section that asks the question `code`. Raises KeyError when none does."""
        for section in self.sections:
            if any(question.code == code for question in section.questions):
                return section
        raise KeyError(code)


def asks_age_first(document: Document) -> bool:
    """Whether the first section asks the age band, and insists: without it nobody knows who may go on.

    The choices must be bands of the platform's own age question, which is in every shipped instrument.
    """
    for question in document.sections[0].questions if document.sections else ():
        if question.code == AGE_BAND:
            return isinstance(question, Single) and question.required and question.names <= AGE_BANDS
    return False
