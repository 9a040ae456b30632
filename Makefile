# make run: start the app. make test: all tests. make check: lint, format, types, imports. make bench: measure speed.
# make serve WORKERS=2: the app as several processes behind HAProxy, for a server (docs/operating.md).
# make train CORPUS=folder: make the bundled model anew from books (RECIPE=first, teacher or taught; OPTIONS: see --help).
# Each sets up its own virtual environment first; it is made anew when a requirement changes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501

.PHONY: run serve test check bench train clean

run: $(VENV)/.run
	$(BIN)/python -m streamlit run app.py --server.port $(PORT)

WORKERS ?= 2
serve: $(VENV)/.run
	$(BIN)/python -m deploy --workers $(WORKERS) --port $(PORT)

test: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	$(BIN)/python -m bench

RECIPE ?= first
train: $(VENV)/.run
	@test -n "$(CORPUS)" || { echo "Say where the books are: make train CORPUS=folder"; exit 2; }
	$(BIN)/python -m training "$(CORPUS)" --recipe $(RECIPE) $(OPTIONS)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c "import sys; sys.exit('Python 3.11 or newer is needed, this is ' + sys.version.split()[0]) if sys.version_info < (3, 11) else None"
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements.txt requirements-ray.txt requirements-dev.txt constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.run
