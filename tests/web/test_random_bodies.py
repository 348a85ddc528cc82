"""Random bodies, fields and cookies against every POST: a page for each, never a 500, and nothing unknown is stored."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.questionnaire.document import Document
from app.questionnaire.kinds import Matrix, Question
from tests.application import House, Reader
from tests.samples import sample_document
from tests.submissions.test_journey_pages import BASE, START, begin

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

SECTIONS = ("start", "views", "experience", "about_you", "all", "nowhere")
ADDRESSES = (*(f"{BASE}/answer/{section}" for section in SECTIONS), f"{BASE}/send", "/en/receipt")


def answer_codes(document: Document) -> Iterator[tuple[str, Question]]:
    """Every code under which an answer may be kept, with its question: a matrix gives one for each row."""
    for question in document.questions.values():
        if isinstance(question, Matrix):
            for row in question.rows:
                yield f"{question.code}.{row.name}", question
        elif question.answered:
            yield question.code, question


CODES = [code for code, _ in answer_codes(sample_document())]
NAMES = [*CODES, *(field for each in sample_document().questions.values() for field in each.fields)]
SAFE = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

names = st.sampled_from([*NAMES, "go", "language", "agree", "parent", "change", "code", "go\x00", "__proto__"])
values = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["", "next", "back", "send", "stop", "check", "see", "erase", "ar", "yes", "no", "B3", "A4.a.5"]),
    st.builds("{}.{}".format, st.sampled_from(CODES), st.integers(-1, 99)),
)
fields = st.lists(st.tuples(names, values), max_size=25)


async def post(browse: Reader, address: str, body: bytes, **headers: str) -> int:
    response = await browse.client.post(
        address, content=body, headers={"content-type": "application/x-www-form-urlencoded", **headers}
    )
    assert response.status_code < 500, f"{address}: {response.status_code} for {body[:300]!r}"
    return response.status_code


@SAFE
@given(address=st.sampled_from(ADDRESSES), sent=fields, htmx=st.booleans())
async def test_random_fields_meet_a_page(house: House, address: str, sent: list[tuple[str, str]], htmx: bool) -> None:
    async with house.reader() as browse:
        await begin(browse)
        body = urlencode(sent, errors="replace").encode()
        await post(browse, address, body, **({"HX-Request": "true"} if htmx else {}))
        await browse.client.get(f"{BASE}/check")
        await post(browse, f"{BASE}/send", b"go=send")
    document = sample_document()
    known = dict(answer_codes(document))
    for row in await house.submissions():
        for code, kept in json.loads(row.answers).items():
            assert code in known
            offered = getattr(known[code], "names", None)
            chosen = kept if isinstance(kept, list) else [kept]
            assert offered is None or set(chosen) <= offered | {""}


@SAFE
@given(
    address=st.sampled_from(ADDRESSES), body=st.binary(max_size=400), cookie=st.text("abcXYZ019-_=;s2 ", max_size=60)
)
async def test_random_bytes_meet_a_page(house: House, address: str, body: bytes, cookie: str) -> None:
    async with house.reader() as browse:
        await post(browse, address, body, cookie=cookie)
        await begin(browse)
        await post(browse, address, body)


def described() -> dict[str, Any]:
    """Our POST addresses as an OpenAPI document, for schemathesis: they are forms for people, so there is none."""

    def form(properties: list[str]) -> dict[str, Any]:
        schema = {"type": "object", "properties": {name: {"type": "string"} for name in properties}}
        content = {"application/x-www-form-urlencoded": {"schema": schema}}
        return {
            "post": {
                "requestBody": {"required": True, "content": content},
                "responses": {"default": {"description": "a page"}},
            }
        }

    paths = {address: form([*NAMES, "agree", "go", "language", "change", "code"]) for address in ADDRESSES}
    return {"openapi": "3.1.0", "info": {"title": "forms", "version": "1"}, "paths": paths}


schema = schemathesis.openapi.from_dict(described())


@schema.parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_schemathesis_finds_no_500(house: House, case: schemathesis.Case[Any]) -> None:
    async def answer() -> None:
        async with house.reader() as browse:
            await browse.post(f"{BASE}/answer/start", START)
            body = case.body if isinstance(case.body, dict) else {}
            await post(browse, case.path, urlencode(body, doseq=True, errors="replace").encode())

    house.loop.run_until_complete(answer())
