"""Providers to sign in at: the real one of oidc_provider/, in a process of its own, and one that lies as it is told."""

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
import playwright
import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from app.clock import wall_clock
from app.staff.oidc import BACK, PATIENCE_SECONDS, Provider
from tests.application import House, Reader

FOLDER = Path(__file__).parent / "oidc_provider"
#: The Node.js that Playwright brings: the provider refuses codes on that of Debian 12, which is 18.
NODE = Path(playwright.__file__).parent / "driver" / "node"
CLIENT, SECRET, PASSWORD = "consult", "a secret between the two", "an open sesame"
NAME = "Haus der Ämter"


@contextmanager
def providing(host: str = "127.0.0.1") -> Iterator[str]:
    """The issuer of a real provider, which runs until the end of the block."""
    assert NODE.exists(), "Playwright no longer brings its Node.js there"
    process = subprocess.Popen(
        [NODE, "provider.mjs", host, CLIENT, SECRET, f"http://127.0.0.1{BACK}"],
        cwd=FOLDER,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        issuer = process.stdout.readline().strip()
        assert issuer, "the provider does not start: run tools/ensure_oidc_provider"
        yield issuer
    finally:
        process.terminate()
        process.wait(20)


def introduce(house: House, site: str, issuer: str, *, patience_seconds: float = PATIENCE_SECONDS) -> Provider:
    """The house, served at `site`, knows that provider; its clock shows the time of day, as the provider's does."""
    house.clock.now = wall_clock()
    provider = Provider(
        issuer=issuer,
        client_id=CLIENT,
        client_secret=SECRET,
        name=NAME,
        base=site,
        patience_seconds=patience_seconds,
    )
    house.application.api.state.provider = provider
    return provider


@dataclass
class Person:
    """Somebody as the provider knows them, and how they show it there."""

    subject: str
    email: str
    verified: bool = True
    methods: str = "pwd"
    level: str = ""
    go: str = "in"


async def go_there(reader: Reader, person: Person) -> str:
    """The path on which the browser comes back, after whatever the provider asked."""
    await reader.get("/staff/oidc", status=303)
    home = str(reader.client.base_url)
    address = reader.led_to
    for _ in range(12):
        if address.startswith(home):
            return address.removeprefix(home.rstrip("/"))
        response = await reader.client.get(address)
        if response.status_code == 200:
            fields = {
                "subject": person.subject,
                "email": person.email,
                "password": PASSWORD,
                "methods": person.methods,
                "level": person.level,
                "go": person.go,
            } | ({"verified": "yes"} if person.verified else {})
            response = await reader.client.post(address, data=fields)
        assert response.status_code in (302, 303), response.text
        address = urljoin(address, response.headers["location"])
    raise AssertionError("the provider sends the browser in circles")


async def come_back(reader: Reader, person: Person, *, status: int = 303) -> str:
    """The page, or the way on, of somebody who went there and came back."""
    return await reader.get(await go_there(reader, person), status=status)


@asynccontextmanager
async def visiting(site: str, language: str = "en") -> AsyncIterator[Reader]:
    """A browser without script on a real line, to the house and to the provider."""
    async with httpx2.AsyncClient(base_url=site, headers={"accept-language": language}, timeout=30) as client:
        yield Reader(client, desk_language=language)


@dataclass
class Liar:
    """A provider that says what it is told to say: whatever is left out here is as it should be."""

    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    published: list[dict[str, Any]] = field(default_factory=list)
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    signing_key: Any = None
    token: str = ""
    broken: str = ""
    seconds: float = 0
    asked: list[str] = field(default_factory=list)

    async def describe(self, request: Request) -> Response:
        await asyncio.sleep(self.seconds)
        if self.broken == "page":
            return HTMLResponse("<h1>Welcome</h1>")
        if self.broken == "status":
            return Response(status_code=500)
        if self.broken == "list":
            return JSONResponse([])
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/auth",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "jwks_uri": f"{self.issuer}/jwks",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            }
            | self.description
        )

    async def keys(self, request: Request) -> Response:
        self.asked.append("keys")
        return JSONResponse({"keys": self.published or [self.key.as_dict(private=False)]})

    async def exchange(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        self.asked.append(form["grant_type"][0])
        if self.broken == "token":
            return JSONResponse({"error": "invalid_client"}, 401)
        now = int(wall_clock().timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "liar-1", "iat": now, "exp": now + 300} | self.claims
        header = {"alg": "RS256", "kid": "one"} | self.header
        told = {name: value for name, value in claims.items() if value is not None}
        id_token = self.token or jwt.encode(header, told, self.signing_key or self.key, algorithms=[header["alg"]])
        return JSONResponse({"access_token": "at", "token_type": "Bearer", "id_token": id_token})

    async def tell(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer at"
        return JSONResponse(self.userinfo)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        routes = [
            Route("/.well-known/openid-configuration", self.describe),
            Route("/jwks", self.keys),
            Route("/token", self.exchange, methods=["POST"]),
            Route("/userinfo", self.tell),
        ]
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.issuer = f"http://127.0.0.1:{listener.getsockname()[1]}"
            config = uvicorn.Config(Starlette(routes=routes), access_log=False, log_level="warning", lifespan="off")
            server = uvicorn.Server(config)
            running = asyncio.create_task(server.serve([listener]))
            while not server.started:
                await asyncio.sleep(0.01)
            try:
                yield
            finally:
                server.should_exit = True
                await running


async def leave(reader: Reader) -> dict[str, str]:
    """What the browser takes to the provider in the address."""
    await reader.get("/staff/oidc", status=303)
    return {name: values[0] for name, values in parse_qs(urlsplit(reader.led_to).query).items()}
