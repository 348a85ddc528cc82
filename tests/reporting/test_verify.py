"""`consult verify`: a release passes, and each sort of change is named where it stands."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import app.cli.verify  # noqa: F401 - the command registers itself
from app.cli.console import cli
from app.reporting.release_file import digest, to_bytes
from app.reporting.signature import Signer, key_set
from app.reporting.verify import check_release
from tests.reporting.people import instrument, invented, release_of

Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def released() -> bytes:
    document = instrument()
    return to_bytes(release_of(document, list(invented(document, 400))))


@pytest.mark.parametrize("name", ["cyberbullying", "digital-skills", "five-rights"])
@pytest.mark.parametrize("n", [0, 9, 60, 900])
def test_every_release_of_ours_passes(name: str, n: int) -> None:
    document = instrument(name)
    checks = check_release(to_bytes(release_of(document, list(invented(document, n, seed=n)))))
    assert len(checks) == 10
    assert [check for check in checks if check.wrong] == []


def first(plain: dict[str, Any], measure: str = "choice") -> Any:
    """A column of everybody in which all is shown."""
    for table in plain["tables"]:
        if table["measure"] == measure and None not in table["columns"][0]["cells"]:
            return table["columns"][0]
    raise LookupError(measure)


def hidden(plain: dict[str, Any]) -> tuple[str, str, str, str]:
    """A place that is not shown."""
    for table in plain["tables"]:
        for column in table["columns"]:
            for line, cell in zip(table["lines"], column["cells"], strict=True):
                if cell is None:
                    return f"{table['code']} {table['measure']}", column["breakdown"], column["group"], line
    raise LookupError


def certify(plain: dict[str, Any], table: str, breakdown: str, group: str, line: str) -> None:
    plain["certificates"].append({"table": table, "breakdown": breakdown, "group": group, "line": line})


CHANGES: dict[str, list[Change]] = {
    "schema": [lambda p: p.pop("parameters"), lambda p: p["tables"][0].update(answers=["1"])],
    "shapes": [
        lambda p: p["tables"][0]["columns"][1]["cells"].pop(),
        lambda p: p["tables"].append(p["tables"][0]),
        lambda p: p["tables"][0]["columns"].reverse(),
        lambda p: p["tables"][0].update(question="CB99"),
    ],
    "groups": [lambda p: p["sizes"]["region"].pop()],
    "rounding": [
        lambda p: first(p)["cells"].__setitem__(0, [127, 32]),
        lambda p: first(p)["cells"][0].__setitem__(1, 99),
    ],
    "small": [lambda p: p["parameters"].update(k_cell=11), lambda p: p["parameters"].update(k_group=500)],
    "sums": [
        lambda p: p.update(n=1000),
        lambda p: first(p)["cells"].__setitem__(0, [395, 99]),
        lambda p: p["sizes"]["age"][0].__setitem__(1, 5000),
    ],
    "certificates": [
        lambda p: certify(p, "CB99 choice", "all", "all", "1"),
        lambda p: certify(p, f"{p['tables'][0]['code']} choice", "all", "all", ""),
        lambda p: certify(p, "asked ${CB01} != '5'", "age", "nobody", ""),
    ],
}


@pytest.mark.parametrize(("name", "place"), [(name, place) for name in CHANGES for place in range(len(CHANGES[name]))])
def test_what_was_changed_is_named(released: bytes, name: str, place: int) -> None:
    plain = json.loads(released)
    CHANGES[name][place](plain)
    changed = (json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n").encode()
    assert changed != released
    assert [check.name for check in check_release(changed) if check.wrong][:1] == [name]


def test_a_certificate_of_what_is_not_shown_is_none_of_the_faults(released: bytes) -> None:
    plain = json.loads(released)
    certify(plain, *hidden(plain))
    checks = check_release(
        json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    )
    wrong = {check.name: check.wrong for check in checks if check.wrong}
    assert not [each for each in wrong.get("certificates", ()) if ": certified" in each]
    assert set(wrong) <= {"certificates"}


def test_the_same_data_in_another_form_and_other_files_are_told(released: bytes) -> None:
    pretty = json.dumps(json.loads(released), ensure_ascii=False, indent=1).encode()
    assert [check.name for check in check_release(pretty) if check.wrong] == ["form"]
    for other in (b"[]", b"no JSON", b'{"format":"consult-release-9"}', b"\xff"):
        assert [check.name for check in check_release(other) if check.wrong] == ["format"]


def test_the_command_needs_nothing_but_the_files_and_says_what_it_found(released: bytes, tmp_path: Path) -> None:
    signer = Signer(b"s" * 40)
    file, keys = tmp_path / "release.json", tmp_path / "keys.json"
    file.write_bytes(released)
    keys.write_text(json.dumps(key_set({signer.key_id: signer.public_key})))

    def said(*words: str, code: int) -> str:
        # A database that is not there, and a secret that is none: neither is looked at.
        done = CliRunner().invoke(
            cli, ["verify", str(file), *words], env={"CONSULT_DATABASE_URL": "mysql://x", "CONSULT_SECRET": "short"}
        )
        assert done.exit_code == code, done.output
        return done.output

    assert "signature was not checked" in said("--key", str(keys), code=1)
    (tmp_path / "release.json.sig").write_text(signer.sign(released) + "\n")
    assert "name --address" in said(code=1)
    well = said("--key", str(keys), "--sha256", digest(released), code=0)
    assert signer.key_id in well
    assert "is not proved in it" in well
    assert well.rstrip().endswith("All of this is right.")
    assert json.loads(said("--key", str(keys), "--json", code=0))["right"] is True
    assert "another than the one given" in said("--key", str(keys), "--sha256", "0" * 64, code=1)
    file.write_bytes(released.replace(b'"n":400', b'"n":405'))
    assert "not of this file" in said("--key", str(keys), code=1)
    keys.write_text("{}")
    done = CliRunner().invoke(cli, ["verify", str(file), "--key", str(keys)])
    assert "no Ed25519 key" in str(done.exception)
    done = CliRunner().invoke(cli, ["verify", str(file), "--address", "http://consult.example"])
    assert "https://" in str(done.exception)
