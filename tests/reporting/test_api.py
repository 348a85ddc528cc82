"""The public API: what it says of itself, what it answers, and that nothing is in it before it is published."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck
from hypothesis import settings as examples

from app.reporting.api_routes import described
from app.reporting.release_file import digest, to_bytes
from app.settings import Settings
from tests.application import House, Reader
from tests.databases import Databases
from tests.reporting.public import published_house, release_here

ROOT = "/api/v1/consultations"


@pytest.fixture(scope="module")
async def house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with published_house(databases, tmp_path_factory.mktemp("api"), release_here()) as made:
        yield made


@pytest.fixture
async def anybody(house: House) -> AsyncIterator[Reader]:
    async with house.reader() as reader:
        yield reader


async def told(reader: Reader, path: str, status: int = 200) -> Any:
    return json.loads(await reader.get(path, status=status))


schema = schemathesis.openapi.from_dict(described(Settings()))


@schema.parametrize()
@examples(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_schemathesis_finds_every_answer_as_it_is_described(house: House, case: schemathesis.Case[Any]) -> None:
    async def ask() -> None:
        path, params, headers = case.formatted_path, dict(case.query), dict(case.headers)
        async with house.reader() as anybody:
            case.validate_response(await anybody.client.request(case.method, path, params=params, headers=headers))

    house.loop.run_until_complete(ask())


async def test_every_described_address_answers_as_its_schema_says(anybody: Reader) -> None:
    document = await told(anybody, "/api/v1/openapi.json")
    assert document["openapi"].startswith("3.1")
    assert document == described(Settings())
    one = await told(anybody, f"{ROOT}/sample")
    addresses = {
        "/api/v1/consultations": [ROOT],
        "/api/v1/consultations/{slug}": [one["address"]],
        "/api/v1/consultations/{slug}/release": [one["release_file"]],
        "/api/v1/consultations/{slug}/codebook": [one["codebook"]],
        "/api/v1/consultations/{slug}/tables/{code}/{measure}": [each["address"] for each in one["tables"]],
    }
    assert addresses.keys() == document["paths"].keys()
    for path, found in addresses.items():
        content = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        validator = jsonschema_rs.validator_for({**content, "components": document["components"]})
        for address in found:
            validator.validate(await told(anybody, address))


async def test_every_figure_of_every_table_is_the_release_s(anybody: Reader) -> None:
    release = json.loads(to_bytes(release_here()))
    one = await told(anybody, f"{ROOT}/sample")
    assert one["answered"] == release["n"]
    assert one["countries"] == release["countries"]["all"]
    compared = 0
    tables = [*release["about"], *release["tables"]]
    assert [(each["code"], each["measure"]) for each in one["tables"]] == [(t["code"], t["measure"]) for t in tables]
    for entry, table in zip(one["tables"], tables, strict=True):
        answer = await told(anybody, entry["address"])
        assert [line["name"] for line in answer["lines"]] == table["lines"]
        assert [line["equal_percent"] for line in answer["lines"]] == table["equal"]
        assert all(set(line["label"]) == {"ar", "zh", "en", "fr", "ru", "es"} for line in answer["lines"])
        for column, kept in zip(answer["columns"], table["columns"], strict=True):
            assert (column["breakdown"], column["group"], column["asked"]) == (
                kept["breakdown"],
                kept["group"],
                kept["base"],
            )
            cells = [*column["cells"], column["top"], column["bottom"]]
            shown = [[each["count"], each["share_percent"]] if each else None for each in cells]
            assert shown == [*kept["cells"], kept["top"], kept["bottom"]]
            compared += len(cells)
    assert compared > 2000


async def test_the_release_comes_byte_for_byte_with_its_checksum(anybody: Reader) -> None:
    one = await told(anybody, f"{ROOT}/sample")
    content = (await anybody.client.get(one["release_file"])).content
    assert content == to_bytes(release_here())
    assert digest(content) == one["sha256"]


async def test_an_unchanged_answer_is_304_and_anybody_s_page_may_read_it(anybody: Reader) -> None:
    for path in (ROOT, f"{ROOT}/sample", f"{ROOT}/sample/codebook", "/api/v1/openapi.json"):
        first = await anybody.client.get(path, headers={"origin": "https://elsewhere.example"})
        assert first.headers["access-control-allow-origin"] == "*"
        assert first.headers["cache-control"] == "public, max-age=30"
        again = await anybody.client.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        head = await anybody.client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["etag"] == first.headers["etag"]
    asked = await anybody.client.options(ROOT, headers={"access-control-request-method": "PUT"})
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-methods"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (f"{ROOT}/nothing-here", "/api/v1/consultations lists"),
        (f"{ROOT}/sample/tables/CB01/nothing", "lists its tables"),
        (f"{ROOT}/sample/tables/%00/%F0%9F%98%80", "/api/v1/openapi.json"),
        ("/api/v1/", "/api/v1/openapi.json"),
        ("/api/v1/people", "/api/v1/openapi.json"),
        ("/api/v2/consultations", "/api/v1/openapi.json"),
    ],
)
async def test_what_is_not_there_is_a_problem_that_says_what_to_do(anybody: Reader, path: str, says: str) -> None:
    response = await anybody.client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["access-control-allow-origin"] == "*"
    problem = response.json()
    assert (problem["status"], problem["title"]) == (404, "Not Found")
    assert says in problem["detail"]


async def test_nothing_can_be_written_from_anywhere(anybody: Reader) -> None:
    for headers in ({}, {"origin": "https://elsewhere.example"}):
        for method in ("POST", "PUT", "DELETE"):
            response = await anybody.client.request(method, ROOT, headers=headers, content=b"{}")
            assert response.status_code == (403 if headers else 405)
            assert response.headers["content-type"] == "application/problem+json"
            assert "access-control-allow-origin" not in response.headers
            assert "read with GET" in response.json()["detail"]
            if not headers:
                assert "GET" in response.headers["allow"]


async def test_what_is_not_published_any_more_is_gone_from_everywhere(house: House, anybody: Reader) -> None:
    consultation = await told(anybody, f"{ROOT}/sample")
    results = "/en/consultations/sample/results"
    addresses = [
        f"{ROOT}/sample",
        consultation["release_file"],
        consultation["codebook"],
        consultation["tables"][0]["address"],
        results,
    ]
    for address in addresses:
        await anybody.get(address)
    published_at, frozen_at = house.clock.now - timedelta(days=1), house.clock.now - timedelta(days=2)
    await house.change(published_at=None, frozen_at=frozen_at)
    try:
        files = ("dcat.jsonld", "data.zip", "tables.ods", "tables.xlsx", "release.json")
        for address in (*addresses, *(f"{results}/{file}" for file in files)):
            await anybody.get(address, status=404)
        assert (await told(anybody, ROOT))["consultations"] == []
        assert "/results" not in await anybody.get("/en/feed.xml")
        assert "/results" not in await anybody.get("/en/consultations")
    finally:
        await house.change(published_at=published_at, frozen_at=frozen_at)
    assert [each["slug"] for each in (await told(anybody, ROOT))["consultations"]] == ["sample"]
