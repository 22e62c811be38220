# Everything a newcomer needs: make demo, make test. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-for-tests
JOBS ?= 2
SIDE_BY_SIDE := -n $(JOBS) --dist loadfile
DURATIONS := --durations=40 --durations-min=10

.PHONY: help setup demo test test-slow test-gcp test-yaml test-full soak lint format bench eval prism kafka flink fake-gcs clean
help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(TEST_STAMP) ## create .venv with newsbeam (.venv/bin/newsbeam), its stores and the test packages

$(STAMP): setup.py pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=24'
	$(BIN)/python -m pip install -qq --constraint constraints.txt --editable .
	@touch $(STAMP)

$(TEST_STAMP): $(STAMP)
	$(BIN)/python -m pip install -qq --constraint constraints.txt --editable '.[test,bench]'
	@touch $(TEST_STAMP)

demo: $(STAMP) ## run the main job over a small bundled world, no network needed
	$(BIN)/newsbeam demo --out demo-out

test: $(TEST_STAMP) ## run the tests
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-slow: $(TEST_STAMP) ## run the slow tests: kills, real engines, real servers, whole worlds
	$(MAKE) -j3 prism kafka flink fake-gcs $(GCP_STAMP) $(YAML_STAMP)
	$(BIN)/python -m pytest -m 'slow and not alone' $(SIDE_BY_SIDE) $(DURATIONS)
	$(BIN)/python -m pytest -m 'slow and alone' $(DURATIONS)
	$(MAKE) test-gcp
	$(MAKE) test-yaml

GCP := .tools/gcp
GCP_STAMP := $(GCP)/.installed
test-gcp: $(GCP_STAMP) ## run the tests of Google's connectors, in an environment of their own
	$(GCP)/bin/python -m pytest tests/gcp -m slow

# Apart from .venv: Beam imports Google's packages wherever it finds them, which every run would pay for.
$(GCP_STAMP): setup.py pyproject.toml constraints.txt
	$(PYTHON) -m venv $(GCP)
	$(GCP)/bin/python -m pip install --quiet --upgrade 'pip>=24'
	$(GCP)/bin/python -m pip install -qq --constraint constraints.txt --editable '.[gcp,test]'
	@touch $(GCP_STAMP)

YAML := .tools/yaml
YAML_STAMP := $(YAML)/.installed
test-yaml: $(YAML_STAMP) ## run the example in Beam YAML, in an environment of its own
	$(YAML)/bin/python -m pytest tests/yaml -m slow

# Apart from .venv: Beam YAML needs pandas, and Beam imports it wherever it finds it.
$(YAML_STAMP): setup.py pyproject.toml constraints.txt
	$(PYTHON) -m venv $(YAML)
	$(YAML)/bin/python -m pip install --quiet --upgrade 'pip>=24'
	$(YAML)/bin/python -m pip install -qq --constraint constraints.txt --editable '.[yaml,test]'
	@touch $(YAML_STAMP)

test-full: $(TEST_STAMP) prism flink ## run the longest tests; their outcomes go to benchmarks/results-full.md
	$(BIN)/python -m pytest -m full -p tests.outcomes --outcomes benchmarks/results-full.md

SOAK_MINUTES ?= 60
soak: $(TEST_STAMP) prism ## stream for SOAK_MINUTES at 20 articles a second; its outcome goes to benchmarks/results-soak.md
	mkdir -p .bench
	$(BIN)/python -m benchmarks.soak --minutes $(SOAK_MINUTES) --csv .bench/soak.csv >.bench/soak.md; status=$$?; \
	  cat .bench/soak.md; { printf '\n## %s\n\n' "$$(date -u +%F)"; cat .bench/soak.md; } >>benchmarks/results-soak.md; exit $$status

lint: $(TEST_STAMP) ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy examples/own_pipeline.py

format: $(TEST_STAMP) ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(TEST_STAMP) ## speed and memory beside the yardstick (needs the shared data folder)
	$(BIN)/python benchmarks/warc_speed.py
	$(BIN)/python benchmarks/memory.py

eval: $(TEST_STAMP) ## quality figures beside trafilatura and the yardstick (needs the shared data folder)
	$(BIN)/python -m benchmarks.quality
	$(BIN)/python -m benchmarks.feeds

PRISM := .tools/bin/prism
prism: $(PRISM) ## build Beam's Prism runner from its Go module
$(PRISM): constraints.txt
	GOTOOLCHAIN=local GOFLAGS=-mod=mod GOBIN=$(CURDIR)/.tools/bin go install \
	  github.com/apache/beam/sdks/v2/go/cmd/prism@v$$(sed -n 's/^apache-beam==//p' constraints.txt)
	@touch $(PRISM)

.PHONY: maven
maven:
	@command -v mvn >/dev/null || { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -qq -y maven; } || \
	  { echo "make: Maven is missing: install it (Debian: apt-get install maven) and run make again" >&2; exit 1; }

KAFKA := .tools/kafka
kafka: $(KAFKA)/.installed ## bring a Kafka broker for the slow tests (by Maven)
$(KAFKA)/.installed: tests/slow/kafka.pom.xml | maven
	rm -rf $(KAFKA) && mkdir -p $(KAFKA)
	cp $< $(KAFKA)/pom.xml
	cd $(KAFKA) && mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=lib
	@touch $@

FLINK := .tools/flink
NEWSBEAM_SHARED ?= ../shared
FLINK_PROGRAM := $(wildcard $(NEWSBEAM_SHARED)/flink/flink_cluster.py)
flink: $(if $(FLINK_PROGRAM),$(FLINK)/jobserver.jar) ## bring a Flink cluster for the slow tests (needs the shared folder)
	$(if $(FLINK_PROGRAM),,@echo "make flink: no $(NEWSBEAM_SHARED)/flink: the tests on Flink are left out")
$(FLINK)/jobserver.jar: $(FLINK_PROGRAM) | $(TEST_STAMP) maven
	$(BIN)/python $(FLINK_PROGRAM) install $(FLINK) --python $(BIN)/python
	@touch $@

FAKE_GCS := .tools/bin/fake-gcs-server
fake-gcs: $(FAKE_GCS) ## build fake-gcs-server, an object store for tests, from its Go module
$(FAKE_GCS):
	GOTOOLCHAIN=local GOFLAGS=-mod=mod GOBIN=$(CURDIR)/.tools/bin go install github.com/fsouza/fake-gcs-server@v1.56.1
	@touch $(FAKE_GCS)

clean: ## remove what the targets made
	rm -rf $(VENV) .tools .bench demo-out build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
