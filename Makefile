# Polyclinic's commands. What they do lives in the `polyclinic` program and in tools/; here stands only their order.
PYTHON ?= python3
BIN := .venv/bin
RUN := .venv/run.stamp
DEV := .venv/dev.stamp
INPUTS := pyproject.toml $(wildcard plugins/*/pyproject.toml core/frontend/*.json core/frontend/*.py) tools/environment.py

# Compiled modules are kept whatever the shell says: without them every process of the tests compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

# A file's tests run in one process and share what they set up; heavy folders come first in the order of the files.
PYTEST := pytest -n 2 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help demo test check test-fast test-browser bench docs lock browser clean

help: ## Show these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(RUN) ## Run a demo chain on this machine (DEMO_PORT=8000, RESET=1 starts afresh)
	@$(BIN)/polyclinic demo

test: check ## Run everything the project promises (BROWSER=no leaves out the installation of Chromium)
	@$(BIN)/python tools/ensure_browser.py
	@$(BIN)/$(PYTEST)

check: $(DEV) ## Check style, types, layers and generated files
	@$(BIN)/python tools/check.py

test-fast: $(DEV) ## Run the tests that need no browser
	@$(BIN)/$(PYTEST) -m "not browser"

test-browser: $(DEV) ## Run the tests that drive a browser
	@$(BIN)/python tools/ensure_browser.py
	@$(BIN)/pytest -m browser

bench: $(DEV) ## Measure speed
	@$(BIN)/python -m benchmarks

docs: $(DEV) ## Write the generated files anew
	@$(BIN)/python tools/generate.py

lock: $(DEV) ## Pin the dependencies anew (UPGRADE=1 takes newer versions)
	@$(BIN)/python tools/lock.py

browser: $(DEV) ## Install Chromium for the browser tests (root on Debian)
	@$(BIN)/python tools/ensure_browser.py --required

clean: ## Remove what was installed and built; the demo's data stays
	@rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(RUN): $(INPUTS) requirements/run.lock requirements/build.lock
	@$(PYTHON) tools/environment.py run

$(DEV): $(RUN) requirements/dev.lock
	@$(PYTHON) tools/environment.py dev
