"""Sizes and names of our files, and what must not stand in them."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.sources import ROOT, kept_files, modules

MAX_LINES = 400
BANNED_MODULES = frozenset(
    {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "repository"}
)
#: The last two are SQLAlchemy's own names for what a column's type must answer to.
BANNED_FUNCTIONS = re.compile(r"_*(get|handle|process)_(?!bind_param$|result_value$)")
BANNED_CLASSES = re.compile(r"(Manager|Helper|Handler|Utils?)$")
#: Put together here, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
FAKES = (
    "unittest." + "mock",
    "mock." + "patch",
    "monkey" + "patch.setattr",
    "pytest." + "skip",
    "mark." + "skip",
    "xf" + "ail",
)
TEXTS = frozenset({".py", ".html", ".css", ".js", ".md", ".toml", ".cfg", ".ini", ".in", ".sh", ""})


def _sources(*folders: str) -> list[Path]:
    return [path for path in kept_files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in folders]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_are_files_to_look_at() -> None:
    assert len(_sources("app")) >= 20
    assert len(kept_files()) >= 50


def test_no_file_of_the_application_is_longer_than_400_lines() -> None:
    long = {
        _name(path): lines
        for path in kept_files()
        if path.suffix in (".py", ".html") and path.relative_to(ROOT).parts[0] in ("app", "tests", "tools")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert not long


def test_no_module_is_named_after_nothing() -> None:
    named = [
        _name(path) for path in _sources("app", "tests", "tools") if {path.stem, path.parent.name} & BANNED_MODULES
    ]
    assert not named


def test_functions_are_verbs_and_classes_are_things() -> None:
    wrong = [
        f"{module.path.relative_to(ROOT)}:{node.lineno}: {node.name}"
        for module in modules()
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and BANNED_FUNCTIONS.match(node.name))
        or (isinstance(node, ast.ClassDef) and BANNED_CLASSES.search(node.name))
    ]
    assert not wrong


def test_nothing_is_left_for_later() -> None:
    left = [
        f"{_name(path)}:{number}"
        for path in kept_files()
        if path.suffix in TEXTS and "vendor" not in path.parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert not left


@pytest.mark.parametrize("fake", FAKES)
def test_tests_neither_fake_nor_skip(fake: str) -> None:
    assert not [_name(path) for path in _sources("tests") if fake in path.read_text(encoding="utf-8")]


def test_every_module_says_what_lives_in_it() -> None:
    silent = [module.name for module in modules() if module.tree.body and not ast.get_docstring(module.tree)]
    assert not silent


def test_every_test_is_a_sentence() -> None:
    short = [
        f"{_name(path)}: {node.name}"
        for path in _sources("tests")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and node.name.count("_") < 3
    ]
    assert not short
