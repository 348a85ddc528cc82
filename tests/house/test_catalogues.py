"""The words of the interface: six whole catalogues, fresh and of the right form."""

import gettext
import re
from functools import cache
from pathlib import Path

import polib
import pytest

from tests.house.sources import ROOT
from tools.catalogues import PLURALS, compile_file, gather

LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")
#: Named placeholders of both sorts: %(n)s and {n}.
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|{\w+}")
#: n, and the index of the form that it takes.
FORMS = {
    "ar": {0: 0, 1: 1, 2: 2, 3: 3, 10: 3, 11: 4, 15: 4, 99: 4, 100: 5, 101: 5, 102: 5, 103: 3, 111: 4, 200: 5},
    "zh": {0: 0, 1: 0, 2: 0, 100: 0},
    "en": {0: 1, 1: 0, 2: 1, 21: 1},
    "fr": {0: 0, 1: 0, 2: 1, 100: 1},
    "ru": {0: 2, 1: 0, 2: 1, 4: 1, 5: 2, 11: 2, 12: 2, 14: 2, 21: 0, 22: 1, 25: 2, 111: 2, 112: 2, 121: 0},
    "es": {0: 1, 1: 0, 2: 1, 100: 1},
}


@cache
def _catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(ROOT / "locales" / language / "LC_MESSAGES" / "messages.po"), check_for_duplicates=True)


def _messages(language: str) -> list[polib.POEntry]:
    return [entry for entry in _catalogue(language) if not entry.obsolete]


def _words(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@cache
def _gathered() -> frozenset[tuple[str | None, str, str]]:
    """Context, message, plural of everything that app/ marks."""
    found = set()
    for message in gather():
        if message.id:
            one, many = message.id if isinstance(message.id, tuple | list) else (message.id, "")
            found.add((message.context, one, many))
    return frozenset(found)


def test_messages_are_gathered_from_templates_and_from_python() -> None:
    assert len(_gathered()) >= 100
    places = {Path(name).suffix for message in gather() for name, _ in message.locations}
    assert places == {".html", ".py"}


def test_there_is_a_catalogue_for_each_language_and_no_other() -> None:
    assert {path.parts[-3] for path in (ROOT / "locales").glob("*/LC_MESSAGES/messages.po")} == set(LANGUAGES)
    assert tuple(PLURALS) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_exactly_the_messages_that_there_are(language: str) -> None:
    held = {(entry.msgctxt, entry.msgid, entry.msgid_plural) for entry in _messages(language)}
    assert not _gathered() - held, "missing: run `make catalogues` and translate"
    assert not held - _gathered(), "left over: run `make catalogues`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_fuzzy_or_empty(language: str) -> None:
    assert not [entry.msgid for entry in _messages(language) if entry.fuzzy]
    assert not [entry.msgid for entry in _messages(language) if not all(word.strip() for word in _words(entry))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_has_the_right_number_of_forms(language: str) -> None:
    wanted = len(set(FORMS[language].values()))
    assert not [
        entry.msgid
        for entry in _messages(language)
        if entry.msgid_plural and sorted(entry.msgstr_plural) != [*range(wanted)]
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_message(language: str) -> None:
    wrong = []
    for entry in _messages(language):
        wanted = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        for word in _words(entry):
            has = set(PLACEHOLDER.findall(word))
            # The form for exactly one or two may say the number in words.
            may_lack = {"%(n)s", "%(num)s"} if entry.msgid_plural else set()
            if not has <= wanted or wanted - has - may_lack:
                wrong.append((entry.msgid, word))
    assert not wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_holds_html(language: str) -> None:
    assert not [entry.msgid for entry in _messages(language) if re.search(r"<[a-z/]", "".join(_words(entry)))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_begins_and_ends_with_the_blanks_of_its_message(language: str) -> None:
    assert not [entry.msgid for entry in _messages(language) for word in _words(entry) if word != word.strip()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_gettext_chooses_the_form_that_the_language_has_for_a_number(language: str, tmp_path: Path) -> None:
    """With the header of our own catalogue and one message whose forms are their own numbers."""
    forms = len(set(FORMS[language].values()))
    probe = polib.POFile()
    probe.metadata = _catalogue(language).metadata
    probe.append(polib.POEntry(msgid="one", msgid_plural="many", msgstr_plural={n: str(n) for n in range(forms)}))
    folder = tmp_path / language / "LC_MESSAGES"
    folder.mkdir(parents=True)
    probe.save(str(folder / "messages.po"))
    compile_file(folder / "messages.mo")
    words = gettext.translation("messages", tmp_path, [language])
    assert {n: int(words.ngettext("one", "many", n)) for n in FORMS[language]} == FORMS[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_there_and_says_what_the_source_says(language: str) -> None:
    words = gettext.translation("messages", ROOT / "locales", [language])
    for entry in _messages(language):
        if not entry.msgid_plural and not entry.msgctxt:
            assert words.gettext(entry.msgid) == entry.msgstr


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_per_cent_sign_in_words_of_a_template_is_doubled(language: str) -> None:
    """Jinja fills placeholders in every message, also where there is none: "1% of" would break the page."""
    wrong = [
        words
        for entry in _messages(language)
        if any(place.endswith(".html") for place, _ in entry.occurrences)
        for words in (entry.msgid, entry.msgid_plural, *_words(entry))
        if "%" in PLACEHOLDER.sub("", words).replace("%%", "")
    ]
    assert not wrong
