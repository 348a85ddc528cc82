"""Whether what the rehearsed respondents sent is what is kept: all of it, once, and nothing else."""

import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.consultations.models import Consultation
from app.rehearsal.browser import Browser, Journal
from app.rehearsal.line import Origin
from app.rehearsal.respondent import digest_of
from app.submissions.models import Submission
from app.submissions.receipts import ReceiptKeys, as_typed

Record = Mapping[str, Any]


@dataclass
class Comparison:
    """`compared` submissions were looked at; `differences` says in words what is not as it was sent."""

    compared: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        return not self.differences


async def compare_with_database(
    engine: AsyncEngine, keys: ReceiptKeys, slug: str, records: Iterable[Record], *, alone: bool = True
) -> Comparison:
    """Every receipt that was shown is kept once, in its language, with exactly the answers that were sent, and the
    consultation has no other submission, where nobody else answered it."""
    found = Comparison()
    async with engine.connect() as connection:
        rows = await connection.execute(
            select(Submission.receipt_hash, Submission.language, Submission.answers, Submission.open_answers)
            .join(Consultation, Consultation.id == Submission.consultation_id)
            .where(Consultation.slug == slug)
        )
        kept = {bytes(row.receipt_hash): row for row in rows}
    shown: dict[bytes, int] = {}
    for record in records:
        if not record["thanked"]:
            continue
        who = f"respondent {record['number']}"
        receipt_hash = keys.stored_hash(as_typed(record["receipt"]))
        if receipt_hash in shown:
            found.differences.append(f"{who} was shown the receipt of respondent {shown[receipt_hash]}")
            continue
        shown[receipt_hash] = record["number"]
        row = kept.get(receipt_hash)
        if row is None:
            found.differences.append(f"{who} was thanked, and nothing is kept")
            continue
        found.compared += 1
        answers = json.loads(row.answers) | json.loads(row.open_answers or "{}")
        if row.language != record["language"]:
            found.differences.append(f"{who} sent in {record['language']}, kept is {row.language}")
        for code in sorted({*answers, *record["answers"]}):
            if answers.get(code) != record["answers"].get(code):
                # Never the text: what people wrote stands in no log.
                found.differences.append(f"{who}: {code} is not what was sent")
    unknown = len(kept.keys() - shown.keys())
    if unknown and alone:
        found.differences.append(f"{unknown} submissions that nobody was thanked for")
    return found


async def compare_with_receipt_pages(
    base_url: str, records: Iterable[Record], sample: int, seed: int = 1
) -> Comparison:
    """The public way: the receipt pages of `sample` respondents, by chance, list what their check pages listed."""
    found = Comparison()
    thanked = [record for record in records if record["thanked"]]
    origin, journal = Origin.of(base_url), Journal()
    for record in random.Random(seed).sample(thanked, min(sample, len(thanked))):
        browser = Browser(origin, journal)
        path = f"/{record['language']}/receipt"
        form = (await browser.visit(path, "receipt")).screen
        page = await browser.post(form.action, [("code", record["receipt"])], "receipt")
        browser.close()
        if page.status != 200:
            found.differences.append(f"the receipt of respondent {record['number']} finds nothing")
            continue
        found.compared += 1
        if digest_of(page.screen.lines) != record["shown"]:
            found.differences.append(f"the receipt page of respondent {record['number']} lists other answers")
    return found
