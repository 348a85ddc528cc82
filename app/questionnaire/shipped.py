"""The questionnaires that come with the platform, read once each from the workbooks in `instruments/`."""

from functools import cache
from pathlib import Path

from app.errors import OperatorError
from app.questionnaire.document import Document
from app.questionnaire.kinds import ESCAPES, Choice, Single
from app.questionnaire.xlsform import read_xlsform

INSTRUMENTS = Path(__file__).parent / "instruments"


@cache
def instruments() -> tuple[str, ...]:
    """Their names, in the order of the alphabet."""
    return tuple(sorted(path.stem for path in INSTRUMENTS.glob("*.xlsx")))


@cache
def instrument(name: str) -> Document:
    """The questionnaire of that name, one of `instruments()`. Raises OperatorError when its file is damaged."""
    path = INSTRUMENTS / f"{name}.xlsx"
    imported = read_xlsform(path.read_bytes(), path.name)
    if imported.document is None:
        raise OperatorError(f"{path.name} is damaged: {imported.faults[0].sentence()}")
    return imported.document


def start_only(title: str, language: str) -> Document:
    """A questionnaire that asks the age and nothing else yet, in the words of a shipped instrument."""
    whole = instrument("cyberbullying")
    return Document(
        form_id="form",
        version="1",
        title={language: title},
        sections=whole.sections[:1],
        default_language=language,
        languages=(language,),
    )


@cache
def escapes() -> tuple[Choice, ...]:
    """“I don’t know” and “I would rather not say” as the shipped instruments word them, in six languages."""
    for question in instrument("cyberbullying").questions.values():
        if isinstance(question, Single) and question.names >= ESCAPES:
            return question.escapes
    return ()
