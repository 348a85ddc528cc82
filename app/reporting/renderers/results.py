"""The public pages of results, made of a release and nothing else: what is told on the first one, a page for each
section of the questionnaire with every breakdown, the page for young readers, and the method in plain words.

The templates are rendered through `render` (template name and values to HTML, in the language of the reader).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.questionnaire.document import Section
from app.questionnaire.kinds import Question
from app.reporting.groups import BEHIND
from app.reporting.narrative import narrate
from app.reporting.release import Release
from app.reporting.renderers.figures import map_figure
from app.reporting.renderers.grids import people_grid, region_grid
from app.reporting.renderers.html import block_id, block_values
from app.reporting.renderers.labels import Labels
from app.reporting.renderers.method import reading_paragraphs
from app.reporting.renderers.paper import Figure, Grid
from app.reporting.renderers.places import Place, breakdowns_of, place_of, words_of
from app.reporting.renderers.results_file import FIRST, METHOD, READING, YOUNG, section_name
from app.reporting.renderers.sentences import (
    answered_sentences,
    missing_sentences,
    offered_sentence,
    summary_sentence,
    window_sentence,
)
from app.reporting.renderers.young import missing, tell
from app.web.i18n import Translator

Render = Callable[[str, Mapping[str, Any]], str]

#: Of what is quoted for young readers.
MOST_QUOTED = 4


def render_results(release: Release, t: Translator, render: Render) -> Iterator[tuple[str, str]]:
    """Every page by its name."""
    pages = _Pages(release, t, render)
    yield FIRST, pages.first()
    yield READING, pages.reading()
    yield YOUNG, pages.young()
    yield METHOD, pages.method()
    for section in pages.sections:
        yield section_name(section.section.name), pages.section(section)
        for by in section.breakdowns:
            yield section_name(section.section.name, by), pages.section(section, by)


@dataclass(frozen=True)
class Shown:
    """A section of which something was counted, with its questions and the breakdowns of any of them."""

    section: Section
    questions: tuple[Question, ...]
    breakdowns: tuple[str, ...]


class _Pages:
    def __init__(self, release: Release, t: Translator, render: Render) -> None:
        self.release, self.t, self._render = release, t, render
        self.labels = Labels(release, t)
        self.told = narrate(release)
        self.base = f"/consultations/{release.facts.slug}/results"
        self.sections = tuple(self._sections())

    def _sections(self) -> Iterator[Shown]:
        counted = {table.question for table in self.release.tables}
        for section in self.labels.document.sections:
            questions = tuple(each for each in section.questions if each.code in counted)
            names = [name for each in questions for name in breakdowns_of(self.release, each.code)]
            if questions:
                yield Shown(section, questions, tuple(dict.fromkeys(names)))

    def render(self, template: str, name: str, **values: Any) -> str:
        facts = self.release.facts
        common = {
            "language": self.t.language,
            "path": f"{self.base}/{name}" if name else self.base,
            "here": f"/{self.t.language}{self.base}",
            "about": f"/{self.t.language}/consultations/{facts.slug}",
            "facts": facts,
            "topic": self.labels.title(),
            "n": self.release.n,
            "rules": self.release.parameters,
            "block_id": block_id,
        }
        return self._render(f"reporting/{template}.html", {**common, **values})

    def first(self) -> str:
        """What is told on the first page."""
        findings = []
        for finding in self.told.summary:
            code = finding.table.question
            place = place_of(self.labels, self.labels.question(code))
            findings.append(
                {
                    "said": summary_sentence(self.labels, finding),
                    "figure": self._figure(place.figure) if place and place.figure else None,
                    "code": code,
                    "href": self._href(code),
                }
            )
        grids = [people_grid(self.labels, self.release)]
        if "region" in self.release.sizes:
            grids.insert(0, region_grid(self.labels, self.release))
        titles = {
            "participation region": self.t.gettext("Answers by region (numbers rounded, total exact)"),
            "participation people": self.t.gettext("Answers by group and language (numbers rounded, total exact)"),
        }
        drawn = map_figure(self.labels, self.release, 0) if "region" in self.release.sizes else None
        return self.render(
            "_results_told",
            "",
            answered=self.labels.joined(answered_sentences(self.labels)),
            findings=findings,
            missing=self.labels.joined(missing_sentences(self.labels, self.told)),
            map=self._figure(drawn) if drawn else None,
            grids=[(block_id(grid.key), titles[grid.key], grid) for grid in grids],
            sections=[self._listed(section) for section in self.labels.document.sections],
        )

    def reading(self) -> str:
        """How to read the figures, in few words."""
        return self.render("_results_reading", "")

    def _listed(self, section: Section) -> dict[str, Any]:
        counted = {each.section.name: each for each in self.sections}
        shown = counted[section.name].questions if section.name in counted else ()
        return {
            "title": self.labels.text(section.title),
            "href": f"/{self.t.language}{self.base}/{section_name(section.name)}" if shown else "",
            "questions": [
                {
                    "text": self.labels.text(question.label),
                    "href": self._href(question.code) if question in shown else "",
                    "in_groups": question.code in BEHIND.values(),
                }
                for question in section.questions
                if question.answered
            ],
        }

    def _href(self, code: str, by: str = "") -> str:
        section = self.labels.document.section_of(code)
        return f"/{self.t.language}{self.base}/{section_name(section.name, by)}#{block_id(code)}"

    def section(self, shown: Shown, by: str = "") -> str:
        """The page of a section, its questions by one breakdown where they have it."""
        names = [each.section.name for each in self.sections]
        place = names.index(shown.section.name)
        places = [each for question in shown.questions if (each := place_of(self.labels, question, by)) is not None]
        return self.render(
            "results_section",
            section_name(shown.section.name, by),
            title=self.labels.text(shown.section.title),
            by=by,
            number=place + 1,
            parts=len(names),
            places=[self._place(each) for each in places],
            before=self._neighbour(place - 1),
            after=self._neighbour(place + 1),
            previous=self.release.previous if any(each.before for each in places) else None,
        )

    def _neighbour(self, place: int) -> dict[str, str] | None:
        if not 0 <= place < len(self.sections):
            return None
        section = self.sections[place].section
        href = f"/{self.t.language}{self.base}/{section_name(section.name)}"
        return {"href": href, "title": self.labels.text(section.title)}

    def _place(self, place: Place) -> dict[str, Any]:
        choices = [("", self.t.gettext("Everybody")), *place.breakdowns] if place.breakdowns else []
        return {
            "each": place,
            "id": block_id(place.code),
            "figure": self._figure(place.figure) if place.figure else None,
            "grids": [self._grid(grid) for grid in place.grids],
            "equal": self._grid(place.equal) if place.equal else None,
            "before": self._grid(place.before) if place.before else None,
            "choices": [(name, words, self._href(place.code, name)) for name, words in choices],
        }

    def _figure(self, figure: Figure) -> dict[str, Any]:
        return block_values(figure, self.t)

    def _grid(self, grid: Grid) -> dict[str, Any]:
        return block_values(grid, self.t)

    def young(self) -> str:
        """The page for young readers."""
        told = tell(self.labels, self.told)
        return self.render(
            "results_young",
            YOUNG,
            answered=self.labels.joined(answered_sentences(self.labels)),
            told=[(each, self._href(each.code)) for each in told],
            missing=self.labels.joined(missing(self.labels, self.told)),
            words=list(words_of(self.labels, self.release.quotes))[:MOST_QUOTED],
        )

    def method(self) -> str:
        """The method in plain words, and the parameters."""
        release, labels = self.release, self.labels
        return self.render(
            "results_method",
            METHOD,
            release=release,
            asked=labels.joined([window_sentence(labels), offered_sentence(labels)]),
            answered=labels.joined(answered_sentences(labels)),
            missing=labels.joined(missing_sentences(labels, self.told)),
            reading=list(reading_paragraphs(labels)),
            breakdowns=[self.t.within(labels.breakdown(name)) for name in release.sizes],
        )
