# Everything is set up by the targets themselves: Python >= 3.11, make and git are enough.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
JOBS   ?= auto

.PHONY: help demo check test golden bench fuzz format clean

help: ## Show what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "racelens needs Python >= 3.11: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(READY) ## Scan a fixture and show real findings
	@$(BIN)/racelens scan fixtures/shop --exit-zero -q

check: $(READY) ## Formatting, lint, types, import contracts
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(READY) ## Run every test
	$(BIN)/pytest -n $(JOBS)

golden: $(READY) ## Rewrite the expected output of every fixture
	GOLDEN=write $(BIN)/pytest -q tests/test_golden.py tests/trace/test_golden.py tests/render/test_pictures.py

bench: $(READY) ## Compare with bare polars and DuckDB on 2 million lines
	$(BIN)/python tests/benchmarks/compare.py

fuzz: $(READY) ## Fuzz framing and fields for a minute each; needs the extra `fuzz`
	$(BIN)/python -m tests.fuzz framing -max_total_time=60
	$(BIN)/python -m tests.fuzz fields -max_total_time=60

format: $(READY) ## Format and mend what can be mended
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean: ## Remove the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
