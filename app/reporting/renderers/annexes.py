"""The annexes of the paper: the questionnaire in full, all tables, the method, the partners."""

from collections.abc import Iterator

from app.questionnaire.kinds import Integer, Matrix, Multiple, Note, Question, Ranking, Scale, Single, Text
from app.questionnaire.relevance import both
from app.reporting.renderers.asked_if import condition_in_words
from app.reporting.renderers.grids import annex_grids
from app.reporting.renderers.labels import Labels
from app.reporting.renderers.method import METHOD, method_paragraphs
from app.reporting.renderers.own_words import named
from app.reporting.renderers.paper import Asked, Block, Grid, GridCell, GridRow, Heading, Paragraph, Section


def annexes(labels: Labels) -> Iterator[Section]:
    """The four annexes, in order."""
    t = labels.t
    yield Section("1", t.gettext("Questionnaire in full"), tuple(_questionnaire(labels)))
    yield Section(
        "2",
        t.gettext("All tables"),
        tuple(
            grid
            for number, table in enumerate(labels.release.tables, start=1)
            for grid in annex_grids(labels, table, number)
        ),
        wide=True,
    )
    yield Section(
        "3", t.gettext("Method and disclosure control"), tuple(named("method", METHOD, method_paragraphs(labels)))
    )
    partners = Paragraph(
        t.gettext("The partners who passed the invitation on are not named in this version."), id="partners.none"
    )
    yield Section("4", t.gettext("Partners"), (partners,))


def _questionnaire(labels: Labels) -> Iterator[Block]:
    for section in labels.document.sections:
        yield Heading(labels.text(section.title))
        for question in section.questions:
            yield _asked(labels, question)
        if section is labels.document.sections[0]:
            yield from _agreement(labels)
    if labels.release.corrections:
        yield from _corrections(labels)


def _corrections(labels: Labels) -> Iterator[Block]:
    """What was put in other words while people answered, and why."""
    t = labels.t
    yield Heading(t.gettext("Corrections of words during the consultation"))
    yield Paragraph(t.gettext("The questionnaire above has the words of the last version."))
    head = (t.gettext("Text"), t.gettext("Before"), t.gettext("After"), t.gettext("Reason"))
    rows = tuple(
        GridRow(
            t.gettext(
                "%(code)s, %(language)s, %(day)s, version %(number)s",
                code=each.key.removesuffix(".label"),
                language=t.language_name(each.language),
                day=t.date(each.day),
                number=str(each.version),
            ),
            (
                GridCell(each.before or "–", "text", each.language),
                GridCell(each.after or "–", "text", each.language),
                GridCell(each.reason, "text"),
            ),
        )
        for each in labels.release.corrections
    )
    yield Grid("corrections", t.gettext("Words before and after, with the reason"), head, rows)


def _agreement(labels: Labels) -> Iterator[Asked]:
    """What every respondent had to agree to, as it was put on the first page."""
    t = labels.t
    needed = t.gettext("Without a Yes, no answers were accepted.")
    choices = (t.gettext("Yes, I want to take part"), t.gettext("No, I don’t want to"))
    yield Asked("", t.gettext("Do you want to take part?"), "", choices, (), needed)
    if labels.release.facts.consent == "B":
        choices = (t.gettext("Yes, a parent or carer knows and agrees"), t.gettext("No, not yet"))
        words = t.gettext("Does a parent or carer know about this, and agree?")
        yield Asked("", words, t.gettext("Answer this one if you are under 16."), choices, (), needed)


def _asked(labels: Labels, question: Question) -> Asked:
    listed = isinstance(question, Single) and question.dropdown
    choices = () if listed else getattr(question, "choices", ())
    rows = question.rows if isinstance(question, Matrix) else ()
    said = tuple(labels.text(choice.label) for choice in choices)
    return Asked(
        code="" if isinstance(question, Note) else question.code,
        text=labels.text(question.label),
        hint=labels.text(question.hint),
        choices=(" · ".join(said),) if rows else said,
        rows=tuple(labels.text(row.label) for row in rows),
        note=labels.joined(list(manner(labels, question))),
    )


def manner(labels: Labels, question: Question) -> Iterator[str]:
    """How the question could be answered, and of whom it was asked."""
    t = labels.t
    match question:
        case Single(dropdown=True):
            yield t.gettext("A list of countries to choose from.")
        case Scale():
            yield t.gettext("One answer on a scale.")
        case Matrix():
            yield t.gettext("One answer for each line.")
        case Multiple(max_choices=most) if most:
            yield t.ngettext("At most %(n)s answer.", "At most %(n)s answers.", most)
        case Multiple():
            yield t.gettext("More than one answer was possible.")
        case Ranking(places=places):
            yield t.ngettext("%(n)s place could be given.", "Up to %(n)s places could be given.", places)
        case Integer():
            yield t.gettext("A whole number.")
        case Text(max_chars=most):
            yield t.ngettext("A text of at most %(n)s character.", "A text of at most %(n)s characters.", most)
    condition = both(labels.document.section_of(question.code).relevant, question.relevant)
    if question.answered and condition:
        words = condition_in_words(labels, condition)
        if words:
            yield t.gettext(
                "Asked only of those whose earlier answers led to it: %(condition)s.", condition=t.within(words)
            )
        else:
            yield t.gettext("Asked only of those whose earlier answers led to it.")
