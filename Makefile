# The two commands are `make up` and `make test`; `make` alone lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/sh
# The system's own first: it is built with optimisation, which one from pyenv seldom is, and runs a third faster.
PYTHON ?= $(shell for needed in "sys, ensurepip" sys; do \
	for p in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c "import $$needed; sys.exit(sys.version_info < (3, 11))" 2>/dev/null && echo $$p && exit; done; done; echo python3)
RUN := .venv/bin/python
export PATH := $(CURDIR)/.venv/bin:$(PATH)
BENCHES := events gateway writes revocation
BENCH_NAMES := $(filter $(BENCHES),$(MAKECMDGOALS))
export PORT MAIL_PORT STRIPE_PORT SERVICE TRACE STACK
NPM := .venv/bin/npm --prefix web
WEB := $(wildcard web/package.json)

.PHONY: help install up down reset status logs code demo test test-long chaos bench $(BENCHES) check format openapi clients

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

install: ## Install what is missing: Python packages, PostgreSQL, RabbitMQ, Redis, Chromium
	@$(PYTHON) tools/bootstrap.py python engines browser

up: ## Start everything and wait until it is healthy (PORT=8080 MAIL_PORT=8025 STACK=docker|local)
	@$(PYTHON) tools/bootstrap.py python
	@$(RUN) -m local_stack up

down: .venv ## Stop everything; the data stays
	@$(RUN) -m local_stack down

reset: .venv ## Stop everything and delete the data
	@$(RUN) -m local_stack reset

status: .venv ## Say what runs, and the last lines of what does not
	@$(RUN) -m local_stack status

logs: .venv ## Follow the logs (SERVICE=teams TRACE=<trace id>)
	@$(RUN) -m local_stack logs

code: .venv ## Show the six digits of the demo superadmin's authenticator
	@$(RUN) -m local_stack code

demo: .venv ## Tell the story in the terminal, against what `make up` started
	@$(RUN) -m demo

test: ## Run every test in private engines on free ports (also while `make up` runs)
	@$(PYTHON) tools/bootstrap.py python browser
	@$(RUN) -m local_stack.engine_kind
	$(RUN) -m pytest -m "not long"
ifneq ($(WEB),)
	@$(RUN) -m local_stack.web_pages modules
	$(NPM) run --if-present test
	@$(RUN) -m api_clients typescript
	.venv/bin/npm --prefix clients/typescript test
endif

test-long: ## Run the tests that take minutes
	@$(PYTHON) tools/bootstrap.py python browser
	@$(RUN) -m local_stack.engine_kind
	$(RUN) -m pytest -m long

chaos: ## Run every fault of docs/failure-table.md, with the ledger
	@$(PYTHON) tools/bootstrap.py python
	@$(RUN) -m local_stack.engine_kind
	$(RUN) -m pytest tests/chaos libs/chassis/tests/conformance -m "long or not long"

bench: ## Measure against the peers and write docs/benchmarks.md (make bench events ROUNDS=3 EVENTS=20000 SECONDS=5)
	@$(PYTHON) tools/bootstrap.py python engines
	@$(RUN) -m tests.load $(BENCH_NAMES) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(EVENTS),--events $(EVENTS)) $(if $(SECONDS),--seconds $(SECONDS))

$(BENCHES): bench

check: ## Check format, lint, types, imports, the rules of the house, and the web pages
	@$(PYTHON) tools/bootstrap.py python
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	@$(RUN) -m api_clients
	.venv/bin/mypy
	$(RUN) -m contracts.compatibility
	.venv/bin/lint-imports
	$(if $(wildcard tests/rules),$(RUN) -m pytest tests/rules -q)
	$(RUN) -m manifests check
ifneq ($(WEB),)
	@$(RUN) -m local_stack.web_pages modules
	$(NPM) run check
endif

format: .venv ## Format the Python code and fix what the linter can
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

clients: .venv ## Build the TypeScript and Python clients of the API (clients/)
	@$(RUN) -m api_clients

openapi: .venv ## Write each service's OpenAPI document into .local/openapi
	@$(RUN) -m local_stack openapi

.venv:
	@$(PYTHON) tools/bootstrap.py python
