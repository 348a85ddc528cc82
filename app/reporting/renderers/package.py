"""The data package: tables in long form, the codebook in six languages, the release, and a description of all of it
after Frictionless Data Package 2.0, in one ZIP. The same release gives the same bytes."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from app.questionnaire.document import LANGUAGES
from app.reporting.release import Release
from app.reporting.release_file import to_bytes
from app.reporting.renderers.archive import write_archive
from app.reporting.renderers.book import licence_lines
from app.reporting.renderers.codebook import as_plain, codebook_of
from app.reporting.renderers.labels import Labels
from app.reporting.renderers.long import Field, Long, of_release, to_csv
from app.reporting.renderers.method import method_paragraphs, reading_paragraphs
from app.reporting.renderers.tables import SAMPLE
from app.reporting.terms import Terms
from app.web.i18n import Translator, translator

PROFILES = "https://datapackage.org/profiles/2.0"
#: Version of the layout of our package, beside the number of the release.
LAYOUT = 1


def render(release: Release, t: Translator, terms: Terms) -> bytes:
    """The package. It holds all six languages, so it is the same in each."""
    codebook = codebook_of(release)
    files: dict[str, bytes] = {}
    resources = []
    for table in of_release(release, codebook):
        path = f"data/{table.name}.csv"
        files[path] = to_csv(table)
        resources.append(_table_resource(table, path, files[path]))
    plain = json.dumps(as_plain(codebook), ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
    for name, content, title in (
        ("codebook", plain, "The codebook: questions with their choices, in six languages"),
        ("release", to_bytes(release), "The release from which everything is made, as it is certified and hashed"),
    ):
        files[f"{name}.json"] = content
        resources.append(_json_resource(name, content, title))
    files["README.md"] = "\n".join(_readme(release, terms, sorted(files))).encode()
    files["LICENCE.txt"] = f"{terms.licence} – {terms.licence_title}\n{terms.licence_url}\n".encode()
    described = json.dumps(_description(release, terms, resources), ensure_ascii=False, indent=2).encode() + b"\n"
    return write_archive((name, content, True) for name, content in {"datapackage.json": described, **files}.items())


def _description(release: Release, terms: Terms, resources: list[dict[str, Any]]) -> dict[str, Any]:
    facts = release.facts
    titles = {language: _title(release, language) for language in LANGUAGES}
    sample = f" {SAMPLE.capitalize()}: no young person gave these answers." if facts.sample else ""
    return {
        "$schema": f"{PROFILES}/datapackage.json",
        "name": f"youth-consultation-{facts.slug}",
        "id": f"{terms.address}/api/v1/consultations/{facts.slug}",
        "title": titles["en"],
        "titles": titles,
        "description": "What young people answered, counted, rounded and checked so that no small count can be worked"
        " out." + sample,
        "homepage": f"{terms.address}/en/consultations/{facts.slug}/results",
        "version": f"{LAYOUT}.{release.number}.0",
        "created": facts.snapshot_at.isoformat().replace("+00:00", "Z"),
        "keywords": ["youth consultation", "child online protection"],
        "contributors": [{"title": terms.publisher, "path": terms.publisher_url, "roles": ["publisher"]}],
        "licenses": [{"name": terms.licence, "path": terms.licence_url, "title": terms.licence_title}],
        "sources": [
            {
                "title": f"Answers sent to the online consultation on {facts.day.isoformat()}",
                "path": f"{terms.address}/en/consultations/{facts.slug}",
            }
        ],
        "resources": resources,
    }


def _title(release: Release, language: str) -> str:
    t = translator(language)
    return t.gettext(
        "Results of the online youth consultation: %(topic)s (%(day)s)",
        topic=Labels(release, t).title(),
        day=t.date(release.facts.day),
    )


def _measured(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}


def _json_resource(name: str, content: bytes, title: str) -> dict[str, Any]:
    return {
        "name": name,
        "path": f"{name}.json",
        "title": title,
        "format": "json",
        "mediatype": "application/json",
        "encoding": "utf-8",
        **_measured(content),
    }


def _table_resource(table: Long, path: str, content: bytes) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "$schema": f"{PROFILES}/tableschema.json",
        "fields": [_field(field) for field in table.fields],
        "fieldsMatch": "exact",
        # Nothing stands where a figure is not shown, and where a field does not apply.
        "missingValues": [""],
        "primaryKey": list(table.key),
    }
    if table.foreign:
        schema["foreignKeys"] = [
            {"fields": [own], "reference": {"resource": other, "fields": [theirs]}}
            for own, other, theirs in table.foreign
        ]
    return {
        "$schema": f"{PROFILES}/dataresource.json",
        "name": table.name,
        "type": "table",
        "path": path,
        "title": table.title,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"$schema": f"{PROFILES}/tabledialect.json", "delimiter": ",", "lineTerminator": "\r\n"},
        **_measured(content),
        "schema": schema,
    }


def _field(field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {"name": field.name, "type": field.type, "description": field.description}
    limits: dict[str, Any] = {"required": True} if field.required else {}
    if field.values:
        limits["enum"] = list(field.values)
    return {**described, "constraints": limits} if limits else described


def _readme(release: Release, terms: Terms, files: list[str]) -> Iterator[str]:
    """One part in each language: what it is, how it is read, how it was made, whose it is."""
    for language in LANGUAGES:
        labels = Labels(release, translator(language))
        t = labels.t
        yield f"# {_title(release, language)}\n"
        if release.facts.sample:
            yield f"**{t.gettext('Sample data')}**\n"
        yield from (f"{each}\n" for each in licence_lines(labels, terms))
        yield f"## {t.gettext('How to read the figures')}\n"
        yield from (f"{each}\n" for each in reading_paragraphs(labels))
        empty = t.gettext(
            "In the CSV files nothing stands where a figure is not shown; the column “status” says so. A cell that a"
            " spreadsheet would take for a formula has an apostrophe before it."
        )
        yield f"{empty}\n"
        yield f"## {t.gettext('Method and disclosure control')}\n"
        yield from (f"{each}\n" for each in method_paragraphs(labels))
    yield "## Files\n"
    yield from (f"- `{name}`" for name in (*files, "datapackage.json", "LICENCE.txt"))
    yield ""
