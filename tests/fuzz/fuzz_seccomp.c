/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a profile: compiling is safe on every machine, and gives a program that the kernel could take. */
#include "bpf_sim.h"
#include "core/seccomp_build.h"
#include "fuzz.h"

#include <stdlib.h>

/* Compiles PROFILE for M and asks the program about some calls of each ABI. */
static void compile(const struct seccomp_machine *m, const struct json *profile, struct arena *a)
{
	struct seccomp_filter f;

	if (seccomp_compile_for(m, profile, 0, a, &f, NULL) < 0)
		return;
	for (size_t abi = 0; abi < m->n; abi++)
		for (int nr = -3; nr < 500; nr += 7) {
			struct seccomp_data d = {.nr = nr, .arch = m->abis[abi]->audit};

			if (bpf_sim(f.v, f.n, &d) == SIM_BROKEN)
				abort();
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct seccomp_machine *const machines[] = {&seccomp_machine_x86_64, &seccomp_machine_aarch64,
								 &seccomp_machine_s390x};
	struct arena a = {0};
	struct json *profile;

	if (json_parse((const char *)data, size, &a, &profile, NULL) == 0)
		for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
			compile(machines[i], profile, &a);
	arena_free(&a);
	return 0;
}
