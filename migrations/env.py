"""Runs the migrations: on the connection that it is handed, else on the database of the settings."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text

from app.consultations import models as consultations
from app.db import Base, create_engine
from app.outreach import models as outreach
from app.questionnaire import models as questionnaire
from app.reporting import models as reporting
from app.settings import Settings
from app.staff import models as staff
from app.submissions import models as submissions
from app.workinggroup import models as workinggroup

ROOMS = (staff, consultations, questionnaire, outreach, submissions, reporting, workinggroup)
#: A migration that cannot get its lock gives up, so that no Send waits behind it.
LOCK_SECONDS = 5


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
        context.run_migrations()


async def run_alone() -> None:
    engine = create_engine(Settings().url())
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(run_alone())
