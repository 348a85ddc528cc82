"""The desk's page of the paper: when it may be frozen, who may have it, and what stands in the trail."""

import io
import zipfile
from datetime import timedelta

from app.staff.permissions import Role
from tests.application import NOON, House
from tests.consultations.test_desk import trail
from tests.desk import at_the_desk
from tests.samples import SLUG
from tests.submissions.test_journey_pages import send_all

ONE = f"/staff/consultations/{SLUG}"


async def test_from_the_closed_day_to_the_published_paper(house: House) -> None:
    async with house.reader() as young:
        await send_all(young)
    async with at_the_desk(house, Role.SECRETARIAT, language="ar") as desk:
        assert '<form method="post" action="/staff/consultations' not in await desk.get(f"{ONE}/paper")
        await desk.post(f"{ONE}/freeze", {}, status=409)
        await house.change(closes_at=NOON - timedelta(minutes=10))
        assert '<button class="btn main">' not in await desk.get(f"{ONE}/paper")
        await desk.post(f"{ONE}/freeze", {}, status=409)
        await house.change(closes_at=NOON - timedelta(hours=1))
        assert '<button class="btn main">' in await desk.get(f"{ONE}/paper")
        await desk.post(f"{ONE}/freeze", {})
        page = await desk.follow()
        for language in ("ar", "zh", "en", "fr", "ru", "es"):
            assert f"{ONE}/paper/{language}/paper.docx" in page
            assert f"{ONE}/paper/{language}/paper.pdf" in page
        response = await desk.client.get(f"{ONE}/paper/ar/paper.docx")
        with zipfile.ZipFile(io.BytesIO(response.content)) as file:
            assert "<w:bidi/>" in file.read("word/document.xml").decode()
        async with house.reader() as stranger:
            await stranger.get(f"/en/consultations/{SLUG}/results", status=404)
            await stranger.get(f"{ONE}/paper/ar/paper.docx", status=303)
        await desk.post(f"{ONE}/publish", {})
        async with house.reader() as stranger:
            await stranger.get(f"/en/consultations/{SLUG}/results")
    assert [each.act for each in await trail(house)] == ["freeze", "paper_downloaded", "version_posted", "publish"]


async def test_a_moderator_reads_the_draft_and_does_not_freeze_or_publish(house: House) -> None:
    await house.change(closes_at=NOON - timedelta(hours=1))
    async with at_the_desk(house, Role.MODERATOR) as desk:
        assert '<button class="btn main">' not in await desk.get(f"{ONE}/paper")
        await desk.post(f"{ONE}/freeze", {}, status=403)
        await desk.post(f"{ONE}/publish", {}, status=403)
        await desk.get(f"{ONE}/paper/ar/paper.docx", status=404)
    async with at_the_desk(house, Role.TRANSLATOR) as desk:
        await desk.get(f"{ONE}/paper", status=403)
