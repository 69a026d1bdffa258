# Each target does its own set-up: Python 3.11 or newer and make are all it takes.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
RUN = .venv/bin/python
ARGS ?=
# Checks must not touch the data of a Brainarr that runs from this checkout.
CHECKS = env BRAINARR_DATA="$(CURDIR)/.venv/checks"

.PHONY: demo up test bench lint

demo: .venv/.ready
	@exec $(RUN) manage.py demo $(ARGS)

up: .venv/.ready
	@exec $(RUN) manage.py up $(ARGS)

test: lint
	$(RUN) -m pytest -q -n 2 --dist worksteal -m "not slow" $(ARGS)

bench: .venv/.ready-dev
	$(RUN) -m tests.benchmarks $(ARGS)

lint: .venv/.ready-dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	$(CHECKS) .venv/bin/mypy .
	PYTHONPATH=. .venv/bin/lint-imports
	$(CHECKS) $(RUN) manage.py check
	$(CHECKS) $(RUN) manage.py makemigrations --check --dry-run

.venv/.ready: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo 'Brainarr needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python3.11 up' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo 'This Python cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }
	@echo 'Setting up .venv, once (about half a minute) ...'
	@$(PYTHON) -m venv .venv
	@$(RUN) -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements.txt
	@touch $@

.venv/.ready-dev: .venv/.ready requirements-dev.txt
	@echo 'Adding the tools for tests to .venv, once ...'
	@$(RUN) -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.txt
	@touch $@
