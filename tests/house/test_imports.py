"""The floors and the corridor of the house, read from the imports."""

import ast
from collections.abc import Sequence
from functools import cache

from tests.house.sources import modules

#: Each room may know those before it.
CORRIDOR = (
    "staff", "consultations", "questionnaire", "outreach", "submissions", "moderation", "themes", "reporting",
    "workinggroup",
)  # fmt: skip
#: Promised to be pure: no SQLAlchemy, FastAPI, Jinja or Babel, neither here nor in anything of ours that they import.
PURE = frozenset(
    {
        "app.clock", "app.errors",
        "app.staff.permissions",
        "app.consultations.phase",
        "app.questionnaire.document", "app.questionnaire.grammar", "app.questionnaire.kinds",
        "app.questionnaire.relevance",
        "app.questionnaire.texts", "app.questionnaire.text_checks", "app.questionnaire.edit", "app.questionnaire.sound",
        "app.questionnaire.conditions", "app.questionnaire.corrections", "app.questionnaire.edit_forms",
        "app.questionnaire.gate", "app.questionnaire.order",
        "app.submissions.journey",
        "app.moderation.masking",
        "app.reporting.tally", "app.reporting.disclosure", "app.reporting.release", "app.reporting.rounds",
        "app.reporting.signature", "app.reporting.verify", "app.reporting.words", "app.reporting.comparison",
        "app.reporting.not_shown", "app.reporting.open_answers",
        "app.reporting.blocks", "app.reporting.believable", "app.reporting.believable_blocks", "app.reporting.certify",
        "app.reporting.counts", "app.reporting.making",
        "app.reporting.plan", "app.reporting.programme", "app.reporting.sensitive", "app.reporting.suppress",
    }
)  # fmt: skip
IMPURE_LIBRARIES = frozenset({"sqlalchemy", "fastapi", "starlette", "jinja2", "babel", "alembic", "uvicorn", "typer"})
GROUND = frozenset({"app", "app.clock", "app.errors", "app.db", "app.settings"})
#: What `consult` runs: the application, the demonstration, the respondents of a rehearsal, the care of the tables.
ROOF = ("app.main", "app.cli", "app.demonstration", "app.rehearsal", "app.serving", "app.backup", "app.schema")
ROUTES = frozenset({"routes", "desk"})
#: These make pages out of templates, as the reporting room's renderers do.
RENDERERS = (
    "app.reporting.renderers",
    "app.staff.pages",
    "app.staff.letters",
    "app.outreach.renderers",
    "app.submissions.answers_in_words",
    "app.submissions.sheets",
    "app.submissions.views",
)
#: The only user of a library, or of a call.
ONLY_USER = {"jinja2": "app.web.pages", "babel": "app.web.i18n"}
ONLY_READER_OF_ENVIRONMENT = "app.settings"
ONLY_READER_OF_CLOCK = "app.clock"
#: The demonstration is the part of the command line that loads it; a rehearsal has a database of its own.
COMMITTING = (
    "app.web.deps", "app.submissions.inbox", "app.cli", "app.demonstration", "app.backup", "app.schema",
    "app.rehearsal.stage",
)  # fmt: skip

WALL_CLOCK = frozenset(
    {
        "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns",
        "time.localtime", "time.gmtime", "time.ctime", "datetime.datetime.now", "datetime.datetime.utcnow",
        "datetime.date.today",
    }
)  # fmt: skip
ENVIRONMENT = ("os.environ", "os.getenv", "os.putenv")


def room_of(name: str) -> str:
    """The room of a module, `web`, or nothing for what stands outside the rooms."""
    room = [*name.split("."), ""][1]
    return room if room in (*CORRIDOR, "web") else ""


def floor_of(name: str) -> int:
    """4 roof, 3 routes, 2 services and renderers, 1 models and pure, 0 ground."""
    if is_within(name, ROOF):
        return 4
    if name in GROUND:
        return 0
    last = name.rpartition(".")[2]
    if ROUTES & set(last.split("_")):
        return 3
    if last == "models" or is_pure(name) or room_of(name) == last:
        return 1
    return 2


@cache
def is_pure(name: str) -> bool:
    """Whether the module reaches none of the libraries that do something to the world, directly or through ours."""
    module = next(module for module in modules() if module.name == name)
    libraries = {imported.split(".")[0] for imported in module.imports}
    return not libraries & IMPURE_LIBRARIES and all(is_pure(other) for other in module.own_imports)


def is_within(name: str, packages: Sequence[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def test_every_module_stands_in_a_known_room() -> None:
    stray = [
        module.name
        for module in modules()
        if module.name not in GROUND and not is_within(module.name, ROOF) and not room_of(module.name)
    ]
    assert not stray


def test_no_module_imports_one_from_a_higher_floor() -> None:
    wrong = [
        f"{module.name} -> {other}"
        for module in modules()
        for other in module.own_imports
        if room_of(other) != "web" and room_of(module.name) != "web" and floor_of(other) > floor_of(module.name)
    ]
    assert not wrong


def test_no_room_knows_a_later_one() -> None:
    wrong = [
        f"{module.name} -> {other}"
        for module in modules()
        for other in module.own_imports
        if room_of(module.name) in CORRIDOR
        and room_of(other) in CORRIDOR
        and CORRIDOR.index(room_of(other)) > CORRIDOR.index(room_of(module.name))
    ]
    assert not wrong


def test_web_is_used_by_routes_and_renderers_only_and_knows_no_rooms_but_what_is_pure() -> None:
    wrong = []
    for module in modules():
        for other in module.own_imports:
            from_web, to_web = room_of(module.name) == "web", room_of(other) == "web"
            if to_web and not from_web and floor_of(module.name) < 3 and not is_within(module.name, RENDERERS):
                wrong.append(f"{module.name} -> {other}")
            if from_web and not to_web and other not in GROUND and not is_pure(other):
                wrong.append(f"{module.name} -> {other}")
    assert not wrong


def test_pure_modules_reach_nothing_that_does_something_to_the_world() -> None:
    there = {module.name: module for module in modules()}
    wrong = {
        name: sorted(there[name].imports | there[name].own_imports) for name in PURE & there.keys() if not is_pure(name)
    }
    assert not wrong


def test_every_module_that_is_called_pure_is_there_or_its_room_is_not_built_yet() -> None:
    there = {module.name for module in modules()}
    rooms = {room_of(module.name) for module in modules() if not module.is_package}
    missing = [name for name in PURE if name not in there and room_of(name) in rooms]
    assert not missing


def test_a_room_is_opened_without_loading_what_is_in_it() -> None:
    full = [
        module.name
        for module in modules()
        if module.name == f"app.{room_of(module.name)}" and not _is_empty(module.name)
    ]
    assert not full


def test_each_of_these_libraries_has_one_user() -> None:
    for library, user in ONLY_USER.items():
        users = {module.name for module in modules() if any(name.split(".")[0] == library for name in module.imports)}
        assert users == {user}, library


def test_only_the_settings_read_the_environment() -> None:
    assert not [
        f"{module.path}:{line}: {call}"
        for module in modules()
        if module.name != ONLY_READER_OF_ENVIRONMENT
        for line, call in module.calls()
        if call.startswith(ENVIRONMENT)
    ] + [module.name for module in modules() if module.imports & {"os.environ", "os.getenv"}]


def test_only_the_clock_tells_the_time() -> None:
    assert not [
        f"{module.path}:{line}: {call}"
        for module in modules()
        if module.name != ONLY_READER_OF_CLOCK
        for line, call in module.calls()
        if call in WALL_CLOCK
    ] + [module.name for module in modules() if module.imports & {"time.time", "time.time_ns"}]


def test_only_three_places_commit() -> None:
    assert not [
        f"{module.path}:{line}: {call}"
        for module in modules()
        if not is_within(module.name, COMMITTING)
        for line, call in module.calls()
        if call.endswith((".commit", ".begin"))
    ]


def test_the_reader_of_imports_sees_what_it_should() -> None:
    """This test would pass on an empty folder if nothing said that there is something in it."""
    assert len(modules()) >= 20
    pages = next(module for module in modules() if module.name == "app.web.pages")
    assert "app.web.i18n" in pages.own_imports
    assert "jinja2.Environment" in pages.imports
    clock = next(module for module in modules() if module.name == "app.clock")
    assert any(call in WALL_CLOCK for _, call in clock.calls())


def _is_empty(name: str) -> bool:
    """Whether the module holds at most a docstring."""
    tree = next(module.tree for module in modules() if module.name == name)
    return not tree.body or (len(tree.body) == 1 and ast.get_docstring(tree) is not None)
