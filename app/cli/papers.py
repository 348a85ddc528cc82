"""Commands that write what comes out: papers and tables."""

from collections.abc import Container
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli.console import cli, with_session, write
from app.clock import wall_clock
from app.errors import OperatorError
from app.questionnaire.document import LANGUAGES
from app.reporting import service as reporting
from app.reporting.extracts import ANNUAL, FOUR, rounds_of, words_for, years_of
from app.reporting.release_file import from_bytes
from app.reporting.renderers import extract_files, files
from app.reporting.wording import words_of
from app.reporting.words import Words, worded
from app.settings import Settings


@cli.command()
def summary(
    slug: str,
    language: Annotated[str, typer.Option(help="ar, zh, en, fr, ru or es")],
    format: Annotated[str, typer.Option(help="html or docx")],  # noqa: A002 - the option's name is a contract
    out: Annotated[Path, typer.Option(help="file to write")],
) -> None:
    """The paper for the Working Group in one language."""
    write(out, document(slug, language, format, files.PAPERS))


@cli.command()
def export(
    slug: str,
    format: Annotated[str, typer.Option(help="csv (tables) or json (the release)")],  # noqa: A002
    out: Annotated[Path, typer.Option(help="file to write")],
    language: Annotated[str, typer.Option(help="ar, zh, en, fr, ru or es")] = "en",
) -> None:
    """The published tables."""
    write(out, document(slug, language, format, files.EXPORTS))


@cli.command()
def extract(
    year: Annotated[int, typer.Option(help="the year, or the last of the four", min=2000, max=2999)],
    language: Annotated[str, typer.Option(help="ar, zh, en, fr, ru or es")],
    years: Annotated[int, typer.Option(help="1 for an annual report, 4 for a four-year one")] = ANNUAL,
    format: Annotated[str, typer.Option(help="docx or html")] = "docx",  # noqa: A002 - the option's name is a contract
    out: Annotated[Path | None, typer.Option(help="file to write; named after the years if not given")] = None,
) -> None:
    """For the Group's reports: a paragraph and the core indicators of every published round of a year, or of four."""
    language = _known(language)
    if years not in (ANNUAL, FOUR):
        raise OperatorError(f"--years is {ANNUAL} or {FOUR}.")
    if format not in extract_files.FORMS:
        raise OperatorError(f"--format is one of {', '.join(extract_files.FORMS)}.")
    first, last = years_of(year, years)

    async def work(session: AsyncSession, settings: Settings) -> list[tuple[bytes, str]]:
        rounds = await rounds_of(session, (first, last), wall_clock())
        words = await words_for(session, rounds, language)
        kept = [await reporting.kept_release(session, each.slug) for each in rounds]
        return [(each.content.encode(), own) for each, own in zip(kept, words, strict=True)]

    found = with_session(work)
    if not found:
        raise OperatorError(f"No results of days from {first} to {last} are public: publish a consultation first.")
    contents, words = zip(*found, strict=True)
    content = extract_files.render_extract(contents, words, f"{format} {first} {last}", language)
    named = "-".join(map(str, dict.fromkeys((first, last))))
    write(out or Path(f"youth-consultations-{named}-{language}.{format}"), content)


def _known(language: str) -> str:
    """Raises OperatorError for a language that we do not speak."""
    if language.lower() not in LANGUAGES:
        raise OperatorError(f"--language is one of {', '.join(LANGUAGES)}.")
    return language.lower()


def document(slug: str, language: str, form: str, forms: Container[str]) -> bytes:
    """A file made from the latest release. Raises OperatorError for a language or format that there is not."""
    language = _known(language)
    if form not in forms:
        raise OperatorError(f"“{form}” is no --format here: see “consult summary --help” and “consult export --help”.")

    async def work(session: AsyncSession, settings: Settings) -> tuple[bytes, Words]:
        kept = await reporting.kept_release(session, slug)
        return kept.content.encode(), await words_of(session, kept.consultation_id)

    content, words = with_session(work)
    # The release itself is given byte for byte as it was signed.
    return content if form == "json" else files.render_file(worded(from_bytes(content), words), language, form)
