# `make` lists what there is. Needs only Python 3.11 or newer; everything else comes from the lock files.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# More arguments for what a target runs: make test ARGS="-k kafka -x"
ARGS ?=
# The interpreter that makes .venv, where the search does not find the right one: make venv PYTHON=…
PYTHON ?=
# Processes that `make test` uses: some of them always wait.
JOBS ?= 3

# How long `make soak` lasts.
MINUTES ?= 10

BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: .venv/.installed ## start everything with a simulated organisation: Kafka, Redis, engine, wall
	@exec $(BIN)/python -m demo $(ARGS)

.PHONY: test
test: .venv/.installed-dev ## run all tests (ARGS="-k word" for some, JOBS=4 for more processes)
	@exec $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: lint
lint: .venv/.installed-dev ## check style, types and the layers of imports
	@failed=0; \
	$(BIN)/ruff check . || failed=1; \
	$(BIN)/ruff format --check . || failed=1; \
	$(BIN)/mypy || failed=1; \
	$(BIN)/lint-imports --no-logo || failed=1; \
	$(BIN)/python -m agents grafana dashboards --check || failed=1; \
	exit $$failed

.PHONY: format
format: .venv/.installed-dev ## mend what can be mended by machine
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

.PHONY: bench
bench: .venv/.installed-dev ## measure throughput and latency
	@exec $(BIN)/python -m demo.bench $(ARGS)

.PHONY: soak
soak: .venv/.installed-dev ## random faults on real processes, then compare with the oracle (MINUTES=10)
	@exec $(BIN)/python -m tests.faults.soak --minutes $(MINUTES) $(ARGS)

.PHONY: venv
venv: .venv/.installed-dev ## make .venv with all that work on the project needs

.PHONY: lock
lock: .venv/.installed-dev ## renew the lock files, within the bounds of pyproject.toml (ARGS=--upgrade)
	@$(COMPILE) $(ARGS) pyproject.toml --output-file requirements.lock
	@$(COMPILE) $(ARGS) pyproject.toml --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock
	@$(BIN)/python -m demo.kafka_jars

.PHONY: clean
clean: ## remove .venv, caches and the demo's data
	@rm -rf .venv .data .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@for python in $(if $(PYTHON),$(PYTHON),python3.11 python3.12 python3.13 python3); do \
		if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			"$$python" -m venv --clear .venv; exit 0; \
		fi; \
	done; \
	echo "No Python 3.11 or newer with the venv module was found." >&2; \
	echo "Install one (Debian, Ubuntu: apt install python3-venv), or name it: make PYTHON=/path/to/python3.12 …" >&2; \
	exit 1

# The dev lock contains the other, so that either target finds what it needs in one .venv.
.venv/.installed: requirements.lock | .venv/bin/python
	@echo "installing the engine's packages into .venv (first time only) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/.installed-dev: requirements-dev.lock | .venv/bin/python
	@echo "installing the engine's and the tests' packages into .venv (first time only) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@ .venv/.installed
