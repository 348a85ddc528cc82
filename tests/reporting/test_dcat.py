"""The entry for data portals, read as RDF: the fields of DCAT-AP 3, and each file as big and as hashed as it is."""

import hashlib
from collections.abc import AsyncIterator

import pytest
from rdflib import DCAT, DCTERMS, FOAF, RDF, Graph, Literal, Namespace, URIRef

from app.reporting.data_routes import downloads
from app.reporting.release_file import digest, to_bytes
from app.reporting.rendering import Documents
from tests.application import House
from tests.databases import Databases
from tests.reporting.public import published_house, small_release

SPDX = Namespace("http://spdx.org/rdf/terms#")
SITE = "http://127.0.0.1:8000"
PAGE = "/ar/consultations/sample/results"


@pytest.fixture(scope="module")
async def house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with published_house(databases, tmp_path_factory.mktemp("dcat"), small_release()) as made:
        yield made


async def test_the_entry_has_the_fields_of_the_profile_and_every_file_as_it_is_served(house: House) -> None:
    async with house.reader() as anybody:
        page = await anybody.get(PAGE)
        assert f'type="application/ld+json" title="DCAT" href="{PAGE}/dcat.jsonld"' in page
        assert 'rel="license" href="https://creativecommons.org/licenses/by/4.0/"' in page
        at_once = Graph().parse(data=await anybody.get(f"{PAGE}/dcat.jsonld"), format="json-ld")
        assert len(set(at_once.objects(None, DCAT.distribution))) == len(downloads())
        assert set(at_once.objects(None, DCAT.byteSize))
        documents: Documents = house.application.api.state.documents
        for _, form, language in downloads():
            await documents.file(digest(to_bytes(small_release())), language or "en", form)
        response = await anybody.client.get(f"{PAGE}/dcat.jsonld")
        assert response.headers["content-type"] == "application/ld+json"
        again = await anybody.client.get(f"{PAGE}/dcat.jsonld")
        assert again.content == response.content
        graph = Graph().parse(data=response.text, format="json-ld")
        dataset = graph.value(predicate=RDF.type, object=DCAT.Dataset)
        catalogue = graph.value(predicate=RDF.type, object=DCAT.Catalog)
        assert (catalogue, DCAT.dataset, dataset) in graph
        for field in (DCTERMS.title, DCTERMS.description):
            for thing in (dataset, catalogue):
                spoken = {each.language for each in graph.objects(thing, field) if isinstance(each, Literal)}
                assert spoken == {"ar", "zh", "en", "fr", "ru", "es"}
        for field in (
            DCAT.contactPoint, DCAT.keyword, DCAT.theme, DCAT.landingPage, DCTERMS.publisher, DCTERMS.spatial,
            DCTERMS.temporal, DCTERMS.language, DCTERMS.accessRights, DCTERMS.issued, DCTERMS.identifier,
        ):  # fmt: skip
            assert (dataset, field, None) in graph, field
        publisher = graph.value(dataset, DCTERMS.publisher)
        assert (publisher, RDF.type, FOAF.Agent) in graph
        period = graph.value(dataset, DCTERMS.temporal)
        assert str(graph.value(period, DCAT.startDate)) == "2026-11-19T10:00:00+00:00"
        distributions = list(graph.objects(dataset, DCAT.distribution))
        assert len(distributions) == len(downloads()) == 3 * 6 + 2
        for each in distributions:
            assert graph.value(each, DCTERMS.license) == URIRef("https://creativecommons.org/licenses/by/4.0/")
            address = str(graph.value(each, DCAT.downloadURL))
            assert address.startswith(SITE)
            file = await anybody.client.get(address.removeprefix(SITE))
            assert file.status_code == 200
            media_type = file.headers["content-type"].partition(";")[0]
            assert str(graph.value(each, DCAT.mediaType)).endswith(media_type)
            size = graph.value(each, DCAT.byteSize)
            assert isinstance(size, Literal)
            assert size.toPython() == len(file.content)
            checksum = graph.value(each, SPDX.checksum)
            value = graph.value(checksum, SPDX.checksumValue)
            assert str(value).lower() == hashlib.sha256(file.content).hexdigest()
