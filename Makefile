# Everything a newcomer needs: `make serve` and `make test`. Each target installs what it needs first.

PYTHON ?= python3.11
HOST ?= 127.0.0.1
PORT ?= 8000
# The one place that pins torch. A plain `torch==2.13.0` takes whatever build your index offers; name another
# (a local wheel, "--index-url ADDRESS torch==2.13.0") to choose CPU or CUDA.
TORCH ?= torch==2.13.0
# Options of `make demo-network`: see `python -m stylegan2.demo --help`. Two CPU trainers share two cores best.
DEMO ?= --workers 2
# The last Python that TensorFlow 1.14 exists for.
PYTHON37 ?= $(shell $(PYTHON) -m stylegan2.tensorflow.interpreter)

export PIPENV_VENV_IN_PROJECT = 1
export PIPENV_IGNORE_VIRTUALENVS = 1
export PIPENV_VERBOSITY = -1

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
OLD_VENV := .venv-tensorflow
OLD_STAMP := $(OLD_VENV)/.installed
TOOLBOX := .pipenv
PIPENV := $(shell command -v pipenv 2>/dev/null || echo $(TOOLBOX)/bin/pipenv)

# Options of `make faults`, for instance FAULTS="--rounds 50 --soak 1200" for a night.
FAULTS ?=
FUZZ ?=

.PHONY: help install engine-tensorflow serve test check format conformance faults fuzz bench lock schema demo-network sheets clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

install: $(STAMP) ## create .venv and install what Pipfile.lock names, and torch

$(TOOLBOX)/bin/pipenv:
	$(PYTHON) -m venv $(TOOLBOX)
	$(TOOLBOX)/bin/pip install --quiet pipenv

$(STAMP): Pipfile Pipfile.lock Makefile | $(PIPENV)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIPENV) sync --dev
	$(BIN)/python -m pip install --quiet $(TORCH)
	@touch $@

engine-tensorflow: $(OLD_STAMP) ## create .venv-tensorflow (Python 3.7), for MANGANACE_ENGINE=tensorflow

$(OLD_STAMP): Pipfile.lock | $(PIPENV)
	@"$(PYTHON37)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 7))' 2>/dev/null || { echo \
	"TensorFlow 1.14 needs Python 3.7, which was not found on PATH nor among pyenv's versions (PYTHON37='$(PYTHON37)')." \
	"Install it (pyenv install 3.7), or say where it is: make engine-tensorflow PYTHON37=FILE" >&2; exit 1; }
	$(PYTHON37) -m venv $(OLD_VENV)
	$(PIPENV) requirements --categories tensorflow --hash > $(OLD_VENV)/requirements.txt
	$(OLD_VENV)/bin/python -m pip install --quiet --no-deps --requirement $(OLD_VENV)/requirements.txt
	@touch $@

# exec: make's child is the server itself and no shell between them, so that a signal to make reaches it.
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

conformance: $(STAMP) ## ask the service with graphql-http's audits and with Apollo, urql, graphql-ws and graphql-sse (npm)
	$(BIN)/python -m tests.conformance

faults: $(STAMP) ## break everything that can break, and see that the promises of docs/reliability.md hold
	$(BIN)/python -m tests.faults $(FAULTS)

fuzz: $(STAMP) ## look for a network's file that is not refused as it should (needs atheris; FUZZ="-max_total_time=600")
	$(BIN)/python -m tests.faults.fuzz $(FUZZ)

bench: $(STAMP) ## measure, each figure beside what it is compared to
	$(BIN)/python -m tests.benchmarks

# Keeping freed memory spares the CPU fetching the same pages anew for every batch.
demo-network: $(STAMP) ## make the demo network anew: hours on a CPU; resumes where it was interrupted
	MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=4294967296 nice $(BIN)/python -m stylegan2.demo make $(DEMO)

sheets: $(STAMP) ## draw the demo network's contact sheets into docs/
	$(BIN)/python -m stylegan2.demo sheets

lock: $(STAMP) ## lock the Pipfile anew, without any index's address
	$(PIPENV) lock
	$(PYTHON) tools/strip_lock.py
	$(PIPENV) verify

clean: ## remove the environments
	rm -rf $(VENV) $(OLD_VENV) $(TOOLBOX)
