"""An application behind a real server on a free port of this machine, reachable from it alone: for the demonstration,
rehearsals and tests."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"
LOOK_SECONDS = 0.01


@asynccontextmanager
async def serving(application: ASGIApp, lifespan: Literal["on", "off"] = "on") -> AsyncIterator[str]:
    """The address of `application`, until the end of the block; "off" where the caller runs its lifespan."""
    with listener() as line:
        config = uvicorn.Config(application, access_log=False, log_level="warning", lifespan=lifespan)
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve([line]))
        while not server.started:
            if running.done():
                running.result()
            await asyncio.sleep(LOOK_SECONDS)
        try:
            yield f"http://{LOOPBACK}:{line.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


def listener() -> socket.socket:
    """A socket on a free port."""
    made = socket.socket()
    made.bind((LOOPBACK, 0))
    return made


def free_port() -> int:
    """A port that was free a moment ago: for a process that opens its own."""
    with listener() as probe:
        port: int = probe.getsockname()[1]
        return port
