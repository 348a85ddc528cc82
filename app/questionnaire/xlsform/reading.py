"""A workbook as a questionnaire document, or everything that is wrong with it, at once."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from app.questionnaire.check import Finding, check, complete_languages
from app.questionnaire.document import Document, Section
from app.questionnaire.kinds import Choice, Matrix
from app.questionnaire.relevance import Expression, renamed
from app.questionnaire.xlsform.faults import FileFault, Place, Report
from app.questionnaire.xlsform.rows import CHOICE_NAME, RESERVED, Builder, ChoiceList
from app.questionnaire.xlsform.survey import Survey, SurveyReader
from app.questionnaire.xlsform.tables import (
    CHOICES,
    LANGUAGE_NAMES,
    SETTINGS,
    SURVEY,
    Row,
    Table,
    language_code,
    languages_named,
)
from app.questionnaire.xlsform.workbook import Workbook, WorkbookFault, read_workbook

_SHEETS = frozenset({"survey", "choices", "settings"})
_SETTING = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,59}")


@dataclass(frozen=True)
class Imported:
    """What a file gave: a document, or the faults because of which there is none; and what else is worth knowing."""

    document: Document | None
    faults: tuple[FileFault, ...]
    notices: tuple[FileFault, ...]


def read_xlsform(content: bytes, file_name: str = "") -> Imported:
    """The questionnaire in a workbook, with everything that is wrong with it. Raises nothing, whatever the bytes are.

    file_name: stands in for a form_id that is missing.
    """
    report = Report()
    document = None
    try:
        workbook = read_workbook(content, _SHEETS)
    except WorkbookFault as fault:
        report.add(Place(), fault.reason, fault.found)
    else:
        document = _Import(workbook, file_name, report).read()
    report.close()
    return Imported(None if report.faults else document, tuple(report.faults), tuple(report.notices))


class _Import:
    """One import: settings first, because they say which language a column without a language holds."""

    def __init__(self, workbook: Workbook, file_name: str, report: Report) -> None:
        self.workbook = workbook
        self.file_name = file_name
        self.report = report
        self.lists: dict[str, ChoiceList] = {}
        self.settings: Row | None = None
        self.default_language = "en"
        self.plain = "en"

    def read(self) -> Document | None:
        sheets = self.workbook.sheets
        if self.workbook.others:
            self.report.add(Place(), "sheets_ignored", ", ".join(name.strip() for name in self.workbook.others))
        if "survey" not in sheets:
            self.report.add(Place(), "sheet_missing", "survey")
            return None
        survey = self._table("survey", SURVEY, ("type", "name", "label"))
        tables = [survey]
        if "choices" in sheets:
            tables.append(self._table("choices", CHOICES, ("list_name", "name", "label")))
        if "settings" in sheets:
            settings = Table(sheets["settings"], SETTINGS, self.report)
            self.settings = settings.rows[0] if settings.rows else None
        self._choose_language(survey, tables)
        for table in tables[1:]:
            self._read_lists(table)
        title, summary = self._texts("form_title"), self._texts("summary")
        form_id = self._setting("form_id", re.sub(r"\W+", "_", self.file_name.rpartition(".")[0])[:60] or "form")
        if not title:
            self.report.add(self._setting_place("form_title"), "setting_assumed", "form_title", form_id)
            title = {self.default_language: form_id}
        builder = Builder(self.report, self.lists, self.plain)
        read = SurveyReader(survey, builder, title).read()
        for unused in (kept for kept in self.lists.values() if not kept.used):
            first = next(iter(unused.rows.values()), None)
            self.report.add(first.place("list_name") if first else Place("choices"), "list_unused", unused.name)
        document = Document(
            form_id=form_id,
            version=self._setting("version", "1"),
            title=title,
            summary=summary,
            sections=tuple(_with_codes(read, builder)),
            default_language=self.default_language,
        )
        document = replace(document, languages=complete_languages(document))
        self._check_fields(document, read)
        self._check_whole(document, read, builder)
        return document

    def _table(self, name: str, known: frozenset[str], needed: tuple[str, ...]) -> Table:
        table = Table(self.workbook.sheets[name], known, self.report)
        if table.header_row:
            for key in needed:
                if not table.has(key):
                    self.report.add(Place(table.name, table.header_row), "column_missing", key)
        return table

    # Settings

    def _choose_language(self, survey: Table, tables: list[Table]) -> None:
        """Sets the default language, and the language of columns that name none ("" leaves them out)."""
        labels = {column.language for column in survey.columns_of("label")}
        named = [language for language in languages_named(tables) if language in labels]
        written = self.settings.text("default_language") if self.settings else ""
        code = language_code(written)
        if code and (code in labels or "" in labels):
            self.default_language = self.plain = code
        elif written and written.casefold() != "default":
            place = self._setting_place("default_language")
            self.plain = ""
            if code or not named:
                self.report.add(place, "language_unknown", written)
            self.default_language = "en" if "en" in named or not named else named[0]
            if not code and named:
                self.report.add(place, "language_replaced", written, LANGUAGE_NAMES[self.default_language])
        else:
            self.default_language = "en" if "en" in named or not named else named[0]
            self.plain = "en" if not named else self.default_language
            if not named and labels:
                self.report.add(self._setting_place("default_language"), "language_assumed", "English")

    def _setting_place(self, key: str) -> Place:
        return self.settings.place(key) if self.settings else Place("settings", 0, "", key)

    def _texts(self, key: str) -> dict[str, str]:
        return self.settings.texts(key, self.default_language) if self.settings else {}

    def _setting(self, key: str, instead: str) -> str:
        written = self.settings.text(key) if self.settings else ""
        if not written:
            self.report.add(self._setting_place(key), "setting_assumed", key, instead)
            return instead
        if key == "form_id" and not _SETTING.fullmatch(written):
            self.report.add(self._setting_place(key), "setting_wrong", written, key)
        if len(written) > 60:
            self.report.add(self._setting_place(key), "text_too_long", str(len(written)), "60")
        return written

    # Choices

    def _read_lists(self, table: Table) -> None:
        stray = False
        for row in table.rows:
            list_name, name = row.text("list_name"), row.text("name")
            if not list_name:
                if name or row.text("label"):
                    self.report.add(row.place("list_name"), "list_missing")
                    stray = True
                continue
            kept = self.lists.setdefault(list_name, ChoiceList(list_name))
            if not name:
                self.report.add(row.place("name"), "choice_name_missing")
            elif not CHOICE_NAME.fullmatch(name):
                self.report.add(row.place("name"), "choice_name_wrong", name)
            elif name in kept.rows:
                self.report.add(row.place("name"), "choice_twice", name, list_name)
            else:
                kept.choices.append(Choice(name, row.texts("label", self.plain)))
                kept.rows[name] = row
                continue
            kept.damaged = True
        for kept in self.lists.values() if stray else ():
            kept.damaged = True  # a choice without a list may belong to any of them

    # The whole

    def _check_fields(self, document: Document, read: Survey) -> None:
        """Every name of a form field belongs to one question only, and to nothing that the platform needs."""
        owners: dict[str, str] = {}
        for question in document.questions.values():
            for name in dict.fromkeys((question.code, *question.fields)):
                owner = owners.setdefault(name.casefold(), question.code)
                row = read.rows.get(question.code)
                if row is not None and owner != question.code:
                    other = read.rows.get(owner)
                    self.report.add(row.place("name"), "field_twice", name, str(other.number if other else "?"))
                elif row is not None and name.casefold() in RESERVED:
                    self.report.add(row.place("name"), "name_reserved", name)

    def _check_whole(self, document: Document, read: Survey, builder: Builder) -> None:
        if not any(question.answered for question in document.questions.values()) and not builder.broken:
            self.report.add(Place("survey"), "nothing_asked")
        for section in document.sections:
            matrices = sum(isinstance(question, Matrix) for question in section.questions)
            row = read.rows.get(section.name)
            if matrices > 1:
                place = row.place("name") if row else Place("survey")
                self.report.add(place, "matrices", section.name, str(matrices))
        spoiled = {fault.place for fault in self.report.faults}
        for finding in check(document, frozenset(builder.broken)):
            place = self._place(finding, read, builder)
            if finding.reason == "text_missing" and place in spoiled:
                continue  # a cell whose content was refused is not also an empty one
            other = LANGUAGE_NAMES.get(finding.other, finding.other)
            self.report.add(place, finding.reason, finding.found, other)

    def _place(self, finding: Finding, read: Survey, builder: Builder) -> Place:
        if not finding.code:
            if finding.aspect in ("title", "summary"):
                key = {"title": "form_title"}.get(finding.aspect, finding.aspect)
                return self._setting_place(key)
            return Place("survey")
        if finding.aspect == "choice" and finding.code in builder.list_of:
            choice = builder.list_of[finding.code].rows.get(finding.part)
            if choice is not None:
                return choice.place_in("label", finding.other)
        if finding.aspect == "relevant":
            words = [read.typed_name(word) for word in (finding.found, finding.other) if word]
            for row in read.conditions.get(finding.code, []):
                source = row.source("relevant")
                if source and all(word in source for word in words):
                    return row.place("relevant")
        origin = read.rows.get(finding.code)
        if origin is None:
            return Place("survey")
        return origin.place_in(finding.aspect, finding.other)


def _with_codes(read: Survey, builder: Builder) -> Iterator[Section]:
    """The sections, with matrix rows under their codes in every condition."""
    codes = {old: new for old, new in read.renamed.items() if old not in builder.broken}
    for section in read.sections:
        questions = tuple(
            replace(
                question,
                relevant=_recoded(question.relevant, codes),
                constraint=_recoded(question.constraint, codes),
            )
            for question in section.questions
        )
        yield replace(section, questions=questions, relevant=_recoded(section.relevant, codes))


def _recoded(expression: Expression | None, codes: Mapping[str, str]) -> Expression | None:
    return renamed(expression, codes) if expression and codes else expression
