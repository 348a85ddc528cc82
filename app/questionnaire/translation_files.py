"""Translations as files, out and in: PO for translators' tools, XLSX for everybody else; and what a file would change.

Nothing is stored here. A file names its consultation, the version of the questionnaire that it was made from, and its
language; so a file of another one is refused, and what changed on both sides since is seen.
"""

import base64
import io
import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import polib

from app.questionnaire.document import Document
from app.questionnaire.texts import DocumentText, tidy
from app.questionnaire.translations import Change, Standing, State, token_of
from app.questionnaire.xlsform.workbook import Cell, Sheet, WorkbookFault, read_workbook

MAX_FILE_BYTES = 5_000_000
#: Stands in every workbook as its date, so that the same texts give the same bytes.
_DATE = datetime(2000, 1, 1)  # noqa: DTZ001 - written without a zone


class FileRefused(Exception):
    """The file cannot be used. `reason` is a key, `found` what stands in it instead."""

    def __init__(self, reason: str, found: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.found = found


@dataclass(frozen=True)
class Origin:
    """What a file says of itself. `digest` is that of the questionnaire's version `number`."""

    slug: str
    consultation_id: int
    number: int
    digest: str
    language: str


@dataclass(frozen=True)
class Entry:
    """One text of a file. `sure`: a PO file says that the translator is done with it; a workbook cannot say so."""

    key: str
    source: str
    text: str
    sure: bool = True
    fuzzy: bool = False


@dataclass(frozen=True)
class TextFile:
    """A file that was read. `unreadable` are keys whose cell holds no text but a formula."""

    origin: Origin
    entries: tuple[Entry, ...]
    unreadable: tuple[str, ...] = ()


# Out -----------------------------------------------------------------------------------------------------------------


def write_po(origin: Origin, document: Document, stands: Sequence[Standing]) -> bytes:
    """A PO file of the texts in one language. What is stale is fuzzy, with its former source. Equal texts give equal
    bytes."""
    made = polib.POFile(wrapwidth=0)
    made.metadata = {
        "Project-Id-Version": origin.slug,
        "Language": origin.language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "X-Source-Language": document.default_language,
        "X-Consultation": origin.slug,
        "X-Consultation-Id": str(origin.consultation_id),
        "X-Questionnaire": str(origin.number),
        "X-Questionnaire-Digest": origin.digest,
    }
    notes = _notes(document)
    for each in stands:
        if not tidy(each.source):
            continue  # an empty msgid would be taken for the header
        made.append(
            polib.POEntry(
                msgctxt=each.key,
                msgid=tidy(each.source),
                msgstr=tidy(each.target),
                comment=notes.get(each.key, ""),
                flags=["fuzzy"] if each.state is State.STALE else [],
                previous_msgid=tidy(each.was) or None,
            )
        )
    return str(made).encode() + b"\n"


def write_xlsx(origin: Origin, document: Document, stands: Sequence[Standing]) -> bytes:
    """A workbook with the sheets `texts` and `about`, of texts only: nothing in it is a formula, a link or a number."""
    # Only who takes a workbook along needs the library in memory.
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    book.set_properties({"created": _DATE})
    head = book.add_format({"bold": True, "num_format": "@", "valign": "top"})
    body = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    # In right-to-left cells the reading order is said, or punctuation stands at the wrong end.
    words = {"num_format": "@", "text_wrap": True, "valign": "top"}
    aimed = book.add_format({**words, "reading_order": 2, "align": "right"} if origin.language == "ar" else words)
    sheet = book.add_worksheet("texts")
    sheet.freeze_panes(1, 1)
    notes = _notes(document)
    headers = ("key", f"source ({document.default_language})", f"target ({origin.language})", "state", "source before")
    rows = [
        (each.key, each.source, each.target, each.state.value, each.was, notes.get(each.key, "")) for each in stands
    ]
    for column, (header, width) in enumerate(zip((*headers, "note"), (22, 60, 60, 12, 40, 40), strict=True)):
        sheet.set_column(column, column, width, body)
        sheet.write_string(0, column, header, head)
        for number, row in enumerate(rows, start=1):
            if row[column]:
                sheet.write_string(number, column, row[column], aimed if column == 2 else body)
    about = book.add_worksheet("about")
    about.set_column(0, 1, 30, body)
    for number, (name, value) in enumerate(asdict(origin).items()):
        about.write_string(number, 0, name, head)
        about.write_string(number, 1, str(value), body)
    book.close()
    return target.getvalue()


def _notes(document: Document) -> Mapping[str, str]:
    """What a translator should know: to whose question a choice belongs, and the question's own guidance."""
    own = document.default_language
    notes = {}
    for code, question in document.questions.items():
        guidance = tidy(question.guidance.get(own) or next(iter(question.guidance.values()), ""))
        if guidance:
            notes[f"{code}.label"] = guidance
        for each in (*getattr(question, "rows", ()), *getattr(question, "choices", ())):
            notes[f"{code}.{each.name}.label"] = tidy(question.label.get(own, ""))
    return notes


# In ------------------------------------------------------------------------------------------------------------------


def read_file(content: bytes) -> TextFile:
    """What stands in a PO file or a workbook of ours. Raises FileRefused, and nothing else, on any bytes."""
    if len(content) > MAX_FILE_BYTES:
        raise FileRefused("too_large", str(len(content)))
    if not content.strip():
        raise FileRefused("empty")
    made = _read_xlsx(content) if content.startswith((b"PK", b"\xd0\xcf\x11\xe0")) else _read_po(content)
    keys = [entry.key for entry in made.entries]
    twice = [key for key, times in Counter(keys).items() if key and times > 1]
    if twice:
        raise FileRefused("twice", ", ".join(twice[:5]))
    return made


def _read_po(content: bytes) -> TextFile:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise FileRefused("not_utf8") from fault
    # polib takes a string for a file's name where there is such a file, and breaks lines where Python does.
    text = "\n" + text.replace("\r\n", "\n").replace("\u2028", " ").replace("\u2029", " ").replace("\0", "")
    try:
        read = polib.pofile(text, wrapwidth=0)
        return TextFile(
            _origin({name.removeprefix("X-").lower(): value for name, value in read.metadata.items()}, _PO_NAMES),
            tuple(
                Entry(entry.msgctxt or "", entry.msgid, entry.msgstr, True, "fuzzy" in entry.flags)
                for entry in read
                if not entry.obsolete
            ),
        )
    except FileRefused:
        raise
    except Exception as fault:  # polib promises nothing about what it raises on a damaged file
        raise FileRefused("unreadable", str(fault)[:100]) from fault


_PO_NAMES = {
    "slug": "consultation",
    "consultation_id": "consultation-id",
    "number": "questionnaire",
    "digest": "questionnaire-digest",
    "language": "language",
}
_PLAIN_NAMES = {name: name for name in _PO_NAMES}


def _read_xlsx(content: bytes) -> TextFile:
    try:
        book = read_workbook(content, frozenset({"texts", "about"}))
    except WorkbookFault as fault:
        raise FileRefused("unreadable", fault.reason) from fault
    if set(book.sheets) != {"texts", "about"}:
        raise FileRefused("not_ours")
    about = {_text(row.get(1)): _text(row.get(2)) for row in book.sheets["about"].rows.values()}
    origin = _origin(about, _PLAIN_NAMES)
    return _entries(origin, book.sheets["texts"])


def _entries(origin: Origin, sheet: Sheet) -> TextFile:
    columns = {_text(cell).split(" (")[0]: column for column, cell in sheet.rows.get(1, {}).items()}
    if not {"key", "source", "target"} <= columns.keys():
        raise FileRefused("not_ours")
    entries, unreadable = [], []
    for number, row in sheet.rows.items():
        key = _text(row.get(columns["key"])).strip()
        target = row.get(columns["target"])
        if number == 1 or not key:
            continue
        if target is not None and (target.formula or target.sort == "error"):
            unreadable.append(key)
        else:
            entries.append(Entry(key, _text(row.get(columns["source"])), _text(target), sure=False))
    return TextFile(origin, tuple(entries), tuple(unreadable))


def _text(cell: Cell | None) -> str:
    return cell.text if cell else ""


def _origin(said: Mapping[str, str], names: Mapping[str, str]) -> Origin:
    """Raises FileRefused for a file that does not say where it comes from."""
    try:
        return Origin(
            slug=said[names["slug"]],
            consultation_id=int(said[names["consultation_id"]]),
            number=int(said[names["number"]]),
            digest=said[names["digest"]],
            language=said[names["language"]],
        )
    except (KeyError, ValueError) as fault:
        raise FileRefused("not_ours") from fault


def check_origin(file: TextFile, slug: str, consultation_id: int, language: str) -> None:
    """Raises FileRefused for a file of another consultation or in another language."""
    if (file.origin.slug, file.origin.consultation_id) != (slug, consultation_id):
        raise FileRefused("other_consultation", file.origin.slug)
    if file.origin.language.replace("_", "-").split("-")[0].lower() != language:
        raise FileRefused("other_language", file.origin.language)


# What a file would change --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Conflict:
    """A text that was changed here, to what `ours` has, and in the file since the file was made."""

    ours: Standing
    theirs: Change


@dataclass(frozen=True)
class Plan:
    """What taking a file in would do. `takes` are new texts, `stale` those of them whose source changed since,
    `confirmed` stale texts that the translator kept as right. All others are keys of what is left as it is: `unknown`
    to the questionnaire, marked `fuzzy`, `emptied` in the file, `too_long`, `grave` where something must be mended
    before young people see it, `unreadable`."""

    takes: Mapping[str, Change]
    stale: tuple[str, ...]
    confirmed: Mapping[str, Change]
    conflicts: tuple[Conflict, ...]
    unknown: tuple[str, ...]
    fuzzy: tuple[str, ...]
    emptied: tuple[str, ...]
    too_long: tuple[str, ...]
    grave: tuple[str, ...]
    unreadable: tuple[str, ...]

    @property
    def changes_something(self) -> bool:
        return bool(self.takes or self.confirmed or self.conflicts)

    @property
    def shown(self) -> str:
        """Says which conflicts were shown: another one means that there are others now."""
        return token_of("", "\n".join(f"{each.ours.key} {each.ours.token}" for each in self.conflicts))


def plan(
    file: TextFile,
    stands: Sequence[Standing],
    base: Mapping[str, DocumentText] | None,
    *,
    shown_at_once: bool = False,
) -> Plan:
    """What the file would change. `base` are the texts of the version that the file was made from; None when that
    version is gone: then every text that is here and differs is a conflict. shown_at_once: the day has opened."""
    here = {each.key: each for each in stands}
    takes: dict[str, Change] = {}
    confirmed: dict[str, Change] = {}
    conflicts, stale = [], []
    left: dict[str, list[str]] = {"unknown": [], "fuzzy": [], "emptied": [], "too_long": [], "grave": []}
    for entry in file.entries:
        ours = here.get(entry.key)
        if ours is None:
            left["unknown"].append(entry.key or tidy(entry.source)[:60])
            continue
        text, source = tidy(entry.text), tidy(entry.source)
        current, now = tidy(ours.target), tidy(ours.source)
        before = "" if base is None or entry.key not in base else tidy(base[entry.key].in_language(ours.language))
        change = Change(text, ours.source if source == now else source)
        if text == current:
            if ours.state is State.STALE and entry.sure and not entry.fuzzy and source == now:
                confirmed[entry.key] = Change(ours.target, ours.source)
        elif not text:
            if before and before == current:
                left["emptied"].append(entry.key)
        elif base is not None and text == before:
            continue  # changed here only
        elif entry.fuzzy:
            left["fuzzy"].append(entry.key)
        elif len(text) > ours.text.longest:
            left["too_long"].append(entry.key)
        elif shown_at_once and ours.would_be_grave(text):
            left["grave"].append(entry.key)
        elif current and (base is None or current != before):
            conflicts.append(Conflict(ours, change))
        else:
            takes[entry.key] = change
            if source != now:
                stale.append(entry.key)
    return Plan(
        takes,
        tuple(stale),
        confirmed,
        tuple(conflicts),
        unreadable=file.unreadable,
        **{name: tuple(keys) for name, keys in left.items()},
    )


def pack(file: TextFile, planned: Plan) -> str:
    """What of the file would change something, as the value of a hidden field."""
    wanted = {*planned.takes, *planned.confirmed, *(each.ours.key for each in planned.conflicts)}
    kept = replace(file, entries=tuple(entry for entry in file.entries if entry.key in wanted), unreadable=())
    return base64.b64encode(zlib.compress(json.dumps(asdict(kept)).encode(), 9)).decode()


def unpack(packed: str) -> TextFile:
    """The file that was packed. Raises FileRefused for what is none."""
    try:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(base64.b64decode(packed, validate=True), MAX_FILE_BYTES)
        said = json.loads(content)
        entries = tuple(
            Entry(str(each["key"]), str(each["source"]), str(each["text"]), bool(each["sure"]), bool(each["fuzzy"]))
            for each in said["entries"]
        )
        return TextFile(_origin({name: str(value) for name, value in said["origin"].items()}, _PLAIN_NAMES), entries)
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error, RecursionError) as fault:
        raise FileRefused("unreadable") from fault
