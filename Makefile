# SPDX-License-Identifier: GPL-2.0
# For people: `make` lists what there is.  The modules are built by Kbuild.
#
# Every target sets up what it needs first.

PYTHON	:= /usr/bin/python3
PYTEST	= $(PYTHON) -m pytest

# One driver or several: make modules DRIVER=edu
DRIVER	?=
DRIVERS	?= $(DRIVER)
export DRIVERS KDIR INJECT MUTANTS FGFT_TESTS V

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@echo 'Targets:'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18
	@echo
	@echo 'Variables:'
	@echo '  DRIVER=edu     only this driver; DRIVERS="edu e1000": these'
	@echo '  INJECT=1       modules with sites for fault injection'
	@echo '  MUTANTS=1      and with mutants, thousands of dormant mistakes'
	@echo '  MINUTES=30     how long soak takes; KERNEL=oracle: on the kernel with checkers'
	@echo '  FAULTS=1000    how many faults campaign wakes; SEED=1: which; JOBS=2: machines at a time'
	@echo '  FUZZ_S=600     how many seconds fuzz takes'
	@echo '  KDIR=<dir>     build directory of the kernel (default: newest headers)'
	@echo '  V=1            show commands'

.PHONY: demo
demo: INJECT = 1
demo: modules ## Break e1000 in many ways, without and with isolation
	$(PYTHON) -m harness demo --no-build $(DRIVER:%=--driver %)

# KERNEL=oracle soaks the kernel with checkers.
MINUTES	?= 30
KERNEL	?= stock
.PHONY: soak
soak: setup isolator ## Plant faults at random moments under load for MINUTES
	+$(PYTHON) -m harness soak $(DRIVER:%=--driver %) --minutes $(MINUTES) --kernel $(KERNEL)

# Which faults is decided by SEED; JOBS machines at a time.
FAULTS	?= 1000
SEED	?= 1
JOBS	?= $(shell nproc)
.PHONY: campaign
campaign: setup isolator ## Wake FAULTS mutants, one at a time, natively and isolated
	@scripts/setup --with report
	+$(PYTHON) -m harness campaign $(DRIVER:%=--driver %) --faults $(FAULTS) --seed $(SEED) --jobs $(JOBS)

.PHONY: oracle
oracle: setup ## Build the kernel with KASAN, lockdep and more, once
	$(PYTHON) -m harness oracle

.PHONY: check-oracle
check-oracle: oracle isolator ## Run the tests of the modules on that kernel
	+INJECT=1 FGFT_TESTS=1 KDIR="$$($(PYTHON) -m harness oracle | sed -n 's/^KDIR *//p')" scripts/build-modules
	$(PYTEST) tests/kmod --kernel oracle

.PHONY: check
check: FGFT_TESTS = 1
check: modules inject-modules mutant-modules ## Run every test there is
	@scripts/setup --with report --with tests
	$(PYTEST) -n 2 --dist loadgroup

.PHONY: bench
bench: FGFT_TESTS = 1
bench: modules inject-modules ## Measure recovery time, and what isolation costs in instructions
	@scripts/setup --with report
	$(PYTHON) -m harness bench $(DRIVER:%=--driver %)

.PHONY: setup
setup: ## Install missing packages (as root), or say how to
	@scripts/setup

.PHONY: isolator
isolator: setup ## Build the compiler plugin
	@$(MAKE) --no-print-directory -C fgft/isolator CC="$$(scripts/kernel-cc)" O=$(CURDIR)/build/isolator

.PHONY: decode
decode: setup ## Build build/tools/fgft-decode, which prints dumps of faults
	@$(MAKE) --no-print-directory -C fgft/tools O=$(CURDIR)/build/tools

# For how long; `make check` fuzzes for some seconds.
FUZZ_S	?= 600
.PHONY: fuzz
fuzz: setup ## Fuzz the protocol of the USB device for FUZZ_S seconds
	@scripts/setup --with tests
	@$(MAKE) --no-print-directory -C tests/usb fuzz FUZZ_S=$(FUZZ_S) O=$(CURDIR)/build/usb

.PHONY: modules
modules: isolator ## Build fgft.ko and the isolated drivers
	+@scripts/build-modules

.PHONY: inject-modules
inject-modules: modules ## Build them once more, with sites for fault injection
	+@INJECT=1 scripts/build-modules

.PHONY: mutant-modules
mutant-modules: modules ## Build e1000 with mutants
	+@INJECT=1 MUTANTS=1 FGFT_TESTS= DRIVERS=e1000 scripts/build-modules

.PHONY: docs
docs: setup ## Turn README and Documentation into HTML below build/docs/
	@mkdir -p build/docs
	@for page in *.rst Documentation/*.rst; do \
		rst2html --halt=2 "$$page" "build/docs/$$(basename "$$page" .rst).html" || exit 1; \
	done
	@echo build/docs/README.html

.PHONY: clean
clean: ## Remove everything built here; the cache stays
	$(RM) -r build out
