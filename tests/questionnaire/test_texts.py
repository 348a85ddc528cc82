"""The texts of a document under their keys, the word by word difference, and the remarks on a translated text."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.questionnaire.check import check, complete_languages, wordings
from app.questionnaire.document import LANGUAGES, Document, Section
from app.questionnaire.kinds import Choice, Matrix, Note, Row, Single
from app.questionnaire.text_checks import remarks
from app.questionnaire.texts import difference, digest_of, same_as, texts_of, tidy, to_translate, with_texts
from app.questionnaire.translation_sheet import read_sheet
from app.questionnaire.translations import Standing, State
from tests.questionnaire.documents import WORDS, documents
from tests.samples import sample_document, texts

slow_to_draw = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
ANY_TEXT = st.text(max_size=60)


def codes(source: str, target: str, language: str) -> list[str]:
    return [remark.code for remark in remarks(source, target, language)]


# Keys ----------------------------------------------------------------------------------------------------------------


def test_the_keys_are_those_that_people_know() -> None:
    keys = [text.key for text in texts_of(sample_document())]
    assert keys[:5] == ["title", "summary", "section.start.title", "DM01.label", "DM01.1.label"]
    assert {"A4.label", "A4.a.label", "A4.5.label", "A4.97.label", "B4.label"} <= set(keys)
    assert "A4.hint" not in keys


@slow_to_draw
@given(documents())
def test_every_text_has_a_key_of_its_own_that_the_database_can_hold(document: Document) -> None:
    found = texts_of(document)
    assert len({text.key for text in found}) == len(found)
    assert sorted(map(str, (text.texts for text in found))) == sorted(
        map(str, (each.texts for each in wordings(document)))
    )
    assert all(len(text.key) <= 120 for text in found)


def test_names_with_dots_do_not_share_a_key() -> None:
    one = Single(code="A", label=texts("One"), choices=(Choice("b.c", texts("x")), Choice("d", texts("y"))))
    other = Single(code="A.b", label=texts("Two"), choices=(Choice("c", texts("z")), Choice("d", texts("y"))))
    matrix = Matrix(code="M", label=texts("M"), rows=(Row("a", texts("row")),), choices=(Choice("a", texts("choice")),))
    document = Document("d", "1", texts("T"), (Section("s", texts("S"), (one, other, matrix)),))
    found = {text.key: text.in_language("en") for text in texts_of(document)}
    assert (found["A.b.c.label"], found["A.b.c.label+"]) == ("x (en)", "z (en)")
    assert (found["M.a.label"], found["M.a.label+"]) == ("row (en)", "choice (en)")
    changed = with_texts(document, "fr", {"A.b.c.label+": "nouveau"})
    assert changed.questions["A.b"].choices[0].label["fr"] == "nouveau"  # type: ignore[attr-defined]
    assert changed.questions["A"] == document.questions["A"]


@slow_to_draw
@given(documents(), st.data())
def test_texts_that_are_put_in_stand_there_and_all_else_stays(document: Document, data: st.DataObject) -> None:
    language = data.draw(st.sampled_from(LANGUAGES))
    before = {text.key: text for text in texts_of(document)}
    chosen = data.draw(st.lists(st.sampled_from(sorted(before)), unique=True, max_size=6))
    given_texts = {key: data.draw(st.just("") | WORDS) for key in chosen}
    after_document = with_texts(document, language, given_texts)
    after = {text.key: text for text in texts_of(after_document)}
    for key, text in before.items():
        wanted = {**text.texts, language: given_texts.get(key, text.in_language(language))}
        kept = after[key].texts if key in after else {}
        assert kept == {each: words for each, words in wanted.items() if words}
    assert after_document.languages == complete_languages(after_document)
    back = {key: before[key].in_language(language) for key in chosen if key in after}
    if set(chosen) <= set(after):
        assert with_texts(after_document, language, back) == document


def test_a_key_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError, match="nobody"):
        with_texts(sample_document(), "fr", {"nobody.label": "x"})


def test_a_language_is_complete_when_its_last_shown_text_is_there() -> None:
    document = sample_document()
    without = with_texts(document, "ru", {"A4.a.label": ""})
    assert "ru" not in without.languages
    assert with_texts(without, "ru", {"A4.a.label": "Строка"}).languages == LANGUAGES


def test_guidance_is_kept_and_not_translated() -> None:
    note = Note(code="N", label=texts("Read this"), guidance={"en": "Say it kindly"})
    document = Document("d", "1", texts("T"), (Section("s", texts("S"), (note,)),))
    assert "N.guidance" in {text.key for text in texts_of(document)}
    assert "N.guidance" not in {text.key for text in to_translate(document)}
    assert with_texts(document, "fr", {"title": "Titre"}).languages == LANGUAGES


@pytest.mark.parametrize("key", ["title", "A1.label", "A1.3.label", "section.views.title", "A4.a.label"])
def test_the_longest_text_is_what_the_check_of_a_questionnaire_allows(key: str) -> None:
    longest = next(text.longest for text in texts_of(sample_document()) if text.key == key)
    for more, wanted in ((0, False), (1, True)):
        document = with_texts(sample_document(), "en", {key: "a" * (longest + more)})
        assert any(finding.reason == "text_too_long" for finding in check(document)) is wanted


def test_a_shared_list_is_found_again() -> None:
    found = texts_of(sample_document())
    same = same_as(found, "en")
    assert same["A2.1.label"] == same["A4.1.label"] == "DM01.1.label"
    assert same["B2.97.label"] == "A1.97.label"
    assert "A1.97.label" not in same
    assert all(
        next(text for text in found if text.key == key).in_language("en")
        == next(text for text in found if text.key == leader).in_language("en")
        for key, leader in same.items()
    )


# Differences ---------------------------------------------------------------------------------------------------------


@given(ANY_TEXT | WORDS, ANY_TEXT | WORDS)
def test_a_difference_holds_both_texts(old: str, new: str) -> None:
    pieces = difference(old, new)
    assert "".join(piece.words for piece in pieces if piece.change != "in") == old
    assert "".join(piece.words for piece in pieces if piece.change != "out") == new
    assert all(piece.words for piece in pieces)


def test_a_difference_is_told_in_words() -> None:
    pieces = difference("The connection is slow or breaks", "The connection is slow or cuts off")
    assert [(piece.change, piece.words) for piece in pieces][:3] == [
        ("same", "The connection is slow or "),
        ("out", "breaks"),
        ("in", "cuts off"),
    ]
    assert [piece.words for piece in difference("你多久使用", "你常常使用") if piece.change == "in"] == ["常常"]


@given(ANY_TEXT)
def test_a_tidy_text_is_tidy_and_has_no_line_breaks_but_line_feeds(typed: str) -> None:
    kept = tidy(typed)
    assert tidy(kept) == kept
    assert kept.splitlines() == kept.split("\n") or kept == ""


# Remarks -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target", "language", "wanted"),
    [
        ("Hello {name}", "Bonjour {name}", "fr", []),
        ("Hello {name}", "Bonjour {nom}", "fr", ["placeholder"]),
        ("Hello {name}", "Bonjour name}", "fr", ["placeholder"]),
        ("No braces here", "Aucune {accolade} ici", "fr", ["placeholder"]),
        ("Send %(n)s answers", "Envoyer n réponses", "fr", ["placeholder"]),
        ("How old are you?", "كم عمرك؟", "ar", []),
        ("How old are you?", "كم عمرك?", "ar", ["question_mark"]),
        ("How old are you?", "你多大了？", "zh", []),
        ("How old are you?", "你多大了", "zh", ["question_mark"]),
        ("How old are you?", "Сколько тебе лет?", "ru", []),
        ("How old are you?", "Сколько тебе лет", "ru", ["question_mark"]),
        ("How old are you?", "¿Qué edad tienes?", "es", []),
        ("How old are you?", "Qué edad tienes?", "es", ["question_mark"]),
        ("How old are you?", "Quel âge as-tu ?", "fr", []),
        ("How old are you?", "Quel âge as-tu\u202f?", "fr", []),
        ("How old are you?", "Quel âge as-tu?", "fr", ["blank_missing"]),
        ("Stop!", "¡Para !", "es", ["blank_before"]),
        ("Every day", "Every day", "fr", ["copy"]),
        ("No", "No", "es", []),
        ("ITU", "ITU", "ru", []),
        ("Chat with friends on WhatsApp", "Общаюсь с друзьями в WhatsApp", "ru", []),
        ("Send an SMS message", "Отправить SMS-сообщение", "ru", []),
        ("Chat with friends", "Чат с friends", "ru", ["latin_word"]),
        ("Chat with friends", "和 friends 聊天", "zh", ["latin_word"]),
        ("See www.example.org", "انظر www.example.org", "ar", []),
        ("Never", "Никoгда", "ru", ["mixed_word"]),
        ("Never", "Jаmais", "fr", ["mixed_word"]),
        ("Never", "Никогда", "fr", ["foreign_script"]),
        ("I don’t know", "Je n'en sais rien", "fr", ["straight_quote"]),
        ("I do not know it", "Je n’en  sais rien", "fr", ["double_blank"]),
        ("It is short and it stays so", "C’est " + "très " * 9 + "long", "fr", ["long"]),
        ("It is short and it stays so", "它" * 80, "zh", []),
        ("Yes", "Совершенно", "ru", []),
        ("Yes?", "", "ru", []),
    ],
)
def test_a_remark_is_made_where_something_may_be_wrong(
    source: str, target: str, language: str, wanted: list[str]
) -> None:
    assert codes(source, target, language) == wanted


def test_only_wrong_letters_and_braces_are_grave() -> None:
    assert [remark.grave for remark in remarks("Never {x}?", "Jаmais  never", "fr")] == [True, True, False, False]


@given(ANY_TEXT | WORDS, ANY_TEXT | WORDS, st.sampled_from(LANGUAGES))
def test_remarks_are_made_on_any_text(source: str, target: str, language: str) -> None:
    for remark in remarks(source, target, language):
        assert remark.grave == (remark.code in ("placeholder", "mixed_word"))


# A posted page -------------------------------------------------------------------------------------------------------


def standing(source: str, target: str, state: State = State.DRAFTED, by: str = "a@example.org") -> Standing:
    text = next(text for text in texts_of(sample_document()) if text.key == "A1.label")
    return Standing(text, "fr", state, source, target, by=by)


@given(st.sampled_from(["", "Un", "Deux", "Trois"]), st.sampled_from(["", "Un", "Deux"]), st.sampled_from(["", "Un"]))
def test_what_somebody_else_saved_is_never_overwritten_unseen(typed: str, now: str, read: str) -> None:
    here = {"A1.label": standing("One", now)}
    form = {"text.A1.label": [typed], "was.A1.label": [standing("One", read).token]}
    sheet = read_sheet(form, here, "b@example.org", may_write=True, words_only=False)
    if typed in (now, read):
        assert (sheet.changes, sheet.mistakes) == ({}, {})
    elif now == read:
        assert sheet.changes["A1.label"].text == typed
    else:
        assert sheet.mistakes == {"A1.label": "changed"}
        assert not sheet.changes


def test_a_text_for_a_source_that_changed_meanwhile_is_looked_at_again() -> None:
    form = {"text.A1.label": ["Un"], "was.A1.label": [standing("One", "").token]}
    sheet = read_sheet(form, {"A1.label": standing("Two", "")}, "b@example.org", may_write=True, words_only=False)
    assert sheet.mistakes == {"A1.label": "source_changed"}


def test_whoever_may_not_write_changes_nothing_with_a_forged_form() -> None:
    here = {"A1.label": standing("One", "Un", State.STALE)}
    form = {"text.A1.label": ["Une"], "still": ["A1.label"], "was.A1.label": [here["A1.label"].token]}
    assert not read_sheet(form, here, "b@example.org", may_write=False, words_only=False).changes
    assert read_sheet(form, here, "b@example.org", may_write=True, words_only=False).changes


@pytest.mark.parametrize(
    ("stands", "who", "reviews", "mistakes"),
    [
        (standing("One", "Un"), "b@example.org", ("A1.label",), {}),
        (standing("One", "Un"), "a@example.org", (), {"A1.label": "not_reviewed"}),
        (standing("One", "Un", State.STALE), "b@example.org", (), {"A1.label": "not_reviewed"}),
        (standing("One", "Uп"), "b@example.org", (), {"A1.label": "not_reviewed"}),
        (standing("One", "Un", State.REVIEWED), "b@example.org", (), {}),
    ],
)
def test_a_review_is_by_somebody_else_and_of_a_sound_text(
    stands: Standing, who: str, reviews: tuple[str, ...], mistakes: dict[str, str]
) -> None:
    form = {"review": ["A1.label"], "was.A1.label": [stands.token]}
    sheet = read_sheet(form, {"A1.label": stands}, who, may_write=True, words_only=False)
    assert (sheet.reviews, sheet.mistakes) == (reviews, mistakes)
    everything = {"review_all": ["yes"], "was.A1.label": [stands.token]}
    sheet = read_sheet(everything, {"A1.label": stands}, who, may_write=True, words_only=False)
    assert (sheet.reviews, sheet.mistakes) == (reviews, {})


def test_a_review_of_a_text_that_changed_meanwhile_is_asked_again() -> None:
    form = {"review_all": ["yes"], "was.A1.label": [standing("One", "Un").token]}
    sheet = read_sheet(form, {"A1.label": standing("One", "Une")}, "b@example.org", may_write=False, words_only=False)
    assert (sheet.reviews, sheet.mistakes) == ((), {"A1.label": "changed"})


def test_digests_tell_texts_apart() -> None:
    assert digest_of("a") != digest_of("b")
    assert len(digest_of("")) == 64
    assert replace(standing("One", "Un"), target="Une").token != standing("One", "Un").token
