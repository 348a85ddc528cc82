"""One row of the survey sheet as one question.

What is wrong with a row is reported and the row gives no question, so that the next row is read all the same; its
name is kept in `broken`, so that a condition about it is not blamed a second time.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.questionnaire.kinds import (
    DEFAULT_BREAKDOWNS,
    ESCAPES,
    Choice,
    Integer,
    Matrix,
    Multiple,
    Note,
    Question,
    Ranking,
    Scale,
    Single,
    Text,
)
from app.questionnaire.kinds import Row as MatrixRow
from app.questionnaire.relevance import Expression, ExpressionFault, both, parse
from app.questionnaire.xlsform.faults import Report
from app.questionnaire.xlsform.tables import Row, is_no, is_yes
from app.questionnaire.xlsform.wording import REFUSED_TYPES

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,39}")
CHOICE_NAME = re.compile(r"[A-Za-z0-9_\-][A-Za-z0-9_.\-]{0,39}")
#: Names of form fields and addresses that mean something else.
RESERVED = frozenset({"agree", "go", "language", "all"})
BREAKDOWNS = ("region", "age", "gender", "settlement", "country")
#: Characters that an open answer may be allowed.
MOST_CHARS = 2000
MOST_PLACES = 10

_SELECT = re.compile(
    r"(?:add )?(?P<one>select[_ ]?one|select1)(?: prompt using| from)? (?P<list>\S+)(?P<other> .*)?"
    r"|(?:add )?(?P<many>select[_ ]?multiple|select[_ ]all[_ ]that[_ ]apply)(?: prompt using| from)? "
    r"(?P<list2>\S+)(?P<other2> .*)?"
    r"|(?P<rank>rank) (?P<list3>\S+)(?P<other3> .*)?",
    re.IGNORECASE,
)
_FROM_ELSEWHERE = re.compile(r"select[_ ](?:one|multiple)[_ ](?:from[_ ]file|external)\b", re.IGNORECASE)
_SORTS = {"text": "text", "string": "text", "integer": "integer", "int": "integer", "range": "range", "note": "note"}


@dataclass
class ChoiceList:
    """A list of the choices sheet, with the rows that its choices stand in; `damaged` when a row gave no choice."""

    name: str
    choices: list[Choice] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)
    used: bool = False
    damaged: bool = False


@dataclass(frozen=True)
class Sort:
    """What the type column says: `word` is one of _SORTS' values, select_one, select_multiple or rank."""

    word: str
    choice_list: ChoiceList | None = None


@dataclass
class Builder:
    """Builds questions from rows. `plain` is the language of texts whose column names none."""

    report: Report
    lists: Mapping[str, ChoiceList]
    plain: str
    broken: set[str] = field(default_factory=set)
    named: dict[str, tuple[str, int]] = field(default_factory=dict)
    indicators: dict[str, int] = field(default_factory=dict)
    list_of: dict[str, ChoiceList] = field(default_factory=dict)

    def name(self, row: Row) -> str:
        """The row's name, kept so that no other row can have it; "" when it cannot be used."""
        name = row.text("name")
        place = row.place("name")
        if not name:
            self.report.add(place, "name_missing")
            return ""
        earlier, number = self.named.setdefault(name.casefold(), (name, row.number))
        if number != row.number:
            self.report.add(place, "name_twice" if earlier == name else "name_similar", name, str(number))
        elif not NAME.fullmatch(name):
            self.report.add(place, "name_wrong", name)
        elif name.casefold() in RESERVED:
            self.report.add(place, "name_reserved", name)
        else:
            return name
        self.broken.add(name)
        return ""

    def condition(self, row: Row, key: str) -> Expression | None:
        """The condition in a cell, None where there is none or it cannot be read."""
        source = row.source(key)
        if not source:
            return None
        try:
            return parse(source)
        except ExpressionFault as fault:
            found = f"{fault.found} at character {fault.position}"
            self.report.add(row.place(key), "expression", found, fault.advice)
            self.broken.add(row.text("name"))
            return None

    def sort(self, row: Row) -> Sort | None:
        """What the row asks; None, with the reason reported, where that is not supported."""
        typed = row.text("type")
        place = row.place("type")
        word = typed.casefold()
        if word in _SORTS:
            return Sort(_SORTS[word])
        first = word.split(" ")[0]
        refused = (
            "select_one_from_file"
            if _FROM_ELSEWHERE.match(word)
            else next((name for name in (word, word.replace(" ", "_"), first) if name in REFUSED_TYPES), "")
        )
        if refused:
            self.report.add(place, "type_refused", typed, REFUSED_TYPES[refused])
            return None
        found = _SELECT.fullmatch(typed)
        if found is None:
            is_list = first.startswith("select") or first == "rank"
            self.report.add(place, "list_not_named" if is_list else "type_unknown", typed)
            return None
        if found["other"] or found["other2"] or found["other3"]:
            self.report.add(place, "or_other", typed)
        name = found["list"] or found["list2"] or found["list3"]
        kept = self.lists.get(name)
        if kept is None:
            self.report.add(place, "list_unknown", name)
            return None
        kept.used = True
        return Sort("select_one" if found["one"] else "select_multiple" if found["many"] else "rank", kept)

    def question(self, row: Row, above: Expression | None) -> Question | None:
        """The question of a row, asked under its own condition and the one above it."""
        before = len(self.report.faults)
        sort = self.sort(row)
        name = self.name(row)
        common = self.common(row, name, above)
        if sort is None:
            self.broken.add(row.text("name"))
            return None
        build: Callable[[Row, Sort, dict[str, Any]], Question | None] = {
            "note": self._note,
            "text": self._text,
            "integer": self._number,
            "range": self._number,
            "select_one": self._single,
            "select_multiple": self._multiple,
            "rank": self._ranking,
        }[sort.word]
        question = build(row, sort, common)
        self._check_columns(row, sort)
        if question is None or not name:
            self.broken.add(row.text("name"))
            return None
        if sort.choice_list:
            self.list_of[name] = sort.choice_list
        if len(self.report.faults) > before or (sort.choice_list and sort.choice_list.damaged):
            self.broken.add(name)
        return question

    def common(self, row: Row, name: str, above: Expression | None) -> dict[str, Any]:
        """What all kinds of questions share, as the keywords of Question."""
        required = row.text("required")
        if not is_yes(required) and not is_no(required):
            self.report.add(row.place("required"), "required_wrong", required)
        sensitive = row.text("sensitive")
        if not is_yes(sensitive) and not is_no(sensitive):
            self.report.add(row.place("sensitive"), "yes_no_wrong", sensitive)
        return {
            "code": name,
            "label": row.texts("label", self.plain),
            "hint": row.texts("hint", self.plain),
            "guidance": row.texts("guidance_hint", self.plain),
            "relevant": self.joined(row, above, self.condition(row, "relevant")),
            "required": is_yes(required),
            "constraint": self.condition(row, "constraint"),
            "constraint_message": row.texts("constraint_message", self.plain),
            "indicator": self._indicator(row),
            "sensitive": is_yes(sensitive),
            "breakdowns": self._breakdowns(row),
        }

    def joined(self, row: Row, above: Expression | None, own: Expression | None) -> Expression | None:
        """Both conditions as one."""
        try:
            return both(above, own)
        except ExpressionFault as fault:  # each can be read, but together they are too long or too deep
            self.report.add(row.place("relevant"), "expression", fault.found, fault.advice)
            return own

    def _indicator(self, row: Row) -> str:
        indicator = row.text("indicator")
        if not indicator:
            return ""
        if not CHOICE_NAME.fullmatch(indicator):
            self.report.add(row.place("indicator"), "indicator_wrong", indicator)
            return ""
        earlier = self.indicators.setdefault(indicator, row.number)
        if earlier != row.number:
            self.report.add(row.place("indicator"), "indicator_twice", indicator, str(earlier))
        return indicator

    def _breakdowns(self, row: Row) -> tuple[str, ...]:
        written = row.text("breakdowns").casefold()
        if not written or written == "default":
            return DEFAULT_BREAKDOWNS
        if written in ("-", "none", "–", "—"):
            return ()
        words = tuple(dict.fromkeys(re.split(r"[\s,;]+", written.strip(" ,;"))))
        for word in words:
            if word not in BREAKDOWNS:
                self.report.add(row.place("breakdowns"), "breakdown_unknown", word)
        return words

    def _most(self, row: Row, limit: int, default: int) -> int:
        written = row.text("max")
        if not written:
            return default
        if not written.isascii() or not written.isdigit() or not 1 <= int(written[:9]) <= limit:
            self.report.add(row.place("max"), "max_wrong", written, str(limit))
            return default
        return int(written)

    def _check_columns(self, row: Row, sort: Sort) -> None:
        if row.text("max") and sort.word not in ("text", "select_multiple", "rank"):
            self.report.add(row.place("max"), "max_misplaced", row.text("type"))
        if row.text("exclusive") and sort.word != "select_multiple":
            self.report.add(row.place("exclusive"), "exclusive_misplaced", row.text("type"))
        if sort.word not in ("integer", "range"):
            for key in _parameters(row.text("parameters")):
                ignored = key == "rows" and sort.word == "text"
                if ignored:
                    self.report.gather(row.place("parameters"), "parameters_ignored", key)
                else:
                    self.report.add(row.place("parameters"), "parameters_refused", key)

    def _appearance(self, row: Row, *known: str) -> frozenset[str]:
        """The known words of the appearance; others are noticed, those that need a data source refused."""
        written = row.text("appearance").casefold()
        if "search(" in written:
            self.report.add(row.place("appearance"), "appearance_refused", written)
            return frozenset()
        words = frozenset(written.split())
        for word in sorted(words - set(known) - _SILENT):
            self.report.gather(row.place("appearance"), "appearance_ignored", word)
        return words

    def _note(self, row: Row, sort: Sort, common: dict[str, Any]) -> Question:
        self._appearance(row)
        if common["constraint"]:
            self.report.add(row.place("constraint"), "constraint_misplaced", row.text("name"))
        return Note(**{**common, "required": False, "constraint": None})

    def _text(self, row: Row, sort: Sort, common: dict[str, Any]) -> Question:
        lines = "multiline" in self._appearance(row, "multiline")
        return Text(**common, max_chars=self._most(row, MOST_CHARS, 500), lines=lines)

    def _number(self, row: Row, sort: Sort, common: dict[str, Any]) -> Question | None:
        self._appearance(row)
        written = row.text("parameters")
        given = _parameters(written)
        place = row.place("parameters")
        values: dict[str, int] = {}
        for key, value in given.items():
            whole = re.fullmatch(r"(-?[0-9]{1,9})(\.0*)?", value)
            if key not in ("start", "end", "step") or whole is None:
                self.report.add(place, "parameters_wrong", written)
                return None
            values[key] = int(whole[1])
        if sort.word == "range":
            values = {"start": 1, "end": 10, "step": 1, **values}
        low, high, step = values.get("start"), values.get("end"), values.get("step", 1)
        if step < 1 or (low is not None and high is not None and low > high):
            self.report.add(place, "range_empty", str(low), str(high))
            return None
        return Integer(**common, minimum=low, maximum=high, step=step)

    def _single(self, row: Row, sort: Sort, common: dict[str, Any]) -> Question:
        choices = self._choices(sort)
        words = self._appearance(row, "likert", "minimal", "autocomplete", "label", "list-nolabel", "list")
        if "label" in words:
            self.report.add(row.place("appearance"), "label_row", row.text("name"))
            return Note(**{**common, "required": False, "constraint": None})
        if "likert" in words:
            points = [choice.name for choice in choices if choice.name not in ESCAPES]
            if sorted(points) == ["1", "2", "3", "4", "5"]:
                return Scale(**common, choices=choices)
            self.report.add(row.place("appearance"), "scale_points", ", ".join(choice.name for choice in choices))
        return Single(**common, choices=choices, dropdown=bool(words & {"minimal", "autocomplete"}))

    def _multiple(self, row: Row, sort: Sort, common: dict[str, Any]) -> Question:
        choices = self._choices(sort)
        self._appearance(row, "minimal", "autocomplete")
        exclusive = tuple(dict.fromkeys(re.split(r"[\s,;]+", row.text("exclusive").strip(" ,;"))))
        exclusive = exclusive if exclusive != ("",) else ()
        for name in exclusive:
            if name not in [choice.name for choice in choices] and not (sort.choice_list and sort.choice_list.damaged):
                listed = sort.choice_list.name if sort.choice_list else ""
                self.report.add(row.place("exclusive"), "exclusive_unknown", name, listed)
        most = self._most(row, max(len(choices), 1), 0)
        return Multiple(**common, choices=choices, max_choices=most, exclusive=exclusive)

    def _ranking(self, row: Row, sort: Sort, common: dict[str, Any]) -> Question:
        choices = self._choices(sort)
        self._appearance(row)
        if not row.text("max") and len(choices) > MOST_PLACES:
            self.report.add(row.place("max"), "rank_needs_max", str(len(choices)))
        limit = max(min(len(choices), MOST_PLACES), 1)
        return Ranking(**common, choices=choices, places=self._most(row, limit, limit))

    def _choices(self, sort: Sort) -> tuple[Choice, ...]:
        return tuple(sort.choice_list.choices) if sort.choice_list else ()

    def matrix(self, row: Row, rows: Sequence[Row], above: Expression | None) -> tuple[Matrix | None, dict[str, str]]:
        """The matrix that a group with its rows is, and the new codes of rows whose names do not begin with its own."""
        name = self.name(row)
        common = self.common(row, name, above)
        if common["constraint"]:
            self.report.add(row.place("constraint"), "constraint_misplaced", row.text("name"))
        lists: list[ChoiceList] = []
        found: list[tuple[MatrixRow, bool]] = []
        codes: dict[str, str] = {}
        for each in rows:
            built = self._matrix_row(each, name, lists)
            if built is None:
                self.broken.add(each.text("name"))
                continue
            found.append((built, is_yes(each.text("required"))))
            if each.text("name") != f"{name}.{built.name}":
                codes[each.text("name")] = f"{name}.{built.name}"
                self.report.add(each.place("name"), "matrix_row_named", each.text("name"), f"{name}.{built.name}")
        if not rows:
            self.report.add(row.place("type"), "matrix_empty", row.text("name"))
        if not name or not found:
            self.broken.add(row.text("name"))
            return None, {}
        required = [needed for _, needed in found]
        if any(required) and not all(required):
            self.report.add(row.place("required"), "matrix_required", name)
        self.list_of[name] = lists[0]
        if lists[0].damaged:
            self.broken.update(f"{name}.{built.name}" for built, _ in found)
        common = {**common, "constraint": None, "required": common["required"] or any(required)}
        return Matrix(**common, choices=tuple(lists[0].choices), rows=tuple(built for built, _ in found)), codes

    def _matrix_row(self, row: Row, matrix: str, lists: list[ChoiceList]) -> MatrixRow | None:
        before = len(self.report.faults)
        sort = self.sort(row)
        if sort is not None and sort.word != "select_one":
            self.report.add(row.place("type"), "matrix_type", row.text("type"))
        name = self.name(row)
        for key in ("relevant", "constraint", "hint", "guidance_hint", "indicator", "sensitive", "breakdowns", "max"):
            if row.text(key):
                self.report.add(row.place(key), "matrix_column", key)
        if sort is not None and sort.choice_list is not None:
            lists.append(sort.choice_list)
            if lists[0] is not sort.choice_list:
                self.report.add(row.place("type"), "matrix_lists", sort.choice_list.name, lists[0].name)
        if len(self.report.faults) > before or sort is None:
            return None
        return MatrixRow(name.removeprefix(f"{matrix}."), row.texts("label", self.plain))


#: Appearances that only say how wide or in which order another program draws; nothing is lost without them.
_SILENT = frozenset({"field-list", "list-nolabel", "list", "horizontal", "vertical", "compact", "quick", "columns"})


def _parameters(written: str) -> dict[str, str]:
    """`start=0 end=10` as a mapping; a word without = stands with an empty value."""
    spaced = re.sub(r"\s*=\s*", "=", written)
    pairs = (word.partition("=") for word in re.split(r"[\s,;]+", spaced) if word)
    return {key.casefold(): value for key, _, value in pairs}
