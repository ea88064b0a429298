# `make` sets up .venv and runs the tests; `make help` lists all targets, each with the comment above it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: test help test-heavy demo docs lint format generated bench bench-optimizers wheel-test clean
.DEFAULT_GOAL := test

# Everything is pinned: another torch than the one of constraints.txt can bring gigabytes of GPU libraries.
$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[torch,tensorflow,jax,dev,demo,programs]'
	touch $@

# Sets up .venv and runs the tests, but for the long sweeps.
test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m 'not heavy' -n 2 -rs

# Lists the targets.
help:
	@awk '/^# /{said = substr($$0, 3); next} \
		/^[a-z][a-z-]*:/{split($$0, target, ":"); if (said) printf "make %-17s %s\n", target[1], said} \
		{said = ""}' $(firstword $(MAKEFILE_LIST))

# Runs the tests and the long sweeps, which are marked heavy.
test-heavy: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -rs

# Renders Opt4 and three optimizers of a log, trains a small network with each, and evolves optimizers.
demo: $(READY)
	$(BIN)/python examples/demo.py
	rm -rf build/demo/run.db*
	$(BIN)/nos-sym evolve --preset demo --seed 3 --store build/demo/run.db
	$(BIN)/nos-sym top build/demo/run.db -n 3 --render torch -o build/demo/best

# Builds the site of the documentation into site/, without a network.
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 OMP_NUM_THREADS=1 $(BIN)/python -m mkdocs build -q --strict
	@echo 'site/index.html'

# Checks style and types.
lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	scripts/check_types.sh $(BIN)/mypy

# Rewrites code in the project's style.
format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Writes the tables of the grammars and of the catalog's keys anew, and renders the catalog into generated/.
generated: $(READY)
	$(BIN)/python -m nos_sym.language.grammars
	$(BIN)/python -m nos_sym.codegen.key_digests
	$(BIN)/python -m nos_sym.report.sheet.catalog_keys
	$(BIN)/python -m nos_sym.auditing.trajectories
	$(BIN)/python -m nos_sym.codegen.generate

# Measures the start of the command.
bench: $(READY)
	$(BIN)/python benchmarks/startup.py

# Measures a step of the rendered optimizers against those of PyTorch, Keras and optax.
bench-optimizers: $(READY)
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[bench]'
	$(BIN)/python benchmarks/optimizers.py

# Builds the wheel and tries it in an environment of its own, outside the checkout.
wheel-test: $(READY)
	scripts/check_wheel.sh $(BIN)/python

# Removes .venv and everything else that was built.
clean:
	rm -rf $(VENV) build dist site *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
