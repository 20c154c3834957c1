# The two commands a stranger needs: `make run` and `make test`. `make help` lists the others.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

BIN := .venv/bin
PYTEST := $(BIN)/pytest -q
EXAMPLES := quick
FAST := not (calls or attacks or kill or browser or lab)
# pyright asks a registry for a newer version of itself at each start unless told not to.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

WITH_NODE := $(CURDIR)/tools/with-node
# A home without a built page serves a plain one; the generator of vectors may be absent too.
PAGE := $(if $(and $(wildcard web/package-lock.json),$(wildcard web/src/main.tsx)),web/dist/index.html)
PAGE_SOURCES = $(shell find web/src web/public web/licences spec/emoji.json -type f 2>/dev/null)
VECTORS := $(wildcard tools/vectors/package-lock.json)

.PHONY: help run demo test check dev browser pictures bench lab lock format clean
.DEFAULT_GOAL := help

help: ## show this list
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/p' Makefile | expand -t 18

run: .venv/.run $(PAGE) ## start a home on http://localhost:8080 (HAMSEDA_PORT), Ctrl-C stops it
	@exec $(BIN)/hamseda serve --data ./data --port "$${HAMSEDA_PORT:-8080}" --port-or-next

demo: .venv/.run $(if $(B),.venv/.dev $(PAGE)) ## show a whole call, no hands; B=1: with a browser in it
	@$(if $(B),tools/system-packages chromium)
	@PYTHONPATH=. exec $(BIN)/python tools/$(if $(B),demo_browser,demo).py

dev: .venv/.dev $(VECTORS:package-lock.json=node_modules/.done) $(PAGE) ## set up .venv, build the page, and nothing else

check: dev ## format, lint, types, layers, fast tests (one to two minutes)
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/pyright
	$(BIN)/lint-imports --no-cache
	$(PYTEST) --hypothesis-profile=$(EXAMPLES) -m "$(FAST)"
	$(if $(VECTORS),$(WITH_NODE) node tools/vectors/generate.mjs --check)
	$(if $(PAGE),cd web && $(WITH_NODE) npm run --silent check)

# One recipe: the groups share two cores and measure time, so they run one after another. They run
# real processes against real clocks: what a busy machine made late gets a second chance, aloud.
test: EXAMPLES := hamseda
test: check ## everything that CI runs
	@tools/system-packages espeak-ng chromium
	@for group in calls attacks kill browser lab; do \
		echo "== tests: $$group"; \
		case $$group in calls|attacks) two="-n 3";; lab) two="-n 2";; *) two=;; esac; \
		$(PYTEST) -rs -m $$group $$two || { echo "== once more, what failed: $$group"; \
			$(PYTEST) -m $$group --last-failed --last-failed-no-failures none; }; \
	done

browser: dev ## the page in real Chromium: calls, screens, what leaves the browser (part of make test)
	@tools/system-packages espeak-ng chromium
	$(PYTEST) -m browser

pictures: .venv/.dev web/node_modules/.done ## accept how all screens look now, once you looked
	@tools/system-packages chromium
	@PYTHONPATH=. exec $(BIN)/python tools/screens.py baseline
	@git status --short -- tests/browser/baseline

bench: .venv/.dev ## measure one thing: make bench Q=speech_quality
	@test -n "$(Q)" || { echo "which one? make bench Q=name, of:"; \
		ls bench 2>/dev/null | sed -n 's/^\([a-z][a-z_]*\)\.py$$/  \1/p'; exit 2; }
	@PYTHONPATH=. exec $(BIN)/python bench/$(Q).py

lab: .venv/.dev ## calls across networks that block them, as root: make lab A="--profiles P01,P08"
	@tools/system-packages chromium coturn libnss3-tools mumble-server
	@tools/hamseda-lab matrix --json "$${LAB_RESULTS:-lab.jsonl}" $(A)
	@tools/hamseda-lab report "$${LAB_RESULTS:-lab.jsonl}"

lock: .venv/.dev ## pin the newest releases of all dependencies
	tools/lock

format: .venv/.dev ## let ruff lay out and fix what it can
	$(BIN)/ruff check --fix --quiet || true
	$(BIN)/ruff format --quiet

clean: ## remove what make made; ./data stays
	rm -rf .venv tools/vectors/node_modules web/node_modules web/dist .pytest_cache .ruff_cache .hypothesis

.venv/.run: requirements/bootstrap.txt requirements/run.txt pyproject.toml tools/bootstrap
	@tools/bootstrap run
	@touch $@

.venv/.dev: .venv/.run requirements/dev.txt requirements/build.txt
	@tools/bootstrap dev
	@touch $@

# No packages of JavaScript run scripts of their own: .npmrc says so.
%/node_modules/.done: %/package-lock.json %/package.json requirements/page.txt | .venv/.run
	@tools/bootstrap page
	@cd $* && $(WITH_NODE) npm ci --silent
	@touch $@

web/dist/index.html: web/node_modules/.done web/index.html $(wildcard web/*.ts) $(PAGE_SOURCES)
	@echo "hamseda: building the page" >&2
	@cd web && $(WITH_NODE) npm run --silent build
