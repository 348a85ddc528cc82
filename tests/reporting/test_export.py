"""Every format of an export holds every cell of the snapshot; none is handed out that disagrees with the release."""

import csv
import dataclasses
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.consultations.countries import region_of
from app.questionnaire.document import LANGUAGES, Document, Section
from app.questionnaire.kinds import Choice, Integer, Matrix, Multiple, Single
from app.reporting.export import check, export_columns, totals
from app.reporting.export_order import FORMS, ExportRefused
from app.reporting.release_file import digest, from_bytes, to_bytes
from app.reporting.renderers import submission_sheets
from app.reporting.renderers.submissions import SPSS_LABEL, SPSS_VALUE_LABEL, shortened, spss_names
from app.reporting.snapshot import Marks, Sent, erase_row, read_marks, read_snapshot, snapshot_of
from app.reporting.tally import tally
from tests.questionnaire.documents import documents
from tests.reporting.exported import READERS, codebook_in, export, freeze, labels_in, rows_of
from tests.reporting.people import CANARY, instrument, invented
from tests.reporting.test_columnar import submissions
from tests.samples import choices, sample_document, texts

INSTRUMENTS = ("cyberbullying", "digital-skills", "five-rights")


def hard() -> Document:
    """Names and labels that a format might stumble over."""
    odd = Single(
        code="_odd-1",
        label={language: "=SUM(1;2) <b>&amp;\u202b \n second line" for language in LANGUAGES},
        choices=(
            Choice("-1", texts("@minus  two blanks")),
            Choice("007", texts("نص طويل جدا " * 30)),
            Choice("1e5", texts('"quoted"')),
            Choice("TRUE", texts("\ttab")),
        ),
    )
    numbers = Integer(code="TO", label=texts("i"))
    twice = [Single(code=code, label=texts(code), choices=choices(2)) for code in ("Q.x", "q.X")]
    several = Multiple(code="M" * 40, label=texts("m"), choices=(Choice("c" * 40, texts("c")), Choice("-", texts("-"))))
    section = Section("s", texts("s"), (odd, numbers, *twice, several))
    return Document(form_id="hard", version="2", title=texts("t"), sections=(section,))


def hard_people() -> list[Sent]:
    long = "M" * 40
    return [
        Sent("ar", {"_odd-1": "-1", "TO": -5, "Q.x": "1", "q.X": "2", long: ["-"]}),
        Sent("en", {"_odd-1": "007", "TO": 999_999_999_999}),
        Sent("zh", {"_odd-1": "1e5", "TO": 0, long: ["c" * 40]}),
        Sent("fr", {"_odd-1": "TRUE"}),
        Sent("fr", {}),
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [*INSTRUMENTS, "sample", "hard", "empty"])
def test_every_cell_of_every_format_is_that_of_the_snapshot(form: str, name: str, tmp_path: Path) -> None:
    document = {"sample": sample_document, "hard": hard, "empty": sample_document}.get(name, lambda: instrument(name))()
    people = hard_people() if name == "hard" else [] if name == "empty" else list(invented(document, 150))
    snapshot, release = freeze(people, document, tmp_path)
    made = export(snapshot, release, form, tmp_path / "made", "ar")
    expected = list(rows_of(snapshot, document))
    assert made["rows"] == len(expected) == len(people)
    for reader in READERS[form]:
        assert list(reader(tmp_path / "made" / f"submissions.{form}", document)) == expected
    assert CANARY.encode() not in b"".join(path.read_bytes() for path in (tmp_path / "made").iterdir())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_codebook_says_what_every_value_means(form: str, language: str, tmp_path: Path) -> None:
    document = instrument()
    snapshot, release = freeze(list(invented(document, 60)), document, tmp_path)
    made = export(snapshot, release, form, tmp_path / "made", language)
    path = tmp_path / "made" / ("codebook.csv" if form in ("csv", "sav", "parquet") else f"submissions.{form}")
    header, *lines = codebook_in(path)
    assert header[:5] == ["column", "question", "label", "value", "value_label"]
    told = {(line[0], line[3]): (" ".join(line[2].split()), " ".join(line[4].split())) for line in lines}
    for column in export_columns(document):
        assert [value for name, value in told if name == column.name] == list(column.names or ("",))
    cb04 = document.questions["CB04"]
    assert isinstance(cb04, Single)
    for choice in cb04.choices:
        assert told["CB04", choice.name] == (
            " ".join(cb04.label[language].split()), " ".join(choice.label[language].split())
        )  # fmt: skip
    row = next(each for each in made["columns"] if each["name"] == "CB04")
    assert {" ".join(words.split()) for words in row["values"].values()} == {
        words for (name, _), (_, words) in told.items() if name == "CB04"
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_spss_has_the_labels_in_the_language_that_was_chosen(language: str, tmp_path: Path) -> None:
    document = instrument()
    snapshot, release = freeze(list(invented(document, 30)), document, tmp_path)
    made = export(snapshot, release, "sav", tmp_path / "made", language)
    variables, values = labels_in(tmp_path / "made" / "submissions.sav")
    cb04, cb16, country = document.questions["CB04"], document.questions["CB16"], document.questions["DM03"]
    assert isinstance(cb04, Single)
    assert isinstance(cb16, Matrix)
    assert isinstance(country, Single)
    assert variables["CB04"] == shortened(cb04.label[language], SPSS_LABEL)
    assert cb16.rows[0].label[language][:20] in variables["CB16.a"] or variables["CB16.a"].endswith("…")
    assert values["CB04"] == {
        float(choice.name): shortened(choice.label[language], SPSS_VALUE_LABEL) for choice in cb04.choices
    }
    place = [choice.name for choice in country.choices].index("KE")
    assert values["DM03"][place + 1] == country.choices[place].label[language]
    told = [words for each in made["columns"] for words in each["values"].values()]
    cut = sum(len(" ".join(words.split()).encode()) > SPSS_VALUE_LABEL for words in told)
    cut += sum(len(" ".join(each["label"].split()).encode()) > SPSS_LABEL for each in made["columns"])
    assert bool(cut) == bool(made["remarks"])
    assert all(remark.startswith(f"{cut} labels are longer") for remark in made["remarks"])


def test_labels_that_spss_cannot_hold_are_cut_where_a_reader_sees_it_and_told(tmp_path: Path) -> None:
    snapshot, release = freeze(hard_people(), hard(), tmp_path)
    made = export(snapshot, release, "sav", tmp_path / "made", "ar")
    assert made["remarks"] == ["1 labels are longer than SPSS holds and end in “…”; they are whole in codebook.csv."]
    _, values = labels_in(tmp_path / "made" / "submissions.sav")
    (label,) = [each for each in values["v_odd_1"].values() if each.startswith("نص")]
    assert label.endswith("…")
    assert 100 < len(label.encode()) <= SPSS_VALUE_LABEL
    assert any("نص طويل جدا " * 30 in line[4] for line in codebook_in(tmp_path / "made" / "codebook.csv"))


def test_variable_names_are_allowed_and_different_without_regard_to_case() -> None:
    names = ["asked A", "A-1", "A_1", "a.1", "TO", "_x", "1st", "é", "x.", "M" * 90 + "1", "M" * 90 + "2"]
    made = list(spss_names(names).values())
    assert made == [
        "asked_A", "A_1", "A_1_2", "a.1", "TO_2", "v_x", "v1st", "v_", "x", "M" * 60, f"{'M' * 60}_2"
    ]  # fmt: skip


def test_the_manifest_tells_what_the_file_is(tmp_path: Path) -> None:
    document = instrument()
    snapshot, release = freeze(list(invented(document, 40)), document, tmp_path)
    made = export(snapshot, release, "csv", tmp_path / "made", "fr")
    asked = json.loads(release)["questionnaire"]
    canonical = json.dumps(asked, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    assert made["questionnaire"] == {"version": document.version, "sha256": digest(canonical.encode())}
    assert made["release"] == {"number": 1, "sha256": digest(release), "n": 40}
    assert (made["rows"], made["erased_since_the_freeze"], made["public"], made["sample"]) == (40, 0, False, True)
    assert (made["made_by"], made["made_at"]) == ("desk@example.org", "2026-11-22T09:00:00+00:00")
    assert made["totals_compared"] > 90
    assert [each["name"] for each in made["columns"]] == [column.name for column in export_columns(document)]


def test_cells_that_look_like_formulas_are_disarmed_in_csv_and_are_texts_elsewhere(tmp_path: Path) -> None:
    snapshot, release = freeze(hard_people(), hard(), tmp_path)
    export(snapshot, release, "csv", tmp_path / "made")
    content = (tmp_path / "made" / "submissions.csv").read_text(encoding="utf-8-sig")
    assert "'-1,-5,1,2" in content
    with (tmp_path / "made" / "codebook.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for line in csv.reader(file) for cell in line if cell]
    assert any(cell.startswith("'=SUM") for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "@", "+", "-", "\t"))]


# Nothing is cut off


@pytest.mark.parametrize("form", ["xlsx", "ods"])
@pytest.mark.parametrize("held", [7, 50, 51])
def test_more_rows_than_a_sheet_holds_go_on_on_the_next(form: str, held: int, tmp_path: Path) -> None:
    document = sample_document()
    snapshot, release = freeze(list(invented(document, 100)), document, tmp_path)
    before, submission_sheets.SHEET_ROWS = submission_sheets.SHEET_ROWS, held + 1
    try:
        made = export(snapshot, release, form, tmp_path / "made")
    finally:
        submission_sheets.SHEET_ROWS = before
    assert made["remarks"] == [f"The rows stand on {-(-100 // held)} sheets: one sheet holds no more."]
    for reader in READERS[form]:
        assert list(reader(tmp_path / "made" / f"submissions.{form}", document)) == list(rows_of(snapshot, document))


def test_ods_is_refused_where_no_program_would_open_it(tmp_path: Path) -> None:
    document = sample_document()
    frame = snapshot_of(invented(document, 10), document, region_of)
    many = pl.concat([frame] * 10_001)
    book = submission_sheets.Book("submissions", tuple(many.columns), [], right_to_left=False)
    with pytest.raises(ExportRefused) as refused:
        submission_sheets.write("ods", many, book, tmp_path / "many.ods", lambda done: None)
    assert (refused.value.reason, refused.value.told) == ("too_many_rows", {"rows": 100_010, "most": 100_000})
    assert not (tmp_path / "many.ods").exists()


# Compared with the release


@settings(max_examples=25, deadline=None)
@given(documents().flatmap(lambda document: st.tuples(st.just(document), submissions(document))))
def test_totals_counted_here_are_those_of_the_tally(made: tuple[Document, list[tuple[str, str, str | None]]]) -> None:
    document, rows = made
    people = [Sent(language, json.loads(answers) | json.loads(words or "{}")) for language, answers, words in rows]
    agree(snapshot_of(people, document, region_of), document)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_totals_of_an_instrument_are_those_of_the_tally(name: str) -> None:
    agree(snapshot_of(invented(instrument(name), 800), instrument(name), region_of), instrument(name))


def agree(frame: pl.DataFrame, document: Document) -> None:
    counted, tallied = totals(frame, document), tally(frame, document)
    for table in (*tallied.about, *tallied.tables):
        assert counted[table.key] == dict(zip(table.lines, table.counts[0], strict=True)), table.key


def refusal(frame: pl.DataFrame, marks: Marks, document: Document, release: Any) -> str:
    with pytest.raises(ExportRefused) as refused:
        check(frame, marks, document, release)
    return refused.value.reason


def test_an_export_that_differs_from_its_release_is_refused(tmp_path: Path) -> None:
    document = instrument()
    snapshot, content = freeze(list(invented(document, 400)), document, tmp_path)
    frame, marks, release = read_snapshot(snapshot), read_marks(snapshot), from_bytes(content)
    shown = sum(cell is not None for table in (*release.about, *release.tables) for cell in table.total.cells)
    assert check(frame, marks, document, release) == shown > 100
    assert refusal(frame[1:], marks, document, release) == "rows_lost"
    assert refusal(frame[1:], Marks(399, 0), document, release) == "rows_differ"
    assert refusal(frame, marks, document, dataclasses.replace(release, n=399)) == "rows_differ"
    without = dataclasses.replace(document, sections=document.sections[:-2])
    assert refusal(frame, marks, without, release) == "table_missing"
    for code in ("CB13", "CB16.h", "DS15"):
        lines = release.by_key[f"{code} choice"].lines[:-1]
        cells = [cell.count if cell else 0 for cell in release.by_key[f"{code} choice"].total.cells[:-1]]
        most, other = lines[cells.index(max(cells))], lines[cells.index(min(cells))]
        names = frame[code].cast(pl.String)
        moved = pl.when(names == most).then(pl.lit(other)).otherwise(names).cast(frame.schema[code])
        assert max(cells) > 2 * release.parameters.base_step
        assert refusal(frame.with_columns(moved.alias(code)), marks, document, release) == "total_differs"


def test_whoever_erased_their_answers_is_missing_in_the_rows_and_not_in_the_totals(tmp_path: Path) -> None:
    document = instrument()
    people = list(invented(document, 300))
    snapshot, release = freeze(people, document, tmp_path)
    for each in people[:12]:
        assert erase_row(each, document, region_of, snapshot)
    made = export(snapshot, release, "parquet", tmp_path / "made")
    assert (made["rows"], made["erased_since_the_freeze"], made["release"]["n"]) == (288, 12, 300)
    newer = to_bytes(dataclasses.replace(from_bytes(release), n=313))
    with pytest.raises(ExportRefused):
        export(snapshot, newer, "parquet", tmp_path / "again")
    assert list((tmp_path / "again").iterdir()) == []
