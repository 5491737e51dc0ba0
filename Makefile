# Everything for a newcomer: `make run` and `make test`. The rest is in CONTRIBUTING.md.
BUILD ?= build
PYTHON := /usr/bin/python3
SUITES := tests
DEPLOY := tests/deploy
# Of each fuzz target.
FUZZ_SECONDS ?= 60
BROWSER := $(wildcard tests/browser/*.test.mjs)
PYTEST := $(PYTHON) -m pytest -q -p no:cacheprovider
# The second try runs only what failed.
PYTEST_TWICE = rm -rf $(BUILD)/pytest && PULIH_BUILD=$(abspath $(BUILD)) \
	tests/twice $(PYTHON) -m pytest -q --last-failed -o cache_dir=$(abspath $(BUILD))/pytest

.PHONY: all run test test-browser test-deploy unit lint format asan tsan bench fuzz soak clean install install-test

all: $(BUILD)/build.ninja $(BUILD)/web/index.html
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	meson setup $(BUILD) $(MESON_OPTIONS)

$(BUILD)/web/index.html: node_modules $(shell git ls-files -co --exclude-standard services/gateway/web proto) common/base/errors.def services/pulih/register.def
	node services/gateway/web/build.mjs $(BUILD)/web

# No package's own install script is needed, so none is run.
node_modules: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	touch node_modules

install:
	deploy/local/install

install-test:
	deploy/local/install test

run: install
	$(MAKE) all
	$(PYTHON) deploy/local/run.py

test: install-test
	$(MAKE) all
	meson test -C $(BUILD) --print-errorlogs
	$(PYTEST_TWICE) --ignore tests/deploy $(SUITES)
	$(if $(BROWSER),$(MAKE) test-browser)

# Each file by itself, two at a time; what one prints comes in one piece.
test-browser:
	printf '%s\n' $(BROWSER) | PULIH_BUILD=$(abspath $(BUILD)) xargs -P 2 -I {} sh -c \
		'printed=$$(tests/twice node --test {} 2>&1); code=$$?; echo "$$printed"; exit $$code'

# Images and docker-compose.yml with a container engine; what needs one is skipped where none can run (tests/deploy).
test-deploy: install-test
	$(MAKE) all
	$(PYTEST_TWICE) -s -rs $(DEPLOY)

# With BASE=main, clang-tidy looks only at what changed since.
lint: install-test
	$(MAKE) all
	npx --no-install buf lint
	clang-format --dry-run --Werror $$(git ls-files '*.c' '*.h')
	PULIH_BUILD=$(abspath $(BUILD)) $(PYTEST) tests/house
	tests/house/tidy $(BUILD) $(BASE)

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

# Address and undefined behaviour, then threads: the suites in which C does the work.
SANITIZED := tests/contract tests/db tests/gateway tests/service tests/smtp tests/scenario/test_main_job.py tests/sql/test_migrate.py
ASAN := -Db_sanitize=address,undefined -Db_lundef=false
asan tsan: export UBSAN_OPTIONS = halt_on_error=1:print_stacktrace=1
asan: export LSAN_OPTIONS = print_suppressions=0:suppressions=$(abspath tests/lsan.supp)
asan:
	$(MAKE) test BUILD=build-asan MESON_OPTIONS="$(ASAN)" SUITES="$(SANITIZED)" BROWSER=

tsan: export TSAN_OPTIONS = suppressions=$(abspath tests/tsan.supp)
tsan:
	$(MAKE) test BUILD=build-tsan MESON_OPTIONS="-Db_sanitize=thread -Db_lundef=false" SUITES="tests/db tests/service" BROWSER=

bench: install-test
	$(MAKE) all BUILD=build-release MESON_OPTIONS="--buildtype=release -Db_lto=true"
	PULIH_BUILD=$(abspath build-release) $(PYTHON) tests/bench/run.py

# What takes long: 100,000 notifications, while the two that send them are killed over and over.
soak: install-test
	$(MAKE) all
	PULIH_BUILD=$(abspath $(BUILD)) PULIH_KILL_COUNT=100000 $(PYTEST) tests/smtp/test_kill.py

fuzz: install-test
	$(MAKE) build-fuzz/build.ninja BUILD=build-fuzz CC=clang MESON_OPTIONS="-Dfuzz=true $(ASAN)"
	ninja -C build-fuzz fuzz
	tests/fuzz/run build-fuzz $(FUZZ_SECONDS)

clean:
	rm -rf build build-* .run
