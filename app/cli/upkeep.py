"""Commands that keep the service itself: its tables, its server, its backups, what must be erased, what is wrong."""

import shlex
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.backup import back_up
from app.backup import restore as restore_from
from app.cli.console import NOT_ALL_DONE, JsonOption, cli, say, wait, with_engine, with_session
from app.clock import wall_clock
from app.consultations.models import Consultation
from app.demonstration.people import FILE, SignIn, are_open_beside_real_ones, is_loopback
from app.errors import OperatorError
from app.questionnaire.document import LANGUAGES
from app.reporting import exports
from app.reporting.signing import condition_of_releases, sign_those_of_before
from app.reporting.versions import damaged_files
from app.schema import upgrade, version_of, versions
from app.settings import Settings
from app.staff.audit import OPERATOR, check_trail, record
from app.staff.mail import Post
from app.staff.models import AuditEntry
from app.staff.oidc import provider_of
from app.submissions.models import ReachCount
from app.submissions.reach import recount
from app.submissions.retention import Erased, erase_what_is_due, forget_order

OK = "whole"
TRAIL = AuditEntry.__tablename__
CHANGED = "changed since they were made"
UNSIGNED = "not signed by a key of ours, or changed since"
FOREIGN = "some were signed with another CONSULT_SECRET or CONSULT_RELEASE_KEY; compare with what you published then"
OPEN_DOORS = "its sign-ins are open beside a real consultation: end their access on /staff/people"


@cli.command()
def migrate() -> None:
    """The database has the newest tables."""
    with_engine(lambda engine, settings: upgrade(engine))
    with_session(_count_what_was_sent_before)
    with_session(lambda session, settings: sign_those_of_before(session, settings, wall_clock()))
    say("The database is ready.")


async def _count_what_was_sent_before(session: AsyncSession, settings: Settings) -> None:
    """Submissions that are older than the live counters, or than the newest kind of them, are in them, too."""
    counted = select(ReachCount.consultation_id).where(ReachCount.kind == "region")
    for uncounted in await session.scalars(select(Consultation.id).where(Consultation.id.not_in(counted))):
        await recount(session, uncounted)


@cli.command()
def serve(host: str = "127.0.0.1", port: int = 8000, workers: int = 1) -> None:
    """Serves the pages. Nothing about who reads them is logged."""
    import uvicorn

    Settings().master_secret()
    Post(Settings())
    provider_of(Settings())
    with_engine(_check_tables)
    _check_port(host, port)
    say(f"The pages: http://{host}:{port}/   In Arabic: http://{host}:{port}/ar/   Stop with Ctrl-C.")
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=False,
        server_header=False,
        date_header=False,
        log_level="warning",
        backlog=4096,
        timeout_keep_alive=15,
    )


async def _check_tables(engine: AsyncEngine, settings: Settings) -> None:
    async with engine.connect() as connection:
        version = await connection.run_sync(version_of)
    if version != versions()[0]:
        where = settings.data.resolve() if engine.dialect.name == "sqlite" else "CONSULT_DATABASE_URL"
        raise OperatorError(f"The database ({where}) is not ready: run “consult migrate”.")


def _check_port(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port), reuse_port=False):
            pass
    except (OSError, OverflowError) as fault:
        raise OperatorError(f"Port {port} of {host} cannot be had ({fault}): choose another with --port.") from fault


@cli.command()
def demo(host: str = "127.0.0.1", port: int = 8000, as_json: JsonOption = False) -> None:
    """The demonstration is loaded, once: one consultation open, one soon, one closed, one published.

    For a server on --host and --port its addresses are told and, where nobody else can reach it, who can sign in."""
    # It has the whole application in it, which `consult --help` would wait for.
    from app.demonstration.samples import load

    alone = is_loopback(host)
    sign_ins = with_engine(lambda engine, settings: load(engine, settings, wall_clock(), with_people=alone, tell=wait))
    pages = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    told = {"pages": pages, "desk": f"{pages}staff/", "sign_ins": [asdict(each) for each in sign_ins]}
    lines = ["The demonstration is loaded: every page and document of it says “Sample data”.", f"Pages  {pages}"]
    lines += [f"Desk   {pages}staff/", *_sign_in_lines(sign_ins, alone=alone)]
    say("\n".join(lines), told, as_json=as_json)


def _sign_in_lines(sign_ins: Sequence[SignIn], *, alone: bool) -> list[str]:
    if not alone:
        return ["No sign-ins: they are made and told only for a server that this machine alone can reach."]
    if not sign_ins:
        return [
            "No sign-ins: there are real consultations or accounts here. Invite people with “consult staff invite”."
        ]
    settings = Settings()
    with_code = next((each.email for each in sign_ins if each.code), "")
    wide = max(len(each.email) for each in sign_ins)
    return [
        "Sign in at the desk as",
        *(f"  {each.email:<{wide}}  {each.password}{'  and a code' if each.code else ''}" for each in sign_ins),
        f"The code: CONSULT_DATA={shlex.quote(str(settings.data))} {_command()} staff code {with_code}",
        f"These passwords were made at random; they are in {settings.data / FILE}, for you alone.",
    ]


def _command() -> str:
    """This command as it was called, so that what we tell can be typed as it stands."""
    return shlex.quote(sys.argv[0]) if Path(sys.argv[0]).name.startswith("consult") else "consult"


@cli.command()
def retention(as_json: JsonOption = False) -> None:
    """What should be gone by now is erased: run it daily."""

    async def work(session: AsyncSession, settings: Settings) -> Erased:
        now = wall_clock()
        erased = await erase_what_is_due(session, now)
        await record(session, who=OPERATOR, act="retention", subject="consultations", now=now, after=asdict(erased))
        return erased

    erased = with_session(work)
    with_engine(lambda engine, settings: forget_order(engine))
    removed = exports.remove_due(Settings(), wall_clock())
    say(
        f"Erased: open answers of {erased.open_answers} submissions, links of {erased.links}, exports {removed}.",
        {**asdict(erased), "exports": removed},
        as_json=as_json,
    )


@cli.command()
def backup(file: Annotated[Path, typer.Argument(help="file to write")], as_json: JsonOption = False) -> None:
    """Everything is in one file, which is as secret as the service; erased answers live on in old ones."""
    tables = with_engine(lambda engine, settings: back_up(engine, settings, file))
    with_session(lambda session, settings: _remember(session, "backup", file, tables))
    say(f"{file}: {_rows(tables)}.", tables, as_json=as_json)


@cli.command()
def restore(
    file: Annotated[Path, typer.Argument(help="file of “consult backup”")], as_json: JsonOption = False
) -> None:
    """An empty database, of either kind, holds what the backup holds."""
    if not file.is_file():
        raise OperatorError(f"{file} is not there.")
    tables = with_engine(lambda engine, settings: restore_from(engine, settings, file))
    with_session(lambda session, settings: _remember(session, "restore", file, tables))
    say(f"Restored: {_rows(tables)}.", tables, as_json=as_json)


async def _remember(session: AsyncSession, act: str, file: Path, tables: Mapping[str, int]) -> None:
    """The trail says which file holds, or held, how many rows: the trail in it ends with the row before. Tables that
    are older than the trail, which are backed up before they are brought to a new version, have none."""
    if not await (await session.connection()).run_sync(lambda connection: inspect(connection).has_table(TRAIL)):
        return
    after = {"rows": sum(tables.values()), "trail": tables.get("audit_entries", 0)}
    await record(session, who=OPERATOR, act=act, subject=file.name[:200], now=wall_clock(), after=after)


def _rows(tables: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in tables.items())


@cli.command()
def doctor(as_json: JsonOption = False) -> None:
    """Whether everything that the service needs is there and whole. What is not is a line that says what to do."""

    async def work(engine: AsyncEngine, settings: Settings) -> dict[str, str]:
        from app.web.i18n import translator

        async with AsyncSession(engine) as session:
            version = await (await session.connection()).run_sync(version_of)
            releases = await condition_of_releases(session, settings)
            rows, last, broken = await check_trail(session)
            open_doors = await are_open_beside_real_ones(session)
            damaged = await damaged_files(session)
        newest = versions()[0]
        settings.master_secret()
        return {
            "database": engine.dialect.name,
            "tables": OK if version == newest else f"are of version {version}: run “consult migrate”",
            "secret": OK,
            "languages": " ".join(translator(language).language for language in LANGUAGES),
            "trail": f"changed or cut at row {broken}: compare it with a backup" if broken else OK,
            "trail's end": f"row {rows}, {last[:16]}",
            "demonstration": OPEN_DOORS if open_doors else OK,
            "releases": f"{CHANGED}: {releases.changed}; restore a backup" if releases.changed else OK,
            "signatures": f"{UNSIGNED}: {releases.unsigned}; restore a backup" if releases.unsigned else OK,
            "keys of releases": f"{FOREIGN}: {' '.join(releases.foreign)}" if releases.foreign else OK,
            "papers": f"changed since they were posted: {damaged}; restore a backup" if damaged else OK,
        }

    found = with_engine(work)
    say("\n".join(f"{name}: {value}" for name, value in found.items()), found, as_json=as_json)
    if any(found[name] != OK for name in ("tables", "trail", "demonstration", "releases", "signatures", "papers")):
        raise typer.Exit(NOT_ALL_DONE)
