"""The demonstration's consultations: loaded once, alive at the desk, and open again on another day."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.consultations.models import Consultation, Guardian
from app.consultations.phase import Phase, phase_at
from app.demonstration.samples import Sample, load
from app.outreach.models import Link, RegionTarget
from app.settings import Settings
from app.staff.audit import broken_at
from app.staff.models import AuditEntry
from app.submissions.models import Submission
from app.submissions.reach import answers_by_link

NOW = datetime(2026, 11, 20, 15, 40, tzinfo=UTC)
SMALL = (
    Sample("now", "cyberbullying", 0, 16, hours_ago=(4, 0)),
    Sample("soon", "digital-skills", 79, 0),
    Sample("past", "five-rights", -21, 8, "published"),
)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_stranger_finds_every_phase_with_links_targets_and_a_trail(
    engine: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path, database_url=database_url, secret="s" * 40)
    waiting: list[str] = []
    made = await load(engine, settings, NOW, with_people=True, samples=SMALL, tell=waiting.append)
    assert len(made) == 8
    assert [line.split("”")[0] for line in waiting] == ["“now", "“past", "“past", "“past"]
    assert await load(engine, settings, NOW, with_people=True, samples=SMALL) == made
    async with AsyncSession(engine) as session:
        consultations = {each.slug: each for each in await session.scalars(select(Consultation))}
        phases = {slug: phase_at(each, NOW) for slug, each in consultations.items()}
        assert phases == {"now": Phase.OPEN, "soon": Phase.SCHEDULED, "past": Phase.PUBLISHED}
        assert all(each.sample for each in consultations.values())
        guardians = [(each.consultation_id, each.part) for each in await session.scalars(select(Guardian))]
        assert len(guardians) == 6
        links = list(await session.scalars(select(Link)))
        assert Counter(each.consultation_id for each in links) == Counter(
            {each.id: 6 for each in consultations.values()}
        )
        assert sum(each.ended_at is not None for each in links) == 3
        assert sum(each.account_id is not None for each in links) == 6
        assert len(list(await session.scalars(select(RegionTarget)))) == 18
        entries = list(await session.scalars(select(AuditEntry).order_by(AuditEntry.number)))
        open_id = consultations["now"].id
        by_link = await answers_by_link(engine, open_id)
        sent = list(await session.scalars(select(Submission.link).where(Submission.consultation_id == open_id)))
    told = [each for each in entries if each.act != "invited"]
    assert [each.at for each in told] == sorted(each.at for each in told)
    assert all(each.at <= NOW and each.reason == "Sample data" for each in told)
    assert {each.who for each in told} == {"moderator@demo.example", "secretariat@demo.example"}
    assert broken_at(entries) is None
    # Some came by links, some by none, and the counters say what the table says.
    assert {code or "": n for code, n in Counter(sent).items()} == by_link
    assert len(by_link) > 1


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_on_another_day_the_open_one_is_open_again_with_answers_up_to_this_hour(
    engine: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path, database_url=database_url, secret="s" * 40)
    await load(engine, settings, NOW, samples=SMALL[:1])
    later = NOW + timedelta(days=9, hours=2, minutes=3)
    for _ in range(2):
        assert await load(engine, settings, later, samples=SMALL[:1]) == ()
        async with AsyncSession(engine) as session:
            (sample,) = await session.scalars(select(Consultation))
            hours = Counter(await session.scalars(select(Submission.arrived_hour)))
            who = set(await session.scalars(select(AuditEntry.who)))
        assert phase_at(sample, later) is Phase.OPEN
        this_hour = later.replace(minute=0)
        assert set(hours) == {this_hour, this_hour - timedelta(hours=4)}
        assert sample.opens_at <= min(hours)
    assert who == {"consult"}
