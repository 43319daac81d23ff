# `make help` lists the targets. PYTHON names an interpreter of your own choice.
SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$p && break; done)
OLD := import sys; sys.exit(sys.version_info < (3, 11))
# One that is named and of no use is not passed over in silence, though .venv be there already.
ifneq ($(filter command environment,$(firstword $(origin PYTHON))),)
ifneq ($(shell $(PYTHON) -c '$(OLD)' >/dev/null 2>&1 && echo fits),fits)
$(error casegraph needs Python 3.11 or newer. PYTHON=$(PYTHON) is $(or $(shell $(PYTHON) -V 2>/dev/null),not there): name another, or leave it out)
endif
endif
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
PACKAGES := bench casegraph connectors graph resolvers schema search sync tests wording

# The files name all that is needed: without --no-deps an extra (coverage[toml]) is looked for anew, and not pinned.
$(RUN): requirements.txt
	@test -n "$(PYTHON)" || { echo "casegraph needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "The virtual environment cannot be made: install Python's venv module (python3-venv)."; exit 1; }
	@$(BIN)/python -c '$(OLD)' || { echo "$(VENV) was made by an older Python than 3.11, or does not run any more. Remove it (rm -r $(VENV)), then try again."; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: -r requirements.txt
	@touch $@

$(DEV): $(RUN) requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.txt
	@touch $@

demo: $(RUN)  ## make a town's petitions, take them in, and serve them at http://127.0.0.1:8000/graphql
	@exec $(BIN)/python -m casegraph demo

ocr: $(RUN)  ## install what recognises the writing in scans
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: -r requirements-ocr.txt

serve: $(RUN)  ## answer GraphQL on this machine
	@exec $(BIN)/python -m casegraph serve

test: format lint types contracts migrations tests  ## run all checks and tests

check: test  ## the same as test

format: $(DEV)  ## check the formatting
	$(BIN)/ruff format --check .

lint: $(DEV)  ## check the style
	$(BIN)/ruff check .

types: $(DEV)  ## check the types
	$(BIN)/mypy $(PACKAGES)

contracts: $(DEV)  ## check who imports whom
	$(BIN)/lint-imports

migrations: $(DEV)  ## check that migrations hold nobody up
	$(BIN)/squawk graph/migrations/*.sql

tests: $(DEV)  ## run the tests, with the coverage that must be reached
	$(BIN)/python -m pytest --cov

bench: $(RUN)  ## measure the speed; ONLY=name measures one thing
	@$(BIN)/python -m bench $(ONLY)

sdl: $(RUN)  ## print the schema to schema.graphql
	$(BIN)/python -c "from schema.schema import print_sdl; print(print_sdl(), end='')" > schema.graphql

requirements: $(DEV)  ## pin the requirements' .in files with hashes
	$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header \
		--strip-extras --allow-unsafe -o requirements.txt requirements.in
	$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header \
		--strip-extras --allow-unsafe -o requirements-dev.txt requirements-dev.in
	$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header \
		--strip-extras --allow-unsafe -o requirements-ocr.txt requirements-ocr.in

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

.PHONY: demo ocr serve test check format lint types contracts migrations tests bench sdl requirements help
