"""What a browser without script takes from one of our pages: its form, its links, its faults, its lines.

A tokenizer for valid HTML as our templates write it, one pass, without a tree: three times faster than `html.parser`,
which matters because rehearsed respondents share their processors with the server that they measure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from html import unescape

#: A comment, or a tag: its slash, its name, its attributes. Values in quotes may hold any sign.
_TOKEN = re.compile(r"<!--(?:.*?-->|.*\Z)|<(/?)([a-zA-Z][^\s/>]*+)((?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)>", re.DOTALL)
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`]+)))?")
_TAGS = re.compile(r"<[^>]*>")
_NUMBER = re.compile(r"\d+")
#: Elements whose content is text, whatever it looks like.
_RAW = frozenset({"script", "style", "title", "textarea"})
_WANTED = frozenset(
    {"form", "input", "select", "option", "textarea", "button", "fieldset", "a", "link", "p", "dt", "dd", "section"}
)
_TYPED = frozenset({"text", "email", "number", "search", "tel", "url", "password"})


@dataclass(slots=True)
class Control:
    """The fields of one name. `values` are what can be chosen, in the order of the page, `chosen` what is chosen or
    typed there now. `alone` are the values that stand after an "or"; `most` is the number in the hint, 0 for none."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    alone: set[str] = field(default_factory=set)
    numeric: bool = False
    most: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a check page or a receipt page. `code` is "" where there is nothing to change, `words` where there
    is no answer."""

    code: str
    label: str
    words: str


@dataclass
class Screen:
    """A page as its reader can use it. `buttons` are pairs of name and value, `faults` the fields to be mended."""

    action: str = ""
    method: str = "get"
    controls: dict[str, Control] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    receipt_code: str = ""

    def offers(self, name: str, value: str) -> bool:
        return (name, value) in self.buttons

    @cached_property
    def filled(self) -> Mapping[str, tuple[str, ...]]:
        """Field name to what stands in it, for the fields in which something stands."""
        return {name: kept for name, each in self.controls.items() if (kept := tuple(v for v in each.chosen if v))}


def read_screen(page: str) -> Screen:
    """The page's form for answers (the last form that posts) with everything else that a respondent needs of it."""
    return _Reader(page).read()


@lru_cache(maxsize=512)
def read_known_screen(page: str) -> Screen:
    """The same, remembered: pages without answers are the same for everybody. What it gives must not be changed."""
    return read_screen(page)


def words_of(markup: str) -> str:
    """The text of some markup, blanks as a reader sees them."""
    return " ".join(unescape(_TAGS.sub("", markup)).split())


class _Reader:
    def __init__(self, page: str) -> None:
        self._page = page
        self._screen = Screen()
        self._form: str | None = None
        self._select: Control | None = None
        self._after_or = False
        self._in_faults = False
        self._hints: dict[str, str] = {}
        self._most_chars: dict[str, int] = {}
        self._open: tuple[str, dict[str, str], int] | None = None
        self._label = ""

    def read(self) -> Screen:
        page, place = self._page, 0
        while (token := _TOKEN.search(page, place)) is not None:
            place = token.end()
            name = token[2]
            if name is None:
                continue
            name = name.lower()
            if token[1]:
                if name in _WANTED:
                    self._close(name, token.start())
                continue
            if name in _RAW:
                end = page.find(f"</{name}", place)
                end = len(page) if end < 0 else end
                if name == "textarea":
                    self._textarea(_attributes(token[3]), page[place:end])
                place = end
            elif name in _WANTED:
                self._begin(name, _attributes(token[3]), place)
        self._finish()
        return self._screen

    def _begin(self, name: str, given: dict[str, str], place: int) -> None:
        screen = self._screen
        if name == "option" and self._select is not None:
            value = given.get("value", "")
            self._select.values.append(value)
            if "selected" in given:
                self._select.chosen = [value]
        elif name == "input":
            self._input(given)
        elif name == "a":
            href = given.get("href", "")
            if self._in_faults:
                screen.faults.append(href.rpartition("#")[2])
            elif href:
                screen.links.append(href)
        elif name == "link":
            if given.get("rel") == "stylesheet":
                screen.styles.append(given.get("href", ""))
        elif name == "button":
            if given.get("name") and given.get("type", "submit") == "submit":
                screen.buttons.append((given["name"], given.get("value", "")))
                if given["name"] == "change" and screen.lines:
                    last = screen.lines.pop()
                    screen.lines.append(Line(given.get("value", ""), last.label, last.words))
        elif name == "select":
            self._select = self._control(given.get("name", ""), "select")
        elif name == "form":
            if given.get("method", "get").lower() == "post":
                self._form = given.get("id", "")
                screen.action, screen.method = given.get("action", ""), "post"
        elif name == "fieldset":
            self._after_or = False
        elif name == "section":
            self._in_faults = self._in_faults or "errs" in given.get("class", "").split()
        else:
            if name == "p" and given.get("class") == "or":
                self._after_or = True
            self._open = name, given, place

    def _close(self, name: str, place: int) -> None:
        if name == "select":
            self._select = None
        elif name == "fieldset":
            self._after_or = False
        elif name == "form":
            self._form = None
        elif name == "section":
            self._in_faults = False
        elif self._open is not None and self._open[0] == name:
            _, given, start = self._open
            self._open = None
            self._text(name, given, self._page[start:place])

    def _text(self, name: str, given: dict[str, str], inner: str) -> None:
        """The end of a paragraph, or of a part of a line."""
        if name == "dt":
            self._label = words_of(inner)
        elif name == "dd":
            # The second one of a line holds its button, not an answer.
            if self._label:
                self._screen.lines.append(Line("", self._label, words_of(inner) if "<bdi" in inner else ""))
                self._label = ""
        elif "data-most" in given:
            self._most_chars[given.get("id", "").removesuffix("-c")] = int(given["data-most"])
        elif "hint" in given.get("class", "").split():
            self._hints[given.get("id", "").removesuffix("-h")] = words_of(inner)
        elif "code" in given.get("class", "").split():
            self._screen.receipt_code = words_of(inner)

    def _input(self, given: dict[str, str]) -> None:
        name, kind, value = given.get("name", ""), given.get("type", "text").lower(), given.get("value", "")
        if not name or "disabled" in given:
            return
        if kind in ("radio", "checkbox"):
            control = self._control(name, kind)
            control.values.append(value)
            if self._after_or:
                control.alone.add(value)
            if "checked" in given:
                control.chosen = [*control.chosen, value] if kind == "checkbox" else [value]
        elif kind in _TYPED or kind == "hidden":
            control = self._control(name, "hidden" if kind == "hidden" else "text")
            control.numeric = given.get("inputmode") == "numeric" or kind == "number"
            control.chosen = [value]

    def _textarea(self, given: dict[str, str], inner: str) -> None:
        if given.get("name"):
            typed = unescape(inner.replace("\r\n", "\n"))
            self._control(given["name"], "textarea").chosen = [typed.removeprefix("\n")]

    def _control(self, name: str, kind: str) -> Control:
        if self._form is None:
            return Control(name, kind)  # of no form that posts, such as a list of countries to look up
        return self._screen.controls.setdefault(name, Control(name, kind))

    def _finish(self) -> None:
        for name, control in self._screen.controls.items():
            if control.kind in ("text", "textarea"):
                control.most = self._most_chars.get(name, 0)
            elif control.kind == "checkbox":
                numbers = _NUMBER.findall(self._hints.get(name, ""))
                control.most = int(numbers[-1]) if numbers else 0


def _attributes(text: str) -> dict[str, str]:
    return {
        name.lower(): unescape(value) if "&" in value else value
        for name, double, single, bare in _ATTRIBUTE.findall(text)
        for value in (double or single or bare,)
    }
