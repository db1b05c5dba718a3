# `make demo` and `make test` need Python 3.11 to 3.13 and nothing else.
PYTHON ?= python3
VENV ?= .venv
EXTRAS ?= test,dev

.PHONY: demo test lint clean

demo: $(VENV)/installed
	$(VENV)/bin/python -m trainers.demo --output demo

test: $(VENV)/installed
	$(VENV)/bin/python -m pytest -q -n 2 --dist loadfile --durations=10

lint: $(VENV)/installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

$(VENV)/installed: setup.py
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --upgrade pip
	$(VENV)/bin/python -m pip install --quiet --editable ".[$(EXTRAS)]"
	touch $@

clean:
	rm -rf $(VENV) demo
