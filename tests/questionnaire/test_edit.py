"""Steps of the editor: each gives a questionnaire that can be asked, or is refused; codes are never given twice."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.questionnaire import edit, order
from app.questionnaire.conditions import MOST_LINES, Built, Line, built, subjects, written
from app.questionnaire.document import AGE_BAND, LANGUAGES, Document, Section
from app.questionnaire.edit import NewQuestion, StepRefused, tried
from app.questionnaire.kinds import Choice, Matrix, Multiple, Ranking, Scale, Single, Text
from app.questionnaire.relevance import parse
from app.questionnaire.sound import codes_of, faults_of
from app.questionnaire.xlsform import read_xlsform, write_xlsform
from tests.questionnaire.documents import documents
from tests.samples import sample_document, texts

AGE = Single(
    code=AGE_BAND, label=texts("Age"), required=True, choices=tuple(Choice(n, texts(n)) for n in ("2", "3", "4"))
)


def with_age(document: Document) -> Document:
    """Any questionnaire, after the question of age."""
    if AGE_BAND in document.questions or "start" in document.sections_by_name:
        return sample_document()
    try:
        return tried(replace(document, sections=(Section("start", texts("Start"), (AGE,)), *document.sections)))
    except StepRefused:
        return sample_document()


whole_documents = documents().map(with_age)


@st.composite
def steps(draw: st.DrawFn, document: Document) -> Callable[[Document, frozenset[str]], Document]:
    """Any step that the pages offer, with anything that may be typed."""
    section = draw(st.sampled_from([each.name for each in document.sections]))
    question = draw(st.sampled_from(list(document.questions.values())))
    code = question.code
    words = draw(st.sampled_from(["Why?", "  سؤال ", "", "${A}", "a\r\nb\x00", "=1+1", "x" * 1200]))
    by = draw(st.sampled_from([-1, 1]))
    new = NewQuestion(
        draw(st.sampled_from(edit.KINDS)),
        words,
        tuple(draw(st.lists(st.sampled_from(["Yes", "No", " ", "Perhaps", "A", "B"]), max_size=6))),
        tuple(draw(st.lists(st.sampled_from(["Home", "School"]), max_size=2))),
        draw(st.sampled_from([(), (Choice("97", texts("?")), Choice("98", texts("-")))])),
    )
    number = draw(st.integers(-1, 12))
    offered: list[Callable[[Document, frozenset[str]], Document]] = [
        lambda d, used: edit.word_whole(d, words, words),
        lambda d, used: edit.add_section(d, words, new, used),
        lambda d, used: edit.word_section(d, section, words),
        lambda d, used: order.move_section(d, section, by),
        lambda d, used: edit.copy_section(d, section, used),
        lambda d, used: edit.delete_section(d, section),
        lambda d, used: edit.add_question(d, section, new, used),
        lambda d, used: edit.copy_question(d, code, used),
        lambda d, used: order.move_question(d, code, by),
        lambda d, used: order.place_question(d, code, section, ""),
        lambda d, used: edit.delete_question(d, code),
        lambda d, used: edit.set_condition(d, code, ""),
        lambda d, used: edit.set_condition(d, section, f"${{{code}}} != ''"),
        lambda d, used: edit.change_question(d, code, lambda q: replace(q, indicator=words[:8], required=number > 3)),
        lambda d, used: edit.change_question(
            d, code, lambda q: replace(q, hint=edit.worded(q.hint, d.default_language, words))
        ),
    ]
    if isinstance(question, Multiple):
        offered.append(lambda d, used: edit.change_question(d, code, lambda q: replace(q, max_choices=number)))  # type: ignore[call-arg]
    if isinstance(question, Ranking):
        offered.append(lambda d, used: edit.change_question(d, code, lambda q: replace(q, places=number)))  # type: ignore[call-arg]
    if isinstance(question, Text):
        offered.append(lambda d, used: edit.change_question(d, code, lambda q: replace(q, max_chars=number * 300)))  # type: ignore[call-arg]
    if isinstance(question, edit.WithChoices):
        choice = draw(st.sampled_from(question.choices)).name
        offered += [
            lambda d, used: edit.add_choice(d, code, words, used),
            lambda d, used: edit.copy_part(d, code, "choices", choice, used),
            lambda d, used: order.move_part(d, code, "choices", choice, by),
            lambda d, used: edit.delete_part(d, code, "choices", choice),
            lambda d, used: edit.word_parts(d, code, "choices", {choice: words}),
        ]
    if isinstance(question, Matrix):
        row = draw(st.sampled_from(question.rows)).name
        offered += [
            lambda d, used: edit.add_row(d, code, words, used),
            lambda d, used: edit.copy_part(d, code, "rows", row, used),
            lambda d, used: edit.delete_part(d, code, "rows", row),
            lambda d, used: order.move_part(d, code, "rows", row, by),
        ]
    return draw(st.sampled_from(offered))


@settings(max_examples=12, deadline=None)
@given(data=st.data(), document=whole_documents)
def test_every_step_keeps_a_questionnaire_that_can_be_asked_or_is_refused(
    data: st.DataObject, document: Document
) -> None:
    used = codes_of(document)
    for _ in range(4):
        step = data.draw(steps(document))
        before = document
        try:
            document = tried(step(document, used))
        except StepRefused as refused:
            assert refused.findings
            assert document is before
            continue
        used |= codes_of(document)
        again = read_xlsform(write_xlsform(document))
        assert again.faults == ()
        assert again.document == document


@settings(max_examples=12, deadline=None)
@given(data=st.data(), document=whole_documents)
def test_a_code_that_was_given_up_never_comes_to_mean_something_else(data: st.DataObject, document: Document) -> None:
    used = codes_of(document)
    section = data.draw(st.sampled_from(document.sections[1:] or document.sections))
    gone = data.draw(st.sampled_from(section.questions)).code
    without = edit.delete_question(document, gone)
    again = edit.add_question(without, section.name, NewQuestion("text", "New?"), used)
    (added,) = again.questions.keys() - without.questions.keys()
    assert added not in used
    for question in document.questions.values():
        if isinstance(question, edit.WithChoices):
            name = question.choices[-1].name
            fewer = edit.delete_part(document, question.code, "choices", name)
            more = edit.add_choice(fewer, question.code, "New", used)
            before, after = codes_of(fewer), codes_of(more)
            (choice,) = after - before
            assert choice not in used


@settings(max_examples=12, deadline=None)
@given(data=st.data(), document=whole_documents)
def test_moving_there_and_back_changes_nothing(data: st.DataObject, document: Document) -> None:
    section = data.draw(st.sampled_from(document.sections))
    code = data.draw(st.sampled_from(section.questions)).code
    places = [question.code for question in section.questions]
    if code != places[-1]:
        assert order.move_question(order.move_question(document, code, 1), code, -1) == document
    if section is not document.sections[-1]:
        assert order.move_section(order.move_section(document, section.name, 1), section.name, -1) == document


@given(data=st.data(), document=whole_documents)
@settings(max_examples=12, deadline=None)
def test_a_condition_that_was_built_is_read_back_as_the_same_lines(data: st.DataObject, document: Document) -> None:
    last = document.sections[-1].questions[-1]
    offered = list(subjects(document, last.code))
    if not offered:
        return
    lines = []
    for _ in range(data.draw(st.integers(1, MOST_LINES))):
        subject = data.draw(st.sampled_from(offered))
        several = isinstance(document.questions.get(subject.code), Multiple | Ranking)
        operator = data.draw(st.sampled_from(["is_not", "includes"] if several else ["is", "is_not", "includes"]))
        if not subject.choices or data.draw(st.booleans()):
            lines.append(Line(subject.code, "answered"))
        else:
            lines.append(Line(subject.code, operator, data.draw(st.sampled_from(subject.choices)).name))
    made = Built(tuple(lines), every=len(lines) == 1 or data.draw(st.booleans()))
    assert built(parse(written(made, document)), document) == made


@pytest.mark.parametrize(
    "source",
    [
        "${DM01} > 3",
        "count-selected(${A2}) > 1",
        "(${A1} = '1' or ${A1} = '2') and ${B1} = '2'",
        "${A1} = '1' or ${A1} = '2' or ${A1} = '3' or ${A1} = '4'",
        "${A2} = '1 2'",
        "${A1} = '1' and true()",
    ],
)
def test_a_condition_beyond_lines_gives_none(source: str) -> None:
    assert built(parse(source), sample_document()) is None


def refusal(document: Document) -> set[str]:
    with pytest.raises(StepRefused) as refused:
        tried(document)
    return {finding.reason for finding in refused.value.findings}


def test_what_others_depend_on_cannot_go() -> None:
    document = sample_document()
    assert "unknown_question" in refusal(edit.delete_question(document, "B1"))
    assert "unknown_choice" in refusal(edit.delete_part(document, "B1", "choices", "2"))
    assert "later_question" in refusal(order.move_question(document, "B1", 1))
    assert "age_first" in refusal(edit.delete_question(document, AGE_BAND))
    assert "age_first" in refusal(order.move_section(document, "start", 1))
    assert "section_empty" in refusal(edit.delete_question(document, AGE_BAND))


def test_limits_are_kept() -> None:
    document = sample_document()

    def with_(code: str, **values: object) -> Document:
        return edit.change_question(document, code, lambda question: replace(question, **values))  # type: ignore[arg-type]

    assert refusal(with_("A2", max_choices=8)) == {"max_wrong"}
    assert refusal(with_("A5", places=0)) == {"max_wrong"}
    assert refusal(with_("B4", max_chars=2001)) >= {"max_wrong"}
    assert refusal(with_("B3", minimum=5, maximum=4)) >= {"range_empty"}
    assert refusal(with_("A1", indicator="two words")) == {"indicator_wrong"}
    assert refusal(with_("A1", breakdowns=("mood",))) == {"breakdown_unknown"}
    assert refusal(edit.delete_part(document, "A3", "choices", "3")) == {"scale_points"}
    assert refusal(edit.word_section(document, "views", " ")) == {"text_missing"}


def test_new_codes_follow_the_prefix_of_their_section() -> None:
    document = sample_document()
    used = codes_of(document)
    new = NewQuestion("single", "New?", ("Yes", "No"), escapes=(Choice("97", texts("?")),))
    grown = tried(edit.add_question(document, "views", new, used))
    added = grown.questions["A06"]
    assert isinstance(added, Single)
    assert [choice.name for choice in added.choices] == ["1", "2", "97"]
    assert grown.languages == ("en",)
    more = tried(edit.add_choice(grown, "A06", "Perhaps", used | codes_of(grown)))
    assert [choice.name for choice in more.questions["A06"].choices] == ["1", "2", "3", "97"]  # type: ignore[attr-defined]
    assert tried(edit.add_section(more, "More", new, used)).sections[-1].name == "part5"


def test_the_copy_of_a_section_speaks_of_its_own_questions() -> None:
    document = sample_document()
    copied = tried(edit.copy_section(document, "experience", codes_of(document)))
    copy = copied.sections[3]
    relevant = {question.code: question.relevant.source for question in copy.questions if question.relevant}
    assert relevant == {"B08": "${B07} = '2'", "B09": "selected(${B08}, '1')"}
    assert all(set(question.label) == set(LANGUAGES) for question in copy.questions)


def test_other_languages_keep_their_texts_when_the_source_changes() -> None:
    changed = edit.word_parts(sample_document(), "A1", "choices", {"1": "Another"})
    choice = changed.questions["A1"].choices[0]  # type: ignore[attr-defined]
    assert (choice.label["en"], choice.label["fr"]) == ("Another", "Choice 1 (fr)")
    question = edit.worded({"en": "a", "fr": "b"}, "en", " ")
    assert question == {}


def test_a_scale_is_made_with_its_points() -> None:
    new = NewQuestion("scale", "How much?", ("1", "2", "3", "4", "5"))
    grown = tried(edit.add_question(sample_document(), "views", new, frozenset()))
    assert isinstance(grown.questions["A06"], Scale)
    four = NewQuestion("scale", "How much?", ("1", "2", "3", "4"))
    assert refusal(edit.add_question(sample_document(), "views", four, frozenset())) == {"scale_points"}


def test_a_sound_questionnaire_has_no_faults() -> None:
    assert faults_of(sample_document()) == ()
