# Everything a newcomer needs: `make serve` and `make test`. Each target installs what it needs first.

PYTHON ?= python3.11
HOST ?= 127.0.0.1
PORT ?= 8000
# The one place that pins torch. A plain `torch==2.13.0` takes whatever build your index offers; name another
# (a local wheel, "--index-url ADDRESS torch==2.13.0") to choose CPU or CUDA.
TORCH ?= torch==2.13.0

export PIPENV_VENV_IN_PROJECT = 1
export PIPENV_IGNORE_VIRTUALENVS = 1
export PIPENV_VERBOSITY = -1

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TOOLBOX := .pipenv
PIPENV := $(shell command -v pipenv 2>/dev/null || echo $(TOOLBOX)/bin/pipenv)

.PHONY: help install serve test check format bench lock schema demo-network sheets clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

install: $(STAMP) ## create .venv and install what Pipfile.lock names, and torch

$(TOOLBOX)/bin/pipenv:
	$(PYTHON) -m venv $(TOOLBOX)
	$(TOOLBOX)/bin/pip install --quiet pipenv

$(STAMP): Pipfile Pipfile.lock Makefile | $(PIPENV)
	$(PIPENV) sync --dev --python $(PYTHON)
	$(BIN)/python -m pip install --quiet $(TORCH)
	@touch $@

# exec: the server takes make's place in the shell, so that Ctrl-C and SIGTERM reach it.
serve: $(STAMP) ## serve on HOST:PORT (127.0.0.1:8000)
	@exec $(BIN)/python main.py serve --host $(HOST) --port $(PORT)

test: $(STAMP) ## run every test
	$(BIN)/python -m pytest

check: $(STAMP) ## lint, formatting, types, import rules, exported schema
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python main.py schema --check

format: $(STAMP) ## format the code and mend what ruff can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schema: $(STAMP) ## export graph/schema/schema.graphql
	$(BIN)/python main.py schema

bench: $(STAMP) ## measure, each figure beside what it is compared to
	$(BIN)/python -m tests.benchmarks

lock: | $(PIPENV) ## lock the Pipfile anew, without any index's address
	$(PIPENV) lock --python $(PYTHON)
	$(PYTHON) tools/strip_lock.py
	$(PIPENV) verify

clean: ## remove the environment
	rm -rf $(VENV) $(TOOLBOX)
