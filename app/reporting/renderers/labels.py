"""The names of groups, lines and tables in one language, and figures as they are printed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from app.consultations.countries import countries
from app.questionnaire.document import Document
from app.questionnaire.kinds import Matrix, Question, Texts
from app.questionnaire.stored import document_from_json
from app.reporting.groups import ALL, BEHIND, BREAKDOWNS, NONE
from app.reporting.release import Cell, Release, ReleaseColumn, Table
from app.web.i18n import Translator


def sizes_in_order(release: Release) -> Iterator[tuple[str, Mapping[str, Cell]]]:
    """Each breakdown with the sizes of its groups, in the order of every table: a file of JSON keeps another."""
    known = [name for name in BREAKDOWNS if name in release.sizes]
    yield from ((name, release.sizes[name]) for name in (*known, *sorted(release.sizes.keys() - set(known))))


class Labels:
    """Words for what stands in a release."""

    def __init__(self, release: Release, t: Translator) -> None:
        self.release = release
        self.t = t

    @cached_property
    def document(self) -> Document:
        return document_from_json(self.release.questionnaire)

    def text(self, texts: Texts) -> str:
        """The text in our language, in the first language of the questionnaire where it has none in ours."""
        return texts.get(self.t.language) or texts.get(self.document.default_language, "")

    def joined(self, sentences: Iterable[str]) -> str:
        """Sentences in a row. Chinese ones follow each other without a blank."""
        return self.t.gap.join(sentences)

    def quoted(self, names: Iterable[str]) -> str:
        """Names in quotation marks, one after the other."""
        return self.t.list([self.t.gettext("“%(choice)s”", choice=name) for name in names])

    def title(self) -> str:
        return self.text(self.release.facts.title)

    def question(self, code: str) -> Question:
        return self.document.questions[code]

    def question_text(self, code: str) -> str:
        return self.text(self.question(code).label)

    def table_text(self, table: Table) -> str:
        """What was asked: the question, or the row of a matrix."""
        question = self.question(table.question)
        if isinstance(question, Matrix):
            return next(self.text(row.label) for row in question.rows if f"{question.code}.{row.name}" == table.code)
        return self.text(question.label)

    def full_text(self, table: Table) -> str:
        """What was asked; a row of a matrix with its question before it."""
        row, question = self.table_text(table), self.question_text(table.question)
        return row if row == question else self.t.gettext("%(question)s – %(row)s", question=question, row=row)

    def no_answer(self) -> str:
        return self.t.gettext("No answer")

    def not_shown(self) -> str:
        return self.t.gettext("not shown")

    def line(self, table: Table, line: str) -> str:
        """The name of a line: a choice as the questionnaire has it, a band of numbers, "No answer"."""
        if line == NONE:
            return self.t.gettext("None of these themes") if table.measure == "themes" else self.no_answer()
        if table.code == "language":
            return self.t.language_name(line)
        if table.measure == "texts":
            return self.t.gettext("Wrote a text")
        if table.measure == "values":
            return self.band(line)
        if table.measure == "themes":
            return self.theme(table.question, line)
        return self.choice(table.question, line)

    def choice(self, code: str, name: str) -> str:
        choices = getattr(self.question(code), "choices", ())
        return next((self.text(choice.label) for choice in choices if choice.name == name), name)

    def theme(self, code: str, name: str) -> str:
        themes = self.release.codebooks.get(code, ())
        return next((self.text(theme.label) for theme in themes if theme.id == name), name)

    def band(self, name: str) -> str:
        """The name of a band of whole numbers, as `tally.band_name` writes it."""
        if name.endswith("+"):
            return self.t.gettext("%(number)s or more", number=self.t.number(int(name[:-1])))
        first, between, last = name[1:].partition("-")
        first = name[0] + first
        if not between:
            return self.t.number(int(first))
        return self.t.gettext("%(first)s to %(last)s", first=self.t.number(int(first)), last=self.t.number(int(last)))

    def breakdown(self, breakdown: str) -> str:
        return {
            ALL: self.t.gettext("All"),
            "region": self.t.gettext("Region"),
            "age": self.t.gettext("Age"),
            "gender": self.t.gettext("Gender"),
            "settlement": self.t.gettext("Urban or rural"),
            "country": self.t.gettext("Country"),
        }[breakdown]

    def group(self, breakdown: str, group: str) -> str:
        """The name of a group; of merged ones, all their names."""
        if "+" in group:
            names = [(member, self.group(breakdown, member)) for member in group.split("+")]
            return self.t.list([self.t.within(name) if member == NONE else name for member, name in names])
        if breakdown == ALL:
            return self.t.gettext("All")
        if group == NONE:
            return self.no_answer()
        if breakdown == "region":
            return self.t.region(group)
        if breakdown == "settlement":
            return {"urban": self.t.gettext("Urban"), "rural": self.t.gettext("Rural")}[group]
        if breakdown == "country":
            return countries()[group].names[self.t.language] if group in countries() else group
        return self.choice(BEHIND[breakdown], group)

    def group_in_full(self, breakdown: str, group: str) -> str:
        """The group with the breakdown that it belongs to."""
        return self.t.gettext(
            "%(breakdown)s: %(group)s",
            breakdown=self.breakdown(breakdown),
            group=self.t.within(self.group(breakdown, group)),
        )

    def column(self, breakdown: str, group: str, *, of: Sequence[ReleaseColumn]) -> str:
        """The name of a group over its column; with its breakdown where other columns have the same name."""
        name = self.group(breakdown, group)
        alike = [each for each in of if self.group(each.breakdown, each.group) == name]
        return name if len(alike) < 2 else self.group_in_full(breakdown, group)

    def share(self, cell: Cell | None) -> str:
        return self.t.percent(cell.share / 100) if cell else self.not_shown()

    def count(self, count: int | None) -> str:
        return self.not_shown() if count is None else self.t.number(count)
