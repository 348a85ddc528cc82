"""Translations as files at the desk, and the preview: out, back, looked at, taken, refused."""

import io

import polib
import pytest
from openpyxl import load_workbook

from app.questionnaire.translations import State
from app.staff.permissions import Role
from tests.application import House, Reader
from tests.desk import at_the_desk
from tests.questionnaire.test_translation_desk import ALL, FR, draft, edit, form_of, save, stands, trail, versions
from tests.samples import sample_document

__all__ = ["draft"]


async def bring(desk: Reader, content: bytes, status: int = 200, language: str = "fr") -> str:
    """The file is chosen and looked at."""
    return await bring_to(desk, f"{ALL}/{language}/file", content, status)


async def bring_to(desk: Reader, address: str, content: bytes, status: int = 200) -> str:
    response = await desk.client.post(address, files={"file": ("réponses.po", content)})
    return desk._look(response, address, status)


async def fetch(desk: Reader, address: str) -> bytes:
    await desk.get(address)
    assert desk.last is not None
    assert desk.last.headers["content-disposition"].startswith('attachment; filename="sample.')
    return desk.last.content


def translated(content: bytes, **texts: str) -> bytes:
    """The file with these texts in it, as a translator's own tool leaves it."""
    if content.startswith(b"PK"):
        book = load_workbook(io.BytesIO(content))
        for row in book["texts"].iter_rows(min_row=2):
            name = str(row[0].value).replace(".", "__")
            row[2].value = texts.get(name, row[2].value)
        saved = io.BytesIO()
        book.save(saved)
        return saved.getvalue()
    file = polib.pofile(content.decode())
    for entry in file:
        entry.msgstr = texts.get((entry.msgctxt or "").replace(".", "__"), entry.msgstr)
    return str(file).encode()


@pytest.mark.parametrize("suffix", ["po", "xlsx"])
async def test_a_file_is_shown_first_and_then_taken_in_one_go(draft: House, suffix: str) -> None:
    async with at_the_desk(draft) as desk:
        content = await fetch(desk, f"{FR}.{suffix}")
        assert "changes nothing" in await bring(desk, content)
        page = await bring(desk, translated(content, A1__label="Une sur quatre", B4__label="Que demanderais-tu ?"))
        assert await versions(draft) == 1
        await desk.post(f"{FR}/import", form_of(page))
        assert "2 texts were saved" in await desk.follow()
    found = await stands(draft)
    assert (found["A1.label"].target, found["B4.label"].target) == ("Une sur quatre", "Que demanderais-tu ?")
    assert found["A1.label"].state is State.DRAFTED
    assert await versions(draft) == 2
    (entry,) = await trail(draft)
    assert entry.act == "translation_import"
    assert entry.after is not None
    assert entry.after["keys"] == ["A1.label", "B4.label"]


async def test_arabic_goes_out_to_a_file_and_comes_back(draft: House) -> None:
    async with at_the_desk(draft, language="ar") as desk:
        content = await fetch(desk, f"{ALL}/ar.po")
        page = await bring(desk, translated(content, A1__label="واحد من أربعة؟"), language="ar")
        await desk.post(f"{ALL}/ar/import", form_of(page))
        await desk.follow()
    assert (await stands(draft, "ar"))["A1.label"].target == "واحد من أربعة؟"


async def test_what_changed_here_since_is_overwritten_only_where_the_file_is_chosen(draft: House) -> None:
    async with at_the_desk(draft) as desk:
        content = await fetch(desk, f"{FR}.po")
        await save(desk, text__A1__label="D’ici 1", text__A2__label="D’ici 2")
        mine = translated(content, A1__label="Du fichier 1", A2__label="Du fichier 2", A3__label="Du fichier 3")
        page = await bring(desk, mine)
        assert "D’ici 1" in page
        assert "Du fichier 1" in page
        await desk.post(f"{FR}/import", {**form_of(page), "take": "A2.label"})
    found = await stands(draft)
    assert [found[f"A{n}.label"].target for n in (1, 2, 3)] == ["D’ici 1", "Du fichier 2", "Du fichier 3"]
    last, left = (await trail(draft))[-2:]
    assert (last.act, left.act) == ("translation_import", "translation_conflicts_left")
    assert left.after == {"language": "fr", "texts": 1, "keys": ["A1.label"]}


async def test_a_conflict_that_arose_since_the_look_is_shown_before_anything_is_written(draft: House) -> None:
    async with at_the_desk(draft) as desk:
        content = await fetch(desk, f"{FR}.po")
        page = await bring(desk, translated(content, A1__label="Du fichier 1", A3__label="Du fichier 3"))
        await save(desk, text__A1__label="D’ici 1")
        page = await desk.post(f"{FR}/import", form_of(page), status=422)
        assert "D’ici 1" in page
        assert (await stands(draft))["A3.label"].target == "A scale (fr)"
        await desk.post(f"{FR}/import", form_of(page))
    found = await stands(draft)
    assert (found["A1.label"].target, found["A3.label"].target) == ("D’ici 1", "Du fichier 3")


async def test_a_file_for_an_older_source_brings_stale_texts_and_unknown_ones_are_named(draft: House) -> None:
    async with at_the_desk(draft) as desk:
        content = await fetch(desk, f"{FR}.po")
        await edit(draft, "en", {"A1.label": "One of these four"})
        mine = translated(content, A1__label="Une sur quatre").replace(b'"B6.label"', b'"B7.label"')
        page = await bring(desk, mine)
        assert '<bdi class="key" dir="ltr">B7</bdi>' in page
        await desk.post(f"{FR}/import", form_of(page))
    each = (await stands(draft))["A1.label"]
    assert (each.state, each.was, each.target) == (State.STALE, "One of four (en)", "Une sur quatre")


async def test_files_of_elsewhere_are_refused_with_words(draft: House) -> None:
    async with at_the_desk(draft) as desk:
        content = await fetch(desk, f"{FR}.po")
        assert "another language: fr" in await bring(desk, content, 422, "es")
        other = content.replace(b"X-Consultation: sample", b"X-Consultation: cyberbullying")
        assert "another consultation: cyberbullying" in await bring(desk, other, 422)
        assert "cannot be read" in await bring(desk, b"PK\x03\x04\x00\xff\r\n--", 422)
        await desk.post(f"{FR}/import", {"packed": "nonsense", "shown": ""}, status=422)
    assert await versions(draft) == 1


async def test_a_translator_brings_files_of_own_languages_only(draft: House) -> None:
    async with at_the_desk(draft) as moderator, at_the_desk(draft, Role.TRANSLATOR, languages=("es",)) as desk:
        content = translated(await fetch(desk, f"{FR}.po"), A1__label="Non")
        shown = form_of(await bring(moderator, content))
        await bring(desk, content, status=403)
        await desk.post(f"{FR}/import", shown, status=403)
        content = translated(await fetch(desk, f"{ALL}/es.po"), A1__label="Una de cuatro")
        await desk.post(f"{ALL}/es/import", form_of(await bring(desk, content, language="es")))
    assert (await stands(draft))["A1.label"].target == "One of four (fr)"
    assert (await stands(draft, "es"))["A1.label"].target == "Una de cuatro"


async def test_a_file_after_the_opening_needs_its_reason_too(house: House) -> None:
    async with at_the_desk(house) as desk:
        content = await fetch(desk, f"{FR}.po")
        page = await bring(desk, translated(content, A1__label="Une sur quatre"))
        again = await desk.post(f"{FR}/import", form_of(page), status=422)
        assert 'href="#reason"' in again
        await desk.post(f"{FR}/import", {**form_of(again), "reason": "A wrong number"})
    (entry,) = await trail(house)
    assert (entry.act, entry.reason) == ("words_corrected", "A wrong number")


@pytest.mark.parametrize("language", ["ar", "zh", "en", "fr"])
async def test_the_preview_asks_every_question_as_a_young_person_sees_it(draft: House, language: str) -> None:
    if language != "en":
        await edit(draft, language, {"A1.label": ""})
    async with at_the_desk(draft) as desk:
        desk.desk_language = language
        page = await desk.get(f"{ALL}/{language}/preview")
    for code, question in sample_document().questions.items():
        assert question.label["en" if code == "A1" else language] in page
    assert ("/public." in page, 'name="A1" value="A1.1"' in page, "<form" in page) == (True, True, False)
