"""A small questionnaire with every kind of question, in six languages."""

from app.questionnaire.document import LANGUAGES, Document, Section
from app.questionnaire.kinds import (
    Choice,
    Integer,
    Matrix,
    Multiple,
    Note,
    Ranking,
    Row,
    Scale,
    Single,
    Text,
    Texts,
)
from app.questionnaire.relevance import parse

SLUG = "sample"


def texts(words: str) -> Texts:
    return {language: f"{words} ({language})" for language in LANGUAGES}


def choices(most: int, *, escapes: bool = True) -> tuple[Choice, ...]:
    numbered = tuple(Choice(str(n), texts(f"Choice {n}")) for n in range(1, most + 1))
    if not escapes:
        return numbered
    return (*numbered, Choice("97", texts("I don’t know")), Choice("98", texts("I would rather not say")))


def sample_document() -> Document:
    age = Single(code="DM01", label=texts("How old are you?"), required=True, choices=choices(6, escapes=False))
    views = (
        Note(code="N1", label=texts("We want to know what you think.")),
        Single(code="A1", label=texts("One of four"), choices=choices(4)),
        Multiple(code="A2", label=texts("Up to three"), choices=choices(5), max_choices=3, exclusive=("5",)),
        Scale(code="A3", label=texts("A scale"), choices=choices(5)),
        Matrix(
            code="A4",
            label=texts("A matrix"),
            choices=choices(5)[:6],
            rows=(Row("a", texts("Row a")), Row("b", texts("Row b"))),
        ),
        Ranking(code="A5", label=texts("A ranking"), choices=choices(5, escapes=False), places=3),
    )
    experience = (
        Single(code="B1", label=texts("Did it happen?"), choices=choices(2), sensitive=True),
        Multiple(
            code="B2", label=texts("What happened?"), choices=choices(3), relevant=parse("${B1} = '2'"), sensitive=True
        ),
        Single(code="B5", label=texts("And then?"), choices=choices(2), relevant=parse("selected(${B2}, '1')")),
        Integer(code="B3", label=texts("How often?"), minimum=0, maximum=20),
        Text(code="B4", label=texts("What would you ask for?"), max_chars=500, sensitive=True),
        Text(code="B6", label=texts("In one line"), max_chars=40, lines=False),
    )
    about_you = (
        Single(code="DM02", label=texts("Are you"), choices=choices(2)),
        Single(
            code="DM03",
            label=texts("Country"),
            dropdown=True,
            choices=(Choice("KE", texts("Kenya")), Choice("FR", texts("France")), Choice("98", texts("Rather not"))),
        ),
    )
    return Document(
        form_id="sample",
        version="1",
        title=texts("Sample topic"),
        summary=texts("One sentence about it."),
        sections=(
            Section("start", texts("Before you start"), (age,)),
            Section("views", texts("What you think"), views),
            Section("experience", texts("What happened"), experience),
            Section("about_you", texts("About you"), about_you),
        ),
    )
