# Sentivox: `make demo` hears a sample call, `make test` runs the tests.
# Both set up .venv themselves; a second run finds it ready.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DOCS := $(VENV)-docs
# Tests without models or processes.
QUICK := tests/alerts tests/stream tests/fusion tests/speech/test_endpointing.py tests/test_language.py \
  tests/test_options.py tests/test_redaction.py tests/test_subtitles.py \
  $(patsubst %,tests/engine/test_%.py,breaker degrade fair in_flight)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo serve test coverage mutants lint types docs check clean help

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: $(VENV)/.models ## hear a sample call, live, through a real server
	@$(BIN)/sentivox demo
	@echo 'To call it by that name in this shell: . $(BIN)/activate'

serve: $(VENV)/.models ## the server and its page at http://127.0.0.1:8000
	@$(BIN)/sentivox serve

test: $(VENV)/.dev $(VENV)/.models ## run the tests
	@$(BIN)/python -m pytest

coverage: $(VENV)/.dev ## how much of the pure core the quick tests run, branches too
	@$(BIN)/coverage run -m pytest $(QUICK) && $(BIN)/coverage report \
	  && $(BIN)/python scripts/branch_coverage.py

mutants: $(VENV)/.dev ## how many of 200 small bugs in the pure core the quick tests notice
	@OMP_NUM_THREADS=1 $(BIN)/python scripts/mutants.py

lint: $(VENV)/.dev ## style, and which way imports run
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-cache > /dev/null \
	  || { $(BIN)/lint-imports --no-cache; exit 1; }

types: $(VENV)/.dev ## pyright, strict
	@$(BIN)/pyright

docs: $(DOCS)/.ready ## the documents, in dist/site, by an environment of their own
	@NO_MKDOCS_2_WARNING=1 PYTHONPATH=src $(DOCS)/bin/python -m mkdocs --quiet build --strict

check: lint types test ## everything

clean: ## remove the environment and caches
	rm -rf $(VENV) $(DOCS) .pytest_cache .ruff_cache .hypothesis dist

$(VENV)/bin/python:
	@echo "==> Python environment in $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Sentivox needs Python 3.11 or newer: make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV) || { echo 'No venv module: on Debian and Ubuntu, apt-get install python3-venv'; exit 1; }

$(VENV)/.run: pyproject.toml | $(VENV)/bin/python
	@echo "==> Installing Sentivox and what it needs (about 500 MB, once)"
	@$(PIP) -e . && touch $@

# pip takes dependency groups from 25.1 on.
$(DOCS)/.ready: pyproject.toml | $(VENV)/bin/python
	@echo "==> Installing what builds the documents, in $(DOCS) (once)"
	@$(BIN)/python -m venv $(DOCS)
	@$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check --group docs && touch $@

# Where no source can be reached, this is tried again next time.
$(VENV)/.models: | $(VENV)/.run
	@echo "==> Fetching the speech recogniser, Whisper tiny.en (78 MB, once)"
	@if $(BIN)/sentivox models pull standard > /dev/null; then touch $@; \
	  else echo '==> Going on with PocketSphinx, which is in the package.'; fi

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	@echo "==> Installing Sentivox with its test and lint tools (once)"
	@$(PIP) -e '.[dev]' && touch $(VENV)/.run $@
