"""Commands that write what comes out: papers and tables."""

from collections.abc import Container
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli.console import cli, with_session, write
from app.errors import OperatorError
from app.questionnaire.document import LANGUAGES
from app.reporting import service as reporting
from app.reporting.release_file import from_bytes
from app.reporting.renderers import files
from app.reporting.terms import Terms
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
    format: Annotated[str, typer.Option(help="csv, xlsx or ods (tables), zip (data package) or json (the release)")],  # noqa: A002
    out: Annotated[Path, typer.Option(help="file to write")],
    language: Annotated[str, typer.Option(help="ar, zh, en, fr, ru or es")] = "en",
) -> None:
    """The published tables."""
    write(out, document(slug, language, format, files.EXPORTS))


def document(slug: str, language: str, form: str, forms: Container[str]) -> bytes:
    """A file made from the latest release. Raises OperatorError for a language or format that there is not."""
    language = language.lower()
    if language not in LANGUAGES:
        raise OperatorError(f"--language is one of {', '.join(LANGUAGES)}.")
    if form not in forms:
        raise OperatorError(f"“{form}” is no --format here: see “consult summary --help” and “consult export --help”.")

    async def work(session: AsyncSession, settings: Settings) -> tuple[str, Terms]:
        return (await reporting.kept_release(session, slug)).content, reporting.terms_of(settings)

    content, terms = with_session(work)
    return files.render_file(from_bytes(content.encode()), language, form, terms)
