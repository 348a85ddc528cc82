"""The results in short sentences, for young readers: what is told on their page, in one language. No format here.

Ten dots stand for everybody who was asked; so many are filled as the share, as shown, has tens.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.questionnaire.kinds import Matrix
from app.reporting.narrative import Finding, Narrative
from app.reporting.renderers.labels import Labels
from app.reporting.renderers.sentences import ends

#: A page that is read to its end.
MOST_TOLD = 5
DOTS = 10


@dataclass(frozen=True)
class Told:
    """One finding: `dots` of ten are filled; `code` and `section` lead to its place among the results."""

    said: str
    dots: int
    dots_told: str
    asked: str
    exactly: str
    code: str
    section: str


def tell(labels: Labels, told: Narrative) -> tuple[Told, ...]:
    """What the paper's first page says, then further findings in the order of the questions, up to `MOST_TOLD`.

    Nothing about sensitive questions, and one finding a question. Nothing of which less than one in ten would be left.
    """
    others = [
        finding
        for result in told.results
        if not result.question.sensitive
        for finding in result.findings[:1]
        if result.question.indicator or not isinstance(result.question, Matrix)
    ]
    chosen: list[Finding] = []
    for finding in (*told.summary, *others):
        known = {each.table.question for each in chosen}
        if len(chosen) < MOST_TOLD and finding.table.question not in known and tenths(finding.share):
            chosen.append(finding)
    return tuple(_told(labels, finding) for finding in chosen)


def tenths(share: int) -> int:
    """The nearest number of tenths, half up."""
    return (share + 5) // DOTS


def _told(labels: Labels, finding: Finding) -> Told:
    t, table = labels.t, finding.table
    dots = tenths(finding.share)
    return Told(
        said=_said(labels, finding, dots),
        dots=dots,
        dots_told=t.ngettext("%(n)s of 10 dots is filled", "%(n)s of 10 dots are filled", dots),
        asked=t.gettext("We asked: “%(question)s”", question=labels.full_text(table)),
        exactly=_exactly(labels, finding),
        code=table.question,
        section=labels.document.section_of(table.question).name,
    )


def _said(labels: Labels, finding: Finding, dots: int) -> str:
    t, table = labels.t, finding.table
    if finding.kind == "top":
        high, highest = ends(labels, table)[1]
        return t.ngettext(
            "About %(n)s in 10 answered “%(high)s” or “%(highest)s”.",
            "About %(n)s in 10 answered “%(high)s” or “%(highest)s”.",
            dots,
            high=high,
            highest=highest,
        )
    choice = labels.line(table, finding.line)
    if finding.kind == "first":
        return t.ngettext(
            "About %(n)s in 10 put “%(choice)s” first.",
            "About %(n)s in 10 put “%(choice)s” first.",
            dots,
            choice=choice,
        )
    return t.ngettext(
        "About %(n)s in 10 answered “%(choice)s”.", "About %(n)s in 10 answered “%(choice)s”.", dots, choice=choice
    )


def _exactly(labels: Labels, finding: Finding) -> str:
    """The share itself, of how many."""
    t, share = labels.t, labels.t.number(finding.share)
    if finding.base is None:
        return t.gettext("More exactly: %(share)s per cent of those we asked.", share=share)
    if finding.table.everybody:
        return t.ngettext(
            "More exactly: %(share)s per cent of the %(n)s person who answered.",
            "More exactly: %(share)s per cent of the %(n)s people who answered.",
            finding.base,
            share=share,
        )
    return t.ngettext(
        "More exactly: %(share)s per cent of about %(n)s person whom we asked this.",
        "More exactly: %(share)s per cent of about %(n)s people whom we asked this.",
        finding.base,
        share=share,
    )


def missing(labels: Labels, told: Narrative) -> Sequence[str]:
    """Who is missing, told to those who may be among them."""
    t, said = labels.t, []
    if told.silent:
        regions = t.semicolon.join(t.region(region) for region in told.silent)
        said.append(t.gettext("No answer came from: %(regions)s.", regions=regions))
    if told.scarce:
        regions = t.semicolon.join(t.region(region) for region in told.scarce)
        said.append(t.gettext("Few answers came from: %(regions)s.", regions=regions))
    if said:
        said.append(t.gettext("If you know people there, or live there, the next round needs you."))
    said.append(t.gettext("People who are seldom online could hardly answer."))
    return said
