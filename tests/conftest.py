"""Where the fixtures of all tests come from, and how examples are searched for.

The same examples in every run, so that a change is judged by what it changed; `make drill` searches anew,
and longer (`--hypothesis-profile=search`).
"""

from hypothesis import settings

pytest_plugins = (
    "tests.databases",
    "tests.browsers",
    "tests.application",
    "tests.forks",
)

settings.register_profile("search", deadline=None, print_blob=True)
settings.register_profile("same", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("same")
