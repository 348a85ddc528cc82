"""Receipt codes: the only way back to one submission, to see it or to erase it.

A code is derived from the journey's send key and the answers, so that sending again shows the same code, and nobody
gets a code for answers that he did not send; stored is only a keyed hash of it. Codes have 78 random bits, in letters
and digits that nobody confuses.
"""

import hmac
import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.questionnaire.kinds import Answer
from app.submissions.models import Submission
from app.submissions.reach import Changes, add, places_of

#: Without 0 and O, 1 and I and L, U (for V), so that a code written by hand is read right.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
GROUP = 4


class ReceiptKeys:
    """Makes codes and their stored hashes, with two keys of 32 bytes."""

    def __init__(self, code_key: bytes, hash_key: bytes) -> None:
        self._code_key = code_key
        self._hash_key = hash_key

    def code(self, send_key: bytes, answers: str) -> str:
        """The code of a Send, without blanks; the same for every call. `answers` as they are stored.

        log2(30) * 16 = 78 of 128 bits.
        """
        number = int.from_bytes(hmac.digest(self._code_key, send_key + answers.encode(), "sha256")[:16])
        letters = []
        for _ in range(LENGTH):
            number, place = divmod(number, len(ALPHABET))
            letters.append(ALPHABET[place])
        return "".join(letters)

    def send_hash(self, send_key: bytes) -> bytes:
        """What the database keeps of a send key: 32 bytes. No code begins as this does."""
        return hmac.digest(self._hash_key, b"send\0" + send_key, "sha256")

    def stored_hash(self, code: str) -> bytes:
        """What the database keeps of a code: 32 bytes."""
        return hmac.digest(self._hash_key, code.encode(), "sha256")


def in_groups(code: str) -> str:
    """The code as people read it: groups of four with blanks between."""
    return " ".join(code[place : place + GROUP] for place in range(0, len(code), GROUP))


def as_typed(typed: str) -> str:
    """What somebody typed, with blanks and hyphens taken out and what is easily confused put right."""
    folded = "".join(ch for ch in typed.upper() if ch.isalnum())[: 4 * LENGTH]
    return folded.replace("U", "V")


@dataclass(frozen=True)
class Kept:
    """One submission as its own respondent may see it."""

    consultation_id: int
    questionnaire_number: int
    language: str
    arrived_hour: datetime
    answers: dict[str, Answer]


async def look_up(session: AsyncSession, receipt_hash: bytes) -> Kept | None:
    """The submission of that hash, or None: never sent, or erased."""
    row = await session.scalar(select(Submission).where(Submission.receipt_hash == receipt_hash))
    if row is None:
        return None
    answers = json.loads(row.answers) | json.loads(row.open_answers or "{}")
    return Kept(
        row.consultation_id,
        row.questionnaire_number,
        row.language,
        row.arrived_hour,
        {code: tuple(kept) if isinstance(kept, list) else kept for code, kept in answers.items()},
    )


async def erase(session: AsyncSession, receipt_hash: bytes) -> bool:
    """The submission of that hash is gone and counts nowhere, if there was one; says whether there was. A repeat finds
    nothing."""
    table: Table = Submission.__table__  # type: ignore[assignment]
    gone = await session.execute(delete(table).where(table.c.receipt_hash == receipt_hash).returning(*table.columns))
    row = gone.mappings().first()
    if row is None:
        return False
    await add(await session.connection(), Changes(dict.fromkeys(places_of(dict(row)), -1)))
    return True
