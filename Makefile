# Everything that tests and deployment need is installed into this folder, pinned: .venv, .venv-checkov and infra/node_modules.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

VENV := $(CURDIR)/.venv
CDK := $(CURDIR)/infra/node_modules/.bin/cdk
VENV_STAMP := .venv/installed
# checkov pins other versions of what the emulators need, and so has an environment of its own.
CHECKOV := $(CURDIR)/.venv-checkov
CHECKOV_STAMP := .venv-checkov/installed
CDK_STAMP := infra/node_modules/installed
MODULE := github.com/rolewatch/rolewatch
CHECKS := function/internal/catalogue
GREP_TESTS := grep -rH --include='*_test.go' --exclude-dir=node_modules --exclude-dir='.venv*'

# What a package's tests may take. It is for a test that hangs: none depends on how fast the machine is.
TIMEOUT := 60m

export ROLEWATCH_TEST_VENV := $(VENV)
export ROLEWATCH_TEST_CDK := $(CDK)
export ROLEWATCH_TEST_CHECKOV := $(CHECKOV)
# Node 20 does for jsii, which says at length that it would like a newer one.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 1
export JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION := 1

# What is compiled without the race detector is compiled once, in the way of the function's binary, which tests build as well.
PLAIN := CGO_ENABLED=0 GOFLAGS="$$(go env GOFLAGS) -trimpath"

# With the race detector a process waits for a second before it exits, unless it is told otherwise.
export GORACE := atexit_sleep_ms=10

.PHONY: test check vulncheck build bench bench-evaluate differential mutants mutate refresh fuzz soak simulate deploy member-template clean

# Three packages are tested at a time, on however many processors: those that use emulators wait most of the time.
#
# The CDK bindings are tested without the race detector: compiling them with it takes minutes, and they are not ours. With it the
# properties of the checks, which go through a thousand cases each, take a quarter of an hour: the cases themselves run with it. So do
# all tests of policies but PROPERTIES, which take minutes with it.
PROPERTIES := ^TestCompare(Metamorphic|MissesNothing|OfRolesMissesNothing|Hostile|Random)$$
test: $(VENV_STAMP) $(CHECKOV_STAMP) $(CDK_STAMP) check
	go test -p 3 -race -shuffle=on -count=1 -timeout=$(TIMEOUT) -skip '$(PROPERTIES)' $$(go list ./... | grep -v -E '^$(MODULE)/(infra|$(CHECKS))$$')
	go test -race -shuffle=on -count=1 -timeout=$(TIMEOUT) -run '^(TestCases|TestExamples)$$' ./$(CHECKS)
	$(PLAIN) go test -shuffle=on -count=1 -timeout=$(TIMEOUT) ./infra ./$(CHECKS) ./function/policy
	@test -n "$${ROLEWATCH_DATA:-}" || echo 'ROLEWATCH_DATA is not set: tests on data that is not in the repository did not run'

check:
	@files=$$(find . -name '*.go' -not -path './infra/node_modules/*' -not -path './.venv*'); \
	test -n "$$files" || { echo 'check: no Go file was found' >&2; exit 1; }; \
	bad=$$(gofmt -l $$files); \
	test -z "$$bad" || { printf 'not formatted with gofmt:\n%s\n' "$$bad" >&2; exit 1; }
	$(PLAIN) go vet ./...
	go mod tidy -diff
	$(PLAIN) go tool staticcheck ./...

# Asks Go's vulnerability database about what is called of the modules in use.
vulncheck:
	go tool govulncheck ./...

build:
	$(PLAIN) go build -o dist/ ./function/cmd/rolewatch

# Only packages with benchmarks are compiled.
bench:
	@packages=$$($(GREP_TESTS) -l '^func Benchmark' . | xargs -r -n1 dirname | sort -u || true); \
	test -n "$$packages" || { echo 'bench: no benchmark was found' >&2; exit 1; }; \
	go test -run '^$$' -bench . -benchmem $$packages

# Evaluation against another engine, which is installed into a scratch folder.
bench-evaluate:
	tools/bench-evaluate

# Random requests to both engines: what they disagree on, by class. docs/differential.md rules on each class.
differential:
	tools/differential

# Whether the tests notice the faults of tools/mutants/patches: all, or those with NAMES in theirs.
mutants: $(VENV_STAMP)
	go run ./tools/mutants patches $(NAMES)

# Whether the tests notice a sample of the faults that rules make of PACKAGES, or of all of which samples are drawn.
mutate: $(VENV_STAMP)
	go run ./tools/mutants sample $(PACKAGES)

# Proposes the newest AWS SDKs and the newest list of AWS actions in this checkout, and prints what nobody has classified yet.
refresh:
	tools/refresh

# Go fuzzes one target at a time.
fuzz:
	@targets=$$($(GREP_TESTS) -o '^func Fuzz[A-Za-z0-9_]*' . | sed 's|:func |:|' || true); \
	test -n "$$targets" || { echo 'fuzz: no fuzz target was found' >&2; exit 1; }; \
	for t in $$targets; do \
		echo "$${t##*:} in $$(dirname "$${t%%:*}")"; \
		go test -run '^$$' -fuzz "^$${t##*:}\$$" -fuzztime 60s -fuzzminimizetime 5s "$$(dirname "$${t%%:*}")"; \
	done

# Load and outages on the emulator, for an hour: the function is killed and what it depends on fails. make test has a small one, of 120 events.
SOAK_EVENTS := 10000
soak: $(VENV_STAMP) $(CDK_STAMP)
	ROLEWATCH_SOAK_EVENTS=$(SOAK_EVENTS) go test -run '^TestSoak$$' -count=1 -timeout 3h -v ./function/e2e

# The hub over an organization in memory, on a clock that runs as fast as the work is done: a day of 1,000 accounts takes minutes to an hour.
# ACCOUNTS, EVENTS (a day), BURST (of them in one minute, from one account), HOURS, RECORDS (that an account may send in a minute without delay) and
# IAM (calls that it answers an account in a second) make it another one.
SIMULATE := ACCOUNTS EVENTS BURST HOURS RECORDS IAM
simulate:
	ROLEWATCH_SIMULATE=1 $(foreach v,$(SIMULATE),ROLEWATCH_SIMULATE_$(v)=$($(v))) go test -run '^TestSimulate$$' -count=1 -timeout 6h -v ./function/internal/simulate

# One Region is one stack, and all of it. What the hub of an organization needs of it is checked before; without a hub, nothing is.
deploy: $(CDK_STAMP)
	go run ./function/cmd/rolewatch organization check --settings cdk.json
	$(CDK) deploy --all

# The template of a member of the hub of an organization, for Terraform and others.
member-template: $(CDK_STAMP)
	@mkdir -p dist
	go run ./infra member-template dist/rolewatch-member.json
	@echo 'dist/rolewatch-member.json is written'

clean:
	rm -rf .venv .venv-checkov infra/node_modules cdk.out dist

$(VENV_STAMP): tools/requirements.txt
	python3 -m venv --clear .venv
	.venv/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

$(CHECKOV_STAMP): tools/checkov.txt
	python3 -m venv --clear .venv-checkov
	.venv-checkov/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

$(CDK_STAMP): infra/package.json infra/package-lock.json infra/.npmrc
	cd infra && npm ci --no-audit --no-fund
	touch $@
