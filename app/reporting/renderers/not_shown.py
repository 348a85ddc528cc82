"""What is not shown, told to the secretariat in one language: the same words on the desk's page and at the terminal.

Made of `app.reporting.not_shown`, which knows the release alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.reporting.disclosure import FEWEST_GONE
from app.reporting.groups import ALL
from app.reporting.not_shown import Count, Lack, NotShown, Part, not_shown
from app.reporting.release import Release, Table
from app.reporting.renderers.book import table_name
from app.reporting.renderers.labels import Labels
from app.reporting.renderers.paper import Grid, GridCell, GridRow
from app.web.i18n import Translator

#: The answer that is taken for an example of a rare one: so many in a hundred give it.
RARE = 2


@dataclass(frozen=True)
class Notes:
    """What there is to say about one table."""

    code: str
    title: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Chapter:
    """A part of the report; `id` is its stable name. `said` are paragraphs, `listed` stands below them as a list."""

    id: str
    title: str
    said: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    grid: Grid | None = None
    tables: tuple[Notes, ...] = ()


@dataclass(frozen=True)
class Told:
    """The report. `figures` are the numbers at its head, each with what it counts."""

    title: str
    lead: str
    figures: tuple[tuple[str, int], ...]
    chapters: tuple[Chapter, ...]


def tell_not_shown(release: Release, t: Translator) -> Told:
    """What is not shown, what it would take, and what changes nothing."""
    return _Teller(release, t).told()


class _Teller:
    def __init__(self, release: Release, t: Translator) -> None:
        self.release, self.t = release, t
        self.labels = Labels(release, t)
        self.lack: NotShown = not_shown(release)
        self.rules = release.parameters

    def told(self) -> Told:
        t, count = self.t, self.lack.count
        return Told(
            title=t.gettext("What is not shown"),
            lead=t.gettext(
                "Made of release %(number)s and nothing else. Why a single figure is missing is told to nobody: the"
                " reason would tell something about the number.",
                number=t.number(self.release.number),
            ),
            figures=(
                (t.gettext("Figures shown"), count.figures - count.hidden),
                (t.gettext("Figures not shown"), count.hidden),
                (t.gettext("Of these, with a certificate"), count.proved),
                (t.gettext("Of these, where nobody was asked"), count.nobody),
            ),
            chapters=tuple(self._chapters()),
        )

    def _chapters(self) -> Iterator[Chapter]:
        t = self.t
        yield Chapter("steps", t.gettext("What it would take"), listed=tuple(self._steps()))
        yield Chapter("nothing", t.gettext("What changes nothing"), listed=tuple(self._nothing()))
        yield Chapter(
            "rules",
            t.gettext("Why a figure can be missing"),
            said=tuple(self._certificates()),
            listed=tuple(self._rules()),
        )
        yield Chapter(
            "groups", t.gettext("Groups that were taken together"), tuple(self._groups()), grid=self._together()
        )
        yield Chapter("breakdowns", t.gettext("By breakdown"), grid=self._by_breakdown())
        yield Chapter("tables", t.gettext("By question"), tuple(self._asked()), grid=self._by_table())
        notes = tuple(each for each in map(self._notes, self.lack.tables) if each.notes)
        if notes:
            yield Chapter("notes", t.gettext("More about single questions"), tables=notes)
        yield Chapter("others", t.gettext("Other figures"), listed=tuple(self._others()))

    # What to do ------------------------------------------------------------------------------------------------------

    def _steps(self) -> Iterator[str]:
        t, lack, rules = self.t, self.lack, self.rules
        if lack.n < rules.k_group:
            yield t.gettext(
                "Answers of %(people)s people in all: with fewer, nothing is shown.", people=t.number(rules.k_group)
            )
        for breakdown in dict.fromkeys(each.breakdown for each in lack.together):
            groups = tuple(group for each in lack.together if each.breakdown == breakdown for group in each.groups)
            yield t.gettext(
                "%(breakdown)s: %(more)s more people from each of these groups are enough for all of them to stand"
                " alone, however few they are now: %(groups)s.",
                breakdown=self.labels.breakdown(breakdown),
                more=t.number(lack.alone_from),
                groups=self._names(breakdown, groups),
            )
        for breakdown, groups in lack.empty:
            if breakdown == "region":
                yield t.gettext(
                    "%(breakdown)s: %(people)s people from each of these, from which no answer came: %(groups)s.",
                    breakdown=self.labels.breakdown(breakdown),
                    people=t.number(rules.k_group),
                    groups=self._names(breakdown, groups),
                )
        whole = [(name, whole, tables) for name, tables, whole, _ in lack.breakdowns() if whole and name != ALL]
        if whole:
            yield t.gettext(
                "Next time, fewer breakdowns, or fewer and larger groups in them. So many tables show nothing of a"
                " breakdown: %(counted)s.",
                counted=t.semicolon.join(
                    self.labels.breakdown(name) + t.colon + self._of(number, tables) for name, number, tables in whole
                ),
            )
        yield t.gettext(
            "Next time, rare answers taken together before asking. An answer that %(rare)s in 100 people give is shown"
            " in groups of about %(people)s people or more.",
            rare=t.number(RARE),
            people=t.number(100 * rules.k_cell // RARE),
        )
        yield t.gettext(
            "A row for a country, in core indicators: %(people)s people from it.", people=t.number(rules.k_country)
        )
        yield t.gettext(
            "A quote with age and region: %(people)s people of that age in that region.", people=t.number(rules.k_quote)
        )

    def _nothing(self) -> Iterator[str]:
        t = self.t
        yield t.gettext("Counting again, or having somebody else count: the same answers give the same release.")
        yield t.gettext(
            "A new release after a few changes: one is made only where %(people)s records or more have changed, and"
            " shows nothing that would tell more together with earlier ones.",
            people=t.number(FEWEST_GONE),
        )
        yield t.gettext(
            "Counting in an export of the submissions: such figures are not protected and must never be published, nor"
            " told to anybody who has the release."
        )

    # Why -------------------------------------------------------------------------------------------------------------

    def _rules(self) -> Iterator[str]:
        t, rules = self.t, self.rules
        cell, group = t.number(rules.k_cell), t.number(rules.k_group)
        yield t.gettext(
            "One person or more, but fewer than %(cell)s, gave the answer; or so few of those asked did not.", cell=cell
        )
        yield t.gettext("Fewer than %(group)s people of the group were asked.", group=group)
        yield t.gettext("The question is sensitive, and everybody in the group answered alike.")
        yield t.gettext("If it were shown, another that is missing for such a reason could be worked out.")
        yield t.gettext(
            "More than a third of a breakdown, or of an answer more than half of the groups, would be missing: then"
            " all of it is, since the rest could not be read."
        )
        yield t.gettext("Nobody in the group was asked.")

    def _certificates(self) -> Iterator[str]:
        t = self.t
        if self.lack.certified:
            yield t.gettext(
                "A certificate says that two complete sets of answers give every published figure exactly, and differ"
                " in this one by %(width)s people or more, or by all who were asked where these are fewer. What has"
                " none protects others, or counts nobody.",
                width=t.number(self.rules.width),
            )
        else:
            yield t.gettext("This release has no certificates: that nobody can work out what is missing is not proved.")
        yield t.gettext("A figure is missing for one of these reasons, and nobody is told for which:")

    def _groups(self) -> Iterator[str]:
        t, lack = self.t, self.lack
        yield t.gettext(
            "A group stands alone when it has %(group)s people or more, and so have those beside it.",
            group=t.number(self.rules.k_group),
        )
        yield t.gettext(
            "Who left out the question behind a breakdown stands in “No answer”, which must have at least as many, or"
            " nobody."
        )
        if not lack.together:
            yield t.gettext("No groups were taken together.")
        for breakdown, groups in lack.empty:
            yield t.gettext(
                "%(breakdown)s, groups without anybody: %(groups)s.",
                breakdown=self.labels.breakdown(breakdown),
                groups=self._names(breakdown, groups),
            )
        if lack.single:
            yield t.gettext(
                "All people stand in one group, so that there is no breakdown by: %(breakdowns)s.",
                breakdowns=t.semicolon.join(self.labels.breakdown(each) for each in lack.single),
            )

    def _together(self) -> Grid | None:
        t = self.t
        rows = tuple(
            GridRow(
                self.labels.breakdown(each.breakdown),
                (
                    GridCell(self._names(each.breakdown, each.groups), "text", t.language),
                    GridCell(t.number(each.people)),
                ),
            )
            for each in self.lack.together
        )
        head = (t.gettext("Breakdown"), t.gettext("Published as one"), t.gettext("People in all"))
        return Grid("together", t.gettext("Groups that are published as one"), head, rows) if rows else None

    # Counted ---------------------------------------------------------------------------------------------------------

    def _by_breakdown(self) -> Grid:
        t = self.t
        head = (
            t.gettext("Breakdown"),
            t.gettext("Tables"),
            t.gettext("Tables that show nothing of it"),
            t.gettext("Figures"),
            t.gettext("Not shown"),
            t.gettext("With a certificate"),
            t.gettext("Nobody asked"),
        )
        rows = [
            self._row(self.labels.breakdown(name), (tables, whole), count)
            for name, tables, whole, count in self.lack.breakdowns()
        ]
        return Grid("breakdowns", t.gettext("Figures that are not shown, by breakdown"), head, tuple(rows))

    def _row(self, name: str, before: Sequence[int], count: Count) -> GridRow:
        numbers = (*before, count.figures, count.hidden, count.proved, count.nobody)
        return GridRow(name, tuple(GridCell(self.t.number(number)) for number in numbers))

    def _asked(self) -> Iterator[str]:
        t, asked = self.t, self.lack.asked
        yield t.gettext(
            "Figures that are not shown, of all. At the end: how many people asked in each group would be enough for"
            " the rarest answer that is shown for everybody, if all groups answered as everybody did."
        )
        if self.lack.smallest:
            yield t.gettext(
                "People in the smallest groups now: %(counted)s.",
                counted=t.semicolon.join(
                    self.labels.breakdown(name) + t.colon + t.number(people) for name, people in self.lack.smallest
                ),
            )
        if asked.hidden:
            yield t.gettext(
                "How many people were asked a question that not everybody was asked: not shown in %(counted)s groups,"
                " %(proved)s with a certificate. Without that number nothing is shown there.",
                counted=self._of(asked.hidden, asked.figures),
                proved=t.number(asked.proved),
            )

    def _by_table(self) -> Grid:
        t = self.t
        names = [name for name, *_ in self.lack.breakdowns()]
        head = (
            t.gettext("Question"),
            *map(self.labels.breakdown, names),
            t.gettext("With a certificate"),
            t.gettext("Enough people in each group"),
        )
        rows = []
        for each in self.lack.tables:
            parts = [each.by(name) for name in names]
            cells = [self._cell(part.count) if part else GridCell("–", "word") for part in parts]
            enough = GridCell("–", "word") if each.enough is None else GridCell(t.number(each.enough))
            rows.append(GridRow(self._title(each.table), (*cells, GridCell(t.number(each.count.proved)), enough)))
        return Grid("tables", t.gettext("Figures that are not shown, by question and breakdown"), head, tuple(rows))

    def _cell(self, count: Count) -> GridCell:
        return GridCell(self._of(count.hidden, count.figures), "hidden" if count.whole else "figure")

    def _of(self, some: int, of: int) -> str:
        return self.t.gettext("%(some)s of %(all)s", some=self.t.number(some), all=self.t.number(of))

    def _title(self, table: Table) -> str:
        t = self.t
        if not table.question:
            return {
                "language": t.gettext("Language"),
                "under_18": t.gettext("Under 18"),
                "rural": t.gettext("Rural"),
            }[table.code]
        name = table_name(self.labels, table)
        return t.gettext("%(code)s: %(title)s", code=table.code, title=name)

    def _notes(self, lack: Lack) -> Notes:
        found = [note for part in lack.parts for note in self._part(lack.table, part)]
        return Notes(lack.table.code, self._title(lack.table), tuple(found))

    def _part(self, table: Table, part: Part) -> Iterator[str]:
        t = self.t
        name = t.gettext("Everybody") if part.breakdown == ALL else self.labels.breakdown(part.breakdown)
        if part.lines and table.question:
            lines = t.semicolon.join(self.labels.line(table, line) for line in part.lines)
            if part.breakdown == ALL:
                yield name + t.colon + t.gettext("not shown: %(answers)s.", answers=lines)
            else:
                yield name + t.colon + t.gettext("shown in no group: %(answers)s.", answers=lines)
        if part.groups == (ALL,):
            yield name + t.colon + t.gettext("the number of people asked is not shown.")
        elif part.groups:
            groups = self._names(part.breakdown, part.groups)
            yield name + t.colon + t.gettext("the number of people asked is not shown for %(groups)s.", groups=groups)

    def _names(self, breakdown: str, groups: Sequence[str]) -> str:
        return self.t.semicolon.join(self.labels.group(breakdown, group) for group in groups)

    # What is no table ------------------------------------------------------------------------------------------------

    def _others(self) -> Iterator[str]:
        t, lack, means = self.t, self.lack, self.lack.means
        if "region" in (name for name, *_ in lack.breakdowns()):
            yield t.gettext(
                "Shares with every region counting the same: %(given)s. Missing because regions were taken together:"
                " %(together)s; because a region’s share is not shown: %(hidden)s; because answers came from one region"
                " or none: %(few)s.",
                given=t.number(means.given),
                together=t.number(means.together),
                hidden=t.number(means.hidden),
                few=t.number(means.too_few),
            )
        if lack.rows is None:
            yield t.gettext("Rows for countries: there are none, since no core indicator is counted by region.")
        else:
            yield t.gettext(
                "Rows for countries: %(rows)s. Each of the others had fewer than %(people)s answers.",
                rows=self._of(lack.rows, lack.countries),
                people=t.number(self.rules.k_country),
            )
        if lack.before is None:
            yield t.gettext("Comparison: the release has no round before.")
        else:
            yield t.gettext(
                "Shares compared with the round before: %(both)s. Missing because this release does not show them:"
                " %(now)s; because that one did not: %(before)s. Tables that were not put alike then: %(without)s.",
                both=t.number(lack.before.both),
                now=t.number(lack.before.hidden_now),
                before=t.number(lack.before.hidden_before),
                without=t.number(lack.before.without),
            )
        yield t.gettext(
            "Texts quoted: %(quotes)s, of these without age and region: %(alone)s.",
            quotes=t.number(lack.quotes),
            alone=t.number(lack.quotes_alone),
        )
