# make demo   the shipped scenario from nothing to a report
# make test   everything that continuous integration runs
# make help   the rest

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
BIN := $(VENV)/bin
SOURCES := src tests docs benchmarks

.PHONY: help venv demo test fast lowest lint types format docs bench clean
.DELETE_ON_ERROR:

help:
	@echo "make demo    run the shipped scenario raqqa-2017 and write its report"
	@echo "make test    format, lint, types and all tests, as continuous integration does"
	@echo "make fast    the tests without the slow ones"
	@echo "make lowest  the tests with the oldest releases of dependencies that are promised"
	@echo "make lint    format check and lint;  make format  mends what a machine can mend"
	@echo "make types   the strict type check of the package"
	@echo "make docs    write docs/parameters.md and the output shown in the tutorial and the guide from Flee anew"
	@echo "make bench   the benchmarks, beside Flee (hours the first time; what is finished is kept)"
	@echo "make venv    only the environment;  make clean  removes it and the caches"

venv: $(VENV)/.installed

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "maabar needs Python 3.11 or later, and '$(PYTHON)' is not on this machine; install it, or name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "maabar needs Python 3.11 or later, and '$(PYTHON)' is $$($(PYTHON) -V 2>&1); install a newer one, or name it: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@echo "creating the environment $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu install the package python3-venv and try again" >&2; exit 2; }

# Each stamp is older than pyproject.toml only if the dependencies may have changed: nothing is installed twice.
$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "installing maabar and what it needs (two or three minutes, once)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test-installed: pyproject.toml | $(VENV)/bin/python
	@echo "installing maabar and what its tests need (two or three minutes, once)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@ $(VENV)/.installed

$(VENV)/.bench-installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,bench]'
	@touch $@ $(VENV)/.test-installed $(VENV)/.installed

demo: $(VENV)/.installed
	$(BIN)/maabar run raqqa-2017 $(ARGS)

test: lint types
	$(BIN)/python -m pytest --numprocesses auto --dist loadscope $(ARGS)

fast: $(VENV)/.test-installed
	$(BIN)/python -m pytest -m "not slow" $(ARGS)

lowest: $(VENV)/bin/python
	$(BIN)/python -m venv $(VENV)-lowest
	$(VENV)-lowest/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[test]' --constraint tests/lowest.txt
	$(VENV)-lowest/bin/python -m pytest -m "not slow" $(ARGS)

lint: $(VENV)/.test-installed
	$(BIN)/ruff format --check $(wildcard $(SOURCES))
	$(BIN)/ruff check $(wildcard $(SOURCES))

types: $(VENV)/.test-installed
	$(BIN)/mypy

format: $(VENV)/.test-installed
	$(BIN)/ruff format $(wildcard $(SOURCES))
	$(BIN)/ruff check --fix $(wildcard $(SOURCES))

docs: $(VENV)/.installed
	$(BIN)/python docs/make_parameters.py
	$(BIN)/python docs/pages.py

bench: $(VENV)/.bench-installed
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/against_flee.py $(ARGS)
	$(BIN)/python benchmarks/forecast_skill.py

clean:
	rm -rf $(VENV) $(VENV)-lowest build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests docs -name __pycache__ -type d -prune -exec rm -rf {} +
