# Everything sets itself up: Python 3.11 to 3.13, make and the package registries are enough.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$p && break; done)
BIN := .venv/bin
PACKAGES := libs/events libs/transcripts libs/storage libs/http \
	services/ingest services/transcribe-gpu services/refine services/captions services/search \
	infra/local
SOURCES := $(addsuffix /src,$(PACKAGES))
PROJECTS := $(addsuffix /pyproject.toml,$(PACKAGES))

# Every command that a test starts reads its modules compiled, whatever the caller's shell says.
export PYTHONDONTWRITEBYTECODE :=

# One process more than there are cores, four at most: while one waits for a disk, a browser or
# OpenSearch, another works. What takes minutes computes, and has a core each.
PYTEST := $(BIN)/pytest -q --no-loadscope-reorder
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
TOGETHER := -n $(shell echo $$(( $(CORES) < 3 ? $(CORES) + 1 : 4 )))
A_CORE_EACH := -n auto --maxprocesses 4

.PHONY: demo check unit test test-all explore lint types bench bench-quick up clean constraints aws-synth aws-check dist docs pictures

demo: .venv/.run ## two episodes through the whole pipeline, then a search
	$(BIN)/everyword --data .demo demo

up: .venv/.run ## the whole stack on this machine, with a web page
	$(BIN)/everyword up

check: .venv/.dev ## what to run before every commit: lint, types, unit tests
	$(MAKE) -j 3 lint types unit

unit: .venv/.dev
	$(PYTEST) $(TOGETHER) -m "not slow and not gpu and not opensearch and not engines" libs services

test: .venv/.dev ## everything but what takes minutes
	@echo "The tests run; those that need Chromium, Java or a GPU skip and say so where it is missing."
	$(PYTEST) $(TOGETHER) -m "not slow and not gpu"

test-all: .venv/.dev ## what takes minutes: load, chaos, real models, long input, many examples
	$(PYTEST) $(A_CORE_EACH) -m "slow and not gpu"
	$(PYTEST) $(A_CORE_EACH) -m "hypothesis and not slow and not gpu" --hypothesis-profile many libs services

explore: .venv/.dev ## the property tests on new random examples
	$(BIN)/pytest -q -m "not slow and not gpu" --hypothesis-profile explore libs services

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: .venv/.dev
	$(BIN)/mypy $(SOURCES)

aws-synth: .venv/.dev ## the CloudFormation templates, in infra/aws/cdk.out; no account, Docker or network
	cd infra/aws && ../../$(BIN)/python -m everyword_cdk.app

aws-check: .venv/.dev ## types and import rules of the AWS composition
	MYPYPATH=infra/aws/src $(BIN)/mypy infra/aws/src
	$(BIN)/lint-imports --config infra/aws/importlinter.ini

bench: .venv/.dev ## medians and ratios; docs/benchmarks.md quotes them
	$(BIN)/python benchmarks/all.py

bench-quick: .venv/.dev ## every goal once, on less, in some ten minutes
	$(BIN)/python benchmarks/all.py --quick

dist: .venv/.run ## wheels that `pipx install everyword --pip-args '--find-links dist'` takes
	rm -rf dist
	$(BIN)/pip wheel -q --disable-pip-version-check --no-deps --no-build-isolation -w dist $(PACKAGES)

docs: .venv/.dev ## the documentation as a site, in site/; a link that leads nowhere fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build -q

pictures: .venv/.dev demo ## the README's pictures, from the demo's archive
	$(BIN)/python scripts/make-pictures.py

clean:
	rm -rf .venv .demo dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis

constraints: .venv/.dev ## write constraints.txt from what is installed now
	$(BIN)/pip freeze --exclude-editable | grep -v '^everyword' > constraints.txt

.venv/.run: constraints.txt $(PROJECTS)
	@test -n "$(PYTHON)" || { echo "everyword needs Python 3.11, 3.12 or 3.13"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt hatchling editables
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt --no-build-isolation \
		$(addprefix -e ,$(PACKAGES))
	@touch $@

AWS := bus,ingest,transcribe-gpu,refine,captions,search,cdk

.venv/.dev: .venv/.run requirements-dev.txt infra/aws/pyproject.toml infra/aws/requirements-dev.txt
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -r requirements-dev.txt
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt --no-build-isolation \
		-e 'infra/aws[$(AWS)]' -r infra/aws/requirements-dev.txt
	@touch $@
