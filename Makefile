# Monitoria. `make help` lists what there is.
# Demo, tests and benchmarks use the weights carried by packages, so that figures compare across machines.

PYTHON ?= python3
VENV := .venv
PEERS := .venv-peers
RAGAS := .venv-ragas
RANX := .venv-ranx
BIN := $(VENV)/bin
CARRIED := MONITORIA_ENCODER__SOURCE=carried
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.PHONY: help setup demo app weights test coverage check lint format type golden bench bench-quality bench-growth bench-peers bench-answers bench-judge bench-app fit ragas ranx lock clean

help:  ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: $(VENV)/.installed  ## make the virtual environment with pinned dependencies

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else \
	  f"Python 3.11 to 3.13 is needed; this is {v[0]}.{v[1]}. Use: make PYTHON=python3.11 ...")'
	@echo "== making the virtual environment in $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "== installing pinned dependencies (a few minutes and about 2 GB the first time)"
	@$(PIP) install --quiet --requirement requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup  ## index the sample course and answer three questions with the embedded model
	@$(CARRIED) $(BIN)/python -m interfaces.demo demo

app: setup  ## open the app on http://127.0.0.1:8501 (the sample course after "make demo"; ARGS="--index DIR")
	@$(CARRIED) $(BIN)/monitoria app $(ARGS)

weights: setup
	@echo "== fetching the weights that the tests need (about 130 MB the first time)"
	@$(BIN)/monitoria models pull e5-small smollm2-135m

test: weights  ## run the tests (ARGS="tests/rag -k quotes": some of them)
	@echo "== running the tests"
ifdef ARGS
	@$(CARRIED) $(BIN)/python -m pytest $(ARGS)
else
	@status=0; $(CARRIED) $(BIN)/python -m pytest --numprocesses=2 --dist=loadfile --ignore=tests/app/browser || status=1; \
	echo "== running the tests in the browser"; \
	$(CARRIED) $(BIN)/python -m pytest --numprocesses=2 --dist=loadfile tests/app/browser || status=1; exit $$status
endif

coverage: weights  ## run the tests and list the lines that none of them reached
	@$(CARRIED) $(BIN)/python -m pytest --cov --cov-report=term:skip-covered $(ARGS)

check: lint type  ## lint, format and types: the gate of every commit

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: setup  ## format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

type: setup
	@$(BIN)/mypy

golden: setup  ## write the sample course's report anew, to be compared byte for byte from then on
	@MONITORIA_GOLDEN=1 $(CARRIED) $(BIN)/python -m pytest -q tests/evaluation/test_report_sample.py
	@git --no-pager diff --stat -- tests/evaluation/golden

bench: bench-quality bench-growth bench-peers  ## measure everything on the development data in ../shared (half an hour)

bench-quality: setup  ## finding: every set, every way of searching, the ablation
	@$(CARRIED) $(BIN)/python -m benchmarks.quality $(ARGS)

bench-growth: setup  ## time, memory and disk at a thousand to a million segments
	@$(CARRIED) $(BIN)/python -m benchmarks.growth $(ARGS)

bench-answers: setup  ## answers: quotes, citations, declining, time; and a form to grade them blind (ARGS="--work DIR")
	@$(BIN)/monitoria models pull e5-small qwen2.5-coder-1.5b
	@$(CARRIED) $(BIN)/python -m benchmarks.answers $(ARGS)

bench-judge: setup  ## the judge beside people who graded the same answers (ARGS="--work DIR")
	@$(BIN)/monitoria models pull qwen2.5-coder-1.5b
	@$(CARRIED) $(BIN)/python -m benchmarks.judge $(ARGS)

bench-app: setup  ## the app under twenty people at once: passages, tokens, memory
	@$(CARRIED) $(BIN)/python -m benchmarks.app $(ARGS)

fit: setup  ## choose the fusion's weights, and report them on questions that had no say
	@$(CARRIED) $(BIN)/python -m benchmarks.fit $(ARGS)
	@$(CARRIED) $(BIN)/python -m benchmarks.evidence $(ARGS)
	@$(CARRIED) $(BIN)/python -m benchmarks.abstention $(ARGS)

bench-peers: setup $(PEERS)/.installed  ## measure others' retrieval beside ours, in an environment of their own
	@$(CARRIED) $(BIN)/python -m benchmarks.peers --python $(PEERS)/bin/python $(ARGS)

$(PEERS)/.installed: benchmarks/peers/requirements.txt
	@echo "== making the peers' environment in $(PEERS) (about 2 GB the first time)"
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip --disable-pip-version-check --no-input install --quiet --requirement $<
	@touch $@

ragas: $(RAGAS)/.installed  ## make ragas's own environment, which only `monitoria eval ragas` and its tests need

$(RAGAS)/.installed: eval/ragas/requirements.txt
	@echo "== making ragas's environment in $(RAGAS) (about 800 MB the first time)"
	@test -x $(RAGAS)/bin/python || $(PYTHON) -m venv $(RAGAS)
	@$(RAGAS)/bin/python -m pip --disable-pip-version-check --no-input install --quiet --requirement $<
	@touch $@

ranx: $(RANX)/.installed  ## make ranx's own environment, which one test compares our measures with

$(RANX)/.installed: tests/evaluation/ranx_requirements.txt
	@echo "== making ranx's environment in $(RANX) (about 500 MB the first time)"
	@test -x $(RANX)/bin/python || $(PYTHON) -m venv $(RANX)
	@$(RANX)/bin/python -m pip --disable-pip-version-check --no-input install --quiet --requirement $<
	@touch $@

lock:  ## resolve the dependencies anew into requirements.lock
	@rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/pip install --quiet --upgrade pip
	@.venv-lock/bin/pip install --quiet torch==2.13.0 'setuptools>=80'
	@.venv-lock/bin/pip install --quiet --editable '.[cpu,embedded,app,eval,dev]'
	@{ echo '# Made by "make lock"; plain pip reads it. torch has no local version and nothing has a hash, since the'; \
	   echo '# build of torch differs by platform. faiss-gpu takes the place of faiss-cpu where there is a GPU.'; \
	   .venv-lock/bin/pip freeze --all --exclude-editable --exclude pip | grep -v '^nvidia-\|^triton==' | sed -E 's/\+[a-z0-9.]+$$//'; } > requirements.lock
	@rm -rf .venv-lock

clean:  ## remove what demo and tests made; the virtual environment and the model cache stay
	@rm -rf demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage build dist *.egg-info
