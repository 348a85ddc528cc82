"""Walking all rows at once gives the very frame that walking each of them gives."""

import json
import random
from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.consultations.countries import region_of
from app.questionnaire.document import LANGUAGES, Document, Section
from app.questionnaire.kinds import Choice, Integer, Matrix, Multiple, Question, Ranking, Row, Single, Text
from app.questionnaire.relevance import parse
from app.reporting.columnar import ROWS_TOGETHER, SENT, Columns, as_sent
from app.reporting.snapshot import in_order, snapshot_of
from tests.questionnaire.documents import documents
from tests.reporting.people import instrument, invented
from tests.samples import choices, sample_document, texts

Stored = tuple[str, str, str | None]
INSTRUMENTS = ("cyberbullying", "digital-skills", "five-rights")
ODD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 200) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
WORDS = st.text(max_size=6) | st.sampled_from([" ", "\x01\t", "\u2028", "é\\n", '"', '"CB18": 5', "١٢", "12", "no"])


def dump(value: Any) -> str:
    """As the inbox writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def answer_to(question: Question) -> st.SearchStrategy[dict[str, Any]]:
    """Answers of the right sort: known and unknown choices, none, too many, twice the same, asked or not."""
    if isinstance(question, Text):
        return st.fixed_dictionaries({}, optional={question.code: WORDS})
    if isinstance(question, Integer):
        return st.fixed_dictionaries({}, optional={question.code: st.integers(-10, 200)})
    names = st.sampled_from([*(choice.name for choice in getattr(question, "choices", ())), "gone", ""])
    if isinstance(question, Multiple | Ranking):
        return st.fixed_dictionaries({}, optional={question.code: st.lists(names, max_size=5)})
    return st.fixed_dictionaries({}, optional=dict.fromkeys(question.fields, names))


@st.composite
def submissions(draw: st.DrawFn, document: Document, most: int = 6) -> list[Stored]:
    """Rows of the table, most of them as the inbox writes them."""
    rows = []
    for _ in range(draw(st.integers(0, most))):
        answers: dict[str, Any] = {}
        for question in document.questions.values():
            answers |= draw(answer_to(question))
        words = {code: said for code, said in answers.items() if isinstance(document.questions.get(code), Text)}
        choices_ = {code: said for code, said in answers.items() if code not in words}
        if draw(st.integers(0, 3)) == 0:
            code = draw(st.sampled_from([*document.questions, "GONE", "DM03"]))
            draw(st.sampled_from([words, choices_]))[code] = draw(ODD)
        rows.append((draw(st.sampled_from(LANGUAGES)), dump(choices_), dump(words) if words else None))
    return rows


def both(rows: list[Stored], document: Document) -> tuple[pl.DataFrame, pl.DataFrame]:
    columns, sent = Columns(document, region_of), pl.DataFrame(rows, schema=SENT, orient="row")
    lots = [columns.frame(some) for some in sent.iter_slices(ROWS_TOGETHER)] if rows else [columns.frame(sent)]
    return in_order(pl.concat(lots)), snapshot_of(map(as_sent, rows), document, region_of)


def same(rows: list[Stored], document: Document) -> bool:
    at_once, walked = both(rows, document)
    assert at_once.schema == walked.schema
    return at_once.equals(walked, null_equal=True)


def conditional() -> Document:
    """Conditions on every kind of answer, on earlier conditions, on nothing, on what is asked later, on sections."""
    asked = [
        Single(code="S", label=texts("s"), choices=choices(3)),
        Multiple(code="M", label=texts("m"), choices=choices(4), exclusive=("4",)),
        Ranking(code="R", label=texts("r"), choices=choices(4, escapes=False), places=2),
        Matrix(code="X", label=texts("x"), choices=choices(2), rows=(Row("a", texts("a")), Row("b", texts("b")))),
        Integer(code="I", label=texts("i"), minimum=0, maximum=20),
        Text(code="T", label=texts("t")),
    ]
    sources = (
        "selected(${M}, '1') and ${S} != '2'", "count-selected(${R}) = 2", "${X.a} = ${X.b}", "${I} > 3 or ${I} = ''",
        "string-length(${T}) > 2", "${T} = 12 or ${T} = 'no'", "${M} = '1 2'", "${Q1} = '1'", "true()", "false()",
        "${Q10} = '1'", "not(${Q6} = '2') and (${Q1} = '97' or ${I} - 2 >= 5)",
    )  # fmt: skip
    asked += [
        Single(code=f"Q{n}", label=texts("q"), choices=choices(2), relevant=parse(source))
        for n, source in enumerate(sources, 1)
    ]
    late = [
        Multiple(code="L", label=texts("l"), choices=(Choice("-1", texts("a")), Choice("a.b", texts("b")))),
        Text(code="U", label=texts("u"), relevant=parse("selected(${L}, 'a.b') or ${S} = '1'")),
        Integer(code="J", label=texts("j"), relevant=parse("${U} != ''")),
    ]
    country = Single(code="DM03", label=texts("c"), choices=tuple(Choice(each, texts(each)) for each in ("KE", "98")))
    sections = (
        Section("one", texts("1"), tuple(asked)),
        Section("two", texts("2"), tuple(late), relevant=parse("${S} = '1' or ${Q1} = '2'")),
        Section("three", texts("3"), (country,), relevant=parse("not(selected(${M}, '97'))")),
    )
    return Document(form_id="c", version="1", title=texts("c"), sections=sections)


CONDITIONAL = conditional()


@settings(max_examples=60, deadline=None)
@given(submissions(CONDITIONAL))
def test_conditions_on_every_kind_of_answer_hold_where_the_walk_says(rows: list[Stored]) -> None:
    assert same(rows, CONDITIONAL)


@settings(max_examples=20, deadline=None)
@given(documents().flatmap(lambda document: st.tuples(st.just(document), submissions(document))))
def test_any_questionnaire_with_any_answers_gives_the_frame_of_the_walk(made: tuple[Document, list[Stored]]) -> None:
    document, rows = made
    assert same(rows, document)


@pytest.mark.parametrize("name", INSTRUMENTS)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_the_instruments_with_any_answers_give_the_frame_of_the_walk(name: str, data: st.DataObject) -> None:
    document = instrument(name)
    assert same(data.draw(submissions(document, most=3)), document)


@pytest.mark.parametrize("document", [*map(instrument, INSTRUMENTS), sample_document()], ids=lambda each: each.form_id)
def test_respondents_who_were_checked_are_all_walked_at_once(document: Document) -> None:
    rows = [stored(sent.language, sent.answers, document) for sent in invented(document, 2000)]
    assert same(rows, document)
    columns = Columns(document, region_of)
    frame = pl.DataFrame(rows, schema=SENT, orient="row")
    ordinary = frame.select(pl.col("answers").str.contains(columns._ordinary)).to_series()
    assert ordinary.all()
    assert frame["open_answers"].drop_nulls().str.contains(columns._ordinary_texts).all()


def test_what_was_seen_in_one_lot_is_remembered_rightly_in_the_next() -> None:
    document = instrument()
    rows = [stored(sent.language, sent.answers, document) for sent in invented(document, 900)]
    columns = Columns(document, region_of)
    lots = [columns.frame(pl.DataFrame(rows[at : at + 100], schema=SENT, orient="row")) for at in range(0, 900, 100)]
    random.Random(3).shuffle(rows)
    assert pl.concat(lots).sort(lots[0].columns).equals(both(rows, document)[1])


@pytest.mark.parametrize("odd", [[[]], [{"a": 1}], {"a": []}, [None], [1.5], "", True, None, -3])
def test_what_the_inbox_never_writes_counts_as_no_answer_either_way(odd: object) -> None:
    for code in ("S", "M", "R", "X.a", "I", "T", "DM03"):
        assert same([("en", dump({code: odd}), None)], CONDITIONAL)


def stored(language: str, answers: Mapping[str, Any], document: Document) -> Stored:
    """A row of the table, as the inbox writes it."""
    words = {code: said for code, said in answers.items() if isinstance(document.questions.get(code), Text)}
    plain = {code: said for code, said in answers.items() if code not in words}
    return language, dump(plain), dump(words) if words else None
