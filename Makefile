# `make demo` and `make test` need Python 3.11 to 3.13 and nothing else.
PYTHON ?= python3
VENV ?= .venv
EXTRAS ?= test,dev,docs,app

PYTEST = $(VENV)/bin/python -m pytest -q -n 2 --dist worksteal --durations=15

.PHONY: demo test test-slow test-release test-addons test-app test-install client-wheel lint docs clean

demo: $(VENV)/installed
	$(VENV)/bin/python -m trainers.demo --output demo

test: $(VENV)/installed
	$(PYTEST) -m "not slow and not medium"

# Killed and resumed runs, several workers, whole roads in real processes.
test-slow: $(VENV)/installed
	$(PYTEST) -m "(slow or medium) and not browser and not release"

# What a change rarely breaks alone, and what takes minutes.
test-release: $(VENV)/installed
	$(PYTEST) -m "release and not browser"

# `tfmask app` in headless Chromium.
test-app: $(VENV)/installed
	$(VENV)/bin/python -m pytest -q -m browser

# What can differ on the stack that tensorflow-addons runs on.
test-addons: VENV = .venv-addons
test-addons: EXTRAS = addons,test
test-addons: .venv-addons/installed
	$(PYTEST) -m "both_stacks and not one_stack and not slow"

# Where only what the package declares is installed: every verb from its wheel in
# a new environment, and one road from training to an answer where
# docker/train.Dockerfile is replayed into another. pip uses one core, so that
# `make -j2 -O test-install` is faster.
test-install: test-install-wheel test-install-image

test-install-%:
	$(PYTHON) tests/install/check_install.py $*

# What teams that only ask a server install: dist/tfmask_client-*.whl.
client-wheel:
	$(PYTHON) -m pip wheel --no-deps --wheel-dir dist ./client

# The site, from docs/ and the docstrings: build/site/index.html. A link that
# leads nowhere fails.
docs: $(VENV)/installed
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/python -m mkdocs build --strict

lint: $(VENV)/installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/deptry .

%/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --upgrade pip
	$(VENV)/bin/python -m pip install --quiet --editable ".[$(EXTRAS)]"
	touch $@

clean:
	rm -rf $(VENV) demo
