"""The answers of the public API, built from the release and from what everybody may know of a consultation."""

from collections.abc import Iterable, Mapping, Sequence

from app.consultations.models import Consultation
from app.questionnaire.document import LANGUAGES
from app.reporting import answers
from app.reporting.groups import ALL
from app.reporting.release import Cell, Release, Table
from app.reporting.renderers.book import table_name
from app.reporting.renderers.codebook import as_plain, codebook_of
from app.reporting.renderers.labels import Labels
from app.reporting.terms import Terms
from app.web.i18n import translator

ROOT = "/api/v1/consultations"


def listed(consultation: Consultation) -> dict[str, object]:
    """What is told of each published consultation."""
    return {
        "slug": consultation.slug,
        "title": dict(consultation.topic),
        "day": consultation.day,
        "opens_at": consultation.opens_at,
        "closes_at": consultation.closes_at,
        "published_at": consultation.published_at,
        "sample": consultation.sample,
        "address": f"{ROOT}/{consultation.slug}",
        "results": f"/en/consultations/{consultation.slug}/results",
    }


def licence(terms: Terms) -> answers.Licence:
    return answers.Licence(name=terms.licence, title=terms.licence_title, url=terms.licence_url)


def list_of(consultations: Iterable[Consultation], terms: Terms) -> answers.Consultations:
    return answers.Consultations(
        licence=licence(terms),
        publisher=terms.publisher,
        consultations=[answers.Listed.model_validate(listed(each)) for each in consultations],
    )


def one(
    consultation: Consultation, release: Release, digest: str, terms: Terms, files: Sequence[tuple[str, str, str]]
) -> answers.Consultation:
    """`files` are name, language and content type of each file that can be had."""
    root, facts = f"{ROOT}/{consultation.slug}", release.facts
    told = {
        **listed(consultation),
        "answered": release.n,
        "countries": release.countries.get(ALL, 0),
        "languages": list(facts.languages),
        "ages": facts.ages,
        "questionnaire_version": facts.questionnaire_version,
        "release": release.number,
        "sha256": digest,
        "replaces": release.replaces,
        "licence": licence(terms),
        "release_file": f"{root}/release",
        "codebook": f"{root}/codebook",
        "description": f"/en/consultations/{consultation.slug}/results/dcat.jsonld",
        "tables": [
            {
                "code": table.code,
                "measure": table.measure,
                "question": table.question,
                "breakdowns": list(table.breakdowns),
                "address": f"{root}/tables/{table.code}/{table.measure}",
            }
            for table in release.by_key.values()
        ],
        "files": [
            {
                "name": name,
                "media_type": kind,
                "language": language,
                "address": f"/{language or 'en'}/consultations/{consultation.slug}/results/{name}",
            }
            for name, language, kind in files
        ],
    }
    return answers.Consultation.model_validate(told)


def table_of(release: Release, table: Table) -> answers.Table:
    """One table with the words of its lines and groups in the six languages."""
    spoken = [Labels(release, translator(language)) for language in LANGUAGES]
    return answers.Table(
        code=table.code,
        measure=table.measure,
        question=table.question,
        text=_text(spoken, table),
        everybody=table.everybody,
        sensitive=table.sensitive,
        equal_top_percent=table.equal_top,
        lines=[
            answers.Line(
                name=line, label={each.t.language: _line(each, table, line) for each in spoken}, equal_percent=equal
            )
            for line, equal in zip(table.lines, table.equal, strict=True)
        ],
        columns=[
            answers.Column(
                breakdown=column.breakdown,
                group=column.group,
                label={each.t.language: each.group(column.breakdown, column.group) for each in spoken},
                asked=column.base,
                cells=[_cell(cell) for cell in column.cells],
                top=_cell(column.top),
                bottom=_cell(column.bottom),
            )
            for column in table.columns
        ],
    )


def _text(spoken: Sequence[Labels], table: Table) -> Mapping[str, str]:
    if table.question:
        return {each.t.language: table_name(each, table) for each in spoken}
    return {
        each.t.language: {
            "language": each.t.gettext("Language"),
            "under_18": each.t.gettext("Under 18"),
            "rural": each.t.gettext("Rural"),
        }[table.code]
        for each in spoken
    }


def _line(labels: Labels, table: Table, line: str) -> str:
    """A fact about those who answered has one line that is the fact itself."""
    if table.question or table.code == "language":
        return labels.line(table, line)
    return _text([labels], table)[labels.t.language]


def _cell(cell: Cell | None) -> answers.Cell | None:
    return answers.Cell(count=cell.count, share_percent=cell.share) if cell else None


def codebook(release: Release) -> answers.Codebook:
    return answers.Codebook.model_validate(as_plain(codebook_of(release)))
