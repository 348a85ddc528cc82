"""A consultation whose answers are frozen, and versions of its paper, for tests of the rounds of publication."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations import service as consultations
from app.questionnaire.document import LANGUAGES
from app.reporting import versions
from app.reporting.models import PaperVersion
from app.reporting.rounds import Standing
from app.staff.models import DeskSession
from tests.application import NOON, House, Reader
from tests.reporting.test_results_pages import freeze
from tests.samples import SLUG

VERSIONS = f"/staff/consultations/{SLUG}/versions"
#: The day is over at noon of 21 November; everything here happens after.
FROZEN_AT = NOON + timedelta(days=3)
UNTIL = date(2026, 12, 10)
CLOSES = datetime(2026, 12, 11, 12, tzinfo=NOON.tzinfo)
CHANGED = {f"changed-{language}": f"Other words ({language})" for language in LANGUAGES}
PUBLIC = f"/en/consultations/{SLUG}/paper"


def version(number: int, **others: Any) -> PaperVersion:
    """A version that is in no database."""
    values: dict[str, Any] = {"final": False, "comments_until": None, "withdrawn_at": None}
    return PaperVersion(number=number, **values | others)


async def frozen(house: House) -> None:
    """The day is over and the answers are frozen; the clock stands some days later."""
    house.clock.now = FROZEN_AT
    await freeze(house)


async def post_draft(desk: Reader, number: int = 1, **others: str) -> None:
    """The secretariat posts a draft."""
    fields = {"number": str(number), "kind": "draft", "until": UNTIL.isoformat(), **others}
    if number > 1:
        fields = CHANGED | fields
    await desk.post(VERSIONS, fields)


async def post_final(desk: Reader, number: int = 1, **others: str) -> None:
    fields = {"number": str(number), "kind": "final", **others}
    if number > 1:
        fields = CHANGED | fields
    await desk.post(VERSIONS, fields)


async def days_pass(house: House, days: float) -> None:
    """The clock goes on; whoever was at the desk has signed in again."""
    house.clock.forward(days=days)
    async with AsyncSession(house.engine) as session:
        await session.execute(update(DeskSession).values(begun_at=house.clock(), seen_at=house.clock()))
        await session.commit()


async def drafted(house: House, number: int = 1, standing: Standing | None = None) -> None:
    """A draft is there."""
    standing = standing or Standing(False, UNTIL)
    async with AsyncSession(house.engine, expire_on_commit=False) as session:
        consultation = await consultations.find(session, SLUG)
        changed = {} if number == 1 else {language: f"Other words ({language})" for language in LANGUAGES}
        documents = house.application.api.state.documents
        made = await versions.post(session, documents, consultation, number, standing, changed, house.clock())
        assert made is not None
        await session.commit()
