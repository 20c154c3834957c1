# The two commands a stranger needs: `make run` and `make test`. `make help` lists the others.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

BIN := .venv/bin
PYTEST := $(BIN)/pytest -q
FAST := not (calls or attacks or kill or browser)
# pyright asks a registry for a newer version of itself at each start unless told not to.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.PHONY: help run demo test check dev bench lab lock format clean
.DEFAULT_GOAL := help

help: ## show this list
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/p' Makefile | expand -t 18

run: .venv/.run ## start a home on http://localhost:8080 (HAMSEDA_PORT), Ctrl-C stops it
	@exec $(BIN)/hamseda serve --data ./data --port "$${HAMSEDA_PORT:-8080}" --port-or-next

demo: .venv/.run ## show a whole call, no hands
	@exec $(BIN)/python tools/demo.py

# The generator of vectors in JavaScript may be absent.
dev: .venv/.dev $(patsubst %/package-lock.json,%/node_modules/.done,$(wildcard tools/vectors/package-lock.json)) ## set up .venv and nothing else

check: dev ## format, lint, types, layers, fast tests (under a minute)
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/pyright
	$(BIN)/lint-imports --no-cache
	$(PYTEST) -m "$(FAST)"

# One recipe: the groups share two cores and measure time, so they run one after another.
test: check ## everything that CI runs
	@tools/system-packages espeak-ng
	@for group in calls attacks kill; do \
		echo "== tests: $$group"; $(PYTEST) -m $$group; \
	done

bench: .venv/.dev ## measure one thing: make bench Q=speech_quality
	@test -n "$(Q)" || { echo "which one? make bench Q=name, of:"; \
		ls bench 2>/dev/null | sed -n 's/^\([a-z][a-z_]*\)\.py$$/  \1/p'; exit 2; }
	@PYTHONPATH=. exec $(BIN)/python bench/$(Q).py

lab: ## the censorship lab
	@echo "the lab comes with a later release" >&2; exit 1

lock: .venv/.dev ## pin the newest releases of all dependencies
	tools/lock

format: .venv/.dev ## let ruff lay out and fix what it can
	$(BIN)/ruff check --fix --quiet || true
	$(BIN)/ruff format --quiet

clean: ## remove what make made; ./data stays
	rm -rf .venv tools/vectors/node_modules .pytest_cache .ruff_cache .hypothesis

.venv/.run: requirements/bootstrap.txt requirements/run.txt pyproject.toml tools/bootstrap
	@tools/bootstrap run
	@touch $@

.venv/.dev: .venv/.run requirements/dev.txt requirements/build.txt
	@tools/bootstrap dev
	@touch $@

tools/vectors/node_modules/.done: tools/vectors/package-lock.json .venv/.dev
	@cd tools/vectors && ../with-node npm ci --silent
	@touch $@
