"""Where the fixtures of all tests come from."""

pytest_plugins = (
    "tests.databases",
    "tests.browsers",
    "tests.application",
    "tests.forks",
)
