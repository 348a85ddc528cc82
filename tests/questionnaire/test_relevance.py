"""The conditions: what they mean, against an XPath engine of other hands, and what is said of those that are wrong."""

import copy
import pickle
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from app.questionnaire.relevance import (
    Answer,
    ExpressionFault,
    both,
    comparisons,
    parse,
    renamed,
)

TABLE: Sequence[tuple[str, Mapping[str, Answer], bool]] = [
    ("${CB01} = '1'", {"CB01": "1"}, True),
    ("${CB01} = '1'", {"CB01": "2"}, False),
    ("${CB01} = '1'", {}, False),
    ("${CB01} = 1", {"CB01": "1"}, True),
    ("${CB01} = 1", {"CB01": "01"}, True),
    ("${CB01} = '1'", {"CB01": "01"}, False),
    ("${CB01} != '5'", {}, True),
    ("${CB01} != 5", {}, True),
    ("${CB01} = ''", {}, True),
    ("${CB01} != ''", {"CB01": "98"}, True),
    ("${CB01} >= 2 and ${CB01} <= 5", {"CB01": "5"}, True),
    ("${CB01} >= 2 and ${CB01} <= 5", {"CB01": "98"}, False),
    ("${CB01} < 2", {}, False),
    ("'abc' < 'abd'", {}, False),
    ("selected(${CB08}, '6')", {"CB08": ("1", "6")}, True),
    ("selected(${CB08}, 6)", {"CB08": ("1", "6")}, True),
    ("selected(${CB08}, '1 6')", {"CB08": ("1", "6")}, False),
    ("selected(${CB08}, '6')", {"CB08": ("16",)}, False),
    ("selected(${CB08}, '6')", {"CB08": "6"}, True),
    ("selected(${CB08}, '6')", {}, False),
    ("selected(${CB15}, '')", {"CB15": ("3", "", "1")}, False),
    ("${CB08} = '1 6'", {"CB08": ("1", "6")}, True),
    ("count-selected(${CB08}) = 2", {"CB08": ("1", "6")}, True),
    ("count-selected(${CB15}) = 2", {"CB15": ("3", "", "1")}, True),
    ("count-selected(${CB08}) = 0", {}, True),
    ("${age} = 12", {"age": 12}, True),
    ("${age} = '12'", {"age": 12}, True),
    ("${age} - 2 = 10", {"age": 12}, True),
    ("-${age} < 0", {"age": 12}, True),
    ("${age} - -1 > 12", {"age": 12}, True),
    (". >= 0 and . <= 120", {".": 12}, True),
    (". >= 0 and . <= 120", {".": 121}, False),
    ("string-length(.) <= 3", {".": "عمر"}, True),
    ("string-length(.) <= 3", {".": "four"}, False),
    ("not(${CB01} = '1') or ${CB02} = '2'", {"CB01": "1", "CB02": "2"}, True),
    ("${a} = '1' or ${b} = '1' and ${c} = '1'", {"a": "1"}, True),
    ("(${a} = '1' or ${b} = '1') and ${c} = '1'", {"a": "1"}, False),
    ("1 + 2 = 3 = true()", {}, True),
    ("true() and not(false())", {}, True),
    ("${CB16.a} = 5", {"CB16.a": "5"}, True),
    ("${ CB01 }\u00a0= ‘1’", {"CB01": "1"}, True),
    ("${CB01} = “1”", {"CB01": "1"}, True),
    ('${CB01} = "it\'s"', {"CB01": "it's"}, True),
    ("${CB01}", {"CB01": "x"}, True),
    ("${CB01} + 1", {}, False),
]


@pytest.mark.parametrize(("source", "answers", "holds"), TABLE)
def test_a_condition_means_what_xpath_says(source: str, answers: Mapping[str, Answer], holds: bool) -> None:
    assert parse(source).holds(answers) is holds


WRONG = [
    ("", 1, "nothing", "Write a condition"),
    ("${CB01} == 1", 9, "== 1", "Write a single ="),
    ("${CB01} <> 1", 9, "<> 1", "Write !="),
    ("${CB01} ≥ 1", 9, "≥ 1", "Write >="),
    ("${CB01} = '1' && true()", 15, "&&", "Write and"),
    ("${CB01} = '1' AND true()", 15, "AND", "Join two conditions"),
    ("CB01 = '1'", 1, "CB01", "Write ${CB01}"),
    ("$CB01 = '1'", 1, "$CB01", "between ${ and }"),
    ("${CB01 = '1'", 1, "${CB01", "between ${ and }"),
    ("${CB01} = '1", 11, "'1", "Close the text"),
    ("(${CB01} = '1'", 15, "the end", "“)” is expected"),
    ("${CB01} = '1')", 14, ")", "Join two conditions"),
    ("${CB01} =", 10, "the end", "Something is missing"),
    ("and ${CB01} = 1", 1, "and", "before and after and"),
    ("${CB01} = 1 or", 15, "the end", "Something is missing"),
    ("regex(., '(a+)+')", 1, "regex", "stall"),
    ("if(${CB01} = 1, 2, 3)", 1, "if", "The functions are"),
    ("selected('1', ${CB01})", 10, "1", "asks about a question"),
    ("selected(${CB01})", 17, ")", "“,” is expected"),
    ("${CB01} * 2 = 4", 9, "* 2", "Only + and -"),
    ("/data/CB01 = 1", 1, "/data", "paths"),
    ("../CB01 = 1", 1, "../", "paths"),
    ("${last-saved#CB01} = 1", 1, "${last-saved", "never kept"),
    ("(" * 60 + "1" + ")" * 60, 41, "(", "levels of parentheses"),
    ("-" * 60 + "1", 41, "-", "levels of parentheses"),
    ("1" + "+1" * 200, 124, "+", "fewer sums"),
    ("1=1 or " * 1000 + "1=1", 4000, "7003 characters", "at most 4000"),
]


@pytest.mark.parametrize(("source", "position", "found", "advice"), WRONG)
def test_a_wrong_condition_is_refused_with_its_place_and_what_to_write(
    source: str, position: int, found: str, advice: str
) -> None:
    with pytest.raises(ExpressionFault) as caught:
        parse(source)
    assert caught.value.position == position
    assert found in caught.value.found
    assert advice in caught.value.advice


@given(st.text(max_size=60) | st.text(alphabet="${}CB01.'\"()=<>!+-andornt selected,", max_size=60))
def test_any_text_is_parsed_or_refused_and_never_breaks(source: str) -> None:
    try:
        expression = parse(source)
    except ExpressionFault as fault:
        assert 1 <= fault.position <= len(source.strip()) + 1
        assert fault.advice
    else:
        assert expression.holds({}) in (True, False)


# Against another engine: each generated condition comes with its source in our language and in plain XPath 1.0.

ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "a": st.sampled_from(["", "1", "2", "01", "x", " 2 ", "1e3", "-1", ".5"]),
        "b": st.integers(-3, 3),
        "c": st.lists(st.sampled_from(["1", "2", "16"]), unique=True, min_size=1).map(tuple),
    },
)
Pair = tuple[str, str]
QUESTIONS: dict[str, Pair] = {
    "a": ("${a}", "string($a)"),
    "b": ("${b}", "$b"),
    "c": ("${c}", "string($c)"),
}


def _pairs() -> st.SearchStrategy[Pair]:
    literals = st.sampled_from(["'1'", "'x'", "''", "'1 2'", "0", "1", "2.5", "-1"]).map(lambda text: (text, text))
    values = st.sampled_from(sorted(QUESTIONS.values())) | literals

    def sums(parts: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
        return st.tuples(parts, st.sampled_from(["+", "-"]), parts).map(
            lambda sum_: (f"({sum_[0][0]} {sum_[1]} {sum_[2][0]})", f"({sum_[0][1]} {sum_[1]} {sum_[2][1]})")
        )

    numbers = st.recursive(values, sums, max_leaves=3)
    compared = st.tuples(numbers, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), numbers).map(
        lambda each: (f"{each[0][0]} {each[1]} {each[2][0]}", f"{each[0][1]} {each[1]} {each[2][1]}")
    )
    chosen = st.sampled_from(
        [
            ("selected(${c}, '1')", "contains(concat(' ', $c, ' '), ' 1 ')"),
            ("selected(${a}, '2')", "contains(concat(' ', $a, ' '), ' 2 ')"),
            ("string-length(${c}) > 3", "string-length($c) > 3"),
            ("count-selected(${c}) = 2", "string-length(translate($c, '0123456789', '')) = 1"),
        ]
    )

    def joined(parts: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
        two = st.tuples(parts, st.sampled_from(["and", "or"]), parts).map(
            lambda each: (f"{each[0][0]} {each[1]} {each[2][0]}", f"{each[0][1]} {each[1]} {each[2][1]}")
        )
        negated = parts.map(lambda each: (f"not({each[0]})", f"not({each[1]})"))
        grouped = parts.map(lambda each: (f"({each[0]})", f"({each[1]})"))
        return two | negated | grouped

    return st.recursive(compared | chosen, joined, max_leaves=6)


@given(_pairs(), ANSWERS)
def test_conditions_agree_with_an_xpath_engine_of_other_hands(pair: Pair, answers: Mapping[str, Answer]) -> None:
    ours, plain = pair
    kept = answers.get("c", ())
    variables = {
        "a": answers.get("a", ""),
        "b": answers.get("b", ""),
        "c": " ".join(kept) if isinstance(kept, tuple) else kept,
    }
    theirs = etree.XPath(f"boolean({plain})")(etree.Element("root"), **variables)
    assert parse(ours).holds(answers) is theirs


@given(_pairs())
def test_a_condition_survives_writing_and_reading(pair: Pair) -> None:
    expression = parse(f"  {pair[0]}\n")
    assert expression.source == pair[0]
    assert parse(expression.source) == expression
    assert pickle.loads(pickle.dumps(expression)) == expression
    assert copy.deepcopy(expression).tree == expression.tree


def test_names_are_the_questions_asked_about() -> None:
    assert parse("${a} = 1 and selected(${b}, ${c}) or . = 2").names == {"a", "b", "c"}


def test_comparisons_list_every_choice_that_is_named() -> None:
    found = list(
        comparisons(parse("${a} = '1' or '2' != ${b} or selected(${c}, 3) or ${d} > 4 or ${e} = '' or . = -1"))
    )
    assert found == [("a", "1"), ("b", "2"), ("c", "3"), (".", -1.0)]


def test_two_conditions_joined_hold_when_both_do() -> None:
    joined = both(parse("${a} = 1 or ${b} = 1"), parse("${c} = 1"))
    assert joined is not None
    assert joined.holds({"a": "1", "c": "1"})
    assert not joined.holds({"a": "1"})
    assert both(None, parse("1 = 1")) == parse("1 = 1")
    assert both(None, None) is None


def test_renaming_changes_questions_and_no_texts() -> None:
    expression = renamed(parse("${ trust }='${trust}' or ${trust2} = 1"), {"trust": "CB16.trust"})
    assert expression.source == "${CB16.trust}='${trust}' or ${trust2} = 1"
    assert expression.names == {"CB16.trust", "trust2"}


def test_a_thousand_conditions_are_judged_in_a_moment() -> None:
    wide = parse(" or ".join(f"${{q{number}}} = '{number}'" for number in range(150)))
    assert wide.holds({"q149": "149"})
    assert not wide.holds({})
