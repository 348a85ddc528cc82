"""One simulated respondent on its way through the pages, and its own record of what it sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from app.rehearsal.browser import Answer, Browser, GaveUp
from app.rehearsal.choosing import Typed, base_of, choose, mend
from app.rehearsal.people import LANGUAGES, Habits, Person
from app.rehearsal.screen import Control, Line, Screen

#: Nobody needs more pages than that; who does is lost.
MOST_PAGES = 120
#: After this many refusals in a row a respondent gives up.
MOST_MENDS = 6

Kept = str | int | list[str]


@dataclass
class Record:
    """What one respondent did, as it saw it itself. `answers` are what the check page last listed before Send."""

    number: int
    language: str
    began_in: str
    ending: str = "failed"
    thanked: bool = False
    receipt: str = ""
    answers: dict[str, Kept] = field(default_factory=dict)
    shown: str = ""
    one_page: bool = False
    switches: int = 0
    mended: int = 0
    sends: int = 0
    faults: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return vars(self)


class Lost(Exception):
    """A page that no respondent should meet here."""


class Respondent:
    """Answers one consultation with one browser, having come by a partner's link where `link` is its code."""

    def __init__(self, person: Person, habits: Habits, browser: Browser, slug: str, link: str = "") -> None:
        self._person = person
        self._habits = habits
        self._browser = browser
        self._slug = slug
        self._link = link
        self._typed: Typed = {}
        self._controls: dict[str, Control] = {}
        self._counted: frozenset[str] | None = None
        self._mends: dict[str, int] = {}
        self._steps = 0
        self._refusals = 0
        self._done: set[str] = set()
        self._whole = person.happens(habits.everything_on_one_page, "everything on one page")
        self.record = Record(person.number, person.language, person.language, one_page=self._whole)

    async def answer(self) -> Record:
        """The whole way, to whatever ending. Never raises for what a server does."""
        try:
            await self._walk(await self._arrive())
        except GaveUp as fault:
            self._complain(f"gave up at {fault}")
        except Lost as fault:
            self._complain(str(fault))
        finally:
            self._browser.close()
        if not self.record.thanked:
            self.record.answers, self.record.shown = {}, ""
        return self.record

    async def _arrive(self) -> Answer:
        """The first page with questions: by a partner's link, or from the front page."""
        if self._link:
            page = await self._browser.visit(f"/o/{self._link}", "front")
            about = page.path.partition("?")[0]
            return await self._start(
                page, about + ("/answer?all=1&" if self._whole else "/answer?") + f"via={self._link}"
            )
        about = f"/{self.record.language}/consultations/{self._slug}"
        if self._once(self._habits.front_first, "front first"):
            front = await self._browser.visit(f"/{self.record.language}/", "front")
            if about not in front.screen.links:
                raise Lost("the front page does not name the consultation")
        page = await self._browser.visit(about, "front")
        return await self._start(page, about + ("/answer?all=1" if self._whole else "/answer"))

    async def _start(self, page: Answer, start: str) -> Answer:
        if start not in page.screen.links:
            raise Lost(f"nothing to start ({page.status})")
        return await self._browser.visit(start, "answer")

    async def _walk(self, page: Answer) -> None:
        for _ in range(MOST_PAGES):
            path = page.path.partition("?")[0]
            self.record.language = path.split("/", 2)[1]
            if "/stop/" in path and page.status == 200:
                self.record.ending = path.rpartition("/")[2]
                self._expect(not self._browser.cookies or bool(self._link), "a cookie is left after an ending")
                return
            if path.endswith("/thanks") and page.status == 200:
                await self._finish(page)
                return
            if page.status not in (200, 422) or not page.screen.action:
                raise Lost(f"a page of status {page.status}")
            if path.endswith(("/check", "/send")):
                following = await self._check(page)
            else:
                following = await self._section(page)
            if following is None:
                return
            page = following
        raise Lost("no end")

    # A page with questions

    async def _section(self, page: Answer) -> Answer | None:
        screen, kind = page.screen, "everything posted" if self._whole else "section posted"
        if page.status == 200:
            self._refusals = 0
            self._compare(screen)
            if self._at_some_step(self._habits.reloads, "reloads", 1):
                page = await self._browser.visit(page.path, "section")
                screen = page.screen
                self._compare(screen)
        self._adopt(screen)
        if page.status == 422:
            self._mend(screen)
        self._fill(screen)
        self._steps += 1
        if self._at_some_step(self._habits.walks_away, "walks away", 0):
            self.record.ending = "left"
            return None
        if self._at_some_step(self._habits.leaves_by_quick_exit, "leaves by quick exit", 0):
            await self._exit()
            return None
        pairs = self._pairs(screen)
        if self._at_some_step(self._habits.loses_the_line, "loses the line", 0):
            whole = self._person.dice("how the line breaks").random() < 0.5
            await self._browser.post_and_lose(screen.action, [*pairs, ("go", "next")], whole=whole)
            self.record.faults.append("lost the line on purpose")
        if self._at_some_step(self._habits.switches_language, "switches language", 0):
            return await self._switch(screen, pairs, kind)
        if screen.offers("go", "back") and self._at_some_step(self._habits.goes_back, "goes back", 1):
            return await self._browser.post(screen.action, [*pairs, ("go", "back")], kind)
        if not self._whole:
            return await self._browser.post(screen.action, [*pairs, ("go", "next")], kind)
        # Whoever sends from the page of everything has looked at the check page before: else nobody could say which
        # of its answers belong to the questions that it was asked.
        if self._counted is not None and "came back to send" in self._done and page.status == 200:
            return await self._send(screen, pairs)
        return await self._browser.post(screen.action, [*pairs, ("go", "check")], kind)

    def _adopt(self, screen: Screen) -> None:
        """On the page of everything, what belongs to a question that is not asked any more comes back empty: a reader
        sees that, and what stands there is what will be posted."""
        self._controls.update(screen.controls)
        if self._whole:
            self._typed.update(
                {name: () for name in screen.controls if name in self._typed and name not in screen.filled}
            )

    def _fill(self, screen: Screen) -> None:
        """Every field of the page has an answer, be it that it was left empty."""
        new = [name for name in screen.controls if name not in self._typed]
        self._typed.update(choose(self._person, self._habits, screen, new, self.record.language))

    def _pairs(self, screen: Screen) -> list[tuple[str, str]]:
        return [
            (name, value)
            for name, control in screen.controls.items()
            for value in (control.chosen if control.kind == "hidden" else self._posted(name, control))
        ]

    def _posted(self, name: str, control: Control) -> tuple[str, ...]:
        typed = self._typed.get(name, ())
        return typed or (("",) if control.kind in ("text", "textarea", "select") else ())

    def _compare(self, screen: Screen) -> None:
        """What stands on the page is what was typed into it: nothing lost, nothing of somebody else."""
        for name, control in screen.controls.items():
            if control.kind == "hidden":
                continue
            shown, typed = screen.filled.get(name, ()), self._typed.get(name, ())
            if self._whole and not shown and (self._counted is None or name not in self._counted):
                continue
            if control.numeric:
                shown, typed = tuple(_digits(each) for each in shown), tuple(_digits(each) for each in typed)
            self._expect(sorted(shown) == sorted(typed), f"{name} does not show what was typed")

    def _mend(self, screen: Screen) -> None:
        self.record.mended += 1
        self._refusals += 1
        if self._refusals > MOST_MENDS:
            raise Lost("refused again and again")
        self._expect(bool(screen.faults), "refused without saying why")
        for code in screen.faults:
            self._mends[code] = self._mends.get(code, 0) + 1
            self._typed.update(mend(self._person, screen, code, self._typed, self._mends[code]))

    async def _switch(self, screen: Screen, pairs: list[tuple[str, str]], kind: str) -> Answer:
        others = [each for each in LANGUAGES if each != self.record.language and screen.offers("language", each)]
        if not others:
            raise Lost("no other language to switch to")
        self.record.switches += 1
        wish = self._person.dice("which language").choice(others)
        return await self._browser.post(screen.action, [*pairs, ("language", wish)], kind)

    async def _exit(self) -> None:
        out = await self._browser.visit(f"/{self.record.language}/exit", "exit")
        self._expect(out.status == 303 and "://" in out.path, "quick exit does not lead out")
        self._expect(not self._browser.cookies, "a cookie is left after quick exit")
        self.record.ending = "left"

    # The check page

    async def _check(self, page: Answer) -> Answer | None:
        screen = page.screen
        if page.status == 422:
            raise Lost("the check page refuses what the sections took")
        self._read_lines(screen)
        if self._once(self._habits.reloads, "reloads the check page"):
            page = await self._browser.visit(page.path, "check")
            screen = page.screen
            self._read_lines(screen)
        if self._once(self._habits.switches_language, "switches language at the end"):
            return await self._switch(screen, [], "check posted")
        if self._once(self._habits.stops_at_the_end, "stops at the end"):
            return await self._browser.post(screen.action, [("go", "stop")], "check posted")
        if self._once(self._habits.changes_an_answer, "changes an answer"):
            return await self._change(screen)
        if self._whole and self._once(0.5, "came back to send"):
            return await self._browser.post(screen.action, [("go", "back")], "check posted")
        return await self._send(screen, [])

    async def _change(self, screen: Screen) -> Answer:
        """Another answer to one question. From a section the way leads on through those that follow."""
        dice = self._person.dice("which answer to change")
        code = dice.choice([line.code for line in screen.lines])
        page = await self._browser.post(screen.action, [("change", code)], "check posted")
        screen = page.screen
        if page.status != 200 or code not in {self._code_of(name) for name in screen.controls}:
            raise Lost(f"Change does not lead to the question {code}")
        self.record.language = page.path.split("/", 2)[1]
        self._compare(screen)
        self._adopt(screen)
        control = screen.controls.get(code)
        if control is not None and control.kind in ("radio", "select"):
            now = self._typed.get(code, ())
            self._typed[code] = (
                dice.choice([value for value in sorted(control.values) if value and value not in now]),
            )
        self._fill(screen)
        form = [*self._pairs(screen), ("go", "check" if self._whole else "next")]
        return await self._browser.post(screen.action, form, "section posted")

    def _read_lines(self, screen: Screen) -> None:
        """What counts is what this page lists with an answer; each must be one that was given."""
        listed = {line.code for line in screen.lines if line.words}
        empty = {line.code for line in screen.lines if not line.words}
        counted = set()
        for name, typed in self._typed.items():
            code = self._code_of(name)
            if code in listed and typed:
                counted.add(name)
            self._expect(not (code in empty and typed), f"{code} was answered and is listed without an answer")
        given = {self._code_of(name) for name in counted}
        for line in screen.lines:
            self._expect(bool(line.code), "a line without Change")
            self._expect(not line.words or line.code in given, f"{line.code} is listed and was not answered")
            control = self._controls.get(line.code)
            if line.words and control is not None and control.kind == "textarea" and line.code in given:
                told = " ".join(self._typed[line.code][0].split())
                self._expect(line.words == told, f"{line.code} is listed with other words")
        self._counted = frozenset(counted)
        self.record.answers = self._as_kept(counted)
        self.record.shown = digest_of(screen.lines)

    def _code_of(self, name: str) -> str:
        """The question of a field: its own name, or that of its matrix or ranking."""
        control = self._controls.get(name)
        if control is not None and control.kind == "radio" and "." in name:
            return name.rpartition(".")[0]
        return name

    def _as_kept(self, names: set[str]) -> dict[str, Kept]:
        """The fields `names` as answers, in the form in which a submission keeps them."""
        codes = {self._code_of(name) for name in names}
        kept: dict[str, Kept] = {}
        ranked: dict[str, list[str]] = {}
        for name, control in self._controls.items():
            typed = self._typed.get(name, ())
            base = base_of(name, control)
            if base != name and base in codes:
                ranked.setdefault(base, []).append(typed[0].removeprefix(f"{base}.") if typed else "")
            elif name not in names:
                continue
            elif control.kind == "checkbox":
                kept[name] = [value.removeprefix(f"{name}.") for value in control.values if value in typed]
            elif control.kind in ("radio", "select"):
                kept[name] = typed[0].removeprefix(f"{name}.")
            else:
                kept[name] = int(typed[0]) if control.numeric else typed[0]
        return kept | {code: _trimmed(places) for code, places in ranked.items()}

    # Send

    async def _send(self, screen: Screen, pairs: list[tuple[str, str]]) -> Answer:
        """Sent; and sent again, with the cookies of the first time, by the impatient and where the line broke."""
        form = [*pairs, ("go", "send")]
        before = dict(self._browser.cookies)
        if self._once(self._habits.loses_the_line, "loses the line at Send"):
            whole = self._person.dice("how the line breaks at Send").random() < 0.7
            await self._browser.post_and_lose(screen.action, form, whole=whole)
            self.record.faults.append("lost the line at Send on purpose")
        self.record.sends += 1
        answer = await self._browser.post(screen.action, form, "send")
        if self._once(self._habits.sends_twice, "sends twice") and answer.path.endswith("/thanks"):
            first = answer.screen.receipt_code
            self._browser.cookies = before
            self.record.sends += 1
            answer = await self._browser.post(screen.action, form, "send")
            self._expect(answer.screen.receipt_code == first, "a second Send shows another receipt")
        return answer

    async def _finish(self, page: Answer) -> None:
        code = page.screen.receipt_code
        if not code:
            raise Lost("thanks without a receipt code")
        self.record.thanked, self.record.receipt, self.record.ending = True, code, "sent"
        if self._once(self._habits.looks_at_the_receipt_again, "looks at the receipt again"):
            again = await self._browser.visit(page.path, "thanks")
            self._expect(again.screen.receipt_code == code, "the receipt page shows another code")
        if self._once(self._habits.passes_the_device_on, "passes the device on"):
            await self._browser.visit(f"/{self.record.language}/consultations/{self._slug}/another", "front")
            self._expect(not self._browser.cookies, "the next person finds a cookie")

    # Habits

    def _once(self, share: float, about: str) -> bool:
        """Whether this respondent does that now, the first time that it could; never again after that."""
        if about in self._done or not self._person.happens(share, about):
            return False
        self._done.add(about)
        return True

    def _at_some_step(self, share: float, about: str, first: int) -> bool:
        """The same on a page with questions: at a step of its own, not before the step `first`."""
        if not self._whole and self._steps < self._person.dice(f"{about}, when").randint(first, 5):
            return False
        return self._once(share, about)

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self._complain(otherwise)

    def _complain(self, words: str) -> None:
        self.record.faults.append(f"WRONG: {words}")


def digest_of(lines: list[Line]) -> str:
    """A short digest of the lines that have an answer, to be compared between the check page and the receipt page."""
    listed = "\n".join(f"{line.label}\t{line.words}" for line in lines if line.words)
    return sha256(listed.encode()).hexdigest()[:16]


def _digits(text: str) -> str:
    return str(int(text)) if text.strip().isdecimal() else text


def _trimmed(places: list[str]) -> list[str]:
    while places and not places[-1]:
        places = places[:-1]
    return places


def wrong(records: Mapping[str, Any]) -> list[str]:
    """Of a record's faults, those that the server must answer for."""
    return [each.removeprefix("WRONG: ") for each in records["faults"] if each.startswith("WRONG: ")]
