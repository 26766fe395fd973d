# The names CI calls too. `check` changes nothing, `fix` mends what it can.
# PYTHON may name any Python 3.11 or newer; everything is installed into .venv, from the pinned files with hashes.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
DATA ?= ./data
INSTALL := $(RUN)/python -m pip install --quiet --disable-pip-version-check
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet

.PHONY: up demo test soak check fix bench lock clean
.DEFAULT_GOAL := up

up: $(VENV)/runs ## environment, install, archive, poll, schedule, serve: the main job
	$(RUN)/optout --data "$(DATA)" up

demo: $(VENV)/tests ## the whole system against a pretend publisher, with made-up figures
	$(RUN)/python -m tests.demo

# Stories that wait for a clock or a browser leave a core free: half as many workers again as there are cores.
WORKERS ?= $(shell echo $$(( $$(nproc 2>/dev/null || echo 2) * 3 / 2 )))

test: $(VENV)/tests ## environment, install, every test but the long soaks
	$(RUN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow"

soak: $(VENV)/tests ## the long soaks: the same stories at length, and what is slow by nature
	$(RUN)/python -m pytest -n $(WORKERS) --dist worksteal -m slow

check: $(VENV)/tests ## style and types; changes nothing
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy

fix: $(VENV)/tests ## mends what ruff can mend
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

bench: $(VENV)/bench ## measures speed and size beside peers; asserts nothing
	$(RUN)/python -m tests.bench $(BENCH)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "This needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "Python cannot make an environment. On Debian: apt-get install python3-venv"; exit 2; }

$(VENV)/runs: constraints.txt pyproject.toml | $(VENV)/bin/python
	$(INSTALL) --require-hashes -r constraints.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/tests: constraints-dev.txt $(VENV)/runs
	$(INSTALL) --require-hashes -r constraints-dev.txt
	@touch $@

$(VENV)/bench: constraints-bench.txt $(VENV)/tests
	$(INSTALL) --require-hashes -r constraints-bench.txt
	@touch $@

lock: ## writes the pinned files anew (needs uv); they name packages and hashes, never an address
	$(LOCK) --extra build --output-file constraints.txt
	$(LOCK) --extra build --extra dev --constraint constraints.txt --output-file constraints-dev.txt
	$(LOCK) --extra build --extra dev --extra bench --constraint constraints-dev.txt --output-file constraints-bench.txt

clean: ## removes the environment and what tests left; never ./data
	rm -rf $(VENV) test-artefacts demo-data .mypy_cache .ruff_cache .pytest_cache .hypothesis
