"""Limits, forms of other sites, headers, and what reaches a log."""

import io
import json
import logging
from collections.abc import AsyncIterator
from contextlib import redirect_stderr, redirect_stdout

import pytest

from tests.application import House, Reader
from tests.submissions.test_journey_pages import BASE, START, answer_all, begin

CANARY = "Canary sentence nobody else writes"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 303),
        ({"origin": "http://test"}, 303),
        ({}, 303),
    ],
)
async def test_forms_of_other_sites_are_refused(browse: Reader, headers: dict[str, str], status: int) -> None:
    await browse.get(f"{BASE}/answer/start")
    await browse.post(f"{BASE}/answer/start", START, status=status, **headers)


async def test_a_body_over_64_kb_has_its_page_and_stores_nothing(house: House, browse: Reader) -> None:
    await begin(browse)
    page = await browse.post(f"{BASE}/answer/experience", {"B4": "a" * 70_000}, status=413)
    assert "too much text" in page

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(80):
            yield b"B4=" + b"a" * 1000

    response = await browse.client.post(
        f"{BASE}/answer/experience", content=pieces(), headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert response.status_code == 413


@pytest.mark.parametrize("body", [b"B4=%FF%FE", b"B4=\xff\xfe", b"B4=%ED%A0%80", b"&".join([b"a=1"] * 700)])
async def test_a_broken_encoding_has_its_page(browse: Reader, body: bytes) -> None:
    await begin(browse)
    response = await browse.client.post(
        f"{BASE}/answer/experience", content=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert response.status_code == 400
    assert "We could not read that" in response.text


async def test_a_form_of_another_kind_has_its_page(browse: Reader) -> None:
    await begin(browse)
    response = await browse.client.post(f"{BASE}/answer/experience", files={"B4": b"text"})
    assert response.status_code == 400


async def test_every_answer_carries_the_policy_and_journey_pages_are_never_stored(browse: Reader) -> None:
    await begin(browse)
    for path in ("/en/", f"{BASE}/answer/views", "/nowhere", "/en/help", "/healthz"):
        response = await browse.client.get(path)
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["referrer-policy"] == "no-referrer"
        if path != "/en/":
            assert response.headers["cache-control"] == "no-store"


async def test_no_answer_reaches_a_log_a_header_or_an_address(
    house: House, browse: Reader, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        await answer_all(browse)
        await browse.post(
            f"{BASE}/answer/experience", {"B1": "B1.1", "B4": CANARY, "B3": CANARY, "go": "next"}, status=422
        )
        await browse.post(f"{BASE}/answer/experience", {"B1": "B1.1", "B4": CANARY, "go": "next"})
        await browse.post(f"{BASE}/send", {"go": "send"})
        assert browse.last is not None
        assert CANARY not in json.dumps(dict(browse.last.headers))
    assert CANARY in ((await house.submissions())[0].open_answers or "")
    captured = capfd.readouterr()
    assert CANARY not in out.getvalue() + err.getvalue() + captured.out + captured.err + caplog.text
