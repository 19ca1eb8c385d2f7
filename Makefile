# Each target sets up what it needs: .venv with the locked packages and this project in it.
VENV := .venv
READY := $(VENV)/.ready
PYTHON ?= python3.11 python3.12 python3 python3.13 python3.14
FITS := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))
COMPILE = $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header $(ARGS) pyproject.toml

BENCHMARKS := slots webhook mailbox turn burst takeover demo booking checkpoints sync report
.PHONY: dev test check chaos bench $(BENCHMARKS:%=bench-%) format lock

dev: $(READY)
	@$(VENV)/bin/vendedor dev

test: $(READY)
	@$(VENV)/bin/pytest $(ARGS)

check: $(READY)
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/pyright
	$(VENV)/bin/lint-imports
	$(VENV)/bin/hadolint Dockerfile
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml

# `make chaos ARGS=--short` is what CI runs; ARGS="--seed 7" throws the dice of an earlier run
chaos: $(READY)
	@$(VENV)/bin/python -m chaos $(ARGS)

# docs/benchmarks.md says what each measures
bench: $(BENCHMARKS:%=bench-%)

# Google's client warns of grpcio, which is installed here and never used
bench-%: export PYTHONWARNINGS = ignore:Package google.api_core:FutureWarning

bench-slots: $(READY)
	@$(VENV)/bin/python -m benchmarks.slots

bench-webhook: $(READY)
	@$(VENV)/bin/python -m benchmarks.webhook

bench-mailbox: $(READY)
	@$(VENV)/bin/python -m benchmarks.mailbox

bench-turn: $(READY)
	@$(VENV)/bin/python -m benchmarks.turn

bench-burst: $(READY)
	@$(VENV)/bin/python -m benchmarks.burst

bench-takeover: $(READY)
	@$(VENV)/bin/python -m benchmarks.takeover

bench-villain: $(READY)
	@$(VENV)/bin/python -m benchmarks.villain

bench-demo: $(READY)
	@$(VENV)/bin/python -m benchmarks.demo

# the calendar's client warns of grpcio, which is installed here and never used
bench-booking: $(READY)
	@$(VENV)/bin/python -m benchmarks.slots
	@$(VENV)/bin/python -m benchmarks.booking

bench-sync: $(READY)
	@$(VENV)/bin/python -m benchmarks.sync

bench-report: $(READY)
	@$(VENV)/bin/python -m benchmarks.report

# beside a saver of others, which is installed apart: it is no dependency of ours
RIVALS := langgraph-checkpoint-aws==1.2.6 valkey==6.2.0 boto3 botocore s3transfer jmespath
bench-checkpoints: $(READY)
	@$(VENV)/bin/uv --quiet pip install --python $(VENV)/bin/python --no-deps \
		--target .vendedor/rivals $(RIVALS)
	PYTHONPATH=.vendedor/rivals $(VENV)/bin/python -m benchmarks.checkpoints

format: $(READY)
	$(VENV)/bin/ruff check --fix-only
	$(VENV)/bin/ruff format

# `make lock ARGS=--upgrade` takes newer versions
lock: $(READY)
	$(COMPILE) --extra sandbox --group dev --output-file requirements-dev.lock
	$(COMPILE) --constraint requirements-dev.lock --output-file requirements.lock

# uv because it installs in a quarter of pip's time (docs/adr/0007); pip where uv cannot
$(READY): requirements-dev.lock pyproject.toml | $(VENV)/bin/pip
	@echo "Installing the locked packages into $(VENV)"
	@awk '/^[^ ]/ { uv = /^uv==/ } uv' requirements-dev.lock > $(VENV)/uv.lock
	@{ $(VENV)/bin/pip --quiet install --require-hashes --requirement $(VENV)/uv.lock && \
		$(VENV)/bin/uv --quiet pip sync --python $(VENV)/bin/python --require-hashes \
		requirements-dev.lock; } || \
		$(VENV)/bin/pip --quiet install --require-hashes --requirement requirements-dev.lock
	@$(VENV)/bin/pip --quiet install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/bin/pip:
	@for python in $(PYTHON); do \
		if $$python -c '$(FITS)' 2>/dev/null; then $$python -m venv $(VENV); exit; fi; \
	done; \
	echo "vendedor needs Python 3.11 or newer with venv (Debian: apt install python3-venv)," \
		"here or as PYTHON=/path/to/python" >&2; exit 2
