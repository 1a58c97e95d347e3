# SPDX-License-Identifier: GPL-2.0-or-later
# The front door.  Behind it is meson with ninja; each target first installs the Debian packages that it needs and that are
# missing (scripts/deps.sh; DEPS=no leaves that out).

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
DEPS ?= yes

deps = $(if $(filter yes,$(DEPS)),@scripts/deps.sh $(1))

all:
	$(call deps,build)
	@test -e $(BUILD)/build.ninja || meson setup $(BUILD)
	@ninja -C $(BUILD)

# The main job: a program in an island made from this machine, and what it can and cannot see.
run: all
	@scripts/show.sh $(BUILD)/isle

# The rest of its packages is installed while isle is built.
test:
	$(call deps,units)
	@BUILD=$(BUILD) DEPS=$(DEPS) scripts/test.sh

lint:
	$(call deps,lint)
	@BUILD=$(BUILD) scripts/test.sh lint

# isle on a machine with pure cgroup v2: RUNNER is a command that runs its arguments there as root, on the files of this
# machine; empty, it runs here.  TESTS picks some (docs/testing.md).
vm-test: all
	$(if $(filter undefined,$(origin RUNNER)),$(error vm-test needs RUNNER="COMMAND..." (docs/testing.md, "Other machines")))
	@ISLE=$(abspath $(BUILD))/isle $(RUNNER) $(CURDIR)/tests/vm/inside.sh $(TESTS)

# The same with engines on a machine whose control groups systemd keeps; as a plain user, rootless podman.
vm-engines: all
	$(if $(filter undefined,$(origin RUNNER)),$(error vm-engines needs RUNNER="COMMAND..." (docs/testing.md, "Other machines")))
	@ISLE=$(abspath $(BUILD))/isle $(RUNNER) bats --tap $(CURDIR)/tests/vm/engines.bats

# util-linux's own tests of unshare, nsenter and lsns, with isle's.  SUITE is a checkout of util-linux.
util-linux-tests: all
	$(if $(SUITE),,$(error util-linux-tests needs SUITE=DIR, a checkout of util-linux (docs/testing.md, "util-linux")))
	$(call deps,test)
	@scripts/util_linux.sh $(SUITE) $(BUILD)

# The public conformance suites of OCI runtimes, with isle, crun and runc side by side.  SUITES is a directory with checkouts
# of runtime-tools and crun; CRUN and RUNC name the programs, VIEW what of cgroups is shown, TESTS a part, LOGS a directory for
# the output, from which RESUME=yes goes on.
conformance: all
	$(if $(SUITES),,$(error conformance needs SUITES=DIR, with checkouts of runtime-tools and crun (docs/testing.md, "Conformance")))
	@nice scripts/conformance.py $(SUITES) --isle $(BUILD)/isle $(if $(CRUN),--crun $(CRUN)) $(if $(RUNC),--runc $(RUNC)) \
		$(if $(VIEW),--view $(VIEW)) $(if $(TESTS),--only '$(TESTS)') $(if $(LOGS),--logs $(LOGS)) $(if $(RESUME),--resume)

bench: all
	$(call deps,bench)
	@BUILD=$(BUILD) CRUN='$(CRUN)' RUNC='$(RUNC)' BWRAP='$(BWRAP)' bench/run.sh
	@echo
	@BUILD=$(BUILD) BWRAP='$(BWRAP)' bench/mounts.sh
	@echo
	@BUILD=$(BUILD) CRUN='$(CRUN)' RUNC='$(RUNC)' SECCOMP='$(SECCOMP)' bench/oci.sh
	@BUILD=$(BUILD) CRUN='$(CRUN)' RUNC='$(RUNC)' CONMON='$(CONMON)' bench/idle.sh

install: all
	@meson configure $(BUILD) -Dprefix=$(abspath $(PREFIX))
	@ninja -C $(BUILD)
	@meson install -C $(BUILD) --no-rebuild --strip $(if $(DESTDIR),--destdir $(abspath $(DESTDIR)))

uninstall:
	@scripts/uninstall.sh $(BUILD) $(abspath $(PREFIX)) $(if $(DESTDIR),$(abspath $(DESTDIR)))

clean:
	rm -rf $(BUILD) $(BUILD)-asan

.PHONY: all run test lint vm-test vm-engines util-linux-tests conformance bench install uninstall clean
