"""What a serving process and `consult --help` have in memory: nothing that only makes, counts or proves."""

import subprocess
import sys
from importlib.util import find_spec

from tests.house.sources import ROOT

#: Of numbers, of proofs, of tables, of documents. Each takes a tenth of a second or several megabytes to load.
HEAVY = ("docx", "fontTools", "highspy", "lxml", "numpy", "pikepdf", "polars", "pyreadstat", "typst", "xlsxwriter")
LOADED = f"""
import sys
from contextlib import suppress
from io import StringIO

def loaded(*names):
    return [name for name in names if name in sys.modules]

import app.cli
sys.argv, sys.stdout, out = ["consult", "--help"], StringIO(), sys.stdout
with suppress(SystemExit):
    app.cli.main()
help, sys.stdout = sys.stdout.getvalue(), out
print("freeze" in help, *loaded("app.main", "fastapi", *{HEAVY}))
import app.main
print(*loaded("app.main", "fastapi", *{HEAVY}))
"""


def test_neither_the_server_nor_the_help_of_the_commands_loads_what_makes_documents_and_counts() -> None:
    assert all(find_spec(name) for name in HEAVY)
    run = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["True", "app.main fastapi"]
