"""The rounds of publication: what stands on a version of the paper, when its comments close, what changed since the
one before. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import SequenceMatcher
from itertools import groupby

from app.consultations.phase import day_of
from app.reporting.release import Cell, Release, Table


@dataclass(frozen=True)
class Standing:
    """What a version says of itself. A draft has `comments_until` and perhaps the day on which the final is expected;
    of a final, `final_on` is the day on which it was posted. `number` and `posted_on` are those of the version."""

    final: bool
    comments_until: date | None = None
    final_on: date | None = None
    document_number: str = ""
    number: int = 0
    posted_on: date | None = None


@dataclass(frozen=True)
class Numbered:
    """One paragraph with its typed number, the title of its section, and all its words."""

    number: str
    section: str
    text: str


@dataclass(frozen=True)
class Changes:
    """Numbers of paragraphs: `changed` and `added` as the later version has them, `removed` as the earlier one had."""

    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed or self.added or self.removed)


def closes_at(day: date) -> datetime:
    """The instant at which that date is over everywhere, also at UTC-12: from it on no comment is taken."""
    return day_of(day, "world").closes_at


def standing_in(release: Release, standing: Standing) -> Release:
    """The release as that version of the paper tells it: only the facts on its title block are other ones."""
    facts = replace(
        release.facts,
        comment_until=None if standing.final else standing.comments_until,
        final_on=standing.final_on,
        document_number=standing.document_number or release.facts.document_number,
        version=standing.number,
        posted_on=standing.posted_on,
    )
    return replace(release, facts=facts)


def compare(before: Sequence[Numbered], after: Sequence[Numbered]) -> Changes:
    """What changed from one version to the next in one language. A paragraph that only got another number, because one
    was put before it in its section, has not changed."""
    changed: list[str] = []
    added: list[str] = []
    removed: list[str] = []
    old, new = _by_section(before), _by_section(after)
    for section in dict.fromkeys((*old, *new)):
        was, now = old.get(section, ()), new.get(section, ())
        matcher = SequenceMatcher(None, [each.text for each in was], [each.text for each in now], autojunk=False)
        for what, first, last, start, end in matcher.get_opcodes():
            if what != "equal":
                both = min(last - first, end - start)
                changed.extend(each.number for each in now[start : start + both])
                added.extend(each.number for each in now[start + both : end])
                removed.extend(each.number for each in was[first + both : last])
    return Changes(tuple(changed), tuple(added), tuple(removed))


def _by_section(paragraphs: Sequence[Numbered]) -> Mapping[str, tuple[Numbered, ...]]:
    return {
        section: tuple(each)
        for section, each in groupby(paragraphs, key=lambda paragraph: paragraph.number.partition(".")[0])
    }


def changed_figures(before: Release, after: Release) -> int:
    """How many published figures differ between two releases, those that one shows and the other does not included."""
    old, new = dict(_figures(before)), dict(_figures(after))
    return sum(1 for key in old.keys() | new.keys() if old.get(key) != new.get(key))


def _figures(release: Release) -> Iterator[tuple[tuple[str, ...], Cell | int | None]]:
    yield ("n",), release.n
    for group, number in release.countries.items():
        yield ("countries", group), number
    for breakdown, groups in release.sizes.items():
        for group, cell in groups.items():
            yield ("size", breakdown, group), cell
    for table in (*release.about, *release.tables):
        yield from _of_table(table)


def _of_table(table: Table) -> Iterator[tuple[tuple[str, ...], Cell | int | None]]:
    for column in table.columns:
        place = (table.key, column.breakdown, column.group)
        if column.base is not None:
            yield (*place, "base"), column.base
        for line, cell in zip(table.lines, column.cells, strict=True):
            if cell is not None:
                yield (*place, "line", line), cell
