/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a profile: compiling is safe, and what comes out is a program that the kernel could take. */
#include "bpf_sim.h"
#include "core/seccomp.h"
#include "fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct seccomp_filter f;
	const char *json = arena_strndup(&a, (const char *)data, size);

	if (seccomp_compile(json, 0, &a, &f, NULL) == 0)
		for (int nr = 0; nr < 500; nr += 7)
			if (bpf_sim(f.v, f.n, &(struct seccomp_data){.nr = nr, .arch = 0xc000003e}) == SIM_BROKEN)
				abort();
	arena_free(&a);
	return 0;
}
