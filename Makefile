.DEFAULT_GOAL := help
SECTIONS ?= start submit noop queued long bulk small small-threads emulators emulators-small emulators-small-threads peer events memory checkpoint
JMH ?= .*

.PHONY: help build check browser deploy images-test demo bench jmh format

help: ## Show this
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

build: ## Build the jar, its libraries and the default model
	mvn -q -B -DskipTests package

check: ## Check format and code, run all tests
	mvn -B verify

browser: ## Run the console's tests alone, in a real Chromium
	mvn -q -B package -Dmaven.test.skip.exec=true
	mvn -B test -Pbrowser -Dtest=ConsoleIT -Dsurefire.failIfNoSpecifiedTests=false

deploy: ## Check what is deployed: manifests, skaffold, Terraform; needs kubectl
	mvn -B test -Dtest='dev.holdfast.deploy.*Test' -Dholdfast.kubectl=required

images-test: ## Build both images, run them locked up, take workers away; needs the emulators
	deploy/images/test

demo: ## Run a job, kill its worker half-way, count what was lost
	./holdfast demo

bench: ## Measure against the bare model, bare RPCs and a Spring worker, on an otherwise idle machine
	mvn -q -B package -Dmaven.test.skip.exec=true
	$(if $(filter peer,$(SECTIONS)),mvn -q -B -f bench/spring-peer/pom.xml package)
	DJL_CACHE_DIR=target/djl-cache java $(BENCH_FLAGS) -cp 'target/test-classes:target/classes:target/lib/*' dev.holdfast.bench.Bench \
	  target/models/all-MiniLM-L6-v2 target/bench $(SECTIONS)

jmh: ## Time the hot parts one by one; JMH=Row chooses
	mkdir -p target/bench
	mvn -q -B -Pjmh test-compile exec:exec@jmh -Djmh='$(JMH)'

format: ## Format the code
	mvn -q -B spotless:apply
