# Every target sets up what it needs by itself; nothing outside this folder is changed but by dev/engine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.requirements.lock

.PHONY: demo demo-arm64 record test lint bench docs lock clean

test: $(STAMP) engine
	$(BIN)/python -m pytest

demo: $(STAMP) engine
	$(BIN)/python -m dev.demo --platform linux/amd64

demo-arm64: $(STAMP)
	@dev/engine up --arm64 || echo "make: no arm64 here (see above); going on with what works without it" >&2
	$(BIN)/python -m dev.demo --platform linux/arm64

record: $(STAMP)
	@dev/engine up --arm64 || echo "make: no arm64 here (see above); going on with what works without it" >&2
	$(BIN)/python -m dev.recorded

# CORPUS=DIR measures on the Dockerfiles below DIR; the project's own are small.
bench: $(STAMP)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m benchmarks $(CORPUS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(STAMP)
	$(BIN)/python -m dev.docs --write

# Pinned with hashes and without download addresses. Extras stay: pip takes `coverage==` for no pin of `coverage[toml]`.
lock:
	$(BIN)/uv pip compile --quiet --no-strip-extras --generate-hashes --no-emit-index-url --no-header --group dev pyproject.toml -o requirements.lock

.PHONY: engine
engine: $(STAMP)
	@dev/engine up || echo "make: no Docker engine here (see above); going on with what works without one" >&2

$(STAMP): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	cp requirements.lock $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
