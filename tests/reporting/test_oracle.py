"""The second opinion agrees with every figure that we print, and would not if one were wrong."""

import json
import random
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.reporting.release import Release
from app.reporting.release_file import to_bytes
from app.reporting.renderers import docx, html, pdf, tables
from app.web.i18n import LANGUAGES, translator
from app.web.pages import render_template
from tests.reporting.documents import check_document
from tests.reporting.oracle import Oracle, main
from tests.reporting.people import INSTRUMENTS, as_records, instrument, invented, release_of
from tests.reporting.respondents import people_of
from tests.reporting.told import told_release


@pytest.fixture(scope="module")
def release() -> Release:
    document = instrument()
    return release_of(document, list(invented(document, 300)))


def as_html(release: Release, language: str) -> bytes:
    return html.render_file(release, translator(language), partial(render_template, language)).encode()


@pytest.mark.parametrize("name", ["cyberbullying", "digital-skills", "five-rights"])
@pytest.mark.parametrize("n", [0, 9, 45, 500])
def test_every_figure_of_a_release_is_that_of_a_plain_recount(name: str, n: int) -> None:
    document = instrument(name)
    people = list(invented(document, n, seed=n))
    # Proved where that is soon done: of the larger ones only figures are compared.
    made = release_of(document, people, run=map) if n <= 45 else release_of(document, people)
    oracle = Oracle(people_of(as_records(people), document), document, json.loads(to_bytes(made)))
    assert oracle.check() == []
    assert oracle.compared > 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_of_every_document_is_the_releases(release: Release, language: str) -> None:
    plain = json.loads(to_bytes(release))
    t = translator(language)
    for name, content in (
        ("paper.html", as_html(release, language)),
        ("paper.docx", docx.render(release, t)),
        ("paper.pdf", pdf.render(release, t)),
        ("tables.csv", tables.render_csv(release, t)),
    ):
        compared, faults = check_document(name, content, plain)
        assert faults == []
        assert compared > 3000


def test_themes_and_the_round_before_are_the_releases_in_every_document() -> None:
    release = told_release(instrument(), 300)
    page, plain = as_html(release, "en"), json.loads(to_bytes(release))
    assert check_document("paper.html", page, plain)[1] == []
    assert check_document("paper.docx", docx.render(release, translator("zh")), plain)[1] == []
    assert check_document("paper.pdf", pdf.render(release, translator("ar")), plain)[1] == []
    plain["previous"]["tables"][0]["columns"][0]["cells"][0] = [5, 77]
    assert check_document("paper.html", page, plain)[1] != []


def test_the_command_compares_a_rehearsal_with_its_documents(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = instrument()
    people = list(invented(document, 80))
    made = release_of(document, people)
    records = [*as_records(people), {**as_records(people[:1])[0], "thanked": False}]
    (tmp_path / "sent.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    (tmp_path / "release.json").write_bytes(to_bytes(made))
    (tmp_path / "paper-en.html").write_bytes(as_html(made, "en"))
    (tmp_path / "tables.csv").write_bytes(tables.render_csv(made, translator("en")))
    files = [str(tmp_path / name) for name in ("release.json", "paper-en.html", "tables.csv")]
    arguments = [str(tmp_path / "sent.jsonl"), str(INSTRUMENTS / "cyberbullying.xlsx"), *files]
    assert main(arguments) == 0
    assert "80 people" in capsys.readouterr().out
    (tmp_path / "sent.jsonl").write_text("\n".join(map(json.dumps, records[1:])), encoding="utf-8")
    assert main(arguments) == 1
    assert "WRONG n: 80, recounted 79" in capsys.readouterr().out


def wrong_count(release: dict[str, Any], chance: random.Random) -> None:
    cell = chance.choice([c for t in release["tables"] for col in t["columns"] for c in col["cells"] if c])
    cell[0] += 5


def wrong_share(release: dict[str, Any], chance: random.Random) -> None:
    cell = chance.choice([c for t in release["tables"] for col in t["columns"] for c in col["cells"] if c])
    cell[1] += 1


def wrong_base(release: dict[str, Any], chance: random.Random) -> None:
    column = chance.choice([col for t in release["tables"] for col in t["columns"] if col["base"] is not None])
    column["base"] += 5


def shown_small_count(release: dict[str, Any], chance: random.Random) -> None:
    cells = chance.choice(
        [col["cells"] for t in release["tables"] for col in t["columns"] if col["base"] and None in col["cells"]]
    )
    cells[cells.index(None)] = [5, 5]


def lost_table(release: dict[str, Any], chance: random.Random) -> None:
    release["tables"].pop(chance.randrange(len(release["tables"])))


def wrong_group(release: dict[str, Any], chance: random.Random) -> None:
    chance.choice(release["sizes"]["region"])[1] += 5


@pytest.mark.parametrize("spoil", [wrong_count, wrong_share, wrong_base, shown_small_count, lost_table, wrong_group])
@pytest.mark.parametrize("seed", range(5))
def test_a_wrong_figure_in_the_release_is_found(
    release: Release, spoil: Callable[[dict[str, Any], random.Random], None], seed: int
) -> None:
    document = instrument()
    plain = json.loads(to_bytes(release))
    spoil(plain, random.Random(seed))
    people = people_of(as_records(list(invented(document, 300))), document)
    assert Oracle(people, document, plain).check() != []


def test_a_count_that_subtraction_gives_away_is_found(release: Release) -> None:
    """One hidden cell among others of which each is printed as nobody: who is left is all of the group."""
    document = instrument()
    people = people_of(as_records(list(invented(document, 300))), document)
    plain = json.loads(to_bytes(release))
    cells = next(
        column["cells"]
        for table in plain["tables"]
        for column in table["columns"]
        if table["measure"] == "choice" and table["everybody"] and None in column["cells"]
    )
    kept = cells.index(None)
    cells[:] = [None if place == kept else [0, 0] for place in range(len(cells))]
    assert any("it can be worked out" in fault for fault in Oracle(people, document, plain).check())


@pytest.mark.parametrize("pattern", [r"(<b>)(\d+)(%</b>)", r'(<rect width=")(\d+)(")', r"(<td>)(\d+)(%</td>)"])
def test_a_wrong_figure_on_the_page_is_found(release: Release, pattern: str) -> None:
    page = as_html(release, "en").decode()
    places = list(re.finditer(pattern, page))
    assert len(places) > 20
    for place in random.Random(1).sample(places, 5):
        spoilt = page[: place.start(2)] + str(int(place[2]) + 1) + page[place.end(2) :]
        assert check_document("paper.html", spoilt.encode(), json.loads(to_bytes(release)))[1] != []


def test_a_wrong_figure_in_a_sentence_is_found(release: Release) -> None:
    page = as_html(release, "en").decode()
    spoilt, times = re.subn(r"\d+( per cent of those asked)", r"77\1", page, count=1)
    assert times == 1
    assert any(
        "77" in fault for fault in check_document("paper.html", spoilt.encode(), json.loads(to_bytes(release)))[1]
    )


def test_a_wrong_figure_in_the_file_of_tables_is_found(release: Release) -> None:
    content = tables.render_csv(release, translator("fr")).replace(b",shown", b"1,shown", 1)
    assert len(check_document("tables.csv", content, json.loads(to_bytes(release)))[1]) == 1
