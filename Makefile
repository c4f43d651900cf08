# Everything a person does with a clone. The environment lives in .venv, what is made under out/.
PYTHON := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench screenshots plugin-zip clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: ## install what is missing (first run needs a network, later runs do not)
	@build/setup

demo: setup ## the main job once, from a base register to a synced inspection (BGT=delivery.zip for real data)
	@$(PYTHON) build/demo.py $(if $(BGT),--bgt "$(BGT)")

test: setup ## all tests
	@QT_QPA_PLATFORM=offscreen $(PYTHON) -m pytest $(ARGS)

lint: setup ## ruff, mypy, and the plugin site's rules
	@$(PYTHON) build/lint.py

bench: setup ## every benchmark beside its peer
	@$(PYTHON) tests/benchmarks $(ARGS)

screenshots: setup ## the pictures of README and manual
	@$(PYTHON) build/screenshots.py

plugin-zip: setup ## the QGIS plugin as a zip, with plugins.xml for an internal repository
	@$(PYTHON) build/plugin_zip.py

clean: ## remove what was made (out/ and caches); keeps .venv and build/
	@rm -rf out .hypothesis .qgis-settings .mypy_cache .ruff_cache
	@find . -path ./.venv -prune -o -name __pycache__ -type d -print | xargs rm -rf
