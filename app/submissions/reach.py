"""Who has answered so far: counts only."""

import time

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.submissions.models import Submission


class Counter:
    """The number of submissions of each consultation, counted again when older than `seconds`."""

    def __init__(self, engine: AsyncEngine, seconds: float) -> None:
        self._engine = engine
        self._seconds = seconds
        self._counted: dict[int, tuple[float, int]] = {}

    async def count(self, consultation_id: int) -> int:
        counted_at, n = self._counted.get(consultation_id, (float("-inf"), 0))
        if time.monotonic() - counted_at > self._seconds:
            async with self._engine.connect() as connection:
                counting = select(func.count()).where(Submission.consultation_id == consultation_id)
                n = await connection.scalar(counting) or 0
            self._counted[consultation_id] = (time.monotonic(), n)
        return n
