"""A draft that waits at the gate, and what is done at the desk until every line of it is done."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations import service as consultations
from app.consultations.models import Consultation
from app.consultations.phase import Phase, phase_at
from app.questionnaire import service as questionnaires
from app.questionnaire.document import LANGUAGES
from app.questionnaire.models import TextState
from app.questionnaire.texts import digest_of, to_translate
from app.staff.audit import record
from app.staff.models import Account, AuditEntry
from app.staff.permissions import Role
from tests.application import NOON, House, Reader
from tests.desk import at_the_desk
from tests.samples import sample_document

SLUG = "next"
GATE = f"/staff/consultations/{SLUG}/gate"
PLAN: dict[str, Any] = {
    "day": "2027-02-09",
    "results_on": "2027-03-10",
    "freeze_on": "2027-02-20",
    "comments_until": "2027-04-10",
    "feedback_on": "2027-09-01",
    "words_until": "2028-03-10",
    "consent": "A",
    "ages": ["3", "4", "5"],
}


async def prepare(house: House, *, reviewed: bool = True) -> None:
    """A draft whose translations were made by one person and read by another, or not."""
    document = sample_document()
    async with AsyncSession(house.engine, expire_on_commit=False) as session:
        consultation = await consultations.create(
            session,
            slug=SLUG,
            topic=dict(document.title),
            summary={},
            day=date(2027, 2, 9),
            window="world",
        )
        await questionnaires.attach(session, consultation, document)
        for language in LANGUAGES:
            for text in to_translate(document) if reviewed and language != "en" else ():
                session.add(
                    TextState(
                        consultation_id=consultation.id,
                        key=text.key,
                        language=language,
                        source_digest=digest_of(text.in_language("en")),
                        source_text=text.in_language("en"),
                        translated_by="t@example.org",
                        translated_at=NOON,
                        reviewed_by="r@example.org",
                        reviewed_at=NOON,
                        text_digest=digest_of(text.in_language(language)),
                    )
                )
        await session.commit()


async def rehearse(house: House) -> None:
    async with AsyncSession(house.engine) as session:
        found = (await session.scalars(select(Consultation).where(Consultation.slug == SLUG))).one()
        stored = await questionnaires.latest(session, found.id)
        after = {"answers": 200, "sent": 180, "seconds": 9.5, "version": stored.number, "digest": stored.digest}
        await record(session, who="consult", act="rehearsal_passed", subject=SLUG, now=NOON, after=after)
        await session.commit()


async def name_guardians(house: House) -> dict[str, str]:
    """Two people of protection, as the form of the plan names them."""
    async with AsyncSession(house.engine) as session:
        people = [
            Account(email=f"{name}@example.org", name=name.capitalize(), role="protection", invited_at=NOON)
            for name in ("amina", "pavel")
        ]
        session.add_all(people)
        await session.flush()
        named = {"lead": str(people[0].id), "deputy": str(people[1].id)}
        await session.commit()
    return named


async def acts(house: House) -> list[AuditEntry]:
    async with AsyncSession(house.engine) as session:
        rows = await session.scalars(select(AuditEntry).where(AuditEntry.subject == SLUG).order_by(AuditEntry.number))
        return list(rows)


async def phase(house: House) -> Phase:
    async with AsyncSession(house.engine) as session:
        found = (await session.scalars(select(Consultation).where(Consultation.slug == SLUG))).one()
        return phase_at(found, NOON)


def open_lines(page: str) -> set[str]:
    """The lines that the page says must be mended."""
    parts = page.partition('<ol class="gate"')[2].partition("</ol>")[0].split('<li id="line-')[1:]
    return {part.partition('"')[0] for part in parts if 'class="st do"' in part}


async def make_ready(house: House, desk: Reader) -> None:
    """Every line but that of the helplines is done."""
    await desk.post(f"{GATE}/plan", {**PLAN, **await name_guardians(house)})
    await desk.post(f"{GATE}/previews", {"languages": list(LANGUAGES)})
    await rehearse(house)


async def schedule(house: House) -> None:
    """It is scheduled as a moderator does it, after an administrator overruled the helplines."""
    await prepare(house)
    async with at_the_desk(house) as desk, at_the_desk(house, Role.ADMINISTRATOR) as administrator:
        await make_ready(house, desk)
        await administrator.post(f"{GATE}/overrule", {"line": "helplines", "reason": "Directory shown instead"})
        await desk.post(f"{GATE}/schedule", {})
    assert await phase(house) is Phase.SCHEDULED
