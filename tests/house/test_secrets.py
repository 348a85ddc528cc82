"""What must not be in a file that others will read: addresses of registries, places on one machine, keys."""

import re

from tests.house.sources import ROOT, kept_files

#: Put together here, so that this file does not find itself.
BANNED = {
    "address of a package registry": re.compile(
        r"py" r"pi\.org|python" r"hosted|registry\.npm" r"js|deb\.deb" r"ian|crates" r"\.io|"
        r"--(?:extra-)?index" r"-url[ =]|index" r"-url *=|UV_INDEX" r"_URL="
    ),
    "place on one machine": re.compile(
        r"(?<![\w./-])/(?:wo" r"rk|ro" r"ot|ho" r"me/\w+|Use" r"rs/\w+|tmp/v" r"env|opt/py" r"pi)(?:/|\b)"
    ),
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE" r" KEY-----"),
}  # fmt: skip


def test_no_file_names_a_registry_or_a_place_on_one_machine_or_holds_a_key() -> None:
    found = []
    for path in kept_files():
        content = path.read_bytes()
        if b"\0" in content[:8000]:
            continue
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
            found += [
                f"{path.relative_to(ROOT)}:{number}: {what}: {match.group()}"
                for what, pattern in BANNED.items()
                if (match := pattern.search(line))
            ]
    assert not found, "\n".join(found)


def test_the_patterns_find_what_they_are_for() -> None:
    for sample in ("https://py" + "pi.org/simple", "--index" + "-url x", "cd /wo" + "rk/main", "/tmp/v" + "env/v/bin"):
        assert any(pattern.search(sample) for pattern in BANNED.values()), sample
    for sample in ("/network/", "the framework/tests", "http://127.0.0.1/home"):
        assert not any(pattern.search(sample) for pattern in BANNED.values()), sample


def test_what_the_commands_make_is_not_kept() -> None:
    kept = {str(path.relative_to(ROOT)) for path in kept_files()}
    assert not [name for name in kept if name.endswith(".mo") or name.split("/")[0] in ("var", ".venv")]
