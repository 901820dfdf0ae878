# Martlet. `make demo` shows it, `make test` proves it; docs/index.md says more.
SHELL := /bin/bash
.DEFAULT_GOAL := help

help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## The whole appliance on this machine, and one application deployed on it (as root)
	@scripts/demo up

demo-stop: ## Ends the demo; PURGE=1 removes all of it
	@PURGE=$(PURGE) scripts/demo stop

test: ## Everything fast: installs what it needs, builds, runs unit, integration and system tests with real servers
	@scripts/test

test-slow: ## The crash matrix, the search for secrets, the units in a booted systemd, a short fuzzing
	@scripts/test-slow

bench: ## Measures against aims and peers; the same rows as JSON in .bench/
	@Benchmarks/run

fuzz: ## libFuzzer over the parsers, SECONDS (60) each; PARSERS chooses some
	@scripts/fuzz $(or $(SECONDS),60) $(PARSERS)

deb: ## Debian packages of a release build, into dist/
	@scripts/deb

repo: ## The packages in dist/ as a signed folder that apt installs from
	@scripts/repository

lint: ## Format, tidy rules, layers and closures, units
	@scripts/lint

.PHONY: help demo demo-stop test test-slow bench fuzz deb repo lint
