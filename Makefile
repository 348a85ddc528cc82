# `make run` and `make test` need Python 3.11 or newer with venv, and make, and nothing else prepared.

PORT ?= 8000
HOST ?= 127.0.0.1
DATA ?= ./var
VENV ?= .venv
# pytest: how many processes, and what else it should be told, such as ARGS="-k receipt -x"
# (browsers and databases are waited for: one more than there are cores)
WORKERS ?= $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)
ARGS ?=
# make drill: how many random consultations somebody tries to work small counts out of
ATTACKS ?= 500

BIN := $(VENV)/bin
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard locales/*/LC_MESSAGES/messages.po))
CONSULT := CONSULT_DATA="$(DATA)" $(BIN)/consult
SOURCES := app bench drill migrations tests tools

export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test sure check bench bench-exports drill fmt catalogues lock clean

help: ## these lines
	@echo "make run      serve the consultations with sample data (PORT=$(PORT) HOST=$(HOST) DATA=$(DATA))"
	@echo "make test     all tests, on SQLite, PostgreSQL and in a real Chromium (ARGS=\"-k receipt\")"
	@echo "make sure     what CI runs: format, lint, types, then all tests, the catalogues' among them"
	@echo "make check    the first three of these"
	@echo "make bench    measure speed, each figure beside its reference"
	@echo "make bench-exports  the same for the snapshot and the exports of a million submissions, some minutes"
	@echo "make drill    minutes long: killed servers, 2,000 respondents and every figure, damaged spreadsheets, attacks on releases"
	@echo "make fmt      lay the code out and mend what can be mended"
	@echo "make catalogues  gather the words of the interface into locales/, and compile them"
	@echo "make lock     choose new versions of everything we depend on, with their hashes"
	@echo "make clean    remove what these commands made, but not $(DATA)"

run: $(VENV)/.run $(CATALOGUES)
	@$(CONSULT) migrate
	@$(CONSULT) demo --host "$(HOST)" --port "$(PORT)"
	@exec env $(CONSULT) serve --host "$(HOST)" --port "$(PORT)"

test: $(VENV)/.dev $(CATALOGUES)
	@tools/ensure_chromium $(BIN)/python
	@tools/ensure_postgres $(VENV)
	@tools/ensure_oidc_provider
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

sure: check test

check: $(VENV)/.dev
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy

bench: $(VENV)/.dev $(CATALOGUES)
	@tools/ensure_postgres $(VENV)
	$(BIN)/python -m bench.run $(ARGS)

bench-exports: $(VENV)/.dev $(CATALOGUES)
	@tools/ensure_postgres $(VENV)
	$(BIN)/python -m bench.exports $(ARGS)

drill: $(VENV)/.dev $(CATALOGUES)
	@tools/ensure_chromium $(BIN)/python
	@tools/ensure_postgres $(VENV)
	$(BIN)/python -m pytest -m drill -n 0
	$(BIN)/python -m pytest -m hypothesis --hypothesis-profile=search -n $(WORKERS) --dist worksteal
	$(BIN)/python -m drill.kill
	$(BIN)/python -m drill.day
	$(BIN)/python -m tests.questionnaire.mutate 1000
	$(BIN)/python -m tests.reporting.test_attack 0 $(ATTACKS)

fmt: $(VENV)/.dev
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

catalogues: $(VENV)/.run
	$(BIN)/python tools/catalogues.py update
	$(BIN)/python tools/catalogues.py compile

%.mo: %.po tools/catalogues.py | $(VENV)/.run
	@$(BIN)/python tools/catalogues.py compile $@

# The development environment holds the other one: same versions, more packages.
$(VENV)/.run: requirements.txt requirements-uv.txt pyproject.toml tools/install
	@tools/quiet "Installing" tools/install $(VENV) requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements-uv.txt pyproject.toml tools/install
	@tools/quiet "Installing, with what the tests need" tools/install $(VENV) requirements-dev.txt
	@touch $@ $(VENV)/.run

COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --fork-strategy fewest --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock"

lock: $(VENV)/.run
	$(COMPILE) requirements-uv.in -o requirements-uv.txt
	$(COMPILE) requirements.in -o requirements.txt
	$(COMPILE) -c requirements.txt requirements-dev.in -o requirements-dev.txt
	$(COMPILE) -c requirements-dev.txt requirements-postgres.in -o requirements-postgres.txt

clean:
	rm -rf $(VENV) tests/staff/oidc_provider/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis *.egg-info
	find locales -name '*.mo' -delete
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +
