"""How many answers repeat another one word by word, told from a bounded draw."""

import secrets
import time
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.submissions.models import Submission

#: Rows of one draw, and how long its outcome is told.
DRAWN, DRAWN_SECONDS = 1000, 60.0
FEWEST_DRAWN = 20


@dataclass(frozen=True)
class Drawn:
    """Of `n` answers drawn by chance, `alike` say exactly what another one of them says."""

    n: int
    alike: int

    @property
    def share(self) -> float:
        return self.alike / self.n


class Alike:
    """Tells about once a minute, from a bounded draw, how many answers repeat another one word by word.

    The table lies in the order of random hashes, so a piece of it from a random place is a draw by chance. Answers are
    compared by the database and read by nobody. Many equal ones may be a script, or a class that answered together.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._known: dict[int, tuple[float, Drawn | None]] = {}

    async def drawn(self, consultation_id: int) -> Drawn | None:
        """None while too few have answered to say anything."""
        at, known = self._known.get(consultation_id, (float("-inf"), None))
        if time.monotonic() - at > DRAWN_SECONDS:
            known = await self._draw(consultation_id)
            self._known[consultation_id] = time.monotonic(), known
        return known

    async def _draw(self, consultation_id: int) -> Drawn | None:
        async with AsyncSession(self._engine) as session:
            for start in (secrets.token_bytes(32), b""):
                piece = (
                    select(Submission.consultation_id, Submission.answers)
                    .where(Submission.send_hash >= start)
                    .order_by(Submission.send_hash)
                    .limit(DRAWN)
                    .subquery()
                )
                same = (
                    select(piece.c.consultation_id, func.count().label("n"))
                    .group_by(piece.c.consultation_id, piece.c.answers)
                    .subquery()
                )
                ours = same.c.consultation_id == consultation_id
                asked = select(
                    func.sum(same.c.n),
                    func.sum(same.c.n).filter(ours),
                    func.sum(same.c.n).filter(and_(ours, same.c.n > 1)),
                )
                drawn, n, alike = (int(each or 0) for each in (await session.execute(asked)).one())
                # Too near to the end: then from the beginning, which is as good a place.
                if drawn == DRAWN:
                    break
        return Drawn(n, alike) if n >= FEWEST_DRAWN else None
