# The one door: the same verbs by hand and in CI. The first call sets everything up in .venv.
#
#   make run        the demonstration: steering/pivot.py on the jets in data/
#   make test       the tests             make lint types    style and types
#   make examples   every steering script in full
#   make docs bench wheel format             (bench: at a small size; docs/performance.md has the full commands)
#
#   make samples SAMPLE=top FILES=16 OUT=DIR     more jets from the makers in data/, one file of each class and seed
#
# PYTHON=python3.12     another interpreter (3.11 or newer)
# TORCH_INDEX=https://download.pytorch.org/whl/cpu     the small torch without CUDA (Linux; PyPI's brings CUDA)
# ARGS='--seed 2'       more words for run, examples or test

PYTHON ?= python3
TORCH_INDEX ?=
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run test lint types docs bench examples wheel format samples setup

run: $(READY)
	$(BIN)/hepdl run steering/pivot.py $(ARGS)

test: $(READY)
	$(BIN)/python -m pytest $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(READY)
	$(BIN)/mypy

docs: $(READY)
	$(BIN)/python docs/make_reference.py

bench: $(READY)
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/data_path.py --quick
	$(BIN)/python benchmarks/training.py --quick
	$(BIN)/python benchmarks/gpu.py

examples: $(READY)
	set -e; for script in steering/*.py; do $(BIN)/hepdl run $$script $(ARGS); done

samples: $(READY)
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[generate]'
	$(BIN)/python data/$(SAMPLE)/make_$(SAMPLE).py make --files $(FILES) --out $(OUT)

wheel: $(READY)
	$(BIN)/python -m pip wheel --no-deps --wheel-dir dist .

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "hepdl needs Python 3.11 or newer, '$(PYTHON)' is older; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(if $(TORCH_INDEX),$(BIN)/python -m pip install -q -c constraints.txt --index-url $(TORCH_INDEX) torch)
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	@touch $@
