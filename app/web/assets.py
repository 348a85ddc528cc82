"""The files that pages link to: styles and scripts. Their addresses carry a digest, so they never expire."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parents[2] / "static"
#: Browsers ask for it by this name; no page names it, which saves its bytes.
FAVICON = STATIC / "favicon.ico"

#: Address name to the files that it is made of, in order.
BUNDLES = {
    "public.css": ("tokens.css", "public.css", "additions.css"),
    "desk.css": ("tokens.css", "desk.css", "desk-additions.css"),
    "paper.css": ("tokens.css", "paper.css", "paper-additions.css"),
    "public.js": ("vendor/htmx.min.js", "public.js"),
    "passkeys.js": ("passkeys.js",),
}
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


@dataclass(frozen=True)
class Asset:
    path: str
    content: bytes
    content_type: str


@cache
def assets() -> dict[str, Asset]:
    """Every asset by its name; `path` is its address."""
    made = {}
    for name, parts in BUNDLES.items():
        content = b"\n".join((STATIC / part).read_bytes() for part in parts)
        digest = hashlib.sha256(content).hexdigest()[:12]
        stem, _, suffix = name.rpartition(".")
        made[name] = Asset(f"/static/{stem}.{digest}.{suffix}", content, _TYPES[f".{suffix}"])
    return made


def asset_path(name: str) -> str:
    """The address of an asset. Raises KeyError for one that there is not."""
    return assets()[name].path
