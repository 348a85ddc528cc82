"""What is said about a finding, in one language: whole sentences around its numbers."""

from app.questionnaire.kinds import Multiple, Ranking
from app.reporting.groups import NONE
from app.reporting.narrative import Finding
from app.reporting.release import Table
from app.reporting.renderers.labels import Labels


def summary_sentence(labels: Labels, finding: Finding) -> str:
    """The finding with its question, for the first page."""
    t, table = labels.t, finding.table
    asked = labels.table_text(table).rstrip("。.")
    share = t.number(finding.share)
    if finding.kind == "top":
        high, highest = ends(labels, table)[1]
        return t.gettext(
            "%(share)s per cent of those asked answered “%(high)s” or “%(highest)s” to “%(question)s”.",
            share=share,
            high=high,
            highest=highest,
            question=asked,
        )
    if finding.kind == "first":
        return t.gettext(
            "%(share)s per cent of those asked put “%(choice)s” first at “%(question)s”.",
            share=share,
            choice=labels.line(table, finding.line),
            question=asked,
        )
    return t.gettext(
        "%(share)s per cent of those asked answered “%(choice)s” to “%(question)s”.",
        share=share,
        choice=labels.line(table, finding.line),
        question=asked,
    )


def asked_sentence(labels: Labels, table: Table) -> str:
    """How many were asked."""
    t, base = labels.t, table.total.base
    if base is None:
        return t.gettext("How many were asked this question is not shown.")
    if table.everybody:
        return t.ngettext(
            "It was asked of the one person who answered.", "It was asked of all %(n)s people who answered.", base
        )
    return t.ngettext("About %(n)s person was asked.", "About %(n)s people were asked.", base)


def finding_sentences(labels: Labels, finding: Finding) -> list[str]:
    """The finding in full: the share, its counterpart, the share with every region counting the same, the regions."""
    t = labels.t
    said = [_main(labels, finding)]
    question = labels.question(finding.table.question)
    if isinstance(question, Multiple):
        said.append(t.gettext("More than one answer was possible."))
    if isinstance(question, Ranking):
        said.extend(_any_place(labels, finding, question.places))
    if finding.equal is not None:
        said.append(
            t.gettext(
                "If every region counted the same, it would be %(share)s per cent.", share=t.number(finding.equal)
            )
        )
    if finding.contrast:
        high, low = finding.contrast
        said.append(
            t.gettext(
                "The share differed between regions: %(high_region)s %(high)s per cent (of about %(high_n)s asked),"
                " %(low_region)s %(low)s per cent (of about %(low_n)s asked).",
                high_region=t.region(high.region),
                high=t.number(high.share),
                high_n=t.number(high.base),
                low_region=t.region(low.region),
                low=t.number(low.share),
                low_n=t.number(low.base),
            )
        )
    return said


def _main(labels: Labels, finding: Finding) -> str:
    t, table = labels.t, finding.table
    share = t.number(finding.share)
    if finding.kind == "top":
        (lowest, low), (high, highest) = ends(labels, table)
        if finding.bottom is None:
            return t.gettext(
                "%(share)s per cent of those asked answered “%(high)s” or “%(highest)s”.",
                share=share,
                high=high,
                highest=highest,
            )
        return t.gettext(
            "%(share)s per cent of those asked answered “%(high)s” or “%(highest)s”,"
            " %(bottom)s per cent “%(lowest)s” or “%(low)s”.",
            share=share,
            high=high,
            highest=highest,
            bottom=t.number(finding.bottom),
            lowest=lowest,
            low=low,
        )
    choice = labels.line(table, finding.line)
    if finding.kind == "first":
        return t.gettext("%(share)s per cent of those asked put “%(choice)s” first.", share=share, choice=choice)
    return t.gettext(
        "The answer given most often was “%(choice)s”: %(share)s per cent of those asked.", share=share, choice=choice
    )


def _any_place(labels: Labels, finding: Finding, places: int) -> list[str]:
    """The ranked choice once more: how many gave it any of the places."""
    t, table = labels.t, labels.release.by_key[f"{finding.table.code} places"]
    cell = table.total.cells[table.lines.index(finding.line)]
    if cell is None:
        return []
    return [
        t.ngettext(
            "%(share)s per cent gave it the %(n)s place there was.",
            "%(share)s per cent gave it one of the %(n)s places.",
            places,
            share=t.number(cell.share),
        )
    ]


def ends(labels: Labels, table: Table) -> tuple[tuple[str, str], tuple[str, str]]:
    """The names of a scale's two lowest and two highest points."""
    points = [labels.line(table, line) for line in table.lines if line != NONE]
    return (points[0], points[1]), (points[-2], points[-1])
