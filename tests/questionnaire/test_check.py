"""A questionnaire as a whole: what can be asked, what fits into the cookie, which languages are complete."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.questionnaire.check import Finding, check, complete_languages, worst_case_bytes
from app.questionnaire.document import Document, Section
from app.questionnaire.kinds import (
    Answer,
    Choice,
    Integer,
    Matrix,
    Multiple,
    Note,
    Question,
    Ranking,
    Row,
    Single,
    Text,
)
from app.questionnaire.reach import Never, find_unreachable
from app.questionnaire.relevance import parse
from app.submissions.cookie import Journey, Sealer, begin
from app.submissions.journey import walk
from tests.samples import sample_document

EN = {"en": "Words"}


def choices(*names: str) -> tuple[Choice, ...]:
    return tuple(Choice(name, EN) for name in names)


def document_of(*questions: Question, relevant: str = "") -> Document:
    section = Section("main", EN, questions, parse(relevant) if relevant else None)
    return Document("F", "1", EN, (section,), languages=("en",))


def single(code: str, *names: str, relevant: str = "", constraint: str = "") -> Single:
    return Single(
        code=code,
        label=EN,
        choices=choices(*names),
        relevant=parse(relevant) if relevant else None,
        constraint=parse(constraint) if constraint else None,
    )


def test_the_sample_questionnaire_has_no_fault() -> None:
    assert [finding for finding in check(sample_document()) if finding.grave] == []


COUNTRIES = [f"c{number}" for number in range(200)]
NEVER = [
    "${a} = '1' and ${a} = '2'",
    "${a} = '1' and not(${a} != '2')",
    "${m} = '1 2' and not(selected(${m}, '1'))",
    "selected(${m}, '9') and selected(${m}, '1')",
    "count-selected(${m}) > 2",
    "${n} > 3",
    "${n} = 1 and ${n} = 2",
    "${t} = 'x' and ${t} = 'y'",
    "${r} = '' and selected(${r}, '1')",
    "${c} = 'c1' and ${c} = 'c2'",
    "${b} = '1' and ${a} = '2'",
    "false()",
    "string-length('four') = 3",
]
SOMETIMES = [
    "${a} = '1'",
    "not(${a} = '1')",
    "${a} = ''",
    "selected(${m}, '2') and selected(${m}, '1')",
    "selected(${m}, '9')",
    "count-selected(${m}) = 2",
    "${n} >= 3",
    "${t} != '' and ${t} != 'x'",
    "selected(${r}, '1') and selected(${r}, '2')",
    "${c} != 'c1' and ${c} != '' and ${a} = '2'",
    "${b} = '1' and ${a} = '1'",
    "string-length(${t}) > 40",
    "${n} + ${n} > 5",
]


def _all_sorts(relevant: str) -> Document:
    return document_of(
        single("a", "1", "2"),
        single("b", "1", "2", relevant="${a} = '1'"),
        single("c", *COUNTRIES),
        Multiple(code="m", label=EN, choices=choices("1", "2", "3", "9"), max_choices=2, exclusive=("9",)),
        Integer(code="n", label=EN, minimum=0, maximum=3),
        Text(code="t", label=EN),
        Ranking(code="r", label=EN, choices=choices("1", "2", "3"), places=2),
        single("last", "1", relevant=relevant),
    )


@pytest.mark.parametrize("relevant", NEVER)
def test_a_condition_that_no_answers_meet_is_found(relevant: str) -> None:
    assert find_unreachable(_all_sorts(relevant)) == (Never("last", "relevant"),)


@pytest.mark.parametrize("relevant", SOMETIMES)
def test_a_condition_that_some_answers_meet_is_left_alone(relevant: str) -> None:
    assert find_unreachable(_all_sorts(relevant)) == ()


def test_what_hangs_on_a_question_never_asked_is_never_asked() -> None:
    document = document_of(
        single("a", "1"),
        single("b", "1", relevant="${a} = '1' and ${a} = ''"),
        single("c", "1", relevant="${b} = '1'"),
        single("d", "1", relevant="${b} = ''"),
    )
    assert [never.code for never in find_unreachable(document)] == ["b", "c"]


def test_a_constraint_is_judged_over_the_answers_that_the_question_takes() -> None:
    def found(question: Question) -> tuple[Never, ...]:
        return find_unreachable(document_of(question))

    assert found(single("a", "1", "2", constraint=". = '1'")) == ()
    assert found(single("a", "1", "2", constraint=". > 2")) == (Never("a", "constraint"),)
    assert found(Integer(code="n", label=EN, minimum=5, constraint=parse(". < 5"))) == (Never("n", "constraint"),)
    assert found(Integer(code="n", label=EN, constraint=parse(". > 5 and . < 7"))) == ()
    assert found(Text(code="t", label=EN, constraint=parse("string-length(.) > 3"))) == ()


_CONDITIONS = st.lists(
    st.sampled_from(
        [
            *(
                f"${{{code}}} {operator} '{name}'"
                for code in "ab"
                for operator in ("=", "!=")
                for name in ("1", "2", "")
            ),
            *(f"${{n}} {operator} {number}" for operator in ("<", ">=", "=") for number in (0, 1, 2)),
            "selected(${m}, '1')",
            "not(selected(${m}, '2'))",
            "selected(${m}, '9')",
            "count-selected(${m}) = 2",
            "${a} = ${b}",
            "${n} - 1 = ${a}",
        ]
    ),
    max_size=3,
)
_SOURCES = st.tuples(_CONDITIONS, st.sampled_from([" and ", " or "])).map(lambda each: each[1].join(each[0]))


def _every_answer(question: Question) -> Iterator[Answer | None]:
    yield None
    match question:
        case Single():
            yield from (choice.name for choice in question.choices)
        case Integer(minimum=int(low), maximum=int(high)):
            yield from range(low, high + 1)
        case Multiple():
            names = [choice.name for choice in question.choices]
            sets = (chosen for size in (1, 2, 3) for chosen in combinations(names, size))
            yield from (chosen for chosen in sets if question.fault({question.code: chosen}) is None)


@settings(deadline=None)
@given(st.lists(_SOURCES, min_size=4, max_size=4), st.permutations("abmn"))
def test_never_asked_is_what_trying_every_answer_never_asks(sources: Sequence[str], order: Sequence[str]) -> None:
    def earlier(place: int, source: str) -> str:
        later = [f"${{{code}}}" for code in order[place:]]
        return "" if any(code in source for code in later) else source

    made: list[Question] = []
    for place, (code, source) in enumerate(zip(order, sources, strict=True)):
        kept = earlier(place, source)
        relevant = parse(kept) if kept else None
        match code:
            case "m":
                multiple = choices("1", "2", "9")
                made.append(Multiple(code=code, label=EN, choices=multiple, exclusive=("9",), relevant=relevant))
            case "n":
                made.append(Integer(code=code, label=EN, minimum=0, maximum=2, relevant=relevant))
            case _:
                made.append(Single(code=code, label=EN, choices=choices("1", "2"), relevant=relevant))
    document = document_of(*made, single("last", "1", relevant=sources[0]))
    asked: set[str] = set()
    for answers in product(*(tuple(_every_answer(question)) for question in made)):
        given_ = {question.code: answer for question, answer in zip(made, answers, strict=True) if answer is not None}
        asked.update(question.code for questions in walk(document, given_).asked.values() for question in questions)
    assert {never.code for never in find_unreachable(document)} == {*"abmn", "last"} - asked


def test_where_there_are_too_many_combinations_to_be_sure_nothing_is_claimed() -> None:
    questions = [single(f"c{number}", *COUNTRIES) for number in range(4)]
    sets = [
        Multiple(code=f"m{number}", label=EN, choices=choices(*(str(name) for name in range(10))))
        for number in range(4)
    ]
    hard = " and ".join([f"${{c{n}}} = 'c7'" for n in range(4)] + [f"count-selected(${{m{n}}}) > 8" for n in range(4)])
    document = document_of(*questions, *sets, single("last", "1", relevant=f"{hard} and 1 = 2"))
    assert find_unreachable(document) == ()


def _reasons(*questions: Question) -> list[tuple[str, str]]:
    return [(finding.code, finding.reason) for finding in check(document_of(*questions))]


def test_conditions_are_judged_by_the_kind_of_the_question_they_name() -> None:
    a = single("a", "1", "2", "97")
    t = Text(code="t", label=EN)
    n = Integer(code="n", label=EN)
    m = Multiple(code="m", label=EN, choices=choices("1", "2"))
    x = Matrix(code="x", label=EN, choices=choices("1", "2"), rows=(Row("r", EN),))
    note = Note(code="note", label=EN)
    words = single("w", "yes", "no")
    earlier = (a, t, n, m, x, note, words)
    for relevant, reason in {
        "${a} = 1 and ${a} = '2'": "never_asked",
        "${a} = 3": "unknown_choice",
        "selected(${m}, '3')": "unknown_choice",
        "${m} = '1 3'": "unknown_choice",
        "${x.r} = '7'": "unknown_choice",
        "${x} = 1": "matrix_not_row",
        "${note} = 1": "note_unanswered",
        "${t} = 5": "text_with_number",
        "${t} > 5": "no_number",
        "${n} = 'five'": "number_with_text",
        "selected(${t}, 'a')": "no_choices",
        "count-selected(${n}) > 1": "no_choices",
        "${w} > 1": "no_number",
        "${w} + 1 = 2": "no_number",
        "${zz} = 1": "unknown_question",
        "${A} = 1": "unknown_question",
        "${q} = '1'": "own_question",
        "${a} >= 2": "escape_compared",
    }.items():
        assert _reasons(*earlier, single("q", "1", relevant=relevant)) == [("q", reason)], relevant
    for good in (
        "${a} = 1",
        "${x.r} = '2'",
        "${t} = 'five'",
        "${n} > 5",
        "${n} = '5'",
        "${a} >= 1 and ${a} < 97",
        "${m} = '1 2'",
    ):
        found = _reasons(*earlier, single("q", "1", relevant=good))
        assert [reason for _, reason in found if reason != "escape_compared"] == [], good


def test_broken_questions_are_not_blamed_again() -> None:
    document = document_of(single("a", "1", relevant="${gone} = '1'"), single("b", "1", relevant="${a} = '1'"))
    assert [finding.reason for finding in check(document)] == ["unknown_question"]
    assert check(document, frozenset({"gone"})) == ()


def test_languages_with_a_missing_text_are_named_with_the_first_place() -> None:
    sample = sample_document()
    section = sample.sections[0]
    question = replace(section.questions[0], label={**section.questions[0].label, "ru": ""})
    spoiled = replace(
        sample, sections=(replace(section, questions=(question, *section.questions[1:])), *sample.sections[1:])
    )
    assert complete_languages(spoiled) == ("ar", "zh", "en", "fr", "es")
    found = [finding for finding in check(spoiled) if finding.reason == "language_incomplete"]
    assert found == [Finding(question.code, "label", "language_incomplete", "1", "ru", grave=False)]


def test_the_worst_case_is_at_least_what_the_cookie_must_hold() -> None:
    document = document_of(
        single("a", "1", "97"),
        Multiple(code="m", label=EN, choices=choices("1", "2", "10")),
        Ranking(code="r", label=EN, choices=choices("1", "2", "3"), places=2),
        Matrix(code="x", label=EN, choices=choices("1", "97"), rows=(Row("r", EN), Row("s", EN))),
        Integer(code="n", label=EN),
        Text(code="t", label=EN, max_chars=100),
    )
    answers: dict[str, Answer] = {
        "a": "97",
        "m": ("1", "2", "10"),
        "r": ("1", "2"),
        "x.r": "97",
        "x.s": "97",
        "n": 999_999_999_999,
        "t": "😀" * 100,
    }
    import json

    packed = json.dumps(answers, ensure_ascii=False, separators=(",", ":")).encode()
    assert len(packed) <= worst_case_bytes(document) <= len(packed) + 60


def test_answers_of_the_largest_questionnaire_allowed_fit_into_the_cookie() -> None:
    from datetime import UTC, datetime

    from app.questionnaire.check import COOKIE_BYTES

    texts = [Text(code=f"t{number}", label=EN, max_chars=(COOKIE_BYTES - 16) // 8 - 8) for number in range(2)]
    document = document_of(*texts)
    assert COOKIE_BYTES - 150 < worst_case_bytes(document) <= COOKIE_BYTES
    # Letters that compress badly: the worst that a respondent can type.
    import random

    chance = random.Random(4)
    answers = {
        text.code: "".join(chr(chance.randrange(0x20000, 0x2A000)) for _ in range(text.max_chars)) for text in texts
    }
    journey: Journey = replace(begin("slug", datetime(2025, 5, 1, tzinfo=UTC)), answers=answers)
    first, second = Sealer(bytes(32)).seal(journey)
    opened = Sealer(bytes(32)).open(first, second)
    assert opened is not None
    assert opened.answers == answers
