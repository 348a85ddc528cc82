"""Many submissions walked at once: their JSON to the columns of a snapshot, without walking each of them.

The walk in `app.submissions.journey` stays the truth, and nothing is said here a second time: what a question keeps of
an answer is asked of the question itself, once for each different answer, and whether a condition holds of the
condition itself, once for each different combination of the answers that it looks at. What is found is laid down along
the columns. A row that is not written as the inbox writes it (a code that no question has, an answer of another sort)
is walked by itself.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from app.questionnaire.document import Document
from app.questionnaire.kinds import Answer, Integer, Matrix, Multiple, Question, Ranking, Single, Text
from app.questionnaire.relevance import Expression
from app.reporting.groups import BEHIND, RegionOf, group_in, groups_of
from app.reporting.snapshot import (
    Sent,
    answered_column,
    asked_column,
    columns_of,
    own_columns,
    own_values,
    walked,
)

#: What is read of a submission: the language, the answers and the open answers, both JSON as the inbox writes it.
SENT = {"language": pl.String(), "answers": pl.String(), "open_answers": pl.String()}

#: Rows that are laid down together: fewer cost more, and more need more memory.
ROWS_TOGETHER = 50_000

_PLAIN = r'"[^"\\\x00-\x1f]*"'
#: Any text in JSON but with halves of characters in it, which no two readers understand alike.
_TEXT = r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u(?:[0-9abcefABCEF][0-9a-fA-F]|[dD][0-7])[0-9a-fA-F]{2})*"'
_LIST = rf"\[(?:{_PLAIN}(?:, ?{_PLAIN})*)?\]"
_WHOLE = "(?:0|-?[1-9][0-9]{0,17})"
#: A text with a letter or a digit in it is kept by every question that takes texts.
_SURELY_SAID = r"[\p{L}\p{N}]"


@dataclass(frozen=True)
class _Kept:
    """The answers to one code that count: `ids` along the rows, null where there is none, and what an id stands for."""

    ids: pl.Series
    answer_of: Callable[[Any], Answer]


@dataclass
class _Seen:
    """The different answers of one question that were met so far, by how they are written, and what became of each."""

    place_of: dict[str, int] = field(default_factory=dict)
    answers: list[Answer | None] = field(default_factory=list)
    values: list[tuple[object, ...]] = field(default_factory=list)


class Columns:
    """Turns submissions of one questionnaire into the columns of its snapshot, some thousands at a time."""

    def __init__(self, document: Document, region_of: RegionOf) -> None:
        self._document = document
        self._region_of = region_of
        self._schema = columns_of(document)
        self._groups = groups_of(document)
        questions = tuple(question for question in document.questions.values() if question.answered)
        self._read: dict[str, Any] = {}
        self._texts = {question.code: pl.String() for question in questions if isinstance(question, Text)}
        for question in questions:
            if isinstance(question, Integer):
                self._read[question.code] = pl.Int64()
            elif isinstance(question, Single | Matrix):
                self._read |= dict.fromkeys(question.fields, pl.String())
            elif isinstance(question, Multiple | Ranking):
                self._read[question.code] = pl.String()
        self._ordinary = _object(
            (_codes(questions, (Single, Matrix)), _PLAIN),
            (_codes(questions, (Multiple, Ranking)), _LIST),
            (_codes(questions, (Integer,)), _WHOLE),
        )
        self._ordinary_texts = _object((tuple(self._texts), _TEXT))
        conditions = [
            condition
            for section in document.sections
            for condition in (section.relevant, *(question.relevant for question in section.questions))
            if condition is not None
        ]
        self._looked_at = frozenset().union(*(condition.names for condition in conditions))
        self._seen: dict[str, _Seen] = {}

    def frame(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The columns of these rows of `SENT`, in any order of rows."""
        ordinary = rows.select(
            pl.col("answers").str.contains(self._ordinary)
            & pl.col("open_answers").str.contains(self._ordinary_texts).fill_null(value=True)
        ).to_series()
        odd = rows.filter(~ordinary)
        parts = [_Chunk(self, rows.filter(ordinary) if odd.height else rows).frame()]
        parts += [walked(map(as_sent, some.iter_rows()), self._document, self._region_of) for some in _parts(odd)]
        return pl.concat(parts)


class _Chunk:
    """Some ordinary rows on their way through the questionnaire."""

    def __init__(self, columns: Columns, rows: pl.DataFrame) -> None:
        self._of = columns
        self._language = rows["language"]
        self._n = rows.height
        self._said = _decoded(rows["answers"], columns._read)
        texts = rows["open_answers"]
        self._texts = _decoded(texts.fill_null("{}"), columns._texts) if texts.null_count() < self._n else None
        self._kept: dict[str, _Kept] = {}
        self._made: dict[str, pl.Series] = {}
        self._held: dict[tuple[Expression, frozenset[str]], pl.Series] = {}

    def frame(self) -> pl.DataFrame:
        for section in self._of._document.sections:
            in_section = self._holds(section.relevant)
            for question in section.questions:
                if question.answered:
                    self._ask(question, _both(in_section, self._holds(question.relevant)))
        self._made["language"] = self._language
        for breakdown, groups in self._of._groups.items():
            self._made[breakdown] = self._group(breakdown, groups)
        schema = self._of._schema
        return pl.DataFrame([self._made[name].cast(schema[name]).alias(name) for name in schema])

    def _ask(self, question: Question, asked: pl.Series | None) -> None:
        """What is said to the question by those who are `asked`, None for all, is in its columns."""
        answered = None
        if isinstance(question, Multiple | Ranking):
            answered = self._ask_for_several(question, asked)
        elif isinstance(question, Text):
            answered = self._ask_for_words(question, asked)
        else:
            for code in question.fields:
                said = _where(asked, self._said[code])
                if isinstance(question, Integer):
                    self._kept[code] = _Kept(said, int)
                else:
                    names = own_columns(question)[code]
                    said = said.cast(names, strict=False)
                    self._kept[code] = _Kept(said.to_physical(), names.categories.to_list().__getitem__)
                self._made[code] = said
                answered = said.is_not_null() if answered is None else answered | said.is_not_null()
        self._made[asked_column(question.code)] = self._all() if asked is None else asked
        self._made[answered_column(question.code)] = ~self._all() if answered is None else answered

    def _ask_for_several(self, question: Multiple | Ranking, asked: pl.Series | None) -> pl.Series:
        code, own = question.code, own_columns(question)
        seen = self._of._seen.setdefault(code, _Seen())
        written = _where(asked, self._said[code])
        different = written.drop_nulls().unique()
        for each in different:
            if each not in seen.place_of:
                kept = question.keep({code: tuple(json.loads(each))}).answers
                seen.place_of[each] = len(seen.answers)
                seen.answers.append(kept.get(code))
                seen.values.append(tuple(own_values(question, kept)))
        ids = pl.Series([None], dtype=pl.UInt32).new_from_index(0, self._n)
        if len(different):
            places = [seen.place_of[each] for each in different]
            ids = written.replace_strict(different, pl.Series(places, dtype=pl.UInt32), return_dtype=pl.UInt32)
        table = pl.DataFrame(seen.values, schema=own, orient="row")
        blank = tuple(own_values(question, {}))
        for name, nothing in zip(own, blank, strict=True):
            column = table[name].gather(ids)
            self._made[name] = column if nothing is None else column.fill_null(nothing)
        counts = pl.Series([answer is not None for answer in seen.answers], dtype=pl.Boolean).gather(ids)
        answered = counts.fill_null(value=False)

        def answer_of(place: int) -> Answer:
            answer = seen.answers[place]
            return () if answer is None else answer

        self._kept[code] = _Kept(_where(answered, ids), answer_of)
        return answered

    def _ask_for_words(self, question: Text, asked: pl.Series | None) -> pl.Series | None:
        if self._texts is None:
            return None
        code, words = question.code, _where(asked, self._texts[question.code])
        if code not in self._of._looked_at:
            sure = words.str.contains(_SURELY_SAID).fill_null(value=False)
            unsure = words.filter(~sure).unique().drop_nulls()
            kept = [each for each in unsure if question.keep({code: each}).answers]
            return sure | words.is_in(kept).fill_null(value=False) if kept else sure
        tidy = [None if each is None else question.keep({code: each}).answers.get(code) for each in words]
        self._kept[code] = _Kept(pl.Series(tidy, dtype=pl.String), str)
        return self._kept[code].ids.is_not_null()

    def _holds(self, condition: Expression | None) -> pl.Series | None:
        """Where the condition holds for the answers so far; None for everywhere."""
        if condition is None:
            return None
        names = sorted(condition.names & self._kept.keys())
        if not names:
            return None if condition.holds({}) else ~self._all()
        key = condition, frozenset(names)
        if key not in self._held:
            ids = pl.DataFrame([self._kept[name].ids.alias(name) for name in names])
            different = ids.unique()
            holds = [condition.holds(self._answers(names, row)) for row in different.iter_rows()]
            found = different.with_columns(pl.Series(" holds", holds, dtype=pl.Boolean))
            self._held[key] = ids.join(found, on=names, how="left", nulls_equal=True, maintain_order="left")[" holds"]
        return self._held[key]

    def _answers(self, names: Sequence[str], ids: Sequence[Any]) -> Mapping[str, Answer]:
        return {
            name: self._kept[name].answer_of(each) for name, each in zip(names, ids, strict=True) if each is not None
        }

    def _group(self, breakdown: str, groups: Sequence[str]) -> pl.Series:
        code = BEHIND[breakdown]
        nobody = group_in(breakdown, {}, self._of._region_of)
        choices = own_columns(self._of._document.questions[code])[code].categories
        names = [group_in(breakdown, {code: name}, self._of._region_of) for name in choices]
        return pl.Series(names, dtype=pl.Enum(groups)).gather(self._kept[code].ids).fill_null(nobody)

    def _all(self) -> pl.Series:
        return pl.repeat(True, self._n, dtype=pl.Boolean, eager=True)


def as_sent(row: tuple[str, str, str | None]) -> Sent:
    """One row of `SENT` as the walk takes it."""
    language, answers, open_answers = row
    return Sent(language, json.loads(answers) | json.loads(open_answers or "{}"))


def _parts(rows: pl.DataFrame) -> list[pl.DataFrame]:
    return list(rows.iter_slices(ROWS_TOGETHER)) if rows.height else []


def _codes(questions: Sequence[Question], kinds: tuple[type[Question], ...]) -> tuple[str, ...]:
    """The codes under which answers to questions of these kinds are written."""
    return tuple(
        code
        for question in questions
        if isinstance(question, kinds)
        for code in (question.fields if isinstance(question, Matrix) else (question.code,))
    )


def _object(*sorts: tuple[Sequence[str], str]) -> str:
    """The pattern of a JSON object in which each of these codes, where it is there, has a value of its sort."""
    members = "|".join(f'"(?:{"|".join(map(re.escape, codes))})": ?{value}' for codes, value in sorts if codes)
    return rf"^\{{(?:(?:{members})(?:, ?(?:{members}))*)?\}}$" if members else r"^\{\}$"


def _decoded(written: pl.Series, schema: Mapping[str, Any]) -> pl.DataFrame:
    """JSON objects as columns; several choices stay as they are written."""
    if not schema or not len(written):
        return pl.DataFrame({name: pl.Series([None] * len(written), dtype=sort) for name, sort in schema.items()})
    lines: str = written.str.join("\n").item()
    return pl.read_ndjson(lines.encode(), schema=dict(schema))


def _both(first: pl.Series | None, second: pl.Series | None) -> pl.Series | None:
    if first is None or second is None:
        return second if first is None else first
    return first & second


def _where(asked: pl.Series | None, said: pl.Series) -> pl.Series:
    return said if asked is None else said.zip_with(asked, pl.Series([None], dtype=said.dtype))
