"""`python -m app.reporting.printing`: the process that makes files of releases, one after the other, until its input
ends. Each order is a line of JSON and then the release; each answer a line with the number of bytes and then these,
none where no file could be made."""

import json
import os
import sys

from app.reporting.release_file import from_bytes
from app.reporting.renderers.extract_files import EXTRACT, render_extract
from app.reporting.renderers.files import render_file
from app.reporting.words import from_text, worded

#: Behind everything that somebody waits for with a finger on the screen.
NICENESS = 5


def main() -> None:
    orders, answers = sys.stdin.buffer, sys.stdout.buffer
    os.nice(NICENESS)
    while line := orders.readline():
        order = json.loads(line)
        release = orders.read(order["bytes"])
        try:
            made = made_of(release, order["language"], order["form"], order["words"])
        except Exception:
            made = b""
        answers.write(b"%d\n" % len(made) + made)
        answers.flush()


def made_of(content: bytes, language: str, form: str, words: str) -> bytes:
    """The bytes of a file of a release, or of an extract of several, one a line."""
    if form.startswith(EXTRACT):
        releases = content.splitlines(keepends=True)
        return render_extract(releases, json.loads(words), form.removeprefix(EXTRACT), language)
    return render_file(worded(from_bytes(content), from_text(words)), language, form)


if __name__ == "__main__":
    main()
