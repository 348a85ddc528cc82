"""How to read the figures, and how they were made: the note on method, with its parameters."""

from collections.abc import Iterator

from app.reporting.groups import BEHIND, SETTLEMENTS
from app.reporting.renderers.labels import Labels

#: The stable names of the paragraphs, in their order.
READING = ("sample", "rounding", "hidden", "no-answer")
METHOD = ("counted", "breakdowns", "small", "further", "proved", "shares", "countries", "several", "equal")


def reading_paragraphs(labels: Labels) -> Iterator[str]:
    """Section 4: what every reader must know."""
    t, rules = labels.t, labels.release.parameters
    yield t.gettext(
        "The respondents chose to answer. They are not a sample of all young people, so no margin"
        " of error can be given. Shares are of those who were asked the question."
    )
    yield t.gettext(
        "Shares were rounded to the nearest %(large)s per cent, and to the nearest %(small)s per"
        " cent in groups of fewer than %(size)s people. Numbers of people were rounded to the"
        " nearest %(step)s, except the total. Shares may therefore not add up to 100. They were worked out from the"
        " rounded numbers: in groups of fewer than %(size)s people they can be %(points)s points off or more.",
        points=t.number(round(100 * (rules.base_step / 2) / rules.large_group + rules.step_small / 2)),
        large=t.number(rules.step_large),
        small=t.number(rules.step_small),
        size=t.number(rules.large_group),
        step=t.number(rules.base_step),
    )
    yield t.gettext(
        "Figures that could tell something about a single person, and others from which they could be worked out, are"
        " marked “not shown”. Differences under 10 points between groups or rounds are not described as differences."
    )
    yield t.gettext("“No answer” combines “I don’t know”, “I would rather not say” and questions that were left blank.")


def _settlements(labels: Labels) -> Iterator[str]:
    """Which answers are urban and which rural."""
    t, code = labels.t, BEHIND["settlement"]
    if code in labels.document.questions:
        said = {
            group: labels.quoted(labels.choice(code, name) for name, of in SETTLEMENTS.items() if of == group)
            for group in ("urban", "rural")
        }
        yield t.gettext("Counted as urban: %(urban)s; as rural: %(rural)s.", **said)


def method_paragraphs(labels: Labels) -> Iterator[str]:
    """Annex 3: the parameters, and what was done in which order."""
    t, release = labels.t, labels.release
    rules, facts = release.parameters, release.facts
    yield t.gettext(
        "All answers received by %(instant)s, and not erased by then, were counted once. Version"
        " of the questionnaire: %(version)s.",
        instant=t.datetime_utc(facts.snapshot_at),
        version=facts.questionnaire_version,
    )
    counted = t.gettext(
        "Each question was counted in total and, where this was planned, by one breakdown at a time: region, age,"
        " gender, urban or rural."
        " Regions are those of the ITU and were derived from the country. No two breakdowns and no two questions were"
        " crossed, except that section 3 gives two shares by region."
    )
    yield labels.joined([counted, *_settlements(labels)])
    yield t.gettext(
        "Groups of fewer than %(group)s people were taken together with others. Counts of at"
        " least one but fewer than %(cell)s people, and counts that leave out at least one but"
        " fewer than %(cell)s, are not shown; neither are those of groups in which fewer than"
        " %(group)s people were asked, nor, in sensitive questions, those of an answer that"
        " everybody gave.",
        group=t.number(rules.k_group),
        cell=t.number(rules.k_cell),
    )
    yield t.gettext(
        "Wherever adding or subtracting other figures would have given such a count away, further"
        " figures are not shown. Why a figure is not shown is never said."
    )
    yield t.gettext(
        "Each small count that is not shown was checked: there are two complete sets of answers that give every"
        " published figure exactly and differ in that count by %(width)s people or more, or by all who were asked where"
        " these are fewer. The release lists these proofs.",
        width=t.number(rules.width),
    )
    yield t.gettext(
        "Shares were worked out from the printed numbers of people, so that they tell no more than these do. Where all"
        " but %(few)s people at most of a group of %(size)s or more were asked, the whole group is printed as asked.",
        few=t.number(rules.width),
        size=t.number(rules.k_nearly),
    )
    yield t.gettext(
        "Countries have rows of their own only in core indicators, and only where %(people)s people or more answered.",
        people=t.number(rules.k_country),
    )
    yield t.gettext(
        "In questions with more than one answer, and in rankings for any place, each answer is a"
        " share of those asked, so that the shares can add up to more than 100 per cent. In"
        " questions with one answer, in scales and for first places, each person asked is counted"
        " once."
    )
    yield t.gettext(
        "“If every region counted the same” is the mean of the regions’ shares as shown; it is given only where all of"
        " them are shown and where it differs by 5 points or more."
    )
