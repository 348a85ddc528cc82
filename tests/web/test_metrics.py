"""The counters for monitoring: who may read them, and that they count."""

import httpx2

from tests.application import House, Reader
from tests.submissions.test_journey_pages import send_all


async def test_this_machine_reads_the_counters(house: House, browse: Reader) -> None:
    for _ in range(12):
        async with house.reader() as each:
            await send_all(each)
    await browse.get("/en/nowhere", status=404)
    text = (await browse.client.get("/metrics")).text
    assert "consult_submissions_sent 10.0" in text
    assert 'consult_failures_total{page="not_found"} 1.0' in text
    assert "consult_inbox_waiting 0.0" in text


async def test_nobody_else_does_without_the_token(house: House) -> None:
    far = httpx2.ASGITransport(app=house.application, client=("203.0.113.7", 4000))
    async with httpx2.AsyncClient(transport=far, base_url="http://test") as client:
        assert (await client.get("/metrics")).status_code == 404
        house.settings.metrics_token = "a token"
        assert (await client.get("/metrics")).status_code == 404
        assert (await client.get("/metrics", headers={"authorization": "Bearer a token"})).status_code == 200
    async with house.reader() as near:
        assert (await near.client.get("/metrics")).status_code == 404


async def test_what_a_proxy_on_this_machine_hands_on_is_not_local(browse: Reader) -> None:
    assert (await browse.client.get("/metrics", headers={"x-forwarded-for": "203.0.113.7"})).status_code == 404


async def test_every_page_can_be_asked_for_its_headers(house: House, browse: Reader) -> None:
    for path in ("/en/", "/ar/help", f"/en/consultations/{house.consultation.slug}/answer/start", "/healthz"):
        page, head = await browse.client.get(path), await browse.client.head(path)
        assert (head.status_code, head.content) == (page.status_code, b"")
        assert head.headers["content-type"] == page.headers["content-type"]
