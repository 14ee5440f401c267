# Two commands do all the set-up: 'make demo' and 'make test'. Everything lives in .venv.
PYTHON ?= python3
BIN := .venv/bin
export OMP_NUM_THREADS ?= 1

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/ready ## create .venv from the lock file

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("leadscore needs Python 3.11 or newer; say which with: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing $$(grep -c '==' requirements.lock) packages into .venv; each is named as it comes"
	$(BIN)/python -m pip install --progress-bar on --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

extras: .venv/extras ## add Spark, Postgres, MCP and the peers of the benchmark

.venv/extras: .venv/ready requirements-extras.lock
	$(BIN)/python -m pip install --progress-bar on --disable-pip-version-check --require-hashes --requirement requirements-extras.lock
	@touch $@

demo: setup ## the main job on simulated leads: train, judge, promote, score, serve
	$(BIN)/leadscore demo

test: setup ## the whole suite, without the checks marked slow
	@echo "two workers collect the tests (some seconds), then each that passes is a dot"
	$(BIN)/python -m pytest -v -m "not slow" -n 2 --dist loadfile --durations=10

test-slow: extras ## the checks marked slow: real data, a million leads, Spark
	$(BIN)/python -m pytest -m slow -n 2 --dist loadfile

lint: setup ## style, strict types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test notebooks ## all that must be green before a change lands

mutants: setup ## plant faults in the crucial modules and see whether tests notice: make mutants PIECE=gate
	nice -n 19 $(BIN)/python -m tests.mutants $(PIECE)

fuzz: setup ## ask the service for ten minutes whatever its API document allows, and what it does not
	LEADSCORE_FUZZ_SECONDS=600 $(BIN)/python -m pytest -q -s -m slow tests/serving/test_fuzzed.py

bench: setup ## speed as ratios: the naive way, a peer, the limit
	$(BIN)/python -m tests.bench

bench-quality: extras ## models on public data and made exports: leadscore, baselines, peers; writes docs/results.md
	$(BIN)/python -m tests.bench.quality
	$(BIN)/python -m tests.bench.worlds --again
	$(BIN)/python -m tests.bench.worlds --again --held

docs: setup ## write the generated pages of docs/ again, and what the terminal sessions print
	$(BIN)/python -m tests.docs --sessions

notebooks: setup ## run every notebook
	@for notebook in notebooks/*.py; do \
	  echo "$$notebook"; \
	  $(BIN)/jupytext --quiet --to ipynb --execute --output $$(mktemp -d)/run.ipynb $$notebook || exit 1; \
	done

train: setup ## train on RECIPE with the tables in DATA: make train RECIPE=recipe.toml DATA=folder
	$(BIN)/leadscore train $(RECIPE) --data $(DATA)

serve: setup ## serve the champion on 127.0.0.1:3000
	$(BIN)/leadscore serve

bento: setup ## build a Bento of MODEL, an artefact's folder or models:/NAME@champion
	$(BIN)/leadscore image $(MODEL) -o build/image --force
	cd build/image && $(abspath $(BIN))/bentoml build

lock: setup ## renew requirements.lock from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra spark --extra postgres --extra mcp --extra peers --universal \
	  --python-version 3.11 --constraint requirements.lock --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet --output-file requirements-extras.lock

clean: ## remove the environment and what the demo made
	rm -rf .venv demo build *.egg-info .mypy_cache .ruff_cache .hypothesis

.PHONY: help setup extras demo test test-slow lint check mutants fuzz bench bench-quality docs notebooks train serve bento lock clean
.DEFAULT_GOAL := help
