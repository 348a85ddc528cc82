"""What is known of a consultation before its day, gathered from every room: the facts of the gate and its lines. And
what follows from them: it is scheduled, or a draft again when a change of it opens a line."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations import service as consultations
from app.consultations.countries import target_countries
from app.consultations.dates import DATES
from app.consultations.helplines import checked_countries
from app.consultations.models import Consultation, Guardian
from app.consultations.phase import Phase, phase_at
from app.consultations.service import MADE, SCHEDULED, UNSCHEDULED
from app.questionnaire.document import LANGUAGES, Document
from app.questionnaire.gate import Facts, GateLine, Overruled, Progress, Rehearsed, gate, open_ids
from app.questionnaire.models import Questionnaire
from app.questionnaire.rehearsing import PASSED as REHEARSED
from app.questionnaire.service import latest, read_document
from app.questionnaire.sound import faults_of
from app.questionnaire.translations import Standing, State, standings
from app.staff.audit import OPERATOR, record
from app.staff.models import Account, AuditEntry
from app.staff.permissions import Role

PREVIEWED, OVERRULED = "preview", "gate_overruled"
OPENED = "day_open"

#: To a consultation's id the countries that links name and the regions of which answers are hoped for: outreach knows.
AimedAt = Callable[[AsyncSession, int], Awaitable[tuple[frozenset[str], frozenset[str]]]]


async def lines_of(
    session: AsyncSession, consultation: Consultation, aimed_at: AimedAt, now: datetime
) -> tuple[GateLine, ...]:
    """The gate of a consultation with the newest version of its questionnaire."""
    stored = await latest(session, consultation.id)
    trail = await _trail(session, consultation.slug)
    facts = await _facts(session, consultation, stored, read_document(stored), trail, aimed_at, now)
    return gate(facts, _overrulings(trail))


async def guardians_of(session: AsyncSession, consultation_id: int) -> Mapping[str, Account]:
    """Who was named lead and deputy, by part, whatever became of them since."""
    rows = await session.execute(
        select(Guardian.part, Account)
        .join(Account, Account.id == Guardian.account_id)
        .where(Guardian.consultation_id == consultation_id)
    )
    return {row[0]: row[1] for row in rows}


async def may_guard(session: AsyncSession) -> Sequence[Account]:
    """Everybody who can be named lead or deputy, in the order of names."""
    found = await session.scalars(
        select(Account)
        .where(Account.role == Role.PROTECTION.value, Account.ended_at.is_(None))
        .order_by(Account.name, Account.email)
    )
    return found.all()


def guards(account: Account) -> bool:
    """Whether somebody who was named can still answer for anything."""
    return account.role == Role.PROTECTION.value and account.ended_at is None


async def schedule(
    session: AsyncSession,
    consultation: Consultation,
    lines: Sequence[GateLine],
    *,
    who: str,
    now: datetime,
    reason: str = "",
) -> None:
    """The day opens and closes by itself from now on, and the trail says so, with the lines that did not stop it.

    Whether an open line stops it is the caller's to ask: of an operator at the machine none does.
    """
    stored = await latest(session, consultation.id)
    document = read_document(stored)
    before = {"phase": phase_at(consultation, now).value}
    consultations.schedule(consultation, now)
    # The public pages have these in every language that the questionnaire has.
    consultation.topic = {**document.title, **consultation.topic}
    consultation.summary = {**document.summary, **consultation.summary}
    after = {
        "phase": phase_at(consultation, now).value,
        "opens_at": consultation.opens_at.isoformat(),
        "version": stored.number,
        "digest": stored.digest,
        **overruled_in(lines),
    }
    await record(
        session,
        who=who,
        act=SCHEDULED,
        subject=consultation.slug,
        now=now,
        before=before,
        after=after,
        reason=reason,
    )


def overruled_in(lines: Sequence[GateLine]) -> dict[str, Any]:
    """For the trail: the lines that were not done, each with what stood in its way."""
    return {"overruled": {line.id: list(line.troubles) for line in lines if line.state != "done"}}


@asynccontextmanager
async def watched(
    session: AsyncSession, consultation: Consultation, aimed_at: AimedAt, *, who: str, now: datetime
) -> AsyncIterator[None]:
    """Around a change of a consultation. Where it opens a line of one that is scheduled, it is a draft again
    afterwards, and the trail names the lines: a text that is missing in one language must not reach its day."""
    if phase_at(consultation, now) is not Phase.SCHEDULED:
        yield
        return
    open_before = open_ids(await lines_of(session, consultation, aimed_at, now))
    yield
    await session.flush()
    lines = await lines_of(session, consultation, aimed_at, now)
    opened = [id_ for id_ in open_ids(lines) if id_ not in open_before]
    # Another day in the plan may be one that has begun: then it would be open at once.
    if not opened or phase_at(consultation, now) not in (Phase.SCHEDULED, Phase.OPEN):
        return
    before = {"phase": Phase.SCHEDULED.value}
    consultations.unschedule(consultation)
    after = {"phase": Phase.DRAFT.value, "lines": {each.id: list(each.troubles) for each in lines if each.id in opened}}
    await record(session, who=who, act=UNSCHEDULED, subject=consultation.slug, now=now, before=before, after=after)


# The facts -----------------------------------------------------------------------------------------------------------


async def _trail(session: AsyncSession, slug: str) -> Sequence[AuditEntry]:
    """What was done for this consultation. A draft that was there before under its name does not count."""
    acts = (MADE, PREVIEWED, REHEARSED, OVERRULED, SCHEDULED, OPENED)
    rows = await session.scalars(
        select(AuditEntry).where(AuditEntry.subject == slug, AuditEntry.act.in_(acts)).order_by(AuditEntry.number)
    )
    entries = list(rows)
    begins = max((place for place, entry in enumerate(entries) if entry.act == MADE), default=0)
    return entries[begins:]


def _overrulings(trail: Sequence[AuditEntry]) -> Mapping[str, Overruled]:
    """Of each line that was overruled, the latest time: by an administrator, or by the operator who scheduled it."""
    found: dict[str, Overruled] = {}
    for entry in trail:
        after = entry.after or {}
        if entry.act == OVERRULED:
            ruled: Mapping[str, Sequence[str]] = {str(after["line"]): after["covers"]}
        else:
            ruled = after.get("overruled", {}) if entry.who == OPERATOR else {}
        for id_, covers in ruled.items():
            found[id_] = Overruled(entry.who, entry.at, entry.reason, frozenset(covers))
    return found


async def _facts(
    session: AsyncSession,
    consultation: Consultation,
    stored: Questionnaire,
    document: Document,
    trail: Sequence[AuditEntry],
    aimed_at: AimedAt,
    now: datetime,
) -> Facts:
    stands = await standings(session, consultation.id, document)
    named = await guardians_of(session, consultation.id)
    targets = target_countries(*await aimed_at(session, consultation.id))
    checked = await checked_countries(session, now.date())
    return Facts(
        now=now,
        opens_at=consultation.opens_at,
        version=stored.number,
        progress={language: _progress(texts) for language, texts in stands.items()},
        faulty=tuple(dict.fromkeys(finding.code for finding in faults_of(document))),
        consent=consultation.consent,
        age_bands=tuple(consultation.age_bands),
        guardians={part: account.name for part, account in named.items() if guards(account)},
        gone={part: account.name for part, account in named.items() if not guards(account)},
        targets=len(targets),
        unchecked=tuple(each for each in targets if each not in checked),
        dates={name: getattr(consultation, name) for name in DATES},
        languages=LANGUAGES,
        previewed=frozenset(str((each.after or {}).get("language")) for each in trail if each.act == PREVIEWED),
        rehearsed=_rehearsed([each for each in trail if each.act == REHEARSED], stored),
    )


def _rehearsed(passed: Sequence[AuditEntry], stored: Questionnaire) -> Rehearsed | None:
    """The last rehearsal; one of the questionnaire as it is now before all others, since a step can be taken back."""
    of_this = [each for each in passed if (each.after or {}).get("digest") == stored.digest]
    if not passed:
        return None
    last = (of_this or passed)[-1]
    told = last.after or {}
    return Rehearsed(last.at, int(told.get("version", 0)), int(told.get("sent", 0)), bool(of_this))


def _progress(texts: Sequence[Standing]) -> Progress:
    return Progress(
        missing=sum(each.state is State.MISSING for each in texts),
        stale=sum(each.state is State.STALE for each in texts),
        unread=sum(
            each.state is State.DRAFTED or (each.state is State.REVIEWED and each.reviewed_by == each.by)
            for each in texts
        ),
    )
