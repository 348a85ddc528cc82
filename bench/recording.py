"""Ways through the pages, walked once by a rehearsed respondent and kept as requests to be made again."""

import random
from dataclasses import dataclass, field
from typing import Any

from app.rehearsal.browser import Browser, Journal
from app.rehearsal.choosing import choose
from app.rehearsal.line import Origin, Reply
from app.rehearsal.people import LANGUAGES, STRAIGHT, Person
from app.rehearsal.respondent import Respondent
from bench.load import Ask, Cookies, Script
from bench.servers import SLUG


@dataclass(frozen=True)
class Exchange:
    """One request with the answer that it had."""

    kind: str
    ask: Ask
    cookies: Cookies
    reply: Reply
    sent_bytes: int

    @property
    def target(self) -> tuple[str, str]:
        """Method and path."""
        method, path, _ = self.ask.before.split(b" ", 2)
        return method.decode(), path.decode()


@dataclass
class Way:
    """Everything that one respondent's browser asked, in order; and what it sent, by the respondent's own record."""

    language: str
    exchanges: list[Exchange] = field(default_factory=list)
    record: dict[str, Any] = field(default_factory=dict)

    def script(self) -> Script:
        """The same way for another respondent: on a line of its own, with cookies of its own."""
        return Script(tuple(each.ask for each in self.exchanges), fresh=True)

    def hear(self, kind: str, request: bytes, reply: Reply) -> None:
        head, _, body = request.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        place = next((n for n, line in enumerate(lines) if line.startswith(b"Cookie: ")), len(lines))
        cookies: Cookies = {}
        for pair in lines[place][8:].split(b"; ") if place < len(lines) else ():
            name, _, value = pair.partition(b"=")
            cookies[name] = value
        before = b"\r\n".join(lines[:place]) + b"\r\n"
        rest = lines[place + 1 :]
        after = b"".join(line + b"\r\n" for line in rest) + b"\r\n" + body
        self.exchanges.append(Exchange(kind, Ask(before, after, reply.status), cookies, reply, len(request)))


async def record_sections(base_url: str, number: int, language: str, accepts: str) -> Way | None:
    """A whole journey by sections, from the front page to the receipt; None where it did not go straight."""
    way, journal, person = _begin(number, language)
    browser = Browser(Origin.of(base_url), journal, languages=language, accepts=accepts)
    record = await Respondent(person, STRAIGHT, browser, SLUG).answer()
    way.record = record.as_json()
    return way if record.thanked and not record.faults and not record.mended else None


async def record_one_page(base_url: str, number: int, language: str, accepts: str) -> Way | None:
    """The same with everything on one page, sent from there, from the page about the consultation on."""
    way, journal, person = _begin(number, language)
    browser = Browser(Origin.of(base_url), journal, languages=language, accepts=accepts)
    about = f"/{language}/consultations/{SLUG}"
    await browser.visit(about, "front")
    page = await browser.visit(f"{about}/answer?all=1", "answer")
    typed = choose(person, STRAIGHT, page.screen, list(page.screen.controls), language)
    pairs = [
        (name, value)
        for name, control in page.screen.controls.items()
        for value in typed.get(name, ()) or (("",) if control.kind not in ("radio", "checkbox") else ())
    ]
    thanks = await browser.post(page.screen.action, [*pairs, ("go", "send")], "send")
    browser.close()
    return way if thanks.screen.receipt_code else None


async def record_ways(base_url: str, count: int, accepts: str, *, one_page: bool = False) -> list[Way]:
    """`count` ways of different respondents, the languages in turn."""
    record = record_one_page if one_page else record_sections
    ways: list[Way] = []
    number = 0
    while len(ways) < count:
        way = await record(base_url, number, LANGUAGES[len(ways) % len(LANGUAGES)], accepts)
        number += 1
        if way is not None:
            ways.append(way)
        if number > 10 * count:
            raise RuntimeError("respondents do not get through: try `consult rehearse` to see why")
    return ways


def _begin(number: int, language: str) -> tuple[Way, Journal, Person]:
    way = Way(language)
    made = Person.made(7, number)
    age = random.Random(number).choice(("3", "4", "5"))
    person = Person(made.seed, made.number, made.region, made.country, language, age)
    return way, Journal(tap=way.hear), person
