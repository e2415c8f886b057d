# make run    the dashboard on http://localhost:8501
# make share  the same for everybody in the network: links, a QR code, rules for visitors
# make test   linters, types, import rules and all tests
# make setup  only what both need, into .venv
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
INSTALL = $(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt

.PHONY: run share setup test lint audit fuzz bench screenshots clean

run: $(VENV)/.installed
	$(BIN)/streamlit run dashboard.py $(ARGS)

share: $(VENV)/.installed
	@$(BIN)/python -m core share $(ARGS)

setup: $(VENV)/.installed

test: lint
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive core pages dashboard.py

# Known weaknesses of the packages that are installed; asks the package registry.
audit: $(VENV)/.installed-test
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive core pages dashboard.py
	$(BIN)/python benchmarks/audit.py

# Ten minutes of hostile examples by chance, on all that comes from outside.
fuzz: $(VENV)/.installed-test
	$(BIN)/python benchmarks/soak/fuzz.py --write

# On an otherwise idle machine, with MNIST under DIGITLAB_DATA; about 18 minutes.
bench: $(VENV)/.installed-test
	$(BIN)/python benchmarks/training_speed.py --write
	$(BIN)/python benchmarks/worker_costs.py --write
	$(BIN)/python benchmarks/run_table.py --write
	$(BIN)/python benchmarks/live_curves.py --write
	$(BIN)/python benchmarks/compare_page.py --write
	$(BIN)/python benchmarks/drawing_latency.py --write
	$(BIN)/python benchmarks/article1_pair.py --epochs 8

# Visitors, kills, faults and hostile examples on an otherwise idle machine; about 50 minutes.
soak: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks.soak.load --write
	$(BIN)/python -m benchmarks.soak.kills --write
	$(BIN)/python -m pytest tests/test_faults.py tests/test_backup.py tests/test_visits.py
	$(BIN)/python benchmarks/soak/fuzz.py --write

screenshots: $(VENV)/.installed-test
	$(BIN)/python docs/take_screenshots.py

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Digit Lab needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The stamps make a second call start at once; a change of what is required installs again.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing into $(VENV); the first time this takes some minutes (PyTorch is large)."
	$(INSTALL) -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(INSTALL) -e '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
