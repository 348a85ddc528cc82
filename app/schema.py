"""The tables, brought to a version by the migrations."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

VERSION_TABLE = "alembic_version"


def _config() -> Config:
    return Config(Path(__file__).parents[1] / "alembic.ini")


def version_of(connection: Connection) -> str | None:
    """The version that the tables have; None without tables."""
    return MigrationContext.configure(connection).get_current_revision()


def versions() -> list[str]:
    """Every version that this software knows, the newest first."""
    return [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]


async def upgrade(engine: AsyncEngine, version: str = "head") -> None:
    """The database has the tables of `version`. A repeat changes nothing."""

    def run(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, version)

    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
