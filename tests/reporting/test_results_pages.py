"""From the end of the day to the public results: who may freeze when, and what is then there for everybody."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations import service as consultations
from app.errors import OperatorError
from app.reporting import service as reporting
from app.reporting.release_file import digest
from tests.application import House, Reader
from tests.submissions.test_journey_pages import BASE, answer_all

FILES = (
    "paper.html", "paper.pdf", "paper.docx", "tables.csv", "tables.xlsx", "tables.ods", "data.zip", "release.json",
)  # fmt: skip


async def freeze(house: House) -> reporting.Frozen:
    async with AsyncSession(house.engine, expire_on_commit=False) as session:
        frozen = await reporting.freeze(session, house.settings, house.consultation.slug, house.clock.now)
        await session.commit()
    return frozen


async def publish(house: House) -> None:
    async with AsyncSession(house.engine, expire_on_commit=False) as session:
        consultation = await consultations.find(session, house.consultation.slug)
        consultations.publish(consultation, house.clock.now)
        await session.commit()


async def test_nothing_is_frozen_while_answers_may_still_arrive(house: House) -> None:
    with pytest.raises(OperatorError, match="close it first"):
        await freeze(house)
    house.clock.now = house.consultation.closes_at + timedelta(minutes=29)
    with pytest.raises(OperatorError, match="freeze it after that"):
        await freeze(house)
    house.clock.forward(minutes=2)
    assert (await freeze(house)).submissions == 0
    with pytest.raises(OperatorError, match="frozen already"):
        await freeze(house)


async def test_results_are_there_for_everybody_once_published_and_not_before(house: House, browse: Reader) -> None:
    await answer_all(browse)
    await browse.post(f"{BASE}/send", {"go": "send"})
    house.clock.now = house.consultation.closes_at + timedelta(hours=1)
    frozen = await freeze(house)
    assert frozen.submissions == 1
    assert (house.settings.data / "snapshots" / "sample.parquet").exists()
    await browse.get(f"{BASE}/results", status=404)
    await publish(house)
    async with house.reader() as anybody:
        for language, files in (("en", FILES), ("ar", FILES[:1])):
            page = await anybody.get(f"/{language}/consultations/sample/results")
            for file in files:
                assert f"/results/{file}" in page
                response = await anybody.client.get(f"/{language}/consultations/sample/results/{file}")
                assert response.status_code == 200
                assert len(response.content) > 1000
        await anybody.get(f"{BASE}/results/secret.csv", status=404)
        await anybody.get("/ar/consultations/sample/results/charts/nothing.svg", status=404)
        release = await anybody.client.get(f"{BASE}/results/release.json")
    assert digest(release.content) == frozen.digest


async def test_no_answer_of_a_single_person_can_be_read_from_the_release(house: House, browse: Reader) -> None:
    await answer_all(browse)
    await browse.post(f"{BASE}/send", {"go": "send"})
    house.clock.now = house.consultation.closes_at + timedelta(hours=1)
    await freeze(house)
    async with AsyncSession(house.engine) as session:
        release = reporting.read_release(await reporting.kept_release(session, "sample"))
    assert release.n == 1
    assert all(cell is None for table in release.tables for column in table.columns for cell in column.cells)
