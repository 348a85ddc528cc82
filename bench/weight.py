"""Bytes on the wire of one respondent without script, from a cold start, in each language and encoding."""

from dataclasses import dataclass

from app.rehearsal.people import LANGUAGES
from bench.recording import Way, record_one_page, record_sections
from bench.references import LIMESURVEY_KB, LIMESURVEY_REQUESTS

KB = 1024
FIRST_VISIT_KB, PAGE_KB, JOURNEY_KB, ONE_PAGE_KB, ONE_PAGE_FLOOR_KB, ONE_PAGE_REQUESTS = 30, 14, 100, 40, 60, 5
#: Different respondents by language; the heaviest is told.
RESPONDENTS = 3


@dataclass(frozen=True)
class Weight:
    """Received bytes with all headers: the `first` page and its styles, the heaviest `page`, and the `whole` way."""

    language: str
    accepts: str
    requests: int
    first: int
    page: int
    whole: int
    sent: int

    @classmethod
    def of(cls, way: Way, accepts: str) -> "Weight":
        received = [each.reply.wire_bytes for each in way.exchanges]
        pages = [each.reply.wire_bytes for each in way.exchanges[2:] if each.reply.status == 200]
        sent = sum(each.sent_bytes for each in way.exchanges)
        return cls(way.language, accepts, len(received), sum(received[:2]), max(pages), sum(received), sent)


async def weigh(base_url: str) -> str:
    """The two rows about bytes, as a table by language."""
    lines = [
        "",
        f"Bytes of one respondent, cold, without script, headers included; LimeSurvey: {LIMESURVEY_REQUESTS} requests, "
        f"{LIMESURVEY_KB} KB. Heaviest of {RESPONDENTS}.",
        f"{'way':<12}{'language':>9}{'encoding':>9}{'requests':>9}{'first visit':>12}{'largest page':>13}"
        f"{'whole':>8}{'sent':>8}  verdict",
    ]
    for record, name in ((record_sections, "sections"), (record_one_page, "one page")):
        for accepts in ("br", "gzip"):
            for language in LANGUAGES:
                found: list[Weight] = []
                number = 0
                while len(found) < RESPONDENTS:
                    way = await record(base_url, number, language, accepts)
                    number += 1
                    if way is not None:
                        found.append(Weight.of(way, accepts))
                lines.append(_line(name, max(found, key=lambda each: each.whole)))
    return "\n".join(lines)


def _line(name: str, weight: Weight) -> str:
    if name == "sections":
        kept = weight.first <= FIRST_VISIT_KB * KB and weight.page <= PAGE_KB * KB and weight.whole <= JOURNEY_KB * KB
        verdict = "kept" if kept else f"BELOW ({FIRST_VISIT_KB}, {PAGE_KB}, {JOURNEY_KB} KB)"
    else:
        kept = weight.requests <= ONE_PAGE_REQUESTS and weight.whole <= ONE_PAGE_KB * KB
        above = weight.whole <= ONE_PAGE_FLOOR_KB * KB
        verdict = (
            "kept" if kept else ("above floor" if above else "BELOW") + f" ({ONE_PAGE_REQUESTS}, {ONE_PAGE_KB} KB)"
        )
    return (
        f"{name:<12}{weight.language:>9}{weight.accepts:>9}{weight.requests:>9}{weight.first / KB:>9.1f} KB"
        f"{weight.page / KB:>10.1f} KB{weight.whole / KB:>5.1f} KB{weight.sent / KB:>5.1f} KB  {verdict}"
    )
