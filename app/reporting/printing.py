"""`python -m app.reporting.printing`: the process that makes files of releases, one after the other, until its input
ends. Each order is a line of JSON and then the release; each answer a line with the number of bytes and then these,
none where no file could be made."""

import json
import os
import sys

from app.reporting.release_file import from_bytes
from app.reporting.renderers.files import render_file
from app.reporting.terms import Terms

#: Behind everything that somebody waits for with a finger on the screen.
NICENESS = 5


def main() -> None:
    orders, answers = sys.stdin.buffer, sys.stdout.buffer
    os.nice(NICENESS)
    while line := orders.readline():
        order = json.loads(line)
        release = orders.read(order["bytes"])
        try:
            made = render_file(from_bytes(release), order["language"], order["form"], Terms(**order["terms"]))
        except Exception:
            made = b""
        answers.write(b"%d\n" % len(made) + made)
        answers.flush()


if __name__ == "__main__":
    main()
