"""A desk in the middle of its work, for tests that look at its pages: people whose names are written in several
alphabets, five consultations in five phases, partners' links, texts in every state, a trail of what was done."""

import asyncio
import random
import re
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from html import unescape
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations import service as consultations
from app.outreach.service import Wanted, make
from app.questionnaire import service as questionnaires
from app.reporting import service as reporting
from app.staff import service as staff
from app.staff.models import Account
from app.staff.permissions import Role
from app.submissions.inbox import as_row
from app.submissions.models import ReachCount
from app.submissions.reach import CHECK
from tests.application import NOON, House, Reader
from tests.desk import at_the_desk
from tests.reporting.people import instrument, invented

OPEN, SCHEDULED, CLOSED, PUBLISHED, DRAFT = (
    "cyberbullying",
    "digital-skills",
    "five-rights",
    "cyberbullying-first-round",
    "rights-2027",
)
#: Slug, instrument, day, how many answered.
OTHERS = (
    (SCHEDULED, "digital-skills", date(2027, 2, 9), 0),
    (CLOSED, "five-rights", date(2026, 11, 18), 12),
    (PUBLISHED, "cyberbullying", date(2025, 11, 20), 40),
)
PARTNERS = (
    Wanted("Regional office, Nairobi", "office", country="KE", target=400, holds_consent=True),
    Wanted("شبكة مدارس عمّان", "school", country="JO", target=150, holds_consent=True),
    Wanted("Молодёжный совет Ташкента", "ngo", country="UZ", target=100),
    Wanted("Réseau francophone pour l’éducation aux médias et la citoyenneté numérique", "ngo", region="africa"),
    Wanted("青少年网络安全协会", "ngo", country="CN", target=300),
)
#: What is typed for people invited at the people page.
INVITED: tuple[dict[str, Any], ...] = (
    {"email": "pavel.d@example.org", "name": "Pavel Dvořák", "role": "protection", "language": "en"},
    {"email": "layla.mansour@example.org", "name": "ليلى منصور", "role": "translator", "languages": ["ar"]},
    {"email": "m.ivanova@example.org", "name": "Мария Иванова", "role": "translator", "languages": ["ru", "fr"]},
    {"email": "a.diallo@example.org", "name": "Aminata Diallo", "role": "secretariat"},
)


@dataclass(frozen=True)
class World:
    """What the pages are about: codes of the partners' links, somebody invited, somebody with everything."""

    codes: tuple[str, ...]
    invited_id: int
    full_id: int
    ticket: str


async def furnish(house: House) -> World:
    """The house, whose own consultation is open, has everything that the module names."""
    await _answer(house, house.consultation.id, OPEN, 240)
    await _leave(house)
    for slug, name, day, answers in OTHERS:
        await _another(house, slug, name, day, answers)
    codes = await _link(house)
    async with at_the_desk(house, Role.ADMINISTRATOR) as administrator:
        for person in INVITED:
            await administrator.post("/staff/people", {"language": "en", **person})
        async with AsyncSession(house.engine) as session:
            ended, full, invited = (
                await session.scalars(select(Account.id).order_by(Account.id.desc()).limit(3))
            ).all()
        await administrator.post(f"/staff/people/{ended}", {"go": "end"})
        await _draft(house, administrator)
        await _day(administrator)
    async with AsyncSession(house.engine) as session:
        await session.execute(update(Account).where(Account.id == full).values(password_hash="-", totp_secret=b"-"))
        account = await session.get_one(Account, invited)
        ticket, _ = await staff.issue_ticket(session, account, staff.INVITATION, house.clock())
        await session.commit()
    return World(codes, invited, full, ticket)


async def _answer(house: House, consultation_id: int, name: str, n: int) -> None:
    """So many invented people have sent their answers in the hours before now."""
    inbox, document, chance = house.application.api.state.inbox, instrument(name), random.Random(n)
    rows = [
        as_row(
            consultation_id=consultation_id,
            questionnaire_number=1,
            language=sent.language,
            link="",
            now=NOON - timedelta(hours=chance.triangular(0, 26, 9)),
            document=document,
            answers=sent.answers,  # type: ignore[arg-type]
            dropped=0,
        )
        | {"send_hash": secrets.token_bytes(32), "receipt_hash": secrets.token_bytes(32)}
        for sent in invented(document, n)
    ]
    await asyncio.gather(*(inbox.send(row) for row in rows))


async def _leave(house: House) -> None:
    """Of those who began, some left at every page."""
    sections = [section.name for section in instrument(OPEN).sections]
    left = zip([*sections, CHECK], (331, 298, 281, 274, 266, 249, 247, 243), strict=True)
    async with AsyncSession(house.engine) as session:
        for before, (section, n) in zip(["", *sections], left, strict=True):
            kinds = [("opened", section), ("passed", before)] if before else [("begun", "")]
            for kind, key in kinds:
                session.add(ReachCount(consultation_id=house.consultation.id, kind=kind, key=key, n=n))
        await session.commit()


async def _another(house: House, slug: str, name: str, day: date, answers: int) -> None:
    """One more consultation, scheduled; with answers its day was over some time ago, and a past year's is published."""
    document = instrument(name)
    async with AsyncSession(house.engine, expire_on_commit=False) as session:
        made = await consultations.create(
            session, slug=slug, topic=dict(document.title), summary=dict(document.summary), day=day, window="world"
        )
        made.sample = slug == PUBLISHED
        made.results_on, made.comments_until = day + timedelta(days=25), day + timedelta(days=45)
        made.feedback_on = day + timedelta(days=190)
        await questionnaires.attach(session, made, document)
        consultations.schedule(made, min(NOON, made.opens_at) - timedelta(days=14))
        await session.commit()
    await _answer(house, made.id, name, answers)
    if slug != PUBLISHED:
        return
    async with AsyncSession(house.engine) as session:
        after = made.closes_at + timedelta(hours=1)
        await reporting.freeze(session, house.settings, slug, after)
        consultations.publish(await consultations.find(session, slug), after + timedelta(days=20))
        await session.commit()


async def _link(house: House) -> tuple[str, ...]:
    """The codes of the partners' links: two with answers, one only opened, the last one ended."""
    async with AsyncSession(house.engine, expire_on_commit=False) as session:
        links = [await make(session, house.consultation.id, wanted, NOON - timedelta(days=9)) for wanted in PARTNERS]
        links[0].opened, links[1].opened, links[2].opened = 214, 63, 5
        links[-1].ended_at = NOON - timedelta(days=1)
        for link, n in zip(links, (87, 31), strict=False):
            session.add(ReachCount(consultation_id=house.consultation.id, kind="link", key=link.code, n=n))
        await session.commit()
    return tuple(link.code for link in links)


async def _draft(house: House, desk: Reader) -> None:
    """A draft in which texts are missing, stale and not yet reviewed, and one line of its gate is overruled."""
    one = f"/staff/consultations/{DRAFT}"
    wish = {"source": "instrument", "instrument": "five-rights", "slug": DRAFT, "day": "2027-05-14"}
    await desk.post("/staff/consultations-new", {**wish, "window": "world", "consent": "A", "ages": ["3", "4", "5"]})
    added = {"go": "add_question", "kind": "multiple", "label": "Who helped you when you needed it?", "escapes": "yes"}
    await _step(desk, f"{one}/questionnaire/apps", **added, choices="A parent or carer\nA friend\nA teacher\nNobody")
    page = await desk.get(f"{one}/questionnaire/FR16")
    words = unescape(re.findall(r"<textarea[^>]*>([^<]*)</textarea>", page)[0])
    changed = words.replace("you", "you, as a young person,", 1)
    await _step(desk, f"{one}/questionnaire/FR16", go="save", label=changed, max="600", lines="yes")
    planned = {"day": "2027-05-14", "results_on": "2027-06-10", "consent": "A", "ages": ["3", "4", "5"]}
    await desk.post(f"{one}/gate/plan", planned)
    await desk.post(f"{one}/gate/previews", {"languages": ["en", "fr"]})
    reason = "Agreed with the helpline of each country on the telephone; the list follows on Monday."
    await desk.post(f"{one}/gate/overrule", {"line": "helplines", "reason": reason})


async def _step(desk: Reader, path: str, **fields: str) -> None:
    found = re.search(r'name="seen" value="([^"]*)"', await desk.get(path))
    assert found is not None
    await desk.post(path, {"seen": found[1], **fields})


async def _day(desk: Reader) -> None:
    """The open day has targets, was paused once and goes on, and lasts longer than planned."""
    one = f"/staff/consultations/{OPEN}"
    targets = {"africa": "80", "americas": "60", "arab_states": "70", "asia_pacific": "60", "cis": "40"}
    await desk.post(f"{one}/targets", {f"target_{region}": n for region, n in targets.items()})
    for go, reason in (("pause", "Numbers of one school looked wrong"), ("resume", "سُئلت المدرسة، والأرقام صحيحة")):
        await desk.post(f"{one}/day", {"go": go, "reason": reason})
    await desk.post(f"{one}/day", {"go": "extend", "hours": "3", "reason": "Power cut in two countries"})
