"""What is wrong with a page, whoever wrote it: read as a browser reads it, then held against our rules.

Knows HTML, not our pages. Every page that a test fetches goes through here.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urldefrag, urlsplit
from xml.etree.ElementTree import Element

import html5lib

RIGHT_TO_LEFT = frozenset({"ar"})
#: Inputs that carry their own words or show nothing.
UNLABELLED = frozenset({"hidden", "submit", "button", "reset", "image"})
#: What a browser fetches by itself when it shows the page. Links that a person follows are not here.
FETCHED = {
    "script": ("src",), "img": ("src", "srcset"), "source": ("src", "srcset"), "video": ("src", "poster"),
    "audio": ("src",), "track": ("src",), "iframe": ("src",), "embed": ("src",), "object": ("data",),
    "input": ("src",), "use": ("href", "{http://www.w3.org/1999/xlink}href"),
    "image": ("href", "{http://www.w3.org/1999/xlink}href"),
}  # fmt: skip
#: Kinds of <link> that only name another page.
NAMING_LINKS = frozenset({"alternate", "canonical", "help", "license", "next", "prev", "author", "search"})
#: Attributes that hold ids of elements of the same page, separated by spaces.
REFERENCES = ("aria-describedby", "aria-labelledby", "aria-controls", "aria-details", "aria-errormessage", "aria-owns")


@dataclass(frozen=True)
class PageUnderAudit:
    """A page as a browser understood it."""

    path: str
    lang: str
    root: Element

    @cached_property
    def elements(self) -> list[Element]:
        # The tag of a comment is the function that makes comments.
        return [element for element in self.root.iter() if not callable(element.tag)]

    @cached_property
    def ids(self) -> set[str]:
        return {element.attrib["id"] for element in self.elements if "id" in element.attrib}

    @cached_property
    def parents(self) -> dict[Element, Element]:
        return {child: parent for parent in self.elements for child in parent}

    def all(self, *tags: str) -> Iterator[Element]:
        return (element for element in self.elements if element.tag in tags)

    def ancestors(self, element: Element) -> Iterator[Element]:
        while element in self.parents:
            element = self.parents[element]
            yield element


Rule = Callable[[PageUnderAudit], Iterator[str]]


def audit(html: str, *, path: str, lang: str) -> list[str]:
    """The faults of the page `html` that stands at `path` in the language `lang`; empty when there are none."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    # html5lib puts its own namespace on SVG and MathML; the names alone are enough for our rules.
    root = parser.parse(html)
    for element in root.iter():
        if not callable(element.tag):
            element.tag = element.tag.rpartition("}")[2]
    page = PageUnderAudit(path, lang, root)
    faults = [
        f"line {line}, column {column}: {html5lib.constants.E.get(code, code) % values}"
        for (line, column), code, values in parser.errors
    ]
    return faults + [fault for rule in RULES for fault in rule(page)]


def _language(page: PageUnderAudit) -> Iterator[str]:
    lang, direction = page.root.get("lang", ""), page.root.get("dir", "")
    if lang != page.lang and not lang.startswith(f"{page.lang}-"):
        yield f"root has lang={lang!r}, not {page.lang!r}"
    wanted = "rtl" if page.lang in RIGHT_TO_LEFT else "ltr"
    if direction != wanted:
        yield f"root has dir={direction!r}, not {wanted!r}"


def _headings(page: PageUnderAudit) -> Iterator[str]:
    headings = list(page.all("h1"))
    if len(headings) != 1:
        yield f"{len(headings)} h1 elements instead of one"
    for heading in page.all("h1", "h2", "h3", "h4", "h5", "h6"):
        if not _spoken(heading):
            yield f"{_show(heading)} is empty"


def _title(page: PageUnderAudit) -> Iterator[str]:
    titles = [element for element in page.all("title") if page.parents[element].tag == "head"]
    if len(titles) != 1 or not _spoken(titles[0]):
        yield "no title, or an empty one, or more than one"


def _ids(page: PageUnderAudit) -> Iterator[str]:
    counted = Counter(element.attrib["id"] for element in page.elements if "id" in element.attrib)
    for name, times in counted.items():
        if times > 1:
            yield f"id {name!r} stands {times} times"
        if not name or name != "".join(name.split()):
            yield f"id {name!r} is empty or has a blank"


def _labels(page: PageUnderAudit) -> Iterator[str]:
    labelled = {label.get("for") for label in page.all("label") if _spoken(label)}
    for field in page.all("input", "select", "textarea"):
        if field.tag == "input" and field.get("type", "text").lower() in UNLABELLED:
            continue
        wrapped = any(parent.tag == "label" and _spoken(parent) for parent in page.ancestors(field))
        named = field.get("aria-label", "").strip() or field.get("aria-labelledby", "").strip()
        if not wrapped and not named and field.get("id", object()) not in labelled:
            yield f"{_show(field)} has no label"
        if not field.get("name") and field.get("type") != "submit":
            yield f"{_show(field)} has no name, so it sends nothing"


def _groups(page: PageUnderAudit) -> Iterator[str]:
    for field in page.all("input"):
        if field.get("type", "").lower() == "radio" and not any(
            _names_group(parent) for parent in page.ancestors(field)
        ):
            yield f"{_show(field)} stands in no group with words: fieldset and legend, or radiogroup with its label"
    for fieldset in page.all("fieldset"):
        if not _names_group(fieldset):
            yield f"{_show(fieldset)} has no legend"


def _names_group(element: Element) -> bool:
    named = bool(element.get("aria-label", "").strip() or element.get("aria-labelledby", "").strip())
    if element.tag == "fieldset":
        legend = next((child for child in element if child.tag == "legend"), None)
        return named or (legend is not None and bool(_spoken(legend)))
    return named and element.get("role") in ("radiogroup", "group")


def _forms(page: PageUnderAudit) -> Iterator[str]:
    for form in page.all("form"):
        method = form.get("method", "").lower()
        if method not in ("get", "post"):
            yield f"{_show(form)} says neither get nor post"
        if method == "post" and not form.get("action"):
            yield f"{_show(form)} posts without an action"
        if _is_elsewhere(form.get("action", "")):
            yield f"{_show(form)} sends to another site"
    for button in page.all("button", "input"):
        if _is_elsewhere(button.get("formaction", "")):
            yield f"{_show(button)} sends to another site"


def _references(page: PageUnderAudit) -> Iterator[str]:
    for element in page.elements:
        wanted = [(name, each) for name in REFERENCES for each in element.get(name, "").split()]
        if element.tag in ("label", "output"):
            wanted += [("for", each) for each in element.get("for", "").split()]
        if "form" in element.attrib:
            wanted.append(("form", element.attrib["form"]))
        if element.tag in ("a", "area", "use"):
            address, fragment = urldefrag(element.get("href", ""))
            if fragment and address in ("", page.path):
                wanted.append(("href", fragment))
        for name, target in wanted:
            if target not in page.ids:
                yield f"{_show(element)}: {name} points to {target!r}, which is not on the page"


def _inline(page: PageUnderAudit) -> Iterator[str]:
    for element in page.elements:
        if element.tag == "style":
            yield "a style element stands in the page"
        if element.tag == "script" and ("src" not in element.attrib or (element.text or "").strip()):
            yield "a script stands in the page"
        for name, value in element.attrib.items():
            if name == "style" or name.startswith(("on", "hx-on")):
                yield f"{_show(element)} has {name}="
            if value.strip().lower().startswith("javascript:") or (name.startswith("hx-") and "js:" in value):
                yield f"{_show(element)} has a script in {name}="


def _resources(page: PageUnderAudit) -> Iterator[str]:
    for element in page.elements:
        names = FETCHED.get(str(element.tag), ())
        if element.tag == "link" and not NAMING_LINKS & set(element.get("rel", "").lower().split()):
            names = ("href",)
        for name in names:
            value = element.get(name, "")
            addresses = [part.split()[0] for part in value.split(",") if part.split()] if name == "srcset" else [value]
            for address in filter(_is_elsewhere, addresses):
                yield f"{_show(element)} fetches {address} from elsewhere"


def _is_elsewhere(address: str) -> bool:
    parts = urlsplit(address.strip())
    return bool(parts.netloc) or parts.scheme not in ("", "data")


def _words(page: PageUnderAudit) -> Iterator[str]:
    for element in page.all("button", "summary", "label", "legend"):
        if not _spoken(element):
            yield f"{_show(element)} has no words"
    for link in page.all("a"):
        if "href" in link.attrib and not _spoken(link):
            yield f"{_show(link)} has no words"
    for field in page.all("input"):
        if field.get("type", "").lower() in ("submit", "button", "reset") and not field.get("value", "").strip():
            yield f"{_show(field)} has no words"
    for image in page.all("img"):
        if "alt" not in image.attrib:
            yield f"{_show(image)} has no alt"
    for picture in page.all("svg"):
        hidden = any(each.get("aria-hidden") == "true" for each in (picture, *page.ancestors(picture)))
        named = picture.get("aria-label", "").strip() or picture.get("aria-labelledby", "").strip()
        titled = any(child.tag == "title" and _spoken(child) for child in picture)
        if not hidden and not (picture.get("role") == "img" and (named or titled)):
            yield f"{_show(picture)} is neither hidden from listeners nor an image with a name"


def _tables(page: PageUnderAudit) -> Iterator[str]:
    for table in page.all("table"):
        if table.get("role") in ("presentation", "none"):
            yield f"{_show(table)} is used to lay things out"
        captioned = any(child.tag == "caption" and _spoken(child) for child in table)
        if not captioned and not any(cell.tag == "th" and cell.get("scope") for cell in table.iter()):
            yield f"{_show(table)} has neither a caption nor a th with scope"


def _spoken(element: Element) -> str:
    """What a listener hears: text, names of images, labels."""
    if element.get("aria-label", "").strip():
        return element.get("aria-label", "").strip()
    if element.get("aria-labelledby", "").strip():
        return element.get("aria-labelledby", "").strip()
    heard = [element.get("alt", "") if element.tag == "img" else "", element.text or ""]
    for child in element:
        if child.get("aria-hidden") != "true" and not callable(child.tag):
            heard.append(_spoken(child))
        heard.append(child.tail or "")
    return "".join(heard).strip()


def _show(element: Element) -> str:
    names = ("id", "name", "type", "href", "src", "action", "class")
    marks = "".join(f' {name}="{element.attrib[name]}"' for name in names if name in element.attrib)
    return f"<{element.tag}{marks}>"


RULES: tuple[Rule, ...] = (
    _language, _headings, _title, _ids, _labels, _groups, _forms, _references, _inline, _resources, _words, _tables,
)  # fmt: skip
