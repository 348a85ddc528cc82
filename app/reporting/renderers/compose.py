"""The paper for the Working Group in one language: its parts in the order of the Group's own documents.

Everything said is made from the release alone, past tense, plain words.
"""

from collections.abc import Iterator

from app.questionnaire.kinds import Matrix, Ranking
from app.reporting.narrative import Narrative, Result, best, narrate
from app.reporting.release import Release
from app.reporting.renderers.annexes import annexes
from app.reporting.renderers.figures import bars_figure, map_figure, question_figure
from app.reporting.renderers.grids import people_grid, region_grid
from app.reporting.renderers.labels import Labels
from app.reporting.renderers.method import READING, reading_paragraphs
from app.reporting.renderers.own_words import in_place, named, numbered, with_words
from app.reporting.renderers.paper import Block, Boxed, Fact, Figure, Grid, Paper, Paragraph, Section
from app.reporting.renderers.previous import previous_blocks
from app.reporting.renderers.sentences import (
    answered_sentences,
    following_sentences,
    main_sentence,
    matrix_sentences,
    missing_sentences,
    offered_sentence,
    result_sentences,
    silent_sentence,
    summary_sentence,
    window_sentence,
)
from app.reporting.renderers.written import written_blocks
from app.web.i18n import Translator


def compose(release: Release, t: Translator) -> Paper:
    """The whole paper, with the words that the secretariat put there. Languages differ in words only: every figure is
    the same."""
    return with_words(_Composer(release, t).paper(), release, t)


def summarize(release: Release, t: Translator) -> str:
    """The summary of the paper alone: a paragraph of at most 120 words."""
    return t.gap.join(in_place(_Composer(release, t).summary(), "summary", release, t))


class _Composer:
    def __init__(self, release: Release, t: Translator) -> None:
        self.release = release
        self.facts = release.facts
        self.t = t
        self.labels = Labels(release, t)
        self.told: Narrative = narrate(release)
        self.figures = self.tables = 0

    def paper(self) -> Paper:
        t = self.t
        title = t.gettext(
            "Results of the online youth consultation: %(topic)s (%(day)s)",
            topic=self.labels.title(),
            # A date stays on one line of the title.
            day=t.date(self.facts.day).replace(" ", "\u00a0"),
        )
        parts = (
            (t.gettext("Introduction"), self._introduction()),
            (t.gettext("How young people were consulted"), self._consulted()),
            (t.gettext("Who took part"), self._took_part()),
            (t.gettext("How to read the figures"), named("reading", READING, reading_paragraphs(self.labels))),
            (t.gettext("Main results"), self._results()),
            (t.gettext("In their own words"), self._own_words()),
            (t.gettext("What young people propose, and points for the Group"), self._proposals()),
            (t.gettext("Comparison with the previous round"), self._comparison()),
            (t.gettext("Next steps"), self._next_steps()),
        )
        return Paper(
            language=t.language,
            direction=t.direction,
            title=title,
            group=t.gettext("Council Working Group on Child Online Protection"),
            meeting=self.labels.text(self.facts.meeting) if self.facts.meeting else "",
            facts=tuple(self._title_block()),
            boxes=tuple(self._boxes()),
            sections=tuple(
                Section(str(place), heading, tuple(numbered(str(place), blocks)))
                for place, (heading, blocks) in enumerate(parts, start=1)
            ),
            annexes=tuple(annexes(self.labels)),
            sample=t.gettext("Sample data") if self.facts.sample else "",
            keywords=t.gettext("youth consultation, child online protection"),
            marks=(self.facts.document_number, self._version()),
        )

    def _title_block(self) -> Iterator[Fact]:
        t, facts = self.t, self.facts
        if facts.document_number:
            yield Fact(t.gettext("Document"), facts.document_number, "strong")
        if facts.version:
            yield Fact(t.gettext("Version"), t.number(facts.version), "strong")
        yield Fact(t.gettext("Date"), t.date(facts.posted_on or facts.snapshot_at.date()))
        yield Fact(t.gettext("Original"), t.language_name(facts.original_language))
        status = t.gettext("Final") if facts.final_on else t.gettext("Draft")
        if facts.comment_until:
            status = t.gettext("Draft for comments until %(day)s", day=t.date(facts.comment_until))
        yield Fact(t.gettext("Status"), status, "framed")
        if facts.sample:
            yield Fact(t.gettext("Data"), t.gettext("Sample data"), "strong")

    def _version(self) -> str:
        t, facts = self.t, self.facts
        if not facts.version or not facts.posted_on:
            return ""
        number = t.gettext("Version %(number)s", number=t.number(facts.version))
        return f"{number} · {t.date(facts.posted_on)}"

    def _boxes(self) -> Iterator[Boxed]:
        t, facts = self.t, self.facts
        invited = t.gettext("The Working Group is invited to note this document and to consider section 7.")
        if facts.comment_until:
            invited = t.gettext(
                "The Working Group is invited to note this document and to provide comments by %(day)s.",
                day=t.date(facts.comment_until),
            )
        yield Boxed(t.gettext("Summary"), (self.summary(),), "summary")
        yield Boxed(t.gettext("Action required"), (invited,), "action")
        yield Boxed(
            t.gettext("References"),
            tuple(self._references()),
            "references",
        )

    def _references(self) -> Iterator[str]:
        t, previous = self.t, self.release.previous
        yield t.gettext("Council Resolution 1306; Resolution 179 of the Plenipotentiary Conference.")
        if previous is not None:
            yield t.gettext("Results of the round before on this topic, of %(day)s.", day=t.date(previous.day))

    def summary(self) -> str:
        return self.labels.joined(self._summary())

    def _summary(self) -> Iterator[str]:
        t = self.t
        yield t.gettext(
            "On %(day)s, young people were asked about “%(topic)s”.",
            day=t.date(self.facts.day),
            topic=self.labels.title(),
        )
        yield from answered_sentences(self.labels)
        for finding in self.told.summary:
            yield summary_sentence(self.labels, finding)
        if self.told.silent:
            yield t.gettext("The figures speak for those who answered, not for all young people.")
            yield silent_sentence(self.labels, self.told)
        elif self.told.few:
            region, count = min(self.told.few, key=lambda each: each[1])
            yield t.ngettext(
                "The figures speak for those who answered, not for all young people;"
                " from one region (%(region)s) there is only about %(n)s answer.",
                "The figures speak for those who answered, not for all young people;"
                " from one region (%(region)s) there are only about %(n)s answers.",
                count,
                region=t.region(region),
            )
        else:
            yield t.gettext("The figures speak for those who answered, not for all young people.")

    def _introduction(self) -> Iterator[Block]:
        t = self.t
        yield Paragraph(
            t.gettext(
                "Council Resolution 1306 asks the Working Group to conduct one-day online consultations for youth prior"
                " to its meetings."
            ),
            id="introduction.mandate",
        )
        yield Paragraph(
            t.gettext(
                "This document presents the results of the consultation on “%(topic)s”. The Secretariat"
                " drafted the questions and prepared this document.",
                topic=self.labels.title(),
            ),
            id="introduction.document",
        )

    def _consulted(self) -> Iterator[Block]:
        t, facts = self.t, self.facts
        yield Paragraph(
            self.labels.joined([window_sentence(self.labels), offered_sentence(self.labels)]), id="consulted.window"
        )
        yield Paragraph(
            t.gettext(
                "Nobody was asked for a name, and the service stored no answer before the respondent"
                " pressed Send. Helplines were one step away on every page. Every question, except the"
                " one about age, could be skipped."
            ),
            id="consulted.safety",
        )
        agreed = {
            "A": t.gettext("Each respondent agreed to take part; without this, no answers were accepted."),
            "B": t.gettext(
                "Each respondent agreed to take part, and those under 16 also said that a parent or carer"
                " knew and agreed; without this, no answers were accepted."
            ),
            "C": t.gettext(
                "Each respondent agreed to take part; without this, no answers were accepted. For the"
                " youngest, the partner who passed on the invitation held the consent of a parent or"
                " carer."
            ),
        }
        yield Paragraph(agreed[facts.consent], id="consulted.agreement")
        yield Paragraph(
            t.gettext(
                "The pages were built to work on old phones and slow connections, without script, with a"
                " keyboard alone and with screen readers."
            ),
            id="consulted.access",
        )

    def _took_part(self) -> Iterator[Block]:
        t = self.t
        said = [*answered_sentences(self.labels), *missing_sentences(self.labels, self.told)]
        yield Paragraph(self.labels.joined(said), id="part.who")
        tables = []
        if "region" in self.release.sizes:
            tables.append((t.gettext("Answers by region (numbers rounded, total exact)"), region_grid))
        tables.append((t.gettext("Answers by group and language (numbers rounded, total exact)"), people_grid))
        for number, (title, make) in enumerate(tables, start=1):
            grid = make(self.labels, self.release)
            caption = t.gettext("Table %(number)s. %(title)s", number=t.number(number), title=title)
            self.tables = number
            yield Grid(grid.key, caption, grid.head, grid.rows, grid.note)
            if grid.key == "participation region":
                yield self._figure(map_figure(self.labels, self.release, self.figures + 1))
        for table in self.release.tables:
            if table.question.startswith("DM") and table.measure == "choice" and any(table.total.cells):
                yield self._figure(bars_figure(self.labels, table, self.figures + 1))

    def _figure(self, figure: Figure) -> Figure:
        self.figures += 1
        return figure

    def _results(self) -> Iterator[Block]:
        for result in self.told.results:
            yield from self._result(result)

    def _result(self, result: Result) -> Iterator[Block]:
        t, question = self.t, result.question
        lead = t.gettext("%(question)s (%(code)s)", question=self.labels.text(question.label), code=question.code)
        yield Paragraph(
            self.labels.joined(result_sentences(self.labels, result)), lead=lead, id=f"results.{question.code}"
        )
        if result.findings:
            figure = question_figure(self.labels, result.tables, self.figures + 1)
            if figure is not None:
                yield self._figure(figure)

    def _own_words(self) -> Iterator[Block]:
        for block in written_blocks(self.labels, self.told, self.figures):
            yield self._figure(block) if isinstance(block, Figure) else block

    def _proposals(self) -> Iterator[Block]:
        t, said = self.t, 0
        for result in self.told.results:
            finding = best(result.findings)
            # What is true or false of each part of a matrix is no proposal; how much of something is wanted may be one.
            asked_each = isinstance(result.question, Matrix | Ranking)
            if asked_each and finding is not None and finding.kind in ("first", "top"):
                if not said:
                    offered = t.gettext("These are shares of answers that were offered to choose from.")
                    yield Paragraph(offered, id="proposals.offered")
                said += 1
                found = [main_sentence(self.labels, finding), *following_sentences(self.labels, finding)]
                if isinstance(result.question, Matrix):
                    found = list(matrix_sentences(self.labels, result))
                yield Paragraph(
                    self.labels.joined(found),
                    lead=t.gettext(
                        "%(question)s (%(code)s)",
                        question=self.labels.text(result.question.label),
                        code=result.question.code,
                    ),
                    id=f"proposals.{result.question.code}",
                )
        if said:
            yield Paragraph(
                t.gettext(
                    "The Working Group may wish to consider what those who answered put first, and who could act on it."
                ),
                id="proposals.consider",
            )
        else:
            yield Paragraph(
                t.gettext("The Working Group may wish to consider the main results in section 5."),
                id="proposals.consider",
            )

    def _comparison(self) -> Iterator[Block]:
        yield from previous_blocks(self.labels, self.told.results, self.tables)

    def _next_steps(self) -> Iterator[Block]:
        t, facts, said = self.t, self.facts, []
        if facts.comment_until:
            said.append(t.gettext("Comments may be sent until %(day)s.", day=t.date(facts.comment_until)))
        if facts.final_on and facts.comment_until:
            said.append(t.gettext("The final version follows on %(day)s.", day=t.date(facts.final_on)))
        if facts.feedback_on:
            said.append(
                t.gettext(
                    "Young people will be told by %(day)s what happened with their views.",
                    day=t.date(facts.feedback_on),
                )
            )
        said.append(t.gettext("The topic of the next consultation is for the Working Group to agree."))
        yield Paragraph(self.labels.joined(said), id="next.steps")
