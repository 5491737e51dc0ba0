# Everything for a newcomer: `make run` and `make test`. The rest is in CONTRIBUTING.md.
BUILD ?= build
PYTHON := /usr/bin/python3
SUITES := tests
PYTEST := $(PYTHON) -m pytest -q -p no:cacheprovider

.PHONY: all run test unit lint format asan tsan bench fuzz clean install

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	meson setup $(BUILD) $(MESON_OPTIONS)

install:
	deploy/local/install

run: install
	$(MAKE) all
	$(PYTHON) deploy/local/run.py

test: install
	$(MAKE) all
	meson test -C $(BUILD) --print-errorlogs
	PULIH_BUILD=$(abspath $(BUILD)) $(PYTEST) $(SUITES)

# With BASE=main, clang-tidy looks only at what changed since.
lint: install node_modules
	$(MAKE) all
	npx --no-install buf lint
	clang-format --dry-run --Werror $$(git ls-files '*.c' '*.h')
	PULIH_BUILD=$(abspath $(BUILD)) $(PYTEST) tests/house
	tests/house/tidy $(BUILD) $(BASE)

node_modules: package.json package-lock.json
	deploy/local/install npm
	npm install --no-save --no-audit --no-fund
	touch node_modules

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

# Address and undefined behaviour, then threads: the suites in which C does the work.
SANITIZED := tests/contract tests/db tests/service tests/smtp tests/scenario/test_main_job.py tests/sql/test_migrate.py
ASAN := -Db_sanitize=address,undefined -Db_lundef=false
asan tsan: export UBSAN_OPTIONS = halt_on_error=1:print_stacktrace=1
asan:
	$(MAKE) test BUILD=build-asan MESON_OPTIONS="$(ASAN)" SUITES="$(SANITIZED)"

tsan: export TSAN_OPTIONS = suppressions=$(abspath tests/tsan.supp)
tsan:
	$(MAKE) test BUILD=build-tsan MESON_OPTIONS="-Db_sanitize=thread -Db_lundef=false" SUITES="tests/db tests/service"

bench: install
	$(MAKE) all BUILD=build-release MESON_OPTIONS="--buildtype=release -Db_lto=true"
	PULIH_BUILD=$(abspath build-release) $(PYTHON) tests/bench/run.py

fuzz: install
	$(MAKE) build-fuzz/build.ninja BUILD=build-fuzz CC=clang MESON_OPTIONS="-Dfuzz=true $(ASAN)"
	ninja -C build-fuzz fuzz
	tests/fuzz/run build-fuzz 60

clean:
	rm -rf build build-* .run
