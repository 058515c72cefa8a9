# Two commands do everything: `make run` and `make test`. `make help` lists the others.
.DEFAULT_GOAL := help
SHELL := /bin/bash
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What is started often is compiled once: a start of the stack takes half as long again without.
unexport PYTHONDONTWRITEBYTECODE

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

$(EMULATOR_READY): local/emulator/requirements.txt | $(READY)
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
simulator: $(READY) ## Run the simulators of Coinbase Exchange and Advanced Trade alone
	@exec $(BIN)/python -m local.simulator

.PHONY: token
token: $(READY) ## Print an access token of the running stack's user
	@$(BIN)/python -m local.sign_in

.PHONY: openapi
openapi: $(READY) ## Write docs/openapi.json from the schemas and routes
	@$(BIN)/python -m local.openapi

.PHONY: rights
rights: $(READY) ## Write docs/rights.md and docs/deployer-policy.json; with ACCOUNT=, its policies into dist
	@$(BIN)/python -m local.rights --account="$$GIVEN_ACCOUNT"

.PHONY: package
package: $(READY) ## Write dist/holdings.zip, what Lambda runs
	@$(BIN)/python -m package

.PHONY: image
image: package ## The same tree as a container image, by docker or podman ([TAG=holdings])
	@$(BIN)/python -m package.image $(if $(value TAG),--tag="$$GIVEN_TAG")

.PHONY: audit
audit: $(READY) $(NODE_READY) ## Ask for known vulnerabilities of all locked packages; fails for what ships
	@$(BIN)/python -m supply_chain audit

.PHONY: sbom licences
sbom: package ## Write the bills of materials beside the archive: dist/*.cdx.json (CycloneDX)
	@$(BIN)/python -m supply_chain sbom

licences: package ## Write docs/licences.md, after a change of what ships
	@$(BIN)/python -m supply_chain licences

.PHONY: bench
bench: package ## Measure against the peers, write docs/performance.md and docs/scale.md ([ROUNDS=] [BENCH=--quick])
	@$(BIN)/python -m bench $(if $(ROUNDS),--rounds $(ROUNDS)) $(BENCH)

.PHONY: chaos
chaos: setup ## Break all that the app depends on, fuzz it, write docs/reliability.md ([CHAOS=--short])
	@$(BIN)/python -m chaos $(CHAOS)

# The operator's day: each takes STACK=dev, staging or prod. docs/operations.md has the details. What is
# given reaches the command as it was typed: neither make nor a shell looks into it.
GIVEN := ACCOUNT STACK YES FILE EMAIL SEARCH VIEWER VERSION PERCENT MINUTES PRUNE QUEUE JOB TABLE OVERWRITE TAG
$(foreach name,$(GIVEN),$(eval export GIVEN_$(name) := $$(value $(name))))
unexport $(GIVEN)
OPERATE = $(BIN)/python -m operations --stack="$$GIVEN_STACK"
AGREED = $(if $(filter 1 yes true,$(value YES)),--yes)
.PHONY: up preview destroy outputs logs put-secret create-user viewers disable-viewer enable-viewer forget-viewer restore-viewer deploy-code smoke deploy-web rollback canary redrive run-job
up: package ## Make or change a stack (STACK= [YES=1])
	@$(OPERATE) up $(AGREED)

preview: package ## Show what up would do (STACK=)
	@$(OPERATE) preview

destroy: $(READY) ## Remove a stack and its data; refuses while holdings:keepData is on (STACK= [YES=1])
	@$(OPERATE) destroy $(AGREED)

outputs logs: $(READY) ## Print where a stack is, or follow its log (STACK=)
	@$(OPERATE) $@

put-secret: $(READY) ## Store the Coinbase key, asked for or from FILE= (STACK=)
	@$(OPERATE) put-secret $(if $(value FILE),--file="$$GIVEN_FILE")

create-user: $(READY) ## Invite a person, or again who never came (STACK= EMAIL=)
	@$(OPERATE) create-user --email="$$GIVEN_EMAIL"

viewers: $(READY) ## List who may sign in, page by page (STACK= [SEARCH=])
	@$(OPERATE) viewers --search="$$GIVEN_SEARCH"

disable-viewer enable-viewer: $(READY) ## Sign a person out for good, or let them in again (STACK= EMAIL=)
	@$(OPERATE) $@ --email="$$GIVEN_EMAIL"

forget-viewer: $(READY) ## Delete all that is kept of a viewer (STACK= VIEWER=)
	@$(OPERATE) forget-viewer --viewer="$$GIVEN_VIEWER"

restore-viewer: $(READY) ## Put back what a restored table has of a viewer (STACK= VIEWER= [TABLE=] [OVERWRITE=1] [YES=1])
	@$(OPERATE) restore-viewer --viewer="$$GIVEN_VIEWER" --table="$$GIVEN_TABLE" $(if $(value OVERWRITE),--overwrite) $(AGREED)

deploy-code: package ## New code only: a watched share, then all (STACK= [PERCENT=] [MINUTES=])
	@$(OPERATE) deploy-code $(if $(value PERCENT),--percent="$$GIVEN_PERCENT") $(if $(value MINUTES),--minutes="$$GIVEN_MINUTES")

smoke: $(READY) ## See that page, API and sign-in answer as they have to (STACK= [SKIP_SIGN_IN=1])
	@$(OPERATE) smoke

deploy-web: web ## New page only, live at once (STACK= [PRUNE=1])
	@$(OPERATE) deploy-web $(if $(value PRUNE),--prune)

rollback: $(READY) ## End a canary, or make an earlier version live (STACK= [VERSION=])
	@$(OPERATE) rollback --version="$$GIVEN_VERSION"

canary: $(READY) ## Give a version a share of the requests (STACK= VERSION= PERCENT=)
	@$(OPERATE) canary --version="$$GIVEN_VERSION" --percent="$$GIVEN_PERCENT"

redrive: $(READY) ## Put a job's failed messages back on its queue (STACK= QUEUE=)
	@$(OPERATE) redrive --queue="$$GIVEN_QUEUE"

run-job: $(READY) ## Have a job done for everybody now (STACK= JOB=)
	@$(OPERATE) run-job --job="$$GIVEN_JOB"

.PHONY: format
format: $(READY) $(NODE_READY) ## Format the code
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .
	@./scripts/npm run --silent format

.PHONY: lock
lock: $(READY) $(NODE_READY) ## Write the lock files anew; with UPGRADE=1 every version that there is by now
	@./scripts/lock $(if $(filter 1 yes true,$(value UPGRADE)),--upgrade)

.PHONY: clean
clean: ## Forget the local stack: its user, its table, its secret
	@rm -rf .local dist spa/dist
