# Everything a fresh machine needs: make, and Python 3.11 or newer with venv. `make demo` and `make test`
# create .venv, install into it and go on; a second call starts at once.

PYTHON ?= python3
WORKERS ?= auto
PYTEST_ARGS ?=
REPORT_LANG ?= en
VENV = .venv
CORE = scenarios/jinan/core.yaml --only works=taiping,cut=normal,saving=current
BIN = $(VENV)/bin
READY = $(VENV)/.ready
PEERS = .venv-peers
PEERS_READY = $(PEERS)/.ready
# programs that read our files: from the system, and in Python environments of their own
PEERS_SYSTEM = cdo nco chromium libreoffice-calc-nogui libnetcdf-dev cmake g++
PEERS_PYTHON = 'rtc-tools>=2.8' 'pywr>=1.27,<2' 'pandas<3' 'xarray>=2025.1' netCDF4 'raven-hydro>=4.12'

.PHONY: help setup demo test test-long test-peers lint warmup clean

help:
	@echo "make setup      create .venv, install into it, compile the kernels (minutes, once)"
	@echo "make demo       what the water of the Jinan case carries: print the verdict, write out/jinan/capacity.nc,"
	@echo "                out/jinan/report.html and out/jinan/tables.xlsx"
	@echo "                (make demo REPORT_LANG=zh prints in Chinese)"
	@echo "make test       the test suite (minutes)"
	@echo "make test-long  also the long leg: tens of thousands of allocations against a solver"
	@echo "make test-peers the programs that read our files: CDO, NCO, RTC-Tools, Raven, pywr, a browser; installs them"
	@echo "                (system packages where it may; minutes, as Raven is compiled)"
	@echo "make lint       ruff, mypy, import-linter"
	@echo "make warmup     compile the kernels into the cache"
	@echo "make clean      remove .venv, out and tool caches"

setup: $(READY) warmup

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "waterbal needs Python 3.11 or newer; $(PYTHON) is older or missing." >&2; \
	  echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(READY)

demo: $(READY)
	$(BIN)/waterbal capacity $(CORE) --realizations 3 --audit 3 -o out/jinan/capacity.nc --lang $(REPORT_LANG)
	$(BIN)/waterbal sweep $(CORE) --realizations 3 --keep yearly -o out/jinan/sweep --fresh --quiet
	$(BIN)/waterbal run configs/jinan/model.yaml --set time.planning_year=2035 -o out/jinan/balance.nc --quiet
	$(BIN)/waterbal report out/jinan/capacity.nc out/jinan/balance.nc out/jinan/sweep/results.nc \
	  -o out/jinan/report.html --xlsx out/jinan/tables.xlsx --lang $(REPORT_LANG)

test: warmup
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

test-long: warmup
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not peers" $(PYTEST_ARGS)

test-peers: warmup $(PEERS_READY)
	WATERBAL_PEERS_PYTHON=$(CURDIR)/$(PEERS)/bin/python $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m peers $(PYTEST_ARGS)

$(PEERS_READY): Makefile $(READY)
	@missing=""; for package in $(PEERS_SYSTEM); do \
	  dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; done; \
	if test -n "$$missing"; then \
	  if test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	  else echo "Tests of these will fail; install them with the system's packages:$$missing" >&2; fi; fi
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check $(PEERS_PYTHON)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' bmi-tester gimli-units h5netcdf h5py
	@touch $(PEERS_READY)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

warmup: $(READY)
	@$(BIN)/waterbal warmup

clean:
	rm -rf $(VENV) $(PEERS) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
