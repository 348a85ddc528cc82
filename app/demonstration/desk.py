"""What happened at the desk before and after the demonstration's days: partners' links, targets by region, who answers
for safety, and the rows of the trail that tell it. All of it is sample data, and says so in the trail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations.models import Consultation, Guardian
from app.outreach import service as outreach
from app.outreach.models import Link, RegionTarget
from app.outreach.service import Wanted
from app.staff.audit import OPERATOR, record
from app.staff.models import Account

REASON = "Sample data"
#: Days before the day opens, or before now where that is earlier.
MADE, LINKED, AIMED = timedelta(days=40), timedelta(days=30), timedelta(days=21)


@dataclass(frozen=True)
class Spread:
    """A link of the demonstration. `ours`: of its partner account. `ended`: before the day."""

    wanted: Wanted
    ours: bool = False
    ended: bool = False


SPREADS = (
    Spread(Wanted("Sample school network, Nairobi", "school", "KE", target=60, holds_consent=True), ours=True),
    Spread(Wanted("مدارس النموذج، عمّان", "school", "JO", target=30)),
    Spread(Wanted("Jeunesse connectée (exemple), Dakar", "ngo", "SN", target=40), ours=True),
    Spread(Wanted("Sample regional office", "office", region="asia_pacific", target=50)),
    Spread(Wanted("Молодёжный совет (пример), Алматы", "ngo", "KZ", target=20)),
    Spread(Wanted("Sample company", "company", "BR"), ended=True),
)
#: Of each sixty answers.
TARGETS: Mapping[str, int] = {
    "africa": 20, "americas": 20, "arab_states": 15, "asia_pacific": 20, "cis": 10, "europe": 20,
}  # fmt: skip


@dataclass(frozen=True)
class Done:
    """One act for the trail."""

    at: datetime
    who: str
    act: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]


class Desk:
    """Does what the staff of a consultation would have done, and remembers it until `tell`.

    Rows of the trail stand in the order of their instants; those of several consultations mingle, so they are written
    when all is done.
    """

    def __init__(self, people: Mapping[str, Account]) -> None:
        self._people = people
        self._done: list[Done] = []

    def who(self, key: str) -> str:
        account = self._people.get(key)
        return account.email if account is not None else OPERATOR

    def did(self, at: datetime, key: str, act: str, subject: str, after: Mapping[str, Any], before: Any = None) -> None:
        self._done.append(Done(at, self.who(key), act, subject, before, after))

    async def prepare(
        self, session: AsyncSession, consultation: Consultation, answers: int, at: datetime
    ) -> Sequence[str]:
        """The consultation has its guardians, links and targets. `answers` will come; `at`: when the day opens, or now.
        Gives the codes of the links that still count."""
        targets = {region: n * max(1, answers // 60) for region, n in TARGETS.items()}
        for part, key in (("lead", "protection"), ("deputy", "protection-deputy")):
            if key in self._people:
                session.add(Guardian(consultation_id=consultation.id, part=part, account_id=self._people[key].id))
        made = {"source": "instrument", "day": consultation.day.isoformat(), "window": consultation.window}
        more = {"consent": consultation.consent, "ages": list(consultation.age_bands), "sample": True}
        self.did(at - MADE, "moderator", "consultation_made", consultation.slug, made | more)
        links = [await self._spread(session, consultation, each, at) for each in SPREADS]
        session.add_all(RegionTarget(consultation_id=consultation.id, region=each, n=n) for each, n in targets.items())
        self.did(at - AIMED, "moderator", "targets_set", consultation.slug, targets, before={})
        await session.flush()
        return [each.code for each in links if each.ended_at is None]

    async def _spread(self, session: AsyncSession, consultation: Consultation, each: Spread, at: datetime) -> Link:
        partner = self._people.get("partner") if each.ours else None
        link = await outreach.make(session, consultation.id, each.wanted, at - LINKED)
        link.account_id = partner.id if partner else None
        subject, email = f"{consultation.slug}/{link.code}", partner.email if partner else ""
        facts = outreach.facts(link, email)
        self.did(link.made_at, "moderator", "link_made", subject, facts)
        if each.ended:
            outreach.end(link, at - AIMED)
            self.did(at - AIMED, "moderator", "link_ended", subject, outreach.facts(link, email), before=facts)
        return link

    async def tell(self, session: AsyncSession) -> None:
        """Everything that was done stands in the trail."""
        for each in sorted(self._done, key=lambda done: done.at):
            await record(
                session,
                who=each.who,
                act=each.act,
                subject=each.subject,
                now=each.at,
                before=each.before,
                after=each.after,
                reason=REASON,
            )
        self._done.clear()
