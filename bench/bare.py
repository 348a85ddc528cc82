"""The reference for pages: an ASGI application that answers with bytes and does nothing else.

`python -m bench.bare PORT FILE`, where FILE holds answers by method and path; under the same server settings as
`consult serve`.
"""

import pickle
import sys
from collections.abc import Mapping
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

Canned = Mapping[tuple[str, str], tuple[int, list[tuple[bytes, bytes]], bytes]]
"""Method and path to status, headers and body."""


def bare_application(canned: Canned) -> ASGIApp:
    """Answers what is canned, and 200 with nothing to everything else."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        if scope["method"] == "POST":
            while (await receive()).get("more_body"):
                pass
        status, headers, body = canned.get((scope["method"], scope["path"]), (200, [(b"content-length", b"0")], b""))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return application


def main() -> None:
    port, file = sys.argv[1:]
    canned: Canned = pickle.loads(Path(file).read_bytes())  # noqa: S301 - written by this very run
    uvicorn.run(
        bare_application(canned), host="127.0.0.1", port=int(port), access_log=False, server_header=False,
        date_header=False, log_level="warning", backlog=4096, timeout_keep_alive=15,
    )  # fmt: skip


if __name__ == "__main__":
    main()
