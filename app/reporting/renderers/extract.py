"""For the Group's annual and four-year reports: of each round one paragraph and the table of its core indicators.

Made from published releases alone. The paragraph is the summary of the paper, so what is said here was said there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.questionnaire.kinds import Matrix, Scale
from app.reporting.groups import ALL, NONE
from app.reporting.release import Cell, Release, Table
from app.reporting.renderers.compose import summarize
from app.reporting.renderers.labels import Labels
from app.reporting.renderers.own_words import numbered
from app.reporting.renderers.paper import Block, Boxed, Fact, Grid, GridCell, GridRow, Paper, Paragraph, Section
from app.reporting.renderers.sentences import ends
from app.web.i18n import Translator

#: Core indicators are asked in every consultation under these codes (CO01, CO02, …), whatever the question's own code.
CORE = "CO"
#: Scales of so many points or more are told by their two highest together.
SCALE_POINTS = 4


@dataclass(frozen=True)
class Round:
    """A published release with its SHA-256."""

    release: Release
    digest: str


@dataclass(frozen=True)
class Indicator:
    """One line: what was answered to an indicator's question, how many were asked, and what share gave that answer."""

    code: str
    name: str
    asked: int | None
    cell: Cell | None


def compose_extract(rounds: Sequence[Round], years: tuple[int, int], t: Translator) -> Paper:
    """The extract of these rounds, in the order of their days. Of several rounds it also has both tables together."""
    rounds = sorted(rounds, key=lambda each: (each.release.facts.day, each.release.facts.slug))
    first, last = years
    period = str(last) if first == last else t.pgettext("years", "%(first)s to %(last)s", first=first, last=last)
    told = [(_heading(each, t), list(_round(each, place, t))) for place, each in enumerate(rounds, start=1)]
    if len(rounds) > 1:
        told.append((t.gettext("The rounds together"), list(_together(rounds, t))))
    sample = any(each.release.facts.sample for each in rounds)
    kind = t.gettext("Text for the annual report") if first == last else t.gettext("Text for the report on four years")
    return Paper(
        language=t.language,
        direction=t.direction,
        title=t.gettext("Online youth consultations, %(period)s", period=period),
        group=t.gettext("Council Working Group on Child Online Protection"),
        meeting="",
        facts=(
            Fact(t.gettext("Document"), kind, "strong"),
            Fact(t.gettext("Period"), period),
            *((Fact(t.gettext("Data"), t.gettext("Sample data"), "strong"),) if sample else ()),
        ),
        boxes=(Boxed(t.gettext("References"), tuple(_reference(each, t) for each in rounds)),),
        sections=tuple(
            Section(str(place), heading, tuple(numbered(str(place), blocks)))
            for place, (heading, blocks) in enumerate(told, start=1)
        ),
        sample=t.gettext("Sample data") if sample else "",
        keywords=t.gettext("youth consultation, child online protection"),
    )


def _heading(each: Round, t: Translator) -> str:
    facts = each.release.facts
    return t.gettext("%(topic)s (%(day)s)", topic=Labels(each.release, t).title(), day=t.date(facts.day))


def _reference(each: Round, t: Translator) -> str:
    return t.gettext(
        "%(round)s: release %(number)s, SHA-256 %(digest)s",
        round=_heading(each, t),
        number=t.number(each.release.number),
        digest=each.digest,
    )


def _round(each: Round, number: int, t: Translator) -> Iterator[Block]:
    """The paragraph and the table of one round."""
    yield Paragraph(summarize(each.release, t))
    lines = core_indicators(each.release, t)
    if not lines:
        yield Paragraph(t.gettext("No core indicator was asked in this round."))
        return
    labels = Labels(each.release, t)
    rows = [GridRow(_name(line, t), (_count(line, labels), _share(line.cell, labels))) for line in lines]
    yield Grid(
        f"core {each.release.facts.slug}",
        t.gettext(
            "Table %(number)s. %(title)s",
            number=t.number(number),
            title=t.gettext("Core indicators, %(round)s", round=_heading(each, t)),
        ),
        (t.gettext("Indicator and answer"), t.gettext("People asked"), t.gettext("Share")),
        tuple(rows),
        _note(t),
    )


def core_indicators(release: Release, t: Translator) -> tuple[Indicator, ...]:
    """Every core indicator of a release, by its code: of a scale the two highest points together, else each answer."""
    labels = Labels(release, t)
    asked = {question.code: question.indicator for question in labels.document.questions.values()}
    found: list[Indicator] = []
    for table in release.tables:
        code = asked.get(table.question, "")
        if code.startswith(CORE) and table.measure in ("choice", "options", "values"):
            found.extend(_lines(labels, table, code))
    return tuple(sorted(found, key=lambda line: line.code))


def _lines(labels: Labels, table: Table, code: str) -> Iterator[Indicator]:
    t, total = labels.t, table.total
    question = (
        labels.full_text(table) if isinstance(labels.question(table.question), Matrix) else labels.table_text(table)
    )
    if _is_scale(labels, table):
        high, highest = ends(labels, table)[1]
        answer = t.gettext("“%(high)s” or “%(highest)s”", high=high, highest=highest)
        yield Indicator(code, labels.joined([question, answer]), total.base, total.top)
        return
    for line, cell in zip(table.lines, total.cells, strict=True):
        if line != NONE:
            answer = t.gettext("“%(choice)s”", choice=labels.line(table, line))
            yield Indicator(code, labels.joined([question, answer]), total.base, cell)


def _is_scale(labels: Labels, table: Table) -> bool:
    """Whether its highest two points are told together: a scale or a matrix of four points or more."""
    question = labels.question(table.question)
    points = [line for line in table.lines if line != NONE]
    return isinstance(question, Scale | Matrix) and len(points) >= SCALE_POINTS


def _name(line: Indicator, t: Translator) -> str:
    return t.gettext("%(code)s. %(words)s", code=line.code, words=line.name)


def _count(line: Indicator, labels: Labels) -> GridCell:
    return GridCell(labels.count(line.asked), "hidden" if line.asked is None else "figure")


def _share(cell: Cell | None, labels: Labels) -> GridCell:
    return GridCell(labels.share(cell), "figure" if cell else "hidden")


def _note(t: Translator) -> str:
    return t.gettext(
        "Shares are of those who were asked, and rounded. Different people answered in each round, and chose to."
    )


def _day_and_people(each: Round, t: Translator) -> str:
    """Which round it is, and how many answered."""
    return t.gettext("%(day)s (%(people)s)", day=t.date(each.release.facts.day), people=t.number(each.release.n))


def _together(rounds: Sequence[Round], t: Translator) -> Iterator[Block]:
    """All rounds in one table, and the core indicators that were put in the same words in two of them or more."""
    yield Paragraph(
        t.gettext(
            "The rounds stand side by side to be looked up, and not to be ranked: different people answered,"
            " and chose to. Differences under 10 points are not described as differences."
        )
    )
    number = len(rounds) + 1
    rows = []
    for each in rounds:
        countries = each.release.countries.get(ALL, 0)
        there = GridCell(t.number(countries)) if countries else GridCell("–", "word")
        rows.append(GridRow(_heading(each, t), (GridCell(t.number(each.release.n)), there)))
    yield Grid(
        "rounds",
        t.gettext("Table %(number)s. %(title)s", number=t.number(number), title=t.gettext("Rounds")),
        (t.gettext("Round"), t.gettext("Answers"), t.gettext("Countries")),
        tuple(rows),
    )
    by_round = [{(line.code, line.name): line for line in core_indicators(each.release, t)} for each in rounds]
    every = dict.fromkeys(name for lines in by_round for name in lines)
    names = sorted((name for name in every if sum(name in lines for lines in by_round) > 1), key=lambda name: name[0])
    if not names:
        return
    labels = Labels(rounds[0].release, t)
    yield Grid(
        "core together",
        t.gettext(
            "Table %(number)s. %(title)s", number=t.number(number + 1), title=t.gettext("Core indicators, shares")
        ),
        (t.gettext("Indicator and answer"), *(_day_and_people(each, t) for each in rounds)),
        tuple(
            GridRow(
                t.gettext("%(code)s. %(words)s", code=code, words=words),
                tuple(
                    _share(lines[code, words].cell, labels) if (code, words) in lines else GridCell("–", "word")
                    for lines in by_round
                ),
            )
            for code, words in names
        ),
        _note(t),
    )
