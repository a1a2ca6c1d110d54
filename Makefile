# How the package is built, tested and checked, for people and for CI alike.
SHELL := bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup build demo test test-numbers test-release lint format bench docs docs-flags golden

# Extra arguments: `make test ARGS="--filter TokenizerTests"`.
ARGS ?=

# What every build is given. C and C++ are optimised in debug builds too; programs find libtorch
# by their run path, so they need no environment, and show it the functions of OpenMP that they
# define, which it then calls instead of libgomp's.
FLAGS = --explicit-target-dependency-import-check error -Xcc -O2 -Xcxx -O2 \
	-Xswiftc -warnings-as-errors -Xlinker -rpath=$(shell LIBTORCH=$(LIBTORCH) scripts/bootstrap --print)/lib \
	-Xlinker --dynamic-list=$(CURDIR)/Sources/CThreads/exported.list
ENVIRONMENT = PKG_CONFIG_PATH=$(CURDIR)/.build/pkgconfig
SWIFT_SOURCES = Package.swift Sources Tests

help:  ## Lists the targets.
	@awk '/^[a-z-]+:.*## / { target = $$1; sub(/:$$/, "", target); sub(/.*## /, ""); \
		printf "  make %-14s%s\n", target, $$0 }' Makefile

setup:  ## Brings system packages and libtorch; does nothing the second time.
	@scripts/bootstrap

build: setup  ## Builds the command, optimised: .build/release/evaclip.
	$(ENVIRONMENT) swift build -c release --product evaclip $(FLAGS)

demo: build  ## Trains a small model on drawn scenes and reports: demo/report.html.
	.build/release/evaclip demo --output_dir demo $(ARGS)
	@echo "The report is $(CURDIR)/demo/report.html"

test: setup  ## Runs all tests, unoptimised.
	@$(ENVIRONMENT) scripts/test swift test --disable-xctest $(FLAGS) $(ARGS)

# A folder of its own, since testable modules are compiled otherwise than the command's.
test-release: setup  ## Runs all tests, optimised.
	@$(ENVIRONMENT) scripts/test swift test --disable-xctest -c release \
		--scratch-path .build-release-tests -Xswiftc -enable-testing $(FLAGS) $(ARGS)

# Suites whose tests compare numbers, and the smallest of them.
NUMBERS = TorchTests|EVAModelsTests|EVAOptimizationTests|ModelParityTests|ContrastiveLossTests|PrecisionTests|ZeroShotClassifierTests|FeatureEncoderTests
FEW_NUMBERS = LinearTests|MachineTests|VisionTowerTests|ModelParityTests

test-numbers: setup  ## Runs the tests of numbers as on processors with AVX2 alone, and with less.
	@$(ENVIRONMENT) ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 \
		scripts/test swift test --disable-xctest $(FLAGS) --filter '$(NUMBERS)'
	@$(ENVIRONMENT) ONEDNN_MAX_CPU_ISA=SSE41 ATEN_CPU_CAPABILITY=default \
		scripts/test swift test --disable-xctest $(FLAGS) --filter '$(FEW_NUMBERS)'

lint:  ## Checks format, scripts, and the rules of the project.
	swift format lint --strict --parallel --recursive --configuration .swift-format $(SWIFT_SOURCES)
	@for script in scripts/bootstrap scripts/check-gpu scripts/check-hosts scripts/check-s3 scripts/docs scripts/fake-gpu scripts/fixtures scripts/fuzz scripts/test .ci/run; do \
		bash -n $$script || exit 1; done
	scripts/check-project

format:  ## Formats the Swift sources.
	swift format --in-place --parallel --recursive --configuration .swift-format $(SWIFT_SOURCES)

bench: build  ## Times training steps of a published model, fp32 and bf16.
	scripts/bench $(ARGS)

docs: setup  ## Writes the library's reference: .build/documentation.
	$(ENVIRONMENT) scripts/docs $(FLAGS)

docs-flags:  ## Writes docs/flags.md from the table of flags.
	@EVACLIP_RECORD=1 $(MAKE) --no-print-directory test ARGS="--filter FlagDocumentTests"

golden:  ## Verifies the test fixtures; UPDATE=1 records their present state.
	scripts/fixtures $(if $(UPDATE),record,verify)
