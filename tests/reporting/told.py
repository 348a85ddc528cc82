"""A release in which there is everything that a page of results can show: made-up themes, quotes and a round before,
none of which today's freeze makes. And its pages, put where a house finds them."""

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.consultations.models import Consultation
from app.questionnaire.document import Document
from app.questionnaire.kinds import Text
from app.reporting.models import KeptRelease
from app.reporting.release import Cell, Previous, Quote, Release, ReleaseColumn, Table, Theme
from app.reporting.release_file import digest, to_bytes
from app.reporting.renderers.results import render_results
from app.reporting.renderers.results_file import pack
from app.reporting.rendering import stamp
from app.web.i18n import LANGUAGES, translator
from app.web.pages import render_template
from tests.application import House
from tests.reporting.people import invented, release_of


def told_release(document: Document, n: int = 600, seed: int = 1, **facts: Any) -> Release:
    """`n` invented people, two themes of each open question, a quote from Arabic and one from English, and the same
    questions asked of fewer people before."""
    release = release_of(document, list(invented(document, n, seed)), slug="told", **facts)
    before = release_of(document, list(invented(document, n // 2, seed + 1)), slug="told-before")
    codes = [question.code for question in document.questions.values() if isinstance(question, Text)]
    return replace(
        release,
        tables=(*release.tables, *(_themes(code) for code in codes)),
        codebooks={code: (Theme("a", _words("Being heard")), Theme("b", _words("Rules"))) for code in codes},
        quotes=tuple(each for code in codes for each in _quotes(code)),
        previous=Previous(
            "told-before",
            date(2025, 11, 20),
            before.n,
            digest(to_bytes(before)),
            tuple(replace(table, columns=table.columns[:1]) for table in before.tables),
        ),
    )


def _words(english: str) -> dict[str, str]:
    return {language: english if language == "en" else f"{english} ({language})" for language in LANGUAGES}


def _themes(code: str) -> Table:
    cells = (Cell(120, 55), Cell(90, 41), None)
    total = ReleaseColumn("all", "all", 220, cells)
    return Table(code, code, "themes", ("a", "b", "none"), (total,), False, True, (None, None, None))


def _quotes(code: str) -> tuple[Quote, Quote]:
    arabic = {"ar": "أريد أن يردّ عليّ إنسان، لا رسالة آلية.", "en": "I want a human being to answer me."}
    return (
        Quote(code, "a", "ar", arabic, "3", "arab_states"),
        Quote(code, "b", "en", {"en": "Rules that I can read <b>and</b> keep."}, None, None),
    )


def pages_of(release: Release, language: str) -> dict[str, str]:
    return dict(render_results(release, translator(language), partial(render_template, language)))


async def keep(house: House, release: Release, languages: tuple[str, ...] = LANGUAGES) -> None:
    """The release is that of the house's consultation, its pages are made, and everybody may see them."""
    content = to_bytes(release)
    folder = house.settings.data / "documents" / digest(content) / stamp()
    folder.mkdir(parents=True, exist_ok=True)
    for language in languages:
        (folder / f"{language}.results").write_bytes(pack(iter(pages_of(release, language).items())))
    now = house.clock.now
    async with AsyncSession(house.engine) as session:
        session.add(
            KeptRelease(
                consultation_id=house.consultation.id,
                number=1,
                made_at=now,
                digest=digest(content),
                content=content.decode(),
            )
        )
        found = await session.get_one(Consultation, house.consultation.id)
        found.frozen_at = found.published_at = now
        found.revision += 1
        await session.commit()
