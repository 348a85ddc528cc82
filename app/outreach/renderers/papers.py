"""Papers that spread a link: poster, cards and the guide for schools, and the text for messengers.

What they say is put together here; where it stands on the sheet, in `papers.typ`. `press.py` prints it.
"""

import io
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

import segno

from app.consultations.countries import Helpline
from app.web.i18n import Translator

#: How wide the standard (ISO/IEC 18004) wants the white around a QR code.
QUIET_MODULES = 4
#: What follows the address of a link where a class uses it on shared devices.
IN_CLASS = "?class=1"
#: Isolates: what stands between them does not turn the words around it, in a language of the other direction.
_NAME, _NUMBER, _END = "\u2068", "\u2066", "\u2069"


@dataclass(frozen=True)
class Facts:
    """What a paper says, in one language. `address` is the whole short address, `typed` the part that people type.

    `everywhere`: the day is that of the whole world. `helpline` is the first of the link's country, where there is one.
    """

    topic: str
    sentence: str
    ages: str
    day: date
    everywhere: bool
    sample: bool
    address: str
    typed: str
    holds_consent: bool
    helpline: Helpline | None


def render_paper(paper: str, form: str, facts: Facts, t: Translator) -> bytes:
    """The file of a poster, cards or guide, as pdf (tagged, PDF/UA-1), svg or png. Always one sheet.

    Raises KeyError for a paper that there is not. Signs that no font of letters has, such as emoji, are left out.
    """
    # A class sets its tablets up by the guide's own address.
    more = IN_CLASS if paper == "guide" else ""
    qr, quiet = qr_code(facts.address + more)
    said = _WORDS[paper](facts, t) | {
        "paper": paper,
        "lang": t.language,
        "rtl": t.direction == "rtl",
        "qr": qr,
        "quiet": quiet,
        "qr_words": t.gettext("QR code with the address %(address)s", address=facts.address + more),
        "typed": facts.typed + more,
        "sample": t.gettext("Sample data") if facts.sample else "",
    }
    # A service whose papers nobody takes never has the library in memory that prints them.
    from app.outreach.renderers.press import print_sheet

    return print_sheet({name: _plain(words) for name, words in said.items()}, form)


def qr_code(address: str) -> tuple[str, float]:
    """The address as a QR code that survives some dirt and a fold: an SVG with its quiet zone, and how much of the
    side that zone is at each edge."""
    made, drawn = segno.make_qr(address, error="m"), io.BytesIO()
    made.save(drawn, kind="svg", border=QUIET_MODULES, light="#fff", xmldecl=False)
    return drawn.getvalue().decode(), QUIET_MODULES / made.symbol_size(border=QUIET_MODULES)[0]


def when(facts: Facts, t: Translator) -> str:
    """The day in words."""
    day = t.date(facts.day)
    if facts.everywhere:
        return t.gettext("Open on %(day)s, wherever you are", day=day)
    return t.gettext("Open on %(day)s", day=day)


def message(facts: Facts, t: Translator) -> str:
    """The text to copy into a messenger or a mail."""
    lines = (
        t.gettext("Sample data") if facts.sample else "",
        facts.topic,
        facts.sentence,
        when(facts, t),
        _easily(t),
        facts.address,
        _every_page_helps(t),
    )
    return "\n".join(line for line in lines if line)


def _easily(t: Translator) -> str:
    return t.gettext("No name, no account, 10 minutes.")


def _every_page_helps(t: Translator) -> str:
    return t.gettext("If you want to talk to someone: every page leads to helplines.")


def _help(facts: Facts, t: Translator) -> str:
    if facts.helpline is None:
        return _every_page_helps(t)
    return t.gettext(
        "If you want to talk to someone: %(name)s, %(phone)s. Every page leads to more helplines.",
        name=f"{_NAME}{facts.helpline.name}{_END}",
        phone=f"{_NUMBER}{facts.helpline.phone}{_END}",
    )


def _poster(facts: Facts, t: Translator) -> dict[str, Any]:
    return {
        "mark": t.gettext("Youth consultations"),
        "topic": facts.topic,
        "sentence": facts.sentence,
        "when": when(facts, t),
        "easily": _easily(t),
        "ages": facts.ages,
        "how": t.gettext("Scan the code with a phone, or type this address:"),
        "help": _help(facts, t),
        "asked_by": t.gettext(
            "Asked by the Council Working Group on Child Online Protection of the"
            " International Telecommunication Union."
        ),
    }


def _guide(facts: Facts, t: Translator) -> dict[str, Any]:
    parts = [
        (
            t.gettext("Before the day"),
            t.gettext(
                "The address above leads to a page “%(parents)s”, which shows every question: read it, and tell"
                " families about it where your rules ask for that. Plan 20 minutes; answering takes about 10.",
                parents=t.gettext("Explain it to a parent or teacher"),
            ),
        ),
        (
            t.gettext("Everybody may say no"),
            t.gettext(
                "Say it aloud: nobody has to take part, questions can be skipped, and nobody is asked why. Have"
                " something quiet to do ready. Answers are not school work and get no marks."
            ),
        ),
        (
            t.gettext("Nobody looks at screens"),
            t.gettext(
                "Seat the class so that nobody sees another screen. You do not look either: explain a word from where"
                " you cannot see the answers. Who needs help with reading or typing chooses who helps."
            ),
        ),
        (
            t.gettext("The way out"),
            t.gettext(
                "Show everybody the button “%(leave)s” at the top of every page. It leads away at once and clears what"
                " was not sent. The history of the browser may remain.",
                leave=t.gettext("Quick exit"),
            ),
        ),
        (
            t.gettext("Shared tablets"),
            t.gettext(
                "Open the address on every tablet: for three hours it is in class mode. After sending, a code appears:"
                " who wants to keep it writes it down. Then press “%(another)s”, and the next pupil starts clean; the"
                " same button stands after a No. After Quick exit, open the address again. At the end press “%(end)s”.",
                another=t.gettext("Another person wants to answer"),
                end=t.gettext("End class mode"),
            ),
        ),
        (
            t.gettext("If it touches somebody"),
            t.gettext(
                "Some questions are about being hurt online. “%(help)s” at the top of every page shows helplines. Say"
                " beforehand who in your school listens, today and later. If a pupil tells you something, listen, do"
                " not ask what was answered, and follow your school’s rules for protection.",
                help=t.gettext("Get help"),
            ),
        ),
    ]
    if facts.holds_consent:
        agreed = t.gettext(
            "Through this address pupils of 10 to 12 can take part, because you hold the consent of their parents or"
            " carers. Those without it do something else."
        )
        parts.insert(1, (t.gettext("Consent"), agreed))
    return {
        "mark": t.gettext("Youth consultations"),
        "title": t.gettext("Answering in class: a guide for schools"),
        "topic": facts.topic,
        "when": when(facts, t),
        "ages": facts.ages,
        "parts": parts,
        "help": _help(facts, t),
    }


_WORDS: Mapping[str, Callable[[Facts, Translator], dict[str, Any]]] = MappingProxyType(
    {"poster": _poster, "cards": _poster, "guide": _guide}
)


def _plain(words: Any) -> Any:
    """The words without signs that are no letters of any language: a sheet would show an empty box for them."""
    if isinstance(words, str):
        return "".join(each for each in words if unicodedata.category(each) not in ("So", "Cn", "Co", "Cs"))
    return [_plain(each) for each in words] if isinstance(words, list | tuple) else words
