# Two commands do everything: `make run` and `make test`. `make help` lists the others.
.DEFAULT_GOAL := help
SHELL := /bin/bash
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
EMULATOR_READY := .venv-emulator/.ready
NODE_READY := spa/node_modules/.ready

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z -]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 24

.PHONY: run
run: $(READY) $(EMULATOR_READY) $(NODE_READY) ## Run the whole system on this machine: page, API, sign-in, simulated Coinbase
	@exec $(BIN)/python -m local

.PHONY: test
test: setup ## Lint, types and all tests
	@./scripts/test

.PHONY: setup
setup: $(READY) $(EMULATOR_READY) $(NODE_READY) ## Make the environments (run and test do it by themselves)
	@./scripts/make-chromium

$(READY): requirements-dev.txt requirements.txt
	@./scripts/make-venv .venv requirements-dev.txt "$(PYTHON)"

$(EMULATOR_READY): local/emulator/requirements.txt
	@./scripts/make-venv .venv-emulator local/emulator/requirements.txt "$$(./scripts/emulator-python $(PYTHON))"

# Where Node.js is missing, the one in .venv does: that has to be there first.
$(NODE_READY): spa/package-lock.json | $(READY)
	@./scripts/make-node-modules

.PHONY: web
web: $(NODE_READY) ## Build the page into spa/dist
	@./scripts/npm run build

.PHONY: screenshots
screenshots: setup web ## Take the pictures in docs/screenshots anew
	@SCREENSHOTS=1 $(BIN)/python -m pytest --quiet tests/e2e/page/test_pictures.py

.PHONY: simulator
simulator: $(READY) ## Run the Coinbase Exchange simulator alone
	@exec $(BIN)/python -m local.simulator

.PHONY: token
token: $(READY) ## Print an access token of the running stack's user
	@$(BIN)/python -m local.token

.PHONY: openapi
openapi: $(READY) ## Write docs/openapi.json from the schemas and routes
	@$(BIN)/python -m local.openapi

.PHONY: package
package: $(READY) ## Write dist/holdings.zip, what Lambda runs
	@$(BIN)/python -m package

.PHONY: bench
bench: package ## Measure against the peers, write docs/performance.md ([ROUNDS=] [BENCH=--quick])
	@$(BIN)/python -m bench $(if $(ROUNDS),--rounds $(ROUNDS)) $(BENCH)

# The operator's day: each takes STACK=dev, staging or prod. docs/operations.md tells more.
.PHONY: up preview destroy outputs logs put-secret create-user deploy-code deploy-web rollback canary
up preview: package ## Make or change a stack, or show what that would do (STACK=)
	@$(BIN)/python -m operations --stack "$(STACK)" $@

destroy outputs logs: $(READY) ## Remove a stack, print where it is, follow its log (STACK=)
	@$(BIN)/python -m operations --stack "$(STACK)" $@

put-secret: $(READY) ## Store the Coinbase key, asked for or from FILE= (STACK=)
	@$(BIN)/python -m operations --stack "$(STACK)" $@ $(if $(FILE),--file "$(FILE)")

create-user: $(READY) ## Invite a person (STACK= EMAIL=)
	@$(BIN)/python -m operations --stack "$(STACK)" $@ --email "$(EMAIL)"

deploy-code: package ## New code only, live at once (STACK=)
	@$(BIN)/python -m operations --stack "$(STACK)" $@

deploy-web: web ## New page only, live at once (STACK= [PRUNE=1])
	@$(BIN)/python -m operations --stack "$(STACK)" $@ $(if $(PRUNE),--prune)

rollback: $(READY) ## Make an earlier version live (STACK= [VERSION=])
	@$(BIN)/python -m operations --stack "$(STACK)" $@ --version "$(VERSION)"

canary: $(READY) ## Give a version a share of the requests (STACK= VERSION= PERCENT=)
	@$(BIN)/python -m operations --stack "$(STACK)" $@ --version "$(VERSION)" --percent "$(PERCENT)"

.PHONY: format
format: $(READY) $(NODE_READY) ## Format the code
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .
	@./scripts/npm run --silent format

.PHONY: lock
lock: $(READY) ## Resolve pyproject.toml into the requirements files
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url \
		--output-file requirements.txt pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url \
		--group dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml

.PHONY: clean
clean: ## Forget the local stack: its user, its table, its secret
	@rm -rf .local dist spa/dist
