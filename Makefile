# `make demo` and `make test` do all their own set-up, in .venv; nothing else needs to be installed but Python 3.11 or later.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := -m pytest --numprocesses auto --dist worksteal

.PHONY: help demo test test-all test-gpu test-versions lint types check clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: .venv/.installed  ## index data/sample and ask four questions of it
	@HF_HUB_OFFLINE=1 PATH="$(CURDIR)/$(BIN):$$PATH" sh data/demo.sh

test: .venv/.installed  ## run the quick tests, as many at once as there are cores
	HF_HUB_OFFLINE=1 $(BIN)/python $(PYTEST)

test-all: .venv/.installed  ## run the slow tests too
	HF_HUB_OFFLINE=1 $(BIN)/python $(PYTEST) -m "not gpu" --hypothesis-profile thorough

test-gpu: .venv/.installed  ## run the tests that need a CUDA device
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -m gpu

test-versions: .venv-lowest/.installed .venv-newest/.installed  ## run the quick tests with the lowest and the newest versions allowed
	HF_HUB_OFFLINE=1 .venv-lowest/bin/python $(PYTEST)
	HF_HUB_OFFLINE=1 .venv-newest/bin/python $(PYTEST)

# The same build of PyTorch as in .venv; what is not named in pyproject.toml is the newest that fits.
.venv-%/.installed: .venv/.installed
	$(PYTHON) -m venv --clear .venv-$*
	$(BIN)/python -m pip freeze | grep '^torch==' > .venv-$*/torch.txt
	.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check uv
	.venv-$*/bin/uv pip install --quiet --python .venv-$*/bin/python --constraint .venv-$*/torch.txt \
		--resolution $(if $(filter lowest,$*),lowest-direct,highest) --editable '.[dev]'
	@touch $@

lint: .venv/.installed  ## check style, and that imports run one way
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: .venv/.installed  ## check types
	$(BIN)/mypy

check: lint types test  ## all of the above

clean:  ## remove the virtual environments and the demo's index
	rm -rf .venv .venv-lowest .venv-newest data/sample.spanwise
