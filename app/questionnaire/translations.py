"""Where each text of a questionnaire stands in each language, and what is done to it: saved, confirmed, reviewed.

The texts themselves are in the document; a row of TextState beside it says from which source a text was made, by whom,
and who reviewed it. A row holds as long as the text is the one that it was written for.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations.models import Consultation
from app.questionnaire.document import LANGUAGES, Document
from app.questionnaire.models import Questionnaire, TextState
from app.questionnaire.service import correct, latest, read_document, revise
from app.questionnaire.text_checks import Remark, remarks
from app.questionnaire.texts import DocumentText, digest_of, same_as, texts_of, to_translate, with_texts

#: Stands for the person where a text came with a form.
IMPORT = "import"


class State(StrEnum):
    MISSING = "missing"
    STALE = "stale"
    DRAFTED = "drafted"
    REVIEWED = "reviewed"


#: A text in one of these waits for a translator.
TO_DO = frozenset({State.MISSING, State.STALE})


@dataclass(frozen=True)
class Standing:
    """One text in one language. `was` is the source that a stale text was made from; `by` whoever made it, IMPORT
    where nobody here did."""

    text: DocumentText
    language: str
    state: State
    source: str
    target: str
    was: str = ""
    by: str = ""
    at: datetime | None = None
    reviewed_by: str = ""
    reviewed_at: datetime | None = None
    source_language: str = "en"

    @cached_property
    def remarks(self) -> tuple[Remark, ...]:
        """What may be wrong with it."""
        return remarks(self.source, self.target, self.language, self.source_language, is_name=self.text.is_name)

    @property
    def key(self) -> str:
        return self.text.key

    @property
    def is_grave(self) -> bool:
        """Whether something is wrong with it that keeps it from being reviewed."""
        return any(remark.grave for remark in self.remarks)

    def would_be_grave(self, text: str) -> bool:
        """Whether something would be wrong with another text in its place that keeps it from being shown."""
        found = remarks(self.source, text, self.language, self.source_language, is_name=self.text.is_name)
        return any(remark.grave for remark in found)

    def may_be_reviewed_by(self, who: str) -> bool:
        """Whether it waits for a second reader and `who` can be that: never who translated it."""
        return self.state is State.DRAFTED and self.by != who and not self.is_grave

    @property
    def token(self) -> str:
        """Says which source and which text somebody had before them, when a form comes back."""
        return token_of(self.source, self.target)


def token_of(source: str, target: str) -> str:
    return f"{digest_of(source)[:12]}-{digest_of(target)[:12]}"


@dataclass(frozen=True)
class Change:
    """A new text, and the source that it was made from. An empty text takes the old one away."""

    text: str
    source: str


async def hold(session: AsyncSession, slug: str) -> None:
    """Until the end of the transaction nobody else writes this consultation, in either database.

    To be asked before its newest questionnaire is read: two who save at once stand one after the other.
    """
    await session.execute(
        update(Consultation).where(Consultation.slug == slug).values(revision=Consultation.revision),
        execution_options={"synchronize_session": False},
    )


async def standings(
    session: AsyncSession, consultation_id: int, document: Document, languages: Iterable[str] = LANGUAGES
) -> Mapping[str, tuple[Standing, ...]]:
    """Of each language but the source's own, where every text stands, in the order of asking."""
    asked = [language for language in languages if language != document.default_language]
    found = await session.scalars(
        select(TextState).where(TextState.consultation_id == consultation_id, TextState.language.in_(asked))
    )
    rows = {(row.key, row.language): row for row in found}
    texts = to_translate(document)
    earlier = await _beginnings(session, consultation_id, document)
    return {
        language: tuple(_standing(document, text, language, rows.get((text.key, language)), earlier) for text in texts)
        for language in asked
    }


async def progress(session: AsyncSession, consultation_id: int, document: Document) -> Mapping[str, Counter[State]]:
    """Of each language but the source's own, how many texts stand where. Where all are reviewed, nothing else is
    counted."""
    found = await standings(session, consultation_id, document)
    return {language: Counter(each.state for each in stands) for language, stands in found.items()}


def _standing(
    document: Document,
    text: DocumentText,
    language: str,
    row: TextState | None,
    earlier: Sequence[Mapping[str, DocumentText]],
) -> Standing:
    own = document.default_language
    source, target = text.in_language(own), text.in_language(language)
    if not target:
        return Standing(text, language, State.MISSING, source, "", source_language=own)
    if row is None or row.text_digest not in (None, digest_of(target)):
        was, by, at, reviewed_by, reviewed_at = _first_source(text, language, own, earlier), IMPORT, None, None, None
    else:
        was, by, at = row.source_text, row.translated_by, row.translated_at
        reviewed_by, reviewed_at = row.reviewed_by, row.reviewed_at
    state = State.STALE if was != source else State.REVIEWED if reviewed_by else State.DRAFTED
    return Standing(
        text,
        language,
        state,
        source,
        target,
        was=was if state is State.STALE else "",
        by=by,
        at=at,
        reviewed_by=reviewed_by or "",
        reviewed_at=reviewed_at,
        source_language=own,
    )


async def _beginnings(
    session: AsyncSession, consultation_id: int, document: Document
) -> Sequence[Mapping[str, DocumentText]]:
    """The texts of the versions in which today's questions first came in: the first one, and one for each question that
    was added since. A text without a row was made from the source that stood beside it there."""
    versions = select(Questionnaire).where(Questionnaire.consultation_id == consultation_id)
    first = (await session.scalars(versions.order_by(Questionnaire.number).limit(1))).one()
    begun = [read_document(first)]
    for code in document.questions:
        if not any(code in each.questions for each in begun):
            named = Questionnaire.document.contains(f'"code":"{code}"', autoescape=True)
            found = await session.scalar(versions.where(named).order_by(Questionnaire.number).limit(1))
            if found is not None:
                begun.append(read_document(found))
    return [{text.key: text for text in texts_of(each)} for each in begun]


def _first_source(
    text: DocumentText, language: str, source_language: str, earlier: Sequence[Mapping[str, DocumentText]]
) -> str:
    """The source that stood beside the text when it came in; today's where the text came later or was changed."""
    for texts in earlier:
        then = texts.get(text.key)
        if then is not None:
            same = then.in_language(language) == text.in_language(language)
            return then.in_language(source_language) if same else text.in_language(source_language)
    return text.in_language(source_language)


# Acts ----------------------------------------------------------------------------------------------------------------


async def save(
    session: AsyncSession,
    consultation: Consultation,
    language: str,
    changes: Mapping[str, Change],
    *,
    who: str,
    now: datetime,
    correction: str = "",
) -> Questionnaire:
    """The texts stand in the questionnaire as drafted by `who`; a text that is the same as before is confirmed.

    A new version is made where a text changed; `correction` is the reason for it once the day opened. Gives the newest
    version. The caller holds the consultation, and has asked whether it may change. Texts in the source's own language
    have no state. Raises KeyError for a key that the document does not have.
    """
    stored = await latest(session, consultation.id)
    document = read_document(stored)
    before = {text.key: text.in_language(language) for text in texts_of(document)}
    changed = {key: change.text for key, change in changes.items() if before[key] != change.text}
    if changed:
        written = with_texts(document, language, changed)
        _rename(consultation, document, written, language)
        if correction:
            stored = await correct(session, consultation, written, now=now, reason=correction)
        else:
            stored = await revise(session, consultation, written)
    if language == document.default_language:
        return stored
    rows = await _rows(session, consultation.id, language, changes)
    for key, change in changes.items():
        row = rows.get(key)
        if not change.text:
            if row is not None:
                await session.delete(row)
            continue
        if row is None:
            row = TextState(consultation_id=consultation.id, key=key, language=language)
            session.add(row)
        row.source_digest, row.source_text = digest_of(change.source), change.source
        row.translated_by, row.translated_at = who, now
        row.reviewed_by = row.reviewed_at = None
        row.text_digest = digest_of(change.text)
    await session.flush()
    return stored


async def review(
    session: AsyncSession, consultation_id: int, stands: Iterable[Standing], *, who: str, now: datetime
) -> tuple[str, ...]:
    """Of these texts, which all stand in one language, those that `who` may review are reviewed. Gives their keys."""
    chosen = {each.key: each for each in stands if each.may_be_reviewed_by(who)}
    for language in {each.language for each in chosen.values()}:
        rows = await _rows(session, consultation_id, language, chosen)
        for key, each in chosen.items():
            row = rows.get(key)
            if row is None:
                row = TextState(consultation_id=consultation_id, key=key, language=language)
                session.add(row)
            if each.by == IMPORT:
                row.translated_by, row.translated_at = IMPORT, now
            row.source_digest, row.source_text = digest_of(each.source), each.source
            row.text_digest = digest_of(each.target)
            row.reviewed_by, row.reviewed_at = who, now
    await session.flush()
    return tuple(chosen)


def followers(document: Document, language: str, keys: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """To each of the keys, the choices elsewhere that have the same source and so far the same text: they are shown
    once, under the first, and change with it."""
    texts = to_translate(document)
    words = {text.key: text.in_language(language) for text in texts}
    found: dict[str, list[str]] = {key: [] for key in keys}
    for key, leader in same_as(texts, document.default_language).items():
        if leader in found and words[key] == words[leader]:
            found[leader].append(key)
    return {key: tuple(others) for key, others in found.items()}


async def _rows(
    session: AsyncSession, consultation_id: int, language: str, keys: Iterable[str]
) -> Mapping[str, TextState]:
    wanted = frozenset(keys)
    found = await session.scalars(
        select(TextState).where(TextState.consultation_id == consultation_id, TextState.language == language)
    )
    return {row.key: row for row in found if row.key in wanted}


def _rename(consultation: Consultation, before: Document, after: Document, language: str) -> None:
    """The consultation's own title and summary follow the questionnaire's, unless somebody gave it others."""
    for name, old, new in (("topic", before.title, after.title), ("summary", before.summary, after.summary)):
        own: Mapping[str, str] = getattr(consultation, name)
        named_alike = own.get(before.default_language) == old.get(before.default_language)
        if named_alike and own.get(language, "") == old.get(language, "") and new.get(language):
            setattr(consultation, name, {**own, language: new[language]})
