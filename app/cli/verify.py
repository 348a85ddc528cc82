"""`consult verify`: whether a release file is whole, keeps its own rules, and was signed by the service that made it.

Needs no database and no settings: anybody may ask.
"""

import json
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from app.cli.console import NOT_ALL_DONE, JsonOption, cli, say
from app.errors import OperatorError
from app.reporting import release_file
from app.reporting.signature import Keys, SignatureWrong, key_of, read_keys
from app.reporting.verify import Checked, check_release

KEYS_PATH = "/.well-known/consult-release-keys.json"
#: What is said where a check holds.
HOLDS = {
    "format": "It is a release of the format that this version knows.",
    "schema": "It keeps the schema: nothing is in it that must not be, and nothing is missing.",
    "form": "It is written in its one form, byte for byte.",
    "questionnaire": "Its questionnaire can be read.",
    "shapes": "Every cell belongs to a line, a column and a question.",
    "groups": "Every group of a table is one of those whose size is given.",
    "rounding": "Counts and shares are rounded as its parameters say, and shares are those of their counts.",
    "small": "No count is shown that its parameters keep back.",
    "sums": "Lines and groups add up, as far as rounding lets them.",
    "quotes": "Every quote has its theme and its original, and names no group that is too small.",
    "certificates": "Every certificate is of a number that is not shown.",
    "uncertified": "It has no certificates: that nobody can work out what is not shown is not proved in it.",
}
WRONG = {
    "format": "It is no release of the format that this version knows",
    "schema": "It breaks the schema",
    "form": "It was written anew by something else than this service",
    "questionnaire": "Its questionnaire cannot be read",
    "shapes": "Cells, lines, columns or questions do not fit",
    "groups": "A table has a group that the release does not know",
    "rounding": "Figures are not rounded as its parameters say",
    "small": "Counts are shown that its parameters keep back",
    "sums": "Figures do not add up",
    "quotes": "Quotes do not fit their themes, or name groups that are too small",
    "certificates": "Certificates do not fit what is shown",
}
SIGNED = {
    "form": "The signature is none of this service's kind.",
    "unknown": "It was signed with another key than those named.",
    "changed": "The signature is not of this file: the file, or the signature, was changed.",
}
ANOTHER_DIGEST = "Its SHA-256 is another than the one given: the file was changed."
NO_SIGNATURE = "Its signature was not checked: put the .sig file beside it, or name it with --signature."
NO_KEY = "Whose signature it is was not checked: name --address https://… of the service, or --key FILE."
PATIENCE_SECONDS = 20


@cli.command()
def verify(
    file: Path,
    signature: Annotated[
        Path | None, typer.Option(help="the .sig file; the one beside the release if not given")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="a file with the public keys, as the service publishes them")] = None,
    address: Annotated[
        str, typer.Option(help="https://… of the service, whose published keys are then asked for")
    ] = "",
    sha256: Annotated[str, typer.Option(help="the digest that was published with the file")] = "",
    as_json: JsonOption = False,
) -> None:
    """Whether a release is whole, keeps its own rules, and was signed by the service that it comes from."""
    content = _read(file)
    digest = release_file.digest(content)
    checks = check_release(content)
    beside = file.with_name(file.name + ".sig")
    signed_in = signature or (beside if beside.exists() else None)
    keys = read_key_file(key) if key else fetch_keys(address) if address else None
    told = _signed(content, _read(signed_in).decode("ascii", "replace") if signed_in else "", keys)
    same = not sha256 or sha256.strip().lower() == digest
    well = same and told["signature"] == "right" and not any(check.wrong for check in checks)
    answer = {"sha256": digest, "sha256_as_given": same, **told, "checks": {each.name: each.wrong for each in checks}}
    lines = [f"SHA-256 {digest}", *([] if same else [ANOTHER_DIGEST]), told["words"], *map(_sentence, checks)]
    lines.append("All of this is right." if well else "Not all of this is right, or could be checked.")
    say("\n".join(lines), answer | {"right": well}, as_json=as_json)
    if not well:
        raise typer.Exit(NOT_ALL_DONE)


def _sentence(check: Checked) -> str:
    if not check.wrong:
        return HOLDS[check.name]
    return "\n".join([f"{WRONG[check.name]}:", *(f"  {place}" for place in check.wrong)])


def _signed(content: bytes, signature: str, keys: Keys | None) -> dict[str, Any]:
    """`signature` is right, missing, unchecked or why it is wrong; `words` say so."""
    if not signature:
        return {"signature": "missing", "words": NO_SIGNATURE}
    if keys is None:
        return {"signature": "unchecked", "words": NO_KEY}
    try:
        key_id = key_of(content, signature, keys)
    except SignatureWrong as fault:
        return {"signature": fault.code, "key": fault.key_id, "words": SIGNED[fault.code]}
    return {
        "signature": "right",
        "key": key_id,
        "words": f"It was signed with the key {key_id}, byte for byte as here.",
    }


def read_key_file(file: Path) -> Keys:
    """Raises OperatorError for a file without a key of ours."""
    return _keys(_read(file), str(file))


def fetch_keys(address: str) -> Keys:
    """The keys that the service at this address publishes. Raises OperatorError when it does not answer with them.

    Over plain http anybody on the way could put in other keys: only this machine is asked so.
    """
    import httpx2

    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise OperatorError("--address begins with https://: keys that came without it could be anybody's.")
    wanted = f"{parts.scheme}://{parts.netloc}{KEYS_PATH}"
    try:
        answer = httpx2.get(wanted, timeout=PATIENCE_SECONDS)
        answer.raise_for_status()
    except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
        raise OperatorError(f"{wanted} does not answer with keys: {str(fault) or type(fault).__name__}.") from fault
    return _keys(answer.content, wanted)


def _keys(content: bytes, where: str) -> Keys:
    try:
        return read_keys(content)
    except (ValueError, json.JSONDecodeError) as fault:
        raise OperatorError(f"{where} holds no Ed25519 key as a JWK or a JWK Set.") from fault


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as fault:
        raise OperatorError(f"{file} cannot be read: {fault.strerror}.") from fault
