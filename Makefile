# MyceliumFractalNet: `make run` and `make test` do everything on a fresh Debian 12 machine.
# The real build is CMakeLists.txt; this is its front door.

BUILD  ?= build
OUT    ?= out/quickstart
PREFIX ?= /usr/local
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)
DIR    ?= tests/golden/data
REV    ?= HEAD
BENCH  ?=
BENCH_JSON ?= bench.json
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)

.DEFAULT_GOAL := help
.PHONY: help run test build vectors bench bench-compare bench-plots bench-pipeline bench-service measure measure-plots measure-mycelium measure-dimension gallery lint format install clean packages-run packages-test packages-bench packages-bench-service packages-lint

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

packages-run packages-test packages-bench packages-bench-service packages-lint: packages-%:
	@tools/install_packages.sh $*

$(BUILD)/build.ninja: CMakeLists.txt CMakePresets.json
	@cmake --preset release -B $(BUILD) >/dev/null

build: packages-run $(BUILD)/build.ninja ## build the program and the library (build/mfn, build/libmfn.so)
	@cmake --build $(BUILD) -j $(JOBS) --target mfn mfn_shared mfn_static

run: build ## run the quickstart: jobs from a folder become results and pictures
	@rm -rf "$(OUT)"
	@MFN_OUT="$(OUT)" $(BUILD)/mfn run examples/quickstart/pipeline.yaml --once

test: packages-test $(BUILD)/build.ninja ## build and run all tests
	@cmake --preset release -B $(BUILD) -DMFN_BUILD_TESTS=ON >/dev/null
	@cmake --build $(BUILD) -j $(JOBS)
	@ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS) --progress

vectors: packages-test $(BUILD)/build.ninja ## replay recorded vectors: make vectors DIR=folder
	@cmake --preset release -B $(BUILD) -DMFN_BUILD_TESTS=ON >/dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target mfn_replay
	@$(BUILD)/mfn_replay "$(DIR)"

bench: packages-bench build ## measure speed, beside the machine's limits, NumPy and Numba
	@cmake --build $(BUILD) -j $(JOBS) --target bench_engine bench_machine bench_krum
	@$(PYTHON) -B bench/bench.py $(BUILD) $(BENCH)
	@$(PYTHON) -B bench/bench_krum.py $(BUILD)/bench_krum

bench-compare: packages-bench build ## measure against another revision: make bench-compare REV=HEAD~1
	@cmake --build $(BUILD) -j $(JOBS) --target bench_engine
	@$(PYTHON) -B bench/bench_compare.py $(BUILD) $(REV) $(BENCH)

bench-plots: packages-bench ## draw the plots of docs/performance.md: make bench-plots BENCH_JSON=file
	@$(PYTHON) -B bench/draw_plots.py $(BENCH_JSON) docs/images

bench-pipeline: packages-bench build ## measure files, webhooks and Kafka, beside the reference's method
	@$(PYTHON) bench/bench_pipeline.py $(BUILD)/mfn

bench-service: packages-bench-service build ## measure the service, beside nginx and the reference's method
	@$(PYTHON) -B bench/bench_service.py $(BUILD)/mfn

measure: packages-test build ## measure what the model does: the tables of docs/validation.md
	@cmake --build $(BUILD) -j $(JOBS) --target bench_activator
	@$(PYTHON) -B tools/measure_model.py $(BUILD)/mfn $(BUILD)/bench_activator

measure-plots: packages-bench ## draw the plots of docs/validation.md
	@cmake --preset release -B $(BUILD) -DMFN_BUILD_TESTS=ON >/dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target mfn bench_activator test_engine_manufactured
	@$(PYTHON) -B tools/draw_validation.py $(BUILD)/mfn $(BUILD)/bench_activator \
		$(BUILD)/tests/test_engine_manufactured docs/images

gallery: packages-test build ## draw the pictures of docs/gallery.md
	@cmake --preset release -B $(BUILD) -DMFN_BUILD_TESTS=ON >/dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target mfn example_aggregate
	@$(PYTHON) -B tools/make_gallery.py $(BUILD)/mfn

measure-mycelium: packages-test build ## measure the mycelium: the tables of docs/mycelium.md
	@cmake --build $(BUILD) -j $(JOBS) --target example_grow
	@$(PYTHON) -B tools/measure_mycelium.py $(BUILD)/examples/grow

measure-dimension: build ## measure what dimensions come out: the tables of docs/dimension.md
	@cmake --build $(BUILD) -j $(JOBS) --target bench_dimension
	@$(BUILD)/bench_dimension

lint: packages-lint ## formatting, clang-tidy, layers, banned calls, exported symbols
	@tools/lint.sh

format: packages-lint ## format all C files
	@git ls-files '*.c' '*.h' | grep -v 'tables\?\.h$$' | xargs clang-format -i

install: build ## install under PREFIX (default /usr/local), below DESTDIR if given
	@DESTDIR="$(DESTDIR)" cmake --install $(BUILD) --prefix $(PREFIX)
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || ldconfig

clean: ## remove what was built and written
	@rm -rf build build-* out
