"""What was done to a questionnaire before its day opened, step upon step, so that the last can be taken back.

A step is one of the editor, or a saving, an import or a review of translations. After the opening there are none:
corrections of words stay, each with its reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations.models import Consultation
from app.questionnaire.models import Questionnaire, Step, TextState
from app.questionnaire.service import latest, undo

EDITED, UNDONE = "questionnaire_edited", "questionnaire_undone"
SAVED, IMPORTED, REVIEWED = "translation_save", "translation_import", "translation_review"

_INSTANTS = ("translated_at", "reviewed_at")
_KEY = ("consultation_id", "key", "language")

#: Rows of text_states as a step keeps them: key, language, and the values or None where there was no row.
States = Sequence[Sequence[Any]]


async def keep_step(
    session: AsyncSession,
    before: Questionnaire,
    after: Questionnaire,
    *,
    who: str,
    act: str,
    told: Mapping[str, Any],
    now: datetime,
    states: States = (),
) -> None:
    """The step is the last one. `before` and `after` are the newest versions before and after it, or the same one."""
    last = await _top(session, after.consultation_id)
    session.add(
        Step(
            consultation_id=after.consultation_id,
            number=last.number + 1 if last else 1,
            at=now,
            who=who,
            act=act,
            told=dict(told),
            version=after.number,
            made=after.number != before.number,
            states=[list(each) for each in states],
        )
    )
    await session.flush()


async def last_step(session: AsyncSession, stored: Questionnaire) -> Step | None:
    """The step that led to the newest version `stored` as it stands now, or None where it can be taken back no more."""
    last = await _top(session, stored.consultation_id)
    return last if last is not None and last.version == stored.number else None


async def take_back(session: AsyncSession, consultation: Consultation, step: Step) -> Questionnaire:
    """The questionnaire and the states of its texts are as before the last step; gives the newest version.

    Only for a consultation that never opened.
    """
    if step.made:
        await undo(session, consultation)
    for language in {language for _, language, _ in step.states}:
        keys = [key for key, other, _ in step.states if other == language]
        await session.execute(
            delete(TextState).where(
                TextState.consultation_id == consultation.id, TextState.language == language, TextState.key.in_(keys)
            )
        )
    for key, language, values in step.states:
        if values is not None:
            kept = {name: _instant(values[name]) if name in _INSTANTS else values[name] for name in values}
            session.add(TextState(consultation_id=consultation.id, key=key, language=language, **kept))
    await session.delete(step)
    await session.flush()
    return await latest(session, consultation.id)


async def states_of(session: AsyncSession, consultation_id: int, language: str, keys: Iterable[str]) -> States:
    """The states of these texts as they stand, for a step that is about to change them."""
    found = await session.scalars(
        select(TextState).where(TextState.consultation_id == consultation_id, TextState.language == language)
    )
    rows = {row.key: row for row in found}
    return [[key, language, _plain(rows[key]) if key in rows else None] for key in dict.fromkeys(keys)]


def _plain(row: TextState) -> dict[str, Any]:
    values = {each.key: getattr(row, each.key) for each in TextState.__table__.columns if each.key not in _KEY}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def _instant(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


async def _top(session: AsyncSession, consultation_id: int) -> Step | None:
    found: Step | None = await session.scalar(
        select(Step).where(Step.consultation_id == consultation_id).order_by(Step.number.desc()).limit(1)
    )
    return found
