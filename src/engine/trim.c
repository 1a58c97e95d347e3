/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving memory back: see trim.h. */
#include "engine/trim.h"

#include "base/macros.h"

#include <link.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

/* Gives back the pages that lie completely within BEGIN to END. */
static void give_back(uintptr_t begin, uintptr_t end)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	begin = (begin + page - 1) / page * page;
	end = end / page * page;
	if (begin < end)
		madvise((void *)begin, end - begin, MADV_DONTNEED); /* NOLINT(performance-no-int-to-ptr) */
}

/* Gives back the read-only segments of the program itself, which is the first object. */
static int trim_program(struct dl_phdr_info *info, size_t size, void *ctx)
{
	(void)size;
	(void)ctx;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_LOAD && !(p->p_flags & PF_W))
			give_back(info->dlpi_addr + p->p_vaddr, info->dlpi_addr + p->p_vaddr + p->p_memsz);
	}
	return 1;
}

/*
 * Gives back what lies below the caller's frame, if that is on the main stack: only there it is known what lies below.
 * The kernel puts the program's name at the top of the main stack.
 */
static void trim_stack(void)
{
	enum { STACK_MAX = 1024 * 1024, MARGIN = 4096 };
	uintptr_t here = (uintptr_t)__builtin_frame_address(0), top = getauxval(AT_EXECFN);

	if (top > here && top - here < STACK_MAX)
		give_back(here - STACK_MAX, here - MARGIN);
}

void trim_memory(void)
{
	trim_stack();
	dl_iterate_phdr(trim_program, NULL);
}
