"""Sign-in at a provider of the organization's own (OpenID Connect Core 1.0): the way there, and what it vouches for.

Authorization code flow with PKCE (S256). Nothing here knows accounts; whom the provider vouches for is somebody only if
identities.py says so.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from app.errors import OperatorError
from app.settings import Settings
from app.staff.once import random_token

PATIENCE_SECONDS = 10.0
#: How long we go by what the provider said of itself.
DESCRIPTION_LASTS = timedelta(hours=1)
LEEWAY_SECONDS = 60
SCOPE = "openid email"
#: How we show our secret: in a header, or in the form where the provider takes it there only.
BASIC, POSTED = "client_secret_basic", "client_secret_post"
BACK = "/staff/oidc/back"
#: With a key that the provider publishes; never "none", and never one that we would have to share (HS256).
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
#: Said by a provider that asked for more than one factor: RFC 8176; OpenID EAP, REFEDS and PAPE.
STRONG_METHODS = frozenset({"mfa"})
STRONG_LEVELS = frozenset(
    {
        "phr",
        "phrh",
        "https://refeds.org/profile/mfa",
        "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
    }
)
LONGEST_ISSUER, LONGEST_SUBJECT = 300, 255
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

#: What went wrong: nobody answers; too slowly; not as a provider does; the person is not vouched for.
UNREACHABLE, SLOW, BROKEN, REFUSED = "unreachable", "slow", "broken", "refused"


class NotVouchedFor(Exception):
    """The provider vouches for nobody now. `kind` is one of the four above, the text tells an operator why."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind


@dataclass(frozen=True)
class Departure:
    """Where the browser goes, and what must be known again when it comes back."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Vouched:
    """Whom the provider vouches for. `strong`: it asked for more than one factor. `email` is a verified address, or
    nothing where the ID token tells none."""

    issuer: str
    subject: str
    strong: bool
    email: str
    access_token: str


class Provider:
    """The one provider of the settings. Where none is named, the libraries for it are not loaded."""

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: str,
        name: str,
        base: str,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        # At the start of the service, and not while young people wait for a page: it takes a second.
        import authlib.integrations.httpx_client
        import authlib.oidc.core  # noqa: F401

        self.name = name
        self.issuer = issuer
        self._client_id, self._client_secret = client_id, client_secret
        self.back = f"{base}{BACK}"
        self._patience_seconds = patience_seconds
        self._description: dict[str, Any] = {}
        self._keys: dict[str, Any] = {}
        self._read_at: datetime | None = None

    async def depart(self, now: datetime) -> Departure:
        """The way to the provider. Raises NotVouchedFor when it cannot be had now."""
        departure = Departure("", random_token(), random_token(), random_token() + random_token())
        async with self._talking() as client:
            description = await self._described(client, now)
            address, _ = client.create_authorization_url(
                description["authorization_endpoint"],
                state=departure.state,
                nonce=departure.nonce,
                code_verifier=departure.verifier,
            )
        return Departure(address, departure.state, departure.nonce, departure.verifier)

    async def arrive(self, code: str, issuer: str, *, nonce: str, verifier: str, now: datetime) -> Vouched:
        """Whom it vouches for, by the `code` that the browser brought. `issuer` is who sent the browser, as that said
        (RFC 9207). Raises NotVouchedFor."""
        from joserfc.errors import JoseError

        async with self._talking() as client:
            description = await self._described(client, now)
            said = description.get("authorization_response_iss_parameter_supported") is True
            if (issuer or said) and issuer != description["issuer"]:
                raise NotVouchedFor(REFUSED, "the answer came from another issuer")
            methods = description.get("token_endpoint_auth_methods_supported") or [BASIC]
            client.token_endpoint_auth_method = BASIC if BASIC in methods else POSTED
            token = await client.fetch_token(
                description["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                redirect_uri=self.back,
                code_verifier=verifier,
            )
            if not isinstance(token.get("id_token"), str):
                raise NotVouchedFor(BROKEN, "the token endpoint gave no ID token")
            try:
                claims = await self._verified(client, token["id_token"], token.get("access_token"), nonce, now)
            except (JoseError, ValueError) as fault:
                raise NotVouchedFor(REFUSED, f"the ID token does not hold: {type(fault).__name__}") from fault
        subject = claims["sub"]
        if not subject or len(subject) > LONGEST_SUBJECT or len(description["issuer"]) > LONGEST_ISSUER:
            raise NotVouchedFor(BROKEN, "issuer or subject is longer than we can keep")
        return Vouched(
            description["issuer"], subject, is_strong(claims), verified_address(claims), token.get("access_token") or ""
        )

    async def address_of(self, vouched: Vouched, now: datetime) -> str:
        """The verified e-mail address of that person, asked for where the ID token did not tell it; nothing if there is
        none. Raises NotVouchedFor."""
        if vouched.email or not vouched.access_token:
            return vouched.email
        async with self._talking() as client:
            description = await self._described(client, now)
            if not description.get("userinfo_endpoint"):
                return ""
            client.token = {"access_token": vouched.access_token, "token_type": "Bearer"}
            told = _object(await client.get(description["userinfo_endpoint"]))
        if told.get("sub") != vouched.subject:
            raise NotVouchedFor(REFUSED, "the userinfo endpoint told of somebody else")
        return verified_address(told)

    @asynccontextmanager
    async def _talking(self) -> AsyncIterator[Any]:
        """A client, for as long as our patience lasts. What can go wrong on the line becomes NotVouchedFor."""
        import httpx2
        from authlib.integrations.base_client import OAuthError
        from authlib.integrations.httpx_client import AsyncOAuth2Client

        try:
            async with (
                asyncio.timeout(self._patience_seconds),
                AsyncOAuth2Client(
                    client_id=self._client_id,
                    client_secret=self._client_secret,
                    scope=SCOPE,
                    redirect_uri=self.back,
                    code_challenge_method="S256",
                    timeout=self._patience_seconds,
                ) as client,
            ):
                yield client
        except (TimeoutError, httpx2.TimeoutException) as fault:
            raise NotVouchedFor(SLOW, f"no answer within {self._patience_seconds:g} seconds") from fault
        except OAuthError as fault:
            # A code that was used or is too old is the browser's fault; all else is a setting, here or there.
            kind = REFUSED if fault.error == "invalid_grant" else BROKEN
            raise NotVouchedFor(kind, f"the token endpoint answered {fault.error}") from fault
        except httpx2.HTTPStatusError as fault:
            raise NotVouchedFor(BROKEN, f"it answered {fault.response.status_code}") from fault
        except httpx2.HTTPError as fault:
            raise NotVouchedFor(UNREACHABLE, f"no connection: {type(fault).__name__}") from fault
        except (httpx2.InvalidURL, ValueError, KeyError, TypeError) as fault:
            raise NotVouchedFor(BROKEN, f"it does not answer as a provider does: {type(fault).__name__}") from fault

    async def _described(self, client: Any, now: datetime) -> Mapping[str, Any]:
        """What the provider says of itself (OpenID Connect Discovery 1.0), its keys included, at most an hour old."""
        if self._read_at is None or now - self._read_at >= DESCRIPTION_LASTS:
            address = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
            found = _object(await client.request("GET", address, withhold_token=True))
            # Some end their name with a slash and are asked for without.
            if str(found.get("issuer", "")).rstrip("/") != self.issuer.rstrip("/"):
                raise NotVouchedFor(BROKEN, "the description names another issuer than CONSULT_OIDC_ISSUER")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not is_safe(str(found.get(name, ""))):
                    raise NotVouchedFor(BROKEN, f"the description names no {name} with https")
            keys = _object(await client.request("GET", found["jwks_uri"], withhold_token=True))
            self._description, self._keys, self._read_at = found, keys, now
        return self._description

    async def _verified(
        self, client: Any, id_token: str, access_token: str | None, nonce: str, now: datetime
    ) -> Mapping[str, Any]:
        """The claims of an ID token that is the provider's, for us, of now and of this departure. Raises JoseError."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import BadSignatureError, InvalidKeyIdError
        from joserfc.jwk import KeySet
        from joserfc.jws import JWSRegistry

        said = self._description.get("id_token_signing_alg_values_supported") or ["RS256"]
        registry = JWSRegistry(algorithms=sorted(ALGORITHMS & set(said)) or ["RS256"], strict_check_header=False)
        try:
            token = jwt.decode(id_token, KeySet.import_key_set(self._keys), registry=registry)  # type: ignore[arg-type]
        except (InvalidKeyIdError, BadSignatureError):
            # It may have changed its keys since.
            self._keys = _object(await client.request("GET", self._description["jwks_uri"], withhold_token=True))
            token = jwt.decode(id_token, KeySet.import_key_set(self._keys), registry=registry)  # type: ignore[arg-type]
        claims = CodeIDToken(
            token.claims,
            token.header,
            # Without these two, a token of the same provider for another application would do.
            {
                "iss": {"essential": True, "value": self._description["issuer"]},
                "aud": {"essential": True, "value": self._client_id},
            },
            {"nonce": nonce, "client_id": self._client_id, "access_token": access_token},
        )
        claims.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
        found: Mapping[str, Any] = claims
        return found


def provider_of(settings: Settings) -> Provider | None:
    """The provider of the settings, or None when none is named. Raises OperatorError for half a one."""
    if not settings.oidc_issuer:
        return None
    if not is_safe(settings.oidc_issuer):
        raise OperatorError(
            "CONSULT_OIDC_ISSUER is no address of a provider: write https://…, as the provider names it."
        )
    if not settings.oidc_client_id or not settings.oidc_client_secret:
        raise OperatorError(
            "CONSULT_OIDC_ISSUER is set: set CONSULT_OIDC_CLIENT_ID and CONSULT_OIDC_CLIENT_SECRET, too."
        )
    if not is_safe(settings.public_url):
        raise OperatorError(
            "CONSULT_OIDC_ISSUER is set: set CONSULT_PUBLIC_URL, too, such as https://consult.example; "
            f"the provider sends people back to {BACK} there."
        )
    return Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        name=settings.oidc_name or urlsplit(settings.oidc_issuer).netloc,
        base=settings.public_address(),
    )


def is_safe(address: str) -> bool:
    """Whether it is an address with https, or one of this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))


def is_strong(claims: Mapping[str, Any]) -> bool:
    """Whether the provider says that it asked for more than one factor."""
    methods = claims.get("amr")
    named = {each for each in methods if isinstance(each, str)} if isinstance(methods, list) else set()
    return bool(STRONG_METHODS & named) or claims.get("acr") in STRONG_LEVELS


def verified_address(claims: Mapping[str, Any]) -> str:
    """The e-mail address that the provider says it has verified, else nothing."""
    email = claims.get("email")
    # The word instead of the value is what some providers send.
    return email if isinstance(email, str) and claims.get("email_verified") in (True, "true") else ""


def _object(response: Any) -> dict[str, Any]:
    response.raise_for_status()
    found = response.json()
    if not isinstance(found, dict):
        raise TypeError("no object")
    return found
