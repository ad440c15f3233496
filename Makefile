# One verb per target. `demo` makes .venv with the packages of requirements.lock, which are all that running takes; every other
# target adds a developer's, of requirements-dev.lock, in which the versions of both are the same.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
RUNTIME := $(VENV)/.installed
DEVELOPER := $(VENV)/.installed-developer
TESTS ?= tests
RUNS ?= 20
SEED ?= 1
JOBS ?= 2
# Tests wait, too: three at once for two cores.
WORKERS ?= $(shell $(PYTHON) -c "import os; print(-(-3 * (os.cpu_count() or 1) // 2))")
COUNT ?= 120
# The last version before this one: make upgrade begins with its processes.
FROM ?= 2b14018
RESOLVE := uv pip compile pyproject.toml --group source --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links --no-annotate --upgrade

# What Python compiled is kept, whatever the habit of the machine: tests are collected in less than half the time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test fast wheel packages chaos cluster mutants upgrade bench check format lock renew areacodes release clean help

help:            ## what there is to make
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(RUNTIME): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 ..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --no-index -e .
	$(PIP) uninstall --yes setuptools  # it has built what it had to; a developer's lock brings it again
	@touch $@

$(DEVELOPER): requirements-dev.lock $(RUNTIME)
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(RUNTIME)   ## run the main job on a stack of its own, against the simulator
	$(BIN)/mms demo

test: $(DEVELOPER)   ## the whole test suite: real Valkey, real workers, real HTTP on localhost
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(TESTS)

fast: $(DEVELOPER)   ## the tests that are quick and start nothing: under a minute
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow" $(TESTS)

wheel: $(DEVELOPER)  ## the built wheel in empty environments, and its demo; needs a package index
	.ci/wheel

packages: $(DEVELOPER)  ## what is in deploy/, and the image, tried as far as this machine lets it: make packages ONLY="chart units"
	cd .ci && ../$(BIN)/python -m packages $(ONLY)

chaos: $(DEVELOPER)  ## try to break the promises: make chaos RUNS=50 SEED=1 (a few seconds a run)
	$(BIN)/python -m tests.chaos --runs $(RUNS) --seed $(SEED) --jobs $(JOBS)

cluster: $(DEVELOPER)  ## the same over several hosts, in network namespaces; needs root: make cluster RUNS=20 SEED=1 (under a minute a run)
	$(BIN)/python -m tests.cluster --runs $(RUNS) --seed $(SEED)

mutants: $(DEVELOPER)  ## small faults in the heart, and who notices: make mutants SEED=1 COUNT=120 ONLY=claim (half an hour)
	$(BIN)/python -m tests.mutants --seed $(SEED) --jobs $(JOBS) --count $(COUNT) $(if $(ONLY),--only $(ONLY))

upgrade: $(DEVELOPER)  ## an older version's processes replaced one by one under a campaign: make upgrade FROM=2b14018 ROWS=100000; BACK=1 and back again
	$(BIN)/python -m tests.upgrade --from $(FROM) $(if $(ROWS),--rows $(ROWS)) $(if $(BACK),--back)

bench: $(DEVELOPER)  ## each figure beside its goal, non-zero below one; ONLY=dispatch ROWS=5000 RUNS=1 narrow it; BEFORE=folder AFTER=folder compare two
	$(BIN)/python -m $(if $(BEFORE),benchmarks.compare $(BEFORE) $(AFTER),benchmarks.run $(ONLY) $(if $(ROWS),--rows $(ROWS)) $(if $(filter-out file,$(origin RUNS)),--runs $(RUNS)))

check: $(DEVELOPER)  ## formatting, lint, spelling, what may import what, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/codespell
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

format: $(DEVELOPER) ## let ruff write the formatting and the safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock:            ## resolve both locks anew (needs uv)
	$(RESOLVE) -o requirements.lock
	$(RESOLVE) --extra dev --extra bench --constraint requirements.lock -o requirements-dev.lock

renew: lock      ## the newest libraries and what depends on their data: phone numbers, time zones; once a month, by a scheduler
	$(MAKE) test TESTS="tests/test_dependencies.py tests/dispatcher/numbering tests/dispatcher/rules tests/dispatcher/host/test_zone_data.py tests/dispatcher/roster/test_numbers.py"
	git diff --stat requirements.lock requirements-dev.lock

areacodes: $(DEVELOPER) ## the table of area codes from the administrator's report: make areacodes REPORT=npa_report.csv
	$(BIN)/python .ci/area_codes.py $(REPORT)

release: $(DEVELOPER) ## wheel and source archive into dist/, if all is committed and the changelog knows the version
	$(BIN)/python .ci/release.py

clean:           ## forget the virtual environment and what tools left
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build dist *.egg-info
