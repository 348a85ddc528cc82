"""Workbooks damaged at random, from a seed: cells changed, bytes flipped, archives cut short, XML torn.

`python -m tests.questionnaire.mutate 1000 [SEED]` reads so many and prints what became of them; a traceback, or a
file that takes longer than two seconds, ends it with exit code 1.
"""

import io
import random
import sys
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from openpyxl import load_workbook

from app.questionnaire.xlsform import Imported, read_xlsform, write_xlsform
from tests.questionnaire.workbooks import book, saved

FILES = sorted((Path(__file__).parent / "files").glob("*.xlsx"))
SECONDS = 2.0

_ODD: tuple[object, ...] = (
    None, "", " ", "yes", "TRUE", True, 0, 1.0, -1, 1e308, 10**20, "=1+1", "=A1", "#N/A", "begin_group", "end_group",
    "begin_repeat", "select_one x", "select_multiple", "rank often", "table-list", "likert", "${CB01} = 1", "${",
    "((((", "selected(${CB02}, '7')", ". > 3", "name", "label", "label::French (fr)", "type", "x" * 5000, "ا",
    "😀", "\u202eabc", "97", "start=0 end=5", "1=1 and " * 300, "a b", "DM01", "'", "\t", "-", "label::", "((ar)",
)  # fmt: skip


def _edit_cells(content: bytes, chance: random.Random) -> bytes:
    """Some cells of any sheet get odd values, change places, or are merged."""
    made = load_workbook(io.BytesIO(content))
    sheets = [made[name] for name in made.sheetnames if name in ("survey", "choices", "settings")]
    for _ in range(chance.randint(1, 8)):
        sheet = chance.choice(sheets)
        row, column = chance.randint(1, sheet.max_row + 1), chance.randint(1, sheet.max_column + 1)
        match chance.randrange(6):
            case 0:
                sheet.delete_rows(row)
            case 1:
                sheet.insert_cols(column)
            case 2:
                sheet.merge_cells(start_row=row, start_column=column, end_row=row + 1, end_column=column + 1)
            case 3:
                sheet.title = chance.choice(["Survey ", "survey", "choices", "x", "SETTINGS"])
            case _:
                cell = sheet.cell(row, column)
                if type(cell).__name__ == "Cell":
                    cell.value = chance.choice(_ODD)
    return saved(made)


def _flip_bytes(content: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.randint(1, 40)):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def _cut(content: bytes, chance: random.Random) -> bytes:
    start, end = sorted((chance.randrange(len(content)), chance.randrange(len(content))))
    return chance.choice(
        [content[:end], content[start:], content[:start] + content[end:], content + content[start:end]]
    )


def _tear_xml(content: bytes, chance: random.Random) -> bytes:
    """One part of the archive is damaged and packed again, so that the archive itself is whole."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        torn = chance.choice([name for name in names if name.endswith((".xml", ".rels"))])
        for name in names:
            part = old.read(name)
            if name == torn:
                part = _tear(part, chance)
            if name != torn or chance.random() > 0.1:
                new.writestr(name, part)
    return target.getvalue()


def _tear(part: bytes, chance: random.Random) -> bytes:
    text = part.decode("utf-8", "replace")
    place = chance.randrange(max(len(text), 1))
    match chance.randrange(6):
        case 0:
            return text[:place].encode()
        case 1:
            return (text[:place] + chance.choice(["<", ">", "&", "&#0;", "&x;", "\x00", "]]>"]) + text[place:]).encode()
        case 2:
            digits = [spot for spot, letter in enumerate(text) if letter.isdigit()] or [0]
            spot = chance.choice(digits)
            return (text[:spot] + chance.choice(["-1", "99999999999", "x", ""]) + text[spot + 1 :]).encode()
        case 3:
            return text.replace('t="s"', chance.choice(['t="n"', 't="b"', 't="e"', 't="d"', 't="q"'])).encode()
        case 4:
            return b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>' + part
        case _:
            return _flip_bytes(part, chance) if part else part


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (_edit_cells, _flip_bytes, _cut, _tear_xml)


def mutated(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many damaged workbooks, each with the name of what was done to it. The same for the same seed."""
    chance = random.Random(seed)
    good = [path.read_bytes() for path in FILES]
    document = read_xlsform(book()).document
    if document is not None:  # our own export, because openpyxl writes the time of writing into what it saves
        good += [write_xlsform(document)] * 2
    for number in range(count):
        change = MUTATIONS[number % len(MUTATIONS)]
        yield change.__name__.strip("_"), change(chance.choice(good), chance)


def tried(content: bytes) -> tuple[Imported, float]:
    """What reading gave, and how long it took in seconds.

    Every sentence is written, so that none can break; a file that was imported must survive our own export.
    """
    begun = time.perf_counter()
    imported = read_xlsform(content, "mutated.xlsx")
    for fault in (*imported.faults, *imported.notices):
        fault.as_json()
    seconds = time.perf_counter() - begun
    if imported.document is not None:
        again = read_xlsform(write_xlsform(imported.document))
        if again.document != imported.document:
            raise ValueError(f"the export reads back differently: {[fault.sentence() for fault in again.faults]}")
    return imported, seconds


def main(count: int, seed: int) -> int:
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    for name, content in mutated(count, seed):
        try:
            imported, seconds = tried(content)
        except Exception:
            traceback.print_exc()
            outcomes[f"{name}: traceback"] += 1
            continue
        slowest = max(slowest, seconds)
        outcomes[f"{name}: {'imported' if imported.document else 'refused'}"] += 1
    for outcome, number in sorted(outcomes.items()):
        print(f"{number:6} {outcome}")
    print(f"{count} workbooks, slowest {slowest:.2f} s")
    return int(slowest > SECONDS or any("traceback" in outcome for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, int(sys.argv[2]) if len(sys.argv) > 2 else 2))
