"""The application, put together: the one file that imports every room."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.clock import Clock, wall_clock
from app.consultations import desk as consultations_desk
from app.consultations import feed_routes, helplines_desk
from app.consultations import routes as consultations
from app.consultations.helplines import Helplines
from app.consultations.service import Directory
from app.db import create_engine
from app.outreach import desk as outreach_desk
from app.outreach import desk_own
from app.outreach import routes as outreach
from app.outreach.service import Links, aimed_at
from app.questionnaire import (
    correct_desk,
    edit_desk,
    gate_desk,
    making_desk,
    translation_desk,
    translation_files_desk,
    translation_preview_desk,
)
from app.questionnaire import (
    desk as questionnaire_desk,
)
from app.questionnaire.document import COUNTRY
from app.questionnaire.service import Library
from app.rehearsal.apart import Rehearsals
from app.reporting import (
    api_routes,
    data_routes,
    export_desk,
    extract_desk,
    not_shown_desk,
    release_routes,
    version_desk,
    version_routes,
    versions,
    words_desk,
)
from app.reporting import desk as reporting_desk
from app.reporting import routes as reporting
from app.reporting.service import documents_of, erase_from_snapshot
from app.settings import Settings, derive_key
from app.staff import account_routes, oidc_routes, passkey_routes, people_desk, trail_desk
from app.staff import routes as staff
from app.staff.attempts import Attempts
from app.staff.mail import Post
from app.staff.oidc import provider_of
from app.submissions import desk as submissions_desk
from app.submissions import receipt_routes
from app.submissions import routes as submissions
from app.submissions.alike import Alike
from app.submissions.cookie import Sealer
from app.submissions.inbox import Inbox
from app.submissions.reach import Counter, answers_by_link
from app.submissions.receipts import ReceiptKeys
from app.submissions.service import Editions
from app.submissions.state import class_on, clear_journey, drop_journey, is_expired, peek
from app.web import failures
from app.web.assets import FAVICON, assets
from app.web.cached import A_DAY, Shelf
from app.web.guard import HEADERS, Guard
from app.web.metrics import Metrics, metrics
from app.web.robots import ROBOTS
from app.workinggroup import comments, comments_desk, outcomes_desk
from app.workinggroup import routes as workinggroup

#: Every module with pages of the desk, those with fixed addresses before those with a name in theirs.
DESK = (
    staff,
    oidc_routes,
    passkey_routes,
    account_routes,
    people_desk,
    trail_desk,
    desk_own,
    making_desk,
    helplines_desk,
    consultations_desk,
    questionnaire_desk,
    edit_desk,
    correct_desk,
    gate_desk,
    translation_preview_desk,
    translation_files_desk,
    translation_desk,
    outreach_desk,
    submissions_desk,
    extract_desk,
    words_desk,
    not_shown_desk,
    reporting_desk,
    version_desk,
    comments_desk,
    outcomes_desk,
    export_desk,
)


@dataclass
class Application:
    """What a server runs: pages kept as bytes first, then the guard, then FastAPI. `api` carries the state."""

    api: FastAPI
    entrance: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.entrance(scope, receive, send)


def create_app(
    settings: Settings | None = None, clock: Clock = wall_clock, engine: AsyncEngine | None = None
) -> Application:
    """The whole service. `engine` is the caller's to dispose of where it is given."""
    settings = settings or Settings()
    own_engine = engine is None
    engine = engine or create_engine(settings.url())
    secret = settings.master_secret()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.inbox.start()
        # Collections made the tail of Send's times: 68 ms became 8 to 19 (docs: performance.md).
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 50, 50)
        yield
        await app.state.rehearsals.stop()
        await app.state.inbox.stop()
        await app.state.documents.stop()
        if own_engine:
            await engine.dispose()

    api = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    state = api.state
    state.settings, state.clock, state.engine = settings, clock, engine
    state.sealer = Sealer(derive_key(secret, "journey cookie"))
    state.receipt_keys = ReceiptKeys(derive_key(secret, "receipt code"), derive_key(secret, "receipt hash"))
    state.shelf = Shelf(HEADERS)
    # Bytes of before a change, a correction of words above all, are sent to nobody any more.
    state.directory = Directory(engine, settings.refresh_seconds, state.shelf.clear)
    state.helplines = Helplines(engine, settings.refresh_seconds)
    state.editions = Editions(state.directory, Library(engine))
    state.inbox = Inbox(engine, settings.inbox_rows)
    state.metrics = Metrics(lambda: state.inbox.waiting)
    state.count = Counter(engine, settings.count_seconds).count
    state.alike = Alike(engine)
    state.links = Links(engine, settings.refresh_seconds)
    state.answers_by_link = partial(answers_by_link, engine)
    state.aimed_at = aimed_at
    state.rehearsals = Rehearsals()
    state.attempts = Attempts()
    state.post = Post(settings)
    state.provider = provider_of(settings)
    state.totp_key = derive_key(secret, "second factor")
    state.way_key = derive_key(secret, "ways of signing in")
    state.staff_hash_key = derive_key(secret, "staff hashes")
    state.where_they_are = where_they_are
    state.in_class = in_class
    state.clear = clear_journey
    state.forget = drop_journey
    state.documents = documents_of(settings, engine)
    state.has_paper = partial(versions.has_paper, engine)
    state.unanswered_comments = comments.unanswered
    state.erase_from_snapshot = partial(erase_from_snapshot, engine, settings)

    failures.install(api)
    api.add_api_route("/healthz", healthz)
    api.add_api_route("/readyz", readyz)
    api.add_api_route("/metrics", metrics)
    # The desk first: its addresses look like those of a language.
    for desk in DESK:
        api.include_router(desk.router)
    api.include_router(outreach.router)
    api.include_router(consultations.router)
    api.include_router(feed_routes.router)
    api.include_router(receipt_routes.router)
    # Before the files of the results, whose names could be anything.
    api.include_router(release_routes.router)
    api.include_router(release_routes.keys_router)
    api.include_router(data_routes.router)
    api.include_router(api_routes.router)
    api.include_router(reporting.router)
    # Its comments are one of the addresses of a version.
    api.include_router(workinggroup.router)
    api.include_router(version_routes.router)
    # Tried first, and without a router between: plain routes on the way of a Send.
    api.router.routes[:0] = submissions.router.routes
    for asset in assets().values():
        state.shelf.put_asset(asset.path, asset.content, asset.content_type)
    state.shelf.put_asset("/robots.txt", ROBOTS.encode(), "text/plain; charset=utf-8", A_DAY)
    state.shelf.put_asset("/favicon.ico", FAVICON.read_bytes(), "image/x-icon", A_DAY)
    state.shelf.behind = Guard(api, settings.max_body_bytes, settings.max_upload_bytes)
    return Application(api, state.shelf)


def where_they_are(request: Request) -> tuple[str, str]:
    """The country that a respondent told on this device, and the path back to its questions, without the language."""
    journey = peek(request)
    if journey is None or not journey.slug or is_expired(request, journey):
        return "", ""
    back = "thanks" if journey.sent else "check" if journey.answers else "answer/start"
    return str(journey.answers.get(COUNTRY, "")), f"/consultations/{journey.slug}/{back}"


def in_class(request: Request, slug: str) -> bool:
    """Whether this device was set up for a class to answer that consultation."""
    return class_on(request, slug) is not None


async def healthz() -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """The database answers, too, and has its tables."""
    async with request.app.state.engine.connect() as connection:
        await connection.exec_driver_sql("SELECT count(*) FROM consultations")
    return PlainTextResponse("ok\n")
