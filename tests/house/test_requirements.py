"""What we install is what we import: nothing that only happens to be there, and locks that are fresh."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.house.sources import ROOT, kept_files

#: Rooms of the house and what stands beside it.
OURS = frozenset({"app", "bench", "drill", "migrations", "tests", "tools"})
NAME = re.compile(r"^[A-Za-z0-9_.-]+")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _named_in(file: str) -> set[str]:
    """The packages that a .in file, or a lock, asks for by name."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return {_normal(match.group()) for line in lines if (match := NAME.match(line)) and not line.startswith("-")}


def _imported_by(*folders: str) -> dict[str, set[str]]:
    """Top-level names of other people's modules to the files that import them."""
    found: dict[str, set[str]] = {}
    for path in kept_files():
        place = path.relative_to(ROOT)
        if path.suffix != ".py" or place.parts[0] not in folders:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in {name.split(".")[0] for name in names} - OURS - sys.stdlib_module_names:
                found.setdefault(name, set()).add(str(place))
    return found


@pytest.mark.parametrize(
    ("folders", "files"),
    [
        (("app", "migrations"), ("requirements.in",)),
        (("bench", "drill", "tests", "tools"), ("requirements.in", "requirements-dev.in")),
    ],
)
def test_every_library_that_we_import_is_asked_for_by_name(folders: tuple[str, ...], files: tuple[str, ...]) -> None:
    asked = set().union(*map(_named_in, files))
    distributions = packages_distributions()
    missing = {
        name: sorted(places)
        for name, places in _imported_by(*folders).items()
        if not {_normal(each) for each in distributions.get(name, [name])} & asked
    }
    assert not missing


@pytest.mark.parametrize("stem", ["requirements", "requirements-dev", "requirements-postgres", "requirements-uv"])
def test_a_lock_holds_what_is_asked_for_and_every_line_has_a_hash(stem: str) -> None:
    assert _named_in(f"{stem}.in") <= _named_in(f"{stem}.txt"), "run `make lock`"
    lock = (ROOT / f"{stem}.txt").read_text(encoding="utf-8")
    pinned = re.findall(
        r"^[a-z0-9][^\n]*==[^\n]*\\\n(?:    [^\n]*\n)*?    --hash=sha256:[0-9a-f]{64}", lock, re.MULTILINE
    )
    assert len(pinned) == len(_named_in(f"{stem}.txt"))


def test_both_environments_agree_on_every_version() -> None:
    def versions(file: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9-]+==[^ ;\\]+", Path(ROOT / file).read_text(encoding="utf-8"), re.MULTILINE))

    assert versions("requirements.txt") <= versions("requirements-dev.txt"), "run `make lock`"
