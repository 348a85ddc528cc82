"""A backup holds everything at one instant, and an empty database of either kind gets all of it back."""

import asyncio
import json
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import MetaData, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.backup import back_up, restore
from app.consultations import service as consultations
from app.consultations.models import Consultation
from app.db import create_engine
from app.errors import OperatorError
from app.settings import Settings
from tests.application import House, Reader
from tests.submissions.test_journey_pages import send_all

NewDatabase = Callable[[str], AbstractContextManager[str]]


def settings_in(folder: Path, secret: str = "") -> Settings:
    return Settings(data=folder, secret=secret)


async def rows_of(engine: AsyncEngine) -> dict[str, list[list[str]]]:
    """Every table's rows as they read, in the order of their keys; columns by name."""
    found = {}
    async with engine.connect() as connection:
        metadata = MetaData()
        await connection.run_sync(metadata.reflect)
        for table in metadata.sorted_tables:
            columns = sorted(table.columns, key=lambda column: column.name)
            rows = await connection.execute(select(*columns).order_by(*table.primary_key))
            found[table.name] = [[str(value).removesuffix("+00:00") for value in row] for row in rows]
    return found


@pytest.mark.parametrize("other_kind", ["sqlite", "postgresql"])
async def test_a_restored_backup_has_every_row_in_either_database(
    house: House, browse: Reader, new_database: NewDatabase, tmp_path: Path, other_kind: str
) -> None:
    await send_all(browse)
    # What is in the funnel yet comes into the table some seconds later, and is in no backup of before.
    await house.application.api.state.inbox.empty_funnel()
    from_ = settings_in(tmp_path / "a")
    (from_.data / "snapshots").mkdir(parents=True)
    (from_.data / "snapshots" / "one.parquet").write_bytes(b"columns")
    secret = from_.master_secret()
    file = tmp_path / "backup.zip"
    told = await back_up(house.engine, from_, file)
    assert told["submissions"] == 1
    assert file.stat().st_mode & 0o777 == 0o600

    to = settings_in(tmp_path / "b")
    with new_database(other_kind) as url:
        engine = create_engine(url)
        assert await restore(engine, to, file) == told
        before, after = await rows_of(house.engine), await rows_of(engine)
        assert before == after
        assert len(after["submissions"]) == 1
        assert to.master_secret() == secret
        assert (to.data / "snapshots" / "one.parquet").read_bytes() == b"columns"
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE consultations SET slug = 'first'"))
        with pytest.raises(OperatorError, match="holds something already"):
            await restore(engine, to, file)
        names = sorted(column.name for column in Consultation.__table__.columns)
        assert (await rows_of(engine))["consultations"][0][names.index("slug")] == "first"
        await engine.dispose()


async def test_after_a_restore_new_rows_are_numbered_on(
    house: House, new_database: NewDatabase, tmp_path: Path
) -> None:
    file = tmp_path / "backup.zip"
    settings = settings_in(tmp_path / "a", "s" * 40)
    await back_up(house.engine, settings, file)
    with new_database(house.engine.dialect.name) as url:
        engine = create_engine(url)
        await restore(engine, settings, file)
        async with AsyncSession(engine) as session:
            made = await consultations.create(
                session, slug="next", topic={}, summary={}, day=house.consultation.day, window="utc", consent="A"
            )
            assert made.id > house.consultation.id
        await engine.dispose()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("damage", "advice"),
    [
        (lambda parts: parts.pop("tables/consultations.jsonl"), "no whole backup"),
        (lambda parts: parts.update({"tables/consultations.jsonl": b"[1, 2]\n"}), "no whole backup"),
        (lambda parts: parts.update({"tables/consultations.jsonl": b""}), "no whole backup"),
        (lambda parts: parts.update({"files/snapshots/one.parquet": b"other"}), "no whole backup"),
        (lambda parts: parts.update({"manifest.json": parts["manifest.json"].replace(b'"0', b'"9')}), "newer version"),
        (lambda parts: parts.pop("manifest.json"), "no whole backup"),
    ],
)
async def test_a_damaged_backup_is_refused_and_leaves_nothing(
    house: House,
    new_database: NewDatabase,
    tmp_path: Path,
    damage: Callable[[dict[str, bytes]], object],
    advice: str,
) -> None:
    settings = settings_in(tmp_path / "a")
    (settings.data / "snapshots").mkdir(parents=True)
    (settings.data / "snapshots" / "one.parquet").write_bytes(b"columns")
    file = tmp_path / "backup.zip"
    await back_up(house.engine, settings, file)
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    damage(parts)
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    to = settings_in(tmp_path / "b")
    with new_database("sqlite") as url:
        engine = create_engine(url)
        with pytest.raises(OperatorError, match=advice):
            await restore(engine, to, file)
        assert not any(rows for name, rows in (await rows_of(engine)).items() if name != "alembic_version")
        await engine.dispose()
    assert not (to.data / "secret").exists()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_backup_made_with_a_set_secret_needs_the_same_one(
    house: House, new_database: NewDatabase, tmp_path: Path
) -> None:
    file = tmp_path / "backup.zip"
    await back_up(house.engine, settings_in(tmp_path / "a", "s" * 40), file)
    with zipfile.ZipFile(file) as archive:
        assert "secret" not in archive.namelist()
        assert not json.loads(archive.read("manifest.json"))["secret"]["inside"]
    with new_database("sqlite") as url:
        engine = create_engine(url)
        with pytest.raises(OperatorError, match="CONSULT_SECRET"):
            await restore(engine, settings_in(tmp_path / "b", "t" * 40), file)
        await restore(engine, settings_in(tmp_path / "b", "s" * 40), file)
        await engine.dispose()


async def test_what_is_sent_while_a_backup_is_made_is_in_it_wholly_or_not_at_all(
    house: House, browse: Reader, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path / "a", "s" * 40)
    file = tmp_path / "backup.zip"
    counts, _ = await asyncio.gather(back_up(house.engine, settings, file), send_all(browse))
    with zipfile.ZipFile(file) as archive:
        lines = archive.read("tables/submissions.jsonl").decode().splitlines()
    assert len(lines) == counts["submissions"] <= 1
    assert len(await house.submissions()) == 1
