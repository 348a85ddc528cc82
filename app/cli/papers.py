"""Commands that write what comes out: papers and tables."""

import sys
from collections.abc import Container
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, TextIO

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli.console import JsonOption, cli, say, with_session, write, write_whole
from app.clock import wall_clock
from app.errors import OperatorError
from app.questionnaire.document import LANGUAGES
from app.reporting import service as reporting
from app.reporting.export_order import FORMS, ExportRefused, Order, Tell, as_bytes
from app.reporting.extracts import ANNUAL, FOUR, rounds_of, words_for, years_of
from app.reporting.release_file import from_bytes
from app.reporting.renderers.formats import EXPORTS, EXTRACTS, PAPERS
from app.reporting.renderers.not_shown import tell_not_shown
from app.reporting.renderers.not_shown_text import as_text
from app.reporting.terms import Terms
from app.reporting.wording import words_of
from app.reporting.words import Words, worded
from app.settings import Settings
from app.staff.audit import OPERATOR, record
from app.web.i18n import translator


@cli.command()
def summary(
    slug: str,
    language: Annotated[str, typer.Option(help="ar, zh, en, fr, ru or es")],
    format: Annotated[str, typer.Option(help="html, docx or pdf")],  # noqa: A002 - the option's name is a contract
    out: Annotated[Path, typer.Option(help="file to write")],
) -> None:
    """The paper for the Working Group in one language."""
    write(out, document(slug, language, format, PAPERS))


@cli.command()
def export(
    slug: str,
    format: Annotated[str, typer.Option(help="csv, xlsx, ods (tables), zip (data package), json, sav, parquet")],  # noqa: A002
    out: Annotated[Path, typer.Option(help="file to write")],
    language: Annotated[str, typer.Option(help="ar, zh, en, fr, ru or es")] = "en",
    rows: Annotated[bool, typer.Option("--submissions", help="every submission, without texts: never public")] = False,
    as_json: JsonOption = False,
) -> None:
    """The published tables; with --submissions, and always as sav or parquet, the rows behind them: never public."""
    if rows or format in ("sav", "parquet"):
        export_submissions(slug, format, out, language, as_json=as_json)
    else:
        write(out, document(slug, language, format, EXPORTS))


def export_submissions(slug: str, form: str, out: Path, language: str, *, as_json: bool) -> None:
    """`out` holds the submissions; beside it lie the manifest and, where the file has no room for it, the codebook."""
    language = _known(language)
    if form not in FORMS:
        raise OperatorError(f"Submissions can be had as {', '.join(FORMS)}.")

    async def work(session: AsyncSession, settings: Settings) -> dict[str, Any]:
        kept = await reporting.kept_release(session, slug)
        snapshot = reporting.snapshot_path(settings, slug).resolve()
        if not snapshot.exists():
            raise OperatorError(f"The snapshot of “{slug}” is not there ({snapshot}): restore a backup.")
        order = Order(slug, form, language, OPERATOR, wall_clock().isoformat(), str(snapshot))
        told = {"form": form, "language": language, "sha256": kept.digest}
        await record(session, who=OPERATOR, act="export_made", subject=slug, now=wall_clock(), after=told)
        return make_beside(out, order, kept.content.encode())

    made = with_session(work)
    say(f"{out}: {made['rows']:,} rows, as in the release; {out.stem}.manifest.json says more.", made, as_json=as_json)


def make_beside(out: Path, order: Order, release: bytes) -> dict[str, Any]:
    """The files of the order lie at `out` and beside it; gives back the manifest."""
    # What makes documents is loaded by the commands that make them: the others, and their help, would wait for it.
    from app.reporting.export_making import make

    try:
        with TemporaryDirectory(dir=out.resolve().parent, prefix=".export-") as folder:
            made = dict(make(order, release, Path(folder), wall_clock, told_on(sys.stderr)))
            for number, file in enumerate(made["files"]):
                place = out if number == 0 else out.with_name(f"{out.stem}.{file['name']}")
                (Path(folder) / file["name"]).replace(place)
                file["name"] = place.name
    except ExportRefused as refused:
        raise OperatorError(why_refused(refused)) from refused
    write_whole(out.with_name(f"{out.stem}.manifest.json"), as_bytes(made))
    return made


def told_on(stream: TextIO) -> Tell:
    """Tells a person at a terminal how far it is, and nobody else."""

    def tell(step: str, done: int, rows: int) -> None:
        if stream.isatty():
            stream.write(f"\r{step} {done:,} of {rows:,}" + ("\n" if done == rows else ""))
            stream.flush()

    return tell


def why_refused(refused: ExportRefused) -> str:
    """One line that says what to do."""
    return {
        "too_many_rows": "{rows:,} rows are more than a program opens as ODS ({most:,}): take --format csv or xlsx.",
        "rows_lost": "The snapshot has {rows:,} rows and should have {expected:,}: it is damaged. Restore a backup.",
        "rows_differ": "The snapshot has {rows:,} rows, the release {release:,}: one of them was changed by hand. "
        "Restore a backup.",
        "table_missing": "The release does not have the table “{table}”: it belongs to another questionnaire.",
        "total_differs": "A total differs: {table}, {line} is {counted:,} in the snapshot, {shown:,} in the release. "
        "Restore a backup.",
        "erasing": "Answers were being erased all the time: try again.",
    }[refused.reason].format(**refused.told)


@cli.command()
def report(
    slug: str,
    language: Annotated[str, typer.Option(help="ar, zh, en, fr, ru or es")] = "en",
    as_json: JsonOption = False,
) -> None:
    """What the latest release does not show, and what it would take to show it: made of the release alone."""
    t = translator(_known(language))

    async def work(session: AsyncSession, settings: Settings) -> str:
        return (await reporting.kept_release(session, slug)).content

    told = tell_not_shown(from_bytes(with_session(work).encode()), t)
    say(as_text(told, t).rstrip("\n"), asdict(told), as_json=as_json)


@cli.command()
def extract(
    year: Annotated[int, typer.Option(help="the year, or the last of the four", min=2000, max=2999)],
    language: Annotated[str, typer.Option(help="ar, zh, en, fr, ru or es")],
    years: Annotated[int, typer.Option(help="1 for an annual report, 4 for a four-year one")] = ANNUAL,
    format: Annotated[str, typer.Option(help="docx or html")] = "docx",  # noqa: A002 - the option's name is a contract
    out: Annotated[Path | None, typer.Option(help="file to write; named after the years if not given")] = None,
) -> None:
    """For the Group's reports: a paragraph and the core indicators of every published round of a year, or of four."""
    from app.reporting.renderers.extract_files import render_extract

    language = _known(language)
    if years not in (ANNUAL, FOUR):
        raise OperatorError(f"--years is {ANNUAL} or {FOUR}.")
    if format not in EXTRACTS:
        raise OperatorError(f"--format is one of {', '.join(EXTRACTS)}.")
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
    content = render_extract(contents, words, f"{format} {first} {last}", language)
    named = "-".join(map(str, dict.fromkeys((first, last))))
    write(out or Path(f"youth-consultations-{named}-{language}.{format}"), content)


def _known(language: str) -> str:
    """Raises OperatorError for a language that we do not speak."""
    if language.lower() not in LANGUAGES:
        raise OperatorError(f"--language is one of {', '.join(LANGUAGES)}.")
    return language.lower()


def document(slug: str, language: str, form: str, forms: Container[str]) -> bytes:
    """A file made from the latest release. Raises OperatorError for a language or format that there is not."""
    from app.reporting.renderers.files import render_file

    language = _known(language)
    if form not in forms:
        raise OperatorError(f"“{form}” is no --format here: see “consult summary --help” and “consult export --help”.")

    async def work(session: AsyncSession, settings: Settings) -> tuple[bytes, Words, Terms]:
        kept = await reporting.kept_release(session, slug)
        return kept.content.encode(), await words_of(session, kept.consultation_id), reporting.terms_of(settings)

    content, words, terms = with_session(work)
    # The release itself is given byte for byte as it was signed.
    return content if form == "json" else render_file(worded(from_bytes(content), words), language, form, terms)
