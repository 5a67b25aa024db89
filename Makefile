# httpdlite from a checkout; needs python3 (3.11 or newer) and nothing else.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# most tests wait for others most of the time
JOBS ?= $(shell expr 3 \* $$(nproc) / 2)
# the tests start httpdlite hundreds of times, which compiles itself each time unless it may keep that
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := run
.PHONY: run test check bench fuzz autobahn docs clean

run: $(STAMP)            ## a WebSocket application with httpdlite in front of it
	$(BIN)/httpdlite demo

test: $(STAMP)           ## all tests, in parallel
	$(BIN)/pytest -n $(JOBS) --dist worksteal

check: $(STAMP)          ## what CI runs: format, lint, types, tests
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy
	$(BIN)/pytest -n $(JOBS) --dist worksteal

bench: $(STAMP)          ## beside apache2, nginx and haproxy; writes benchmarks/RESULTS.md and ratios.svg (BENCH_SECONDS, _ROUNDS, _ONLY, _OUTPUT)
	$(BIN)/python -m benchmarks.run

fuzz: $(STAMP)           ## the property tests, for longer; damaged messages through httpdlite; damaged configurations through apache2, too
	HTTPDLITE_FUZZ_SECONDS=$${HTTPDLITE_FUZZ_SECONDS:-60} $(BIN)/pytest tests/fuzz tests/proxy/test_framing_h11.py tests/proxy/test_framing_judged.py
	$(BIN)/python -m tests.peers.framing_fuzz --seconds $${HTTPDLITE_FUZZ_SECONDS:-60}
	$(BIN)/python -m tests.peers.mutations --count $${HTTPDLITE_FUZZ_COUNT:-1000}

autobahn: $(STAMP)       ## the Autobahn suite, directly and through httpdlite: about 10 minutes per way; wstest needs Python 2.7 (AUTOBAHN="--fronts …")
	$(BIN)/python -m tests.peers.autobahn --install .venv/wstest $(AUTOBAHN)

docs: $(STAMP)           ## the pages that are made from the program's own tables
	$(BIN)/python -m httpdlite.aid.catalogue > docs/classes.md
	$(BIN)/python -m httpdlite.diagnostics.codes > docs/codes.md

clean:                   ## everything that tools made, the virtual environment included
	rm -rf .venv build dist benchmarks/.build .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(STAMP): pyproject.toml
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@
