# `make demo` and `make test` need nothing but Python and make: they set up the rest first.

PYTHON ?= python3
VENV := .venv
XIAOBEN := $(VENV)/bin/xiaoben

.PHONY: demo test test-boot run lint fast setup setup-tests clean

demo: setup
	$(VENV)/bin/python -m demo

run: setup
	$(XIAOBEN) run

test: setup-tests
	$(MAKE) --no-print-directory lint
	$(VENV)/bin/pytest -q -m "not models and not sound"
	$(VENV)/bin/pytest -q -m "models or sound"

# The service in machines of its own, under a real systemd: 7 minutes, and 15 for ALSA where the processor has to
# be emulated; before the first time 5 minutes or more to build them. Needs root and Debian's mmdebstrap,
# e2fsprogs, systemd-container, qemu-system-x86.
test-boot: setup-tests
	$(VENV)/bin/pytest -q -m boot

# The seconds-long suite alone: no model, no sound card, no network.
fast: setup-tests
	$(VENV)/bin/pytest -q -m "not models and not sound"

lint:
	$(VENV)/bin/ruff check --quiet .
	$(VENV)/bin/ruff format --quiet --check .
	$(VENV)/bin/mypy

setup:
	@$(PYTHON) scripts/setup.py --venv $(VENV)

setup-tests:
	@$(PYTHON) scripts/setup.py --venv $(VENV) --tests

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
