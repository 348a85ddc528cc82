"""The entry of a consultation's data for data portals: DCAT 3 as JSON-LD, with the fields of the profile DCAT-AP 3.

Titles are in the six languages; each file that can be had is a distribution with its size and checksum.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.questionnaire.document import LANGUAGES
from app.reporting.release import Release
from app.reporting.renderers.labels import Labels
from app.reporting.terms import Terms
from app.web.i18n import translator

CONTENT_TYPE = "application/ld+json"
AUTHORITY = "http://publications.europa.eu/resource/authority"
MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
#: The Earth, in GeoNames.
EARTH = "https://sws.geonames.org/6295630/"
ISO_639_3 = {"ar": "ARA", "zh": "ZHO", "en": "ENG", "fr": "FRA", "ru": "RUS", "es": "SPA"}
PACKAGE_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"

CONTEXT: dict[str, Any] = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dct:title": {"@container": "@language"},
    "dct:description": {"@container": "@language"},
    "dcat:keyword": {"@container": "@language"},
    "dct:issued": {"@type": "xsd:dateTime"},
    "dcat:startDate": {"@type": "xsd:dateTime"},
    "dcat:endDate": {"@type": "xsd:dateTime"},
    "dcat:byteSize": {"@type": "xsd:nonNegativeInteger"},
    "spdx:checksumValue": {"@type": "xsd:hexBinary"},
    **{
        name: {"@type": "@id"}
        for name in (
            "dcat:accessURL", "dcat:downloadURL", "dcat:landingPage", "dcat:mediaType", "dcat:packageFormat",
            "dcat:theme", "dct:accessRights", "dct:conformsTo", "dct:format", "dct:language", "dct:license",
            "dct:publisher", "dct:spatial", "foaf:homepage", "foaf:page", "spdx:algorithm", "vcard:hasURL",
        )
    },
}  # fmt: skip


@dataclass(frozen=True)
class Download:
    """A file as it is served: `form` of `formats.EXPORTS`, `language` "" where it is the same in all. `content` is
    None while it is not made."""

    file: str
    form: str
    language: str
    media_type: str
    content: bytes | None


def render(release: Release, terms: Terms, downloads: Sequence[Download], published_at: datetime) -> bytes:
    """The dataset with its distributions, in the catalogue of this platform."""
    here = f"{terms.address}/en/consultations/{release.facts.slug}/results"
    graph = [
        _catalogue(terms, f"{here}#dataset"),
        _dataset(release, terms, here, downloads, published_at),
        *(_distribution(release, terms, each) for each in downloads),
        _publisher(terms),
    ]
    plain = {"@context": CONTEXT, "@graph": graph}
    return json.dumps(plain, ensure_ascii=False, indent=1).encode() + b"\n"


def _spoken(languages: Sequence[str]) -> list[str]:
    return [f"{AUTHORITY}/language/{ISO_639_3[language]}" for language in languages]


def _publisher(terms: Terms) -> dict[str, Any]:
    return {
        "@id": f"{terms.address}/#publisher",
        "@type": ["foaf:Agent", "foaf:Organization"],
        "foaf:name": terms.publisher,
        "foaf:homepage": terms.publisher_url,
    }


def _catalogue(terms: Terms, dataset: str) -> dict[str, Any]:
    names = {language: translator(language).gettext("Youth consultations") for language in LANGUAGES}
    about = {
        language: translator(language).gettext(
            "Asked by the Council Working Group on Child Online Protection of the International"
            " Telecommunication Union."
        )
        for language in LANGUAGES
    }
    return {
        "@id": f"{terms.address}/#catalogue",
        "@type": "dcat:Catalog",
        "dct:title": names,
        "dct:description": about,
        "dct:publisher": f"{terms.address}/#publisher",
        "dct:license": terms.licence_url,
        "dct:language": _spoken(LANGUAGES),
        "foaf:homepage": f"{terms.address}/",
        "dcat:dataset": {"@id": dataset},
    }


def _dataset(
    release: Release, terms: Terms, here: str, downloads: Sequence[Download], published_at: datetime
) -> dict[str, Any]:
    facts = release.facts
    titles, about, keywords = {}, {}, {}
    for language in LANGUAGES:
        t = translator(language)
        titles[language] = t.gettext(
            "Results of the online youth consultation: %(topic)s (%(day)s)",
            topic=Labels(release, t).title(),
            day=t.date(facts.day),
        )
        said = [
            t.ngettext("%(n)s person answered.", "%(n)s people answered.", release.n),
            t.gettext(
                "The respondents chose to answer. They are not a sample of all young people, so no margin"
                " of error can be given. Shares are of those who were asked the question."
            ),
        ]
        if facts.sample:
            said.insert(0, t.gettext("Sample data") + ".")
        about[language] = t.gap.join(said)
        keywords[language] = [t.gettext("youth consultation, child online protection")]
    return {
        "@id": f"{here}#dataset",
        "@type": "dcat:Dataset",
        "dct:identifier": f"{terms.address}/api/v1/consultations/{facts.slug}",
        "dct:title": titles,
        "dct:description": about,
        "dcat:keyword": keywords,
        "dcat:theme": f"{AUTHORITY}/data-theme/SOCI",
        "dct:publisher": f"{terms.address}/#publisher",
        "dcat:contactPoint": {
            "@type": ["vcard:Kind", "vcard:Organization"],
            "vcard:fn": terms.publisher,
            "vcard:hasURL": terms.publisher_url,
        },
        "dct:accessRights": f"{AUTHORITY}/access-right/PUBLIC",
        "dct:issued": _instant(published_at),
        "dcat:version": str(release.number),
        "dct:language": _spoken(LANGUAGES),
        "dct:spatial": EARTH,
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _instant(facts.opens_at),
            "dcat:endDate": _instant(facts.closes_at),
        },
        "dcat:landingPage": [here.replace("/en/", f"/{language}/", 1) for language in LANGUAGES],
        "foaf:page": f"{here}/paper.html",
        "dcat:distribution": [{"@id": _address(release, terms, each)} for each in downloads],
    }


def _address(release: Release, terms: Terms, download: Download) -> str:
    language = download.language or "en"
    return f"{terms.address}/{language}/consultations/{release.facts.slug}/results/{download.file}"


def _distribution(release: Release, terms: Terms, download: Download) -> dict[str, Any]:
    address = _address(release, terms, download)
    kind = MEDIA_TYPES + download.media_type.partition(";")[0]
    told: dict[str, Any] = {
        "@id": address,
        "@type": "dcat:Distribution",
        "dct:title": {language: f"{download.file} ({language})" for language in [download.language] if language}
        or {"en": download.file},
        "dcat:accessURL": address,
        "dcat:downloadURL": address,
        "dcat:mediaType": kind,
        "dct:format": f"{AUTHORITY}/file-type/{download.form.upper()}",
        "dct:license": terms.licence_url,
        "dct:language": _spoken([download.language] if download.language else LANGUAGES),
    }
    if download.content is not None:
        told["dcat:byteSize"] = str(len(download.content))
        told["spdx:checksum"] = {
            "@type": "spdx:Checksum",
            "spdx:algorithm": "spdx:checksumAlgorithm_sha256",
            "spdx:checksumValue": hashlib.sha256(download.content).hexdigest(),
        }
    if download.form == "zip":
        told |= {"dcat:packageFormat": kind, "dct:conformsTo": PACKAGE_PROFILE}
    return told


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
