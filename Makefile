# What a checkout can do. Needs make, git and Python 3.11 or newer; everything else goes into .venv.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo test check soak bench docs lock clean

PYTHON ?= python3
WORLD  ?= blog
ARGS   ?=
# Twice as many workers as the smallest of CI's machines has cores: much of what tests do is waiting.
TESTS  ?= -n 4 --dist loadfile

VENV  := .venv
PY    := $(VENV)/bin/python
READY := $(VENV)/.ready
PIP   := $(PY) -m pip --disable-pip-version-check --quiet

# What Python compiles is kept, whatever the surroundings say: else each of the processes that tests start, and each
# worker, compiles the whole package anew, for a second of the processor.
unexport PYTHONDONTWRITEBYTECODE
# The 16,000 models of Microsoft Graph, of which a run loads a few: compiling all takes twenty seconds.
UNCOMPILED := /msgraph/generated/

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

help:
	@echo 'make demo              check policies/ against the embedded sandbox: everything compliant'
	@echo 'make demo WORLD=drifted               ... against a world in which every area has drifted'
	@echo 'make demo WORLD=mesh                  ... the policies of examples/mesh against the world of that name'
	@echo 'make demo WORLD=empty                 ... from nothing, in three acts: built, finished by a person, compliant'
	@echo 'make demo ARGS="-k partner -n 2"      ... with arguments for pytest'
	@echo 'make test              static checks and the tests of xtcheck itself, with coverage'
	@echo 'make soak              the whole sweeps, of which make test runs a sample, and more examples of every property'
	@echo 'make bench             measure'
	@echo 'make docs              generate the generated files again'
	@echo 'make lock              resolve requirements.lock again'
	@echo 'make clean             remove .venv and everything that was made'

# An existing .venv is brought up to date; it is made anew only when its Python is gone or too old.
$(READY): requirements.lock pyproject.toml
	@if ! $(PY) -c '$(NEW_ENOUGH)' 2>/dev/null; then \
	    for python in '$(PYTHON)' python3.14 python3.13 python3.12 python3.11 none; do \
	        if "$$python" -c '$(NEW_ENOUGH)' 2>/dev/null; then break; fi; \
	    done; \
	    if [ "$$python" = none ]; then \
	        echo 'xtcheck needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3.11' >&2; exit 1; \
	    fi; \
	    echo "==> making $(VENV) with $$("$$python" --version)"; \
	    "$$python" -m venv --clear $(VENV) || { \
	        echo 'this Python cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv' >&2; \
	        rm -rf $(VENV); exit 1; }; \
	fi
	@echo '==> installing the locked dependencies (about a minute the first time)'
	@$(PIP) install --no-compile --require-hashes --requirement requirements.lock
	@$(PY) -m compileall -q -j 0 -x '$(UNCOMPILED)' $(VENV)/lib
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(READY)

# A world with a play is played, one with a config.yml is held against its policies, any other against policies/.
PLAY = $(wildcard examples/$(WORLD)/play.py)
demo: setup
	@XT_SANDBOX_WORLD='$(WORLD)' $(PY) $(or $(PLAY),-m pytest --tenants=$(firstword $(wildcard examples/$(WORLD)/config.yml) sandbox.yml)) $(ARGS)

check: setup
	@echo '==> ruff'
	@$(PY) -m ruff check --quiet --output-format=concise
	@$(PY) -m ruff format --check --quiet --output-format=concise || { echo 'to format: $(PY) -m ruff format' >&2; exit 1; }
	@echo '==> mypy'
	@$(PY) -m mypy --no-error-summary --num-workers 2
	@echo '==> generated files'
	@$(PY) -m xtcheck docs --check

# Coverage would nearly double their time and see nothing new: these run again what others run, over all rows, all pages,
# or with every kind of fault.
SWEEPS := $(wildcard $(patsubst %,tests/%/test_*.py,examples gates docs snapshots)) tests/test_layers.py \
    tests/clients/test_batches.py tests/documents/test_policy_schema.py \
    $(patsubst %,tests/languages/test_rule_%.py,laws select compare) \
    $(patsubst %,tests/model/test_%.py,value_laws kinds kinds_services) \
    $(patsubst %,tests/plugin/test_%.py,selection preflight) \
    $(patsubst %,tests/remediation/test_%.py,mend_each any_order crash faults following masking two_runs shown_more) \
    $(patsubst %,tests/remediation/test_%.py,alone since not_ours lists provisioning inheriting undo_runs identity) \
    $(patsubst %,tests/remediation/test_%.py,runs groups_gone least_privilege looking_ahead) \
    $(patsubst %,tests/rows/test_%.py,carried synced) tests/sandbox/test_contract.py
# The longest first, so that no worker is left with one at the end.
LONGEST := $(patsubst %,tests/gates/test_%.py,matrix reliability_page mutate_each) tests/remediation/test_mend_each.py \
    $(patsubst %,tests/docs/test_%.py,pages worlds drifted) tests/rows/test_carried.py \
    $(patsubst %,tests/remediation/test_%.py,masking faults crash two_runs) tests/examples/test_empty.py tests/snapshots/test_round_trip.py
SWEEPS := $(LONGEST) $(filter-out $(LONGEST),$(SWEEPS))

# Coverage starts before pytest does: pytest loads the plugin, and with it the package, before any plugin could.
test: check
	@echo '==> tests, with coverage'
	@$(PY) -m coverage erase
	@$(PY) -m coverage run -m pytest -q -m 'not soak' $(TESTS) $(SWEEPS:%=--ignore=%) $(ARGS)
	@$(PY) -m coverage combine --quiet
	@$(PY) -m coverage report
	@echo '==> gates, saved worlds, and what the documents show'
	@$(PY) -m pytest -q -m 'not soak' $(TESTS) --no-loadscope-reorder $(SWEEPS) $(ARGS)

soak: setup
	@$(PY) -m pytest -q -m 'soak or hypothesis' --hypothesis-profile=soak -o faulthandler_timeout=3600 $(TESTS) $(ARGS)

bench: setup
	@$(PY) benchmarks/run.py $(ARGS)

docs: setup
	@$(PY) -m xtcheck docs
	@XT_UPDATE_GOLDEN=1 $(PY) -m pytest -q tests/gates/test_reliability_page.py

# Resolved for every platform and Python at once; the index is the caller's business and is not written down. Extras are:
# without them, pip before 24 takes the newest `pydantic[email]` that another package asks for, and then finds no hash.
lock:
	@$(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip --disable-pip-version-check --quiet install uv
	@build/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras --generate-hashes --no-strip-extras \
	    --no-emit-index-url --no-emit-find-links --no-annotate --no-header --output-file requirements.lock pyproject.toml

clean:
	@rm -rf $(VENV) build dist results allure-results xtcheck-journals *.egg-info .coverage .coverage.* \
	    .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
