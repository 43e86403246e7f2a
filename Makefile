# Everything runs in environments that are made here from exact versions and their hashes; nothing
# else is needed but Python 3.11 or 3.12 and make. PYTHON names one that is not on PATH.
export PYTHON
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
# ape finds the compiler there; its own data stays in the checkout
export PATH := $(BIN):$(PATH)
export APE_DATA_FOLDER ?= $(CURDIR)/.cache/ape
# every test process and every command would compile anew what all of them import
unexport PYTHONDONTWRITEBYTECODE
PYTEST := $(BIN)/python -m pytest
JOBS ?= 2
# twice as many for the tests: half of their time they wait for nodes and browsers
WORKERS ?= $(shell expr 2 \* $(JOBS))
# what builds the desk, by its lock
MODULES := desk/node_modules/.package-lock.json
PIP := pip install --quiet --disable-pip-version-check
CHECKS := check-artifacts check-contracts check-lint check-types check-python check-pages check-desk
# money, files, text and sources: 2,300 tests in 110 CPU seconds
QUICK := tests/core tests/canvas tests/compiler/test_source.py

.PHONY: help env demo quick test check $(CHECKS) coverage deep prove mutate bench docs artifacts desk snapshots lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | while IFS='	' read -r name text; do \
		printf '  make %-10s %s\n' "$$name" "$$text"; done

demo: $(VENV)/run ## the life of an EMC on the embedded chain, from a canvas to proven payouts
	@$(BIN)/ape run demo

env: $(VENV)/dev $(VENV)/types/run ## the environment of developers, and nothing more

quick: $(VENV)/dev ## the tests that take less than a minute
	$(PYTEST) -q -n $(JOBS) --dist worksteal $(QUICK)

# the tests compile all contracts and compare them with the artifacts: not once more before that
test: $(VENV)/dev $(VENV)/types/run ## everything: checks, tests, bench limits
	@$(MAKE) --no-print-directory -j$(JOBS) $(filter-out check-artifacts,$(CHECKS))
	$(PYTEST) -q -n $(WORKERS) --dist worksteal --durations=12 tests

check: $(VENV)/dev $(VENV)/types/run ## formatters, linters, types, source rules, snapshots
	@$(MAKE) --no-print-directory -j$(JOBS) $(CHECKS)

check-python:
	$(BIN)/ruff format --check src scripts tests
	$(BIN)/ruff check src scripts tests

# what is left as it is need not be compared with itself once more
check-contracts:
	$(BIN)/python scripts/natspec.py --check
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
	$(BIN)/python scripts/schemas.py --check
	$(BIN)/python scripts/interface.py --check
	$(BIN)/python scripts/clear_signing.py --check
	$(BIN)/python scripts/gas.py --check
	$(BIN)/python scripts/diagrams.py --check

# the page is built anew; without npm only what Python knows of it is compared
check-desk:
	$(BIN)/python scripts/desk_facts.py --check
	@if command -v npm > /dev/null; then \
		$(MAKE) --no-print-directory $(MODULES) && cd desk && npm run --silent check; \
		else echo "no npm: desk.html was not built anew"; [ -z "$$CI" ]; fi

coverage: $(VENV)/dev ## which lines of the package the tests run, and which they do not
	$(PYTEST) -q -n $(JOBS) --dist worksteal --cov=emc --cov-report=term-missing:skip-covered $(or $(TESTS),tests)

# on the test chain's own loop; then 1,000 audits of random lives and 1,000 behind nodes with random faults,
# one after the other and counted
deep: $(VENV)/dev $(VENV)/proof/run $(VENV)/spark/run ## property tests with more examples, and the long ones
	SLOW_EVM=1 HYPOTHESIS_PROFILE=deep $(PYTEST) -n $(JOBS) tests/spec tests/stateful tests/proof
	HYPOTHESIS_PROFILE=deep $(PYTEST) -q tests/audit/test_honest.py
	HYPOTHESIS_PROFILE=deep $(PYTEST) -q -n $(JOBS) --dist worksteal -m deep tests
	$(BIN)/python -m tests.stateful.depth --calls 100000 --resume
	$(BIN)/python -m tests.proof.variants

# reads contracts/ as text and needs nothing of ape; each claim is printed with its time
prove: $(VENV)/proof/run ## proofs of the money code by z3, for any terms and amounts
	$(VENV)/proof/bin/python -m tests.proof --jobs $(JOBS)

# goes on where it was stopped; --first 50 runs a part, and says so
mutate: $(VENV)/dev ## 900 small changes of money code and audit: which of them no test notices
	$(BIN)/python -m tests.mutation --workers $(JOBS) $(MUTATE)

bench: $(VENV)/dev ## gas on a local anvil beside the peers; writes build/bench.json
	$(BIN)/python scripts/bench.py
	$(BIN)/python scripts/bench_audit.py

docs: $(VENV)/dev ## the documentation as a site, in build/site
	$(BIN)/mkdocs build --quiet

artifacts: $(VENV)/run ## the compiled contracts that the package ships
	$(BIN)/python scripts/artifacts.py

snapshots: $(VENV)/dev ## announce a change of ABI, storage, size, gas or reasons
	$(BIN)/python scripts/artifacts.py
	SNAPSHOTS=write $(PYTEST) -q tests/compiler/test_snapshots.py tests/integration/test_bench.py
	$(BIN)/python scripts/errors.py
	$(BIN)/python scripts/commands.py
	$(BIN)/python scripts/schemas.py
	$(BIN)/python scripts/interface.py
	$(BIN)/python scripts/clear_signing.py
	$(BIN)/python scripts/gas.py
	@$(MAKE) --no-print-directory desk

desk: $(VENV)/run $(MODULES) ## the page that the package ships, from desk/
	$(BIN)/python scripts/desk_facts.py
	cd desk && npm run --silent build

# versions stay as they are where they still fit; UPGRADE=--upgrade takes the newest
COMPILE = $(VENV)/lock/bin/uv pip compile --quiet --universal --generate-hashes --no-strip-extras \
	--python-version 3.11 --custom-compile-command 'make lock' $(UPGRADE) pyproject.toml

lock: $(VENV)/lock/run ## resolve the versions and hashes in requirements*.txt
	$(COMPILE) --extra audit --extra report --extra trust -o requirements.txt
	$(COMPILE) --all-extras --group dev -c requirements.txt -o requirements-dev.txt
	$(subst pyproject.toml,,$(COMPILE)) --group types -o requirements-types.txt
	$(subst pyproject.toml,,$(COMPILE)) --group proof -o requirements-proof.txt
	$(subst pyproject.toml,,$(COMPILE)) --group spark -o requirements-spark.txt

$(MODULES): desk/package-lock.json
	cd desk && npm ci --ignore-scripts --silent
	@touch $@

$(VENV)/run: requirements.txt pyproject.toml
	@scripts/venv.sh $(VENV)
	$(BIN)/$(PIP) --require-hashes -r requirements.txt
	$(BIN)/$(PIP) --no-deps -e .
	@mkdir -p $(APE_DATA_FOLDER)
	@touch $@

$(VENV)/dev: $(VENV)/run requirements-dev.txt
	$(BIN)/$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/types/run: requirements-types.txt
	@scripts/venv.sh $(VENV)/types
	$(VENV)/types/bin/$(PIP) --require-hashes -r requirements-types.txt
	@touch $@

$(VENV)/proof/run: requirements-proof.txt
	@scripts/venv.sh $(VENV)/proof
	$(VENV)/proof/bin/$(PIP) --require-hashes -r requirements-proof.txt
	@touch $@

# without Java it has nothing to run on
$(VENV)/spark/run: requirements-spark.txt
	@command -v java > /dev/null || { echo "no Java: Spark will not read the exports"; exit 0; }; \
		scripts/venv.sh $(VENV)/spark && \
		$(VENV)/spark/bin/$(PIP) --require-hashes -r requirements-spark.txt && touch $@

$(VENV)/lock/run:
	@scripts/venv.sh $(VENV)/lock
	$(VENV)/lock/bin/$(PIP) uv==0.13.9
	@touch $@

clean: ## forget the environments and everything that was built
	rm -rf $(VENV) .build .cache build dist node_modules desk/node_modules
