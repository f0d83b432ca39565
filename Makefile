.DEFAULT_GOAL := help
.PHONY: help build check demo bench format

help: ## Show this
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

build: ## Build the jar, its libraries and the default model
	mvn -q -B -DskipTests package

check: ## Check format and code, run all tests
	mvn -B verify

demo: ## Run a job, kill its worker half-way, count what was lost
	./holdfast demo

bench: ## Measure
	@echo 'there is no benchmark yet' >&2; exit 1

format: ## Format the code
	mvn -q -B spotless:apply
