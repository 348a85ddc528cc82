"""A device that makes and shows passkeys, in software: as a phone does it, or wrongly where it is told to."""

import hashlib
import html
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

from tests.application import Reader

ORIGIN = "http://localhost"
PRESENT, VERIFIED, MADE = 0x01, 0x04, 0x40


def wish_on(page: str) -> dict[str, Any]:
    """What the page asks the device for."""
    found = re.search(r'data-wish="([^"]+)"', page)
    assert found, page
    wish: dict[str, Any] = json.loads(html.unescape(found[1]))
    return wish


def at_localhost(reader: Reader) -> Reader:
    """The reader, at the one address without https at which browsers know passkeys."""
    reader.client.headers["host"] = "localhost"
    return reader


@dataclass
class Device:
    """One device with at most one passkey. `counter` counts its signatures."""

    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    name: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    handle: str = ""
    counter: int = 0

    def make(self, wish: dict[str, Any], **wrong: Any) -> str:
        """The answer to the wish for a new passkey."""
        self.handle = wish["user"]["id"]
        self.counter += 1
        point = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        made = bytes(16) + len(self.name).to_bytes(2, "big") + self.name + encode_cbor(public)
        told = self._told(wish["rp"]["id"], MADE, wrong) + made
        response = {
            "clientDataJSON": self._client(wish, "webauthn.create", wrong),
            "attestationObject": encode_cbor({"fmt": "none", "attStmt": {}, "authData": told}),
        }
        return self._answer(response)

    def show(self, wish: dict[str, Any], **wrong: Any) -> str:
        """The answer to the wish for a sign-in."""
        self.counter = wrong.get("counter", self.counter + 1)
        told = self._told(wish["rpId"], 0, wrong)
        client = self._client(wish, "webauthn.get", wrong)
        signed = (wrong.get("key") or self.key).sign(told + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        response = {
            "clientDataJSON": client,
            "authenticatorData": told,
            "signature": signed,
            "userHandle": base64url_to_bytes(wrong.get("handle", self.handle)),
        }
        return self._answer(response)

    def _told(self, place: str, flags: int, wrong: dict[str, Any]) -> bytes:
        flags |= wrong.get("flags", PRESENT | VERIFIED)
        name = hashlib.sha256(wrong.get("place", place).encode()).digest()
        return name + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _client(self, wish: dict[str, Any], kind: str, wrong: dict[str, Any]) -> bytes:
        told = {
            "type": wrong.get("type", kind),
            "challenge": wrong.get("challenge", wish["challenge"]),
            "origin": wrong.get("origin", ORIGIN),
            "crossOrigin": False,
        }
        return json.dumps(told).encode()

    def _answer(self, response: dict[str, bytes]) -> str:
        name = bytes_to_base64url(self.name)
        told = {part: bytes_to_base64url(value) for part, value in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": told})
