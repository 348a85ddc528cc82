"""Questionnaires made up by hypothesis: every kind of question, texts in all scripts, conditions on earlier answers."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from app.questionnaire.check import complete_languages
from app.questionnaire.document import LANGUAGES, Document, Section
from app.questionnaire.kinds import (
    DEFAULT_BREAKDOWNS,
    Choice,
    Integer,
    Matrix,
    Multiple,
    Note,
    Question,
    Ranking,
    Row,
    Scale,
    Single,
    Text,
)
from app.questionnaire.relevance import Expression, parse

_SAMPLES = {
    "ar": "كم مرة تستخدم «الإنترنت»؟\u200f",
    "zh": "你多久使用一次“社交媒体”？",
    "en": "How often do you use it — “always”?",
    "fr": "Combien de fois l’utilises-tu ? Œuvre, ça",
    "ru": "Как часто ты этим пользуешься? «Всегда»",
    "es": "¿Con qué frecuencia? Niño, ¡año!",
}
_HARD = (
    "=1+1",
    "'quoted",
    '"x" & <y>',
    "-1",
    "@a",
    "+2",
    "a\nb",
    "_x000D_",
    "_x0041_b",
    "TRUE",
    "1.0",
    "2024-01-01",
    "😀",
    "a  b",
)
_LETTERS = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)


def _is_kept(text: str) -> bool:
    """Blanks around a text are taken off, answers in it and what XML cannot hold refused; everything else stays."""
    return text == text.strip() and bool(text) and "${" not in text and "\ufffe" not in text and "\uffff" not in text


WORDS = (st.sampled_from([*_SAMPLES.values(), *_HARD]) | _LETTERS).filter(_is_kept)


def texts(languages: Sequence[str]) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries(dict.fromkeys(languages, WORDS))


_FIRST = "ABCxyz_"
_NEXT = "ABCxyz_019-"
NAMES = st.tuples(st.sampled_from(_FIRST), st.text(_NEXT, max_size=9)).map("".join)
CHOICE_NAMES = st.integers(0, 199).map(str) | st.tuples(st.sampled_from("abc"), st.text(_NEXT, max_size=5)).map("".join)


@st.composite
def _choices(draw: st.DrawFn, languages: Sequence[str]) -> tuple[Choice, ...]:
    names = draw(st.lists(CHOICE_NAMES, min_size=2, max_size=5, unique=True))
    return tuple(Choice(name, draw(texts(languages))) for name in names)


@st.composite
def _condition(draw: st.DrawFn, earlier: Sequence[Question]) -> Expression | None:
    """None, or a condition that can be met: about one answer of an earlier question that is always asked."""
    able = [question for question in earlier if question.relevant is None and not isinstance(question, Note)]
    if not able or draw(st.booleans()):
        return None
    question = draw(st.sampled_from(able))
    if isinstance(question, Matrix):
        row = draw(st.sampled_from(question.rows))
        return parse(f"${{{question.code}.{row.name}}} = '{draw(st.sampled_from(question.choices)).name}'")
    if isinstance(question, Single):
        name = draw(st.sampled_from(question.choices)).name
        return parse(
            draw(st.sampled_from([f"${{{question.code}}}='{name}'", f"not(${{{question.code}}}  !=  '{name}')"]))
        )
    if isinstance(question, Multiple | Ranking):
        return parse(f"selected(${{{question.code}}}, '{draw(st.sampled_from(question.choices)).name}')\n or 1 = 2")
    if isinstance(question, Integer):
        return parse(f"${{{question.code}}} >= {question.minimum or 0}")
    return parse(f"${{{question.code}}} != ''")


@st.composite
def _question(draw: st.DrawFn, code: str, languages: Sequence[str], earlier: Sequence[Question]) -> Question:
    common: dict[str, Any] = {
        "code": code,
        "label": draw(texts(languages)),
        "hint": draw(st.just({}) | texts(languages)),
        "guidance": draw(st.just({}) | texts(languages)),
        "relevant": draw(_condition(earlier)),
    }
    kind = draw(st.sampled_from(["note", "single", "scale", "multiple", "ranking", "matrix", "text", "integer"]))
    if kind == "note":
        return Note(**common)
    common |= {
        "required": draw(st.booleans()),
        "sensitive": draw(st.booleans()),
        "indicator": draw(st.just("") | st.just(f"I-{code}")),
        "breakdowns": draw(st.sampled_from([DEFAULT_BREAKDOWNS, (), ("age",), ("gender", "country")])),
    }
    if kind in ("text", "integer", "multiple") and draw(st.booleans()):
        judged = {"text": "string-length(.) > 2", "integer": ". != -7", "multiple": "count-selected(.) >= 1"}[kind]
        common |= {"constraint": parse(judged), "constraint_message": draw(texts(languages))}
    if kind == "text":
        return Text(**common, max_chars=draw(st.integers(3, 60)), lines=draw(st.booleans()))
    if kind == "integer":
        low = draw(st.none() | st.integers(-5, 5))
        high = draw(st.none() | st.integers(8, 30))
        return Integer(**common, minimum=low, maximum=high, step=draw(st.integers(1, 3)))
    if kind == "scale":
        points = ["1", "2", "3", "4", "5", *draw(st.sampled_from([(), ("97",), ("97", "98")]))]
        return Scale(**common, choices=tuple(Choice(name, draw(texts(languages))) for name in points))
    choices = draw(_choices(languages))
    if kind == "single":
        return Single(**common, choices=choices, dropdown=draw(st.booleans()))
    if kind == "multiple":
        alone = draw(st.lists(st.sampled_from([choice.name for choice in choices]), unique=True, max_size=2))
        return Multiple(
            **common, choices=choices, max_choices=draw(st.integers(0, len(choices))), exclusive=tuple(alone)
        )
    if kind == "ranking":
        return Ranking(**common, choices=choices, places=draw(st.integers(1, len(choices))))
    names = draw(st.lists(st.sampled_from(["a", "b", "row-3", "x_1"]), min_size=1, max_size=4, unique=True))
    return Matrix(**common, choices=choices, rows=tuple(Row(name, draw(texts(languages))) for name in names))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A questionnaire without faults, of up to three sections and eight questions."""
    default = draw(st.sampled_from(LANGUAGES))
    others = draw(st.lists(st.sampled_from(LANGUAGES), unique=True, max_size=2))
    languages = [language for language in LANGUAGES if language == default or language in others]
    taken = {"agree", "go", "language", "all"}
    codes = [
        code
        for code in draw(st.lists(NAMES, min_size=3, max_size=11, unique_by=str.casefold))
        if code.casefold() not in taken
    ]
    sections: list[Section] = []
    asked: list[Question] = []
    while len(codes) > 1 and len(sections) < 3:
        name, *codes = codes
        relevant = draw(_condition(asked))
        # A second condition on what the section asks for already could contradict it.
        barred = {name.partition(".")[0] for name in relevant.names} if relevant else set()
        count = draw(st.integers(1, len(codes)))
        questions = []
        for code in codes[:count]:
            question = draw(_question(code, languages, [each for each in asked if each.code not in barred]))
            questions.append(question)
            # What stands in a section that may not be asked is no ground for a condition that must be met.
            asked.append(question if relevant is None else replace(question, relevant=relevant))
        codes = codes[count:]
        sections.append(Section(name, draw(texts(languages)), tuple(questions), relevant))
    if not any(question.answered for section in sections for question in section.questions):
        last = sections[-1] if sections else Section("only", draw(texts(languages)), ())
        sections = [
            *sections[:-1],
            replace(last, questions=(*last.questions, Integer(code="n0", label=draw(texts(languages))))),
        ]
    document = Document(
        form_id=draw(NAMES),
        version=draw(st.sampled_from(["1", "2024-05-01", "v1.10", "007"])),
        title=draw(texts(languages)),
        summary=draw(st.just({}) | texts(languages)),
        sections=tuple(sections),
        default_language=default,
    )
    return replace(document, languages=complete_languages(document))
