"""What somebody typed beside the source, held against what stands there now.

Nothing is stored here. The form says of each text which source and which text its reader had before them
(`was.KEY`), so that nothing is overwritten that somebody else saved in between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from app.questionnaire.texts import digest_of, tidy
from app.questionnaire.translations import Change, Standing, State

TEXT, WAS = "text.", "was."


@dataclass(frozen=True)
class Sheet:
    """A posted page of texts. `changes` can be saved; `mistakes` are key to what must be looked at first: changed
    (somebody saved another text), source_changed, too_long, emptied, grave, gone, not_reviewed. `typed` is what differs
    from what was read: a field that nobody touched shows what stands there now, or sending it back would undo what
    others saved. `fields` are all keys that had a field, `reviews` those to be marked as reviewed."""

    typed: Mapping[str, str]
    changes: Mapping[str, Change]
    mistakes: Mapping[str, str]
    fields: frozenset[str] = frozenset()
    reviews: tuple[str, ...] = ()


NOTHING_TYPED = Sheet(MappingProxyType({}), MappingProxyType({}), MappingProxyType({}))


def read_sheet(
    form: Mapping[str, Sequence[str]], here: Mapping[str, Standing], who: str, *, may_write: bool, words_only: bool
) -> Sheet:
    """What the form would change of the texts that stand `here`. words_only: young people see it at once, so that no
    text may be taken away, or need mending."""
    sent = {name.removeprefix(TEXT): tidy(form[name][-1]) for name in form if name.startswith(TEXT)}
    was = {name.removeprefix(WAS): form[name][-1] for name in form if name.startswith(WAS)}
    typed = {key: text for key, text in sent.items() if may_write and not _is_as_read(text, was.get(key, ""))}
    changes: dict[str, Change] = {}
    mistakes: dict[str, str] = {}
    for key, text in typed.items():
        ours = here.get(key)
        if ours is None:
            mistakes[key] = "gone"
        elif text != tidy(ours.target):
            mistake = _mistake(text, ours, was.get(key, ""), words_only)
            if mistake:
                mistakes[key] = mistake
            else:
                changes[key] = Change(text, ours.source)
    for key in form.get("still", ()) if may_write else ():
        ours = here.get(key)
        if ours is not None and ours.state is State.STALE and key not in changes:
            if was.get(key) == ours.token:
                changes[key] = Change(ours.target, ours.source)
            else:
                mistakes[key] = _difference(ours, was.get(key, ""))
    reviews = []
    for key in dict.fromkeys([*form.get("review", ()), *(was if "review_all" in form else ())]):
        ours = here.get(key)
        if ours is None or key in changes or key in mistakes:
            continue
        if was.get(key) != ours.token:
            mistakes[key] = _difference(ours, was.get(key, ""))
        elif ours.may_be_reviewed_by(who):
            reviews.append(key)
        elif "review_all" not in form and ours.state is not State.REVIEWED:
            mistakes[key] = "not_reviewed"
    return Sheet(typed, changes, mistakes, frozenset(sent), tuple(reviews))


def _is_as_read(text: str, was: str) -> bool:
    """Whether nobody touched the field."""
    return digest_of(text)[:12] == was.partition("-")[2]


def _mistake(text: str, ours: Standing, was: str, words_only: bool) -> str:
    if was != ours.token:
        return _difference(ours, was)
    if len(text) > ours.text.longest:
        return "too_long"
    if words_only and ours.would_be_grave(text):
        return "grave"
    return "emptied" if words_only and not text else ""


def _difference(ours: Standing, was: str) -> str:
    return "source_changed" if was.partition("-")[2] == digest_of(ours.target)[:12] else "changed"
