"""What is said about a finding, in one language: whole sentences around its numbers. And who answered, and when."""

from collections.abc import Iterator

from app.questionnaire.kinds import Matrix, Multiple, Ranking
from app.reporting.groups import ALL, NONE
from app.reporting.narrative import FEW_ANSWERS, Finding, Narrative, RegionShare, Result, best
from app.reporting.release import Table
from app.reporting.renderers.labels import Labels

#: How long a date lasts anywhere in the world; a day that was opened late or closed early was not that long.
WORLD_HOURS = 50


def summary_sentence(labels: Labels, finding: Finding) -> str:
    """The finding with its question, for the first page."""
    t, table = labels.t, finding.table
    asked = labels.full_text(table).rstrip("。.")
    share = t.number(finding.share)
    if finding.kind == "top":
        high, highest = ends(labels, table)[1]
        return t.gettext(
            "To “%(question)s”, %(share)s per cent of those asked answered “%(high)s” or “%(highest)s”.",
            share=share,
            high=high,
            highest=highest,
            question=asked,
        )
    said = {"share": share, "choice": labels.line(table, finding.line), "question": asked}
    if finding.following:
        said |= {"next_share": t.number(finding.following_share), "next": _following(labels, finding)}
    match finding.kind, bool(finding.following):
        case "first", False:
            return t.gettext("For “%(question)s”, %(share)s per cent of those asked put “%(choice)s” first.", **said)
        case "first", True:
            return t.ngettext(
                "For “%(question)s”, %(share)s per cent of those asked put “%(choice)s” first, %(next_share)s per cent"
                " %(next)s.",
                "For “%(question)s”, %(share)s per cent of those asked put “%(choice)s” first, %(next_share)s per cent"
                " each %(next)s.",
                len(finding.following),
                **said,
            )
        case _, False:
            return t.gettext("To “%(question)s”, %(share)s per cent of those asked answered “%(choice)s”.", **said)
    return t.ngettext(
        "To “%(question)s”, %(share)s per cent of those asked answered “%(choice)s”, %(next_share)s per cent %(next)s.",
        "To “%(question)s”, %(share)s per cent of those asked answered “%(choice)s”, %(next_share)s per cent each"
        " %(next)s.",
        len(finding.following),
        **said,
    )


def _following(labels: Labels, finding: Finding) -> str:
    """The names of what came next."""
    return labels.quoted(labels.line(finding.table, line) for line in finding.following)


def asked_sentence(labels: Labels, table: Table) -> str:
    """How many were asked."""
    t, base = labels.t, table.total.base
    if base is None:
        return t.gettext("The number of people who were asked this question is not shown.")
    if not base:
        return t.gettext("Nobody was asked this question.")
    if table.everybody:
        return t.ngettext(
            "It was asked of the one person who answered.", "It was asked of all %(n)s people who answered.", base
        )
    return t.ngettext("About %(n)s person was asked.", "About %(n)s people were asked.", base)


def finding_sentences(labels: Labels, finding: Finding) -> list[str]:
    """The finding in full: the share, its counterpart, the share with every region counting the same, the regions."""
    t = labels.t
    said = [main_sentence(labels, finding), *following_sentences(labels, finding)]
    if finding.equal is not None:
        equal = t.number(finding.equal)
        if finding.bottom is None and not finding.following:
            said.append(t.gettext("If every region counted the same, it would be %(share)s per cent.", share=equal))
        else:
            said.append(
                t.gettext("If every region counted the same, the first share would be %(share)s per cent.", share=equal)
            )
        if finding.fewest:
            said.append(fewest_sentence(labels, finding.fewest))
    question = labels.question(finding.table.question)
    if isinstance(question, Multiple) and question.max_choices:
        most = question.max_choices
        said.append(t.ngettext("Up to %(n)s answer could be given.", "Up to %(n)s answers could be given.", most))
    elif isinstance(question, Multiple):
        said.append(t.gettext("More than one answer was possible."))
    if isinstance(question, Ranking) and len(finding.lines) == 1:
        said.extend(_any_place(labels, finding, question.places))
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
    said += _larger_silence(labels, finding)
    return said


def main_sentence(labels: Labels, finding: Finding) -> str:
    """What was found, where the question stands beside it."""
    t, table = labels.t, finding.table
    share = t.number(finding.share)
    if finding.kind == "top":
        (lowest, low), (high, highest) = ends(labels, table)
        if finding.bottom is None:
            return t.gettext(
                "Of those asked, %(share)s per cent answered “%(high)s” or “%(highest)s”.",
                share=share,
                high=high,
                highest=highest,
            )
        return t.gettext(
            "Of those asked, %(share)s per cent answered “%(high)s” or “%(highest)s”, and %(bottom)s"
            " per cent “%(lowest)s” or “%(low)s”.",
            share=share,
            high=high,
            highest=highest,
            bottom=t.number(finding.bottom),
            lowest=lowest,
            low=low,
        )
    given = [cell for line, cell in zip(table.lines, table.total.cells, strict=True) if line in finding.lines]
    if not any(cell and cell.count for cell in given):
        return t.gettext("Nobody gave any of the answers that are shown.")
    choices = labels.quoted(labels.line(table, line) for line in finding.lines)
    if finding.kind == "first":
        if len(finding.lines) > 1:
            return t.gettext(
                "Of those asked, %(share)s per cent put %(choices)s first, each.", share=share, choices=choices
            )
        choice = labels.line(table, finding.line)
        return t.gettext("Of those asked, %(share)s per cent put “%(choice)s” first.", share=share, choice=choice)
    if finding.among_shown:
        return t.ngettext(
            "Of the answers shown, %(choices)s was given most often: %(share)s per cent of those asked.",
            "Of the answers shown, %(choices)s were given most often: each by %(share)s per cent of those asked.",
            len(finding.lines),
            choices=choices,
            share=share,
        )
    return t.ngettext(
        "The answer given most often was %(choices)s: %(share)s per cent of those asked.",
        "The answers given most often were %(choices)s: each by %(share)s per cent of those asked.",
        len(finding.lines),
        choices=choices,
        share=share,
    )


def fewest_sentence(labels: Labels, fewest: RegionShare) -> str:
    """On how few people the mean of the regions rests, too."""
    return labels.t.ngettext(
        "Then %(region)s, where about %(n)s person was asked, counts as much as every other region.",
        "Then %(region)s, where about %(n)s people were asked, counts as much as every other region.",
        fewest.base,
        region=labels.t.region(fewest.region),
    )


def following_sentences(labels: Labels, finding: Finding) -> list[str]:
    """What came next, where it is close."""
    if not finding.following:
        return []
    t, number = labels.t, len(finding.following)
    said = {"choices": _following(labels, finding), "share": t.number(finding.following_share)}
    if finding.among_shown:
        sentence = t.ngettext(
            "Next of those shown came %(choices)s: %(share)s per cent.",
            "Next of those shown came %(choices)s: %(share)s per cent each.",
            number,
            **said,
        )
    else:
        sentence = t.ngettext(
            "Next came %(choices)s: %(share)s per cent.",
            "Next came %(choices)s: %(share)s per cent each.",
            number,
            **said,
        )
    return [sentence]


def _larger_silence(labels: Labels, finding: Finding) -> list[str]:
    """How many gave no answer, where these are more."""
    table = finding.table
    silent = table.total.cells[table.lines.index(NONE)] if finding.lines and NONE in table.lines else None
    if silent is None or silent.share <= finding.share:
        return []
    return [labels.t.gettext("“No answer” stands at %(share)s per cent.", share=labels.t.number(silent.share))]


def _any_place(labels: Labels, finding: Finding, places: int) -> list[str]:
    """The ranked choice once more: how many gave it any of the places."""
    t, table = labels.t, labels.release.by_key[f"{finding.table.code} places"]
    cell = table.total.cells[table.lines.index(finding.line)]
    if cell is None:
        return []
    return [
        t.ngettext(
            "In all, %(share)s per cent gave “%(choice)s” the %(n)s place there was.",
            "In all, %(share)s per cent gave “%(choice)s” one of the %(n)s places.",
            places,
            share=t.number(cell.share),
            choice=labels.line(finding.table, finding.line),
        )
    ]


def ends(labels: Labels, table: Table) -> tuple[tuple[str, str], tuple[str, str]]:
    """The names of a scale's two lowest and two highest points."""
    points = [labels.line(table, line) for line in table.lines if line != NONE]
    return (points[0], points[1]), (points[-2], points[-1])


def result_sentences(labels: Labels, result: Result) -> list[str]:
    """What is said about a question: how many were asked, and what they answered."""
    said = [asked_sentence(labels, result.tables[0])]
    if isinstance(result.question, Matrix):
        said.extend(matrix_sentences(labels, result))
    elif result.findings:
        said.extend(finding_sentences(labels, result.findings[0]))
    else:
        said.append(labels.t.gettext("The answers are not shown."))
    return said


def matrix_sentences(labels: Labels, result: Result) -> Iterator[str]:
    """What was found about the rows of a matrix."""
    t, highest = labels.t, best(result.findings)
    if highest is None:
        yield t.gettext("The answers are not shown.")
    elif highest.kind == "top":
        high, most = ends(labels, highest.table)[1]
        yield t.gettext(
            "Each part was answered separately. Of the shares shown, the largest was for “%(row)s”:"
            " %(share)s per cent of those asked answered “%(high)s” or “%(highest)s”.",
            high=high,
            highest=most,
            row=labels.table_text(highest.table),
            share=t.number(highest.share),
        )
    else:
        for finding in result.findings:
            yield t.gettext(
                "“%(row)s”: %(share)s per cent of those asked answered “%(choice)s”.",
                row=labels.table_text(finding.table),
                share=t.number(finding.share),
                choice=labels.line(finding.table, finding.line),
            )


def answered_sentences(labels: Labels) -> Iterator[str]:
    """How many answered, and from how many countries where that is known."""
    t, countries = labels.t, labels.release.countries.get(ALL, 0)
    yield t.ngettext("In all, %(n)s person answered.", "In all, %(n)s people answered.", labels.release.n)
    if countries:
        yield t.ngettext("They live in at least %(n)s country.", "They live in at least %(n)s countries.", countries)


def missing_sentences(labels: Labels, told: Narrative) -> Iterator[str]:
    """From where few answers came, or none, and whom no consultation like this reaches."""
    t = labels.t
    if told.scarce:
        few = [t.region(region) for region in told.scarce]
        yield t.gettext(
            "Fewer than %(few)s answers each came from: %(regions)s.",
            few=t.number(FEW_ANSWERS),
            regions=t.semicolon.join(few),
        )
    if told.silent:
        yield silent_sentence(labels, told)
    yield t.gettext("An online consultation reaches few young people who are seldom or never online.")


def silent_sentence(labels: Labels, told: Narrative) -> str:
    silent = [labels.t.region(region) for region in told.silent]
    return labels.t.gettext("No answer came from: %(regions)s.", regions=labels.t.semicolon.join(silent))


def window_sentence(labels: Labels) -> str:
    """When answers could be given, and for how long."""
    t, facts = labels.t, labels.release.facts
    hours = round((facts.closes_at - facts.opens_at).total_seconds() / 3600)
    if facts.window == "world" and hours == WORLD_HOURS:
        return t.ngettext(
            "The consultation was open while it was %(day)s anywhere in the world, that is for %(n)s hour.",
            "The consultation was open while it was %(day)s anywhere in the world, that is for %(n)s hours.",
            hours,
            day=t.date(facts.day),
        )
    zone = t.zone("UTC" if facts.window in ("utc", "world") else facts.window)
    return t.ngettext(
        "The consultation was open on %(day)s for %(n)s hour (time zone: %(zone)s).",
        "The consultation was open on %(day)s for %(n)s hours (time zone: %(zone)s).",
        hours,
        day=t.date(facts.day),
        zone=zone,
    )


def offered_sentence(labels: Labels) -> str:
    """In which languages, and for whom."""
    t, facts = labels.t, labels.release.facts
    return t.gettext(
        "It was offered in these languages: %(languages)s. It was for people aged %(youngest)s to %(oldest)s.",
        languages=t.list([t.language_name(language) for language in t.languages_in_order(facts.languages)]),
        youngest=t.number(facts.ages[0]),
        oldest=t.number(facts.ages[1]),
    )
