"""Signatures of release files: a detached JWS over the exact bytes, so that any tool for JOSE can check them. Pure.

RFC 7515 with the unencoded payload of RFC 7797 and Ed25519 of RFC 8037; keys are JWK (RFC 7517), each named by its
thumbprint (RFC 7638). The signed input is the header as it stands in the signature, a dot, and the file.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

#: RFC 9864 gives the second name to the same; libraries of before know the first only.
ALGORITHMS = ("EdDSA", "Ed25519")

Keys = Mapping[str, str]
"""Key id to the public key, both in base64url."""


class SignatureWrong(Exception):
    """`code` says what is wrong: form (no signature of ours), unknown (none of the keys), changed (not these bytes)."""

    def __init__(self, code: str, key_id: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.key_id = key_id


class Signer:
    """Key `number` of a service, made from its secret. Another number is another key."""

    def __init__(self, secret: bytes, number: int = 1) -> None:
        purpose = f"release signature {number}".encode()
        seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = _encoded(self._key.public_key().public_bytes_raw())
        self.key_id = key_id_of(self.public_key)

    def sign(self, content: bytes) -> str:
        """The detached signature of these bytes, in one line. The same bytes give the same signature."""
        header = {"alg": ALGORITHMS[0], "b64": False, "crit": ["b64"], "kid": self.key_id}
        head = _encoded(json.dumps(header, separators=(",", ":")).encode())
        return f"{head}..{_encoded(self._key.sign(head.encode() + b'.' + content))}"


def key_of(content: bytes, signature: str, keys: Keys) -> str:
    """The id of the key that signed exactly these bytes. Raises SignatureWrong."""
    head, _, rest = signature.strip().partition(".")
    payload, _, signed = rest.partition(".")
    try:
        header = json.loads(_decoded(head))
        signed_bytes = _decoded(signed)
    except (ValueError, binascii.Error) as fault:
        raise SignatureWrong("form") from fault
    if payload or not isinstance(header, dict) or set(header) != {"alg", "b64", "crit", "kid"}:
        raise SignatureWrong("form")
    if header["alg"] not in ALGORITHMS or header["b64"] is not False or header["crit"] != ["b64"]:
        raise SignatureWrong("form")
    key_id = header["kid"]
    if not isinstance(key_id, str) or key_id not in keys:
        raise SignatureWrong("unknown", str(key_id))
    try:
        Ed25519PublicKey.from_public_bytes(_decoded(keys[key_id])).verify(signed_bytes, head.encode() + b"." + content)
    except (InvalidSignature, ValueError) as fault:
        raise SignatureWrong("changed", key_id) from fault
    return key_id


def key_id_of(public_key: str) -> str:
    """The thumbprint of an Ed25519 key (RFC 7638)."""
    canonical = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": public_key}, sort_keys=True, separators=(",", ":"))
    return _encoded(hashlib.sha256(canonical.encode()).digest())


def key_set(keys: Keys) -> dict[str, Any]:
    """The public keys as a JWK Set."""
    return {
        "keys": [
            {"kty": "OKP", "crv": "Ed25519", "x": public_key, "kid": key_id, "use": "sig", "alg": ALGORITHMS[0]}
            for key_id, public_key in keys.items()
        ]
    }


def read_keys(content: bytes) -> Keys:
    """The Ed25519 keys of a JWK Set, or the one key of a JWK. A key bears the id of its thumbprint, whatever it says of
    itself. Raises ValueError where there is none."""
    plain = json.loads(content)
    listed = plain.get("keys", [plain]) if isinstance(plain, dict) else []
    found = {key_id_of(each["x"]): each["x"] for each in listed if _is_ours(each)}
    if not found:
        raise ValueError("no Ed25519 key")
    return found


def _is_ours(key: Any) -> bool:
    """Whether it is an Ed25519 key as JWK."""
    if not isinstance(key, dict) or (key.get("kty"), key.get("crv")) != ("OKP", "Ed25519"):
        return False
    try:
        return len(_decoded(key["x"])) == 32
    except (KeyError, TypeError, ValueError):
        return False


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    """Raises ValueError for letters that are none of base64url."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
