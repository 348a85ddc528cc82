"""The catalogues of the interface words: `catalogues.py update` and `catalogues.py compile FILE.mo...`.

Update gathers every message that app/ marks, and leaves each of the six .po files with exactly these: what is new is
empty (in English: the message itself), what is gone is gone, nothing is guessed. Compile writes .mo files, which are
not kept in the repository.
"""

import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LOCALES = ROOT / "locales"

#: Written by hand: Babel puts two of the Arabic forms in the wrong order.
PLURALS = {
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);",
    "zh": "nplurals=1; plural=0;",
    "en": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "ru": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);",
    "es": "nplurals=2; plural=(n != 1);",
}

HEADER = """\
# The words of the interface. `make catalogues` gathers the messages; what stands under msgstr is the translator's.
msgid ""
msgstr ""
"Project-Id-Version: consult\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""


def gather(root: Path = ROOT) -> Catalog:
    """Every message that the files under `root` mark, as babel.cfg there says. Raises ValueError when there is none,
    since a wrong folder finds nothing and says nothing."""
    with (root / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found = Catalog()
    for name, line, message, comments, context in extract_from_dir(
        root, methods, options, comment_tags=("Translators:",)
    ):
        found.add(message, locations=[(name, line)], auto_comments=comments, context=context)
    if not len(found):
        raise ValueError(f"no messages found under {root}")
    return found


def renew(language: str, found: Catalog, old: Catalog) -> bytes:
    """The .po file of `language` with exactly the messages `found`, translated as in `old`."""
    made = Catalog(locale=language)
    made.mime_headers = [("Plural-Forms", PLURALS[language])]
    for message in _messages(found):
        known = old.get(message.id, message.context)
        made.add(
            message.id,
            _words(language, message, known, made.num_plurals),
            [(name, 0) for name in sorted({name for name, _ in message.locations})],
            message.flags | ({"fuzzy"} & known.flags if known else set()),
            message.auto_comments,
            known.user_comments if known else (),
            context=message.context,
        )
    file = io.BytesIO()
    write_po(file, made, width=100, omit_header=True, ignore_obsolete=True, include_lineno=False)
    return HEADER.format(language=language, plurals=PLURALS[language]).encode() + file.getvalue()


def _messages(catalogue: Catalog) -> Iterator[Message]:
    """All but the header."""
    return (message for message in catalogue if message.id)


def _words(language: str, message: Message, known: Message | None, forms: int) -> str | tuple[str, ...]:
    plural = isinstance(message.id, (list, tuple))
    words = _forms(known) if known else ()
    if not any(words):
        words = _as_tuple(message.id) if language == "en" else ()
    padded = (*words, *[""] * forms)[:forms]
    return padded if plural else padded[0]


def update() -> None:
    """All six .po files hold exactly the messages that there are. A repeat changes nothing."""
    found = gather()
    for language in PLURALS:
        path = LOCALES / language / "LC_MESSAGES" / "messages.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        old = read_po(io.BytesIO(path.read_bytes()), locale=language) if path.exists() else Catalog(locale=language)
        made = renew(language, found, old)
        path.write_bytes(made)
        missing = sum(not all(_forms(message)) for message in _messages(read_po(io.BytesIO(made), locale=language)))
        print(f"{language}: {len(found)} messages, {missing} to translate")


def _forms(message: Message) -> tuple[str, ...]:
    return _as_tuple(message.string or "")


def _as_tuple(words: str | Sequence[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


def compile_file(target: Path) -> None:
    """The .mo file `target` holds what the .po file beside it says, but nothing fuzzy."""
    source = target.with_suffix(".po")
    language = source.parent.parent.name
    catalogue = read_po(io.BytesIO(source.read_bytes()), locale=language, abort_invalid=True)
    unfinished = target.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        write_mo(file, catalogue)
    unfinished.replace(target)


def main(arguments: Sequence[str]) -> int:
    match arguments:
        case ["update"]:
            update()
        case ["compile"]:
            for source in sorted(LOCALES.glob("*/LC_MESSAGES/*.po")):
                compile_file(source.with_suffix(".mo"))
        case ["compile", *targets]:
            for target in targets:
                compile_file(Path(target))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
