# Everything runs in environments that are made here from exact versions; nothing else is needed
# but Python 3.11 or 3.12 and make.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
# ape finds the compiler there; its own data stays in the checkout
export PATH := $(BIN):$(PATH)
export APE_DATA_FOLDER ?= $(CURDIR)/.cache/ape
PYTEST := $(BIN)/python -m pytest
JOBS ?= 2
CHECKS := check-artifacts check-contracts check-lint check-types check-python check-pages

.PHONY: demo test check $(CHECKS) deep bench docs artifacts snapshots clean

# the main job on the embedded chain, from a canvas to proven payouts
demo: $(VENV)/run
	@$(BIN)/ape run demo

# everything: checks, tests, bench limits
test: check $(VENV)/dev
	$(PYTEST) -q -n $(JOBS) --dist worksteal --durations=12 tests

# formatters, linters, types, source rules, snapshots; independent of each other
check: $(VENV)/dev $(VENV)/types/run
	@$(MAKE) --no-print-directory -j$(JOBS) $(CHECKS)

check-python:
	$(BIN)/ruff format --check src scripts tests
	$(BIN)/ruff check src scripts tests

# what is left as it is need not be compared with itself once more
check-contracts:
	$(BIN)/mamushi -l 100 --check --safe False contracts

check-lint:
	$(BIN)/python scripts/lint.py

check-types:
	$(VENV)/types/bin/mypy

check-artifacts:
	$(BIN)/python scripts/artifacts.py --check

check-pages:
	$(BIN)/python scripts/errors.py --check
	$(BIN)/python scripts/commands.py --check
	$(BIN)/python scripts/clear_signing.py --check
	$(BIN)/python scripts/gas.py --check

# property tests with more examples, on the test chain's own loop; then 1,000 audits of random lives,
# one after the other and counted
deep: $(VENV)/dev
	SLOW_EVM=1 HYPOTHESIS_PROFILE=deep $(PYTEST) -n $(JOBS) tests/spec tests/stateful
	HYPOTHESIS_PROFILE=deep $(PYTEST) -q tests/audit/test_honest.py

# gas on a local anvil beside the peers; writes build/bench.json
bench: $(VENV)/dev
	$(BIN)/python scripts/bench.py
	$(BIN)/python scripts/bench_audit.py

# the documentation as a site, in build/site
docs: $(VENV)/dev
	$(BIN)/mkdocs build --quiet

# the compiled contracts that the package ships
artifacts: $(VENV)/run
	$(BIN)/python scripts/artifacts.py

# announce a change of ABI, storage, size, gas or reasons
snapshots: $(VENV)/dev
	$(BIN)/python scripts/artifacts.py
	SNAPSHOTS=write $(PYTEST) -q tests/compiler/test_snapshots.py tests/integration/test_bench.py
	$(BIN)/python scripts/errors.py
	$(BIN)/python scripts/commands.py
	$(BIN)/python scripts/clear_signing.py
	$(BIN)/python scripts/gas.py

$(VENV)/run: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@mkdir -p $(APE_DATA_FOLDER)
	@touch $@

$(VENV)/dev: $(VENV)/run requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(VENV)/types/run: requirements-types.txt
	$(PYTHON) -m venv $(VENV)/types
	$(VENV)/types/bin/pip install --quiet --disable-pip-version-check -r requirements-types.txt
	@touch $@

clean:
	rm -rf $(VENV) .build .cache build dist node_modules
