"""The survey sheet as sections: groups open and close, questions fall into the section that is open.

A top-level group is a section, with the appearance table-list a matrix. A group inside a section is dissolved into
it: its condition is added to its questions, its label becomes a note.
"""

import re
from dataclasses import dataclass, field

from app.questionnaire.document import Section
from app.questionnaire.kinds import Note, Question, Texts
from app.questionnaire.relevance import Expression
from app.questionnaire.xlsform.rows import Builder
from app.questionnaire.xlsform.tables import Row, Table

MAX_ROWS = 5000
MAX_DEPTH = 20

_BEGIN = re.compile(r"begin[ _]?(group|repeat|loop|lgroup|looped group)", re.IGNORECASE)
_END = re.compile(r"end[ _]?(group|repeat|loop|lgroup|looped group)", re.IGNORECASE)


@dataclass
class _Group:
    """An open group. `relevant` is its condition joined with those around it, inside the section."""

    row: Row
    relevant: Expression | None
    is_matrix: bool = False
    rows: list[Row] = field(default_factory=list)


@dataclass
class _OpenSection:
    name: str
    title: Texts
    relevant: Expression | None
    questions: list[Question] = field(default_factory=list)
    row: Row | None = None
    is_empty: bool = True


@dataclass
class Survey:
    """What the survey sheet gave: the sections, and the row behind each code, matrix row and section name.

    `conditions`: for a code, the rows whose conditions were joined into its own, innermost first. `renamed`: matrix
    rows under their new codes.
    """

    sections: list[Section] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)
    conditions: dict[str, list[Row]] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)

    def typed_name(self, code: str) -> str:
        """The name under which a question stands in the sheet."""
        return next((old for old, new in self.renamed.items() if new == code), code)


class SurveyReader:
    """One pass down the survey sheet. `title` heads a section that has no label of its own."""

    def __init__(self, table: Table, builder: Builder, title: Texts) -> None:
        self.table = table
        self.builder = builder
        self.report = builder.report
        self.title = title
        self.survey = Survey()
        self.groups: list[_Group] = []
        self.section: _OpenSection | None = None
        self.parts = 0

    def read(self) -> Survey:
        for row in self.table.rows[:MAX_ROWS]:
            self._read_row(row)
        if len(self.table.rows) > MAX_ROWS:
            self.report.add(self.table.rows[MAX_ROWS].place(), "too_many_rows", str(MAX_ROWS))
        for group in self.groups:
            self.report.add(group.row.place("type"), "begin_without_end", group.row.text("name"))
        while self.groups:
            self._close_group()
        self._close_section()
        return self.survey

    def _read_row(self, row: Row) -> None:
        typed = row.text("type")
        if not typed:
            if row.text("name") or row.text("label"):
                self.report.add(row.place("type"), "type_missing")
        elif found := _BEGIN.fullmatch(typed):
            if found[1].casefold() != "group":
                self.report.add(row.place("type"), "repeat", typed)
            self._open_group(row)
        elif _END.fullmatch(typed):
            if self.groups:
                self._close_group()
            else:
                self.report.add(row.place("type"), "end_without_begin")
        elif self.groups and self.groups[-1].is_matrix:
            self.groups[-1].rows.append(row)
        else:
            if self.section is not None:
                self.section.is_empty = False
            self._ask(row, self.builder.question(row, self._condition()))

    def _open_group(self, row: Row) -> None:
        if len(self.groups) == MAX_DEPTH:
            self.report.add(row.place("type"), "group_too_deep", str(MAX_DEPTH))
        is_matrix = "table-list" in row.text("appearance").casefold().split()
        if is_matrix:
            self.groups.append(_Group(row, self._condition(), is_matrix=True))
        elif not self.groups:
            self._close_section()
            self._open_section(row)
        else:
            self._dissolve(row)

    def _open_section(self, row: Row) -> None:
        name = self.builder.name(row)
        title = row.texts("label", self.builder.plain)
        if not title:
            self.report.gather(row.place("label"), "section_untitled")
        self.section = _OpenSection(name, title or self.title, self.builder.condition(row, "relevant"), row=row)
        self.groups.append(_Group(row, None))
        if name:
            self.survey.rows[name] = row

    def _dissolve(self, row: Row) -> None:
        """A group inside a section: its label becomes a note, its condition part of its questions' conditions."""
        relevant = self.builder.joined(row, self._condition(), self.builder.condition(row, "relevant"))
        self.groups.append(_Group(row, relevant))
        label = row.texts("label", self.builder.plain)
        if not label:
            self.report.gather(row.place("name"), "group_flattened", row.text("name"))
            return
        name = self.builder.name(row)
        if name:
            self.report.add(row.place("name"), "group_to_note", name)
            hint = row.texts("hint", self.builder.plain)
            self._ask(row, Note(code=name, label=label, hint=hint, relevant=relevant), own=False)

    def _close_group(self) -> None:
        group = self.groups.pop()
        if group.is_matrix:
            matrix, renamed = self.builder.matrix(group.row, group.rows, group.relevant)
            self.survey.renamed.update(renamed)
            if matrix is not None:
                self._ask(group.row, matrix)
                by_code = {renamed.get(row.text("name"), row.text("name")): row for row in group.rows}
                self.survey.rows.update(by_code)
        elif not self.groups:
            self._close_section()

    def _condition(self) -> Expression | None:
        return self.groups[-1].relevant if self.groups else None

    def _ask(self, row: Row, question: Question | None, own: bool = True) -> None:
        """The question joins the open section; outside of all groups a section is opened for it."""
        if question is None:
            return
        if self.section is None:
            self.parts += 1
            self.section = _OpenSection(self._part_name(), self.title, None)
        if not self.groups:
            self.report.gather(row.place("name"), "section_added", self.section.name)
        self.section.questions.append(question)
        self.survey.rows[question.code] = row
        around = [group.row for group in reversed(self.groups[1:])]
        self.survey.conditions[question.code] = [row, *around] if own else around

    def _part_name(self) -> str:
        taken = {row.text("name").casefold() for row in self.table.rows}
        while f"part{self.parts}" in taken:
            self.parts += 1
        return f"part{self.parts}"

    def _close_section(self) -> None:
        section, self.section = self.section, None
        if section is None:
            return
        if section.questions:
            questions = tuple(section.questions)
            self.survey.sections.append(Section(section.name, section.title, questions, section.relevant))
        elif section.row is not None and section.name and section.is_empty:
            self.report.add(section.row.place("name"), "section_dropped", section.name)
