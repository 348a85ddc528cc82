"""A further release, after people took their answers back: when there is one, what it replaces, who may make it."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations.countries import region_of
from app.reporting import service
from app.reporting.models import KeptRelease
from app.reporting.release_file import from_bytes, to_bytes
from app.reporting.side_by_side import side_by_side
from app.reporting.snapshot import erase_row, read_marks, snapshot_of, write_frame
from app.staff.permissions import Role
from app.submissions import receipts
from tests.application import NOON, House
from tests.consultations.test_desk import trail
from tests.desk import at_the_desk
from tests.reporting.people import facts_of, invented, release_of
from tests.reporting.test_columnar import stored
from tests.reporting.test_taking import fill
from tests.samples import SLUG, sample_document

ONE = f"/staff/consultations/{SLUG}"
PEOPLE = 400
AGAIN = f'<form method="post" action="{ONE}/release-again">'


async def take_back(house: House, numbers: range) -> None:
    """As the receipt page does it."""
    for number in numbers:
        code = b"r%031d" % number
        async with AsyncSession(house.engine) as session:
            kept = await receipts.look_up(session, code)
            assert await receipts.erase(session, code)
            await session.commit()
        assert kept is not None
        await service.erase_from_snapshot(house.engine, house.settings, kept)


async def releases(house: House) -> list[KeptRelease]:
    async with AsyncSession(house.engine) as session:
        found = [await service.numbered_release(session, house.consultation.id, number) for number in (1, 2, 3)]
    return [each for each in found if each is not None]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_who_took_their_answers_back_is_in_no_further_release_and_no_fewer_than_ten(house: House) -> None:
    document = sample_document()
    rows = [stored(sent.language, sent.answers, document) for sent in invented(document, PEOPLE)]
    await fill(house.engine, house.consultation.id, rows)
    await house.change(closes_at=NOON - timedelta(hours=1))
    async with at_the_desk(house, Role.SECRETARIAT) as desk:
        await desk.post(f"{ONE}/freeze", {})
        await desk.post(f"{ONE}/publish", {})
        assert "Answers taken back" not in await desk.get(f"{ONE}/paper")
        await take_back(house, range(9))
        page = await desk.get(f"{ONE}/paper")
        assert "Since this release 9 people have taken their answers back." in page
        assert AGAIN not in page
        assert 'role="alert"' in await desk.post(f"{ONE}/release-again", {}, status=409)
        await take_back(house, range(9, 60))
        assert AGAIN in await desk.get(f"{ONE}/paper")
        async with at_the_desk(house, Role.MODERATOR) as moderator:
            assert AGAIN not in await moderator.get(f"{ONE}/paper")
            await moderator.post(f"{ONE}/release-again", {}, status=403)
        await desk.post(f"{ONE}/release-again", {})
        assert "Answers taken back" not in await desk.follow()
    first, second = await releases(house)
    made = service.read_release(second)
    assert (made.number, made.n, made.replaces) == (2, PEOPLE - 60, first.digest)
    assert read_marks(service.snapshot_path(house.settings, SLUG)).erased == 60
    assert service.read_release(first).n == PEOPLE
    assert [each.act for each in await trail(house)][-1] == "release_again"
    async with house.reader() as stranger:
        for release in (first, second):
            assert release.digest in await stranger.get(f"/en/consultations/{SLUG}/results/releases")


async def test_there_is_none_before_the_first(house: House) -> None:
    async with at_the_desk(house, Role.SECRETARIAT) as desk:
        await desk.post(f"{ONE}/release-again", {}, status=409)
    assert await releases(house) == []


def test_who_takes_their_answers_back_while_it_is_made_is_not_in_it(tmp_path: Path) -> None:
    document, path = sample_document(), tmp_path / "people.parquet"
    people = list(invented(document, PEOPLE))
    first = to_bytes(release_of(document, people, run=side_by_side))
    write_frame(snapshot_of(people[60:], document, region_of), path)
    with ThreadPoolExecutor(1) as thread:
        making = thread.submit(service.count_again, [first], document, facts_of(document), (), None, path)
        for sent in people[60:64]:
            # Somewhere in the first second of several, so that what was read is no longer what is there.
            time.sleep(0.25)
            assert not making.done()
            assert erase_row(sent, document, region_of, path)
        n, content = making.result()
    assert content is not None
    assert n == from_bytes(content).n == PEOPLE - 64
