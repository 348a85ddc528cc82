"""A second opinion on the paper: recounts plainly what was sent, and compares every figure of release and documents.

Slow and simple on purpose: no columns, no code of tally.py, disclosure.py or release.py, only the questionnaire and
people one by one. Run by hand on a rehearsal:

    python -m tests.reporting.oracle sent.jsonl questionnaire.xlsx release.json paper-*.html paper-*.docx tables*.csv
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.questionnaire.document import Document
from app.questionnaire.kinds import Integer, Matrix, Multiple, Question, Ranking, Scale, Single, Text
from app.questionnaire.xlsform import read_xlsform
from tests.reporting.documents import check_document
from tests.reporting.respondents import BEHIND, NO_ANSWER, REGIONS, Person, people_of, regions_by_country, stands_in


def said(person: Person, table: Mapping[str, Any], line: str) -> bool:
    """Whether this person is counted in that line."""
    answer = person.answers.get(table["code"])
    measure = table["measure"]
    if table["code"] == "language":
        return person.language == line
    if table["code"] == "under_18":
        return person.groups["age"] in ("1", "2", "3", "4")
    if table["code"] == "rural":
        return person.groups["settlement"] == "rural"
    if measure == "texts":
        return bool(answer)
    if measure == "choice":
        return answer in NO_ANSWER if line == "none" else answer == line
    if measure == "values":
        return _in_band(answer, line)
    chosen = list(answer or ())
    if measure == "first":
        first = chosen[0] if chosen else ""
        return first in NO_ANSWER if line == "none" else first == line
    real = [name for name in chosen if name not in NO_ANSWER]
    return not real if line == "none" else line in real


def _in_band(answer: Any, line: str) -> bool:
    if line == "none" or not isinstance(answer, int):
        return line == "none" and not isinstance(answer, int)
    if line.endswith("+"):
        return answer >= int(line[:-1])
    first, _, last = line.partition("-")
    return int(first) <= answer <= int(last or first)


def half_up(value: int, by: int) -> int:
    """value / by to the nearest whole number, half up."""
    whole, rest = divmod(value, by)
    return whole + (2 * rest >= by)


class Oracle:
    """Compares one release with the people. `faults` says in words what is wrong."""

    def __init__(self, people: Sequence[Person], document: Document, release: Mapping[str, Any]) -> None:
        self.people = people
        self.document = document
        self.release = release
        self.rules = release["parameters"]
        self.faults: list[str] = []
        self.compared = 0
        self.hidden = 0

    def check(self) -> list[str]:
        """Every figure of the release, every hidden one, and whether anything is missing."""
        self._expect("n", self.release["n"], len(self.people))
        self._check_sizes()
        self._check_countries()
        counted = {}
        for table in (*self.release["about"], *self.release["tables"]):
            counted[f"{table['code']} {table['measure']}"] = self._check_table(table)
        self._check_hidden(counted)
        self._check_complete()
        return self.faults

    def _expect(self, where: str, found: object, expected: object) -> None:
        self.compared += 1
        if found != expected:
            self.faults.append(f"{where}: {found}, recounted {expected}")

    def _to_five(self, count: int) -> int:
        step: int = self.rules["base_step"]
        return half_up(count, step) * step

    def _asked(self, base: int, there: int) -> int:
        """How many were asked, as printed, of so many people: all where nearly all were."""
        nearly = there >= self.rules["k_nearly"] and there - base <= self.rules["width"]
        return self._to_five(there if nearly else base)

    def _printed(self, count: int, base: int, asked: int) -> list[int]:
        """A count of `base` people who are printed as `asked`: rounded, and its share of what is printed."""
        return self._shared(asked if count == base else min(self._to_five(count), asked), asked)

    def _shared(self, count: int, asked: int) -> list[int]:
        step = self.rules["step_large"] if asked >= self.rules["large_group"] else self.rules["step_small"]
        return [count, half_up(100 * count, asked * step) * step if asked else 0]

    def _check_sizes(self) -> None:
        for breakdown, groups in self.release["sizes"].items():
            members = [member for group, _, _ in groups for member in group.split("+")]
            self._expect(f"{breakdown}: groups named twice", len(members), len(set(members)))
            of = [str(p.answers.get("DM03")) if breakdown == "country" else p.groups[breakdown] for p in self.people]
            if breakdown == "country":
                # Countries have rows of their own from so many people on, and the others none.
                enough = {each for each, people in Counter(of).items() if people >= self.rules["k_country"]}
                self._expect("countries with rows", set(members), enough & set(regions_by_country()))
            else:
                self.faults += [f"{breakdown}: {each} is missing" for each in sorted(set(of) - set(members))]
            for group, count, share in groups:
                there = sum(each in group.split("+") for each in of)
                self._expect(
                    f"{breakdown} {group}", [count, share], self._printed(there, len(self.people), len(self.people))
                )
                if 0 < there < self.rules["k_group"]:
                    self.faults.append(f"{breakdown} {group}: a group of {there} is published")
                if "+" in group:
                    sizes = [of.count(member) for member in group.split("+")]
                    if min(sizes) >= self.rules["k_group"]:
                        self.faults.append(f"{breakdown} {group}: merged without need")

    def _check_countries(self) -> None:
        named = {(person.groups["region"], person.answers.get("DM03")) for person in self.people}
        named = {each for each in named if each[0] != "none"}
        for group, count in self.release["countries"].items():
            there = [each for each in named if group == "all" or each[0] in group.split("+")]
            self._expect(f"countries of {group}", count, len(there))

    def _check_table(self, table: Mapping[str, Any]) -> dict[tuple[str, str], list[int]]:
        """Compares all that the table shows; gives back the exact base and counts of each column."""
        key = f"{table['code']} {table['measure']}"
        exact = {}
        for column in table["columns"]:
            where = f"{key}, {column['breakdown']} {column['group']}"
            asked = [
                person
                for person in self.people
                if stands_in(person, column) and (not table["question"] or table["question"] in person.asked)
            ]
            counts = [sum(said(person, table, line) for person in asked) for line in table["lines"]]
            exact[column["breakdown"], column["group"]] = [len(asked), *counts]
            total = column["breakdown"] == "all" and table["everybody"]
            there = sum(stands_in(person, column) for person in self.people)
            as_asked = len(asked) if total else self._asked(len(asked), there)
            if column["base"] is not None:
                self._expect(f"{where}, base", column["base"], as_asked)
            for line, count, cell in zip(table["lines"], counts, column["cells"], strict=True):
                if cell is not None:
                    self._expect(f"{where}, {line}", cell, self._printed(count, len(asked), as_asked))
                else:
                    self.hidden += 1
            self._check_ends(table, column, as_asked, where)
        self._check_equal(table, key)
        return exact

    def _check_ends(self, table: Any, column: Any, asked: int, where: str) -> None:
        question = self.document.questions.get(table["question"])
        points = [name for name in table["lines"] if name != "none"]
        is_scale = isinstance(question, Scale | Matrix) and len(points) >= 4
        for name, places in (("bottom", (0, 1)), ("top", (len(points) - 2, len(points) - 1))):
            counts = [cell[0] for place in places if is_scale and (cell := column["cells"][place])]
            expected = self._shared(min(sum(counts), asked), asked) if len(counts) == len(places) else None
            self._expect(f"{where}, {name}", column[name], expected)

    def _check_equal(self, table: Any, key: str) -> None:
        columns = [
            each
            for each in table["columns"]
            if each["breakdown"] == "region" and each["group"] != "none" and each["base"] != 0
        ]
        for place, line in enumerate(table["lines"]):
            expected = self._mean([(each["group"], each["cells"][place]) for each in columns])
            self._expect(f"{key}, {line}, regions equal", table["equal"][place], expected)
        if table["equal_top"] is not None:
            expected = self._mean([(each["group"], each["top"]) for each in columns])
            self._expect(f"{key}, top, regions equal", table["equal_top"], expected)

    def _mean(self, cells: Sequence[tuple[str, Any]]) -> int | None:
        if len(cells) < 2 or any(cell is None or group not in REGIONS for group, cell in cells):
            return None
        return half_up(sum(cell[1] for _, cell in cells), len(cells))

    def _check_hidden(self, counted: Mapping[str, Mapping[tuple[str, str], list[int]]]) -> None:
        """What must be hidden is; what is hidden is near something that must be; no hidden count can be worked out."""
        tables = {f"{t['code']} {t['measure']}": t for t in (*self.release["about"], *self.release["tables"])}
        near: dict[str, bool] = {}
        hidden_in: dict[str, bool] = {}
        for key, table in tables.items():
            hides = False
            # That nobody or everybody is meant in every group, the total says already where it is shown.
            base, *totals = counted[key]["all", "all"]
            told = {
                line
                for line, count, cell in zip(table["lines"], totals, table["columns"][0]["cells"], strict=True)
                if cell is not None and count in (0, base)
            }
            for column in table["columns"]:
                base, *counts = counted[key][column["breakdown"], column["group"]]
                there = sum(stands_in(person, column) for person in self.people)
                nearly = there >= self.rules["k_nearly"] and there - base <= self.rules["width"]
                must = 0 < base < self.rules["k_group"] or (0 < there - base < self.rules["k_cell"] and not nearly)
                if must and column["base"] is not None and not table["everybody"]:
                    self.faults.append(f"{key}, {column['group']}: the base of {base} of {there} is published")
                hides |= must
                for line, count, cell in zip(table["lines"], counts, column["cells"], strict=True):
                    if line in told and column["breakdown"] != "all":
                        continue
                    small = 0 < min(count, base - count) < self.rules["k_cell"] or base < self.rules["k_group"]
                    all_of_them = table["sensitive"] and base == count
                    if cell is not None and (small or all_of_them):
                        self.faults.append(f"{key}, {column['group']}, {line}: {count} of {base} is published")
                    hides |= small or all_of_them
            block = self._block(table["question"])
            near[block] = near.get(block, False) or hides
            hidden_in[block] = hidden_in.get(block, False) or any(
                cell is None for column in table["columns"] for cell in column["cells"]
            )
            for where in worked_out(table, counted[key], self.rules):
                self.faults.append(f"{key}, {where}: hidden, but it can be worked out")
        self.faults += [
            f"{block}: hidden without need" for block, hides in hidden_in.items() if hides and not near[block]
        ]

    def _block(self, code: str) -> str:
        """Questions that lead to each other share a block, named by the first of them."""
        for section in self.document.sections:
            for question in section.questions:
                if question.code == code:
                    names = sorted(
                        (section.relevant.names if section.relevant else frozenset())
                        | (question.relevant.names if question.relevant else frozenset())
                    )
                    return self._block(names[0].partition(".")[0]) if names else code
        return code

    def _check_complete(self) -> None:
        there = {(table["code"], table["measure"]) for table in self.release["tables"]}
        for question in self.document.questions.values():
            if question.code in BEHIND.values() or not question.answered:
                continue
            for expected in expected_tables(question):
                if expected not in there:
                    self.faults.append(f"{' '.join(expected)}: missing")
                there.discard(expected)
        self.faults += [f"{' '.join(each)}: not in the plan" for each in sorted(there)]


def expected_tables(question: Question) -> Iterator[tuple[str, str]]:
    """Code and measure of every table that the question must give."""
    match question:
        case Matrix():
            yield from ((code, "choice") for code in question.fields)
        case Ranking():
            yield from ((question.code, measure) for measure in ("first", "places"))
        case Multiple():
            yield question.code, "options"
        case Single():
            yield question.code, "choice"
        case Integer():
            yield question.code, "values"
        case Text():
            yield question.code, "texts"


def worked_out(
    table: Mapping[str, Any], counted: Mapping[tuple[str, str], list[int]], rules: Mapping[str, int]
) -> list[str]:
    """Hidden cells that follow from totals and shown cells by subtraction: alone in a sum whose other parts are printed
    so exactly that less than the width is left. A printed count stands for `base_step` numbers, one of nobody for one.
    """
    dividing = table["measure"] in ("choice", "first", "values")
    unknown = set()
    room = {}

    def is_small(cell: tuple[str, str, str]) -> bool:
        base, *counts = counted[cell[:2]]
        count = counts[table["lines"].index(cell[2])]
        return any(0 < each < rules["k_cell"] for each in (count, base - count))

    for column in table["columns"]:
        place = (column["breakdown"], column["group"])
        for line, cell in zip(table["lines"], column["cells"], strict=True):
            room[(*place, line)] = rules["base_step"] - 1 if cell and cell[0] else 0
            if cell is None and counted[place][0]:
                unknown.add((*place, line))
    sums = []
    for line in table["lines"]:
        for breakdown in {breakdown for breakdown, _ in counted if breakdown not in ("all", "country")}:
            groups = [
                (name, group, line) for (name, group), (base, *_) in counted.items() if name == breakdown and base
            ]
            sums.append([("all", "all", line), *groups])
    if dividing and table["everybody"]:
        sums += [[(*place, line) for line in table["lines"]] for place, (base, *_) in counted.items() if base]
    found = []
    for each in sums:
        left = [cell for cell in each if cell in unknown]
        # What is hidden only to protect others tells of nobody.
        small = len(left) == 1 and is_small(left[0])
        if small and sum(room[cell] for cell in each) < min(rules["width"], counted[left[0][:2]][0]):
            found.append(" ".join(left[0]))
    return found


def main(arguments: Sequence[str]) -> int:
    """Prints what was compared and what is wrong; 0 when nothing is."""
    records, questionnaire, release_file, *documents = [Path(argument) for argument in arguments]
    document = read_xlsform(questionnaire.read_bytes(), questionnaire.name).document
    if document is None:
        print(f"{questionnaire} cannot be read")
        return 2
    with records.open(encoding="utf-8") as file:
        people = people_of((json.loads(line) for line in file), document)
    release = json.loads(release_file.read_bytes())
    oracle = Oracle(people, document, release)
    faults = list(oracle.check())
    print(f"{release_file}: {len(people)} people, {oracle.compared} figures compared, {oracle.hidden} not shown")
    for path in documents:
        compared, wrong = check_document(path.name, path.read_bytes(), release)
        print(f"{path}: {compared} figures compared")
        faults += [f"{path.name}: {fault}" for fault in wrong]
    for fault in faults:
        print(f"WRONG {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
