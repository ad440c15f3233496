# One verb per target. Every target makes .venv first if it is missing or older than the lock.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TESTS ?= tests
RUNS ?= 20
SEED ?= 1
JOBS ?= 2

.PHONY: demo test wheel chaos bench check format lock clean help

help:            ## what there is to make
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 ..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

demo: $(STAMP)   ## run the main job on a stack of its own, against the simulator
	$(BIN)/mms demo

test: $(STAMP)   ## the whole test suite: real Valkey, real workers, real HTTP on localhost
	$(BIN)/python -m pytest -n auto $(TESTS)

wheel: $(STAMP)  ## the built wheel in empty environments, and its demo; needs a package index
	.ci/wheel

chaos: $(STAMP)  ## try to break the promises: make chaos RUNS=50 SEED=1 (a few seconds a run)
	$(BIN)/python -m tests.chaos --runs $(RUNS) --seed $(SEED) --jobs $(JOBS)

bench: $(STAMP)  ## benchmarks beside their baselines; ONLY=dispatch ROWS=5000 RUNS=1 narrow them
	$(BIN)/python -m benchmarks.run $(ONLY) $(if $(ROWS),--rows $(ROWS)) $(if $(filter-out file,$(origin RUNS)),--runs $(RUNS))

check: $(STAMP)  ## formatting, lint, what may import what, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

format: $(STAMP) ## let ruff write the formatting and the safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock:            ## resolve requirements.lock anew (needs uv)
	uv pip compile pyproject.toml --extra dev --extra bench --universal --python-version 3.11 --generate-hashes \
		--no-header --no-emit-index-url --no-emit-find-links --no-annotate --upgrade -o requirements.lock

clean:           ## forget the virtual environment and what tools left
	rm -rf $(VENV) .import_linter_cache .mypy_cache .ruff_cache .pytest_cache build *.egg-info
