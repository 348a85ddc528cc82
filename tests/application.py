"""The application under test, and a reader without script who audits every page that it fetches."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.consultations import service as consultations
from app.consultations.models import Consultation
from app.db import create_engine
from app.main import Application, create_app
from app.questionnaire import service as questionnaires
from app.questionnaire.document import Document
from app.settings import Settings
from app.submissions.models import Submission
from tests.audit import audit
from tests.samples import SLUG, sample_document

DAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, 30, 40, tzinfo=UTC)
#: Longer than anything that a page waits for, also on a busy machine.
LONGEST_SECONDS = 150
Fields = Mapping[str, str | Sequence[str]]


@dataclass
class HandClock:
    """A clock that stands still until it is set."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)


class Impatient(httpx2.ASGITransport):
    """A request that never ends fails, and tells who waits for what, instead of stopping every test behind it."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                return await super().handle_async_request(request)
        except TimeoutError:
            for task in asyncio.all_tasks():
                task.print_stack()
            raise


@dataclass
class Reader:
    """A browser without script: keeps cookies, follows nothing by itself, audits every page."""

    client: httpx2.AsyncClient
    last: httpx2.Response | None = None
    desk_language: str = "en"
    faults: list[str] = field(default_factory=list)

    async def get(self, path: str, *, status: int = 200, **headers: str) -> str:
        """The page at `path`, which must answer with `status` and pass the audit."""
        return self._look(await self.client.get(path, headers=headers), path, status)

    async def post(self, path: str, fields: Fields, *, status: int = 303, **headers: str) -> str:
        headers = {"content-type": "application/x-www-form-urlencoded", **headers}
        body = urlencode(fields, doseq=True)
        return self._look(await self.client.post(path, content=body, headers=headers), path, status)

    async def follow(self) -> str:
        """The page to which the last answer led."""
        assert self.last is not None
        return await self.get(self.led_to)

    @property
    def led_to(self) -> str:
        """The path of the last answer's Location."""
        assert self.last is not None
        return self.last.headers["location"]

    def _look(self, response: httpx2.Response, path: str, status: int) -> str:
        self.last = response
        assert response.status_code == status, f"{path}: {response.status_code}\n{response.text[:600]}"
        text = response.text
        if response.headers.get("content-type", "").startswith("text/html") and "<html" in text:
            language = re.match(r"/(ar|zh|en|fr|ru|es)(/|$)", path)
            faults = audit(text, path=path, lang=language[1] if language else self.desk_language)
            assert not faults, "\n".join(faults)
        return text


@dataclass
class House:
    """An application with its database, its clock and one open consultation."""

    application: Application
    settings: Settings
    clock: HandClock
    consultation: Consultation
    #: Where its inbox runs. Tests that schemathesis calls are not async and wait here: in a loop of their own what they
    #: send is never written, and schemathesis makes one as soon as something has called `asyncio.run`.
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    @asynccontextmanager
    async def reader(self, language: str = "en") -> AsyncIterator[Reader]:
        transport = Impatient(app=self.application, raise_app_exceptions=False)
        headers = {"accept-language": language, "host": "test"}
        async with httpx2.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
            yield Reader(client)

    @property
    def engine(self) -> AsyncEngine:
        engine: AsyncEngine = self.application.api.state.engine
        return engine

    async def submissions(self) -> list[Submission]:
        """Every stored row."""
        async with AsyncSession(self.engine) as session:
            return list(await session.scalars(select(Submission)))

    async def change(self, **values: object) -> None:
        """The consultation has other values."""
        async with AsyncSession(self.engine) as session:
            found = await session.get_one(Consultation, self.consultation.id)
            for name, value in values.items():
                setattr(found, name, value)
            found.revision += 1
            await session.commit()


def share_documents(folder: Path) -> None:
    """What one test has papers made of, the next finds there: a file belongs to the bytes of its release."""
    shared = folder.parent / "documents"
    shared.mkdir(exist_ok=True)
    if not (folder / "documents").exists():
        (folder / "documents").symlink_to(shared)


@asynccontextmanager
async def running(
    url: str, folder: Path, *, document: Document | None = None, slug: str = SLUG, consent: str = "A"
) -> AsyncIterator[House]:
    """A house at noon of the day, with its inbox running."""
    settings = Settings(
        data=folder, database_url=url, secret="s" * 40, refresh_seconds=0, shelved_seconds=0, count_seconds=0
    )
    share_documents(folder)
    clock = HandClock()
    engine = create_engine(url)
    document = document or sample_document()
    async with AsyncSession(engine, expire_on_commit=False) as session:
        consultation = await consultations.create(
            session,
            slug=slug,
            topic=dict(document.title),
            summary=dict(document.summary),
            day=DAY,
            window="world",
            consent=consent,
        )
        await questionnaires.attach(session, consultation, document)
        consultations.schedule(consultation, NOON - timedelta(days=7))
        await session.commit()
    application = create_app(settings, clock, engine)
    async with application.api.router.lifespan_context(application.api):
        yield House(application, settings, clock, consultation)
    await engine.dispose()


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with running(database_url, tmp_path) as made:
        yield made


@pytest.fixture
async def browse(house: House) -> AsyncIterator[Reader]:
    async with house.reader() as reader:
        yield reader
