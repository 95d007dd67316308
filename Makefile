# `make demo` and `make test` do all their own set-up, in .venv; nothing else needs to be installed but Python 3.11 or later.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test test-gpu lint types check clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: .venv/.installed  ## index data/sample and ask four questions of it
	@HF_HUB_OFFLINE=1 PATH="$(CURDIR)/$(BIN):$$PATH" sh data/demo.sh

test: .venv/.installed  ## run the tests, as many at once as there are cores
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile

test-gpu: .venv/.installed  ## run the tests that need a CUDA device
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -m gpu

lint: .venv/.installed  ## check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.installed  ## check types
	$(BIN)/mypy

check: lint types test  ## all of the above

clean:  ## remove the virtual environment and the demo's index
	rm -rf .venv data/sample.spanwise
